//! `quarter`: a date as its calendar quarter, "2022-Q3".

use super::{Asked, Cells, Released, Treatment, labels, only_for};
use arrow::array::ArrayRef;
use arrow::compute::DatePart;
use qd_model::{FieldType, Mistake};
use std::fmt::Write;

/// The quarter of the calendar year, whatever the programme's own periods are.
pub(super) struct Quarter;

impl Treatment for Quarter {
    fn name(&self) -> &'static str {
        "quarter"
    }

    fn mistakes(&self, asked: &Asked<'_>) -> Vec<Mistake> {
        let types = [FieldType::Date, FieldType::Datetime, FieldType::Yearmonth];
        only_for(asked, &types, self.name(), "dates").into_iter().collect()
    }

    fn released(&self, asked: &Asked<'_>) -> Released {
        Released::new(format!("{} (quarter)", asked.subject.label()), FieldType::String)
    }

    fn apply(&self, asked: &Asked<'_>, cells: &Cells<'_>) -> ArrayRef {
        labels_of(&cells.values(asked.subject))
    }
}

/// The label of each date.
pub(super) fn labels_of(dates: &ArrayRef) -> ArrayRef {
    labels(dates, DatePart::Quarter, |year, quarter, label| {
        write!(label, "{year:04}-Q{quarter}").expect("a text can always grow");
    })
}
