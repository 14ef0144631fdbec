//! Values at or below a limit.

use super::{Check, Limit, Subject, Test, Wording};
use qd_model::{Field, Mistake};

pub(super) struct ExclusiveMinimum;

fn limit(field: &Field) -> Limit<'_> {
    Limit {
        name: "exclusiveMinimum",
        set: field.constraints.exclusive_minimum.as_ref(),
        passes: |order| order.is_gt(),
        of_numbers: ("not more than {}", "more than {}"),
        of_dates: ("not later than {}", "later than {}"),
    }
}

impl Check for ExclusiveMinimum {
    fn code(&self) -> &'static str {
        "exclusive-minimum"
    }

    fn page(&self) -> &'static str {
        include_str!("exclusive_minimum.md")
    }

    fn compile(&self, subject: &Subject<'_>) -> Result<Option<Test>, Mistake> {
        limit(subject.field).compile(subject)
    }

    fn wording(&self, subject: &Subject<'_>, heading: &str) -> Wording {
        limit(subject.field).wording(subject, heading)
    }
}
