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
use super::workbook::{Cells, CellsBook, Place, Workbook, guarded};
use super::{Book, Format, Sheet, limits};
use crate::block::Plan;
use crate::faults::{self, Trouble};
use crate::place::Named;
use calamine::{Reader, SheetType, SheetVisible, XlsxError};
use plain::Shared;
use qd_model::Fault;
use std::cell::OnceCell;
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
        // Without its texts and rows a workbook is opened at once; whoever needs all of it opens it then.
        let light =
            guarded(NAME, || Ok(mini::without_sheets(&bytes).and_then(|light| calamine::Xlsx::new(light).ok())));
        let (book, sheets) = if let Ok(Some(light)) = light {
            (XlsxBook::new(bytes, light.has_1904_epoch()), sheets(&light))
        } else {
            let full = guarded(NAME, || open(&bytes))?;
            let book = XlsxBook::new(bytes, full.has_1904_epoch());
            let sheets = sheets(&full);
            (XlsxBook { full: Some(full), ..book }, sheets)
        };
        Ok(Box::new(CellsBook::new(book, sheets)))
    }
}

fn open(bytes: &Unfolded) -> Result<Full, Trouble> {
    calamine::Xlsx::new(Cursor::new(bytes.clone())).map_err(|error| said(&error))
}

fn sheets<R: std::io::Read + std::io::Seek>(book: &calamine::Xlsx<R>) -> Vec<Sheet> {
    let sheets = book.sheets_metadata().iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    sheets
        .map(|sheet| Sheet { name: Some(sheet.name.clone()), hidden: sheet.visible != SheetVisible::Visible })
        .collect()
}

/// The library's view of the whole workbook, its texts among it.
type Full = calamine::Xlsx<Cursor<Unfolded>>;

struct XlsxBook {
    bytes: Unfolded,
    is_1904: bool,
    /// Opened once a sheet turns out not to be plain.
    full: Option<Full>,
    /// What plain cells refer to, once it was looked for; nothing where it could not be read.
    shared: OnceCell<Option<Arc<Shared>>>,
}

impl XlsxBook {
    fn new(bytes: Unfolded, is_1904: bool) -> Self {
        Self { bytes, is_1904, full: None, shared: OnceCell::new() }
    }

    fn shared(&self, name: &str) -> Option<Arc<Shared>> {
        self.shared.get_or_init(|| cut::shared(&self.bytes, name, self.is_1904).map(Arc::new)).clone()
    }
}

/// Cells that were read ahead.
struct Ahead(std::vec::IntoIter<cut::Kept>);

impl Cells for Ahead {
    fn next(&mut self, text: &mut Text) -> Result<Option<Place>, Trouble> {
        Ok(self.0.next().map(|cell| {
            text.set_text(&cell.text, cell.stored);
            cell.place
        }))
    }
}

impl Workbook for XlsxBook {
    const NAME: &'static str = NAME;

    fn beginning<'a>(&'a mut self, name: &str, rows: usize) -> Option<Box<dyn Cells + Send + 'a>> {
        let shared = self.shared(name)?;
        let cells = cut::beginning(&self.bytes, name, &shared, rows)?;
        Some(Box::new(Ahead(cells.into_iter())))
    }

    fn pieces(&mut self, name: &str, plan: &Arc<Plan>) -> Option<Pieces> {
        let shared = self.shared(name)?;
        Pieces::open(&self.bytes, name, shared, plan)
    }

    fn cells<'a>(&'a mut self, _sheet: usize, name: &str) -> Result<Box<dyn Cells + Send + 'a>, Trouble> {
        let full = match self.full.take() {
            Some(full) => full,
            None => open(&self.bytes)?,
        };
        let mut cells = self.full.insert(full).worksheet_cells_reader(name).map_err(|error| said(&error))?;
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

    fn late_notes(&mut self, name: &str) -> Vec<Fault> {
        unseen::count(&self.bytes, name).unwrap_or_default().notes()
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
