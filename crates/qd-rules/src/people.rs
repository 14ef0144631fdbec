//! Counts of people, who may have several rows: a person counts once.

use crate::{Constants, Expression};
use arrow::array::Array;
use qd_model::Schema;
use qd_table::Typed;

/// The distinct people (ascending) of the rows for which the filter is true, or of all rows without
/// a filter. Rows that belong to nobody, and rows that have not been linked, count for nobody.
pub fn people_of(schema: &Schema, typed: &Typed, filter: Option<&Expression>, constants: &Constants) -> Vec<u32> {
    let Some(person) = &typed.person else { return Vec::new() };
    let counted = filter.map(|filter| filter.filter(schema, typed, constants));
    let mut people: Vec<u32> = (0..typed.len())
        .filter(|row| counted.as_ref().is_none_or(|counted| counted.value(*row)))
        .filter(|row| person.is_valid(*row))
        .map(|row| person.value(row))
        .collect();
    people.sort_unstable();
    people.dedup();
    people
}
