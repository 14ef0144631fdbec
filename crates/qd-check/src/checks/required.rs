//! Blank cells where an answer is asked for.

use super::{Check, Subject, Test, Wording};
use qd_model::Mistake;

pub(super) struct Required;

impl Check for Required {
    fn code(&self) -> &'static str {
        "required"
    }

    fn page(&self) -> &'static str {
        include_str!("required.md")
    }

    fn compile(&self, subject: &Subject<'_>) -> Result<Option<Test>, Mistake> {
        Ok(subject.field.constraints.required.then_some(Test::Blank))
    }

    fn wording(&self, subject: &Subject<'_>, heading: &str) -> Wording {
        Wording {
            one: format!("The cell under {heading} is blank, and the schema asks for an answer"),
            many: format!("cells under {heading} are blank, and the schema asks for an answer"),
            fix: "ask the partner for the missing answer".to_owned(),
            asks: Some(subject.reader.expects(subject.field)),
        }
    }
}
