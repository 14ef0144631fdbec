//! Values at or above a limit.

use super::{Check, Limit, Subject, Test, Wording};
use qd_model::{Field, Mistake};

pub(super) struct ExclusiveMaximum;

fn limit(field: &Field) -> Limit<'_> {
    Limit {
        name: "exclusiveMaximum",
        set: field.constraints.exclusive_maximum.as_ref(),
        passes: |order| order.is_lt(),
        of_numbers: ("not less than {}", "less than {}"),
        of_dates: ("not earlier than {}", "earlier than {}"),
    }
}

impl Check for ExclusiveMaximum {
    fn code(&self) -> &'static str {
        "exclusive-maximum"
    }

    fn page(&self) -> &'static str {
        include_str!("exclusive_maximum.md")
    }

    fn compile(&self, subject: &Subject<'_>) -> Result<Option<Test>, Mistake> {
        limit(subject.field).compile(subject)
    }

    fn wording(&self, subject: &Subject<'_>, heading: &str) -> Wording {
        limit(subject.field).wording(subject, heading)
    }
}
