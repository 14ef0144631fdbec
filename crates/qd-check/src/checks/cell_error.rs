//! Cells that a workbook shows as an error.

use super::{Check, Subject, Test, Wording};
use qd_model::Mistake;

pub(super) struct CellError;

impl Check for CellError {
    fn code(&self) -> &'static str {
        "cell-error"
    }

    fn page(&self) -> &'static str {
        include_str!("cell_error.md")
    }

    fn compile(&self, _: &Subject<'_>) -> Result<Option<Test>, Mistake> {
        Ok(Some(Test::Error))
    }

    fn wording(&self, _: &Subject<'_>, heading: &str) -> Wording {
        Wording {
            one: format!("The cell under {heading} holds a formula's error, such as #REF!"),
            many: format!("cells under {heading} hold a formula's error, such as #REF!"),
            fix: "open the workbook, mend the formula, or type the value in its place".to_owned(),
            asks: None,
        }
    }
}
