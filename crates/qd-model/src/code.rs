//! Finding codes: a stable kebab-case name, how serious it is, and the page that explains it.

use serde::Serialize;

/// What a finding does to the row, the source and the returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The whole source cannot be used.
    Reject,
    /// The row is held; the others go on.
    Error,
    /// The row goes on, but returns that use it wait for a correction or an explanation.
    Query,
    /// For information.
    Note,
}

impl Severity {
    /// Every severity, most serious first.
    pub const ALL: [Self; 4] = [Self::Reject, Self::Error, Self::Query, Self::Note];

    /// The word that files and messages use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reject => "reject",
            Self::Error => "error",
            Self::Query => "query",
            Self::Note => "note",
        }
    }

    /// The severity named by a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.as_str() == word)
    }
}

/// One built-in code: its name, its usual severity, and its page for `explain`.
///
/// Rooms list their codes in a `CODES` slice; a schema's own rules are not codes of this kind, and
/// are explained from the schema file.
#[derive(Debug, Clone, Copy)]
pub struct Code {
    /// Kebab-case, states the fault, unique over the whole program.
    pub name: &'static str,
    /// Unless a pipeline changes it.
    pub severity: Severity,
    /// Markdown with the fixed headings of a check's page.
    pub page: &'static str,
}
