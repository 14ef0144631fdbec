//! `outward-postcode`: the first half of a postcode, which some thousands of addresses share.

use super::{Asked, Cells, Released, Subject, Treatment};
use arrow::array::{Array, ArrayRef, AsArray, StringViewBuilder};
use qd_model::kinds::{self, Kind};
use qd_model::{FieldType, Mistake};
use std::sync::Arc;

/// The text before the space of a normalised postcode. Blank for whatever is not one, since a text
/// without a space might be the whole of it. The field is of kind `uk-postcode`; where it has no kind,
/// `read_as = "uk-postcode"` says that postcodes are what it holds.
pub(super) struct OutwardPostcode;

/// The kind by which values are normalised.
const KIND: &str = "uk-postcode";

impl Treatment for OutwardPostcode {
    fn name(&self) -> &'static str {
        "outward-postcode"
    }

    fn settings(&self) -> &'static [&'static str] {
        &["read_as"]
    }

    fn mistakes(&self, asked: &Asked<'_>) -> Vec<Mistake> {
        let kind = asked.subject.field().and_then(|field| field.kind).map(Kind::name);
        let is_said = kind.is_none() && asked.release.setting("read_as") == Some(KIND);
        if (kind == Some(KIND) || is_said) && asked.subject.field_type() == FieldType::String {
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
        let kind = field.kind.or_else(|| kinds::by_name(KIND)).expect("the kind is one of the house's");
        let values = cells.values(asked.subject);
        let mut out = StringViewBuilder::with_capacity(values.len());
        for text in values.as_string_view() {
            let normal = text.map(|text| kind.normalise(text));
            let halves = normal.as_deref().and_then(|normal| normal.split_once(' '));
            let halves = halves.filter(|(outward, inward)| (2..=4).contains(&outward.len()) && inward.len() == 3);
            out.append_option(halves.map(|(outward, _)| outward));
        }
        Arc::new(out.finish())
    }
}
