//! Excel workbooks (.xlsx, .xlsm), read cell by cell as the sheet's XML streams past.

mod limits;
mod values;

use super::cells::CellsBlock;
use super::head::Head;
use super::{Book, Format, Sheet};
use crate::block::{Block, Plan};
use crate::faults::{self, Trouble};
use crate::guard;
use crate::sample::{ROWS, Sample, SampleCell, SampleRow};
use calamine::{Reader, SheetType, SheetVisible, XlsxError};
use qd_model::Fault;
use qd_table::Stored;
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;
use values::Text;

/// Excel workbooks.
pub(super) struct Xlsx;

impl Format for Xlsx {
    fn name(&self) -> &'static str {
        "xlsx"
    }

    fn recognises(&self, head: &Head) -> bool {
        head.has_part("xl/")
    }

    fn open(&self, path: &Path) -> Result<Box<dyn Book>, Trouble> {
        let bytes = limits::whole(path)?;
        guarded(|| limits::check(&bytes))??;
        let book = library(|| calamine::Xlsx::new(Cursor::new(bytes)))?;
        let sheets = book.sheets_metadata().iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
        let sheets = sheets
            .map(|sheet| Sheet { name: Some(sheet.name.clone()), hidden: sheet.visible != SheetVisible::Visible })
            .collect();
        Ok(Box::new(XlsxBook { book, sheets, trouble: None }))
    }
}

struct XlsxBook {
    book: calamine::Xlsx<Cursor<Vec<u8>>>,
    sheets: Vec<Sheet>,
    trouble: Option<Trouble>,
}

type Cells<'a> = calamine::XlsxCellReader<'a, Cursor<Vec<u8>>>;

/// A place on the sheet: row counted from 1, column from 0.
type Place = (u32, u32);

impl Book for XlsxBook {
    fn sheets(&self) -> &[Sheet] {
        &self.sheets
    }

    fn sample(&mut self, sheet: usize) -> Result<Sample, Trouble> {
        let name = self.sheets[sheet].name.clone().unwrap_or_default();
        let book = &mut self.book;
        library(move || {
            let mut cells = book.worksheet_cells_reader(&name)?;
            let mut sample = Sample::default();
            let mut text = Text::default();
            while let Some((row, column)) = next(&mut cells, &mut text)? {
                if sample.rows.last().is_none_or(|last| last.row != row) {
                    if sample.rows.len() == ROWS {
                        break;
                    }
                    sample.rows.push(SampleRow { row, cells: Vec::new(), width: None });
                }
                let value = text.value();
                let mut cell = SampleCell::of_text(column, value.text);
                cell.is_words &= value.stored == Stored::Text;
                sample.rows.last_mut().expect("the row was just added").cells.push(cell);
            }
            for row in &mut sample.rows {
                row.cells.sort_by_key(|cell| cell.column);
                row.cells.dedup_by_key(|cell| cell.column);
            }
            Ok(sample)
        })
    }

    fn blocks<'a>(&'a mut self, sheet: usize, plan: Arc<Plan>) -> Box<dyn Iterator<Item = Block> + Send + 'a> {
        let name = self.sheets[sheet].name.clone().unwrap_or_default();
        let (book, trouble) = (&mut self.book, &mut self.trouble);
        let mut cells = match library(move || book.worksheet_cells_reader(&name)) {
            Ok(cells) => Some(cells),
            Err(fault) => {
                *trouble = Some(fault);
                None
            }
        };
        let (mut text, mut ahead) = (Text::default(), None);
        Box::new(std::iter::from_fn(move || {
            let mut reader = cells.take()?;
            match library(|| block(&mut reader, &plan, &mut text, ahead)) {
                Ok((block, next)) => {
                    // Past the end of its rows the sheet is not read on.
                    cells = next.is_some().then_some(reader);
                    ahead = next;
                    (!block.is_empty()).then(|| block.close())
                }
                Err(fault) => {
                    *trouble = Some(fault);
                    None
                }
            }
        }))
    }

    fn trouble(&self) -> Option<&Fault> {
        self.trouble.as_ref().map(Trouble::fault)
    }
}

/// The next cell that holds something, its value in `text`.
fn next(cells: &mut Cells<'_>, text: &mut Text) -> Result<Option<Place>, XlsxError> {
    while let Some(cell) = cells.next_cell()? {
        let (row, column) = cell.get_position();
        if text.set(cell.get_value()) {
            return Ok(Some((row.saturating_add(1), column)));
        }
    }
    Ok(None)
}

/// The next block of rows. `ahead` is the place of a cell that was read already, of which the value
/// is still in `text`; the answer's is the same for the block after this one, unless the sheet ended.
fn block(
    cells: &mut Cells<'_>,
    plan: &Arc<Plan>,
    text: &mut Text,
    ahead: Option<Place>,
) -> Result<(CellsBlock, Option<Place>), XlsxError> {
    let mut block = CellsBlock::new(Arc::clone(plan));
    if let Some((row, column)) = ahead {
        block.push(row, column, text.value());
    }
    while let Some((row, column)) = next(cells, text)? {
        if block.is_full(row) {
            return Ok((block, Some((row, column))));
        }
        block.push(row, column, text.value());
    }
    Ok((block, None))
}

/// Runs a library's code, so that its panic becomes a finding about the file.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, Trouble> {
    guard::guarded(work).ok_or_else(faults::damaged)
}

/// The same for what the workbook library answers. Its own words are not repeated, since they may
/// hold what stands in a cell.
fn library<T>(work: impl FnOnce() -> Result<T, XlsxError>) -> Result<T, Trouble> {
    guarded(work)?.map_err(|error| match error {
        XlsxError::Password => faults::unreadable(
            "is a password-protected workbook",
            "open it with its password in Excel, remove the password and save it",
        ),
        _ => faults::damaged(),
    })
}
