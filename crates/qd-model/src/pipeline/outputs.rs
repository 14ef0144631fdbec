//! What a run writes besides the returns.

use crate::answer::{CHOICES_LIMIT, REASONS, is_reason_code};
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
    /// The reason codes that a partner is offered for a query, in order.
    pub reason_codes: Vec<String>,
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
        reason_codes: REASONS.map(str::to_owned).into(),
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
        reason_codes: table.texts("reason_codes").unwrap_or(defaults.reason_codes),
        keep: table.word("keep", &[("all", Keep::All), ("nothing", Keep::Nothing)]).unwrap_or(defaults.keep),
    };
    for format in &outputs.findings {
        if !["json", "csv"].contains(&format.as_str()) {
            let what = format!("findings are written as \"json\" or \"csv\", not \"{format}\"");
            table.mistake(Mistake::new(table.at, what));
        }
    }
    for code in outputs.reason_codes.iter().filter(|code| !is_reason_code(code)) {
        let what = format!("\"{code}\" is no reason code");
        let hint = "write it with small letters and hyphens, for example checked-against-form";
        table.mistake(Mistake::new(table.at, what).hint(hint));
    }
    if outputs.reason_codes.iter().map(|code| code.len() + 1).sum::<usize>() > CHOICES_LIMIT + 1 {
        let what = format!("the reason codes have more than {CHOICES_LIMIT} characters in all");
        table.mistake(
            Mistake::new(table.at, what).hint("a list in a workbook holds no more: take shorter or fewer codes"),
        );
    }
    table.finish();
    outputs
}
