//! Sheets of values exactly where they stood elsewhere, marked as they are written: the copy of a file
//! that was no Excel workbook.

use crate::book::{About, Book, ROWS};
use crate::cell::Tone;
use crate::error::BookError;
use crate::rows::{Inner, Manner, Rows};
use crate::skeleton::Skeleton;
use crate::style::Palette;
use rust_xlsxwriter::{ExcelDateTime, Format, Worksheet};
use std::collections::BTreeMap;
use std::iter::Peekable;
use std::sync::LazyLock;

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

/// Backgrounds by row, counted from 1, and column, counted from 0.
pub type Tones = BTreeMap<(u32, u32), Tone>;

/// A workbook of copied sheets that is being written.
pub struct CopiedBook {
    book: Book,
}

/// A copied sheet that is being written.
#[must_use = "a sheet becomes part of its workbook when it is finished"]
pub struct CopiedSheet<'b> {
    book: &'b mut Book,
    sheet: Worksheet,
    /// The name that it got.
    name: String,
    rows: Rows,
    /// Backgrounds of cells that have not come yet.
    tones: Peekable<std::collections::btree_map::IntoIter<(u32, u32), Tone>>,
    /// The row that is being written; none yet where 0.
    row: u32,
    /// The column of the next cell of the row.
    column: u32,
    is_cut: bool,
}

/// How a value is shown.
#[derive(Debug, Clone, Copy)]
enum Kind {
    General,
    Text,
    Date,
    DateTime,
    Time,
}

const KINDS: [(Kind, &str); 5] = [
    (Kind::General, "General"),
    (Kind::Text, "@"),
    (Kind::Date, "dd/mm/yyyy"),
    (Kind::DateTime, "dd/mm/yyyy hh:mm:ss"),
    (Kind::Time, "hh:mm:ss"),
];

/// Kinds without a tone, then with each tone.
static COPIES: LazyLock<Palette> = LazyLock::new(|| {
    let tones = std::iter::once(None).chain(Tone::ALL.into_iter().map(Some));
    let formats = tones.flat_map(|tone| {
        KINDS.into_iter().flat_map(move |(_, number)| {
            let format = Format::new().set_num_format(number);
            let format = tone.map_or(format.clone(), |tone| format.set_background_color(tone.colour()));
            [format.clone(), format.set_quote_prefix()]
        })
    });
    Palette::of(formats.collect())
});

fn look(kind: Kind, tone: Option<Tone>) -> u8 {
    let tone = tone.map_or(0, |tone| tone as usize + 1);
    ((tone * KINDS.len() + kind as usize) * 2) as u8
}

fn width_of(look: u8, digits: &str) -> usize {
    match KINDS[usize::from(look) / 2 % KINDS.len()].0 {
        Kind::Date => 10,
        Kind::DateTime => 19,
        Kind::Time => 8,
        Kind::General | Kind::Text => digits.len(),
    }
}

impl CopiedBook {
    /// A workbook without sheets.
    pub fn new(title: &str) -> Self {
        Self { book: Book::new(About { title: title.to_owned(), ..About::default() }) }
    }

    /// Begins a sheet, which gets the wanted name as far as Excel allows it.
    pub fn sheet(&mut self, name: &str, tones: Tones) -> Result<CopiedSheet<'_>, BookError> {
        let book = &mut self.book;
        let mut sheet = COPIES.sheet()?;
        let name = book.names.claim(name);
        sheet.set_name(&name)?;
        let rows = Rows::new(Manner::Exact, width_of, COPIES.numbers(0));
        let tones = tones.into_iter().peekable();
        Ok(CopiedSheet { book, sheet, name, rows, tones, row: 0, column: 0, is_cut: false })
    }

    pub(crate) fn skeleton(self) -> Result<Skeleton, BookError> {
        self.book.skeleton()
    }
}

impl CopiedSheet<'_> {
    /// The name that it got.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Hides the sheet.
    pub fn hide(&mut self) {
        self.sheet.set_hidden(true);
    }

    /// Writes a value where it stood: row counted from 1, column from 0. Values come row by row. What
    /// has no room on a sheet is left out or cut.
    pub fn cell(&mut self, row: u32, column: u32, value: Plain<'_>) {
        let is_next = row > self.row || row == self.row && column >= self.column;
        if row == 0 || row > ROWS || column >= COLUMNS || !is_next {
            self.is_cut = true;
            return;
        }
        self.tones_until((row, column));
        let tone = self.tones.next_if(|(place, _)| *place == (row, column)).map(|(_, tone)| tone);
        match value {
            Plain::Text(content) => self.put(row, column, look(Kind::Text, tone), Inner::Text(content)),
            Plain::Number(digits) => match digits.parse::<f64>() {
                Ok(number) if number.is_finite() => {
                    self.put(row, column, look(Kind::General, tone), Inner::Number(number));
                }
                _ => self.put(row, column, look(Kind::Text, tone), Inner::Text(digits)),
            },
            Plain::Boolean(flag) => self.put(row, column, look(Kind::General, tone), Inner::Boolean(flag)),
            Plain::Date(iso) => {
                let kind = match (iso.contains('-'), iso.contains(':')) {
                    (true, false) => Kind::Date,
                    (true, true) => Kind::DateTime,
                    _ => Kind::Time,
                };
                match ExcelDateTime::parse_from_str(iso) {
                    Ok(date) if iso.get(..4).is_none_or(|year| year != "1900") => {
                        self.put(row, column, look(kind, tone), Inner::Number(date.to_excel()));
                    }
                    _ => self.put(row, column, look(Kind::Text, tone), Inner::Text(iso)),
                }
            }
        }
    }

    fn put(&mut self, row: u32, column: u32, look: u8, inner: Inner<'_>) {
        if row > self.row {
            if self.row > 0 {
                self.end_row();
            }
            self.rows.begin(row, false);
            self.row = row;
        }
        self.rows.cell(column as u16, look, inner);
        self.column = column + 1;
    }

    fn end_row(&mut self) {
        self.rows.end().expect("a text that is too long is cut");
        self.column = 0;
    }

    /// Writes the backgrounds of cells without a value that come before a place.
    fn tones_until(&mut self, place: (u32, u32)) {
        while let Some(((row, column), tone)) = self.tones.next_if(|(own, _)| *own < place) {
            if row > 0 && row <= ROWS && column < COLUMNS && (row, column) >= (self.row, self.column) {
                self.put(row, column, look(Kind::General, Some(tone)), Inner::Nothing);
            }
        }
    }

    /// Puts the sheet into its workbook. True where something was left out or cut for lack of room.
    pub fn finish(mut self) -> Result<bool, BookError> {
        self.tones_until((u32::MAX, u32::MAX));
        if self.row > 0 {
            self.end_row();
        }
        self.rows.settle().expect("a text that is too long is cut");
        for (column, width) in (0u16..).zip(&self.rows.widths) {
            if *width > 8 {
                self.sheet.set_column_width(column, ((*width).min(WIDEST) + 2) as f64)?;
            }
        }
        let is_cut = self.is_cut || self.rows.was_cut;
        self.book.push_with_rows(self.sheet, self.rows.finish());
        Ok(is_cut)
    }
}
