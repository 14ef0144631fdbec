//! The cells of one sheet of an `OpenDocument` spreadsheet.

use super::damaged;
use super::sheets::attribute;
use crate::faults::{self, Trouble};
use crate::formats::limits;
use crate::formats::values::{Text, without_midnight};
use crate::formats::workbook::{Cells, Place};
use qd_table::Stored;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// The most columns of a sheet.
const COLUMNS: u32 = 16_384;
/// The most rows of a sheet.
const ROWS: u32 = 1_048_576;
/// How many cells may be copies of another: a small file can repeat a cell without end.
const COPIES: u64 = 10_000_000;

/// Reads a sheet row by row.
pub(super) struct OdsCells<'a> {
    reader: Reader<&'a [u8]>,
    /// The row that is given out, counted from 1, and how many rows there are of it.
    row: u32,
    repeated: u32,
    cells: Vec<Cell>,
    next: usize,
    copies: u64,
}

/// A cell of the row.
struct Cell {
    column: u32,
    text: String,
    stored: Stored,
}

impl<'a> OdsCells<'a> {
    pub(super) fn new(rows: &'a str) -> Self {
        Self { reader: Reader::from_str(rows), row: 0, repeated: 1, cells: Vec::new(), next: 0, copies: 0 }
    }
}

impl Cells for OdsCells<'_> {
    fn next(&mut self, text: &mut Text) -> Result<Option<Place>, Trouble> {
        loop {
            if let Some(cell) = self.cells.get(self.next) {
                self.next += 1;
                if give(cell, text) {
                    return Ok(Some((self.row, cell.column)));
                }
                continue;
            }
            if self.repeated > 1 && !self.cells.is_empty() {
                self.copied(self.cells.len() as u64)?;
                (self.row, self.repeated, self.next) = (self.row + 1, self.repeated - 1, 0);
                continue;
            }
            self.row += self.repeated;
            (self.repeated, self.next) = (1, 0);
            self.cells.clear();
            if self.row > ROWS || !self.read_row()? {
                return Ok(None);
            }
        }
    }
}

/// Gives a cell's value out; false where it shows nothing.
fn give(cell: &Cell, text: &mut Text) -> bool {
    match (cell.stored, cell.text.parse::<f64>()) {
        (Stored::Number, Ok(value)) => text.set_number(value),
        _ => text.set_text(&cell.text, cell.stored),
    }
}

impl OdsCells<'_> {
    /// Counts copies of cells against the limit.
    fn copied(&mut self, cells: u64) -> Result<(), Trouble> {
        self.copies += cells;
        let most = limits::of(COPIES);
        if self.copies > most {
            return Err(faults::too_large(&format!("repeats its cells more than {most} times, which is the limit")));
        }
        Ok(())
    }

    /// Reads the next row that there is; false at the end of the sheet.
    fn read_row(&mut self) -> Result<bool, Trouble> {
        loop {
            match self.reader.read_event().map_err(|_| damaged())? {
                Event::Eof => return Ok(false),
                Event::Empty(element) if element.name().as_ref() == "table:table-row" => {
                    self.repeated = repeated(&element, "table:number-rows-repeated", ROWS);
                    return Ok(true);
                }
                Event::Start(element) if element.name().as_ref() == "table:table-row" => {
                    self.repeated = repeated(&element, "table:number-rows-repeated", ROWS);
                    self.read_cells()?;
                    return Ok(true);
                }
                // Drawings on a sheet may hold tables of their own.
                Event::Start(element) if element.name().as_ref() == "table:shapes" => {
                    skip(&mut self.reader, &element)?;
                }
                _ => {}
            }
        }
    }

    fn read_cells(&mut self) -> Result<(), Trouble> {
        let mut column = 0;
        loop {
            match self.reader.read_event().map_err(|_| damaged())? {
                Event::Start(element) if is_cell(&element) => {
                    let words = paragraphs(&mut self.reader)?;
                    self.add(&element, &mut column, words)?;
                }
                Event::Empty(element) if is_cell(&element) => self.add(&element, &mut column, String::new())?,
                Event::End(element) if element.name().as_ref() == "table:table-row" => return Ok(()),
                Event::Eof => return Err(damaged()),
                _ => {}
            }
        }
    }

    /// Adds a cell with the words that it shows, as often as it is repeated.
    fn add(&mut self, element: &BytesStart<'_>, column: &mut u32, words: String) -> Result<(), Trouble> {
        let said = Said::of(element);
        let first = *column;
        *column = column.saturating_add(said.repeated.clamp(1, COLUMNS));
        let (text, stored) = said.value(words);
        if text.is_empty() {
            return Ok(());
        }
        let end = (*column).min(COLUMNS);
        self.copied(u64::from(end.saturating_sub(first)).saturating_sub(1))?;
        for column in first..end.saturating_sub(1) {
            self.cells.push(Cell { column, text: text.clone(), stored });
        }
        if first < end {
            self.cells.push(Cell { column: end - 1, text, stored });
        }
        Ok(())
    }
}

fn is_cell(element: &BytesStart<'_>) -> bool {
    matches!(element.name().as_ref(), "table:table-cell" | "table:covered-table-cell")
}

fn repeated(element: &BytesStart<'_>, name: &str, most: u32) -> u32 {
    attribute(element, name).and_then(|count| count.parse().ok()).unwrap_or(1u32).clamp(1, most)
}

/// What a cell's attributes say.
struct Said {
    kind: Kind,
    value: Option<String>,
    repeated: u32,
}

