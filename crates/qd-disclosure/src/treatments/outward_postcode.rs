//! `outward-postcode`: the first half of a postcode, which some thousands of addresses share.

use super::{Asked, Cells, Released, Subject, Treatment};
use arrow::array::{ArrayRef, AsArray, StringViewArray};
use qd_model::{FieldType, Mistake};
use std::sync::Arc;

/// The text before the space of a normalised postcode. Blank for whatever is not one, since a text
/// without a space might be the whole of it.
pub(super) struct OutwardPostcode;

/// The kind that a field must have, so that its values are normalised.
const KIND: &str = "uk-postcode";

impl Treatment for OutwardPostcode {
    fn name(&self) -> &'static str {
        "outward-postcode"
    }

    fn mistakes(&self, asked: &Asked<'_>) -> Vec<Mistake> {
        let kind = asked.subject.field().and_then(|field| field.kind);
        if kind.is_some_and(|kind| kind.name() == KIND) && asked.subject.field_type() == FieldType::String {
            return Vec::new();
        }
        let what =
            format!("`outward-postcode` is for fields of kind `{KIND}`, and `{}` is not one", asked.release.field);
        vec![Mistake::new(&asked.release.at, what).hint(format!("give the field `kind = \"{KIND}\"` in its schema"))]
    }

    fn released(&self, asked: &Asked<'_>) -> Released {
        Released::new(format!("{} (outward part)", asked.subject.label()), FieldType::String)
    }

    fn apply(&self, asked: &Asked<'_>, cells: &Cells<'_>) -> ArrayRef {
        let Subject::Field(_, field) = asked.subject else { return cells.values(Subject::Person) };
        let values = cells.values(asked.subject);
        let outward = |text: &str| {
            let normal = field.kind.map(|kind| kind.normalise(text))?;
            let (outward, inward) = normal.split_once(' ')?;
            ((2..=4).contains(&outward.len()) && inward.len() == 3).then(|| outward.to_owned())
        };
        Arc::new(values.as_string_view().iter().map(|text| text.and_then(outward)).collect::<StringViewArray>())
    }
}
