//! Old Excel workbooks (.xls), which are read whole: their sheets are small by nature.

mod extent;

use super::head::Head;
use super::input::Input;
use super::values::Text;
use super::workbook::{Cells, CellsBook, Place, Workbook, guarded};
use super::{Book, Format, Sheet, limits};
use crate::faults::{self, Trouble};
use calamine::{Data, DataRef, Range, Reader, SheetType, SheetVisible, XlsError};
use std::io::Cursor;

const NAME: &str = "old Excel workbook";

/// Old Excel workbooks.
pub(super) struct Xls;

impl Format for Xls {
    fn name(&self) -> &'static str {
        "xls"
    }

    fn recognises(&self, head: &Head) -> bool {
        head.starts_with(super::head::COMPOUND)
    }

    fn open(&self, input: &Input) -> Result<Box<dyn Book>, Trouble> {
        let bytes = limits::whole_xls(input)?;
        guarded(NAME, || extent::check(&bytes))?;
        let book = guarded(NAME, || calamine::Xls::new(Cursor::new(bytes)).map_err(|error| said(&error)))?;
        let sheets = book.sheets_metadata().iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
        let sheets = sheets
            .map(|sheet| Sheet { name: Some(sheet.name.clone()), hidden: sheet.visible != SheetVisible::Visible })
            .collect();
        Ok(Box::new(CellsBook::new(XlsBook(book), sheets)))
    }
}

struct XlsBook(calamine::Xls<Cursor<Vec<u8>>>);

impl Workbook for XlsBook {
    const NAME: &'static str = NAME;

    fn cells<'a>(&'a mut self, _sheet: usize, name: &str) -> Result<Box<dyn Cells + Send + 'a>, Trouble> {
        let range = self.0.worksheet_range(name).map_err(|error| said(&error))?;
        Ok(Box::new(XlsCells { start: range.start().unwrap_or_default(), range, at: 0 }))
    }
}

/// The cells of a sheet that is held whole.
struct XlsCells {
    range: Range<Data>,
    start: (u32, u32),
    at: usize,
}

impl Cells for XlsCells {
    fn next(&mut self, text: &mut Text) -> Result<Option<Place>, Trouble> {
        let (height, width) = self.range.get_size();
        while self.at < height * width {
            let (row, column) = (self.at / width, self.at % width);
            self.at += 1;
            let Some(cell) = self.range.get((row, column)) else { continue };
            if *cell != Data::Empty && text.set(&borrowed(cell)) {
                return Ok(Some((self.start.0 + row as u32 + 1, self.start.1 + column as u32)));
            }
        }
        Ok(None)
    }
}

/// A cell that is held whole, as cells that stream past are.
fn borrowed(cell: &Data) -> DataRef<'_> {
    match cell {
        Data::Int(value) => DataRef::Int(*value),
        Data::Float(value) => DataRef::Float(*value),
        Data::String(text) => DataRef::SharedString(text),
        Data::Bool(value) => DataRef::Bool(*value),
        Data::DateTime(value) => DataRef::DateTime(*value),
        Data::DateTimeIso(text) => DataRef::DateTimeIso(text.clone()),
        Data::DurationIso(text) => DataRef::DurationIso(text.clone()),
        Data::Error(error) => DataRef::Error(error.clone()),
        Data::Empty => DataRef::Empty,
    }
}

/// What the library's error means for a person. Its own words are not repeated, since they may hold
/// what stands in a cell.
fn said(error: &XlsError) -> Trouble {
    match error {
        XlsError::Password => faults::protected(),
        _ => faults::damaged(NAME),
    }
}
