//! What a run writes besides the returns.

use crate::document::Table;
use crate::mistake::Mistake;

/// What a run writes besides the returns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outputs {
    /// Formats of the findings: "json", "csv".
    pub findings: Vec<String>,
    /// Columns of the findings CSV; all where empty.
    pub columns: Vec<String>,
    /// What goes back to partners.
    pub partner_files: PartnerFiles,
    /// What is kept of what they sent.
    pub keep: Keep,
}

/// What a run keeps in the private folder of what partners sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Copies of the files as received, and every accepted row, for later periods.
    All,
    /// Neither: a later period reads this one's files again.
    Nothing,
}

/// What goes back to partners.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartnerFiles {
    /// A findings workbook without values.
    Findings,
    /// That, and for partners to whom there is a safe way their own workbooks with the cells marked.
    MarkedUp,
    /// Nothing.
    None,
}

pub(super) fn default_outputs() -> Outputs {
    Outputs {
        findings: vec!["json".to_owned()],
        columns: Vec::new(),
        partner_files: PartnerFiles::Findings,
        keep: Keep::All,
    }
}

pub(super) fn outputs(table: Table<'_>) -> Outputs {
    let defaults = default_outputs();
    let partner_files =
        [("findings", PartnerFiles::Findings), ("marked-up", PartnerFiles::MarkedUp), ("none", PartnerFiles::None)];
    let outputs = Outputs {
        findings: table.texts("findings").unwrap_or(defaults.findings),
        columns: table.texts("columns").unwrap_or_default(),
        partner_files: table.word("partner_files", &partner_files).unwrap_or(defaults.partner_files),
        keep: table.word("keep", &[("all", Keep::All), ("nothing", Keep::Nothing)]).unwrap_or(defaults.keep),
    };
    for format in &outputs.findings {
        if !["json", "csv"].contains(&format.as_str()) {
            let what = format!("findings are written as \"json\" or \"csv\", not \"{format}\"");
            table.mistake(Mistake::new(table.at, what));
        }
    }
    table.finish();
    outputs
}
