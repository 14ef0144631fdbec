//! How a schema's rules judge rows, and what is said of them.

use crate::rows::{quarter, schema, typed};
use arrow::buffer::BooleanBuffer;
use jiff::civil::date;
use qd_model::report::ColumnReport;
use qd_model::{Class, Severity};
use qd_rules::{Constants, NotJudged, RowRules, pool};
use qd_table::Shape;
use std::collections::BTreeMap;

const RULES: &str = r#"
[[quarterday.rules]]
code = "leaving-before-start"
fields = ["leave_date", "start_date"]
check = "leave_date >= start_date"
message = "Leaving date is before start date"
fix = "correct the dates"
source = "grant agreement, annex 2"

[[quarterday.rules]]
code = "employed-without-hours"
severity = "query"
when = "employed"
check = "hours IS NOT NULL AND hours > 0"
message = "Employed person has no hours"

[[quarterday.rules]]
code = "starts-in-period"
check = "start_date BETWEEN period_start AND period_end"
message = "Start date is outside the period"
trial = true

[[quarterday.rules]]
code = "too-young"
check = "age_on(born, as_of) >= 16"
message = "Person is under 16"
valid_from = 2022-09-30

[[quarterday.rules]]
code = "no-more"
check = "false"
message = "Never holds"
valid_to = 2022-09-29
"#;

fn rules() -> RowRules {
    RowRules::compile(&schema(RULES)).expect("the rules are good")
}

#[test]
fn only_false_is_a_finding_and_only_where_the_rule_applies() {
    let rows = typed(
        &schema(RULES),
        &[
            "start_date=2022-07-02, leave_date=2022-07-01",
            "start_date=2022-07-02",
            "employed=true",
            "employed=false",
            "employed=true, hours=3",
            "start_date=2022-10-01, born=2010-01-01",
        ],
    );
    let outcome = rules().judge(&rows, &quarter());
    assert_eq!(outcome.hits, [(0, 2), (1, 4), (2, 7), (3, 7)]);
    assert_eq!(outcome.not_judged, []);
}

#[test]
fn what_cannot_be_judged_is_counted() {
    let schema = schema(RULES);
    let mut rows = typed(&schema, &["start_date=2022-07-02, leave_date=2022-07-01"; 3]);
    let leave_date = schema.index_of("leave_date").expect("there");
    rows.unreadable[leave_date] = Some(BooleanBuffer::from(vec![false, true, false]));
    let outcome = rules().judge(&rows, &Constants::default());
    assert_eq!(outcome.hits, [(0, 2), (0, 4), (4, 2), (4, 3), (4, 4)], "without a day every rule is in force");
    let not_judged = |rule, reason, rows| NotJudged { rule, reason, rows };
    assert_eq!(
        outcome.not_judged,
        [
            not_judged(0, "a field could not be read", 1),
            not_judged(2, "no period", 3),
            not_judged(3, "no as-of date", 3),
        ]
    );
}

#[test]
fn rules_are_in_force_from_their_first_to_their_last_day() {
    let rows = typed(&schema(RULES), &["born=2010-01-01"]);
    let hits = |day| {
        let constants = Constants { as_of: Some(day), ..quarter() };
        rules().judge(&rows, &constants).hits
    };
    assert_eq!(hits(date(2022, 9, 29)), [(4, 2)]);
    assert_eq!(hits(date(2022, 9, 30)), [(3, 2)]);
}

#[test]
fn a_fault_is_shown_at_the_first_field_that_has_a_column() {
    let column = |column, heading: &str, field: &str| ColumnReport {
        column,
        heading: heading.to_owned(),
        field: Some(field.to_owned()),
    };
    let shape =
        Shape { columns: vec![column(3, "Hours ", "hours"), column(5, "Start", "start_date")], ..Shape::default() };
    let severities = BTreeMap::from([
        ("leaving-before-start".to_owned(), Severity::Query),
        ("starts-in-period".to_owned(), Severity::Reject),
    ]);
    let faults = rules().faults(&shape, &severities);
    assert_eq!(faults.len(), 5);

    let leaving = &faults[0];
    assert_eq!(leaving.severity, Severity::Query);
    assert_eq!((leaving.column, leaving.heading.as_deref()), (Some(5), Some("Start")));
    assert_eq!(leaving.field.as_deref(), Some("start_date"));
    assert_eq!(&*leaving.message, "Leaving date is before start date");
    assert_eq!(&*leaving.many, "rows: Leaving date is before start date");
    assert_eq!(leaving.asks.as_deref(), Some("a rule; its source: grant agreement, annex 2"));
    assert!(!leaving.trial);

    assert_eq!((faults[1].column, faults[1].severity), (Some(3), Severity::Query));
    assert_eq!((faults[2].severity, faults[2].trial), (Severity::Note, true), "a rule on trial stays a note");
    assert_eq!((faults[3].column, faults[3].field.as_deref()), (None, Some("born")));
    assert_eq!((faults[4].column, faults[4].field.as_deref(), faults[4].class), (None, None, Class::None));
}

#[test]
fn a_fault_has_the_class_of_its_most_protected_field() {
    let rule = "[[quarterday.rules]]\ncode = 'a'\nmessage = 'm'\nfields = 'hours'\ncheck = \"hours > 1 OR name = 'x'\"";
    let rules = RowRules::compile(&schema(rule)).expect("good");
    assert_eq!(rules.faults(&Shape::default(), &BTreeMap::new())[0].class, Class::Direct);
}

#[test]
fn a_schema_without_rules_finds_nothing() {
    let schema = schema("");
    let rules = RowRules::compile(&schema).expect("good");
    assert!(rules.is_empty());
    assert_eq!(rules.judge(&typed(&schema, &["hours=1"]), &quarter()).hits, []);
}

#[test]
fn many_threads_judge_at_once_and_agree() {
    let schema = schema(RULES);
    let rules = rules();
    let texts: Vec<String> = (0..500).map(|i| format!("employed=true, hours={}", i % 3)).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let rows = typed(&schema, &texts);
    let expected = rules.judge(&rows, &quarter());
    assert_eq!(expected.hits.len(), 167);
    let judged: Vec<_> = pool::install(|| {
        use rayon::prelude::*;
        (0..64).into_par_iter().map(|_| rules.judge(&rows, &quarter())).collect()
    });
    assert!(judged.iter().all(|outcome| *outcome == expected));
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| rules.judge(&rows, &quarter()))).collect();
        for thread in threads {
            assert_eq!(thread.join().expect("no panic"), expected);
        }
    });
}
