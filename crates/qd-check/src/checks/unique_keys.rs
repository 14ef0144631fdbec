//! Rows that are alike in all fields of a unique key.

use super::{Check, Subject, Test, Wording};
use qd_model::Mistake;

pub(crate) struct UniqueKeys;

impl Check for UniqueKeys {
    fn code(&self) -> &'static str {
        "unique-keys"
    }

    fn page(&self) -> &'static str {
        include_str!("unique_keys.md")
    }

    fn compile(&self, _: &Subject<'_>) -> Result<Option<Test>, Mistake> {
        // A key may be of several fields, so the checker compiles it from the schema.
        Ok(None)
    }

    fn wording(&self, _: &Subject<'_>, heading: &str) -> Wording {
        Wording {
            one: format!("The row has the same {heading} as another row"),
            many: format!("rows have the same {heading} as another row"),
            fix: "ask the partner which row is meant; where both are one record, keep the newer one".to_owned(),
            asks: Some(format!("different values of {heading} in every row")),
        }
    }
}
