//! The laws that every treatment obeys, over any rows: the same whatever their order and however they
//! are split, blank stays blank, and pseudonyms of two keys, recipients or epochs never meet.

mod identifiers;

use crate::samples::{Row, lookups, release, schema, texts, typed};
use crate::{Clearance, ClearedTable, DomainKey, Key, PSEUDONYM_LENGTH, Reasons, Rows, clear, treatments};
use jiff::civil::{Date, date};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// One profile line for each treatment and each kind of subject that it knows.
const LINES: [&str; 30] = [
    "ref identified reason=agreed",
    "start identified",
    "ref pseudonym",
    "ref pseudonym scope=all-partners",
    "number pseudonym",
    "hours pseudonym",
    "partner pseudonym",
    "ref open-pseudonymiser reason=agreed",
    "number open-pseudonymiser reason=agreed",
    "hours open-pseudonymiser reason=agreed",
    "born age-band bands=0,16,18,25",
    "born age-band bands=16,25 on=start",
    "start year",
    "start quarter",
    "seen month",
    "postcode outward-postcode",
    "health flag",
    "postcode lookup table=districts.csv by=outward dated=2022-05-01 label=name",
    "health lookup table=groups.csv dated=2022-05-01",
    "hours band bands=0,8,16",
    "pay band bands=0,8.5",
    "hours round to=5",
    "pay round to=0.5",
    "health code-only reason=agreed",
    "x derive value=days(start;left)",
    "x derive value=weeks(start;left)",
    "x derive value=age(born;start)",
    "x derive value=change(hours;score)",
    "x derive value=event(left)",
    "x derive value=observed_until(left;quarter)",
];

const PSEUDONYMS: [&str; 4] = ["person pseudonym", "ref pseudonym", "number pseudonym", "hours pseudonym"];

/// Digests under a salt instead of a key.
const SALTED: [&str; 3] = [
    "ref open-pseudonymiser reason=agreed",
    "number open-pseudonymiser reason=agreed",
    "hours open-pseudonymiser reason=agreed",
];

const SALT: &str = "a salt of the tests, not of people";

