//! Blocks of rows: cut one after the other from a source, turned into chunks wherever there is a
//! free thread.

use crate::formats::cells::CellsBlock;
use crate::formats::text::TextBlock;
use crate::formats::xlsx::Piece;
use crate::tail::{self, Tail};
use crate::watch::Watch;
use arrow::array::{Array, AsArray, BooleanArray, StringViewBuilder};
use qd_model::Hit;
use qd_table::{Chunk, TextColumn};
use std::sync::atomic::AtomicBool;

/// The blocks of a source, in order.
pub struct Blocks<'a>(pub(crate) Box<dyn Iterator<Item = Block> + Send + 'a>);

impl Iterator for Blocks<'_> {
    type Item = Block;

    fn next(&mut self) -> Option<Block> {
        self.0.next()
    }
}

/// Some rows of a source, not yet taken apart.
pub struct Block {
    pub(crate) cut: Cut,
    /// Whether no block comes after this one.
    pub(crate) is_last: bool,
}

/// What formats cut a source into.
pub(crate) enum Cut {
    Text(TextBlock),
    Cells(CellsBlock),
    Sheet(Piece),
}

/// Some rows of a source as text cells, and what was found in them.
#[derive(Debug)]
pub struct ReadBlock {
    /// The rows, which may be none.
    pub chunk: Chunk,
    /// What was found, by index into the faults of [`crate::Source::findings`]. A hit with row 0 is
    /// about a whole column; several blocks may report the same one, and sorting leaves one of them.
    pub hits: Vec<Hit>,
}

impl Block {
    /// Turns the block into a chunk. This is the work that is worth doing in parallel.
    pub fn read(self) -> ReadBlock {
        let (plan, read) = match self.cut {
            Cut::Text(block) => (block.plan(), block.read()),
            Cut::Cells(block) => (block.plan(), block.read()),
            Cut::Sheet(piece) => (piece.plan(), piece.read()),
        };
        plan.complete(read, self.is_last)
    }
}

/// What the blocks of a source need to know about its layout.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Rows up to here are not data.
    pub(crate) heading_row: u32,
    /// Rows after this one are not either.
    pub(crate) last_row: u32,
    /// What happens to the cells of each column of the sheet, by its number.
    pub(crate) slots: Vec<Slot>,
    /// How many columns of the sheet a chunk has.
    pub(crate) columns: usize,
    /// For a part of a wide table: columns of a chunk of which one must be filled.
    pub(crate) repeated: Vec<usize>,
    /// What is looked for in the values.
    pub(crate) watches: Vec<Watch>,
    /// The heading of each column of the sheet that a chunk has.
    pub(crate) headings: Vec<String>,
    /// The fault of rows below the table.
    pub(crate) below: u32,
    /// The fault of a sentence alone directly below the records.
    pub(crate) lone: u32,
    /// The fault of rows that repeat the headings.
    pub(crate) again: u32,
    /// Values of the columns that come after, each the same for all rows.
    pub(crate) set: Vec<String>,
    /// How many cells a text record may have.
    pub(crate) widths: (u32, u32),
    /// Whether each ends with a separator, after which there is nothing.
    pub(crate) is_ended: bool,
    /// The fault of ragged rows.
    pub(crate) ragged: u32,
    /// The fault of rows with characters that cannot be read.
    pub(crate) undecodable: u32,
    /// The fault of rows with NUL bytes.
    pub(crate) nul: u32,
    /// The fault of rows with words after a closing quotation mark.
    pub(crate) stray: u32,
    /// The fault of cells outside the table's columns.
    pub(crate) outside: u32,
    /// Set by the first row of data.
    pub(crate) any_row: AtomicBool,
    /// Set by the first bytes that are not UTF-8 in a text that should be.
    pub(crate) any_broken: AtomicBool,
}

