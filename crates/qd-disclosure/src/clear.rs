//! Rows through a recipient's profile: the only way from what partners sent to what leaves.

mod companions;

use crate::keys::DomainKey;
use crate::lookups::Lookups;
use crate::profile;
use crate::table::{ClearedColumn, ClearedTable, batch, schema_of};
use crate::treatments::{Asked, Cells, Treatment};
use arrow::array::{RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, SchemaRef};
use jiff::civil::Date;
use qd_model::Schema;
use qd_model::pipeline::TableRelease;
use qd_table::{Typed, arrow_type};
use rayon::prelude::*;

/// What decides how a table's rows leave for one recipient.
#[derive(Clone, Copy)]
pub struct Clearance<'a> {
    /// The table's schema.
    pub schema: &'a Schema,
    /// What the recipient's profile says of the table.
    pub release: &'a TableRelease,
    /// The recipient's own key ([`crate::Key::for_recipient`]).
    pub key: &'a DomainKey,
    /// First and last day of the period that the return is made for.
    pub period: (Date, Date),
    /// The tables that values are looked up in.
    pub lookups: &'a Lookups,
    /// Whether columns say beside them why a value is not there.
    pub reasons: Reasons,
}

/// Whether columns of a release say beside them why a value is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reasons {
    /// They do not.
    #[default]
    Left,
    /// Each column that can be blank has a companion, `<name>_missing`.
    Beside,
}

/// Rows of one partner and period.
pub struct Rows<'a> {
    /// The partner's code.
    pub partner: &'a str,
    /// The period's label.
    pub period: &'a str,
    /// The rows, with the person of each.
    pub typed: &'a Typed,
    /// The keyed digest of each row's record, where it is known.
    pub records: Option<&'a StringArray>,
}

/// What may leave of the rows. `people` has the lead's person id of each person that the rows count
/// into. A field that the profile does not name, or that it has a mistake about
/// ([`crate::mistakes`]), is not in the result. Rows with a pseudonym are ordered by it, and then by
/// all else that is released, so that their order tells nothing; others keep the order given.
pub fn clear(clearance: &Clearance<'_>, rows: &[Rows<'_>], people: &[String]) -> ClearedTable {
    let clearing = Clearing::new(clearance);
    clearing.table(rows.par_iter().map(|rows| clearing.part(rows, people)).collect())
}

/// A recipient's profile made ready for rows that come part by part.
pub struct Clearing<'a> {
    clearance: Clearance<'a>,
    released: Vec<(Asked<'a>, &'static dyn Treatment)>,
    columns: Vec<ClearedColumn>,
    schema: SchemaRef,
}

/// Rows that went through a profile, and stand in the order of their source still: they leave only as
/// part of a table ([`Clearing::table`]).
pub struct ClearedPart(RecordBatch);

impl<'a> Clearing<'a> {
    /// Makes a profile ready.
    pub fn new(clearance: &Clearance<'a>) -> Self {
        let released = profile::released(clearance.release, clearance.schema, clearance.lookups);
        let (mut columns, mut fields) = (Vec::new(), Vec::new());
        let mut add = |column: ClearedColumn, data_type: DataType| {
            fields.push(Field::new(&column.name, data_type, true));
            columns.push(column);
        };
        for (asked, treatment) in &released {
            let column = profile::column(asked, *treatment);
            let companion = has_companion(clearance, asked, *treatment).then(|| companions::column(&column));
            let data_type = arrow_type(column.field_type);
            add(column, data_type);
            if let Some(companion) = companion {
                add(companion, DataType::Utf8View);
            }
        }
        Self { clearance: *clearance, released, columns, schema: schema_of(fields) }
    }

    /// What each column will be.
    pub fn columns(&self) -> &[ClearedColumn] {
        &self.columns
    }

    /// Some rows through the profile, for [`Clearing::table`].
    pub fn part(&self, rows: &Rows<'_>, people: &[String]) -> ClearedPart {
        let cells = Cells {
            typed: rows.typed,
            partner: rows.partner,
            period: rows.period,
            records: rows.records,
            people,
            key: self.clearance.key,
            days: self.clearance.period,
        };
        let arrays = self.released.iter().flat_map(|(asked, treatment)| {
            let values = treatment.apply(asked, &cells);
            let companion = has_companion(&self.clearance, asked, *treatment)
                .then(|| companions::reasons(asked, std::slice::from_ref(&cells), &values));
            std::iter::once(values).chain(companion)
        });
        ClearedPart(batch(self.schema.clone(), arrays.collect(), rows.typed.len()))
    }

    /// Parts together, of which the order tells nothing any more where they have a pseudonym.
    pub fn table(&self, parts: Vec<ClearedPart>) -> ClearedTable {
        let mut parts: Vec<RecordBatch> = parts.into_iter().map(|part| part.0).collect();
        if parts.is_empty() {
            parts.push(RecordBatch::new_empty(self.schema.clone()));
        }
        ClearedTable::of_parts(&self.clearance.release.table, self.columns.clone(), parts).without_source_order()
    }
}

impl ClearedPart {
    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.0.num_rows()
    }

    /// The first rows, and all others.
    pub fn split(self, rows: usize) -> (Self, Self) {
        let rows = rows.min(self.rows());
        (Self(self.0.slice(0, rows)), Self(self.0.slice(rows, self.rows() - rows)))
    }
}

fn has_companion(clearance: &Clearance<'_>, asked: &Asked<'_>, treatment: &dyn Treatment) -> bool {
    clearance.reasons == Reasons::Beside && companions::has_one(asked, treatment)
}

#[cfg(test)]
mod tests;
