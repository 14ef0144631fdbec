//! `flag`: whether there is a value, and nothing of what it is.

use super::{Asked, Cells, Released, Treatment, given};
use arrow::array::ArrayRef;
use qd_model::{FieldType, Mistake};
use std::sync::Arc;

/// True where there is a value, false where there is none.
pub(super) struct Flag;

impl Treatment for Flag {
    fn name(&self) -> &'static str {
        "flag"
    }

    fn mistakes(&self, _asked: &Asked<'_>) -> Vec<Mistake> {
        Vec::new()
    }

    fn released(&self, asked: &Asked<'_>) -> Released {
        Released::new(format!("{} (whether given)", asked.subject.label()), FieldType::Boolean)
    }

    fn apply(&self, asked: &Asked<'_>, cells: &Cells<'_>) -> ArrayRef {
        Arc::new(given(&cells.values(asked.subject)))
    }
}
