//! What was read and found, as every report format receives it.

use crate::code::Severity;
use crate::finding::SourceFindings;
use crate::period::Period;
use jiff::civil::Date;

/// The findings of one `validate`, or of one run.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The day on which the data is judged.
    pub as_of: Option<Date>,
    /// The period, where there is one.
    pub period: Option<Period>,
    /// What was read, sorted by source (bytes) and sheet.
    pub sources: Vec<SourceReport>,
    /// What was not judged, and why.
    pub not_checked: Vec<NotChecked>,
}

/// One source: a file, or a sheet of one. Also stands for a source that was expected and is not
/// there, which then has no `source`.
#[derive(Debug, Clone, Default)]
pub struct SourceReport {
    /// The file's name for its own sender, `<partner>-NN` for all others.
    pub source: Option<String>,
    /// The sheet's name, where it may be repeated.
    pub sheet: Option<String>,
    /// The partner's code.
    pub partner: Option<String>,
    /// The table of the pipeline.
    pub table: Option<String>,
    /// The schema's name.
    pub schema: Option<String>,
    /// The schema's version.
    pub schema_version: Option<String>,
    /// Digest of the file's bytes, in hexadecimal.
    pub blake3: Option<String>,
    /// Rows of data found.
    pub rows: u64,
    /// Rows that go on.
    pub accepted: u64,
    /// Rows that are held.
    pub held: u64,
    /// Rows of a source that was rejected: neither accepted nor held.
    pub rejected: u64,
    /// Whether the whole source was rejected.
    pub is_rejected: bool,
    /// The row with the headings, counted from 1.
    pub heading_row: Option<u32>,
    /// The columns that were read.
    pub columns: Vec<ColumnReport>,
    /// How far each field was filled in, in the order of the schema; empty where no row was read.
    pub filled: Vec<Filled>,
    /// What was found.
    pub findings: SourceFindings,
    /// The file as it was named on the command line; absent in what leaves.
    pub path: Option<String>,
}

/// How far one field of a source was filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled {
    /// The schema's field.
    pub field: String,
    /// Whether the schema asks for an answer in every row.
    pub is_required: bool,
    /// Rows in which something stands, readable or not.
    pub rows: u64,
}

/// One column of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnReport {
    /// Counted from 0.
    pub column: u32,
    /// As the partner typed it.
    pub heading: String,
    /// The schema's field, where the heading was recognised.
    pub field: Option<String>,
}

/// A check that could not be made, said out loud.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotChecked {
    /// The code that was not judged.
    pub code: String,
    /// Why.
    pub reason: String,
    /// How many rows it concerns.
    pub rows: u64,
}

/// Findings and rows over a whole report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Sources that were read.
    pub sources: u64,
    /// Rows of data.
    pub rows: u64,
    /// Rows that go on.
    pub accepted: u64,
    /// Rows that are held.
    pub held: u64,
    /// Sources that were rejected.
    pub rejected_sources: u64,
    /// Findings by severity, in the order of [`Severity::ALL`].
    pub findings: [u64; 4],
}

impl Summary {
    /// How many findings have a severity.
    pub fn of(&self, severity: Severity) -> u64 {
        self.findings[severity as usize]
    }
}

impl Report {
    /// Counts over all sources.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for source in &self.sources {
            summary.sources += u64::from(source.source.is_some());
            summary.rows += source.rows;
            summary.accepted += source.accepted;
            summary.held += source.held;
            summary.rejected_sources += u64::from(source.is_rejected);
            for severity in Severity::ALL {
                summary.findings[severity as usize] += source.findings.count(severity) as u64;
            }
        }
        summary
    }

    /// Puts sources and their findings in the order of every report.
    pub fn sort(&mut self) {
        for source in &mut self.sources {
            source.findings.sort();
        }
        self.sources.sort_by(|a, b| {
            (&a.source, &a.sheet, &a.partner, &a.table).cmp(&(&b.source, &b.sheet, &b.partner, &b.table))
        });
        self.not_checked.sort();
    }
}
