//! What all workbook formats have in common: cells that stream past, sampled and cut into blocks.

use super::cells::CellsBlock;
use super::values::Text;
use super::xlsx::{Late, Pieces};
use super::{Book, NotSeen, Sheet};
use crate::block::{Block, Cut, Plan};
use crate::faults::{self, Trouble};
use crate::guard;
use crate::place::Named;
use crate::sample::{ROWS, Sample, SampleCell, SampleRow};
use qd_model::Fault;
use qd_table::Stored;
use std::sync::Arc;

/// A place on the sheet: row counted from 1, column from 0.
pub(super) type Place = (u32, u32);

/// The most rows and columns that any format's sheet has.
const ROWS_OF_SHEET: u32 = 1_048_576;
const COLUMNS_OF_SHEET: u32 = 16_384;

/// Whether a sheet has such a cell; row counted from 1, column from 0.
pub(super) fn is_on_sheet(row: u32, column: u32) -> bool {
    row <= ROWS_OF_SHEET && column < COLUMNS_OF_SHEET
}

/// The cells of a sheet, row by row.
pub(super) trait Cells {
    /// The next cell that holds something, its value in `text`.
    fn next(&mut self, text: &mut Text) -> Result<Option<Place>, Trouble>;
}

impl<F: FnMut(&mut Text) -> Result<Option<Place>, Trouble>> Cells for F {
    fn next(&mut self, text: &mut Text) -> Result<Option<Place>, Trouble> {
        self(text)
    }
}

/// A workbook of some format.
pub(super) trait Workbook: Send {
    /// What it is called in messages.
    const NAME: &'static str;
    /// The cells of a sheet, from its beginning.
    fn cells<'a>(&'a mut self, sheet: usize, name: &str) -> Result<Box<dyn Cells + Send + 'a>, Trouble>;
    /// The cells of at least the first rows that hold something, where they can be read by themselves.
    fn beginning<'a>(&'a mut self, _name: &str, _rows: usize) -> Option<Box<dyn Cells + Send + 'a>> {
        None
    }
    /// The same sheet in pieces that are read on all threads, where it can be cut.
    fn pieces(&mut self, _name: &str, _plan: &Arc<Plan>) -> Option<Pieces> {
        None
    }
    /// What is to be said of a sheet as a whole.
    fn sheet_notes(&mut self, _sheet: usize, _name: &str) -> Vec<Fault> {
        Vec::new()
    }
    /// The same of a sheet that was to be read in pieces, where it cannot be cut after all.
    fn late_notes(&mut self, _name: &str) -> Vec<Fault> {
        Vec::new()
    }
    /// Names that stand for cells.
    fn named_areas(&mut self) -> Vec<Named> {
        Vec::new()
    }
    /// What cannot be looked for, because of the format.
    fn not_seen(&self) -> &'static [NotSeen] {
        &[]
    }
}

/// A workbook as a book of sheets. Everything that a library does for it is done behind the guard.
pub(super) struct CellsBook<W> {
    workbook: W,
    sheets: Vec<Sheet>,
    trouble: Option<Trouble>,
    late: Option<Arc<Late>>,
    late_notes: Vec<Fault>,
}

impl<W: Workbook> CellsBook<W> {
    pub(super) fn new(workbook: W, sheets: Vec<Sheet>) -> Self {
        Self { workbook, sheets, trouble: None, late: None, late_notes: Vec::new() }
    }
}

impl<W: Workbook> Book for CellsBook<W> {
    fn sheets(&self) -> &[Sheet] {
        &self.sheets
    }

    fn sample(&mut self, sheet: usize) -> Result<Sample, Trouble> {
        let name = self.sheets[sheet].name.as_deref().unwrap_or_default();
        let workbook = &mut self.workbook;
        let first = guard::guarded(|| workbook.beginning(name, ROWS + 1).map(|mut cells| sample(cells.as_mut())));
        if let Some(Some(Ok(sample))) = first {
            return Ok(sample);
        }
        guarded(W::NAME, move || sample(&mut Placed { cells: workbook.cells(sheet, name)?, kind: W::NAME }))
    }

    fn sheet_notes(&mut self, sheet: usize) -> Vec<Fault> {
        let name = self.sheets[sheet].name.as_deref().unwrap_or_default();
        let workbook = &mut self.workbook;
        guard::guarded(move || workbook.sheet_notes(sheet, name)).unwrap_or_default()
    }

