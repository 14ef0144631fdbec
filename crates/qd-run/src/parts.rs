//! A partner's table that is read as several sources, such as the parts of a wide sheet: a key that may
//! stand in one row only is looked for across all of them.

use crate::judge::Judged;
use qd_check::{Across, PartKeys};
use qd_model::finding::{Fault, Hit};
use qd_model::{Severity, words};
use std::collections::BTreeMap;
use std::path::Path;

/// What a source brings to the search.
pub(crate) struct PartOf {
    /// What the headings of its part of a wide sheet have in common.
    pub(crate) mark: Option<String>,
    /// Where the checker's faults begin among those of the source.
    pub(crate) faults_at: u32,
    pub(crate) keys: PartKeys,
}

/// Adds what is equal across the sources of one partner's table, each with its file. What is equal within a
/// source is named already, and one that cannot be used has no part in it.
pub(crate) fn judge(sources: Vec<(&Path, &mut Judged)>) {
    let mut own: Vec<(&Path, PartOf, &mut Judged)> = Vec::new();
    for (path, judged) in sources {
        if let Some(part) = judged.part.take().filter(|_| !judged.is_rejected) {
            own.push((path, part, judged));
        }
    }
    let keys: Vec<&PartKeys> = own.iter().map(|(_, part, _)| &part.keys).collect();
    let found = if keys.len() > 1 { qd_check::across(&keys) } else { Vec::new() };
    let elsewhere: Vec<String> = found.iter().map(|across| elsewhere(across, &own)).collect();
    // One fault for each key and each set of other parts.
    let mut faults: BTreeMap<(usize, u32, String), u32> = BTreeMap::new();
    for (Across { part, hit, .. }, elsewhere) in found.into_iter().zip(elsewhere) {
        let (_, PartOf { faults_at, .. }, judged) = &mut own[part];
        let plain = hit.fault + *faults_at;
        let fault = *faults.entry((part, plain, elsewhere)).or_insert_with_key(|(_, _, elsewhere)| {
            let plain = judged.findings.faults[plain as usize].clone();
            judged.findings.fault(Fault {
                message: format!("{}; {elsewhere}", plain.message).into(),
                many: format!("{}; {elsewhere}", plain.many).into(),
                ..plain
            })
        });
        judged.findings.hits.push(Hit { fault, ..hit });
    }
    for (_, _, judged) in own {
        judged.findings.sort();
        judged.is_rejected |= judged.findings.count(Severity::Reject) > 0;
    }
}

/// Where the other rows of a group stand.
fn elsewhere(across: &Across, own: &[(&Path, PartOf, &mut Judged)]) -> String {
    let (path, _, _) = own[across.part];
    let others = across.others.iter().map(|other| &own[*other]);
    let marks: Option<Vec<String>> = others
        .map(|(other, part, _)| part.mark.as_ref().filter(|_| *other == path).map(|mark| format!("\"{mark}\"")))
        .collect();
    match marks.as_deref() {
        None => "there is one in another source of the table".to_owned(),
        Some([mark]) => format!("there is one in the part {mark} of the sheet"),
        Some(marks) => format!("there are some in the parts {} of the sheet", words::list(marks)),
    }
}
