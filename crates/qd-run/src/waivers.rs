//! Waivers: findings that have been agreed to pass for a time become notes that say so.

use crate::codes::fault;
use crate::compute::{Context, Source};
use qd_model::pipeline::{WaivedRows, Waiver};
use qd_model::report::SourceReport;
use qd_model::{Severity, words};
use std::collections::BTreeSet;

/// How many findings each waiver of the pipeline let pass; nothing for one that does not hold.
pub(crate) type Used = Vec<Option<u64>>;

/// Lets findings pass that are waived, and notes waivers that have run out.
pub(crate) fn apply(context: &Context<'_>, sources: &mut [Source], general: &mut Vec<SourceReport>) -> Used {
    let loaded = context.loaded;
    let apply = |waiver: &Waiver| {
        if !waiver.holds_on(context.as_of) {
            if waiver.until < context.as_of {
                general.push(expired(context, waiver));
            }
            return None;
        }
        let is_about = |source: &&mut Source| {
            source.partner == waiver.partner.value
                && waiver.table.as_ref().is_none_or(|table| *table == loaded.tables[source.table].name)
        };
        let passed = sources.iter_mut().filter(is_about).map(|source| let_pass(waiver, source)).sum();
        if passed == 0 && waiver.rows != WaivedRows::All {
            general.push(unused(context, waiver));
        }
        Some(passed)
    };
    loaded.pipeline.waivers.iter().map(apply).collect()
}

/// Moves the findings that a waiver is about to a fault that is a note.
fn let_pass(waiver: &Waiver, source: &mut Source) -> u64 {
    if let WaivedRows::OfFile { file, .. } = &waiver.rows
        && !source.digest.starts_with(file)
    {
        return 0;
    }
    let findings = &mut source.judged.findings;
    let mut passed = 0;
    for index in 0..findings.faults.len() as u32 {
        let known = &findings.faults[index as usize];
        if *known.code != *waiver.rule.value || !matches!(known.severity, Severity::Error | Severity::Query) {
            continue;
        }
        let is_waived = |hit: &qd_model::Hit| {
            hit.fault == index
                && match &waiver.rows {
                    WaivedRows::All => true,
                    WaivedRows::Records(records) => {
                        findings.record_of(hit).is_some_and(|it| records.iter().any(|known| known == it))
                    }
                    WaivedRows::OfFile { rows, .. } => rows.contains(&hit.row),
                }
        };
        let rows: BTreeSet<u32> = findings.hits.iter().filter(|hit| is_waived(hit)).map(|hit| hit.row).collect();
        if rows.is_empty() {
            continue;
        }
        let agreed =
            format!("waived until {}, agreed by {}: {}", words::date(waiver.until), waiver.agreed_by, waiver.reason);
        let mut note = findings.faults[index as usize].clone();
        note.severity = Severity::Note;
        note.message = format!("{} ({agreed})", note.message).into();
        note.many = format!("{} ({agreed})", note.many).into();
        let absent = findings.absent.get(&index).cloned();
        let note = findings.fault(note);
        findings.absent.extend(absent.map(|record| (note, record)));
        for hit in findings.hits.iter_mut().filter(|hit| hit.fault == index && rows.contains(&hit.row)) {
            hit.fault = note;
            passed += 1;
        }
    }
    findings.sort();
    passed
}

fn expired(context: &Context<'_>, waiver: &Waiver) -> SourceReport {
    note(
        context,
        waiver,
        "waiver-expired",
        format!("The waiver of `{}` ended on {} and has no effect", waiver.rule.value, words::date(waiver.until)),
        "waivers have ended and have no effect",
        "agree a new date with the funder, or take the waiver out of the pipeline",
    )
}

fn unused(context: &Context<'_>, waiver: &Waiver) -> SourceReport {
    let what = match &waiver.rows {
        WaivedRows::OfFile { .. } => "rows of a file in which no such finding is, or which did not come",
        _ => "records without such a finding",
    };
    note(
        context,
        waiver,
        "waiver-unused",
        format!("The waiver of `{}` names {what}, and has no effect", waiver.rule.value),
        "waivers name what has no such finding, and have no effect",
        "take the waiver out of the pipeline, or name the record or the new file's rows",
    )
}

fn note(context: &Context<'_>, waiver: &Waiver, code: &str, message: String, many: &str, fix: &str) -> SourceReport {
    let mut report = SourceReport {
        partner: Some(waiver.partner.value.clone()),
        table: waiver.table.clone(),
        ..SourceReport::default()
    };
    report.findings.add(fault(code, &context.loaded.pipeline.severities, message, many, fix));
    report
}
