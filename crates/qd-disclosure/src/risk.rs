//! How closely the rows of an extract point at people, and what is done about those whom too few look like.

mod floor;

pub use floor::{Floored, floored};

use crate::table::{ClearedColumn, ClearedTable};
use arrow::array::AsArray;
use arrow::compute::cast;
use arrow::datatypes::DataType;
use qd_model::pipeline::FieldRelease;
use qd_model::{Class, FieldType};
use std::collections::{BTreeMap, BTreeSet};

/// The disclosure risk of an extract under pseudonyms. Whoever attacks it is taken to know that a person
/// is in it, and all that it says of that person in columns made of indirect identifiers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Risk {
    /// How many people it is about.
    pub people: u64,
    /// The columns by which people are told apart.
    pub known: Vec<String>,
    /// How many look alike by those.
    pub classes: Classes,
    /// The columns of dates, in all tables.
    pub events: Vec<String>,
    /// How many look alike if the sequence of their dates is known as well.
    pub with_events: Classes,
    /// What a class tells of its people's special fields.
    pub diversity: Vec<Diversity>,
    /// Whom suppression would hit: people of each value, and how many of them too few others look like.
    pub cost: Vec<Cost>,
}

/// How many people look alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Classes {
    /// People whom nobody else looks like.
    pub unique: u64,
    /// People in classes of fewer than are asked for.
    pub small: u64,
    /// People in the smallest class.
    pub smallest: u64,
    /// How many classes there are.
    pub classes: u64,
}

/// What looking alike tells of a special field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diversity {
    /// The column.
    pub column: String,
    /// The fewest values that a class of two or more has: 1 means that its people's value is known.
    pub least: u64,
    /// People in classes of two or more with one value.
    pub told: u64,
}

/// How a value would suffer from suppression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cost {
    /// The column.
    pub column: String,
    /// The value, as released.
    pub value: String,
    /// People with it.
    pub people: u64,
    /// Of them, those whom too few others look like.
    pub small: u64,
}

/// Codes of more values than this say too little each.
const MOST_VALUES: usize = 30;

/// The risk of an extract: all its tables, of which one has a row for each person. Nothing where people are
/// not told apart by a pseudonym. `alike` is how many should look alike.
pub fn risk(tables: &[&ClearedTable], people_table: &str, alike: u64) -> Option<Risk> {
    let people_rows = tables.iter().find(|table| table.name() == people_table)?;
    let person = person_of(people_rows)?;
    let columns: Vec<usize> = indirect(people_rows).filter(|index| !is_event(people_rows, *index)).collect();
    let looks = looks(people_rows, person, &columns);
    let mut sequences: BTreeMap<String, Vec<String>> = looks.clone().into_iter().collect();
    let mut events = Vec::new();
    for table in tables {
        let Some(person) = person_of(table) else { continue };
        let dates: Vec<usize> = indirect_or_dated(table).filter(|index| is_event(table, *index)).collect();
        events.extend(dates.iter().map(|index| format!("{}.{}", table.name(), table.columns()[*index].name)));
        for (person, rows) in self::looks(table, person, &dates) {
            if let Some(sequence) = sequences.get_mut(&person) {
                sequence.push(table.name().to_owned());
                sequence.extend(rows);
            }
        }
    }
    let sizes = sizes(&looks);
    let names = |columns: &[usize]| columns.iter().map(|index| people_rows.columns()[*index].name.clone()).collect();
    Some(Risk {
        people: looks.len() as u64,
        known: names(&columns),
        classes: classes(&looks, alike),
        events,
        with_events: classes(&sequences, alike),
        diversity: diversity(people_rows, person, &looks),
        cost: columns.iter().flat_map(|column| cost(people_rows, person, *column, &looks, &sizes, alike)).collect(),
    })
}

/// How many people are unique by some of a table's columns alone: those that another recipient gets too.
pub fn unique_by(table: &ClearedTable, columns: &[usize]) -> u64 {
    person_of(table).map_or(0, |person| classes(&looks(table, person, columns), 2).unique)
}

/// The column of the person's pseudonym.
fn person_of(table: &ClearedTable) -> Option<usize> {
    table.columns().iter().position(|column| column.is_pseudonym() && column.field == FieldRelease::PERSON)
}

