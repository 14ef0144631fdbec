//! `open-pseudonymiser`: the digest that the tool of that name makes of an identifier, for a recipient who
//! has to match it with somebody else's. Weaker than a pseudonym, and says so.

use super::{Asked, Cells, Released, Subject, Treatment};
use arrow::array::{Array, ArrayRef, AsArray, StringViewArray};
use arrow::datatypes::DataType;
use qd_model::{FieldType, Mistake};
use std::borrow::Cow;
use std::sync::Arc;

/// SHA-256 over the normalised value, as a whole, followed by the recipient's secret salt. Whoever sends the
/// value, and in whatever programme, its digest is the same under one salt: that is what it is for, and why
/// it is weaker.
pub(super) struct OpenPseudonymiser;

/// What every reader of such a column is told.
pub(super) const CAUTION: &str = "Weaker than a pseudonym: a SHA-256 digest of the value and a secret salt, as \
    OpenPseudonymiser makes it. It is the same wherever the same salt is used, and whoever learns the salt finds \
    every value by trying them all.";

impl Treatment for OpenPseudonymiser {
    fn name(&self) -> &'static str {
        "open-pseudonymiser"
    }

    fn mistakes(&self, asked: &Asked<'_>) -> Vec<Mistake> {
        let at = &asked.release.at;
        let mut mistakes = Vec::new();
        let field_type = asked.subject.field_type();
        if !matches!(asked.subject, Subject::Field(..)) || !matches!(field_type, FieldType::String | FieldType::Integer)
        {
            let what = format!(
                "`{}` is {}, and `open-pseudonymiser` is for identifiers",
                asked.release.field,
                field_type.noun()
            );
            mistakes.push(Mistake::new(at, what));
        }
        if asked.release.setting("reason").is_none() {
            let what = format!("`{}` would leave under a digest that is weaker than a pseudonym", asked.release.field);
            let hint = "use `pseudonym`, or say with `reason` with whose data the recipient has to match it";
            mistakes.push(Mistake::new(at, what).hint(hint));
        }
        mistakes
    }

    fn released(&self, asked: &Asked<'_>) -> Released {
        Released::new(format!("{} (salted digest)", asked.subject.label()), FieldType::String)
    }

    fn caution(&self) -> Option<&'static str> {
        Some(CAUTION)
    }

    fn apply(&self, asked: &Asked<'_>, cells: &Cells<'_>) -> ArrayRef {
        let values = cells.values(asked.subject);
        let texts = match values.data_type() {
            DataType::Utf8View => values,
            _ => arrow::compute::cast(&values, &DataType::Utf8View).expect("whole numbers have a text"),
        };
        let kind = asked.subject.field().and_then(|field| field.kind);
        let digest = |text: Option<&str>| {
            let text = text.filter(|text| !text.is_empty())?;
            // Values come normalised; a second time changes nothing, and lets no room forget it.
            let normal = kind.map_or(Cow::Borrowed(text), |kind| kind.normalise(text));
            if normal.is_empty() { None } else { cells.key.salted(&normal) }
        };
        Arc::new(texts.as_string_view().iter().map(digest).collect::<StringViewArray>())
    }
}
