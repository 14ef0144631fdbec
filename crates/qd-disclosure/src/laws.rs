//! The laws that every treatment obeys, over any rows: the same whatever their order and however they
//! are split, blank stays blank, and pseudonyms of two keys, recipients or epochs never meet.

use crate::samples::{Row, release, schema, texts, typed};
use crate::{Clearance, ClearedTable, DomainKey, Key, PSEUDONYM_LENGTH, Rows, clear, treatments};
use jiff::civil::{Date, date};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// One profile line for each treatment and each kind of subject that it knows.
const LINES: [&str; 14] = [
    "ref identified reason=agreed",
    "start identified",
    "ref pseudonym",
    "ref pseudonym scope=all-partners",
    "number pseudonym",
    "hours pseudonym",
    "partner pseudonym",
    "born age-band bands=0,16,18,25",
    "born age-band bands=16,25 on=start",
    "start year",
    "start quarter",
    "seen month",
    "postcode outward-postcode",
    "health flag",
];

const PSEUDONYMS: [&str; 4] = ["person pseudonym", "ref pseudonym", "number pseudonym", "hours pseudonym"];

fn apply(line: &str, key: &DomainKey, parts: &[&[Row]]) -> ClearedTable {
    let typed: Vec<_> = parts.iter().map(|rows| typed(rows)).collect();
    let rows: Vec<_> = typed.iter().map(|typed| Rows { partner: "north", period: "one", typed }).collect();
    let people: Vec<String> = (0..6).map(|index| format!("person-{index}")).collect();
    let (schema, release) = (schema(), release(&[line]));
    let period = (date(2022, 7, 1), date(2022, 9, 30));
    clear(&Clearance { schema: &schema, release: &release, key, period }, &rows, &people)
}

/// The released values, in an order that says nothing.
fn values(line: &str, key: &DomainKey, parts: &[&[Row]]) -> Vec<Option<String>> {
    let table = apply(line, key, parts);
    let mut texts = texts(&table, &table.columns()[0].name);
    texts.sort();
    texts
}

/// What one row becomes.
fn value(line: &str, key: &DomainKey, row: &Row) -> Option<String> {
    values(line, key, &[std::slice::from_ref(row)]).remove(0)
}

fn study(epoch: u32) -> DomainKey {
    Key::of(1).for_recipient("programme", "study", epoch)
}

fn days() -> impl Strategy<Value = Option<Date>> {
    prop::option::weighted(0.8, (-20_000i32..20_000).prop_map(|day| qd_model::period::from_days(day).unwrap()))
}

fn text() -> impl Strategy<Value = Option<String>> {
    prop::option::weighted(0.8, prop_oneof!["[a-c]{0,2}", "[A-Z]{2}[0-9]{4}(\\.[0-9])?", ".{0,30}"])
}

prop_compose! {
    fn row()(
        person in prop::option::weighted(0.9, 0u32..6), reference in text(), number in text(),
        postcode in prop::option::of("(zz|ZZ)[0-9]{1,2} [0-9]AA"), born in days(), start in days(),
        health in prop::option::of("[ab]"), hours in prop::option::of(-3i64..40),
    ) -> Row {
        Row { person, reference, number, postcode, born, start, health, hours }
    }
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    prop::collection::vec(row(), 0..12)
}

