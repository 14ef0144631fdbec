//! `code-only`: the code of a listed answer, and nothing that was typed instead of one.

use super::{Asked, Cells, Released, Treatment, identified};
use arrow::array::{ArrayRef, AsArray, StringViewArray};
use arrow::datatypes::DataType;
use qd_model::{FieldType, Mistake};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A value that stands in the field's code list leaves as its code; any other text stays behind, for
/// example where a pipeline makes a note of what is not listed.
pub(super) struct CodeOnly;

impl Treatment for CodeOnly {
    fn name(&self) -> &'static str {
        "code-only"
    }

    fn mistakes(&self, asked: &Asked<'_>) -> Vec<Mistake> {
        let is_listed = asked.subject.field().is_some_and(|field| !field.categories.is_empty());
        if is_listed && asked.subject.field_type() == FieldType::String {
            return identified::without_reason(asked).into_iter().collect();
        }
        let what = format!("`code-only` is for text with a code list, and `{}` has none", asked.release.field);
        vec![Mistake::new(&asked.release.at, what).hint("give the field `categories` in its schema")]
    }

    fn released(&self, asked: &Asked<'_>) -> Released {
        let categories = asked.subject.field().map_or(Vec::new(), |field| field.categories.clone());
        Released { categories, ..Released::new(asked.subject.label(), FieldType::String) }
    }

    fn apply(&self, asked: &Asked<'_>, cells: &Cells<'_>) -> ArrayRef {
        let Some(field) = asked.subject.field() else {
            return arrow::array::new_null_array(&DataType::Utf8View, cells.typed.len());
        };
        let codes: BTreeSet<&str> = field.categories.iter().map(|category| category.value.as_str()).collect();
        let values = cells.values(asked.subject);
        let texts = values.as_string_view().iter();
        Arc::new(texts.map(|text| text.filter(|text| codes.contains(text))).collect::<StringViewArray>())
    }
}
