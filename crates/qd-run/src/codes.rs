//! Every finding code of the program with its page, and the findings that only a run can raise.

use qd_model::Class;
use qd_model::code::{Code, Severity};
use qd_model::finding::Fault;
use std::collections::BTreeMap;

/// Findings about a whole submission or a whole period.
static CODES: &[Code] = &[
    code("missing-source", Severity::Query, include_str!("findings/missing-source.md")),
    code("declared-nil", Severity::Note, include_str!("findings/declared-nil.md")),
    code("declared-late", Severity::Note, include_str!("findings/declared-late.md")),
    code("two-files", Severity::Reject, include_str!("findings/two-files.md")),
    code("stray-file", Severity::Note, include_str!("findings/stray-file.md")),
    code("wrong-period", Severity::Reject, include_str!("findings/wrong-period.md")),
    code("same-file", Severity::Query, include_str!("findings/same-file.md")),
    code("held-with", Severity::Error, include_str!("findings/held-with.md")),
    code("suggested-match", Severity::Note, include_str!("findings/suggested-match.md")),
    code("contradicted-decision", Severity::Query, include_str!("findings/contradicted-decision.md")),
    code("kept-as-sent", Severity::Note, include_str!("findings/kept-as-sent.md")),
    code("earlier-period-changed", Severity::Note, include_str!("findings/earlier-period-changed.md")),
    code("unused-explanation", Severity::Note, include_str!("findings/unused-explanation.md")),
    code("explanation-reopened", Severity::Note, include_str!("findings/explanation-reopened.md")),
    code("waiver-expired", Severity::Note, include_str!("findings/waiver-expired.md")),
    code("waiver-unused", Severity::Note, include_str!("findings/waiver-unused.md")),
    code("rows-as-before", Severity::Note, include_str!("findings/rows-as-before.md")),
    code("disappeared-record", Severity::Query, include_str!("findings/disappeared-record.md")),
    code("normalised", Severity::Note, include_str!("findings/normalised.md")),
];

const fn code(name: &'static str, severity: Severity, page: &'static str) -> Code {
    Code { name, severity, page }
}

/// Every built-in code, by what it is about and then by name.
pub fn groups() -> Vec<(&'static str, Vec<Code>)> {
    let is_kind = |code: &Code| qd_model::kinds::ALL.iter().any(|kind| kind.name() == code.name);
    let (identifiers, mut cells): (Vec<Code>, Vec<Code>) = qd_check::codes().into_iter().partition(is_kind);
    let (of_cells, of_periods): (Vec<Code>, Vec<Code>) = CODES.iter().partition(|code| code.name == "normalised");
    cells.extend(of_cells);
    let mut groups = vec![
        ("Files, sheets and headings", qd_source::CODES.to_vec()),
        ("Cells and rows", cells),
        ("Identifiers", identifiers),
        ("Submissions and periods", of_periods),
    ];
    for (_, codes) in &mut groups {
        codes.sort_by_key(|code| code.name);
    }
    groups
}

/// Every built-in code, sorted by name.
pub fn all() -> Vec<Code> {
    let mut all: Vec<Code> = groups().into_iter().flat_map(|(_, codes)| codes).collect();
    all.sort_by_key(|code| code.name);
    all
}

/// A finding about a source or a period as a whole, with the severity that the pipeline gives it.
pub(crate) fn fault(
    name: &str,
    severities: &BTreeMap<String, Severity>,
    message: String,
    many: &str,
    fix: &str,
) -> Fault {
    let usual = CODES.iter().find(|code| code.name == name).expect("every code raised here is listed here").severity;
    Fault {
        code: name.into(),
        severity: severities.get(name).copied().unwrap_or(usual),
        field: None,
        column: None,
        heading: None,
        class: Class::None,
        message: message.into(),
        many: many.into(),
        fix: fix.into(),
        asks: None,
        trial: false,
        leaving: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_is_used_twice_and_every_page_has_its_headings() {
        let all = all();
        for pair in all.windows(2) {
            assert_ne!(pair[0].name, pair[1].name, "two checks share a code");
        }
        for code in &all {
            for heading in ["What it looks for", "Why a funder asks", "How to put it right", "When it stays silent"] {
                assert!(code.page.contains(heading), "the page of {} has no part \"{heading}\"", code.name);
            }
        }
    }

    #[test]
    fn every_page_in_the_folder_belongs_to_a_code() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/findings");
        for entry in std::fs::read_dir(folder).expect("the folder is there") {
            let path = entry.expect("readable").path();
            let stem = path.file_stem().expect("has a name").to_string_lossy().into_owned();
            assert!(CODES.iter().any(|code| code.name == stem), "{stem} is not listed");
        }
    }
}
