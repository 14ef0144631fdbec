//! A two-way table on its way out: a column for each category across, and what a reader must know of it.

use super::{CountCell, counts};
use crate::indicators::{Periods, Shape, Sheet};
use qd_disclosure::{CountColumn, CountValues};
use qd_model::pipeline::{Dimension, Span};

/// The columns of the table. The margin below stands out as a headline does.
pub(super) fn columns(shape: &Shape, count: &dyn Fn(usize) -> CountCell) -> Vec<CountColumn> {
    let column = |name: String, title: &str, values| CountColumn { name, title: title.to_owned(), values };
    let levels = (1..=shape.rows.len()).map(|row| Some(u64::from(row < shape.rows.len()))).collect();
    let labels = shape.rows.iter().map(|(label, _)| Some(label.clone())).collect();
    let mut columns = vec![
        column("level".to_owned(), "Level", CountValues::Numbers(levels)),
        column("label".to_owned(), &shape.by[0], CountValues::Words(labels)),
    ];
    for (index, title) in shape.columns.iter().enumerate() {
        let cells = shape.rows.iter().map(|(_, lines)| super::Cells::of_count(count(lines[index])));
        columns.push(column(format!("column_{}", index + 1), title, counts(cells.collect())));
    }
    columns
}

/// What a reader must know of a table: over what it counts, and which of its categories overlap.
pub(super) fn notes(sheet: &Sheet, periods: &Periods<'_>) -> Vec<String> {
    let Some(shape) = &sheet.shape else { return Vec::new() };
    let over = match shape.span {
        Span::Period => format!("in the period {}", periods.period),
        Span::Project => format!("in the project up to {}", qd_model::words::date(periods.period.to)),
    };
    let [down, across] = &shape.by;
    let mut notes = vec![format!("Distinct people {over}. Down: {down}; across: {across}.")];
    let overlapping = sheet.groups.iter().take(2).filter(|group| group.dimension == Dimension::Overlapping);
    notes.extend(overlapping.map(|group| {
        format!("{}: a person is counted in each that applies, so that they may add up to more than all.", group.label)
    }));
    notes
}
