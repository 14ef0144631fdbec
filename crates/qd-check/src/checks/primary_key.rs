//! Rows whose primary key is blank or another row's too.

use super::{Check, Subject, Test, Wording};
use qd_model::Mistake;

pub(crate) struct PrimaryKey;

impl Check for PrimaryKey {
    fn code(&self) -> &'static str {
        "primary-key"
    }

    fn page(&self) -> &'static str {
        include_str!("primary_key.md")
    }

    fn compile(&self, _: &Subject<'_>) -> Result<Option<Test>, Mistake> {
        // A key may be of several fields, so the checker compiles it from the schema.
        Ok(None)
    }

    fn wording(&self, _: &Subject<'_>, heading: &str) -> Wording {
        Wording {
            one: format!("The row has the same key as another row: {heading}"),
            many: format!("rows have the same key as another row: {heading}"),
            fix: "ask the partner which row is meant; where both are one record, keep the newer one".to_owned(),
            asks: Some(format!("a different {heading} in every row")),
        }
    }
}

impl PrimaryKey {
    /// What is said of a blank part of the key.
    pub(crate) fn blank(heading: &str) -> Wording {
        Wording {
            one: format!("The cell under {heading} is blank, and it is part of the table's key"),
            many: format!("cells under {heading} are blank, and they are part of the table's key"),
            fix: "ask the partner for the missing reference".to_owned(),
            asks: Some("a value in every part of the key".to_owned()),
        }
    }
}
