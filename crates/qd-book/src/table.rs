//! Sheets of rows under headings: frozen, filtered, as wide as what they hold, ready to print.

use crate::book::{A3, Book, Kept, Page};
use crate::cell::{Cell, Stored};
use crate::error::BookError;
use crate::rows::{Body, Inner, Manner, Rows, TooLong};
use crate::style::{self, Kind, RowStyle};
use crate::text;
use qd_model::finding::column_letters;
use rust_xlsxwriter::{DataValidation, DataValidationErrorStyle, IgnoreError, Worksheet};

/// One column of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The heading.
    pub heading: String,
    /// What it holds.
    pub kind: Kind,
    /// Its width in characters; as wide as what it holds, up to a limit, where absent.
    pub width: Option<f64>,
    /// What the reader may choose from; anything else can be typed as well.
    pub choices: Vec<String>,
}

impl Column {
    /// A column as wide as what it holds.
    pub fn new(heading: impl Into<String>, kind: Kind) -> Self {
        Self { heading: heading.into(), kind, width: None, choices: Vec::new() }
    }

    /// The same column with a list to choose from in each of its cells.
    #[must_use]
    pub fn choices(mut self, choices: &[String]) -> Self {
        self.choices = choices.to_vec();
        self
    }

    /// The same column with a width in characters.
    #[must_use]
    pub fn width(mut self, characters: f64) -> Self {
        self.width = Some(characters);
        self
    }
}

/// How a table is laid out.
#[derive(Debug, Clone, Default)]
pub struct Layout {
    /// The columns.
    pub columns: Vec<Column>,
    /// Lines above the headings.
    pub lines: Vec<String>,
    /// How many columns stay in sight when the reader scrolls to the right.
    pub frozen_columns: u16,
    /// How many columns are printed; all of them where absent. The others are for programs.
    pub printed_columns: Option<u16>,
    /// What becomes of a text that is too long for a cell.
    pub overlong: Overlong,
}

/// What becomes of a text that is too long for a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Overlong {
    /// The workbook is not written: nothing may be lost.
    #[default]
    Refuse,
    /// It is cut, with an ellipsis at its end.
    Cut,
}

/// Columns of a sheet.
const COLUMNS: usize = 16_384;
/// Characters beyond which text wraps.
const WIDEST: usize = 46;
/// Characters beyond which a heading wraps.
const WIDEST_HEADING: usize = 14;
/// Characters across one printed page that can still be read.
const A4_WIDTH: f64 = 240.0;
const A3_WIDTH: f64 = 340.0;

/// A table that is being written.
#[must_use = "a table becomes part of its workbook when it is finished"]
pub struct TableSheet<'b> {
    book: &'b mut Book,
    /// The name that was asked for; sheets that continue it are numbered.
    wanted: String,
    name: String,
    layout: Layout,
    /// What stands around the rows.
    sheet: Worksheet,
    rows: Rows,
    heading_row: u32,
    row: u32,
    /// The rows of the sheets that are done, where they are kept for another book.
    kept: Vec<Filled>,
}

/// The rows of a sheet that is done.
#[derive(Clone)]
pub(crate) struct Filled {
    /// The longest text of each column, in characters.
    widths: Vec<usize>,
    /// The number of rows, with those above the headings.
    row: u32,
    body: Body,
}

impl<'b> TableSheet<'b> {
    pub(crate) fn begin(book: &'b mut Book, wanted: &str, layout: Layout) -> Result<Self, BookError> {
        if layout.columns.len() > COLUMNS {
            return Err(BookError::TooManyColumns { sheet: wanted.to_owned(), columns: layout.columns.len() });
        }
        let (sheet, rows) = (style::TABLES.sheet()?, rows(book, &layout));
        let (wanted, name) = (wanted.to_owned(), String::new());
        let mut table = Self { book, wanted, name, layout, sheet, rows, heading_row: 0, row: 0, kept: Vec::new() };
        table.head()?;
        Ok(table)
    }