impl Plan {
    /// A plan that reads some columns of a sheet from its first row on, whatever they are.
    pub(crate) fn of_columns(first: u32, last: u32) -> Self {
        let unread = std::iter::repeat_n(Slot::Unread, first as usize);
        let slots = unread.chain((0..=last - first).map(Slot::Read)).collect();
        Self {
            heading_row: 0,
            last_row: u32::MAX,
            slots,
            columns: (last - first + 1) as usize,
            repeated: Vec::new(),
            watches: Vec::new(),
            headings: Vec::new(),
            below: 0,
            lone: 0,
            again: 0,
            set: Vec::new(),
            widths: (0, u32::MAX),
            is_ended: false,
            ragged: 0,
            undecodable: 0,
            nul: 0,
            stray: 0,
            outside: 0,
            any_row: AtomicBool::new(false),
            any_broken: AtomicBool::new(false),
        }
    }

    /// Whether a row is one of the table's.
    pub(crate) fn is_data(&self, row: u32) -> bool {
        row > self.heading_row && row <= self.last_row
    }

    /// Leaves out the rows that a part of a wide table does not have, and adds what is the same for
    /// all rows.
    fn complete(&self, mut read: ReadBlock, is_last: bool) -> ReadBlock {
        let Tail { left_out, in_doubt } = tail::look(self, &read.chunk, is_last);
        read.hits.extend(in_doubt);
        if !left_out.is_empty() {
            let keep = |row: u32| left_out.iter().all(|hit| hit.row != row);
            let kept: Vec<bool> = read.chunk.rows.iter().map(|row| keep(*row)).collect();
            read.chunk = filter(read.chunk, &kept);
            read.hits.retain(|hit| hit.row == 0 || keep(hit.row));
            read.hits.extend(left_out);
        }
        if !self.repeated.is_empty() {
            let kept = self.is_filled(&read.chunk);
            read.chunk = filter(read.chunk, &kept);
        }
        for watch in &self.watches {
            watch.look(&read.chunk, &mut read.hits);
        }
        let rows = read.chunk.rows.len();
        read.chunk.columns.extend(self.set.iter().map(|value| {
            let mut text = StringViewBuilder::with_capacity(rows);
            (0..rows).for_each(|_| text.append_value(value));
            TextColumn { text: text.finish(), stored: None }
        }));
        read
    }

    /// Whether each row has anything of the part of a wide table.
    fn is_filled(&self, chunk: &Chunk) -> Vec<bool> {
        let is_filled = |row: usize, column: usize| {
            let text = &chunk.columns[column].text;
            text.is_valid(row) && !text.value(row).trim().is_empty()
        };
        (0..chunk.rows.len()).map(|row| self.repeated.iter().any(|column| is_filled(row, *column))).collect()
    }
}

/// The rows of a chunk that are kept.
fn filter(chunk: Chunk, keep: &[bool]) -> Chunk {
    let mask = BooleanArray::from(keep.to_vec());
    let kept = |column: TextColumn| {
        let text = arrow::compute::filter(&column.text, &mask).expect("the mask is as long as the column");
        let stored = column.stored.map(|stored| picked(stored, keep));
        TextColumn { text: text.as_string_view().clone(), stored }
    };
    Chunk { rows: picked(chunk.rows, keep), columns: chunk.columns.into_iter().map(kept).collect() }
}

fn picked<T>(items: Vec<T>, keep: &[bool]) -> Vec<T> {
    items.into_iter().zip(keep).filter(|(_, keep)| **keep).map(|(item, _)| item).collect()
}

/// What happens to the cells of one column of the sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slot {
    /// They go into this column of a chunk.
    Read(u32),
    /// They are left in the file: no field claims them.
    Unread,
    /// They have no heading; the fault says so.
    Unheaded(u32),
}

/// A hit about a whole column, or about the file.
pub(crate) fn whole(fault: u32) -> Hit {
    Hit { row: 0, fault, evidence: None }
}
