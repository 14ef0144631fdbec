//! The report as SARIF 2.1.0, for code scanning: one result per finding, no value, and never more
//! results than a scanning service takes; what goes beyond is counted in one result per fault.

use super::{Format, Options};
use crate::entries::{self, Entry, one_line};
use crate::uri;
use qd_model::finding::Finding;
use qd_model::report::{NotChecked, Report, SourceReport};
use qd_model::{Severity, words};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

/// The `sarif` format.
#[derive(Debug)]
pub(super) struct Sarif;

/// GitHub takes 25,000 results of a run and shows the 5,000 most serious.
const RESULTS: usize = 5_000;

impl Format for Sarif {
    fn name(&self) -> &'static str {
        "sarif"
    }

    fn write(&self, report: &Report, options: &Options<'_>, mut out: &mut dyn Write) -> io::Result<()> {
        let counts: Vec<usize> = entries::entries(report).iter().map(|entry| entry.count).collect();
        let mut entries = entries::with_examples(report, share(&counts, RESULTS));
        let left_out = entries.split_off(entries.len().min(RESULTS));
        let rules = rules(&entries, options);
        let index: BTreeMap<&str, usize> =
            rules.iter().enumerate().map(|(at, rule)| (rule["id"].as_str().unwrap_or_default(), at)).collect();
        let results: Vec<Value> = entries.iter().flat_map(|entry| results(entry, &index)).collect();
        let mut notices: Vec<Value> = report.not_checked.iter().map(not_checked).collect();
        if !left_out.is_empty() {
            let findings = left_out.iter().map(|entry| entry.count).sum();
            let findings = words::count(findings, "finding");
            let text = format!("{findings} more are not listed here; --format json lists every one");
            notices.push(notice("not-listed", &text));
        }
        let tree = json!({
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": { "name": "Quarterday", "version": options.tool, "rules": rules } },
                "invocations": [{ "executionSuccessful": true, "toolExecutionNotifications": notices }],
                "artifacts": artifacts(report),
                "results": results,
                "columnKind": "unicodeCodePoints",
            }],
        });
        serde_json::to_writer_pretty(&mut out, &tree)?;
        out.write_all(b"\n")
    }
}

/// How many findings of each entry fit, where one more result counts those that do not.
fn share(counts: &[usize], limit: usize) -> usize {
    let results = |most: usize| counts.iter().map(|count| if *count > most { most + 1 } else { *count }).sum::<usize>();
    let (mut fits, mut too_many) = (0, counts.iter().max().copied().unwrap_or_default() + 1);
    while fits + 1 < too_many {
        let middle = usize::midpoint(fits, too_many);
        if results(middle) <= limit { fits = middle } else { too_many = middle }
    }
    fits
}

