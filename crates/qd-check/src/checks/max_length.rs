//! Texts and collections that are too long.

use super::{Check, Subject, Test, Wording, length, length_noun};
use qd_model::{Field, Mistake};

pub(super) struct MaxLength;

fn limit(field: &Field) -> String {
    length_noun(field, field.constraints.max_length.unwrap_or(0))
}

impl Check for MaxLength {
    fn code(&self) -> &'static str {
        "max-length"
    }

    fn page(&self) -> &'static str {
        include_str!("max_length.md")
    }

    fn compile(&self, subject: &Subject<'_>) -> Result<Option<Test>, Mistake> {
        length(subject, "maxLength", subject.field.constraints.max_length, |length, limit| length <= limit)
    }

    fn wording(&self, subject: &Subject<'_>, heading: &str) -> Wording {
        let limit = limit(subject.field);
        let wording =
            Wording::of_values(heading, &format!("has more than {limit}"), &format!("have more than {limit}"));
        wording.asks(format!("at most {limit}"))
    }
}