#[test]
fn every_treatment_that_releases_is_under_the_laws() {
    let tried: BTreeSet<&str> = LINES.iter().filter_map(|line| line.split(' ').nth(1)).collect();
    let all: BTreeSet<&str> = treatments::ALL.iter().filter(|t| t.releases()).map(|t| t.name()).collect();
    assert_eq!(tried, all);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_row_becomes_the_same_wherever_it_stands(rows in rows(), at in 0usize..12) {
        let (head, tail) = rows.split_at(at.min(rows.len()));
        let backwards: Vec<Row> = rows.iter().rev().cloned().collect();
        for line in LINES.iter().chain(&PSEUDONYMS) {
            let whole = values(line, &study(1), &[&rows]);
            prop_assert_eq!(&whole, &values(line, &study(1), &[head, tail]), "split: {}", line);
            prop_assert_eq!(&whole, &values(line, &study(1), &[&backwards]), "turned round: {}", line);
            let mut singly: Vec<_> = rows.iter().map(|row| value(line, &study(1), row)).collect();
            singly.sort();
            prop_assert_eq!(&whole, &singly, "alone: {}", line);
        }
    }

    #[test]
    fn blank_stays_blank_and_nothing_else_does(row in row()) {
        let blank = Row::default();
        for line in LINES.iter().chain(&PSEUDONYMS).filter(|line| !line.contains("flag") && !line.contains("partner p")) {
            prop_assert_eq!(value(line, &study(1), &blank), None, "{}", line);
        }
        prop_assert_eq!(value("ref pseudonym", &study(1), &row).is_some(), row.reference.as_ref().is_some_and(|text| !text.is_empty()));
        prop_assert_eq!(value("person pseudonym", &study(1), &row).is_some(), row.person.is_some());
    }

    #[test]
    fn pseudonyms_have_one_length_and_one_alphabet(rows in rows()) {
        for pseudonym in PSEUDONYMS.iter().flat_map(|line| values(line, &study(1), &[&rows])).flatten() {
            prop_assert_eq!(pseudonym.len(), PSEUDONYM_LENGTH);
            prop_assert!(pseudonym.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7')));
        }
    }

    #[test]
    fn equal_after_normalisation_is_equal_and_else_different(rows in rows()) {
        let normal = |row: &Row| {
            let number = row.number.as_deref().unwrap_or_default().trim().to_uppercase();
            number.split('.').next().unwrap_or_default().to_owned()
        };
        let mut made: BTreeMap<String, Option<String>> = BTreeMap::new();
        for row in &rows {
            let pseudonym = value("number pseudonym", &study(1), row);
            let first = made.entry(normal(row)).or_insert_with(|| pseudonym.clone());
            prop_assert_eq!(&*first, &pseudonym);
        }
        let distinct: BTreeSet<&Option<String>> = made.values().collect();
        prop_assert_eq!(distinct.len(), made.len());
    }

    #[test]
    fn keys_recipients_and_epochs_never_meet(rows in rows()) {
        let keys = [
            study(1),
            study(2),
            Key::of(1).for_recipient("programme", "funder", 1),
            Key::of(1).for_recipient("other", "study", 1),
            Key::of(2).for_recipient("programme", "study", 1),
            Key::of(1).for_lead("programme"),
        ];
        let all: Vec<BTreeSet<String>> = keys
            .iter()
            .map(|key| PSEUDONYMS.iter().flat_map(|line| values(line, key, &[&rows])).flatten().collect())
            .collect();
        let together: BTreeSet<&String> = all.iter().flatten().collect();
        prop_assert_eq!(together.len(), all.iter().map(BTreeSet::len).sum::<usize>());
    }

    #[test]
    fn two_partners_own_numbers_are_two(reference in "[a-z0-9]{1,8}") {
        let row = Row { reference: Some(reference.clone()), number: Some(reference), ..Row::default() };
        let of = |line: &str, partner: &str| {
            let (schema, release, typed) = (schema(), release(&[line]), typed(std::slice::from_ref(&row)));
            let period = (date(2022, 7, 1), date(2022, 9, 30));
            let clearance = Clearance { schema: &schema, release: &release, key: &study(1), period };
            let table = clear(&clearance, &[Rows { partner, period: "one", typed: &typed }], &[]);
            texts(&table, &table.columns()[0].name)
        };
        prop_assert_ne!(of("ref pseudonym", "north"), of("ref pseudonym", "south"));
        prop_assert_eq!(of("number pseudonym", "north"), of("number pseudonym", "south"));
        prop_assert_eq!(of("ref pseudonym scope=all-partners", "north"), of("ref pseudonym scope=all-partners", "south"));
        prop_assert_ne!(of("number pseudonym scope=partner", "north"), of("number pseudonym scope=partner", "south"));
    }
}
