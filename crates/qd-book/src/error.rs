//! What can go wrong while a workbook is written. Places are named, values never.

/// A workbook could not be written.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    /// A text does not fit into one cell, and may not be cut.
    #[error("a text in sheet \"{sheet}\", cell {cell} is longer than the 32,767 characters that a cell can hold")]
    TextTooLong {
        /// The sheet's name.
        sheet: String,
        /// The cell, for example "F12".
        cell: String,
    },
    /// A sheet has more columns than a workbook can hold.
    #[error("sheet \"{sheet}\" would have {columns} columns, and a workbook holds at most 16,384")]
    TooManyColumns {
        /// The sheet's name.
        sheet: String,
        /// How many there are.
        columns: usize,
    },
    /// A row has another number of cells than its table has columns.
    #[error("a row of sheet \"{sheet}\" has {cells} cells for {columns} columns")]
    RowOfAnotherShape {
        /// The sheet's name.
        sheet: String,
        /// Cells given.
        cells: usize,
        /// Columns of the table.
        columns: usize,
    },
    /// A workbook that someone else made is not as programs write it, so that nothing can be put into it.
    #[error("the workbook is not as programs write it, so that it cannot be changed where it stands")]
    NotToBeChanged,
    /// A workbook would be larger than the format can say.
    #[error("the workbook would be larger than four gigabytes, which no program opens")]
    TooLarge,
    /// The library that writes workbooks refused.
    #[error("the workbook could not be written: {0}")]
    Library(#[from] rust_xlsxwriter::XlsxError),
}
