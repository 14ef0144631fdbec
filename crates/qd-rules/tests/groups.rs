//! Rules over groups of rows.

use crate::rows::{quarter, schema, typed};
use arrow::buffer::BooleanBuffer;
use proptest::prelude::*;
use qd_model::Class;
use qd_rules::{Constants, NotJudged, RowRules};
use qd_table::{Shape, Typed};
use std::collections::BTreeMap;

fn rule(group: &str, check: &str, when: &str) -> String {
    let when = if when.is_empty() { String::new() } else { format!("when = \"{when}\"\n") };
    format!(
        "[[quarterday.rules]]\ncode = \"a\"\nmessage = \"m\"\ngroup = {group}\ncheck = \"{}\"\n{when}",
        check.replace('"', "\\\"")
    )
}

fn hits(rule: &str, chunks: &[Typed]) -> Vec<u32> {
    let rules = RowRules::compile(&schema(rule)).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    assert!(rules.has_groups());
    assert!(chunks.iter().all(|chunk| rules.judge(chunk, &quarter()).hits.is_empty()), "no row is judged alone");
    rules.judge_groups(chunks, &quarter()).hits.into_iter().map(|(_, row)| row).collect()
}

#[track_caller]
fn check(group: &str, check: &str, rows: &[&str], expected: &[u32]) {
    let rule = rule(group, check, "");
    let all = typed(&schema(""), rows);
    assert_eq!(hits(&rule, &[all]), expected, "{check}");
}

const ROWS: [&str; 6] = [
    "name=Ann, hours=3, pay=0.1, born=2000-01-01",
    "name=Ben, hours=9, pay=0.1",
    "name=Ann, hours=3, pay=0.2, born=2000-01-01",
    "name=Ann, born=2001-01-01",
    "hours=99, pay=99, born=1999-01-01",
    "hours=99, pay=99, born=1998-01-01",
];

#[test]
fn every_row_of_a_failing_group_is_a_hit_and_a_blank_group_is_none() {
    for (text, expected) in [
        ("COUNT(*) <= 2", &[2, 4, 5][..]),
        ("count(*) <= 3", &[]),
        ("COUNT(hours) = 2", &[3]),
        ("COUNT(DISTINCT hours) < 1", &[2, 3, 4, 5]),
        ("COUNT(DISTINCT born) <= 1", &[2, 4, 5]),
        ("SUM(hours) <= 6", &[3]),
        ("SUM(hours) < 6", &[2, 3, 4, 5]),
        ("SUM(pay) = 0.3", &[3]),
        ("MIN(born) = '2000-01-01'", &[]),
        ("MAX(born) = '2000-01-01'", &[2, 4, 5]),
        ("MAX(born) - MIN(born) < 300", &[2, 4, 5]),
        ("age_on(MIN(born), as_of) < 21", &[2, 4, 5]),
        ("COUNT(*) < 3 OR name = 'Ann'", &[]),
        ("COUNT(*) < 3 OR name <> 'Ann'", &[2, 4, 5]),
        ("NOT (COUNT(*) BETWEEN 1 AND 3 AND SUM(hours) IN (6, 9))", &[2, 3, 4, 5]),
    ] {
        check("['name']", text, &ROWS, expected);
    }
}

#[test]
fn what_is_unknown_passes() {
    check("['name']", "SUM(hours) > 100", &["name=Ann", "name=Ann"], &[]);
    check("['name']", "MIN(hours) > 100", &["name=Ann", "name=Ann"], &[]);
    check("['name']", "COUNT(hours) > 100", &["name=Ann", "name=Ann"], &[2, 3]);
    check("['name']", "SUM(hours) < 0", &["name=Ann, hours=9223372036854775807", "name=Ann, hours=9"], &[]);
}

#[test]
fn a_group_may_be_of_several_fields_of_any_type() {
    let rows = ["name=Ann, born=2000-01-01", "name=Ann, born=2000-01-01", "name=Ann, born=2000-01-02", "name=Ann"];
    check("['name', 'born']", "COUNT(*) = 1", &rows, &[2, 3]);
    check("'born'", "COUNT(*) = 1", &rows, &[2, 3]);
}

#[test]
fn with_when_a_group_has_only_those_rows() {
    let rule = rule("['name']", "SUM(hours) <= 3", "hours > 0");
    let rows = typed(&schema(""), &["name=Ann, hours=3", "name=Ann, hours=-3", "name=Ann", "name=Ann, hours=1"]);
    assert_eq!(hits(&rule, &[rows]), [2, 5]);
}

#[test]
fn chunks_do_not_matter() {
    let rule = rule("['name']", "COUNT(*) <= 2", "");
    let all = typed(&schema(""), &ROWS);
    let parts: Vec<Typed> =
        (0..ROWS.len()).map(|row| all.filter(&(0..ROWS.len()).map(|at| Some(at == row)).collect())).collect();
    assert_eq!(hits(&rule, &parts), hits(&rule, &[all]));
    assert_eq!(hits(&rule, &[]), [0; 0]);
}

