//! How closely the rows of an extract point at people, and what is done about those whom too few look like.

mod alike;
mod floor;

pub use floor::{Floored, floored};

use crate::table::{ClearedColumn, ClearedTable};
use alike::{Alike, Looks, People, texts};
use qd_model::pipeline::FieldRelease;
use qd_model::{Class, FieldType};
use std::collections::BTreeSet;

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
    let pseudonyms = texts(people_rows, person);
    let people = People::of(&pseudonyms);
    let mut looks = Looks::default();
    let mut sequences = looked(&people, people_rows, &columns, &mut looks);
    let by_columns = Alike::of(&sequences);
    let mut events = Vec::new();
    for table in tables {
        let Some(person) = person_of(table) else { continue };
        let dates: Vec<usize> = indirect_or_dated(table).filter(|index| is_event(table, *index)).collect();
        events.extend(dates.iter().map(|index| format!("{}.{}", table.name(), table.columns()[*index].name)));
        let of_rows = people.of_rows(table, person);
        People::learn((table, &of_rows), &dates, &mut looks, &mut sequences);
    }
    let names = |columns: &[usize]| columns.iter().map(|index| people_rows.columns()[*index].name.clone()).collect();
    let told = Told { people: &people, table: people_rows, by_columns: &by_columns };
    Some(Risk {
        people: people.len() as u64,
        known: names(&columns),
        classes: classes(&by_columns, alike),
        events,
        with_events: classes(&Alike::of(&sequences), alike),
        diversity: told.diversity(),
        cost: columns.iter().flat_map(|column| told.cost(*column, alike)).collect(),
    })
}

/// How many people are unique by some of a table's columns alone: those that another recipient gets too.
pub fn unique_by(table: &ClearedTable, columns: &[usize]) -> u64 {
    let Some(person) = person_of(table) else { return 0 };
    let pseudonyms = texts(table, person);
    let people = People::of(&pseudonyms);
    classes(&Alike::of(&looked(&people, table, columns, &mut Looks::default())), 2).unique
}

/// What some columns of the people's own table say of each, as a number that is the same where they say
/// the same.
fn looked(people: &People<'_>, table: &ClearedTable, columns: &[usize], looks: &mut Looks) -> Vec<u32> {
    let mut known = vec![looks.begin(); people.len()];
    People::learn((table, &people.rows), columns, looks, &mut known);
    known
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

fn classes(alike: &Alike, enough: u64) -> Classes {
    let sizes = &alike.sizes;
    Classes {
        unique: sizes.iter().filter(|size| **size == 1).count() as u64,
        small: sizes.iter().filter(|size| **size < enough).sum(),
        smallest: sizes.iter().copied().min().unwrap_or_default(),
        classes: sizes.len() as u64,
    }
}

/// What a table of people tells of those who look alike.
struct Told<'a> {
    people: &'a People<'a>,
    table: &'a ClearedTable,
    by_columns: &'a Alike,
}

impl Told<'_> {
    fn diversity(&self) -> Vec<Diversity> {
        let columns = self.table.columns().iter().enumerate();
        let special = columns.filter(|(_, column)| column.class == Class::Special);
        special
            .map(|(index, column)| {
                let values = looked(self.people, self.table, &[index], &mut Looks::default());
                let mut told: Vec<(u32, u32)> = self.by_columns.class.iter().copied().zip(values).collect();
                told.sort_unstable();
                told.dedup();
                // How many values each class has; only those of two people or more tell of anybody.
                let mut values: Vec<(u64, u64)> = Vec::new();
                for of_class in told.chunk_by(|one, other| one.0 == other.0) {
                    values.push((self.by_columns.sizes[of_class[0].0 as usize], of_class.len() as u64));
                }
                let several = || values.iter().filter(|(people, _)| *people > 1);
                Diversity {
                    column: column.name.clone(),
                    least: several().map(|(_, values)| *values).min().unwrap_or_default(),
                    told: several().filter(|(_, values)| *values == 1).map(|(people, _)| people).sum(),
                }
            })
            .collect()
    }

    /// By each person's first value, in order of the values.
    fn cost(&self, column: usize, enough: u64) -> Vec<Cost> {
        let texts = texts(self.table, column);
        let mut known: BTreeSet<&str> = BTreeSet::new();
        for text in &texts {
            known.insert(text.unwrap_or_default());
            if known.len() > MOST_VALUES {
                return Vec::new();
            }
        }
        let names: Vec<&str> = known.into_iter().collect();
        let place = |text: Option<&str>| names.binary_search(&text.unwrap_or_default()).expect("it is one of them");
        let mut first = vec![usize::MAX; self.people.len()];
        for (person, value) in self.people.rows.iter().zip(&texts).filter(|(person, _)| **person > 0) {
            let person = *person as usize - 1;
            first[person] = first[person].min(place(value));
        }
        let mut costs = vec![(0, 0); names.len()];
        for (person, value) in first.into_iter().enumerate() {
            let is_small = self.by_columns.size_of(person) < enough;
            costs[value] = (costs[value].0 + 1, costs[value].1 + u64::from(is_small));
        }
        let name = &self.table.columns()[column].name;
        let costs = names.into_iter().zip(costs).filter(|(_, (people, _))| *people > 0);
        costs
            .map(|(value, (people, small))| Cost { column: name.clone(), value: value.to_owned(), people, small })
            .collect()
    }
}

#[cfg(test)]
mod tests;
