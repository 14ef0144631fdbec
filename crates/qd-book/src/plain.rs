//! Sheets of values exactly where they stood elsewhere: the copy of a file that was no Excel workbook.

use crate::book::{Book, ROWS};
use crate::error::BookError;
use crate::text;
use rust_xlsxwriter::{ExcelDateTime, Format, Worksheet};

/// Columns of a sheet.
const COLUMNS: u32 = 16_384;
/// How wide a column becomes at most, in characters.
const WIDEST: usize = 40;

/// A value as it was read: canonical text, and what it was stored as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plain<'a> {
    /// Text.
    Text(&'a str),
    /// A number in decimal digits.
    Number(&'a str),
    /// A date, a date and time, or a time of day, as ISO 8601 writes it.
    Date(&'a str),
    /// True or false.
    Boolean(bool),
}

/// A sheet of values that is being written.
#[must_use = "a sheet becomes part of its workbook when it is finished"]
pub struct PlainSheet<'b> {
    book: &'b mut Book,
    sheet: Worksheet,
    /// The name that it got.
    name: String,
    formats: Formats,
    widths: Vec<usize>,
    is_cut: bool,
}

struct Formats {
    text: Format,
    quoted: Format,
    date: Format,
    date_time: Format,
    time: Format,
}

impl<'b> PlainSheet<'b> {
    pub(crate) fn begin(book: &'b mut Book, name: &str) -> Result<Self, BookError> {
        let mut sheet = Worksheet::new();
        let name = book.names.claim(name);
        sheet.set_name(&name)?;
        let of = |format: &str| Format::new().set_num_format(format);
        let formats = Formats {
            text: of("@"),
            quoted: of("@").set_quote_prefix(),
            date: of("dd/mm/yyyy"),
            date_time: of("dd/mm/yyyy hh:mm:ss"),
            time: of("hh:mm:ss"),
        };
        Ok(Self { book, sheet, name, formats, widths: Vec::new(), is_cut: false })
    }

    /// The name that it got: the wanted one, as far as Excel allows it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Hides the sheet.
    pub fn hide(&mut self) {
        self.sheet.set_hidden(true);
    }

    /// Writes a value where it stood: row counted from 1, column from 0. What has no room on a sheet
    /// is left out or cut.
    pub fn cell(&mut self, row: u32, column: u32, value: Plain<'_>) -> Result<(), BookError> {
        let Some(at) = row.checked_sub(1).filter(|at| *at < ROWS && column < COLUMNS) else {
            self.is_cut = true;
            return Ok(());
        };
        let column = column as u16;
        let length = match value {
            Plain::Text(content) => self.text(at, column, content)?,
            Plain::Number(digits) => match digits.parse::<f64>() {
                Ok(number) if number.is_finite() => {
                    self.sheet.write_number(at, column, number)?;
                    digits.len()
                }
                _ => self.text(at, column, digits)?,
            },
            Plain::Boolean(flag) => {
                self.sheet.write_boolean(at, column, flag)?;
                5
            }
            Plain::Date(iso) => {
                let format = match (iso.contains('-'), iso.contains(':')) {
                    (true, false) => &self.formats.date,
                    (true, true) => &self.formats.date_time,
                    _ => &self.formats.time,
                };
                match ExcelDateTime::parse_from_str(iso) {
                    Ok(date) if iso.get(..4).is_none_or(|year| year != "1900") => {
                        self.sheet.write_datetime_with_format(at, column, &date, format)?;
                        iso.len()
                    }
                    _ => self.text(at, column, iso)?,
                }
            }
        };
        let index = usize::from(column);
        if self.widths.len() <= index {
            self.widths.resize(index + 1, 0);
        }
        self.widths[index] = self.widths[index].max(length);
        Ok(())
    }

    fn text(&mut self, row: u32, column: u16, content: &str) -> Result<usize, BookError> {
        let printable = text::printable(content);
        let cut = text::cut(&printable, text::CELL_LIMIT);
        self.is_cut |= cut.len() != printable.len();
        let format = if text::looks_like_formula(&cut) { &self.formats.quoted } else { &self.formats.text };
        let length = cut.lines().map(|line| line.chars().count()).max().unwrap_or(0);
        self.sheet.write_string_with_format(row, column, cut, format)?;
        Ok(length)
    }

    /// Puts the sheet into its workbook. True where something was left out or cut for lack of room.
    pub fn finish(mut self) -> Result<bool, BookError> {
        for (column, width) in (0u16..).zip(&self.widths) {
            if *width > 8 {
                self.sheet.set_column_width(column, ((*width).min(WIDEST) + 2) as f64)?;
            }
        }
        self.book.workbook.push_worksheet(self.sheet);
        Ok(self.is_cut)
    }
}
