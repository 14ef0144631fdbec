//! Foreign keys: rows that refer to a row of another table, or of their own.

use crate::checker::{Faults, Settings};
use crate::checks::{Check, ForeignKey as ForeignKeyCheck};
use crate::digest;
use crate::keys::sort;
use arrow::array::{Array, ArrayRef};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use qd_model::schema::ForeignKey;
use qd_model::{Fault, Schema};
use qd_table::{Shape, Typed};
use rayon::prelude::*;

/// The spreadsheet rows of `rows` whose reference is found in none of `referred`, which are tables
/// of the same submission, or of all, as the key's scope says. A reference with a null part passes,
/// as SQL has it; so does one with a part that could not be read, which has its finding already.
pub fn foreign_key(
    schema: &Schema,
    key: &ForeignKey,
    rows: &[Typed],
    referred_schema: &Schema,
    referred: &[&Typed],
) -> Vec<u32> {
    let theirs: Option<Vec<usize>> = key.reference_fields.iter().map(|name| referred_schema.index_of(name)).collect();
    let Some(theirs) = theirs else { return Vec::new() };
    let meeting = key.fields.iter().zip(&theirs).map(|(ours, theirs)| {
        let ours = qd_table::arrow_type(schema.fields[*ours].field_type);
        let theirs = qd_table::arrow_type(referred_schema.fields[*theirs].field_type);
        // Two types that differ meet as text: a whole number may refer to a code.
        if ours == theirs { ours } else { DataType::Utf8View }
    });
    let meeting: Vec<DataType> = meeting.collect();
    let known: Vec<Vec<ArrayRef>> = referred.par_iter().map(|typed| columns(typed, &theirs, &meeting)).collect();
    let mut entries: Vec<(u64, u32, u32)> = Vec::new();
    for (at, columns) in known.iter().enumerate() {
        let (digests, nulls) = digest::of_rows(columns, referred[at].len());
        let is_whole = |index: usize| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(index));
        let whole = digests.iter().enumerate().filter(|(index, _)| is_whole(*index));
        entries.extend(whole.map(|(index, digest)| (*digest, at as u32, index as u32)));
    }
    sort(&mut entries);
    let lost = rows.par_iter().map(|typed| {
        let columns = columns(typed, &key.fields, &meeting);
        let (digests, nulls) = digest::of_rows(&columns, typed.len());
        let is_lost = |index: &usize| {
            if nulls.as_ref().is_some_and(|nulls| nulls.is_null(*index)) {
                return false;
            }
            let digest = digests[*index];
            let from = entries.partition_point(|entry| entry.0 < digest);
            let mut alike = entries[from..].iter().take_while(|entry| entry.0 == digest);
            !alike.any(|entry| digest::same(&columns, *index, &known[entry.1 as usize], entry.2 as usize))
        };
        (0..typed.len()).filter(is_lost).map(|index| typed.rows.value(index)).collect::<Vec<u32>>()
    });
    lost.collect::<Vec<_>>().concat()
}

fn columns(typed: &Typed, fields: &[usize], meeting: &[DataType]) -> Vec<ArrayRef> {
    let column = |(field, data_type): (&usize, &DataType)| {
        let column = typed.column(*field);
        if column.data_type() == data_type {
            return column.clone();
        }
        cast(column, data_type).expect("every type of a field can be written as text")
    };
    fields.iter().zip(meeting).map(column).collect()
}

/// The fault that the rows of [`foreign_key`] have.
pub fn foreign_key_fault(schema: &Schema, key: &ForeignKey, shape: &Shape, settings: &Settings<'_>) -> Fault {
    let mut faults = Faults::new(schema, shape, settings);
    let index = faults.of_fields(&ForeignKeyCheck, &key.fields, ForeignKeyCheck.code());
    faults.list.swap_remove(index as usize)
}
