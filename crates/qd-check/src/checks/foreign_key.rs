//! Rows that refer to a row which is not there.

use super::{Check, Subject, Test, Wording};
use qd_model::Mistake;

pub(crate) struct ForeignKey;

impl Check for ForeignKey {
    fn code(&self) -> &'static str {
        "foreign-key"
    }

    fn page(&self) -> &'static str {
        include_str!("foreign_key.md")
    }

    fn compile(&self, _: &Subject<'_>) -> Result<Option<Test>, Mistake> {
        // It looks at another table, once both have been read.
        Ok(None)
    }

    fn wording(&self, _: &Subject<'_>, heading: &str) -> Wording {
        Wording {
            one: format!("The row refers by {heading} to a record that is not there"),
            many: format!("rows refer by {heading} to a record that is not there"),
            fix: "correct the reference, or ask the partner to send the record that it refers to".to_owned(),
            asks: None,
        }
    }
}
