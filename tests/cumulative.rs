//! A partner that sends one ever-growing sheet: the figures are those of period sheets with the same rows.

use crate::command::Checkout;

const PEOPLE: &str = r#"
primaryKey = "ref"
[quarterday]
version = "1"
record_key = "ref"

[[fields]]
name = "ref"
constraints = { required = true }
quarterday = { class = "direct" }
[[fields]]
name = "town"
quarterday = { class = "none" }
[[fields]]
name = "joined"
type = "date"
constraints = { required = true }
quarterday = { class = "none" }
"#;

const EVENTS: &str = r#"
foreignKeys = [{ fields = "ref", reference = { resource = "people", fields = "ref" } }]
[quarterday]
version = "1"
record_key = "event"

[[fields]]
name = "event"
constraints = { required = true }
quarterday = { class = "direct" }
[[fields]]
name = "ref"
quarterday = { class = "direct" }
[[fields]]
name = "happened"
type = "date"
quarterday = { class = "none" }
"#;

const PIPELINE: &str = r#"
name = "small"
title = "A small programme"
lead = "The lead"
period = "Q2"
key = "small.key"
periods = [
  { label = "Q1", from = 2022-01-01, to = 2022-03-31, folder = "q1" },
  { label = "Q2", from = 2022-04-01, to = 2022-06-30, folder = "q2" },
]

[tables.people]
schema = "people.toml"
period_fields = ["joined"]
[tables.events]
schema = "events.toml"
record = "ref"
period_fields = ["happened"]

[people]
table = "people"
record = "ref"

[retention.short]
rule = "one year from the end"

[[partners]]
code = "north"
name = "North"
sources = [
  { table = "people", file = "*people*", coverage = "cumulative" },
  { table = "events", file = "*events*", coverage = "cumulative" },
]

[recipients.lead]
name = "The lead itself"
country = "GB"
exact_counts = "nobody else sees them"
[recipients.lead.release.people]
ref = { treatment = "identified", reason = "the agreement" }
town = "identified"
joined = "identified"
[recipients.lead.release.events]
event = { treatment = "identified", reason = "the agreement" }
happened = "identified"

[[returns]]
name = "rows"
title = "Rows"
recipient = "lead"
basis = "contract"
retention = "short"
files = [{ format = "csv", path = "{table}.csv", parts = [{ part = "rows", table = "people" }, { part = "rows", table = "events" }] }]
"#;

/// A programme whose partner sends these sheets in the two quarters, people and events of each.
fn programme(coverage: &str, sheets: [(&[&str], &[&str]); 2]) -> Checkout {
    let pipeline = PIPELINE.replace("cumulative", coverage);
    let checkout = Checkout::small(PEOPLE, &pipeline, &[("events.toml", EVENTS)]);
    for (quarter, (people, events)) in ["q1", "q2"].into_iter().zip(sheets) {
        checkout.write(&format!("{quarter}/people.csv"), format!("ref,town,joined\n{}\n", people.join("\n")));
        checkout.write(&format!("{quarter}/events.csv"), format!("event,ref,happened\n{}\n", events.join("\n")));
    }
    checkout
}

fn run(checkout: &Checkout, period: &str) -> serde_json::Value {
    let said = checkout.run(&["run", "small.toml", "--period", period, "--by", "Ann", "--format", "json"]);
    assert!(said.code < 2, "{}", said.err);
    said.json()
}

fn findings(checkout: &Checkout, code: &str) -> Vec<serde_json::Value> {
    let text = checkout.read("out/small/Q2/draft/findings.json");
    let report: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let findings = report["findings"].as_array().expect("findings");
    findings.iter().filter(|finding| finding["code"] == code).cloned().collect()
}

/// What the first quarter's sheets hold; N4 is held, since nobody wrote when it joined.
const FIRST: (&[&str], &[&str]) = (
    &["N1,Leeds,2022-01-10", "N2,Hull,2022-01-11", "N3,York,2022-02-01", "N4,York,"],
    &["E1,N1,2022-02-01", "E2,N2,2022-02-02"],
);

/// The second: N2 has moved, N4 was put right, N5 and two events are new; one event is of a person whose
/// row is as it was.
const GROWN: (&[&str], &[&str]) = (
    &["N1,Leeds,2022-01-10", "N2,Leeds,2022-01-11", "N3,York,2022-02-01", "N4,York,2022-03-01", "N5,Hull,2022-04-02"],
    &["E1,N1,2022-02-01", "E2,N2,2022-02-02", "E3,N5,2022-05-02", "E4,N1,2022-05-03"],
);

#[test]
fn an_ever_growing_sheet_gives_the_figures_of_period_sheets() {
    let grown = programme("cumulative", [FIRST, GROWN]);
    let of_period: (&[&str], &[&str]) = (
        &["N2,Leeds,2022-01-11", "N4,York,2022-03-01", "N5,Hull,2022-04-02"],
        &["E3,N5,2022-05-02", "E4,N1,2022-05-03"],
    );
    let apart = programme("period", [FIRST, of_period]);
    // A reference to a person of the quarter before is only to be found in the sheet that grows.
    apart.edit("events.toml", "foreignKeys", "# foreignKeys");
    for period in ["Q1", "Q2"] {
        let (one, other) = (run(&grown, period), run(&apart, period));
        assert_eq!(one["people"], other["people"], "{period}");
        assert_eq!(one["late"], other["late"], "{period}");
        for table in ["people", "events"] {
            let path = format!("out/small/{period}/draft/rows/{table}.csv");
            assert_eq!(grown.read(&path), apart.read(&path), "{period}");
        }
        for line in ["rows", "accepted", "held", "error", "query"] {
            assert!(one["summary"][line].is_u64(), "{one}");
            assert_eq!(one["summary"][line], other["summary"][line], "{period} {line}");
        }
    }
    let notes = findings(&grown, "rows-as-before");
    let people = notes.iter().find(|note| note["table"] == "people").expect("a note");
    let message = people["message"].as_str().expect("a message");
    assert!(message.contains("2 are new, 1 changed and 2 as they were"), "{message}");
    assert!(findings(&grown, "disappeared-record").is_empty());
    let again = grown.read("out/small/Q2/draft/rows/people.csv");
    run(&grown, "Q2");
    assert_eq!(grown.read("out/small/Q2/draft/rows/people.csv"), again, "the same files again give the same");
}