    fn not_seen(&self, _sheet: usize) -> &'static [NotSeen] {
        self.workbook.not_seen()
    }

    fn named_areas(&mut self) -> Vec<Named> {
        let workbook = &mut self.workbook;
        guard::guarded(move || workbook.named_areas()).unwrap_or_default()
    }

    fn blocks<'a>(&'a mut self, sheet: usize, plan: Arc<Plan>) -> Box<dyn Iterator<Item = Block> + Send + 'a> {
        let name = self.sheets[sheet].name.as_deref().unwrap_or_default();
        let (workbook, trouble) = (&mut self.workbook, &mut self.trouble);
        if let Some(mut pieces) = guard::guarded(|| workbook.pieces(name, &plan)).flatten() {
            self.late = Some(pieces.late());
            return Box::new(std::iter::from_fn(move || match guarded(W::NAME, || pieces.next()) {
                Ok(piece) => piece.map(|(piece, is_last)| Block { cut: Cut::Sheet(piece), is_last }),
                Err(fault) => {
                    trouble.get_or_insert(fault);
                    None
                }
            }));
        }
        self.late_notes = guard::guarded(|| workbook.late_notes(name)).unwrap_or_default();
        let mut cells = match guarded(W::NAME, move || workbook.cells(sheet, name)) {
            Ok(cells) => Some(Placed { cells, kind: W::NAME }),
            Err(fault) => {
                *trouble = Some(fault);
                None
            }
        };
        let (mut text, mut ahead) = (Text::default(), None);
        // A block is held back until it is known whether it is the last one.
        let mut held: Option<CellsBlock> = None;
        Box::new(std::iter::from_fn(move || {
            loop {
                let Some(mut reader) = cells.take() else {
                    return held.take().map(|block| block.close(trouble.is_none()));
                };
                match guarded(W::NAME, || block(&mut reader, &plan, &mut text, ahead)) {
                    Ok((next, place)) => {
                        // Past the end of its rows the sheet is not read on.
                        cells = place.is_some().then_some(reader);
                        ahead = place;
                        match &mut held {
                            _ if next.is_empty() => {}
                            Some(held) if place.is_none() && next.is_short() => held.append(next),
                            held => {
                                if let Some(before) = held.replace(next) {
                                    return Some(before.close(false));
                                }
                            }
                        }
                    }
                    Err(fault) => *trouble = Some(fault),
                }
            }
        }))
    }

    fn trouble(&self) -> Option<&Fault> {
        let late = self.late.as_ref().and_then(|late| late.trouble());
        self.trouble.as_ref().or(late).map(Trouble::fault)
    }

    fn late_notes(&self) -> Vec<Fault> {
        self.late.as_ref().map_or_else(|| self.late_notes.clone(), |late| late.notes())
    }
}

/// Cells that all stand on a sheet: one that says it stands beyond the last row or column is damage, and no
/// room is made up to it.
struct Placed<'a> {
    cells: Box<dyn Cells + Send + 'a>,
    kind: &'static str,
}

impl Cells for Placed<'_> {
    fn next(&mut self, text: &mut Text) -> Result<Option<Place>, Trouble> {
        let next = self.cells.next(text)?;
        if next.is_some_and(|(row, column)| !is_on_sheet(row, column)) {
            Err(faults::damaged(self.kind))
        } else {
            Ok(next)
        }
    }
}

/// Runs a library's code, so that its panic becomes a finding about the file.
pub(super) fn guarded<T>(what: &str, work: impl FnOnce() -> Result<T, Trouble>) -> Result<T, Trouble> {
    guard::guarded(work).unwrap_or_else(|| Err(faults::damaged(what)))
}

/// The first rows of a sheet that hold something.
fn sample(cells: &mut dyn Cells) -> Result<Sample, Trouble> {
    let mut sample = Sample::default();
    let mut text = Text::default();
    while let Some((row, column)) = cells.next(&mut text)? {
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
}

/// The next block of rows. `ahead` is the place of a cell that was read already, of which the value
/// is still in `text`; the answer's is the same for the block after this one, unless the sheet ended.
fn block(
    cells: &mut dyn Cells,
    plan: &Arc<Plan>,
    text: &mut Text,
    ahead: Option<Place>,
) -> Result<(CellsBlock, Option<Place>), Trouble> {
    let mut block = CellsBlock::new(Arc::clone(plan));
    if let Some((row, column)) = ahead {
        block.push(row, column, text.value());
    }
    while let Some((row, column)) = cells.next(text)? {
        if block.is_full(row) {
            return Ok((block, Some((row, column))));
        }
        block.push(row, column, text.value());
    }
    Ok((block, None))
}
