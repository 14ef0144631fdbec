//! `year`: a date as its year.

use super::{Asked, Cells, Released, Treatment, only_for, part};
use arrow::array::ArrayRef;
use arrow::compute::DatePart;
use qd_model::{FieldType, Mistake};
use std::sync::Arc;

/// The calendar year.
pub(super) struct Year;

impl Treatment for Year {
    fn name(&self) -> &'static str {
        "year"
    }

    fn mistakes(&self, asked: &Asked<'_>) -> Vec<Mistake> {
        let types = [FieldType::Date, FieldType::Datetime, FieldType::Yearmonth, FieldType::Year];
        only_for(asked, &types, self.name(), "dates").into_iter().collect()
    }

    fn released(&self, asked: &Asked<'_>) -> Released {
        Released::new(format!("{} (year)", asked.subject.label()), FieldType::Year)
    }

    fn apply(&self, asked: &Asked<'_>, cells: &Cells<'_>) -> ArrayRef {
        Arc::new(part(&cells.values(asked.subject), DatePart::Year))
    }
}
