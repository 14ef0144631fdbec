//! What goes back to each partner.

use crate::answers::sent_back;
use crate::compute::{Computed, FileNames, Source};
use crate::marked::mark_up;
use crate::place::NewFile;
use crate::prepared::Prepared;
use crate::returns::sealer;
use qd_book::BookError;
use qd_model::Refusal;
use qd_model::pipeline::{Partner, PartnerFiles};
use qd_model::report::Report;
use qd_report::{About, SentBack};

/// A partner's own files with their cells marked.
pub(crate) struct Marked<'p> {
    partner: &'p Partner,
    /// Each under its own name.
    copies: Vec<NewFile>,
}

impl Marked<'_> {
    /// The copies and their message, for the private folder.
    pub(crate) fn inside(self) -> impl Iterator<Item = NewFile> {
        let code = self.partner.code.clone();
        self.copies.into_iter().map(move |file| NewFile { path: format!("partners/{code}/{}", file.path), ..file })
    }
}

/// What a partner's sealed copies are called. Their own names are inside.
const SEALED: &str = "marked-up.zip.age";

/// What may leave: a workbook of findings without values, a message to paste, and the marked copies of
/// partners for whom they are sealed.
pub(crate) fn partner_files(
    prepared: &Prepared<'_>,
    computed: &Computed,
    marked: &[Marked<'_>],
) -> Result<Vec<NewFile>, Refusal> {
    let pipeline = &prepared.loaded.pipeline;
    if pipeline.outputs.partner_files == PartnerFiles::None {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for partner in pipeline.partners_in(prepared.period) {
        let report = computed.report(prepared.loaded, FileNames::Own, Some(&partner.code));
        let sent_back = sent_back(prepared, &partner.code);
        let mut about = about(prepared, partner, "findings.xlsx", &sent_back);
        let path = |name: &str| format!("partners/{}/{name}", partner.code);
        let own = marked.iter().find(|marked| marked.partner.code == partner.code);
        if let Some((seal, marked)) = partner.seal.as_ref().zip(own) {
            let sealer = sealer(prepared.loaded, seal, &partner.code)?;
            let entries: Vec<(String, &[u8])> =
                marked.copies.iter().map(|file| (file.path.clone(), file.bytes.as_slice())).collect();
            files.push(NewFile { path: path(SEALED), bytes: sealer.seal(&qd_return::archive(&entries)) });
            about.sealed = SEALED;
        }
        let book = qd_report::findings_book(&report, &about).map_err(|error| refuse(partner, &error))?;
        files.push(NewFile { path: path("findings.xlsx"), bytes: book });
        files.push(NewFile { path: path("message.txt"), bytes: qd_report::message(&report, &about).into_bytes() });
    }
    Ok(files)
}

/// What stays in the private folder until it goes a safe way, or goes out sealed: the files of partners
/// with such a way, each with its cells marked, and a message.
pub(crate) fn marked_files<'p>(prepared: &Prepared<'p>, computed: &Computed) -> Result<Vec<Marked<'p>>, Refusal> {
    let pipeline = &prepared.loaded.pipeline;
    if pipeline.outputs.partner_files != PartnerFiles::MarkedUp {
        return Ok(Vec::new());
    }
    let mut all = Vec::new();
    let has_way = |partner: &&Partner| partner.secure_transfer || partner.seal.is_some();
    for partner in pipeline.partners_in(prepared.period).filter(has_way) {
        let whole = computed.report(prepared.loaded, FileNames::Own, Some(&partner.code));
        let mut own: Vec<&Source> = computed.sources.iter().filter(|source| source.partner == partner.code).collect();
        own.dedup_by(|a, b| a.path == b.path);
        let mut copies: Vec<NewFile> = Vec::new();
        let mut done: Vec<&str> = Vec::new();
        let sent_back = sent_back(prepared, &partner.code);
        for source in own {
            let report = about_file(&whole, &source.file);
            // Where the headings were not recognised, nobody knows what a copy would hold.
            let is_known = |of_file: &Source| !of_file.judged.is_quarantined || of_file.judged.shape.heading_row > 0;
            let mut of_file = computed.sources.iter().filter(|other| other.path == source.path);
            if !of_file.all(is_known) || done.contains(&source.file.as_str()) {
                continue;
            }
            let marked = mark_up(&source.path, &report, &about(prepared, partner, &source.file, &sent_back))?;
            if !marked.has_values {
                continue;
            }
            let is_workbook = [".xlsx", ".xlsm"].iter().any(|ending| source.file.to_lowercase().ends_with(ending));
            let name = if is_workbook { source.file.clone() } else { format!("{}.xlsx", source.file) };
            copies.push(NewFile { path: name, bytes: marked.bytes });
            done.push(&source.file);
        }
        if copies.is_empty() {
            continue;
        }
        let list: Vec<&str> = copies.iter().map(|file| file.path.as_str()).collect();
        let message = qd_report::message(&whole, &about(prepared, partner, &qd_model::words::list(&list), &sent_back));
        copies.push(NewFile { path: "message.txt".to_owned(), bytes: message.into_bytes() });
        all.push(Marked { partner, copies });
    }
    Ok(all)
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
        sealed: "",
        demonstration: pipeline.demonstration,
        sent_back,
        reasons: &pipeline.outputs.reason_codes,
    }
}

fn refuse(partner: &Partner, error: &BookError) -> Refusal {
    Refusal::new(format!("the findings for `{}` cannot be written", partner.code)).because(error)
}
