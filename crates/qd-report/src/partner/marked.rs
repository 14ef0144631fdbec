//! The partner's own workbook with its cells marked, and our sheets in front: holds what the partner
//! sent, and so stays in the private folder unless the way to the partner is safe.

use super::book::{Beside, Wording, about_book, first_column, place_of, sheets};
use super::{About, fix_for_sender};
use qd_book::package::{CellEdit, Emptied, NOTES, Note, Package, SheetEdits};
use qd_book::{Book, BookError, Tone, Tones};
use qd_model::Severity;
use qd_model::finding::Finding;
use qd_model::report::{Report, SourceReport};
use std::collections::BTreeMap;

/// A workbook that is to be marked up.
pub struct Original<'a> {
    /// The workbook.
    pub package: Package,
    /// For each source of the report the sheet on which it stands; none where nothing can be marked.
    pub places: Vec<Option<String>>,
    /// The columns of data that must not arrive, by source, counted from 0.
    pub quarantined: Vec<Vec<u32>>,
    /// Sheets that an earlier answer of ours put in front.
    pub earlier: &'a [String],
    /// What of the file could not be kept as it was, in words for its sender.
    pub changed: Vec<String>,
    /// Whether its cells have their backgrounds already ([`tones`]).
    pub is_toned: bool,
}

/// The backgrounds of a source's cells, for a sheet that is written anew.
pub fn tones(source: &SourceReport) -> Tones {
    let first = first_column(source);
    let mut tones: BTreeMap<(u32, u32), Severity> = BTreeMap::new();
    for finding in source.findings.iter().filter(|finding| finding.explained.is_none()) {
        let Some(place) = place_of(source, &finding, first) else { continue };
        let severity = finding.fault.severity;
        tones.entry(place).and_modify(|tone| *tone = (*tone).min(severity)).or_insert(severity);
    }
    tones.into_iter().map(|(place, severity)| (place, Tone::from(severity))).collect()
}

/// Marks a workbook up. `report` holds the findings about this workbook only.
pub fn marked_up(report: &Report, about: &About<'_>, original: Original<'_>) -> Result<Vec<u8>, BookError> {
    let Original { mut package, places, quarantined, earlier, mut changed, is_toned } = original;
    package.take_off_answer(earlier);
    let mut by_sheet: BTreeMap<&str, SheetEdits> = BTreeMap::new();
    let mut notes_left_out = false;
    for (index, source) in report.sources.iter().enumerate() {
        let Some(sheet) = places.get(index).and_then(Option::as_deref) else { continue };
        let edits = by_sheet.entry(sheet).or_default();
        notes_left_out |= mark(source, edits);
        if is_toned {
            edits.cells.clear();
        }
        let below = source.heading_row.unwrap_or(0);
        let columns = quarantined.get(index).into_iter().flatten();
        edits.emptied.extend(columns.map(|column| Emptied { column: *column, below }));
    }
    for (sheet, edits) in by_sheet {
        package.edit(sheet, edits);
    }
    if notes_left_out {
        changed.push(
            "There are more findings than a sheet can carry notes. The rest is coloured, and listed on the sheet \"Findings\"."
                .to_owned(),
        );
    }
    if quarantined.iter().any(|columns| !columns.is_empty()) {
        changed.push("Columns of data that we must not receive were emptied in this copy.".to_owned());
    }
    let places = places.iter().map(Option::as_deref).collect();
    let beside = Beside { places, has_values: true, changed };
    let mut book = Book::in_front_of(&package, about_book(report, about));
    sheets(&mut book, report, about, &beside)?;
    package.put_in_front(book)?;
    package.finish()
}

/// What is marked on one cell.
struct Marked<'a> {
    tone: Severity,
    /// Indexes of the faults, each once.
    faults: Vec<u32>,
    first: Finding<'a>,
}

/// Marks the cells of one source. Answers whether there are more notes than a sheet can carry.
fn mark(source: &SourceReport, edits: &mut SheetEdits) -> bool {
    let first = first_column(source);
    let mut cells: BTreeMap<(u32, u32), Marked<'_>> = BTreeMap::new();
    for (hit, finding) in source.findings.hits.iter().zip(source.findings.iter()) {
        let Some(place) = place_of(source, &finding, first).filter(|_| finding.explained.is_none()) else { continue };
        let severity = finding.fault.severity;
        let marked = cells.entry(place).or_insert(Marked { tone: severity, faults: Vec::new(), first: finding });
        marked.tone = marked.tone.min(severity);
        marked.faults.push(hit.fault);
    }
    let words: Vec<Wording> = source.findings.faults.iter().map(Wording::of).collect();
    let room = NOTES.saturating_sub(edits.notes.len());
    edits.notes.extend(cells.iter().take(room).map(|(place, marked)| (*place, note(marked, &words, source))));
    let is_too_many = cells.len() > room;
    edits.cells.extend(
        cells
            .into_iter()
            .map(|(place, marked)| (place, CellEdit { tone: Some(Tone::from(marked.tone)), ..CellEdit::default() })),
    );
    is_too_many
}

fn note(marked: &Marked<'_>, words: &[Wording], source: &SourceReport) -> Note {
    let title = match marked.faults.len() {
        1 => words[marked.faults[0] as usize].severity.clone(),
        several => format!("{several} findings"),
    };
    let about_row =
        if marked.first.row.is_some() && marked.first.fault.column.is_none() { "About this row: " } else { "" };
    let lines = marked.faults.iter().map(|fault| {
        let (words, fault) = (&words[*fault as usize], &source.findings.faults[*fault as usize]);
        format!("{about_row}{} {}", words.what, fix_for_sender(&fault.fix)).trim().to_owned()
    });
    Note { title, text: lines.collect::<Vec<_>>().join("\n") }
}