/// The kinds of value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Date,
    Time,
    Boolean,
    Error,
}

impl Said {
    fn of(element: &BytesStart<'_>) -> Self {
        let mut said = Self { kind: Kind::Text, value: None, repeated: 1 };
        for attribute in element.attributes().with_checks(false).flatten() {
            let text = || attribute.normalized_value(quick_xml::XmlVersion::default()).unwrap_or_default();
            match attribute.key.as_ref() {
                "calcext:value-type" if text() == "error" => said.kind = Kind::Error,
                "office:value-type" if said.kind != Kind::Error => said.kind = kind(&text()),
                "table:number-columns-repeated" => said.repeated = text().parse().unwrap_or(1),
                "office:value"
                | "office:date-value"
                | "office:time-value"
                | "office:boolean-value"
                | "office:string-value" => said.value = Some(text().into_owned()).filter(|value| !value.is_empty()),
                _ => {}
            }
        }
        said
    }

    /// The cell's text and how it is stored; `words` is what it shows.
    fn value(self, words: String) -> (String, Stored) {
        match (self.kind, self.value) {
            (Kind::Error, _) => (words, Stored::Error),
            (Kind::Number, Some(value)) => (value, Stored::Number),
            (Kind::Date, Some(value)) => (without_midnight(&value).to_owned(), Stored::Date),
            (Kind::Boolean, Some(value)) => (value, Stored::Boolean),
            (Kind::Time, Some(value)) => time(value),
            (Kind::Text, Some(value)) => (value, Stored::Text),
            (_, None) => (words, Stored::Text),
        }
    }
}

fn kind(word: &str) -> Kind {
    match word {
        "float" | "percentage" | "currency" => Kind::Number,
        "date" => Kind::Date,
        "time" => Kind::Time,
        "boolean" => Kind::Boolean,
        _ => Kind::Text,
    }
}

/// A time of day, where a length of time is shorter than a day: the format has one type for both.
fn time(value: String) -> (String, Stored) {
    let parts = value.strip_prefix("PT").and_then(|rest| {
        let (hours, rest) = rest.split_once('H')?;
        let (minutes, rest) = rest.split_once('M')?;
        let seconds = rest.strip_suffix('S')?;
        let seconds = seconds.split(['.', ',']).next()?;
        Some((hours.parse::<u32>().ok()?, minutes.parse::<u32>().ok()?, seconds.parse::<u32>().ok()?))
    });
    match parts {
        Some((hours @ 0..24, minutes, seconds)) => (format!("{hours:02}:{minutes:02}:{seconds:02}"), Stored::Date),
        Some((hours, minutes, seconds)) => (format!("PT{hours}H{minutes}M{seconds}S"), Stored::Text),
        None => (value, Stored::Text),
    }
}

/// The words of a cell, to its end: paragraphs as lines. Comments and drawings are not the cell's.
fn paragraphs(reader: &mut Reader<&[u8]>) -> Result<String, Trouble> {
    let (mut words, mut depth, mut lines, mut shown) = (String::new(), 0usize, 0, 0usize);
    loop {
        match reader.read_event().map_err(|_| damaged())? {
            Event::Start(element) => {
                let name = element.name();
                if name.as_ref() == "office:annotation" || name.as_ref().starts_with("draw:") || is_table(&element) {
                    skip(reader, &element)?;
                    continue;
                }
                if name.as_ref() == "text:p" || name.as_ref() == "text:h" {
                    if lines > 0 {
                        words.push('\n');
                    }
                    lines += 1;
                    shown = depth + 1;
                }
                depth += 1;
                space(&element, &mut words);
            }
            Event::Empty(element) => {
                if element.name().as_ref() == "text:p" {
                    if lines > 0 {
                        words.push('\n');
                    }
                    lines += 1;
                }
                space(&element, &mut words);
            }
            Event::End(_) if depth == 0 => return Ok(words),
            Event::End(_) => {
                if depth == shown {
                    shown = 0;
                }
                depth -= 1;
            }
            Event::Text(text) if shown > 0 => words.push_str(&text.xml10_content()),
            Event::CData(text) if shown > 0 => words.push_str(&text.xml10_content()),
            Event::GeneralRef(name) if shown > 0 => words.push_str(&resolved(&name)),
            Event::Eof => return Err(damaged()),
            _ => {}
        }
    }
}

fn is_table(element: &BytesStart<'_>) -> bool {
    element.name().as_ref() == "table:table"
}

/// The characters that the format writes as elements.
fn space(element: &BytesStart<'_>, words: &mut String) {
    const MOST: u32 = 32_767;
    match element.name().as_ref() {
        "text:s" => {
            let count = attribute(element, "text:c").and_then(|count| count.parse().ok()).unwrap_or(1u32);
            words.extend(std::iter::repeat_n(' ', count.min(MOST) as usize));
        }
        "text:tab" => words.push('\t'),
        "text:line-break" => words.push('\n'),
        _ => {}
    }
}

/// A character that is written as a reference. Entities that a file declares itself stay as written.
fn resolved(name: &quick_xml::events::BytesRef<'_>) -> String {
    if let Ok(Some(character)) = name.resolve_char_ref() {
        return character.to_string();
    }
    let name = name.xml10_content();
    quick_xml::escape::resolve_predefined_entity(&name).map_or_else(|| format!("&{name};"), str::to_owned)
}

fn skip(reader: &mut Reader<&[u8]>, element: &BytesStart<'_>) -> Result<(), Trouble> {
    reader.read_to_end(element.name()).map(|_| ()).map_err(|_| damaged())
}
