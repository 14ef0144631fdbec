//! One record of delimited text, taken apart into cells without a copy.
//!
//! The grammar is RFC 4180's, read generously: a quotation mark opens a cell only at its very
//! beginning, text after the closing mark belongs to the cell, and a line ends with LF, CR or CRLF.

use memchr::memchr;

/// The bytes that end an unquoted cell.
pub(super) struct Specials {
    is: [bool; 256],
    pub(super) delimiter: u8,
}

impl Specials {
    pub(super) fn of(delimiter: u8) -> Self {
        let mut is = [false; 256];
        for byte in [delimiter, b'\n', b'\r'] {
            is[usize::from(byte)] = true;
        }
        Self { is, delimiter }
    }
}

/// The cells of a record, as places in the text.
#[derive(Default)]
pub(super) struct Record {
    cells: Vec<Cell>,
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
    pub(super) fn text<'a>(self, text: &'a str, scratch: &'a mut String) -> &'a str {
        let raw = &text[self.start as usize..(self.end & !QUOTED) as usize];
        if self.end & QUOTED == 0 {
            return raw;
        }
        scratch.clear();
        unquote(raw, scratch);
        scratch
    }
}

/// A cell without its quotes, given what follows the opening one.
fn unquote(raw: &str, out: &mut String) {
    let mut rest = raw;
    while let Some(quote) = memchr(b'"', rest.as_bytes()) {
        out.push_str(&rest[..quote]);
        rest = &rest[quote + 1..];
        let Some(after) = rest.strip_prefix('"') else {
            break;
        };
        out.push('"');
        rest = after;
    }
    out.push_str(rest);
}

impl Record {
    pub(super) fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// Reads the record that begins at `at`; answers where the next one begins.
    pub(super) fn read(&mut self, bytes: &[u8], mut at: usize, specials: &Specials) -> usize {
        self.cells.clear();
        loop {
            if bytes.get(at) == Some(&b'"') {
                at = self.quoted(bytes, at + 1, specials);
            } else {
                let start = at;
                at = plain_end(bytes, at, specials);
                self.cells.push(Cell::new(start, at));
            }
            match bytes.get(at) {
                Some(byte) if *byte == specials.delimiter => at += 1,
                Some(b'\r') if bytes.get(at + 1) == Some(&b'\n') => return at + 2,
                Some(_) => return at + 1,
                None => return at,
            }
        }
    }

    /// Reads a quoted cell that begins after its opening mark; answers where it ends.
    fn quoted(&mut self, bytes: &[u8], start: usize, specials: &Specials) -> usize {
        let (mut from, mut doubled) = (start, false);
        let close = loop {
            let Some(offset) = memchr(b'"', &bytes[from..]) else {
                break bytes.len();
            };
            let quote = from + offset;
            if bytes.get(quote + 1) != Some(&b'"') {
                break quote;
            }
            doubled = true;
            from = quote + 2;
        };
        let end = plain_end(bytes, (close + 1).min(bytes.len()), specials);
        if doubled || end > close + 1 {
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

    fn check(text: &str, expected: &[&str], rest: &str) {
        let mut record = Record::default();
        let next = record.read(text.as_bytes(), 0, &Specials::of(b','));
        let cells: Vec<String> =
            record.cells().iter().map(|cell| cell.text(text, &mut String::new()).to_owned()).collect();
        assert_eq!(cells, expected, "{text:?}");
        assert_eq!(&text[next..], rest, "{text:?}");
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
