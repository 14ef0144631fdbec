//! One reader over one workbook, in a process of its own.

use super::cells::{Cell, Sum};
use crate::bench::workbook::{DATES, EPOCH, NUMBERS};
use arrow::array::Array;
use calamine::{Data, DataRef, Reader, Xlsx, open_workbook};
use qd_check::{Checker, Settings};
use qd_model::finding::ShowValues;
use qd_model::{Schema, Syntax};
use qd_source::{Look, Opened, Request};
use qd_table::{Chunk, Stored, Typed};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// What this program is called with, to read as one of them.
pub(super) const COMMAND: &str = "xlsx-reader";
/// The schema of the table that is read.
pub(super) const SCHEMA: &str = "crates/xtask/bench/wcsv.toml";

/// Who reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    /// The library's range, put into typed columns.
    Range,
    /// The library's cells as they stream past, of which nothing is kept.
    Stream,
    /// Ours, as the checks take it: columns of canonical text, each cell with its kind.
    Ours,
    /// Ours with the checks: columns of the schema's types, and every finding of a cell.
    Checked,
}

impl Who {
    pub(super) const ALL: [Self; 4] = [Self::Range, Self::Stream, Self::Ours, Self::Checked];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Range => "range",
            Self::Stream => "stream",
            Self::Ours => "ours",
            Self::Checked => "checked",
        }
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Range => "calamine: range, then typed columns",
            Self::Stream => "calamine: streaming cells, nothing kept",
            Self::Ours => "quarterday: text columns with each cell's kind",
            Self::Checked => "quarterday: typed columns, every cell checked",
        }
    }
}

/// Reads as one of them: `read` for the time that it takes, `check` to say what was read.
pub(in crate::bench) fn serve(root: &Path, who: &str, how: &str, file: &Path) -> Result<String, String> {
    let who = Who::ALL.into_iter().find(|known| known.name() == who).ok_or("nobody reads under that name")?;
    let mut sum = (how == "check").then(Sum::default);
    match who {
        Who::Range => range(file, sum.as_mut())?,
        Who::Stream => stream(file, sum.as_mut())?,
        Who::Ours => ours(root, file, sum.as_mut())?,
        Who::Checked => checked(root, file, sum.as_mut())?,
    }
    Ok(sum.map_or_else(String::new, |sum| sum.to_string()))
}

/// A column of one type; what is of another type stands beside it, by its row.
enum Column {
    Text(Vec<Option<String>>),
    Numbers(Vec<Option<f64>>, Vec<(usize, String)>),
}

fn range(file: &Path, sum: Option<&mut Sum>) -> Result<(), String> {
    let mut book: Xlsx<_> = open_workbook(file).map_err(|error: calamine::XlsxError| error.to_string())?;
    let range = book.worksheet_range_at(0).ok_or("there is no sheet")?.map_err(|error| error.to_string())?;
    let is_number = |column: usize| DATES.contains(&column) || NUMBERS.contains(&column);
    let (height, width) = range.get_size();
    let empty = |column: usize| {
        if is_number(column) {
            Column::Numbers(Vec::with_capacity(height), Vec::new())
        } else {
            Column::Text(Vec::with_capacity(height))
        }
    };
    let mut columns: Vec<Column> = (0..width).map(empty).collect();
    for (row, cells) in range.rows().enumerate().skip(1) {
        for (cell, column) in cells.iter().zip(&mut columns) {
            match column {
                Column::Text(texts) => texts.push(match cell {
                    Data::Empty => None,
                    Data::String(text) => Some(text.clone()),
                    other => Some(other.to_string()),
                }),
                Column::Numbers(numbers, odd) => numbers.push(match cell {
                    Data::Empty => None,
                    Data::Float(number) => Some(*number),
                    Data::DateTime(moment) => Some(moment.as_f64()),
                    other => {
                        odd.push((row, other.to_string()));
                        None
                    }
                }),
            }
        }
    }
    let Some(sum) = sum else { return Ok(()) };
    for (at, column) in columns.iter().enumerate() {
        let numbered = |number| if DATES.contains(&at) { Cell::Date(number) } else { Cell::Number(number) };
        match column {
            Column::Text(texts) => {
                for (row, text) in (1..).zip(texts) {
                    if let Some(text) = text {
                        sum.add(row, at, Cell::Text(text));
                    }
                }
            }
            Column::Numbers(numbers, odd) => {
                for (row, number) in (1..).zip(numbers) {
                    if let Some(number) = number {
                        sum.add(row, at, numbered(*number));
                    }
                }
                for (row, text) in odd {
                    sum.add(*row, at, Cell::Text(text));
                }
            }
        }
    }
    Ok(())
}

