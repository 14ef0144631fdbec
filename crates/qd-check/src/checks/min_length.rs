//! Texts and collections that are too short.

use super::{Check, Subject, Test, Wording, length, length_noun};
use qd_model::{Field, Mistake};

pub(super) struct MinLength;

fn limit(field: &Field) -> String {
    length_noun(field, field.constraints.min_length.unwrap_or(0))
}

impl Check for MinLength {
    fn code(&self) -> &'static str {
        "min-length"
    }

    fn page(&self) -> &'static str {
        include_str!("min_length.md")
    }

    fn compile(&self, subject: &Subject<'_>) -> Result<Option<Test>, Mistake> {
        length(subject, "minLength", subject.field.constraints.min_length, |length, limit| length >= limit)
    }

    fn wording(&self, subject: &Subject<'_>, heading: &str) -> Wording {
        let limit = limit(subject.field);
        let wording =
            Wording::of_values(heading, &format!("has fewer than {limit}"), &format!("have fewer than {limit}"));
        wording.asks(format!("at least {limit}"))
    }
}