/// Columns made of indirect identifiers.
fn indirect(table: &ClearedTable) -> impl Iterator<Item = usize> {
    let is_indirect = |column: &ClearedColumn| column.class == Class::Indirect && !column.is_pseudonym();
    table.columns().iter().enumerate().filter(move |(_, column)| is_indirect(column)).map(|(index, _)| index)
}

/// When something happened to a person tells them apart, whatever the class of the date.
fn indirect_or_dated(table: &ClearedTable) -> impl Iterator<Item = usize> {
    let indirect: BTreeSet<usize> = indirect(table).collect();
    (0..table.columns().len()).filter(move |index| indirect.contains(index) || is_event(table, *index))
}

/// Whether a column says when something happened.
fn is_event(table: &ClearedTable, index: usize) -> bool {
    let column = &table.columns()[index];
    let is_date = matches!(column.field_type, FieldType::Date | FieldType::Datetime | FieldType::Yearmonth);
    is_date || ["month", "quarter"].contains(&column.treatment.as_str())
}

/// The texts of a column, a blank for nothing.
fn texts(table: &ClearedTable, column: usize) -> Vec<String> {
    let texts = cast(table.batch().column(column), &DataType::Utf8View).expect("every released type has a text");
    texts.as_string_view().iter().map(|text| text.unwrap_or_default().to_owned()).collect()
}

/// What some columns say of each person: one text for each row, in order of the texts.
fn looks(table: &ClearedTable, person: usize, columns: &[usize]) -> BTreeMap<String, Vec<String>> {
    let people = texts(table, person);
    let columns: Vec<Vec<String>> = columns.iter().map(|column| texts(table, *column)).collect();
    let mut looks: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (row, person) in people.into_iter().enumerate().filter(|(_, person)| !person.is_empty()) {
        let cells: Vec<&str> = columns.iter().map(|column| column[row].as_str()).collect();
        looks.entry(person).or_default().push(cells.join("\u{1f}"));
    }
    for rows in looks.values_mut() {
        rows.sort();
    }
    looks
}

/// How many people there are of each look.
fn sizes(looks: &BTreeMap<String, Vec<String>>) -> BTreeMap<&[String], u64> {
    let mut sizes: BTreeMap<&[String], u64> = BTreeMap::new();
    for look in looks.values() {
        *sizes.entry(look).or_default() += 1;
    }
    sizes
}

fn classes(looks: &BTreeMap<String, Vec<String>>, alike: u64) -> Classes {
    let sizes = sizes(looks);
    Classes {
        unique: sizes.values().filter(|size| **size == 1).count() as u64,
        small: sizes.values().filter(|size| **size < alike).sum(),
        smallest: sizes.values().copied().min().unwrap_or_default(),
        classes: sizes.len() as u64,
    }
}

fn diversity(table: &ClearedTable, person: usize, looks: &BTreeMap<String, Vec<String>>) -> Vec<Diversity> {
    let special = table.columns().iter().enumerate().filter(|(_, column)| column.class == Class::Special);
    special
        .map(|(index, column)| {
            let mut classes: BTreeMap<&[String], (BTreeSet<Vec<String>>, u64)> = BTreeMap::new();
            for (person, values) in self::looks(table, person, &[index]) {
                if let Some(look) = looks.get(&person) {
                    let class = classes.entry(look).or_default();
                    class.0.insert(values);
                    class.1 += 1;
                }
            }
            let several = || classes.values().filter(|(_, people)| *people > 1);
            Diversity {
                column: column.name.clone(),
                least: several().map(|(values, _)| values.len() as u64).min().unwrap_or_default(),
                told: several().filter(|(values, _)| values.len() == 1).map(|(_, people)| people).sum(),
            }
        })
        .collect()
}

fn cost(
    table: &ClearedTable,
    person: usize,
    column: usize,
    looks: &BTreeMap<String, Vec<String>>,
    sizes: &BTreeMap<&[String], u64>,
    alike: u64,
) -> Vec<Cost> {
    let mut values: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for (person, rows) in self::looks(table, person, &[column]) {
        let is_small = looks.get(&person).is_some_and(|look| sizes[look.as_slice()] < alike);
        let value = values.entry(rows[0].clone()).or_default();
        *value = (value.0 + 1, value.1 + u64::from(is_small));
    }
    if values.len() > MOST_VALUES {
        return Vec::new();
    }
    let name = &table.columns()[column].name;
    let cost = |(value, (people, small))| Cost { column: name.clone(), value, people, small };
    values.into_iter().map(cost).collect()
}

#[cfg(test)]
mod tests;
