//! Excel workbooks (.xlsx, .xlsm), read cell by cell as the sheet's XML streams past.

mod cut;
mod mini;
mod named;
mod parts;
mod plain;
mod unseen;

pub(crate) use cut::{Late, Piece, Pieces};

use super::head::Head;
use super::input::{Input, Unfolded};
use super::values::Text;
use super::workbook::{Cells, CellsBook, Workbook, guarded};
use super::{Book, Format, Sheet, limits};
use crate::block::Plan;
use crate::faults::{self, Trouble};
use crate::place::Named;
use calamine::{Reader, SheetType, SheetVisible, XlsxError};
use qd_model::Fault;
use std::io::Cursor;
use std::sync::Arc;

const NAME: &str = "Excel workbook";

/// Excel workbooks.
pub(super) struct Xlsx;

impl Format for Xlsx {
    fn name(&self) -> &'static str {
        "xlsx"
    }

    fn recognises(&self, head: &Head) -> bool {
        head.has_part("xl/") && !head.has_part("xl/workbook.bin")
    }

    fn open(&self, input: &Input) -> Result<Box<dyn Book>, Trouble> {
        let bytes = limits::whole(input)?;
        guarded(NAME, || limits::check(&bytes, NAME))?;
        let bytes = Unfolded::new(bytes);
        if !guarded(NAME, || Ok(parts::texts_fit(&bytes)))? {
            return Err(faults::damaged(NAME));
        }
        let shared = bytes.clone();
        let book = guarded(NAME, || calamine::Xlsx::new(Cursor::new(shared)).map_err(|error| said(&error)))?;
        let sheets = book.sheets_metadata().iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
        let sheets = sheets
            .map(|sheet| Sheet { name: Some(sheet.name.clone()), hidden: sheet.visible != SheetVisible::Visible })
            .collect();
        Ok(Box::new(CellsBook::new(XlsxBook { book, bytes }, sheets)))
    }
}

struct XlsxBook {
    book: calamine::Xlsx<Cursor<Unfolded>>,
    bytes: Unfolded,
}

/// A sheet whose XML is smaller than this is read on one thread.
const LEAST: u64 = 2 << 20;

impl Workbook for XlsxBook {
    const NAME: &'static str = NAME;

    fn pieces(&mut self, name: &str, plan: &Arc<Plan>) -> Option<Pieces> {
        Pieces::open(&self.bytes, name, self.book.has_1904_epoch(), LEAST, plan)
    }

    fn cells<'a>(&'a mut self, _sheet: usize, name: &str) -> Result<Box<dyn Cells + Send + 'a>, Trouble> {
        let mut cells = self.book.worksheet_cells_reader(name).map_err(|error| said(&error))?;
        Ok(Box::new(move |text: &mut Text| {
            while let Some(cell) = cells.next_cell().map_err(|error| said(&error))? {
                let (row, column) = cell.get_position();
                if text.set(cell.get_value()) {
                    return Ok(Some((row.saturating_add(1), column)));
                }
            }
            Ok(None)
        }))
    }

    fn named_areas(&mut self) -> Vec<Named> {
        named::areas(&self.bytes).unwrap_or_default()
    }

    fn sheet_notes(&mut self, _sheet: usize, name: &str) -> Vec<Fault> {
        // A sheet that is cut is looked at while it is read.
        if cut::size(&self.bytes, name).is_some_and(|size| size >= LEAST) {
            return Vec::new();
        }
        unseen::count(&self.bytes, name).unwrap_or_default().notes()
    }

    fn late_notes(&mut self, name: &str) -> Vec<Fault> {
        match cut::size(&self.bytes, name) {
            Some(size) if size >= LEAST => unseen::count(&self.bytes, name).unwrap_or_default().notes(),
            _ => Vec::new(),
        }
    }
}

/// What the library's error means for a person. Its own words are not repeated, since they may hold
/// what stands in a cell.
fn said(error: &XlsxError) -> Trouble {
    match error {
        XlsxError::Password => faults::protected(),
        _ => faults::damaged(NAME),
    }
}
