//! A two-way table on its way out: a column for each category across, and what a reader must know of it.

use super::{CountCell, counts};
use crate::indicators::{Group, Periods, Shape, Sheet};
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
    notes.extend(of_overlaps(&sheet.groups[..2]));
    notes
}

/// What a reader must know of the table's two breakdowns where their categories overlap. A table is of people:
/// its cells hold whoever is in both categories, so that each lies within its margins, and a person whose
/// records name them one by one is among them. Whoever reads it must not take it for a table of records.
fn of_overlaps(by: &[Group]) -> Vec<String> {
    let overlapping: Vec<&Group> = by.iter().filter(|group| group.dimension == Dimension::Overlapping).collect();
    let several = |group: &&Group| {
        format!("{}: a person is counted in each that applies, so that they may add up to more than all.", group.label)
    };
    let mut notes: Vec<String> = overlapping.iter().map(several).collect();
    if let [down, across] = overlapping[..] {
        notes.push(format!(
            "A cell counts the people who are in both of its categories, also where one record names that of {} and \
             another that of {}.",
            down.label, across.label
        ));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_is_told_that_cells_count_people_and_not_records() {
        let by = |label: &str, dimension| Group { label: label.to_owned(), total: 0, parts: vec![1, 2], dimension };
        let overlapping = || by("Course", Dimension::Overlapping);
        assert!(of_overlaps(&[by("Sex", Dimension::Additive), by("Area", Dimension::Additive)]).is_empty());
        assert_eq!(of_overlaps(&[overlapping(), by("Sex", Dimension::Additive)]).len(), 1);
        let both = of_overlaps(&[overlapping(), by("Result", Dimension::Overlapping)]);
        assert_eq!(
            both[2],
            "A cell counts the people who are in both of its categories, also where one record names that of Course \
             and another that of Result."
        );
    }
}
