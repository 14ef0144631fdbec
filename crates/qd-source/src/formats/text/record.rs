//! One record of delimited text, taken apart into cells without a copy.
//!
//! The grammar is RFC 4180's, read generously: a quotation mark opens a cell only at its very
//! beginning, text after the closing mark belongs to the cell, and a line ends with LF, CR or CRLF.

use super::marks::Marks;
use memchr::{memchr, memchr2};

/// How a file writes its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dialect {
    /// What separates cells.
    pub(super) delimiter: u8,
    /// What stands around cells.
    pub(super) quote: u8,
    /// Whether a backslash makes a quotation mark part of its cell, beside doubling it.
    pub(super) backslash: bool,
    /// Whether a space follows each delimiter: it is no part of the cell, and more of them before an
    /// opening quotation mark are not either.
    pub(super) padded: bool,
}

impl Dialect {
    /// What RFC 4180 says, with some delimiter.
    pub(super) fn standard(delimiter: u8) -> Self {
        Self { delimiter, quote: b'"', backslash: false, padded: false }
    }

    /// Whether the quotation mark at a place inside a quoted cell belongs to the cell since a
    /// backslash says so. `start` is where the cell begins.
    pub(super) fn is_escaped(self, bytes: &[u8], start: usize, quote: usize) -> bool {
        let before = &bytes[start.min(quote)..quote];
        self.backslash && before.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
    }

    /// Where a quoted cell opens, if the cell that begins at `at` is one.
    fn opening(self, bytes: &[u8], at: usize) -> Option<usize> {
        if bytes.get(at) == Some(&self.quote) {
            return Some(at);
        }
        if !self.padded {
            return None;
        }
        let spaces = bytes.get(at..)?.iter().take_while(|byte| **byte == b' ').count();
        (bytes.get(at + spaces) == Some(&self.quote)).then_some(at + spaces)
    }
}

/// The bytes that end an unquoted cell.
pub(super) struct Specials {
    is: [bool; 256],
    pub(super) dialect: Dialect,
}

impl Specials {
    pub(super) fn of(dialect: Dialect) -> Self {
        let mut is = [false; 256];
        for byte in [dialect.delimiter, b'\n', b'\r'] {
            is[usize::from(byte)] = true;
        }
        Self { is, dialect }
    }
}

/// The cells of a record, as places in the text.
#[derive(Default)]
pub(super) struct Record {
    cells: Vec<Cell>,
    /// Whether words follow a closing quotation mark: where the cell ends is then a guess.
    stray: bool,
    /// How many cells are in quotation marks.
    quoted: usize,
    /// Where unquoted cells end, where that was looked for beforehand.
    marks: Option<Marks>,
}

/// Where a cell stands. The upper bit of `end` says that the text there is still in its quotes.
#[derive(Clone, Copy)]
pub(super) struct Cell {
    start: u32,
    end: u32,
}

const QUOTED: u32 = 1 << 31;

impl Cell {
    fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }

    /// Whether the cell holds nothing.
    pub(super) fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// The cell's text; the scratch is used only where quotes must be taken out of it.
    #[inline]
    pub(super) fn text<'a>(self, text: &'a str, dialect: Dialect, scratch: &'a mut String) -> &'a str {
        let raw = &text[self.start as usize..(self.end & !QUOTED) as usize];
        if self.end & QUOTED == 0 {
            return raw;
        }
        scratch.clear();
        unquote(raw, dialect, scratch);
        scratch
    }
}

/// A cell without its quotes, given what follows the opening one.
fn unquote(raw: &str, dialect: Dialect, out: &mut String) {
    let mark = char::from(dialect.quote);
    let mut rest = raw;
    while let Some(at) = next_sign(rest.as_bytes(), dialect) {
        out.push_str(&rest[..at]);
        let sign = rest.as_bytes()[at];
        rest = &rest[at + 1..];
        if sign == b'\\' {
            match rest.chars().next().filter(|next| *next == mark || *next == '\\') {
                Some(next) => {
                    out.push(next);
                    rest = &rest[1..];
                }
                None => out.push('\\'),
            }
            continue;
        }
        let Some(after) = rest.strip_prefix(mark) else {
            break;
        };
        out.push(mark);
        rest = after;
    }
    out.push_str(rest);
}

/// The next quotation mark, or the next backslash where that means something.
fn next_sign(bytes: &[u8], dialect: Dialect) -> Option<usize> {
    if dialect.backslash { memchr2(dialect.quote, b'\\', bytes) } else { memchr(dialect.quote, bytes) }
}

impl Record {
    /// For many records of one text, which is looked through first.
    pub(super) fn of_text(bytes: &[u8], dialect: Dialect) -> Self {
        Self { marks: Some(Marks::of(bytes, dialect)), ..Self::default() }
    }

    /// Where an unquoted cell ends that holds the byte at `at`, or begins there.
    fn plain_end(&mut self, bytes: &[u8], at: usize, specials: &Specials) -> usize {
        match &mut self.marks {
            Some(marks) => marks.from(at).unwrap_or(bytes.len()),
            None => plain_end(bytes, at, specials),
        }
    }