    /// Puts a table into a book whose rows are packed already, for a book that is otherwise the same.
    pub(crate) fn again(book: &'b mut Book, wanted: &str, layout: &Layout, sheets: &[Filled]) -> Result<(), BookError> {
        let mut table = Self::begin(book, wanted, layout.clone())?;
        for (index, filled) in sheets.iter().enumerate() {
            if index > 0 {
                table.head()?;
            }
            table.row = filled.row;
            let sheet = std::mem::replace(&mut table.sheet, style::TABLES.sheet()?);
            table.put(sheet, filled.clone())?;
        }
        Ok(())
    }

    /// Writes the lines above the headings, and the headings.
    fn head(&mut self) -> Result<(), BookError> {
        self.name = self.book.set_up(&mut self.sheet, &self.wanted, Page::Landscape)?;
        self.row = 0;
        if let Some(banner) = self.book.about.banner.clone() {
            self.line(&banner, &style::mark())?;
        }
        for line in self.layout.lines.clone() {
            self.line(&line, &style::line())?;
        }
        if self.row > 0 {
            self.row += 1;
        }
        self.heading_row = self.row;
        let mut lines = 1;
        for (index, column) in self.layout.columns.iter().enumerate() {
            let heading = text::printable(&column.heading);
            let format = style::heading(column.kind);
            let format = if text::looks_like_formula(&heading) { format.set_quote_prefix() } else { format };
            let width = column.width.map_or_else(|| width_of_heading(&heading), |width| width as usize);
            lines = lines.max(text::lines(&heading, width));
            self.sheet.write_string_with_format(self.row, index as u16, heading, &format)?;
        }
        if lines > 1 {
            // Not every program makes a row as high as its text when it opens a workbook.
            self.sheet.set_row_height(self.row, text::height(lines))?;
        }
        self.row += 1;
        Ok(())
    }

    fn line(&mut self, content: &str, format: &rust_xlsxwriter::Format) -> Result<(), BookError> {
        let content = text::printable(content).into_owned();
        let format = if text::looks_like_formula(&content) { &format.clone().set_quote_prefix() } else { format };
        self.sheet.write_string_with_format(self.row, 0, content, format)?;
        self.row += 1;
        Ok(())
    }

