//! Sheets of labels and values: the cover of a return, the summary of an answer.

use crate::book::{Book, DRAFT, Kept, Page};
use crate::error::BookError;
use crate::style;
use crate::text;
use rust_xlsxwriter::{Format, IgnoreError, Worksheet};

/// A sheet of labels and values.
#[derive(Debug, Clone, Default)]
pub struct Cover {
    /// The sheet's name.
    pub name: String,
    /// The large line on top.
    pub title: String,
    /// The line below it.
    pub subtitle: Option<String>,
    /// A small line below that, for programs rather than for people.
    pub mark: Option<String>,
    /// Labels and values.
    pub sections: Vec<Section>,
    /// Paragraphs at the end.
    pub notes: Vec<String>,
}

/// Some labels and values under a heading.
#[derive(Debug, Clone, Default)]
pub struct Section {
    /// The heading, if there is one.
    pub heading: Option<String>,
    /// Labels and values, in order.
    pub lines: Vec<(String, Value)>,
}

/// What stands beside a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Text.
    Text(String),
    /// A number of things.
    Count(u64),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Value {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

const LABELS: u16 = 0;
const VALUES: u16 = 1;
const LABEL_WIDTH: usize = 30;
const VALUE_WIDTH: usize = 72;

pub(crate) fn write(book: &mut Book, cover: &Cover) -> Result<(), BookError> {
    let mut sheet = style::TABLES.sheet()?;
    let name = book.set_up(&mut sheet, &cover.name, Page::Portrait)?;
    sheet.set_column_width(LABELS, LABEL_WIDTH as f64)?.set_column_width(VALUES, VALUE_WIDTH as f64)?;
    sheet.set_screen_gridlines(false);
    let mut page = Paper { sheet, name, row: 0 };
    page.text(LABELS, &cover.title, &style::title())?;
    page.sheet.set_row_height(page.row, 24)?;
    page.row += 1;
    if let Some(subtitle) = &cover.subtitle {
        page.line(subtitle, &style::subtitle())?;
    }
    if let Some(mark) = &cover.mark {
        page.line(mark, &style::fine())?;
    }
    if book.about.draft {
        page.line(DRAFT, &style::mark())?;
    }
    if let Some(banner) = &book.about.banner {
        page.line(banner, &style::mark())?;
    }
    for section in cover.sections.iter().filter(|section| !section.lines.is_empty()) {
        page.section(section)?;
    }
    if !cover.notes.is_empty() {
        let lines = cover.notes.iter().map(|note| (String::new(), Value::Text(note.clone()))).collect();
        page.section(&Section { heading: Some("Notes".to_owned()), lines })?;
    }
    let last = page.row.max(1) - 1;
    page.sheet.ignore_error_range(0, LABELS, last, VALUES, IgnoreError::NumberStoredAsText)?;
    page.sheet.set_print_area(0, LABELS, last, VALUES)?;
    book.push(page.sheet);
    book.keep(|| Kept::Cover(cover.clone()));
    Ok(())
}

/// The sheet, and the row that is written next.
struct Paper {
    sheet: Worksheet,
    name: String,
    row: u32,
}

impl Paper {
    fn text(&mut self, column: u16, content: &str, format: &Format) -> Result<(), BookError> {
        let content = text::printable(content);
        if text::utf16_length(&content) > text::CELL_LIMIT {
            let cell = format!("{}{}", qd_model::finding::column_letters(u32::from(column)), self.row + 1);
            return Err(BookError::TextTooLong { sheet: self.name.clone(), cell });
        }
        if text::looks_like_formula(&content) {
            self.sheet.write_string_with_format(self.row, column, content, &format.clone().set_quote_prefix())?;
        } else {
            self.sheet.write_string_with_format(self.row, column, content, format)?;
        }
        Ok(())
    }

    fn line(&mut self, content: &str, format: &Format) -> Result<(), BookError> {
        self.text(LABELS, content, format)?;
        self.row += 1;
        Ok(())
    }

    fn section(&mut self, section: &Section) -> Result<(), BookError> {
        self.row += 1;
        if let Some(heading) = &section.heading {
            self.text(LABELS, heading, &style::section())?;
            self.text(VALUES, "", &style::section())?;
            self.row += 1;
        }
        for (label, value) in &section.lines {
            self.pair(label, value)?;
        }
        Ok(())
    }

    /// A label with its value, in a row as high as both.
    fn pair(&mut self, label: &str, value: &Value) -> Result<(), BookError> {
        self.text(LABELS, label, &style::label())?;
        // Labels are bold, and bold letters are as wide as digits.
        let mut lines = text::lines(label, LABEL_WIDTH);
        if let Value::Text(content) = value {
            lines = lines.max(text::lines(content, text::characters(VALUE_WIDTH)));
        }
        if lines > 1 {
            self.sheet.set_row_height(self.row, text::height(lines))?;
        }
        match value {
            Value::Text(content) => self.text(VALUES, content, &style::value())?,
            Value::Count(count) => {
                self.sheet.write_number_with_format(self.row, VALUES, *count as f64, &style::count())?;
            }
        }
        self.row += 1;
        Ok(())
    }
}
