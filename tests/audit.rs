//! An auditor's way from a figure to people, files, sheets and rows, and back to the figure.

use crate::command::Checkout;
use std::collections::{BTreeMap, BTreeSet};

const RETURN: &str = "out/wwri/2022-Q3/draft/ukra";

fn ran() -> Checkout {
    let checkout = Checkout::new();
    checkout.run(&["run", "pipelines/wwri.toml", "--quiet"]).ends(0);
    checkout
}

/// The counts of the return's workbook as a person sees them: label, column and cell.
fn counts(checkout: &Checkout) -> Vec<(String, String, String, u64)> {
    let book = format!("{RETURN}/ukra-return-2022-Q3.xlsx");
    let read = checkout.run(&["read", &book, "--sheet", "Indicators", "--format", "json"]).ends(0).json();
    let columns: Vec<(String, String)> = read["columns"]
        .as_array()
        .expect("columns")
        .iter()
        .map(|it| {
            (it["column"].as_str().expect("a letter").to_owned(), it["heading"].as_str().expect("text").to_owned())
        })
        .collect();
    let label = columns.iter().position(|(_, heading)| heading == "Indicator").expect("indicators have labels");
    let mut found = Vec::new();
    let mut headline = String::new();
    for row in read["rows"].as_array().expect("rows") {
        let own = row["cells"][label].as_str().unwrap_or_default();
        let is_part = own.starts_with("Sex: ") || own.starts_with("Age at the period's end: ");
        let label = if is_part { format!("{headline} › {own}") } else { own.to_owned() };
        if !is_part {
            own.clone_into(&mut headline);
        }
        for (at, (letter, heading)) in columns.iter().enumerate() {
            let count = row["cells"][at].as_str().and_then(|text| text.parse().ok());
            if let Some(count) = count.filter(|_| ["2022-Q3", "Project so far"].contains(&heading.as_str())) {
                found.push((label.clone(), heading.clone(), format!("Indicators!{letter}{}", row["row"]), count));
            }
        }
    }
    found
}

#[test]
fn every_figure_leads_to_as_many_people_as_it_shows() {
    let checkout = ran();
    let counts = counts(&checkout);
    assert!(counts.len() > 20, "the return has {} counts", counts.len());

    // One by one for a few, with a row that can be opened behind every person.
    for (label, heading, cell, count) in counts.iter().step_by(11) {
        let trace = checkout.run(&["trace", RETURN, cell, "--format", "json"]).ends(0).json();
        assert_eq!(trace["people"].as_u64(), Some(*count), "{label} {heading} {cell}");
        assert_eq!(trace["label"].as_str(), Some(label.as_str()), "{cell}");
        let people: BTreeSet<&str> =
            trace["rows"].as_array().expect("rows").iter().filter_map(|row| row["person"].as_str()).collect();
        assert_eq!(people.len() as u64, *count, "{cell}");
        for row in trace["rows"].as_array().expect("rows") {
            let period = row["period"].as_str().expect("a period");
            let file = format!("sample-data/wwri/{period}/{}", row["file"].as_str().expect("a file"));
            assert!(checkout.join(&file).is_file(), "{file} was never received");
        }
    }

    // All of them at once from the pack, counted again by nothing but its own list.
    let packed = checkout.run(&["pack", RETURN]).ends(0);
    assert!(packed.out.contains("private/wwri/packs/2022-Q3-ukra-draft"), "{}", packed.out);
    let lineage = checkout.read("private/wwri/packs/2022-Q3-ukra-draft/lineage.csv");
    let mut people: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    let mut rows = 0;
    for record in csv::Reader::from_reader(lineage.as_bytes()).records() {
        let record = record.expect("a record");
        if record[2].is_empty() {
            rows += 1;
        } else {
            people.entry((record[2].to_owned(), record[3].to_owned())).or_default().insert(record[4].to_owned());
        }
    }
    for (label, heading, cell, count) in &counts {
        let over = if heading == "2022-Q3" { "2022-Q3" } else { "project so far" };
        let found = people.get(&(label.clone(), over.to_owned())).map_or(0, BTreeSet::len);
        assert_eq!(found as u64, *count, "{label} {heading} {cell}");
    }
    let manifest: serde_json::Value =
        serde_json::from_str(&checkout.read(&format!("{RETURN}/manifest.json"))).expect("a manifest");
    assert_eq!(manifest["rows"].as_u64(), Some(rows), "a line for each row of the return");
    for name in ["READ ME FIRST.txt", "return/manifest.json", "definitions/pipeline.toml", "sources/sources.json"] {
        assert!(checkout.join(&format!("private/wwri/packs/2022-Q3-ukra-draft/{name}")).is_file(), "{name}");
    }
}

