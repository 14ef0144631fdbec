//! What can go wrong while a return's file is written. Tables and columns are named, values never.

/// A return's file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ReturnError {
    /// A return's layout asks for a column that the recipient's profile does not release.
    #[error("the table {table} has no released column `{column}`")]
    NoSuchColumn {
        /// The table.
        table: String,
        /// The name that was asked for.
        column: String,
    },
    /// A released column is of a type that no return is written from.
    #[error("the column `{column}` of the table {table} is kept as {kind}, which cannot be written")]
    UnknownType {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The Arrow type.
        kind: String,
    },
    /// Two parts of one text file have different headings.
    #[error("the rows of {table} have other headings than those above them in the same file")]
    OtherHeadings {
        /// The table of the later part.
        table: String,
    },
    /// A template has no cell of a name, or no such headings, or less room than the return needs.
    #[error("{0}")]
    Template(String),
    /// From the workbook.
    #[error(transparent)]
    Book(#[from] qd_book::BookError),
    /// From the Parquet file.
    #[error(transparent)]
    Parquet(#[from] qd_table::ParquetError),
    /// From the columns.
    #[error(transparent)]
    Arrow(#[from] arrow::error::ArrowError),
    /// From the text file.
    #[error("the text file could not be written: {0}")]
    Text(#[from] csv::Error),
}
