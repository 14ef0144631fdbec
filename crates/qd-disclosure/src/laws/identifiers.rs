//! The laws of pseudonyms, for everything that a recipient can know a person, a record, a partner or a number
//! by: each holds by itself, and on any number of threads.

use super::{LINES, SALT, rows};
use crate::samples::{Row, lookups, release, schema, texts, typed};
use crate::{Clearance, DomainKey, Key, PSEUDONYM_LENGTH, Reasons, Rows, clear, treatments};
use arrow::array::StringArray;
use jiff::civil::date;
use proptest::prelude::*;
use qd_model::kinds::{self, Kind};
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// One profile line for each thing that is known by a pseudonym, and for each way of making one.
const IDENTIFIERS: [&str; 11] = [
    "person pseudonym",
    "record pseudonym",
    "partner pseudonym",
    "ref pseudonym",
    "ref pseudonym scope=all-partners",
    "number pseudonym",
    "number pseudonym scope=partner",
    "hours pseudonym",
    "ref open-pseudonymiser reason=agreed",
    "number open-pseudonymiser reason=agreed",
    "hours open-pseudonymiser reason=agreed",
];

static POOLS: LazyLock<Vec<ThreadPool>> = LazyLock::new(|| {
    let pool = |threads| ThreadPoolBuilder::new().num_threads(threads).build().expect("threads are there");
    (1..=3).map(pool).collect()
});

/// What each row becomes, in the order of the table.
fn made(line: &str, key: &DomainKey, kind: Option<&'static dyn Kind>, parts: &[&[Row]]) -> Vec<Option<String>> {
    let of = |rows: &&[Row]| {
        let records = rows.iter().map(|row| row.reference.clone().filter(|text| !text.is_empty()));
        (typed(rows), records.collect::<StringArray>())
    };
    let given: Vec<_> = parts.iter().map(of).collect();
    let rows: Vec<_> = given
        .iter()
        .map(|(typed, records)| Rows { partner: "north", period: "one", typed, records: Some(records) })
        .collect();
    let people: Vec<String> = (0..6).map(|index| format!("person-{index}")).collect();
    let mut schema = schema();
    if let Some(kind) = kind {
        let number = schema.index_of("number").expect("it is a field");
        schema.fields[number].kind = Some(kind);
    }
    let (release, lookups) = (release(&[line]), lookups());
    let clearance = Clearance {
        schema: &schema,
        release: &release,
        key,
        period: (date(2022, 7, 1), date(2022, 9, 30)),
        lookups: &lookups,
        reasons: Reasons::Left,
    };
    let table = clear(&clearance, &rows, &people);
    texts(&table, &table.columns()[0].name)
}

/// What one row becomes.
fn one(line: &str, key: &DomainKey, row: &Row) -> Option<String> {
    made(line, key, None, &[std::slice::from_ref(row)]).remove(0)
}

/// What rows become, in an order that says nothing.
fn sorted(mut made: Vec<Option<String>>) -> Vec<Option<String>> {
    made.sort();
    made
}

fn is_salted(line: &str) -> bool {
    line.contains("open-pseudonymiser")
}

fn study() -> DomainKey {
    Key::of(1).for_recipient("programme", "study", 1).salted_with(SALT)
}

/// Another recipient of the same key, with a salt of its own.
fn funder() -> DomainKey {
    Key::of(1).for_recipient("programme", "funder", 1).salted_with("the salt of somebody else")
}

/// The same recipient under another key: a recipient's salt is its key.
fn under_another_key() -> DomainKey {
    Key::of(2).for_recipient("programme", "study", 1).salted_with("the salt that came after")
}

