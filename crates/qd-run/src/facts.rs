//! What is known of each accepted row besides its values: which record it is, and in which period what
//! it tells happened.

use crate::load::{Loaded, LoadedTable};
use crate::people::cell_text;
use arrow::array::{Array, BooleanArray, Date32Array, StringArray};
use qd_disclosure::DomainKey;
use qd_model::Period;
use qd_model::period;
use qd_table::Typed;
use std::collections::HashSet;

/// What is known of each row of a part.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    /// The keyed digest of the record: of its key, or of the whole row where the schema names no key.
    pub(crate) record: StringArray,
    /// The label of the period in which it happened; absent where that is before the first one.
    pub(crate) occurred_in: StringArray,
    /// Whether it tells of an earlier period and was not known then.
    pub(crate) is_late: BooleanArray,
}

impl Facts {
    /// The facts of the rows for which `keep` is true.
    pub(crate) fn filter(&self, keep: &BooleanArray) -> Self {
        let take = |array: &dyn Array| arrow::compute::filter(array, keep).expect("the mask is as long as the rows");
        let text = |array: &StringArray| {
            take(array).as_any().downcast_ref::<StringArray>().expect("filtering keeps the type").clone()
        };
        let late = take(&self.is_late);
        Self {
            record: text(&self.record),
            occurred_in: text(&self.occurred_in),
            is_late: late.as_any().downcast_ref::<BooleanArray>().expect("filtering keeps the type").clone(),
        }
    }
}

/// The keyed digest of each row's record. A row whose key is blank has none.
pub(crate) fn records(table: &LoadedTable, partner: &str, typed: &Typed, lead: &DomainKey) -> StringArray {
    let schema = &table.schema;
    let fields: Vec<usize> =
        if schema.record_key.is_empty() { (0..schema.fields.len()).collect() } else { schema.record_key.clone() };
    let mut cells: Vec<String> = Vec::with_capacity(fields.len());
    let digest = |row: usize| {
        cells.clear();
        cells.extend(fields.iter().map(|field| cell_text(typed, *field, row)));
        if cells.iter().all(String::is_empty) {
            return None;
        }
        let mut parts: Vec<&str> = vec![partner, &table.name];
        parts.extend(cells.iter().map(String::as_str));
        Some(lead.pseudonym("record", &parts))
    };
    (0..typed.len()).map(digest).collect()
}

/// Tells rows about earlier periods from those about the period itself.
pub(crate) struct Calendar<'a> {
    loaded: &'a Loaded,
    period: &'a Period,
    /// Records that earlier periods had.
    known: &'a HashSet<String>,
}

impl<'a> Calendar<'a> {
    pub(crate) fn new(loaded: &'a Loaded, period: &'a Period, known: &'a HashSet<String>) -> Self {
        Self { loaded, period, known }
    }

    /// The facts of a table's rows. A row happened in the period if one of the table's dates lies in
    /// it, else in the period of the latest date before.
    pub(crate) fn facts(&self, table: usize, typed: &Typed, record: StringArray) -> Facts {
        let schema = &self.loaded.tables[table].schema;
        let names = &self.loaded.pipeline.tables[table].period_fields;
        let columns: Vec<&Date32Array> = names
            .iter()
            .filter_map(|name| schema.index_of(name))
            .filter_map(|field| typed.column(field).as_any().downcast_ref())
            .collect();
        let (from, to) = (period::days(self.period.from), period::days(self.period.to));
        let mut earlier: Vec<&Period> = self
            .loaded
            .pipeline
            .whole_periods()
            .filter(|other| other.kind == self.period.kind && other.to < self.period.from)
            .collect();
        earlier.sort_by_key(|period| period.from);
        let (mut occurred, mut late) = (Vec::with_capacity(typed.len()), Vec::with_capacity(typed.len()));
        for row in 0..typed.len() {
            let days = || columns.iter().filter(|column| column.is_valid(row)).map(|column| column.value(row));
            let before =
                if days().any(|day| from <= day && day <= to) { None } else { days().filter(|day| *day < from).max() };
            let Some(day) = before else {
                occurred.push(Some(self.period.label.as_str()));
                late.push(false);
                continue;
            };
            let period =
                earlier.iter().find(|period| period::days(period.to) >= day && period::days(period.from) <= day);
            occurred.push(period.map(|period| period.label.as_str()));
            let is_known = record.is_valid(row) && self.known.contains(record.value(row));
            late.push(period.is_some() && !is_known);
        }
        Facts { record, occurred_in: occurred.into_iter().collect(), is_late: late.into() }
    }
}