#[test]
fn a_group_with_an_unreadable_cell_is_not_judged() {
    let rule = rule("['name']", "SUM(hours) > 100", "");
    let schema = schema(&rule);
    let rules = RowRules::compile(&schema).expect("good");
    let mut rows = typed(&schema, &["name=Ann, hours=1", "name=Ben, hours=1", "name=Ann", "hours=1"]);
    let bits = |at: usize| Some((0..4).map(|row| row == at).collect::<BooleanBuffer>());
    rows.unreadable[schema.index_of("hours").expect("there")] = bits(2);
    rows.unreadable[schema.index_of("name").expect("there")] = bits(3);
    let outcome = rules.judge_groups(&[rows], &quarter());
    assert_eq!(outcome.hits, [(0, 3)]);
    assert_eq!(outcome.not_judged, [NotJudged { rule: 0, reason: "a field could not be read", rows: 3 }]);
}

#[test]
fn without_a_period_a_rule_that_names_one_is_not_judged() {
    let schema = schema(&rule("['name']", "MIN(born) < period_start", ""));
    let rules = RowRules::compile(&schema).expect("good");
    let outcome = rules.judge_groups(&[typed(&schema, &["name=Ann"; 3])], &Constants::default());
    assert_eq!(outcome.not_judged, [NotJudged { rule: 0, reason: "no period", rows: 3 }]);
    let fault = &rules.faults(&Shape::default(), &BTreeMap::new())[0];
    assert_eq!(fault.class, Class::Direct, "the class of the group's fields counts");
}

#[test]
fn what_a_group_cannot_be_asked_is_refused() {
    for (text, expected) in [
        (
            "hours > 1",
            "`hours` may differ within a group, which is judged as a whole (ask for MIN(hours), MAX(hours) or COUNT(DISTINCT hours))",
        ),
        (
            "name = 'Ann'",
            "the check of a group asks for none of COUNT, SUM, MIN and MAX (leave out `group` for a rule that sees one row at a time)",
        ),
        ("SUM(name) > 1", "`name` is text, and a sum is of numbers"),
        ("SUM(hours + 1) > 1", "`hours + 1` is no field, and `sum` is asked of one field (write SUM(field))"),
        ("SUM(*) > 1", "`sum` is not called like this (write SUM(field))"),
        ("MIN(DISTINCT hours) > 1", "`min` is not called like this (write MIN(field))"),
        ("MAX(employed)", "`employed` is true or false, and neither is the greater"),
        ("COUNT(hour) > 1", "there is no field `hour` (did you mean `hours`?)"),
        ("COUNT(as_of) > 1", "`as_of` is the same day for every row"),
        (
            "COUNT(*)",
            "`COUNT(*)` is a whole number, and a condition is needed here (compare it with something, or ask IS NOT NULL)",
        ),
    ] {
        let mistakes = RowRules::compile(&schema(&rule("['name']", text, ""))).expect_err(text);
        let said: Vec<String> = mistakes
            .into_iter()
            .map(|mistake| mistake.hint.map_or(mistake.what.clone(), |hint| format!("{} ({hint})", mistake.what)))
            .collect();
        assert_eq!(said, [expected], "{text}");
    }
    let when = rule("['name']", "COUNT(*) > 1", "COUNT(*) > 1");
    assert!(RowRules::compile(&schema(&when)).is_err(), "`when` sees one row at a time");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn groups_come_to_what_counting_by_hand_gives(
        rows in prop::collection::vec((prop::option::of(0u8..4), prop::option::of(-3i64..4)), 0..24),
        least in 0usize..4,
        total in -6i64..6,
    ) {
        let texts: Vec<String> = rows.iter().map(|(name, hours)| {
            let cells = [name.map(|name| format!("name=n{name}")), hours.map(|hours| format!("hours={hours}"))];
            cells.into_iter().flatten().collect::<Vec<_>>().join(", ")
        }).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let rule = rule("['name']", &format!("COUNT(DISTINCT hours) >= {least} AND SUM(hours) >= {total}"), "");
        let found = hits(&rule, &[typed(&schema(""), &texts)]);
        let expected: Vec<u32> = rows.iter().zip(2u32..).filter(|((name, _), _)| {
            let of_group = || rows.iter().filter(|(other, _)| name.is_some() && other == name).filter_map(|(_, hours)| *hours);
            let distinct = of_group().collect::<std::collections::BTreeSet<_>>().len();
            let sum = (distinct > 0).then(|| of_group().sum::<i64>());
            name.is_some() && (distinct < least || sum.is_some_and(|sum| sum < total))
        }).map(|(_, row)| row).collect();
        prop_assert_eq!(found, expected);
    }
}