#[test]
fn a_record_that_is_gone_from_an_ever_growing_sheet_is_asked_after() {
    let people = &["N1,Leeds,2022-01-10", "N3,York,2022-02-01", "N4,York,"];
    let checkout = programme("cumulative", [FIRST, (people, &["E1,N1,2022-02-01"])]);
    run(&checkout, "Q1");
    let said = run(&checkout, "Q2");
    let gone = findings(&checkout, "disappeared-record");
    assert_eq!(gone.iter().map(|it| &it["table"]).collect::<Vec<_>>(), ["events", "people"], "{gone:#?}");
    assert!(gone.iter().all(|it| it["severity"] == "query" && it["record"].is_string()), "{gone:#?}");
    assert!(gone[0].to_string().contains("row 3 of north-01 in Q1"), "{gone:#?}");
    assert!(!gone[1].to_string().contains("N2"), "no reference is shown: {gone:#?}");
    assert_eq!(said["returns"][0]["blocked"][0]["code"], "disappeared-record");
}

#[test]
fn an_ever_growing_sheet_needs_to_know_what_a_record_is() {
    let checkout = programme("cumulative", [FIRST, GROWN]);
    checkout.edit("events.toml", "record_key = \"event\"\n", "");
    let said = checkout.run(&["run", "small.toml", "--period", "Q1", "--by", "Ann"]).ends(2);
    assert!(said.err.contains("has no `record_key`"), "{}", said.err);
}

#[test]
fn a_record_that_stays_away_is_explained_once() {
    let (gone, back): (&[&str], &[&str]) = (
        &["N1,Leeds,2022-01-10", "N3,York,2022-02-01"],
        &["N1,Leeds,2022-01-10", "N2,Hull,2022-01-11", "N3,York,2022-02-01"],
    );
    let events: &[&str] = &["E1,N1,2022-02-01"];
    let checkout = programme("cumulative", [(back, events), (gone, events)]);
    // A third quarter, without the record too; one in which it is back; and one without it again.
    let later = "\n  { label = \"Q3\", from = 2022-07-01, to = 2022-09-30, folder = \"q3\" },\n\
                 { label = \"Q4\", from = 2022-10-01, to = 2022-12-31, folder = \"q4\" },\n\
                 { label = \"Q5\", from = 2023-01-01, to = 2023-03-31, folder = \"q5\" },\n]\n\n[tables.people]";
    checkout.edit("small.toml", "\n]\n\n[tables.people]", later);
    for (quarter, people) in [("q3", gone), ("q4", back), ("q5", gone)] {
        checkout.write(&format!("{quarter}/people.csv"), format!("ref,town,joined\n{}\n", people.join("\n")));
        checkout.write(&format!("{quarter}/events.csv"), format!("event,ref,happened\n{}\n", events.join("\n")));
    }
    let queries = |period: &str| -> Vec<serde_json::Value> {
        let said = run(&checkout, period);
        let text = checkout.read(&format!("out/small/{period}/draft/findings.json"));
        let report: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let all = report["findings"].as_array().expect("findings").iter();
        let queries: Vec<_> = all.filter(|it| it["code"] == "disappeared-record").cloned().collect();
        let is_open = queries.iter().any(|it| it["explained"].is_null());
        assert_eq!(
            said["returns"][0]["blocked"].to_string().contains("disappeared-record"),
            is_open,
            "{period}: {said}"
        );
        queries
    };
    assert!(queries("Q1").is_empty());
    let asked = queries("Q2");
    assert_eq!(asked.len(), 1, "{asked:#?}");
    let (record, value) = (asked[0]["record"].as_str().expect("a record"), asked[0]["value_digest"].as_str());
    let value = value.expect("a digest");
    checkout.write(
        "small.explanations.csv",
        format!(
            "period,partner,table,rule,record,value,reason_code,words,by,date\n\
             Q2,north,people,disappeared-record,{record},{value},withdrew,,JT,2022-07-03\n"
        ),
    );
    assert_eq!(queries("Q2")[0]["explained"], "withdrew");
    let still = queries("Q3");
    assert_eq!(still[0]["explained"], "withdrew", "what stays away is not asked after again: {still:#?}");
    assert!(queries("Q4").is_empty());
    let again = queries("Q5");
    assert!(again.len() == 1 && again[0]["explained"].is_null(), "what was back and is gone again is: {again:#?}");
}

#[test]
fn sheets_of_a_table_that_hold_different_periods_are_refused() {
    let checkout = programme("cumulative", [FIRST, GROWN]);
    let more = "{ table = \"people\", file = \"*more*\" },\n  { table = \"events\"";
    checkout.edit("small.toml", "{ table = \"events\"", more);
    let said = checkout.run(&["run", "small.toml", "--period", "Q1", "--by", "Ann"]).ends(2);
    assert!(said.err.contains("sources of `north` for the table `people` differ in `coverage`"), "{}", said.err);
    assert!(!checkout.join("out").exists(), "nothing is written");
}
