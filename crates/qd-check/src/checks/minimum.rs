//! Values below a limit that still passes.

use super::{Check, Limit, Subject, Test, Wording};
use qd_model::{Field, Mistake};

pub(super) struct Minimum;

fn limit(field: &Field) -> Limit<'_> {
    Limit {
        name: "minimum",
        set: field.constraints.minimum.as_ref(),
        passes: |order| order.is_ge(),
        of_numbers: ("less than {}", "{} or more"),
        of_dates: ("earlier than {}", "{} or later"),
    }
}

impl Check for Minimum {
    fn code(&self) -> &'static str {
        "minimum"
    }

    fn page(&self) -> &'static str {
        include_str!("minimum.md")
    }

    fn compile(&self, subject: &Subject<'_>) -> Result<Option<Test>, Mistake> {
        limit(subject.field).compile(subject)
    }

    fn wording(&self, subject: &Subject<'_>, heading: &str) -> Wording {
        limit(subject.field).wording(subject, heading)
    }
}
