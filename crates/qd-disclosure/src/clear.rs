//! Rows through a recipient's profile: the only way from what partners sent to what leaves.

mod companions;

use crate::keys::DomainKey;
use crate::lookups::Lookups;
use crate::profile;
use crate::table::{ClearedColumn, ClearedTable, batch};
use crate::treatments::{Asked, Cells, Treatment};
use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema as ArrowSchema};
use jiff::civil::Date;
use qd_model::Schema;
use qd_model::pipeline::TableRelease;
use qd_table::{Typed, arrow_type};
use rayon::prelude::*;
use std::sync::Arc;

/// What decides how a table's rows leave for one recipient.
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
}

/// What may leave of the rows. `people` has the lead's person id of each person that the rows count
/// into. A field that the profile does not name, or that it has a mistake about
/// ([`crate::mistakes`]), is not in the result. Rows with a pseudonym are ordered by it, and then by
/// all else that is released, so that their order tells nothing; others keep the order given.
pub fn clear(clearance: &Clearance<'_>, rows: &[Rows<'_>], people: &[String]) -> ClearedTable {
    let released = profile::released(clearance.release, clearance.schema, clearance.lookups);
    let cells: Vec<Cells<'_>> = rows
        .iter()
        .map(|rows| Cells {
            typed: rows.typed,
            partner: rows.partner,
            period: rows.period,
            people,
            key: clearance.key,
            days: clearance.period,
        })
        .collect();
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
    let treat = |cells: &Cells<'_>| {
        let arrays = released.par_iter().flat_map_iter(|(asked, treatment)| {
            let values = treatment.apply(asked, cells);
            let companion = has_companion(clearance, asked, *treatment)
                .then(|| companions::reasons(asked, std::slice::from_ref(cells), &values));
            std::iter::once(values).chain(companion)
        });
        batch(fields.clone(), arrays.collect(), cells.typed.len())
    };
    let mut parts: Vec<RecordBatch> = cells.par_iter().map(treat).collect();
    if parts.is_empty() {
        parts.push(RecordBatch::new_empty(Arc::new(ArrowSchema::new(fields.clone()))));
    }
    ClearedTable::of_parts(&clearance.release.table, columns, parts).without_source_order()
}

fn has_companion(clearance: &Clearance<'_>, asked: &Asked<'_>, treatment: &dyn Treatment) -> bool {
    clearance.reasons == Reasons::Beside && companions::has_one(asked, treatment)
}

#[cfg(test)]
mod tests;
