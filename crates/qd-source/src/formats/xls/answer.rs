//! What the child that reads an old workbook answers: its sheets with their cells, each with its
//! place, as a run of bytes.

use crate::formats::values::Text;
use crate::guard;
use calamine::{Data, DataRef, Range, Reader, SheetType, SheetVisible, XlsError};
use qd_table::Stored;
use std::io::Cursor;

/// One word of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said<'a> {
    /// A sheet begins.
    Sheet { name: &'a str, is_hidden: bool },
    /// A cell of the sheet: row counted from 1, column from 0.
    Cell { row: u32, column: u32, stored: Stored, text: &'a str },
    /// The sheet could not be read.
    DamagedSheet,
    /// How many merged ranges the sheet has.
    Merged(u32),
    /// A name that stands for cells, and what it refers to.
    Name { name: &'a str, refers: &'a str },
    /// The workbook only opens with a password.
    Protected,
    /// The workbook could not be read.
    Damaged,
    /// Nothing was left out.
    End,
}

const SHEET: u8 = b'S';
const HIDDEN: u8 = b'H';
const DAMAGED_SHEET: u8 = b'X';
const MERGED: u8 = b'M';
const NAME: u8 = b'N';
const PROTECTED: u8 = b'P';
const DAMAGED: u8 = b'D';
const END: u8 = b'E';
/// Cells, by how they are stored.
const STORED: [(u8, Stored); 5] = [
    (b't', Stored::Text),
    (b'n', Stored::Number),
    (b'd', Stored::Date),
    (b'b', Stored::Boolean),
    (b'e', Stored::Error),
];

/// Reads an old workbook whole, and answers what is in it.
pub(crate) fn answer(bytes: Vec<u8>) -> Vec<u8> {
    let mut out = Vec::new();
    let ending = guard::guarded(|| write(bytes, &mut out)).unwrap_or(DAMAGED);
    out.push(ending);
    out
}

/// Whether an answer did not break off.
pub(crate) fn is_whole(answer: &[u8]) -> bool {
    matches!(answer.last(), Some(&(END | PROTECTED | DAMAGED)))
}

/// Writes all sheets; answers how it ended. The library's own words are not repeated, since they may
/// hold what stands in a cell.
fn write(bytes: Vec<u8>, out: &mut Vec<u8>) -> u8 {
    let mut book = match calamine::Xls::new(Cursor::new(bytes)) {
        Ok(book) => book,
        Err(XlsError::Password) => return PROTECTED,
        Err(_) => return DAMAGED,
    };
    let sheets: Vec<_> =
        book.sheets_metadata().iter().filter(|sheet| sheet.typ == SheetType::WorkSheet).cloned().collect();
    for (name, refers) in book.defined_names() {
        out.push(NAME);
        put(out, name);
        put(out, refers);
    }
    for sheet in sheets {
        out.push(if sheet.visible == SheetVisible::Visible { SHEET } else { HIDDEN });
        put(out, &sheet.name);
        // One sheet that cannot be read is no fault of the others.
        match guard::guarded(|| book.worksheet_range(&sheet.name)) {
            Some(Ok(range)) => cells(&range, out),
            _ => out.push(DAMAGED_SHEET),
        }
        if let Some(merged) = book.merge_cells_by_sheet_name(&sheet.name).ok().filter(|merged| !merged.is_empty()) {
            out.push(MERGED);
            out.extend_from_slice(&(merged.len() as u32).to_le_bytes());
        }
    }
    END
}

fn cells(range: &Range<Data>, out: &mut Vec<u8>) {
    let (first_row, first_column) = range.start().unwrap_or_default();
    let mut text = Text::default();
    for (row, column, cell) in range.used_cells() {
        if !text.set(&borrowed(cell)) {
            continue;
        }
        let value = text.value();
        let (kind, _) = STORED.iter().find(|(_, stored)| *stored == value.stored).expect("every kind has a sign");
        out.push(*kind);
        out.extend_from_slice(&(first_row + row as u32 + 1).to_le_bytes());
        out.extend_from_slice(&(first_column + column as u32).to_le_bytes());
        put(out, value.text);
    }
}

fn put(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(&(text.len() as u32).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}

/// A cell that is held whole, as cells that stream past are.
fn borrowed(cell: &Data) -> DataRef<'_> {
    match cell {
        Data::Int(value) => DataRef::Int(*value),
        Data::Float(value) => DataRef::Float(*value),
        Data::String(text) => DataRef::SharedString(text),
        Data::Bool(value) => DataRef::Bool(*value),
        Data::DateTime(value) => DataRef::DateTime(*value),
        Data::DateTimeIso(text) => DataRef::DateTimeIso(text.clone()),
        Data::DurationIso(text) => DataRef::DurationIso(text.clone()),
        Data::Error(error) => DataRef::Error(error.clone()),
        Data::Empty => DataRef::Empty,
    }
}

/// Reads an answer word by word.
pub(super) struct Answer<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Answer<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    /// Where the next word begins.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The next word; nothing where the answer breaks off or makes no sense.
    pub(super) fn next(&mut self) -> Option<Said<'a>> {
        let sign = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(match sign {
            SHEET | HIDDEN => Said::Sheet { is_hidden: sign == HIDDEN, name: self.text()? },
            DAMAGED_SHEET => Said::DamagedSheet,
            MERGED => Said::Merged(self.number()?),
            NAME => Said::Name { name: self.text()?, refers: self.text()? },
            PROTECTED => Said::Protected,
            DAMAGED => Said::Damaged,
            END => Said::End,
            _ => {
                let (_, stored) = STORED.iter().find(|(kind, _)| *kind == sign)?;
                Said::Cell { stored: *stored, row: self.number()?, column: self.number()?, text: self.text()? }
            }
        })
    }

    fn number(&mut self) -> Option<u32> {
        let bytes = self.bytes.get(self.at..self.at + 4)?;
        self.at += 4;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = self.number()? as usize;
        let bytes = self.bytes.get(self.at..self.at.checked_add(length)?)?;
        self.at += length;
        std::str::from_utf8(bytes).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_reads_back_word_by_word() {
        let mut range = Range::new((1, 2), (3, 4));
        range.set_value((1, 2), Data::String("ref".to_owned()));
        range.set_value((3, 4), Data::Float(1.5));
        let mut out = vec![HIDDEN];
        put(&mut out, "Sheet é");
        cells(&range, &mut out);
        out.push(END);
        assert!(is_whole(&out));
        assert!(!is_whole(&out[..out.len() - 1]));
        let mut answer = Answer::new(&out, 0);
        assert_eq!(answer.next(), Some(Said::Sheet { name: "Sheet é", is_hidden: true }));
        assert_eq!(answer.next(), Some(Said::Cell { row: 2, column: 2, stored: Stored::Text, text: "ref" }));
        assert_eq!(answer.next(), Some(Said::Cell { row: 4, column: 4, stored: Stored::Number, text: "1.5" }));
        assert_eq!(answer.next(), Some(Said::End));
        assert_eq!(answer.next(), None);
    }

    #[test]
    fn what_is_no_workbook_is_answered_as_damaged() {
        assert_eq!(answer(b"not a workbook".to_vec()), [DAMAGED]);
    }
}