#[test]
fn a_released_row_leads_to_the_row_that_was_sent() {
    let checkout = ran();
    let book = format!("{RETURN}/ukra-return-2022-Q3.xlsx");
    let sheet = "Participants";
    let read = checkout.run(&["read", &book, "--sheet", sheet, "--format", "json"]).ends(0).json();
    let headings: Vec<&str> =
        read["columns"].as_array().expect("columns").iter().filter_map(|it| it["heading"].as_str()).collect();
    let rows = read["rows"].as_array().expect("rows");
    // A value that was released as it is stands in the source's row too.
    let column = headings.iter().position(|heading| *heading == "Partner's reference");
    let column = column.expect("the sheet has the partner's reference");
    for row in rows.iter().step_by(rows.len() / 5) {
        let cell = format!("{sheet}!A{}", row["row"]);
        let trace = checkout.run(&["trace", RETURN, &cell, "--format", "json"]).ends(0).json();
        let place = &trace["rows"][0];
        let file = format!("sample-data/wwri/2022-Q3/{}", place["file"].as_str().expect("a file"));
        let mut arguments = vec!["read", file.as_str(), "--format", "json"];
        if let Some(sheet) = place["sheet"].as_str() {
            arguments.extend(["--sheet", sheet]);
        }
        let source = checkout.run(&arguments).ends(0).json();
        let sent = source["rows"].as_array().expect("rows").iter().find(|sent| sent["row"] == place["row"]);
        let sent = sent.unwrap_or_else(|| panic!("{file} has no row {}", place["row"]));
        let cells = sent["cells"].as_array().expect("cells");
        assert!(cells.contains(&row["cells"][column]), "row {} of {file} is about somebody else", place["row"]);
    }
}

#[test]
fn a_seed_draws_the_same_people_again_and_another_draws_others() {
    let checkout = ran();
    let draw = |seed: &str, number: &str| {
        let arguments = ["sample", "pipelines/wwri.toml", "--n", number, "--seed", seed, "--format", "json"];
        let drawn = checkout.run(&arguments).ends(0).json();
        let people = drawn["rows"].as_array().expect("rows").iter().filter_map(|row| row["person"].as_str());
        people.map(str::to_owned).collect::<BTreeSet<String>>()
    };
    let drawn = draw("autumn", "30");
    assert_eq!(drawn.len(), 30);
    assert_eq!(draw("autumn", "30"), drawn);
    assert!(draw("autumn", "40").is_superset(&drawn), "a larger sample keeps those who were drawn first");
    assert_ne!(draw("winter", "30"), drawn);
}

#[test]
fn what_cannot_be_traced_is_refused_with_a_reason() {
    let checkout = ran();
    let check = |arguments: &[&str], words: &str| {
        let said = checkout.run(arguments).ends(2);
        assert!(said.err.contains(words), "{arguments:?}: {}", said.err);
    };
    check(&["trace", RETURN, "C7"], "several sheets or files");
    check(&["trace", RETURN, "Indicaters!C7"], "its sheets and files are");
    check(&["trace", RETURN, "Indicators!C1"], "above the first row");
    check(&["trace", RETURN, "Indicators!ZZ9"], "no such column");
    check(&["trace", RETURN, "Cover!A1"], "a cover holds words");
    check(&["trace", RETURN, "seven"], "is not the name of a cell");
    check(&["trace", "out/wwri/2022-Q3", "Indicators!C7"], "is not the folder of a return");
    check(&["trace", RETURN, "Indicators!C7", "--state", "elsewhere"], "there is no ledger");
    let manifest = format!("{RETURN}/manifest.json");
    checkout.edit(&manifest, "\"status\"", "\"state\"");
    check(&["trace", RETURN, "Indicators!C7"], "not what the last run of its period wrote");
}