    /// Writes a row. Where the sheet is full, it goes on on another one.
    pub fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), BookError> {
        self.styled_row(RowStyle::Plain, cells)
    }

    /// Writes a row that looks different.
    pub fn styled_row(&mut self, style: RowStyle, cells: &[Cell<'_>]) -> Result<(), BookError> {
        if cells.len() != self.layout.columns.len() {
            let (cells, columns) = (cells.len(), self.layout.columns.len());
            return Err(BookError::RowOfAnotherShape { sheet: self.name.clone(), cells, columns });
        }
        if self.row >= self.book.row_limit {
            self.turn_over()?;
        }
        self.row += 1;
        self.rows.begin(self.row, style == RowStyle::Strong);
        for (column, cell) in cells.iter().enumerate() {
            let kind = style::kind_of(cell, self.layout.columns[column].kind);
            let stored = cell.stored();
            let (look, inner) = match (cell, &stored) {
                (Cell::Toned(tone, _), Stored::Text(content)) => (style::toned(*tone), Inner::Text(content)),
                (Cell::Link(_, sheet, place), Stored::Text(content)) => {
                    (style::link(), Inner::Link(content, sheet, place))
                }
                (_, Stored::Text(content)) => (style::look(kind, style), Inner::Text(content)),
                (_, Stored::Number(number)) => (style::look(kind, style), Inner::Number(*number)),
                (_, Stored::Nothing) => (style::look(kind, style), Inner::Nothing),
            };
            self.rows.cell(column as u16, look, inner);
        }
        self.rows.end().map_err(|place| self.too_long(place))
    }

    fn too_long(&self, TooLong { row, column }: TooLong) -> BookError {
        BookError::TextTooLong { sheet: self.name.clone(), cell: format!("{}{row}", column_letters(column)) }
    }

    /// Closes a full sheet and opens the next.
    fn turn_over(&mut self) -> Result<(), BookError> {
        let (next, rows) = (style::TABLES.sheet()?, rows(self.book, &self.layout));
        let (full, rows) = (std::mem::replace(&mut self.sheet, next), std::mem::replace(&mut self.rows, rows));
        self.close(full, rows)?;
        self.head()
    }

    fn close(&mut self, sheet: Worksheet, mut rows: Rows) -> Result<(), BookError> {
        rows.settle().map_err(|place| self.too_long(place))?;
        let filled = Filled { widths: std::mem::take(&mut rows.widths), row: self.row, body: rows.finish() };
        if self.book.keeps_rows() {
            self.kept.push(filled.clone());
        }
        self.put(sheet, filled)
    }

    /// Sets what is only known at a sheet's end, and puts it into the workbook.
    fn put(&mut self, mut sheet: Worksheet, filled: Filled) -> Result<(), BookError> {
        let mut across = 0.0;
        for (index, column) in self.layout.columns.iter().enumerate() {
            let widest = filled.widths.get(index).copied().unwrap_or(0).max(width_of_heading(&column.heading));
            let width = column.width.unwrap_or_else(|| (widest.clamp(6, WIDEST) + 2) as f64);
            sheet.set_column_width(index as u16, width)?;
            if !column.choices.is_empty() && self.row > self.heading_row + 1 {
                let at = index as u16;
                sheet.add_data_validation(self.heading_row + 1, at, self.row - 1, at, &offered(&column.choices)?)?;
            }
            if self.layout.printed_columns.is_none_or(|printed| index < usize::from(printed)) {
                across += width;
            }
        }
        if let (Some(printed @ 1..), 1..) = (self.layout.printed_columns, self.row) {
            sheet.set_print_area(0, 0, self.row - 1, printed - 1)?;
        }
        if across > A4_WIDTH {
            // Small print helps nobody: a wide table gets larger paper, and more pages side by side.
            sheet.set_paper_size(A3).set_print_fit_to_pages((across / A3_WIDTH).ceil() as u16, 0);
            sheet.set_repeat_columns(0, self.layout.frozen_columns.saturating_sub(1))?;
        }
        if let Some(last_column) = self.layout.columns.len().checked_sub(1) {
            let (last_row, last_column) = (self.row.max(self.heading_row + 1) - 1, last_column as u16);
            sheet.autofilter(self.heading_row, 0, last_row, last_column)?;
            sheet.ignore_error_range(self.heading_row, 0, last_row, last_column, IgnoreError::NumberStoredAsText)?;
        }
        sheet.set_freeze_panes(self.heading_row + 1, self.layout.frozen_columns)?;
        sheet.set_repeat_rows(self.heading_row, self.heading_row)?;
        self.book.push_with_rows(sheet, filled.body);
        Ok(())
    }

    /// Puts the table into its workbook.
    pub fn finish(mut self) -> Result<(), BookError> {
        let none = rows(self.book, &self.layout);
        let (sheet, rows) = (std::mem::take(&mut self.sheet), std::mem::replace(&mut self.rows, none));
        self.close(sheet, rows)?;
        let (wanted, layout) = (std::mem::take(&mut self.wanted), std::mem::take(&mut self.layout));
        self.book.keep(|| Kept::Table(wanted, layout, std::mem::take(&mut self.kept)));
        Ok(())
    }
}

/// A list to choose from, in cells that take other words too.
fn offered(choices: &[String]) -> Result<DataValidation, BookError> {
    Ok(DataValidation::new()
        .allow_list_strings(choices)?
        .set_error_style(DataValidationErrorStyle::Information)
        .set_error_title("Not on the list")?
        .set_error_message("It is taken as it is, if it has small letters and hyphens only.")?)
}

