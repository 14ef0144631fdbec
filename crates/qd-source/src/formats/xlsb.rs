//! Binary Excel workbooks (.xlsb), read record by record as the sheet streams past.

use super::head::Head;
use super::input::Input;
use super::values::Text;
use super::workbook::{Cells, CellsBook, Workbook, guarded};
use super::{Book, Format, NotSeen, Sheet, limits};
use crate::faults::{self, Trouble};
use crate::place::Named;
use calamine::{Reader, SheetType, SheetVisible, XlsbError};
use std::io::Cursor;

const NAME: &str = "binary Excel workbook";

/// Binary Excel workbooks.
pub(super) struct Xlsb;

impl Format for Xlsb {
    fn name(&self) -> &'static str {
        "xlsb"
    }

    fn recognises(&self, head: &Head) -> bool {
        head.has_part("xl/workbook.bin")
    }

    fn open(&self, input: &Input) -> Result<Box<dyn Book>, Trouble> {
        let bytes = limits::whole(input)?;
        guarded(NAME, || limits::check(&bytes, NAME))?;
        let book = guarded(NAME, || calamine::Xlsb::new(Cursor::new(bytes)).map_err(|error| said(&error)))?;
        let sheets = book.sheets_metadata().iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
        let sheets = sheets
            .map(|sheet| Sheet { name: Some(sheet.name.clone()), hidden: sheet.visible != SheetVisible::Visible })
            .collect();
        Ok(Box::new(CellsBook::new(XlsbBook(book), sheets)))
    }
}

struct XlsbBook(calamine::Xlsb<Cursor<Vec<u8>>>);

impl Workbook for XlsbBook {
    const NAME: &'static str = NAME;

    fn cells<'a>(&'a mut self, _sheet: usize, name: &str) -> Result<Box<dyn Cells + Send + 'a>, Trouble> {
        let mut cells = self.0.worksheet_cells_reader(name).map_err(|error| said(&error))?;
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
        let names = self.0.defined_names().iter();
        names.filter_map(|(name, refers)| Named::referring(name.clone(), refers)).collect()
    }

    fn not_seen(&self) -> &'static [NotSeen] {
        &[
            ("hidden", "hidden rows and columns cannot be seen in a binary Excel workbook (.xlsb)"),
            ("merged", "merged cells cannot be seen in a binary Excel workbook (.xlsb)"),
            ("uncalculated", "whether a formula was calculated cannot be seen in a binary Excel workbook (.xlsb)"),
        ]
    }
}

/// What the library's error means for a person. Its own words are not repeated, since they may hold
/// what stands in a cell.
fn said(error: &XlsbError) -> Trouble {
    match error {
        XlsbError::Password => faults::protected(),
        _ => faults::damaged(NAME),
    }
}
