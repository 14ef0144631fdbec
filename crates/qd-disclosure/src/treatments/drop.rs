//! `drop`: not released, said out loud.

use super::{Asked, Cells, Released, Treatment};
use arrow::array::{ArrayRef, new_null_array};
use arrow::datatypes::DataType;
use qd_model::{FieldType, Mistake};

/// No column. A field that the profile does not name is not released either; this says that it was
/// thought of.
pub(super) struct Drop;

impl Treatment for Drop {
    fn name(&self) -> &'static str {
        "drop"
    }

    fn releases(&self) -> bool {
        false
    }

    fn mistakes(&self, _asked: &Asked<'_>) -> Vec<Mistake> {
        Vec::new()
    }

    fn released(&self, asked: &Asked<'_>) -> Released {
        Released::new(asked.subject.label(), FieldType::String)
    }

    fn apply(&self, _asked: &Asked<'_>, cells: &Cells<'_>) -> ArrayRef {
        new_null_array(&DataType::Utf8View, cells.typed.len())
    }
}
