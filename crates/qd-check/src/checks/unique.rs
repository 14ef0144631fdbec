//! Values that occur more than once in a column.

use super::{Check, Subject, Test, Wording};
use qd_model::Mistake;

pub(super) struct Unique;

impl Check for Unique {
    fn code(&self) -> &'static str {
        "unique"
    }

    fn page(&self) -> &'static str {
        include_str!("unique.md")
    }

    fn compile(&self, subject: &Subject<'_>) -> Result<Option<Test>, Mistake> {
        Ok(subject.field.constraints.unique.then_some(Test::Distinct))
    }

    fn wording(&self, _: &Subject<'_>, heading: &str) -> Wording {
        let wording = Wording::of_values(heading, "is in another row too", "are in more than one row");
        wording
            .fix("ask the partner which row is meant; where both are one record, keep the newer one")
            .asks("a different value in every row")
    }
}
