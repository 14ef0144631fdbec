//! Extracts of a few people whose risk can be counted by hand.

use super::*;
use crate::samples::{self, Row};
use crate::{Clearance, Key, Reasons, Rows, clear};
use jiff::civil::date;
use qd_model::pipeline::{Below, Floor, TableRelease};

fn cleared(release: &TableRelease, rows: &[Row], people: &[String]) -> ClearedTable {
    let key = Key::of(1).for_recipient("programme", "study", 1);
    let (schema, lookups, typed) = (samples::schema(), samples::lookups(), samples::typed(rows));
    let period = (date(2022, 7, 1), date(2022, 9, 30));
    let clearance =
        Clearance { schema: &schema, release, key: &key, period, lookups: &lookups, reasons: Reasons::Left };
    clear(&clearance, &[Rows { partner: "north", period: "2022-Q3", typed: &typed, records: None }], people)
}

/// People by postcode, with a health code each and a start.
fn table(people: &[(&str, &str)]) -> ClearedTable {
    let row = |(index, (postcode, health)): (usize, &(&str, &str))| Row {
        person: Some(index as u32),
        reference: Some(format!("r{index}")),
        postcode: Some((*postcode).to_owned()),
        start: Some(date(2022, 7, 1 + index as i8)),
        health: Some((*health).to_owned()),
        ..Row::default()
    };
    let rows: Vec<Row> = people.iter().enumerate().map(row).collect();
    let ids: Vec<String> = (0..people.len()).map(|index| format!("p{index}")).collect();
    let release = samples::release(&[
        "person pseudonym",
        "postcode>area outward-postcode",
        "start>began month",
        "health identified reason=needed",
    ]);
    cleared(&release, &rows, &ids)
}

fn floor(people: u64, below: Below, give_up: &[&str]) -> Floor {
    Floor { people, below, give_up: give_up.iter().map(|name| (*name).to_owned()).collect() }
}

const PEOPLE: [(&str, &str); 7] = [
    ("SE15 1AA", "a"),
    ("SE15 1AB", "a"),
    ("SE15 1AD", "a"),
    ("SE16 1AA", "a"),
    ("N1 1AA", "a"),
    ("N1 1AB", "b"),
    ("E1 1AA", "b"),
];

#[test]
fn people_who_look_alike_are_counted() {
    let table = table(&PEOPLE);
    let risk = risk(&[&table], table.name(), 3).expect("people have pseudonyms");
    assert_eq!(risk.known, ["area"]);
    assert_eq!(risk.people, 7);
    assert_eq!(risk.classes, Classes { unique: 2, small: 4, smallest: 1, classes: 4 });
    assert_eq!(risk.events, [format!("{}.began", table.name())]);
    // All of them began in one month.
    assert_eq!(risk.with_events, risk.classes);
    assert_eq!(risk.diversity, [Diversity { column: "health".to_owned(), least: 1, told: 3 }]);
    let cost = |value: &str, people, small| Cost { column: "area".to_owned(), value: value.to_owned(), people, small };
    assert_eq!(risk.cost, [cost("E1", 1, 1), cost("N1", 2, 2), cost("SE15", 3, 0), cost("SE16", 1, 1)]);
    assert_eq!(unique_by(&table, &[table.index_of("area").unwrap()]), 2);
}

#[test]
fn a_floor_blanks_makes_coarser_or_refuses() {
    let areas = |table: &ClearedTable| {
        let mut areas: Vec<String> = samples::texts(table, "area").into_iter().map(Option::unwrap_or_default).collect();
        areas.sort();
        areas
    };
    assert_eq!(
        floored(table(&PEOPLE), &floor(3, Below::Refuse, &[]))
            .map_or_else(|refused| refused.1, |made| made.blanked + 100),
        4
    );
    let made = floored(table(&PEOPLE), &floor(3, Below::Suppress, &[])).expect("blanked");
    assert_eq!(
        (made.blanked, areas(&made.table)),
        (4, ["", "", "", "", "SE15", "SE15", "SE15"].map(str::to_owned).to_vec())
    );
    let made = floored(table(&PEOPLE), &floor(3, Below::Generalise, &["area"])).expect("made coarser");
    assert_eq!(made.coarser, ["area"]);
    let risk = risk(&[&made.table], made.table.name(), 3).expect("people have pseudonyms");
    assert_eq!(risk.classes.small, 0, "{:?}", areas(&made.table));
    // One rare person would be the only blank one: the next smallest class goes along.
    let made = floored(table(&PEOPLE[..6]), &floor(2, Below::Suppress, &[])).expect("blanked");
    assert_eq!(made.blanked, 3);
}

#[test]
fn named_people_are_left_as_they_are() {
    let release = samples::release(&["postcode identified reason=needed"]);
    let row = Row { person: Some(0), postcode: Some("SE15 1AA".to_owned()), ..Row::default() };
    let named = cleared(&release, &[row], &["p".to_owned()]);
    assert!(risk(&[&named], named.name(), 5).is_none());
    assert_eq!(floored(named, &floor(5, Below::Refuse, &[])).map_or(99, |made| made.blanked), 0);
}

#[test]
fn dates_tell_people_apart_who_look_alike_and_the_order_of_rows_does_not() {
    // Two people with the same two rows each, the other way round; a third began another month.
    let row = |(index, (person, area, month)): (usize, (u32, &str, i8))| Row {
        person: Some(person),
        reference: Some(format!("r{index}")),
        postcode: Some(area.to_owned()),
        start: Some(date(2022, month, 1)),
        ..Row::default()
    };
    let rows = [
        (0, "SE15 1AA", 7),
        (0, "N1 1AA", 8),
        (1, "N1 1AB", 8),
        (1, "SE15 1AB", 7),
        (2, "SE15 1AD", 7),
        (2, "N1 1AD", 9),
    ];
    let rows: Vec<Row> = rows.into_iter().enumerate().map(row).collect();
    let ids: Vec<String> = (0..3).map(|index| format!("p{index}")).collect();
    let release = samples::release(&["person pseudonym", "postcode>area outward-postcode", "start>began month"]);
    let table = cleared(&release, &rows, &ids);
    let risk = risk(&[&table], table.name(), 2).expect("people have pseudonyms");
    assert_eq!(risk.classes, Classes { unique: 0, small: 0, smallest: 3, classes: 1 });
    assert_eq!(risk.with_events, Classes { unique: 1, small: 1, smallest: 1, classes: 2 });
}
