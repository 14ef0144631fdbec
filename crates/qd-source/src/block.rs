//! Blocks of rows: cut one after the other from a source, turned into chunks wherever there is a
//! free thread.

use crate::formats::cells::CellsBlock;
use crate::formats::text::TextBlock;
use qd_model::Hit;
use qd_table::Chunk;
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
pub struct Block(pub(crate) Cut);

/// What formats cut a source into.
pub(crate) enum Cut {
    Text(TextBlock),
    Cells(CellsBlock),
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
        match self.0 {
            Cut::Text(block) => block.read(),
            Cut::Cells(block) => block.read(),
        }
    }
}

/// What the blocks of a source need to know about its layout.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Rows up to here are not data.
    pub(crate) heading_row: u32,
    /// What happens to the cells of each column of the sheet, by its number.
    pub(crate) slots: Vec<Slot>,
    /// How many columns a chunk has.
    pub(crate) columns: usize,
    /// How many cells a text record may have.
    pub(crate) widths: (u32, u32),
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
