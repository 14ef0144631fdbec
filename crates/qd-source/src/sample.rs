//! The first rows of a sheet, from which its heading row and its columns are found.

/// How many rows with something in them are looked at.
pub(crate) const ROWS: usize = 50;

/// The first rows of a sheet that hold something.
#[derive(Debug, Default)]
pub(crate) struct Sample {
    pub(crate) rows: Vec<SampleRow>,
}

/// One row that holds something.
#[derive(Debug, Default)]
pub(crate) struct SampleRow {
    /// The spreadsheet row, counted from 1.
    pub(crate) row: u32,
    /// The cells that hold something, in order.
    pub(crate) cells: Vec<SampleCell>,
    /// How many cells the row has, where the format says so (a text record).
    pub(crate) width: Option<u32>,
}

/// One cell that holds something.
#[derive(Debug)]
pub(crate) struct SampleCell {
    /// Counted from 0.
    pub(crate) column: u32,
    pub(crate) text: String,
    /// Whether it reads as words, rather than as a number, a date or a sign.
    pub(crate) is_words: bool,
}

impl SampleCell {
    /// A cell that is stored as text: words are told from numbers and dates by their letters.
    pub(crate) fn of_text(column: u32, text: &str) -> Self {
        let letters = text.chars().filter(|c| c.is_alphabetic()).count();
        let digits = text.chars().filter(char::is_ascii_digit).count();
        Self { column, text: text.to_owned(), is_words: letters > 0 && letters >= digits }
    }
}