    pub(super) fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// Whether words follow a closing quotation mark.
    pub(super) fn is_stray(&self) -> bool {
        self.stray
    }

    /// How many cells are in quotation marks.
    pub(super) fn quoted_cells(&self) -> usize {
        self.quoted
    }

    /// Reads the record that begins at `at`; answers where the next one begins.
    pub(super) fn read(&mut self, bytes: &[u8], mut at: usize, specials: &Specials) -> usize {
        self.cells.clear();
        (self.stray, self.quoted) = (false, 0);
        loop {
            if let Some(quote) = specials.dialect.opening(bytes, at) {
                at = self.quoted(bytes, quote + 1, specials);
            } else {
                let start = at + usize::from(specials.dialect.padded && bytes.get(at) == Some(&b' '));
                at = self.plain_end(bytes, start, specials);
                self.cells.push(Cell::new(start, at));
            }
            match bytes.get(at) {
                Some(byte) if *byte == specials.dialect.delimiter => at += 1,
                Some(b'\r') if bytes.get(at + 1) == Some(&b'\n') => return at + 2,
                Some(_) => return at + 1,
                None => return at,
            }
        }
    }

    /// Reads a quoted cell that begins after its opening mark; answers where it ends.
    fn quoted(&mut self, bytes: &[u8], start: usize, specials: &Specials) -> usize {
        let dialect = specials.dialect;
        let (mut from, mut doubled) = (start, false);
        let close = loop {
            let Some(offset) = memchr(dialect.quote, &bytes[from..]) else {
                break bytes.len();
            };
            let quote = from + offset;
            if dialect.is_escaped(bytes, start, quote) {
                from = quote + 1;
            } else if bytes.get(quote + 1) == Some(&dialect.quote) {
                doubled = true;
                from = quote + 2;
            } else {
                break quote;
            }
        };
        let end = self.plain_end(bytes, (close + 1).min(bytes.len()), specials);
        self.quoted += 1;
        if end > close + 1 {
            self.stray |= bytes[close + 1..end].iter().any(|byte| *byte != b' ');
        }
        if doubled || dialect.backslash || end > close + 1 {
            let mut cell = Cell::new(start, end);
            cell.end |= QUOTED;
            self.cells.push(cell);
        } else {
            self.cells.push(Cell::new(start, close));
        }
        end
    }
}

fn plain_end(bytes: &[u8], mut at: usize, specials: &Specials) -> usize {
    while at < bytes.len() && !specials.is[usize::from(bytes[at])] {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_in(dialect: Dialect, text: &str, expected: &[&str], rest: &str) {
        let mut record = Record::default();
        let next = record.read(text.as_bytes(), 0, &Specials::of(dialect));
        let cells: Vec<String> =
            record.cells().iter().map(|cell| cell.text(text, dialect, &mut String::new()).to_owned()).collect();
        assert_eq!(cells, expected, "{text:?}");
        assert_eq!(&text[next..], rest, "{text:?}");
    }

    fn check(text: &str, expected: &[&str], rest: &str) {
        check_in(Dialect::standard(b','), text, expected, rest);
    }

    #[test]
    fn other_dialects_are_taken_apart() {
        let standard = Dialect::standard(b',');
        let backslash = Dialect { backslash: true, ..standard };
        check_in(backslash, "\"a \\\"b\\\", c\",d", &["a \"b\", c", "d"], "");
        check_in(backslash, "\"a\\\\\",d", &["a\\", "d"], "");
        check_in(backslash, "\"a \"\"b\"\"\",\"c\\d\"", &["a \"b\"", "c\\d"], "");
        let padded = Dialect { padded: true, ..standard };
        check_in(padded, "\"a\", \"b, c\",  d\n", &["a", "b, c", " d"], "");
        let single = Dialect { quote: b'\'', ..standard };
        check_in(single, "'a, b','it''s',\"c\"", &["a, b", "it's", "\"c\""], "");
    }

    #[test]
    fn words_after_a_closing_mark_are_seen() {
        let mut record = Record::default();
        for (text, expected) in [("\"a\" b,c", true), ("\"a\" ,c", false), ("\"a\",b", false), ("a \"b\"", false)] {
            record.read(text.as_bytes(), 0, &Specials::of(Dialect::standard(b',')));
            assert_eq!(record.is_stray(), expected, "{text}");
        }
    }

    #[test]
    fn records_are_taken_apart() {
        check("a,b\nc", &["a", "b"], "c");
        check("a,b\r\nc", &["a", "b"], "c");
        check("a,b\rc", &["a", "b"], "c");
        check("a,", &["a", ""], "");
        check("\n", &[""], "");
        check("\"a,b\",c", &["a,b", "c"], "");
        check("\"a\nb\",c\n", &["a\nb", "c"], "");
        check("\"a \"\"b\"\"\",c", &["a \"b\"", "c"], "");
        check("\"\",\"\"", &["", ""], "");
        check("\"a\" tail,c", &["a tail", "c"], "");
        check("5\" nail,c", &["5\" nail", "c"], "");
        check(" \"a,b", &[" \"a", "b"], "");
        check("\"never, closed\n", &["never, closed\n"], "");
    }
}
