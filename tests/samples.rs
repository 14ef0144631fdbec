//! The sample data: every planted mistake raises its finding, and nothing else does.

use crate::command::{Checkout, pipelines, root};
use std::collections::BTreeMap;

/// One line of the list of planted mistakes.
type Key = (String, String, String, String, String, String, String);

/// The table in sample-data/README.md, as counts by period, partner, table, row, field, code and severity.
fn planted(pipeline: &str) -> BTreeMap<Key, u64> {
    let text = std::fs::read_to_string(root().join("sample-data/README.md")).expect("the list is there");
    let mut planted = BTreeMap::new();
    let section = text.split("\n## ").find(|section| section.lines().next() == Some(pipeline)).unwrap_or_default();
    for line in section.lines().filter(|line| line.starts_with('|')) {
        let cells: Vec<String> =
            line.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`').to_owned()).collect();
        let [period, partner, table, row, field, code, severity, count] = &cells[..] else { continue };
        let Ok(count) = count.parse::<u64>() else { continue };
        let key: Key = [period, partner, table, row, field, code, severity].map(Clone::clone).into();
        *planted.entry(key).or_default() += count;
    }
    planted
}

#[test]
fn every_planted_mistake_raises_its_finding_and_nothing_else_does() {
    for pipeline in pipelines() {
        let planted = planted(&pipeline);
        assert!(!planted.is_empty(), "mistakes are planted in the sample of {pipeline}");
        let checkout = Checkout::new();
        let mut found: BTreeMap<Key, u64> = BTreeMap::new();
        let periods: Vec<&String> = {
            let mut periods: Vec<&String> = planted.keys().map(|key| &key.0).collect();
            periods.dedup();
            periods
        };
        for period in periods {
            let said = checkout.run(&["run", &format!("pipelines/{pipeline}.toml"), "--period", period, "--quiet"]);
            assert!(said.code < 2, "{}", said.err);
            let report: serde_json::Value =
                serde_json::from_str(&checkout.read(&format!("out/{pipeline}/{period}/draft/findings.json")))
                    .expect("JSON");
            for finding in report["findings"].as_array().expect("findings") {
                let text = |name: &str| match &finding[name] {
                    serde_json::Value::Null => "-".to_owned(),
                    serde_json::Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                let mut key: Key = (
                    period.clone(),
                    text("partner"),
                    text("table"),
                    text("row"),
                    text("field"),
                    text("code"),
                    text("severity"),
                );
                // Findings that come in numbers are listed once, without their rows.
                if !planted.contains_key(&key) {
                    "-".clone_into(&mut key.3);
                }
                *found.entry(key).or_default() += 1;
            }
        }
        let missing: Vec<_> = planted.iter().filter(|(key, count)| found.get(key) != Some(count)).collect();
        let extra: Vec<_> = found.iter().filter(|(key, count)| planted.get(key) != Some(count)).collect();
        assert!(
            missing.is_empty() && extra.is_empty(),
            "planted but not so found: {missing:#?}\nfound but not so planted: {extra:#?}"
        );
    }
}

#[test]
fn an_unexplained_query_blocks_the_returns_that_use_it() {
    let checkout = Checkout::new();
    let pipeline = "sample-data/wwri/2022-Q3-blocked/wwri-blocked.toml";
    let said = checkout.run(&["run", pipeline, "--format", "json"]).ends(1);
    let report = said.json();
    let blocked: Vec<&serde_json::Value> =
        report["returns"].as_array().expect("returns").iter().filter(|made| !made["blocked"].is_null()).collect();
    assert!(!blocked.is_empty());
    for made in blocked {
        assert!(made["files"].as_array().expect("files").is_empty(), "a blocked return has no file");
        let reasons = made["blocked"].as_array().expect("reasons");
        assert!(reasons.iter().all(|reason| reason["count"].as_u64() > Some(0) && reason["unblock"].is_string()));
    }
}