/// The rows of a new sheet. A column without a width of its own becomes as wide as its text, up to a limit.
fn rows(book: &Book, layout: &Layout) -> Rows {
    let wraps = layout.columns.iter().map(|column| column.width.map_or(WIDEST, |width| width as usize)).collect();
    let manner = Manner::Shown { wraps, is_cut: layout.overlong == Overlong::Cut };
    Rows::new(manner, width_of_number, style::TABLES.numbers(book.first_style))
}

/// A heading wraps between its words, and needs room for the filter's button.
fn width_of_heading(heading: &str) -> usize {
    let longest_word = heading.split_whitespace().map(|word| word.chars().count()).max().unwrap_or(0);
    heading.chars().count().min(WIDEST_HEADING).max(longest_word) + 2
}

fn width_of_number(look: u8, digits: &str) -> usize {
    match style::kind_of_look(look) {
        Kind::Date | Kind::Month => 10,
        Kind::DateTime => 19,
        Kind::Time => 8,
        Kind::Count => digits.split('.').next().unwrap_or_default().len() * 4 / 3,
        Kind::Percent | Kind::Share => 7,
        Kind::Text | Kind::Integer | Kind::Number => digits.len().min(16),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::About;
    use crate::cover::Cover;
    use calamine::{Reader, Xlsx};

    #[test]
    fn a_book_that_is_written_once_and_comes_twice_is_as_if_it_was_written_twice() {
        let write = |mut book: Book| {
            book.row_limit = 9;
            let cover = Cover { name: "Rows".to_owned(), title: "A return".to_owned(), ..Cover::default() };
            book.cover(&cover).expect("written");
            let columns =
                vec![Column::new("A long heading of the number", Kind::Integer), Column::new("T", Kind::Text)];
            let layout = Layout { columns, lines: vec!["A line".to_owned()], frozen_columns: 1, ..Layout::default() };
            let mut table = book.table("Rows", layout).expect("begun");
            for number in 0..20 {
                let text = "word ".repeat(number as usize);
                table.row(&[Cell::Integer(number), Cell::Text(&text)]).expect("written");
            }
            table.finish().expect("finished");
            let layout = Layout { columns: vec![Column::new("N", Kind::Text)], ..Layout::default() };
            book.table("Nobody", layout).expect("begun").finish().expect("finished");
            book
        };
        for banner in [None, Some("Invented".to_owned())] {
            let about =
                |draft| About { title: "A return".to_owned(), draft, banner: banner.clone(), ..About::default() };
            let [draft, sent] = write(Book::twice(about(false))).finish_twice().expect("written");
            assert_eq!(draft, write(Book::new(about(true))).finish().expect("written"));
            assert_eq!(sent, write(Book::new(about(false))).finish().expect("written"));
            assert_ne!(draft, sent);
        }
    }

    #[test]
    fn a_full_sheet_goes_on_on_the_next() {
        let mut book = Book::new(About { banner: Some("Invented".to_owned()), ..About::default() });
        book.row_limit = 6;
        let layout = Layout { columns: vec![Column::new("N", Kind::Integer)], ..Layout::default() };
        let mut table = book.table("Rows", layout).expect("begun");
        for number in 0..7 {
            table.row(&[Cell::Integer(number)]).expect("written");
        }
        table.finish().expect("finished");
        let bytes = book.finish().expect("written");
        let mut read: Xlsx<_> = Xlsx::new(std::io::Cursor::new(bytes)).expect("a workbook");
        assert_eq!(read.sheet_names(), ["Rows", "Rows (2)", "Rows (3)"]);
        let numbers: Vec<Vec<String>> = read
            .sheet_names()
            .iter()
            .map(|name| {
                let range = read.worksheet_range(name).expect("a sheet");
                range.rows().filter_map(|row| row.first()).map(ToString::to_string).collect()
            })
            .collect();
        assert_eq!(numbers[0], ["Invented", "", "N", "0", "1", "2"]);
        assert_eq!(numbers[2], ["Invented", "", "N", "6"]);
    }
}
