//! What is read from whole files: text, workbooks, the pages' own examples, and public collections.

mod corpora;
mod hostile;
mod laws;
mod ods;
mod packed;
mod pages;
mod pairs;
mod text;
mod workbook;

use crate::formats::input::Input;
use crate::formats::text::TextBook;
use crate::source::lay_out;
use crate::{Opened, Request, Source, open};
use arrow::array::Array;
use qd_model::finding::column_letters;
use qd_model::{Schema, SourceFindings, Syntax};
use std::path::{Path, PathBuf};

/// A row: its number and its cells.
pub(super) type Row = (u32, Vec<Option<String>>);

/// Everything that was read from a file.
pub(super) struct Read {
    pub(super) headings: Vec<String>,
    pub(super) heading_row: u32,
    pub(super) rows: Vec<Row>,
    /// "row column code", sorted as reports are; "-" where there is none.
    pub(super) findings: Vec<String>,
    /// All messages, for what they must and must not say.
    pub(super) messages: String,
    pub(super) quarantined: Vec<u32>,
}

impl Read {
    /// The table as lines: headings, then rows with their numbers; "~" stands for null.
    pub(super) fn table(&self) -> String {
        let mut lines = vec![format!("{}: {}", self.heading_row, self.headings.join("|"))];
        for (row, cells) in &self.rows {
            let cells: Vec<&str> = cells.iter().map(|cell| cell.as_deref().unwrap_or("~")).collect();
            lines.push(format!("{row}: {}", cells.join("|")));
        }
        lines.join("\n")
    }
}

pub(super) fn read_file(path: &Path, request: &Request<'_>) -> Read {
    match open(path, request) {
        Opened::Table(source) => read_source(source),
        Opened::Rejected(rejection) => Read {
            headings: Vec::new(),
            heading_row: 0,
            rows: Vec::new(),
            quarantined: rejection.quarantined,
            ..of_findings(rejection.findings)
        },
    }
}

pub(super) fn read_source(mut source: Source) -> Read {
    let mut findings = std::mem::take(&mut source.findings);
    let (shape, quarantined) = (source.shape.clone(), source.quarantined.clone());
    let mut rows = Vec::new();
    for block in source.blocks().collect::<Vec<_>>() {
        let read = block.read();
        findings.hits.extend(read.hits);
        assert_eq!(read.chunk.columns.len(), shape.columns.len());
        for (index, row) in read.chunk.rows.iter().enumerate() {
            let cells = read.chunk.columns.iter().map(|column| {
                assert_eq!(column.text.len(), read.chunk.rows.len());
                column.text.is_valid(index).then(|| column.text.value(index).to_owned())
            });
            rows.push((*row, cells.collect()));
        }
    }
    findings.extend(source.finish());
    Read {
        headings: shape.columns.iter().map(|column| column.heading.clone()).collect(),
        heading_row: shape.heading_row,
        rows,
        quarantined,
        ..of_findings(findings)
    }
}

fn of_findings(mut findings: SourceFindings) -> Read {
    findings.sort();
    let line = |finding: qd_model::Finding<'_>| {
        let row = finding.row.map_or("-".to_owned(), |row| row.to_string());
        let column = finding.fault.column.map_or("-".to_owned(), column_letters);
        format!("{row} {column} {}", finding.fault.code)
    };
    Read {
        headings: Vec::new(),
        heading_row: 0,
        rows: Vec::new(),
        findings: findings.iter().map(line).collect(),
        messages: findings.iter().map(|finding| &*finding.fault.message).collect::<Vec<_>>().join("\n"),
        quarantined: Vec::new(),
    }
}

/// Writes bytes to a file and reads them; the block size is given where it is not the usual one.
pub(super) fn read_bytes(bytes: &[u8], request: &Request<'_>, block: Option<usize>) -> Read {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, bytes).unwrap();
    match block {
        None => read_file(&path, request),
        Some(block) => {
            let book = Box::new(TextBook::open(&Input::file(&path, crate::Look::Whole), block).unwrap());
            read_source(lay_out(book, request).map_err(|trouble| trouble.fault().message.clone()).unwrap())
        }
    }
}

pub(super) fn schema(toml: &str) -> Schema {
    Schema::parse(toml, Syntax::Toml, "programme/table").unwrap()
}

pub(super) fn corpora(folder: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora").join(folder);
    if !path.is_dir() {
        println!("skipped: the public test files are not here");
        return None;
    }
    Some(path)
}
