//! Cells that cannot be read as their field's type.

use super::{Check, Subject, Test, Wording};
use qd_model::{FieldType, Mistake};

pub(super) struct Type;

impl Check for Type {
    fn code(&self) -> &'static str {
        "type"
    }

    fn page(&self) -> &'static str {
        include_str!("type.md")
    }

    fn compile(&self, _: &Subject<'_>) -> Result<Option<Test>, Mistake> {
        Ok(Some(Test::Unreadable))
    }

    fn wording(&self, subject: &Subject<'_>, heading: &str) -> Wording {
        let expects = subject.reader.expects(subject.field);
        let what = format!("cannot be read as {expects}");
        let fix = match subject.field.field_type {
            FieldType::Date | FieldType::Datetime | FieldType::Time => {
                "correct it; where the whole column is written in another way, declare that as the partner's format"
                    .to_owned()
            }
            _ => format!("write {expects} and nothing else in the cell"),
        };
        Wording::of_values(heading, &what, &what).fix(fix).asks(expects)
    }
}