fn stream(file: &Path, mut sum: Option<&mut Sum>) -> Result<(), String> {
    let mut book: Xlsx<_> = open_workbook(file).map_err(|error: calamine::XlsxError| error.to_string())?;
    let name = book.sheet_names().first().cloned().ok_or("there is no sheet")?;
    let mut cells = book.worksheet_cells_reader(&name).map_err(|error| error.to_string())?;
    while let Some(cell) = cells.next_cell().map_err(|error| error.to_string())? {
        let (row, column) = cell.get_position();
        let value = match cell.get_value() {
            DataRef::String(text) => Cell::Text(text),
            DataRef::SharedString(text) => Cell::Text(text),
            DataRef::Float(number) => Cell::Number(*number),
            DataRef::DateTime(moment) => Cell::Date(moment.as_f64()),
            _ => continue,
        };
        if let Some(sum) = sum.as_mut().filter(|_| row > 0) {
            sum.add(row as usize, column as usize, value);
        }
    }
    Ok(())
}

/// The rows as the pipeline reads them, block by block on all threads, each given to `take`.
fn blocks<T: Send>(
    root: &Path,
    file: &Path,
    take: impl Fn(&Checker, Chunk) -> Result<T, String> + Sync,
) -> Result<Vec<T>, String> {
    let path = root.join(SCHEMA);
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let schema = Schema::parse(&text, Syntax::Toml, "wcsv").map_err(|_| "the schema cannot be read")?;
    let schema = Arc::new(schema);
    let request = Request { schema: Some(&schema), look: Look::Beginning, ..Request::default() };
    let Opened::Table(mut source) = qd_source::open_to_judge(file, &request) else {
        return Err("the workbook is rejected".to_owned());
    };
    let severities = BTreeMap::new();
    let settings = Settings { formats: &[], severities: &severities, show: ShowValues::Plain };
    let checker = Checker::new(&schema, &source.shape, &settings);
    let taken = source.blocks().par_bridge().map(|block| take(&checker, block.read().chunk)).collect();
    let late = source.finish();
    if late.faults.is_empty() { taken } else { Err("the workbook breaks off".to_owned()) }
}

fn ours(root: &Path, file: &Path, sum: Option<&mut Sum>) -> Result<(), String> {
    let chunks: Vec<Chunk> = blocks(root, file, |_, chunk| Ok(chunk))?;
    if let Some(sum) = sum {
        chunks.iter().try_for_each(|chunk| add(sum, chunk))?;
    }
    Ok(())
}

fn checked(root: &Path, file: &Path, sum: Option<&mut Sum>) -> Result<(), String> {
    let is_summed = sum.is_some();
    let parts: Vec<(Typed, Option<Chunk>)> = blocks(root, file, |checker, chunk| {
        let judged = checker.chunk(&chunk);
        Ok((judged.typed, is_summed.then_some(chunk)))
    })?;
    if let Some(sum) = sum {
        for (typed, chunk) in &parts {
            let chunk = chunk.as_ref().expect("kept, since it is summed up");
            add(sum, chunk)?;
            unreadable(typed, chunk)?;
        }
    }
    Ok(())
}

/// Adds the cells of some rows.
fn add(sum: &mut Sum, chunk: &Chunk) -> Result<(), String> {
    for (at, column) in chunk.columns.iter().enumerate() {
        for (index, (row, text)) in chunk.rows.iter().zip(&column.text).enumerate() {
            let Some(text) = text else { continue };
            let cell = match column.stored(index) {
                Stored::Text => Cell::Text(text),
                Stored::Number => Cell::Number(text.parse().map_err(|_| "a number is not one")?),
                Stored::Date => {
                    let day = text.parse().map_err(|_| "a date is not one")?;
                    Cell::Date(f64::from(qd_model::period::days(day) + EPOCH))
                }
                Stored::Boolean | Stored::Error => return Err("a cell is of another kind".to_owned()),
            };
            sum.add(*row as usize - 1, at, cell);
        }
    }
    Ok(())
}

/// Sees that every cell that holds something is a value of its type, or known as one that is none.
fn unreadable(typed: &Typed, chunk: &Chunk) -> Result<(), String> {
    for (at, column) in chunk.columns.iter().enumerate() {
        let filled = column.text.iter().enumerate().filter(|(_, text)| text.is_some());
        let lost = filled.filter(|(row, _)| {
            let is_unreadable = typed.unreadable[at].as_ref().is_some_and(|bits| bits.value(*row));
            typed.column(at).is_null(*row) && !is_unreadable
        });
        if lost.count() > 0 {
            return Err("a cell was lost on its way into typed columns".to_owned());
        }
    }
    Ok(())
}
