//! The sample data: every planted mistake raises its finding, and nothing else does.

use crate::command::{Checkout, pipelines, root};
use std::collections::{BTreeMap, BTreeSet};

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

/// Partners whose files have stray spaces, as the sample's plan says.
fn untidy(pipeline: &str) -> BTreeSet<String> {
    let plan = std::fs::read_to_string(root().join(format!("sample-data/{pipeline}.toml"))).expect("the plan is there");
    let mut partner = String::new();
    let mut untidy = BTreeSet::new();
    for line in plan.lines() {
        match line.split_once(" = ") {
            Some(("code", code)) => code.trim_matches('"').clone_into(&mut partner),
            Some(("untidy", _)) => {
                untidy.insert(partner.clone());
            }
            _ => {}
        }
    }
    untidy
}

#[test]
fn every_planted_mistake_raises_its_finding_and_nothing_else_does() {
    for pipeline in pipelines() {
        let planted = planted(&pipeline);
        assert!(!planted.is_empty(), "mistakes are planted in the sample of {pipeline}");
        let checkout = Checkout::new();
        let mut found: BTreeMap<Key, u64> = BTreeMap::new();
        let mut tidied: BTreeSet<String> = BTreeSet::new();
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
                // Stray spaces are a habit of some partners, and no mistake.
                if key.5 == "normalised" {
                    assert!(key.3 == "-" && key.6 == "note", "{finding}");
                    let message = finding["message"].as_str().expect("a message");
                    assert!(message.contains(": spaces in "), "{message}");
                    tidied.insert(key.1);
                    continue;
                }
                // Findings that come in numbers are listed once, without their rows.
                if !planted.contains_key(&key) {
                    "-".clone_into(&mut key.3);
                }
                *found.entry(key).or_default() += 1;
            }
        }
        assert_eq!(tidied, untidy(&pipeline), "partners of {pipeline} whose files have stray spaces");
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

/// The findings of a run as `partner row code`, of the codes named.
fn raised(checkout: &Checkout, pipeline: &str, period: &str, codes: &[&str]) -> Vec<String> {
    let said = checkout.run(&["run", &format!("pipelines/{pipeline}.toml"), "--period", period, "--quiet"]);
    assert!(said.code < 2, "{}", said.err);
    let report = checkout.read(&format!("out/{pipeline}/{period}/draft/findings.json"));
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    let findings = report["findings"].as_array().expect("findings").iter();
    let mut found: Vec<String> = findings
        .filter(|finding| codes.contains(&finding["code"].as_str().expect("a code")))
        .map(|finding| {
            format!("{} {}", finding["partner"].as_str().expect("a partner"), finding["code"].as_str().expect("a code"))
        })
        .collect();
    found.sort();
    found
}

/// Adds to a period's file the lines of the period before that begin so, with some text changed.
fn sent_again(checkout: &Checkout, before: &str, now: &str, lines: &[(&str, &str, &str)]) {
    let earlier = checkout.read(before);
    let mut text = checkout.read(now);
    let columns = text.lines().next().map_or(0, |line| line.split(',').count());
    for (start, from, to) in lines {
        let line = earlier.lines().find(|line| line.starts_with(start)).expect("the record was sent before");
        assert!(line.contains(from), "{line}");
        let line = line.replacen(from, to, 1);
        let missing = columns - line.split(',').count();
        text = format!("{}\n{line}{}\n", text.trim_end(), ",".repeat(missing));
    }
    checkout.write(now, text);
}

/// What the rules of those codes find that they did not find before the files were changed.
#[track_caller]
fn fires(checkout: &Checkout, pipeline: &str, period: &str, change: impl Fn(), expected: &[&str]) {
    let codes: Vec<&str> = expected.iter().filter_map(|line| line.split(' ').nth(1)).collect();
    let before = raised(checkout, pipeline, period, &codes);
    change();
    let mut now = raised(checkout, pipeline, period, &codes);
    for line in before {
        let at = now.iter().position(|other| *other == line).expect("what was found is found still");
        now.remove(at);
    }
    assert_eq!(now, expected);
}

#[test]
fn rules_that_look_back_or_at_other_partners_fire_in_the_first_sample() {
    let checkout = Checkout::new();
    let file = |period: &str, partner: &str| match partner {
        "blackwater" => format!("sample-data/wwri/{period}/blackwater-participants-{period}.csv"),
        "courses" => format!("sample-data/wwri/{period}/blackwater-activities-{period}.csv"),
        partner => format!("sample-data/wwri/{period}/{partner}_participants_{period}.csv"),
    };
    let again = |partner: &str, lines: &[(&str, &str, &str)]| {
        sent_again(&checkout, &file("2022-Q2", partner), &file("2022-Q3", partner), lines);
    };
    let change = || {
        again("courses", &[("BAL5010,DIGITAL", "2022-05-03,false,ACHIEVED", ",false,CONTINUING")]);
        // One passport at two partners, of whom each has another date of birth.
        again("blackwater", &[("BAL5029,", "ZZ9973298", "ZZ9919619")]);
    };
    let expected = [
        "blackwater-learning one-person-two-births",
        "blackwater-learning result-went-back",
        "broadwater one-person-two-births",
        "northgate-skills one-person-two-births",
    ];
    fires(&checkout, "wwri", "2022-Q3", change, &expected);
}

#[test]
fn rules_that_look_back_fire_in_the_second_sample() {
    let checkout = Checkout::new();
    let source = "[[partners.sources]]\ntable = \"starts\"\nfile = \"copperbridge*starts*.csv\"\n";
    let more = source.replace("starts", "self-employment").replace("*self-employment*", "*traders*");
    checkout.edit("pipelines/whp.toml", source, &format!("{source}\n{more}"));
    let good = checkout.read("schemas/whp/self-employment/good.csv");
    let head = good.lines().next().expect("headings");
    let line = "30300087,NC000340A,2022-08-31,Gardening,2022-11-01,182,2023-06-01,,,,no";
    let traders = |period: &str, line: &str| {
        checkout
            .write(&format!("sample-data/whp/{period}/copperbridge_traders_{period}.csv"), format!("{head}\n{line}\n"));
    };
    traders("2023-24-Q1", line);
    traders("2023-24-Q2", line);
    let starts = "sample-data/whp/2023-24-Q2/copperbridge_starts_2023-24-Q2.csv";
    let change = || {
        checkout.edit(starts, ",2023-04-03,2023-04-15,", ",2023-04-03,2023-04-16,");
        let line = line.replace(",182,", ",181,").replace(",2023-06-01,", ",,");
        traders("2023-24-Q2", &line);
    };
    let expected =
        ["copperbridge fewer-days-than-before", "copperbridge outcome-taken-back", "copperbridge start-date-changed"];
    fires(&checkout, "whp", "2023-24-Q2", change, &expected);
}
