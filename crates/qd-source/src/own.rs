//! Sheets that we put into a workbook ourselves: told from a partner's by the mark that each carries,
//! and left out when the workbook is read.

use crate::formats::{self, Book};
use crate::source::Look;
use crate::whole::cells_of;
use qd_model::Schema;
use qd_model::answer::{CODES, Column, FINDINGS, HOW_TO, Mark, NOT_CHECKED, SUMMARY, parse_schema_mark};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

/// How many rows of a sheet are looked at for the mark.
const ROWS: usize = 8;

/// The most that is looked at of a workbook's list of sheets.
const LISTED: u64 = 4 << 20;
/// How old workbooks begin.
const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0";

/// The mark on a sheet, if it is ours. Only sheets that bear one of our names are looked into.
pub(crate) fn mark(book: &mut dyn Book, sheet: usize) -> Option<Mark> {
    let name = book.sheets()[sheet].name.as_deref()?.trim().to_lowercase();
    let ours = [SUMMARY, FINDINGS, NOT_CHECKED, HOW_TO, CODES];
    if !ours.iter().any(|own| name.starts_with(&own.to_lowercase())) {
        return None;
    }
    let sample = book.sample(sheet).ok()?;
    sample.rows.iter().take(ROWS).flat_map(|row| &row.cells).find_map(|cell| Mark::parse(&cell.text))
}

/// Whether a workbook is a template of ours that was made for another version of the schema. What the
/// sheet says of other schemas is about other tables.
pub(crate) fn is_of_other_version(book: &mut dyn Book, schema: &Schema) -> bool {
    let named = |sheet: &usize| book.sheets()[*sheet].name.as_deref().is_some_and(|name| name.trim() == HOW_TO);
    let Some(sheet) = (0..book.sheets().len()).find(named) else { return false };
    if mark(book, sheet).is_none() {
        return false;
    }
    let Ok(sample) = book.sample(sheet) else { return false };
    let mut cells = sample.rows.iter().flat_map(|row| &row.cells);
    let version = cells.find_map(|cell| {
        let (name, version) = parse_schema_mark(&cell.text)?;
        (name == schema.name).then(|| version.to_owned())
    });
    version.is_some_and(|version| version != schema.version.as_deref().unwrap_or_default())
}

/// Our own sheets in a workbook, with what their marks say.
pub fn own_sheets(path: &Path) -> Vec<(String, Mark)> {
    open(path).map_or_else(Vec::new, |mut book| own_sheets_of(book.as_mut()))
}

/// Whether a file is a workbook of our own sheets alone: an answer that came back by itself, and no
/// partner's source.
pub fn is_answer(path: &Path) -> bool {
    open(path).is_some_and(|mut book| {
        let own = own_sheets_of(book.as_mut()).len();
        own > 0 && own == book.sheets().len()
    })
}

fn own_sheets_of(book: &mut dyn Book) -> Vec<(String, Mark)> {
    let names: Vec<Option<String>> = book.sheets().iter().map(|sheet| sheet.name.clone()).collect();
    let marked = names.into_iter().enumerate().filter_map(|(sheet, name)| Some((name?, mark(book, sheet)?)));
    marked.collect()
}

/// A workbook that may hold sheets of ours. Others are not opened: most files are none.
fn open(path: &Path) -> Option<Box<dyn Book>> {
    may_hold_ours(path).unwrap_or(false).then(|| formats::open(path, Look::Whole).ok())?
}

/// Looks for the name of one of our sheets where a workbook lists its sheets.
fn may_hold_ours(path: &Path) -> std::io::Result<bool> {
    let names = [FINDINGS, HOW_TO, SUMMARY];
    let wide = |name: &str| name.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let is_named = |bytes: &[u8]| {
        names.iter().any(|name| {
            memchr::memmem::find(bytes, name.as_bytes()).is_some() || memchr::memmem::find(bytes, &wide(name)).is_some()
        })
    };
    let mut file = std::fs::File::open(path)?;
    let mut head = [0; 8];
    let length = file.read(&mut head)?;
    if head[..length].starts_with(COMPOUND) {
        return Ok(is_named(&std::fs::read(path)?));
    }
    if !head[..length].starts_with(b"PK") {
        return Ok(false);
    }
    let Ok(mut archive) = zip::ZipArchive::new(file) else { return Ok(false) };
    if archive.index_for_name("content.xml").is_some() {
        return Ok(true);
    }
    for name in ["xl/workbook.xml", "xl/workbook.bin"] {
        if let Ok(part) = archive.by_name(name) {
            let mut list = Vec::new();
            part.take(LISTED).read_to_end(&mut list)?;
            return Ok(is_named(&list));
        }
    }
    // A workbook may point anywhere, but no program that we know of does.
    Ok(false)
}

/// A line of a findings sheet that came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerLine {
    /// What the sheet's mark says.
    pub mark: Mark,
    /// The sheet's name.
    pub sheet: String,
    /// The spreadsheet row, counted from 1.
    pub row: u32,
    /// The cells by the heading of their column; blank where nothing stands.
    cells: BTreeMap<&'static str, (u32, String)>,
}

impl AnswerLine {
    /// What stands in a column.
    pub fn cell(&self, column: Column) -> &str {
        self.cells.get(column.heading()).map_or("", |(_, text)| text)
    }

    /// Where a column stands on the sheet, counted from 0, if anything stands in it.
    pub fn column(&self, column: Column) -> Option<u32> {
        self.cells.get(column.heading()).map(|(at, _)| *at)
    }
}

/// The lines of all findings sheets in a workbook, in order.
pub fn answers(path: &Path) -> Vec<AnswerLine> {
    let Some(mut book) = open(path) else { return Vec::new() };
    let mut lines = Vec::new();
    for sheet in 0..book.sheets().len() {
        let Some(name) = book.sheets()[sheet].name.clone() else { continue };
        let is_findings = name.trim().to_lowercase().starts_with(&FINDINGS.to_lowercase());
        let Some(mark) = Some(sheet).filter(|_| is_findings).and_then(|sheet| mark(book.as_mut(), sheet)) else {
            continue;
        };
        let mut columns: BTreeMap<u32, Column> = BTreeMap::new();
        let mut rows: BTreeMap<u32, BTreeMap<&'static str, (u32, String)>> = BTreeMap::new();
        // What stands below a sheet that breaks off cannot be read by anybody.
        let _ = cells_of(book.as_mut(), sheet, &mut |row, column, text, _| {
            if let Some(known) = columns.get(&column) {
                rows.entry(row).or_default().insert(known.heading(), (column, text.trim().to_owned()));
            } else {
                let known = Column::ALL.into_iter().find(|known| known.heading() == text.trim());
                columns.extend(known.map(|known| (column, known)));
            }
        });
        let line = |(row, cells)| AnswerLine { mark: mark.clone(), sheet: name.clone(), row, cells };
        lines.extend(rows.into_iter().map(line));
    }
    lines
}
