//! Every page about the standard, at the binary: what a plain schema finds in a plain file.

use crate::command::{Checkout, root};
use std::path::PathBuf;

/// The fenced blocks of that language, in order.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    page.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap_or_default()).collect()
}

fn pages(folder: &str) -> Vec<PathBuf> {
    let folder = root().join("crates/qd-check/src/features").join(folder);
    let paths = std::fs::read_dir(folder).expect("the folder of pages").map(|entry| entry.expect("readable").path());
    let mut pages: Vec<PathBuf> = paths.filter(|path| path.extension().is_some_and(|ending| ending == "md")).collect();
    pages.sort();
    pages
}

/// `row column code` of every finding but notes of single cells, in the order of the report.
fn found(checkout: &Checkout, schema: &str, data: &str) -> Vec<(String, String)> {
    checkout.write("schema.toml", schema);
    checkout.write("data.csv", data);
    let said = checkout.run(&["validate", "data.csv", "--schema", "schema.toml", "--format", "json"]);
    assert!(said.code < 2, "{}", said.err);
    let report = said.json();
    let findings = report["findings"].as_array().expect("findings").iter();
    findings
        .map(|finding| {
            let row = finding["row"].as_u64().map_or("-".to_owned(), |row| row.to_string());
            let text = |name: &str| finding[name].as_str().unwrap_or("-").to_owned();
            (format!("{row} {} {}", text("column"), text("code")), text("severity"))
        })
        .collect()
}

#[test]
fn every_page_holds_from_the_file_to_the_report() {
    let checkout = Checkout::new();
    let mut wrong = Vec::new();
    let pages = pages("");
    for path in &pages {
        let page = std::fs::read_to_string(path).expect("readable");
        let mut expected: Vec<&str> = blocks(&page, "text")[0].lines().collect();
        let found = found(&checkout, blocks(&page, "toml")[0], blocks(&page, "csv")[0]);
        let mut found: Vec<&str> = found.iter().map(|(line, _)| line.as_str()).collect();
        expected.sort_unstable();
        found.sort_unstable();
        if found != expected {
            wrong.push(format!("{}: {found:?} and not {expected:?}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(pages.len() >= 35, "every feature has its page");
}

#[test]
fn columns_are_matched_as_the_pages_say() {
    let checkout = Checkout::new();
    let pages = pages("columns");
    for path in &pages {
        let page = std::fs::read_to_string(path).expect("readable");
        let (schema, data) = (blocks(&page, "toml")[0], blocks(&page, "csv"));
        let fits: Vec<_> = found(&checkout, schema, data[0]).into_iter().filter(|(_, it)| it != "note").collect();
        assert!(fits.is_empty(), "{}: {fits:?}", path.display());
        let expected: Vec<&str> = blocks(&page, "text")[0].lines().collect();
        let not = found(&checkout, schema, data[1]);
        assert_eq!(not.iter().map(|(line, _)| line.as_str()).collect::<Vec<_>>(), expected, "{}", path.display());
        assert!(not.iter().any(|(_, severity)| severity == "reject"), "{}", path.display());
    }
    assert_eq!(pages.len(), 6, "the five words, and the form of the published profile");
}

#[test]
fn columns_that_forbid_the_use_of_a_file_hide_no_cell_of_the_others() {
    let checkout = Checkout::new();
    let field = |name: &str, more: &str| format!("[[fields]]\nname = \"{name}\"\n{more}");
    let rule = |code: &str, check: &str| {
        format!("[[quarterday.rules]]\ncode = \"{code}\"\nmessage = \"m\"\ncheck = \"{check}\"\n")
    };
    let plain = [field("a", "type = \"integer\"\n"), field("b", "constraints = { unique = true }\n")].concat();
    for (data, expected) in [
        ("a,c\nx,1\n2,1\n", &["- B unknown-column", "- - missing-column", "2 A type"][..]),
        ("b,a\n1,x\n1,2\n", &["- A column-order", "2 A unique", "2 B type", "3 A unique"]),
        ("a,b,b\nx,1,2\n1,1,2\n", &["- C duplicate-heading", "2 A type"]),
        ("a,b,c\nx,1,2\n1,2\n", &["- C unknown-column", "2 A type", "3 - ragged-row"]),
    ] {
        let found = found(&checkout, &plain, data);
        let lines: Vec<&str> = found.iter().map(|(line, _)| line.as_str()).collect();
        let mut sorted = lines.clone();
        sorted.sort_unstable();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(sorted, expected, "{data}");
    }
    // A rule that needs the column is not judged, and that is said; what the others say is.
    let ours = [
        "primaryKey = \"key\"\n[quarterday]\nversion = \"1\"\n".to_owned(),
        rule("b-given", "b IS NOT NULL"),
        rule("a-small", "a < 5"),
        field("a", "type = \"integer\"\n"),
        field("b", ""),
        field("key", ""),
    ]
    .concat();
    checkout.write("schema.toml", ours.replace("name = \"b\"", "name = \"b\"\nconstraints = { required = true }"));
    checkout.write("data.csv", "a,key\n9,k\n1,k\nx,l\n");
    let report = checkout.run(&["validate", "data.csv", "--schema", "schema.toml", "--format", "json"]).ends(1).json();
    let codes = |name: &str| -> Vec<String> {
        let all = report[name].as_array().expect("a list").iter();
        let mut codes: Vec<String> = all.map(|it| it["code"].as_str().expect("a code").to_owned()).collect();
        codes.sort();
        codes
    };
    assert_eq!(codes("findings"), ["a-small", "missing-column", "primary-key", "primary-key", "type"]);
    assert_eq!(report["summary"]["rejected_sources"], 1);
    assert_eq!(report["summary"]["accepted"], 0);
    let gaps = report["not_checked"].as_array().expect("a list");
    let gap = gaps.iter().find(|gap| gap["code"] == "b-given").expect("it is said");
    assert_eq!(
        (gap["reason"].as_str(), gap["rows"].as_u64()),
        (Some("a column that it needs is missing, or there twice"), Some(3))
    );
}