/// The checks that found something, by code.
fn rules(entries: &[Entry<'_>], options: &Options<'_>) -> Vec<Value> {
    let mut rules = BTreeMap::new();
    for entry in entries {
        rules.entry(&*entry.fault.code).or_insert_with(|| rule(entry, options));
    }
    rules.into_values().collect()
}

fn rule(entry: &Entry<'_>, options: &Options<'_>) -> Value {
    let fault = entry.fault;
    let page = options.codes.iter().find(|code| code.name == &*fault.code).map(|code| code.page.trim());
    let short = match page {
        Some(_) => fault.code.replace('-', " "),
        None => sentence(&fault.message),
    };
    let help = match page {
        Some(page) => json!({ "text": page, "markdown": page }),
        None => json!({ "text": format!("A rule of the schema. What to do: {}", sentence(&fault.fix)) }),
    };
    json!({
        "id": fault.code,
        "shortDescription": { "text": short },
        "help": help,
        "defaultConfiguration": { "level": level(fault.severity) },
        "properties": { "tags": ["data quality", fault.severity.as_str()] },
    })
}

fn results(entry: &Entry<'_>, index: &BTreeMap<&str, usize>) -> Vec<Value> {
    let mut results: Vec<Value> = entry.examples.iter().map(|finding| of_finding(entry, finding, index)).collect();
    let rest = entry.count - entry.examples.len();
    if rest > 0 {
        let what = if entry.examples.is_empty() { "finding" } else { "more finding" };
        let text = format!("{} of this kind: {}", words::count(rest, what), said(entry, None));
        let mut result = result(entry, None, &text, index);
        result.insert("occurrenceCount".to_owned(), rest.into());
        results.push(result.into());
    }
    results
}

fn of_finding(entry: &Entry<'_>, finding: &Finding<'_>, index: &BTreeMap<&str, usize>) -> Value {
    let mut result = result(entry, Some(finding), &said(entry, Some(finding)), index);
    if let Some(reason) = finding.explained {
        let accepted = json!([{ "kind": "external", "status": "accepted", "justification": reason }]);
        result.insert("suppressions".to_owned(), accepted);
    }
    result.into()
}

fn result(
    entry: &Entry<'_>,
    finding: Option<&Finding<'_>>,
    text: &str,
    index: &BTreeMap<&str, usize>,
) -> Map<String, Value> {
    let (source, fault) = (entry.source, entry.fault);
    let row = finding.and_then(|finding| finding.row);
    let mut result = Map::new();
    result.insert("ruleId".to_owned(), json!(fault.code));
    result.insert("ruleIndex".to_owned(), json!(index[&*fault.code]));
    result.insert("level".to_owned(), json!(level(fault.severity)));
    result.insert("message".to_owned(), json!({ "text": text }));
    if let Some(uri) = place_of(source) {
        let mut location = Map::new();
        // A text file's rows are its lines; of a workbook the row is what comes nearest to a line.
        let line = row.or(source.heading_row).unwrap_or(1);
        let region = json!({ "startLine": line });
        location.insert("physicalLocation".to_owned(), json!({ "artifactLocation": { "uri": uri }, "region": region }));
        if let Some(cell) = finding.and_then(Finding::cell) {
            let sheet = source.sheet.as_deref().map_or(String::new(), |sheet| format!("{}!", one_line(sheet)));
            let full = format!("{sheet}{cell}");
            location.insert(
                "logicalLocations".to_owned(),
                json!([{ "name": cell, "fullyQualifiedName": full, "kind": "member" }]),
            );
        }
        result.insert("locations".to_owned(), json!([location]));
    }
    // The same fault in the same place is the same result, in whichever order a file came to be read.
    let row = row.map_or(String::new(), |row| row.to_string());
    let parts = [source.sheet.as_deref(), Some(&*fault.code), fault.field.as_deref(), Some(&row)];
    let print = parts.map(|part| part.map_or(String::new(), |part| one_line(part).into_owned())).join("|");
    result.insert("partialFingerprints".to_owned(), json!({ "quarterday/v1": print }));
    let mut properties = Map::new();
    for (name, content) in [("partner", &source.partner), ("table", &source.table)] {
        properties.extend(content.as_ref().map(|content| (name.to_owned(), json!(content))));
    }
    properties.extend(fault.field.as_ref().map(|field| ("field".to_owned(), json!(field))));
    result.insert("properties".to_owned(), properties.into());
    result
}

/// What is wrong, where, and what to do, in sentences and without a value.
fn said(entry: &Entry<'_>, finding: Option<&Finding<'_>>) -> String {
    let mut said = vec![sentence(&entry.fault.message)];
    let sheet = entry.source.sheet.as_deref().map(|sheet| format!("sheet {}", one_line(sheet)));
    let cell = finding.and_then(|finding| {
        finding.cell().map(|cell| format!("cell {cell}")).or_else(|| finding.row.map(|row| format!("row {row}")))
    });
    let place: Vec<String> = [sheet, cell, entry.column()].into_iter().flatten().collect();
    if !place.is_empty() {
        said.push(format!("Where: {}.", place.join(", ")));
    }
    if !entry.fault.fix.is_empty() {
        said.push(format!("What to do: {}", sentence(&entry.fault.fix)));
    }
    said.join(" ")
}

fn sentence(text: &str) -> String {
    let text = one_line(text);
    if text.is_empty() || text.ends_with(['.', '?']) { text.into_owned() } else { format!("{text}.") }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Reject | Severity::Error => "error",
        Severity::Query => "warning",
        Severity::Note => "note",
    }
}

fn place_of(source: &SourceReport) -> Option<String> {
    source.path.as_deref().or(source.source.as_deref()).map(uri::of_path)
}

/// Each file once, however many of its sheets were read.
fn artifacts(report: &Report) -> Vec<Value> {
    let mut known = BTreeSet::new();
    let is_new = |source: &&SourceReport| place_of(source).is_some_and(|place| known.insert(place));
    report.sources.iter().filter(is_new).map(artifact).collect()
}

