//! Values that do not fit the field's regular expression.

use super::{Check, Subject, Test, Wording};
use qd_model::Mistake;
use regex::Regex;

pub(super) struct Pattern;

impl Check for Pattern {
    fn code(&self) -> &'static str {
        "pattern"
    }

    fn page(&self) -> &'static str {
        include_str!("pattern.md")
    }

    fn compile(&self, subject: &Subject<'_>) -> Result<Option<Test>, Mistake> {
        let Some(pattern) = &subject.field.constraints.pattern else { return Ok(None) };
        // The expression is tried alone first, so that one such as `a)(b` does not compile by chance.
        let whole = format!("\\A(?:{})\\z", pattern.value);
        match Regex::new(&pattern.value).and_then(|_| Regex::new(&whole)) {
            Ok(regex) => Ok(Some(Test::Value(Box::new(move |cell| regex.is_match(cell.text))))),
            Err(error) => {
                let said = error.to_string();
                let last = said.lines().last().unwrap_or_default().trim_start_matches("error: ");
                let what = format!("`pattern` is not a regular expression that can be used: {last}");
                Err(Mistake::new(&pattern.at, what)
                    .hint("look-around and back-references are not available; [0-9] means the ten plain digits"))
            }
        }
    }

    fn wording(&self, subject: &Subject<'_>, heading: &str) -> Wording {
        let field = subject.field;
        let wording = Wording::of_values(
            heading,
            "is not written in the form that the schema gives",
            "are not written in the form that the schema gives",
        );
        let wording = match &field.example {
            Some(example) => wording.fix(format!("write it like \"{example}\"")),
            None => wording,
        };
        match &field.constraints.pattern {
            Some(pattern) => wording.asks(format!("the form {}", pattern.value)),
            None => wording,
        }
    }
}
