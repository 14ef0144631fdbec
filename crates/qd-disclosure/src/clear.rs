//! Rows through a recipient's profile: the only way from what partners sent to what leaves.

mod companions;

use crate::keys::DomainKey;
use crate::lookups::Lookups;
use crate::profile;
use crate::table::{ClearedTable, batch};
use crate::treatments::Cells;
use arrow::array::{Array, ArrayRef, new_empty_array};
use arrow::datatypes::{DataType, Field};
use jiff::civil::Date;
use qd_model::Schema;
use qd_model::pipeline::TableRelease;
use qd_table::{Typed, arrow_type};

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
    let (mut columns, mut fields, mut arrays) = (Vec::new(), Vec::new(), Vec::new());
    for (asked, treatment) in &released {
        let column = profile::column(asked, *treatment);
        let data_type = arrow_type(column.field_type);
        let parts: Vec<ArrayRef> = cells.iter().map(|cells| treatment.apply(asked, cells)).collect();
        let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
        arrays.push(match parts.as_slice() {
            [] => new_empty_array(&data_type),
            parts => arrow::compute::concat(parts).expect("a treatment always gives one type"),
        });
        let companion = (clearance.reasons == Reasons::Beside && companions::has_one(asked, *treatment)).then(|| {
            let released = arrays.last().expect("it was pushed just now");
            (companions::column(&column), companions::reasons(asked, &cells, released))
        });
        fields.push(Field::new(&column.name, data_type, true));
        columns.push(column);
        if let Some((column, array)) = companion {
            fields.push(Field::new(&column.name, DataType::Utf8View, true));
            arrays.push(array);
            columns.push(column);
        }
    }
    let count = rows.iter().map(|rows| rows.typed.len()).sum();
    ClearedTable::new(&clearance.release.table, columns, batch(fields, arrays, count)).without_source_order()
}

#[cfg(test)]
mod tests;
