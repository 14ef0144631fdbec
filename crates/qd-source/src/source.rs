//! Opening a partner's file: format, sheet, heading row, columns, and then its rows.

use crate::block::{Blocks, Plan};
use crate::choose::{self, choose};
use crate::faults::{self, Trouble};
use crate::formats::{self, Book};
use crate::headings::Headings;
use crate::layout::{self, Layout};
use crate::place::Place;
use qd_model::{Schema, Severity, SourceFindings};
use qd_table::Shape;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// How a source is to be read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Request<'a> {
    /// The schema whose fields are looked for; without one, everything is read as it stands.
    pub schema: Option<&'a Schema>,
    /// The partner's own mapping: heading, then the name of the field that it means.
    pub headings: &'a [(String, String)],
    /// The sheet's name, for workbooks; else the one sheet whose headings fit.
    pub sheet: Option<&'a str>,
    /// Formats that differ from the schema's, by field.
    pub formats: &'a [(String, String)],
    /// Where the table stands, where its headings alone do not tell.
    pub place: Place<'a>,
    /// How much of a text file is looked at for its encoding before it is read.
    pub look: Look,
}

/// How much of a text file is looked at for its encoding before it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Look {
    /// All of it: the first accent may stand on its last line.
    #[default]
    Whole,
    /// Its beginning. Once the rows have been read, [`Source::is_misread`] tells whether that was enough.
    Beginning,
}

/// What became of a file that was asked for.
pub enum Opened {
    /// Its rows can be read.
    Table(Source),
    /// It cannot be used; the findings say why.
    Rejected(Rejection),
}

/// A file that cannot be used.
#[derive(Debug, Default)]
pub struct Rejection {
    /// Why, with at least one finding of severity `reject`.
    pub findings: SourceFindings,
    /// The sheet, where it was found and its headings were recognised.
    pub sheet: Option<String>,
    /// Heading row and columns, where they were found.
    pub shape: Option<Shape>,
    /// How many rows of data there are, where they could be counted.
    pub rows: u64,
    /// Columns of data that must not arrive, counted from 0: no copy of the file may be kept.
    pub quarantined: Vec<u32>,
}

/// A file whose table was found.
pub struct Source {
    /// Sheet, heading row and columns.
    pub shape: Shape,
    /// What is known before the rows are read, and the faults that the blocks' hits refer to.
    pub findings: SourceFindings,
    /// Columns of data that must not arrive, counted from 0: no copy of the file may be kept.
    pub quarantined: Vec<u32>,
    /// What cannot be looked for in a file of its format: the code of the finding, and why.
    pub not_seen: &'static [(&'static str, &'static str)],
    book: Box<dyn Book>,
    sheet: usize,
    plan: Arc<Plan>,
}

/// Opens a file: recognises its format by its content, and finds sheet, heading row and columns.
pub fn open(path: &Path, request: &Request<'_>) -> Opened {
    match open_to_judge(path, request) {
        Opened::Table(source) if source.findings.count(Severity::Reject) > 0 => Opened::Rejected(reject(source)),
        opened => opened,
    }
}

/// The same for who goes on to look at the cells of a source whose columns forbid its use, so that all
/// that is wrong is known at once: such a source has findings of severity `reject` then.
pub fn open_to_judge(path: &Path, request: &Request<'_>) -> Opened {
    match formats::open(path, request.look).and_then(|book| lay_out(book, request)) {
        Ok(source) => Opened::Table(source),
        Err(trouble) => {
            let mut findings = SourceFindings::default();
            findings.add(trouble.fault().clone());
            Opened::Rejected(Rejection { findings, ..Rejection::default() })
        }
    }
}

/// Finds the table in a book and lays its columns out.
pub(crate) fn lay_out(mut book: Box<dyn Book>, request: &Request<'_>) -> Result<Source, Trouble> {
    let headings = request.schema.map(|schema| (schema, Headings::new(schema, request)));
    let known = headings.as_ref().map(|(schema, headings)| (*schema, headings));
    let choice = choose(book.as_mut(), request, known)?;
    let name = choose::called(book.as_ref(), choice.sheet);
    let Layout { shape, mut findings, quarantined, plan } = layout::lay_out(name, &choice, known, request);
    for note in choice.notes.into_iter().chain(book.notes()).chain(book.sheet_notes(choice.sheet)) {
        findings.add(note);
    }
    let not_seen = book.not_seen(choice.sheet);
    Ok(Source { shape, findings, quarantined, not_seen, book, sheet: choice.sheet, plan: Arc::new(plan) })
}

/// A source whose columns forbid its use. Its rows are counted, so that the run's counts add up.
fn reject(mut source: Source) -> Rejection {
    let rows = source.blocks().map(|block| block.read().chunk.rows.len() as u64).sum();
    let late = source.book.late_notes();
    let Source { shape, mut findings, quarantined, .. } = source;
    for note in late {
        findings.add(note);
    }
    Rejection { findings, sheet: shape.sheet.clone(), shape: Some(shape), rows, quarantined }
}

impl Source {
    /// The rows, in order, as blocks. Cutting blocks is cheap and goes one after the other;
    /// [`crate::Block::read`] is the work, and may be done on any thread.
    pub fn blocks(&mut self) -> Blocks<'_> {
        Blocks(self.book.blocks(self.sheet, Arc::clone(&self.plan)))
    }

    /// Whether the encoding was told by the file's beginning, and what came after it, all of which has been
    /// read now, says that it may be another one: the rows that were read mean nothing then.
    pub fn is_misread(&self) -> bool {
        self.book.is_encoding_assumed() && self.plan.any_broken.load(Ordering::Relaxed)
    }

    /// What is known only once every block has been read: that there was no row, or that the file
    /// breaks off, which is of severity `reject`.
    pub fn finish(self) -> SourceFindings {
        let mut findings = SourceFindings::default();
        for note in self.book.late_notes() {
            findings.add(note);
        }
        if let Some(trouble) = self.book.trouble() {
            findings.add(trouble.clone());
        } else if !self.plan.any_row.load(Ordering::Relaxed) {
            findings.add(faults::no_rows());
        }
        findings
    }
}
