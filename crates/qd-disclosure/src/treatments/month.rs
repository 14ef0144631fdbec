//! `month`: a date as its month, "2022-07".

use super::{Asked, Cells, Released, Treatment, labels, only_for};
use arrow::array::ArrayRef;
use arrow::compute::DatePart;
use qd_model::{FieldType, Mistake};
use std::fmt::Write;

/// The calendar month.
pub(super) struct Month;

impl Treatment for Month {
    fn name(&self) -> &'static str {
        "month"
    }

    fn mistakes(&self, asked: &Asked<'_>) -> Vec<Mistake> {
        let types = [FieldType::Date, FieldType::Datetime, FieldType::Yearmonth];
        only_for(asked, &types, self.name(), "dates").into_iter().collect()
    }

    fn released(&self, asked: &Asked<'_>) -> Released {
        Released::new(format!("{} (month)", asked.subject.label()), FieldType::String)
    }

    fn apply(&self, asked: &Asked<'_>, cells: &Cells<'_>) -> ArrayRef {
        labels_of(&cells.values(asked.subject))
    }
}

/// The label of each date.
pub(super) fn labels_of(dates: &ArrayRef) -> ArrayRef {
    labels(dates, DatePart::Month, |year, month, label| {
        write!(label, "{year:04}-{month:02}").expect("a text can always grow");
    })
}
