//! What goes back to each partner.

use crate::answers::sent_back;
use crate::compute::{Computed, FileNames, Source};
use crate::marked::mark_up;
use crate::place::NewFile;
use crate::prepared::Prepared;
use qd_book::BookError;
use qd_model::Refusal;
use qd_model::pipeline::{Partner, PartnerFiles};
use qd_model::report::Report;
use qd_report::{About, SentBack};

/// What may leave: a workbook of findings without values, and a message to paste.
pub(crate) fn partner_files(prepared: &Prepared<'_>, computed: &Computed) -> Result<Vec<NewFile>, Refusal> {
    let pipeline = &prepared.loaded.pipeline;
    if pipeline.outputs.partner_files == PartnerFiles::None {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for partner in pipeline.partners_in(prepared.period) {
        let report = computed.report(prepared.loaded, FileNames::Own, Some(&partner.code));
        let sent_back = sent_back(prepared, &partner.code);
        let about = about(prepared, partner, "findings.xlsx", &sent_back);
        let book = qd_report::findings_book(&report, &about).map_err(|error| refuse(partner, &error))?;
        let path = |name: &str| format!("partners/{}/{name}", partner.code);
        files.push(NewFile { path: path("findings.xlsx"), bytes: book });
        files.push(NewFile { path: path("message.txt"), bytes: qd_report::message(&report, &about).into_bytes() });
    }
    Ok(files)
}

/// What stays in the private folder until it goes a safe way: the files of partners with a safe way,
/// each with its cells marked.
pub(crate) fn marked_files(prepared: &Prepared<'_>, computed: &Computed) -> Result<Vec<NewFile>, Refusal> {
    let pipeline = &prepared.loaded.pipeline;
    if pipeline.outputs.partner_files != PartnerFiles::MarkedUp {
        return Ok(Vec::new());
    }
    let mut files: Vec<NewFile> = Vec::new();
    for partner in pipeline.partners_in(&computed.period).filter(|partner| partner.secure_transfer) {
        let whole = computed.report(prepared.loaded, FileNames::Own, Some(&partner.code));
        let mut own: Vec<&Source> = computed.sources.iter().filter(|source| source.partner == partner.code).collect();
        own.dedup_by(|a, b| a.path == b.path);
        let mut names = Vec::new();
        let sent_back = sent_back(prepared, &partner.code);
        for source in own {
            let report = about_file(&whole, &source.file);
            // Where the headings were not recognised, nobody knows what a copy would hold.
            let is_known = |of_file: &Source| !of_file.judged.is_quarantined || of_file.judged.shape.heading_row > 0;
            let mut of_file = computed.sources.iter().filter(|other| other.path == source.path);
            if !of_file.all(is_known) || names.iter().any(|(file, _)| *file == source.file) {
                continue;
            }
            let marked = mark_up(&source.path, &report, &about(prepared, partner, &source.file, &sent_back))?;
            if !marked.has_values {
                continue;
            }
            let is_workbook = [".xlsx", ".xlsm"].iter().any(|ending| source.file.to_lowercase().ends_with(ending));
            let name = if is_workbook { source.file.clone() } else { format!("{}.xlsx", source.file) };
            files.push(NewFile { path: format!("partners/{}/{name}", partner.code), bytes: marked.bytes });
            names.push((source.file.clone(), name));
        }
        if names.is_empty() {
            continue;
        }
        let list: Vec<&str> = names.iter().map(|(_, name)| name.as_str()).collect();
        let message = qd_report::message(&whole, &about(prepared, partner, &qd_model::words::list(&list), &sent_back));
        files.push(NewFile { path: format!("partners/{}/message.txt", partner.code), bytes: message.into_bytes() });
    }
    Ok(files)
}

/// The part of a report that is about one file.
fn about_file(report: &Report, file: &str) -> Report {
    let sources = report.sources.iter().filter(|source| source.source.as_deref() == Some(file)).cloned().collect();
    Report { sources, ..report.clone() }
}

fn about<'a>(prepared: &Prepared<'a>, partner: &'a Partner, workbook: &'a str, sent_back: &'a [SentBack]) -> About<'a> {
    let pipeline = &prepared.loaded.pipeline;
    About {
        programme: &pipeline.title,
        pipeline: &pipeline.name,
        partner: &partner.name,
        code: &partner.code,
        lead: &pipeline.lead,
        workbook,
        demonstration: pipeline.demonstration,
        sent_back,
        reasons: &pipeline.outputs.reason_codes,
    }
}

fn refuse(partner: &Partner, error: &BookError) -> Refusal {
    Refusal::new(format!("the findings for `{}` cannot be written", partner.code)).because(error)
}
