//! Every sheet of a file, cell by cell, as it is read: for the copies that are marked up.

use crate::block::Plan;
use crate::faults::Trouble;
use crate::formats::{self, Book};
use crate::source::Look;
use arrow::array::Array;
use qd_table::Stored;
use std::path::Path;
use std::sync::Arc;

/// Columns of a sheet.
const COLUMNS: u32 = 16_384;
/// The columns that are tried first.
const FIRST: u32 = 128;
/// The hit that says that a cell stands farther right.
const BEYOND: u32 = 0;
/// A hit that says nothing here.
const OTHER: u32 = 1;

/// A file with all its sheets.
pub struct Whole {
    book: Box<dyn Book>,
}

/// One sheet of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WholeSheet {
    /// Its name; a text file has none.
    pub name: Option<String>,
    /// Whether a person sees it.
    pub is_hidden: bool,
}

/// A file, or the rest of a sheet, that cannot be read. The findings say why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable;

/// Opens a file.
pub fn whole(path: &Path) -> Result<Whole, Unreadable> {
    formats::open(path, Look::Whole).map(|book| Whole { book }).map_err(|_| Unreadable)
}

impl Whole {
    /// Its sheets, in order.
    pub fn sheets(&self) -> Vec<WholeSheet> {
        let sheets = self.book.sheets().iter();
        sheets.map(|sheet| WholeSheet { name: sheet.name.clone(), is_hidden: sheet.hidden }).collect()
    }

    /// Calls for each cell of a sheet that holds something, row by row: row from 1, column from 0,
    /// canonical text, and how it is stored.
    pub fn cells(&mut self, sheet: usize, each: &mut dyn FnMut(u32, u32, &str, Stored)) -> Result<(), Unreadable> {
        cells_of(self.book.as_mut(), sheet, each).map_err(|_| Unreadable)
    }
}

pub(crate) fn cells_of(
    book: &mut dyn Book,
    sheet: usize,
    each: &mut dyn FnMut(u32, u32, &str, Stored),
) -> Result<(), Trouble> {
    let width = width(book, sheet)?;
    for block in book.blocks(sheet, plan(width)) {
        let chunk = block.read().chunk;
        for (index, row) in chunk.rows.iter().enumerate() {
            for (column, cells) in (0u32..).zip(&chunk.columns) {
                if cells.text.is_null(index) || cells.text.value(index).is_empty() {
                    continue;
                }
                let stored = cells.stored.as_ref().map_or(Stored::Text, |stored| stored[index]);
                each(*row, column, cells.text.value(index), stored);
            }
        }
    }
    book.trouble().map_or(Ok(()), |fault| Err(Trouble::from(fault.clone())))
}

/// How many columns of a sheet hold something, or a few more.
fn width(book: &mut dyn Book, sheet: usize) -> Result<u32, Trouble> {
    let sample = book.sample(sheet)?;
    let cells = sample.rows.iter().flat_map(|row| row.cells.iter().map(|cell| cell.column + 1).chain(row.width));
    let mut width = cells.max().unwrap_or(0).max(1);
    loop {
        let is_wider =
            book.blocks(sheet, plan(width)).any(|block| block.read().hits.iter().any(|hit| hit.fault == BEYOND));
        if !is_wider || width >= COLUMNS {
            return Ok(width);
        }
        width = (width * 2).clamp(FIRST, COLUMNS);
    }
}

/// Everything is read, up to a column.
fn plan(width: u32) -> Arc<Plan> {
    Arc::new(Plan {
        widths: (0, width),
        ragged: BEYOND,
        undecodable: OTHER,
        nul: OTHER,
        stray: OTHER,
        outside: BEYOND,
        ..Plan::of_columns(0, width - 1)
    })
}