#[test]
fn every_treatment_of_identifiers_is_under_the_laws() {
    let row = Row { number: Some("AB12".to_owned()), reference: Some("r".to_owned()), ..Row::default() };
    let under: BTreeSet<&str> = IDENTIFIERS.iter().filter_map(|line| line.split(' ').nth(1)).collect();
    for line in LINES.iter().filter(|line| line.starts_with("number ") || line.starts_with("ref ")) {
        let treatment = line.split(' ').nth(1).expect("a treatment");
        let hides = one(line, &study(), &row).is_some_and(|text| !["AB12", "r"].contains(&text.as_str()));
        assert_eq!(hides, under.contains(treatment), "{line}");
    }
    assert!(under.iter().all(|name| treatments::by_name(name).is_some()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn row_order_file_split_and_thread_count_change_nothing(rows in rows(), cuts in prop::collection::vec(0usize..12, 0..4)) {
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(rows.len())).collect();
        cuts.extend([0, rows.len()]);
        cuts.sort_unstable();
        let parts: Vec<&[Row]> = cuts.windows(2).map(|pair| &rows[pair[0]..pair[1]]).collect();
        let backwards: Vec<Row> = rows.iter().rev().cloned().collect();
        for line in IDENTIFIERS {
            let whole = made(line, &study(), None, &[&rows]);
            for pool in POOLS.iter() {
                let threads = pool.current_num_threads();
                let (own, split) = pool.install(|| {
                    (made(line, &study(), None, &[&rows]), made(line, &study(), None, &parts))
                });
                // The order of rows is that of their pseudonyms, so that it is the same as well.
                prop_assert_eq!(&own, &whole, "{} on {} threads", line, threads);
                prop_assert_eq!(sorted(split), sorted(whole.clone()), "{} split, on {} threads", line, threads);
            }
            prop_assert_eq!(sorted(made(line, &study(), None, &[&backwards])), sorted(whole.clone()), "{} turned round", line);
            let alone: Vec<_> = rows.iter().map(|row| one(line, &study(), row)).collect();
            prop_assert_eq!(sorted(alone), sorted(whole), "{} row by row", line);
        }
    }

    #[test]
    fn another_key_changes_every_one_and_blank_stays_blank(rows in rows()) {
        for line in IDENTIFIERS {
            for row in &rows {
                let [own, other] = [study(), under_another_key()].map(|key| one(line, &key, row));
                prop_assert_eq!(own.is_some(), other.is_some(), "{}", line);
                prop_assert!(own.is_none() || own != other, "{} is the same under another key", line);
                if let Some(own) = own {
                    prop_assert_eq!(own.len(), if is_salted(line) { 64 } else { PSEUDONYM_LENGTH }, "{}", line);
                    let is_of_it = |c: u8| if is_salted(line) {
                        matches!(c, b'0'..=b'9' | b'a'..=b'f')
                    } else {
                        matches!(c, b'a'..=b'z' | b'2'..=b'7')
                    };
                    prop_assert!(own.bytes().all(is_of_it), "{}: {}", line, own);
                }
            }
            let blank = Row { reference: Some(String::new()), number: Some(String::new()), ..Row::default() };
            for blank in [Row::default(), blank] {
                prop_assert_eq!(one(line, &study(), &blank).is_some(), line.starts_with("partner"), "{}", line);
            }
        }
    }

    #[test]
    fn two_recipients_never_match_on_anything(rows in rows()) {
        let all = |key: &DomainKey| -> BTreeSet<String> {
            IDENTIFIERS.iter().flat_map(|line| made(line, key, None, &[&rows])).flatten().collect()
        };
        // The list of people who are followed up has ids of its own, which are in no extract.
        let ids: BTreeSet<String> = (0..6).map(|n| study().pseudonym("follow-up", &[&format!("person-{n}")])).collect();
        let (own, others) = (all(&study()), all(&funder()));
        prop_assert!(own.is_disjoint(&others));
        prop_assert!(ids.is_disjoint(&own) && ids.is_disjoint(&others) && ids.len() == 6);
    }

    #[test]
    fn what_is_the_same_after_normalisation_is_the_same_and_else_not(
        typed in prop::collection::vec(
            prop_oneof![
                "[a-cA-C]{2}[ -]?[0-1]{2} ?[0-1]{2}[ -]?[abAB]?",
                "[rR][0-9A-C]{3}( |-)?[0-1]{2}",
                "[a-b]{1,2}(@x.org)?",
                ".{0,12}",
            ],
            2..8,
        )
    ) {
        // What is only checked is never released, under whatever treatment.
        for kind in kinds::ALL.iter().copied().filter(|kind| !kind.is_check_only()) {
            for (line, is_whole) in [("number pseudonym", false), ("number open-pseudonymiser reason=agreed", true)] {
                let mut known: BTreeMap<String, Option<String>> = BTreeMap::new();
                for text in &typed {
                    let normal = kind.normalise(text).into_owned();
                    // What tells people apart may be a part of it; a digest that others make is of the whole.
                    let own = if is_whole { normal } else { kind.link_key(&normal).to_owned() };
                    let row = Row { number: Some(text.clone()), ..Row::default() };
                    let pseudonym = made(line, &study(), Some(kind), &[&[row]]).remove(0);
                    prop_assert_eq!(pseudonym.is_none(), own.is_empty(), "{} of {}", line, kind.name());
                    let first = known.entry(own).or_insert_with(|| pseudonym.clone());
                    prop_assert_eq!(&*first, &pseudonym, "{} of {}", line, kind.name());
                }
                let distinct: BTreeSet<&Option<String>> = known.values().collect();
                prop_assert_eq!(distinct.len(), known.len(), "{} of {}", line, kind.name());
            }
        }
    }
}