fn apply(line: &str, key: &DomainKey, parts: &[&[Row]]) -> ClearedTable {
    let typed: Vec<_> = parts.iter().map(|rows| typed(rows)).collect();
    let rows: Vec<_> =
        typed.iter().map(|typed| Rows { partner: "north", period: "one", typed, records: None }).collect();
    let people: Vec<String> = (0..6).map(|index| format!("person-{index}")).collect();
    let (schema, release) = (schema(), release(&[line]));
    let period = (date(2022, 7, 1), date(2022, 9, 30));
    let lookups = lookups();
    let clearance =
        Clearance { schema: &schema, release: &release, key, period, lookups: &lookups, reasons: Reasons::Left };
    clear(&clearance, &rows, &people)
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

/// Whether a line's answer does not need a value.
fn speaks_of_blanks(line: &str) -> bool {
    ["flag", "partner p", "event", "observed_until"].iter().any(|word| line.contains(word))
}

fn study(epoch: u32) -> DomainKey {
    Key::of(1).for_recipient("programme", "study", epoch).salted_with(SALT)
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
        health in prop::option::of("[abx]"), hours in prop::option::of(-3i64..40), left in days(),
        (score, pay) in (prop::option::of(-30i64..30), prop::option::of(-3.0f64..40.0)),
    ) -> Row {
        Row { person, reference, number, postcode, born, start, health, hours, left, score, pay }
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
    #![proptest_config(ProptestConfig::with_cases(24))]

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
        for line in LINES.iter().chain(&PSEUDONYMS).filter(|line| !speaks_of_blanks(line)) {
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
    fn digests_under_a_salt_obey_the_laws_of_pseudonyms(rows in rows()) {
        let under = |salt: &str| Key::of(1).for_recipient("programme", "study", 1).salted_with(salt);
        let all = |key: &DomainKey| -> BTreeSet<String> {
            SALTED.iter().flat_map(|line| values(line, key, &[&rows])).flatten().collect()
        };
        let own = all(&under(SALT));
        for digest in &own {
            prop_assert_eq!(digest.len(), 64);
            prop_assert!(digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
        }
        // The salt alone decides: another changes every digest, and so no two recipients' ever match.
        prop_assert!(all(&under("another salt of the tests")).is_disjoint(&own));
        prop_assert_eq!(&all(&Key::of(2).for_recipient("other", "study", 7).salted_with(SALT)), &own);
        // Without a salt nothing leaves at all.
        prop_assert!(all(&Key::of(1).for_recipient("programme", "study", 1)).is_empty());
        let mut made: BTreeMap<String, Option<String>> = BTreeMap::new();
        for row in &rows {
            let normal = row.number.as_deref().unwrap_or_default().trim().to_uppercase();
            let digest = value("number open-pseudonymiser reason=agreed", &study(1), row);
            prop_assert_eq!(digest.is_some(), !normal.is_empty());
            prop_assert_eq!(&*made.entry(normal).or_insert_with(|| digest.clone()), &digest);
        }
        let distinct: BTreeSet<&Option<String>> = made.values().collect();
        prop_assert_eq!(distinct.len(), made.len());
    }

    #[test]
    fn two_partners_own_numbers_are_two(reference in "[a-z0-9]{1,8}") {
        let row = Row { reference: Some(reference.clone()), number: Some(reference), ..Row::default() };
        let of = |line: &str, partner: &str| {
            let (schema, release, typed) = (schema(), release(&[line]), typed(std::slice::from_ref(&row)));
            let period = (date(2022, 7, 1), date(2022, 9, 30));
            let lookups = lookups();
            let clearance = Clearance {
                schema: &schema,
                release: &release,
                key: &study(1),
                period,
                lookups: &lookups,
                reasons: Reasons::Left,
            };
            let table = clear(&clearance, &[Rows { partner, period: "one", typed: &typed, records: None }], &[]);
            texts(&table, &table.columns()[0].name)
        };
        prop_assert_ne!(of("ref pseudonym", "north"), of("ref pseudonym", "south"));
        prop_assert_eq!(of("number pseudonym", "north"), of("number pseudonym", "south"));
        prop_assert_eq!(of("ref pseudonym scope=all-partners", "north"), of("ref pseudonym scope=all-partners", "south"));
        prop_assert_ne!(of("number pseudonym scope=partner", "north"), of("number pseudonym scope=partner", "south"));
    }

    #[test]
    fn coarse_values_are_those_of_the_exact_ones(row in row(), to in 2i64..50) {
        let number = |line: &str| value(line, &study(1), &row).map(|text| text.parse::<f64>().unwrap());
        if let (Some(hours), Some(rounded)) = (row.hours, number(&format!("hours round to={to}"))) {
            prop_assert_eq!(rounded as i64 % to, 0);
            prop_assert!((rounded as i64 - hours).abs() * 2 <= to, "{} to {}: {}", hours, to, rounded);
        }
        if let (Some(days), Some(weeks)) = (number("x derive value=days(start;left)"), number("x derive value=weeks(start;left)")) {
            prop_assert!(weeks * 7.0 <= days && days < weeks * 7.0 + 7.0);
        }
        if let (Some(start), Some(left)) = (row.start, row.left) {
            let days = qd_model::period::days(left) - qd_model::period::days(start);
            prop_assert_eq!(number("x derive value=days(start;left)"), Some(f64::from(days)));
        }
        if let (Some(hours), Some(band)) = (row.hours, value("hours band bands=0,8,16", &study(1), &row)) {
            let expected = match hours { ..0 => "under 0", 0..8 => "0 to 7", 8..16 => "8 to 15", _ => "16+" };
            prop_assert_eq!(band, expected);
        }
    }
}
