//! The table between the rooms: what was read from a source as text ([`Extract`], [`Chunk`]), and
//! what it became once read as its schema's types ([`Typed`]). Arrow arrays, chunk by chunk, with
//! the spreadsheet row of every row and the column and heading of every column.
//!
//! Architecture invariant: nothing here knows a format, a check or a programme.

mod parquet_file;
mod typed;

pub use parquet_file::{
    FIRST_VALUES, ParquetBatches, ParquetError, ParquetStream, Pieces, parquet_batches, read_parquet, write_parquet,
    write_parquet_pieces,
};
pub use typed::{Typed, arrow_type};

use arrow::array::StringViewArray;
use qd_model::report::ColumnReport;

/// What a source turned out to hold: its place, its columns, and its rows as chunks in order.
#[derive(Debug, Clone)]
pub struct Extract {
    /// Sheet, heading row and columns.
    pub shape: Shape,
    /// The rows, in the order of the source.
    pub chunks: Vec<Chunk>,
}

/// Where in a source its table stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shape {
    /// The sheet's name, for workbooks.
    pub sheet: Option<String>,
    /// What the sheet is called where its name must not be repeated, since whoever sent the file chose it:
    /// `sheet 2`.
    pub sheet_plain: Option<String>,
    /// The spreadsheet row with the headings, counted from 1.
    pub heading_row: u32,
    /// Every column of the table, in order. `field` is set where the heading was recognised.
    pub columns: Vec<ColumnReport>,
}

/// Some rows of a source, as text.
#[derive(Debug, Clone)]
pub struct Chunk {
    /// The spreadsheet row of each row, counted from 1, ascending.
    pub rows: Vec<u32>,
    /// One per column of the [`Shape`], each as long as `rows`.
    pub columns: Vec<TextColumn>,
}

/// The cells of one column, as text in canonical form: ISO dates, numbers without a superfluous
/// `.0`, `true` and `false`. A cell that holds nothing is null in a workbook and empty in a text file.
#[derive(Debug, Clone)]
pub struct TextColumn {
    /// The cells.
    pub text: StringViewArray,
    /// How each cell is stored, where the format stores cells typed; `None` means all as text.
    pub stored: Option<Vec<Stored>>,
}

/// How a workbook stores a cell. A typed cell is read by its type, not by a field's text format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// As text, or nothing.
    Text,
    /// As a number.
    Number,
    /// As a date, or a date and time.
    Date,
    /// As true or false.
    Boolean,
    /// As an error such as `#REF!`; the cell's text is the error's name.
    Error,
}

impl TextColumn {
    /// How a cell is stored.
    #[inline]
    pub fn stored(&self, index: usize) -> Stored {
        self.stored.as_ref().map_or(Stored::Text, |stored| stored[index])
    }
}
