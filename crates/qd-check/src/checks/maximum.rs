//! Values above a limit that still passes.

use super::{Check, Limit, Subject, Test, Wording};
use qd_model::{Field, Mistake};

pub(super) struct Maximum;

fn limit(field: &Field) -> Limit<'_> {
    Limit {
        name: "maximum",
        set: field.constraints.maximum.as_ref(),
        passes: |order| order.is_le(),
        of_numbers: ("more than {}", "{} or less"),
        of_dates: ("later than {}", "{} or earlier"),
    }
}

impl Check for Maximum {
    fn code(&self) -> &'static str {
        "maximum"
    }

    fn page(&self) -> &'static str {
        include_str!("maximum.md")
    }

    fn compile(&self, subject: &Subject<'_>) -> Result<Option<Test>, Mistake> {
        limit(subject.field).compile(subject)
    }

    fn wording(&self, subject: &Subject<'_>, heading: &str) -> Wording {
        limit(subject.field).wording(subject, heading)
    }
}
