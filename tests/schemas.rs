//! Every schema beside its examples: a good file has no finding, a bad one exactly those listed.

use crate::command::{Checkout, root};
use std::collections::BTreeSet;

/// Findings as `row field code` lines, `-` for what a finding does not have.
fn findings(checkout: &Checkout, programme: &str, table: &str, file: &str) -> Vec<(String, String)> {
    let pipeline = format!("pipelines/{programme}.toml");
    let path = format!("schemas/{programme}/{table}/{file}");
    let said = checkout.run(&["validate", &path, "--pipeline", &pipeline, "--table", table, "--format", "json"]);
    assert!(said.code < 2, "{path}: {}", said.err);
    let report = said.json();
    let findings = report["findings"].as_array().expect("findings").iter();
    findings
        .map(|finding| {
            let text = |name: &str| match &finding[name] {
                serde_json::Value::Null => "-".to_owned(),
                serde_json::Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            (format!("{} {} {}", text("row"), text("field"), text("code")), text("severity"))
        })
        .collect()
}

#[test]
fn good_files_have_no_finding_and_bad_ones_exactly_theirs() {
    let checkout = Checkout::new();
    let mut tables = 0;
    for programme in std::fs::read_dir(root().join("schemas")).expect("a folder") {
        let programme = programme.expect("readable").file_name().to_string_lossy().into_owned();
        for entry in std::fs::read_dir(root().join("schemas").join(&programme)).expect("a folder") {
            let name = entry.expect("readable").file_name().to_string_lossy().into_owned();
            let Some(table) = name.strip_suffix(".toml") else { continue };
            tables += 1;
            let good: Vec<_> = findings(&checkout, &programme, table, "good.csv")
                .into_iter()
                .filter(|(_, severity)| severity != "note")
                .collect();
            assert!(good.is_empty(), "{programme}/{table}/good.csv: {good:#?}");

            let listed = checkout.read(&format!("schemas/{programme}/{table}/bad.findings"));
            let listed: BTreeSet<&str> =
                listed.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
            assert!(!listed.is_empty(), "{programme}/{table}/bad.findings lists something");
            let found = findings(&checkout, &programme, table, "bad.csv");
            let found: BTreeSet<&str> = found
                .iter()
                .filter(|(line, severity)| severity != "note" || listed.contains(line.as_str()))
                .map(|(line, _)| line.as_str())
                .collect();
            let missing: Vec<_> = listed.difference(&found).collect();
            let extra: Vec<_> = found.difference(&listed).collect();
            assert!(
                missing.is_empty() && extra.is_empty(),
                "{programme}/{table}/bad.csv: missing {missing:#?}, extra {extra:#?}"
            );
        }
    }
    assert!(tables >= 5, "every table of every programme has its examples");
}

#[test]
fn the_linter_says_all_that_a_schema_hardly_means() {
    let checkout = Checkout::empty();
    checkout.write(
        "schema.toml",
        r#"
primaryKey = ["ref", "step"]
[quarterday]
version = "1"
[[quarterday.rules]]
code = "never"
when = "hours > 10 AND hours < 5"
check = "hours > 1"
message = "It is never asked"
[[quarterday.rules]]
code = "tells"
check = "hours < 100"
message = "There are {hours} hours"
[[fields]]
name = "ref"
constraints = { unique = true }
quarterday = { class = "direct", aliases = ["Course"] }
[[fields]]
name = "step"
quarterday = { aliases = ["Stage"] }
[[fields]]
name = "level"
title = "Course level"
quarterday = { aliases = ["Stage"] }
[[fields]]
name = "hours"
type = "integer"
[[fields]]
name = "code"
example = "x1"
constraints = { pattern = "[0-9]+" }
[[fields]]
name = "age"
categories = ["16-24", "24-30"]
"#,
    );
    let said = checkout.run(&["schema", "check", "schema.toml"]).ends(0);
    for expected in [
        "no row can meet the `when` of the rule `never`",
        "the message of the rule `tells` has {hours} in braces",
        "`ref` is unique by itself, so the other fields of `primaryKey` add nothing",
        "the alias \"Course\" of `ref` begins a heading of `level`",
        "the heading \"Stage\" is claimed by `step` and by `level`",
        "the example of `code` fails the field's own pattern",
        "the bands \"16-24\" and \"24-30\" of `age` overlap",
    ] {
        assert!(said.out.contains(expected), "{expected}: {}", said.out);
    }
    checkout.edit("schema.toml", "hours < 100", "hourz < 100");
    let said = checkout.run(&["schema", "check", "schema.toml"]).ends(1);
    let all = format!("{}{}", said.out, said.err);
    assert!(all.contains("there is no field `hourz`") && all.contains("did you mean `hours`?"), "{all}");
}