fn artifact(source: &SourceReport) -> Value {
    let mut artifact = Map::new();
    artifact.insert("location".to_owned(), json!({ "uri": place_of(source) }));
    artifact.insert("roles".to_owned(), json!(["analysisTarget"]));
    if let Some(digest) = &source.blake3 {
        artifact.insert("hashes".to_owned(), json!({ "blake3": digest }));
    }
    artifact.into()
}

fn not_checked(entry: &NotChecked) -> Value {
    let rows = if entry.rows > 0 { format!(" ({})", words::count(entry.rows as usize, "row")) } else { String::new() };
    notice("not-checked", &format!("Not checked: {}{rows}: {}", entry.code, entry.reason))
}

fn notice(id: &str, text: &str) -> Value {
    json!({ "descriptor": { "id": id }, "level": "note", "message": { "text": text } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn written(report: &Report) -> Value {
        let mut out = Vec::new();
        Sarif.write(report, &Options { tool: "0.1.0", ..Options::default() }, &mut out).expect("written");
        serde_json::from_slice(&out).expect("JSON")
    }

    /// The published schema, as the package `@microsoft/jest-sarif` 1.0.0-beta.0 carries it (MIT).
    fn validator() -> jsonschema::Validator {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/standards/sarif-2.1.0-rtm.5.json");
        let schema = std::fs::read_to_string(path).expect("the schema is there");
        // One pattern of the published schema has a bracket that only JavaScript takes for a letter.
        let schema = schema.replace("]?$\"", "\\\\]?$\"");
        let schema: Value = serde_json::from_str(&schema).expect("JSON");
        jsonschema::validator_for(&schema).expect("a schema")
    }

    #[test]
    fn the_report_is_valid_against_the_published_schema() {
        let validator = validator();
        let mut two_sheets = sample::report();
        two_sheets.sources.push(SourceReport { sheet: Some("Leavers".to_owned()), ..two_sheets.sources[1].clone() });
        for report in [sample::report(), two_sheets, sample::clean(), Report::default(), sample::flood(RESULTS * 2)] {
            let tree = written(&report);
            let mistakes: Vec<String> = validator.iter_errors(&tree).map(|error| error.to_string()).collect();
            assert!(mistakes.is_empty(), "{mistakes:#?}");
        }
        assert!(!validator.is_valid(&json!({ "version": "2.1.0", "runs": [{}] })), "the schema tells good from bad");
    }

    #[test]
    fn a_result_says_what_where_and_what_to_do() {
        let tree = written(&sample::report());
        let results = tree["runs"][0]["results"].as_array().expect("results");
        assert_eq!(results.len(), 13);
        let late = results.iter().find(|result| result["ruleId"] == "date-in-the-future").expect("there");
        assert_eq!(late["level"], "error");
        assert_eq!(
            late["message"]["text"],
            "The start date is later than the period's last day. Where: sheet Participants, cell F12, column F \
             \"Start Date\". What to do: ask the partner to correct these dates against their own records."
        );
        assert_eq!(late["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "data/oak.xlsx");
        assert_eq!(late["locations"][0]["physicalLocation"]["region"]["startLine"], 12);
        assert_eq!(late["locations"][0]["logicalLocations"][0]["fullyQualifiedName"], "Participants!F12");
        assert!(!tree.to_string().contains("=90"), "no value is in it, whatever its class");
        let rules = tree["runs"][0]["tool"]["driver"]["rules"].as_array().expect("rules");
        for result in results {
            let rule = &rules[result["ruleIndex"].as_u64().expect("a number") as usize];
            assert_eq!(rule["id"], result["ruleId"]);
        }
    }

    #[test]
    fn a_flood_is_cut_and_counted() {
        let tree = written(&sample::flood(RESULTS * 2));
        let results = tree["runs"][0]["results"].as_array().expect("results");
        assert!((RESULTS - 2..=RESULTS).contains(&results.len()), "{}", results.len());
        let counted: u64 = results.iter().map(|result| result["occurrenceCount"].as_u64().unwrap_or(1)).sum();
        assert_eq!(counted, 2 * RESULTS as u64 + 1);
    }

    #[test]
    fn what_fits_is_shared_out() {
        let check = |counts: &[usize], limit: usize, expected: usize| {
            assert_eq!(share(counts, limit), expected, "{counts:?} within {limit}");
        };
        check(&[3, 4], 7, 4);
        check(&[3, 4], 6, 2);
        check(&[10, 1], 5, 3);
        check(&[], 5, 0);
        check(&[2, 2, 2], 3, 0);
    }
}
