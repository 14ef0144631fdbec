//! Sheets that we put into a workbook ourselves: told from a partner's by the mark that each carries,
//! and left out when the workbook is read.

use crate::formats::{self, Book};
use crate::whole::cells_of;
use qd_model::answer::{CODES, Column, FINDINGS, HOW_TO, Mark, NOT_CHECKED, SUMMARY};
use std::collections::BTreeMap;
use std::path::Path;

/// How many rows of a sheet are looked at for the mark.
const ROWS: usize = 8;

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

/// Our own sheets in a workbook, with what their marks say.
pub fn own_sheets(path: &Path) -> Vec<(String, Mark)> {
    let Ok(mut book) = formats::open(path) else { return Vec::new() };
    own_sheets_of(book.as_mut())
}

fn own_sheets_of(book: &mut dyn Book) -> Vec<(String, Mark)> {
    let names: Vec<Option<String>> = book.sheets().iter().map(|sheet| sheet.name.clone()).collect();
    let marked = names.into_iter().enumerate().filter_map(|(sheet, name)| Some((name?, mark(book, sheet)?)));
    marked.collect()
}

/// A line of a findings sheet in which somebody has written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerLine {
    /// What the sheet's mark says.
    pub mark: Mark,
    /// The sheet's name.
    pub sheet: String,
    /// The spreadsheet row, counted from 1.
    pub row: u32,
    /// The cells by column of the findings sheet; blank where nothing stands.
    cells: BTreeMap<&'static str, String>,
}

impl AnswerLine {
    /// What stands in a column.
    pub fn cell(&self, column: Column) -> &str {
        self.cells.get(column.heading()).map_or("", String::as_str)
    }
}

/// The lines of all findings sheets in a workbook in which a reason or an explanation was written,
/// in order.
pub fn answers(path: &Path) -> Vec<AnswerLine> {
    let Ok(mut book) = formats::open(path) else { return Vec::new() };
    let mut lines = Vec::new();
    for sheet in 0..book.sheets().len() {
        let Some(name) = book.sheets()[sheet].name.clone() else { continue };
        let is_findings = name.trim().to_lowercase().starts_with(&FINDINGS.to_lowercase());
        let Some(mark) = Some(sheet).filter(|_| is_findings).and_then(|sheet| mark(book.as_mut(), sheet)) else {
            continue;
        };
        let mut columns: BTreeMap<u32, Column> = BTreeMap::new();
        let mut rows: BTreeMap<u32, BTreeMap<&'static str, String>> = BTreeMap::new();
        // What stands below a sheet that breaks off cannot be read by anybody.
        let _ = cells_of(book.as_mut(), sheet, &mut |row, column, text, _| {
            if let Some(known) = columns.get(&column) {
                rows.entry(row).or_default().insert(known.heading(), text.trim().to_owned());
            } else {
                let known = Column::ALL.into_iter().find(|known| known.heading() == text.trim());
                columns.extend(known.map(|known| (column, known)));
            }
        });
        lines.extend(rows.into_iter().map(|(row, cells)| AnswerLine {
            mark: mark.clone(),
            sheet: name.clone(),
            row,
            cells,
        }));
    }
    let wrote = |line: &AnswerLine| {
        [Column::Reason, Column::Explanation].into_iter().any(|column| !line.cell(column).is_empty())
    };
    lines.retain(wrote);
    lines
}
