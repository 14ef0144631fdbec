//! Rows on their way into a sheet: kept as they were given, then measured, written as XML and packed
//! on all cores, block by block. Nothing of a block stays but what is packed, so that a sheet of any
//! length costs little memory.

use crate::deflate::{PIECE, Packer, Piece};
use crate::text;
use qd_model::finding::column_letters;
use rayon::prelude::*;
use std::borrow::Cow;
use std::io::Write;
use std::sync::Arc;

/// Bytes of a block as its rows were given; as XML they become about four times as many.
const BLOCK: usize = PIECE / 4;

/// How texts are written, and what is measured on the way.
pub(crate) enum Manner {
    /// As a person reads them: rows become as high as their texts, and what cannot be seen is made
    /// visible.
    Shown {
        /// The characters beyond which a text wraps, by column.
        wraps: Vec<usize>,
        /// Whether a text that is too long for a cell is cut; else it is a mistake.
        is_cut: bool,
    },
    /// Exactly as they were.
    Exact,
}

/// How long a number is where it is shown, from its look and its digits.
pub(crate) type WidthOf = fn(look: u8, digits: &str) -> usize;

/// The rows of a sheet.
pub(crate) struct Rows {
    manner: Manner,
    width_of: WidthOf,
    /// The numbers of styles, by look.
    styles: Vec<u32>,
    letters: Vec<String>,
    blocks: Vec<Vec<u8>>,
    pieces: Vec<Piece>,
    /// The longest text of each column so far, in characters.
    pub(crate) widths: Vec<usize>,
    /// Whether a text was cut.
    pub(crate) was_cut: bool,
    /// The last row, counted from 1; none yet where 0.
    last: u32,
    /// Where the head of the row that is being given stands in its block.
    head: usize,
    cells: u16,
}

/// A text does not fit into its cell: row from 1, column from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLong {
    pub(crate) row: u32,
    pub(crate) column: u32,
}

/// The rows of a sheet, packed, and how far they reach.
#[derive(Clone)]
pub(crate) struct Body {
    pub(crate) pieces: Vec<Arc<Piece>>,
    /// The number of columns and of the last row.
    pub(crate) extent: (usize, u32),
}

/// What stands in a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Inner<'a> {
    Nothing,
    Number(f64),
    Boolean(bool),
    Text(&'a str),
    /// A text that leads to a place: the text, the sheet, the cell.
    Link(&'a str, &'a str, &'a str),
}

const NOTHING: u8 = 0;
const NUMBER: u8 = 1;
const FALSE: u8 = 2;
const TRUE: u8 = 3;
const TEXT: u8 = 4;
const LINK: u8 = 5;
/// The bytes of a row's head: its number, how many cells it has, and whether it is bold.
const HEAD: usize = 7;

impl Rows {
    /// `styles` are the numbers of styles by look; the look of a text that could be taken for a formula
    /// is the one after its own.
    pub(crate) fn new(manner: Manner, width_of: WidthOf, styles: Vec<u32>) -> Self {
        Self {
            manner,
            width_of,
            styles,
            letters: Vec::new(),
            blocks: vec![Vec::new()],
            pieces: Vec::new(),
            widths: Vec::new(),
            was_cut: false,
            last: 0,
            head: 0,
            cells: 0,
        }
    }

    fn block(&mut self) -> &mut Vec<u8> {
        self.blocks.last_mut().expect("there is always one that is being filled")
    }

    /// Begins a row, counted from 1. Rows come in order.
    pub(crate) fn begin(&mut self, row: u32, is_bold: bool) {
        debug_assert!(row > self.last, "row {row} comes after {}", self.last);
        self.last = row;
        self.cells = 0;
        let block = self.block();
        let head = block.len();
        block.extend_from_slice(&row.to_le_bytes());
        block.extend_from_slice(&[0, 0, u8::from(is_bold)]);
        self.head = head;
    }

    /// Adds a cell to the row. Columns come in order.
    pub(crate) fn cell(&mut self, column: u16, look: u8, inner: Inner<'_>) {
        while self.letters.len() <= usize::from(column) {
            self.letters.push(column_letters(self.letters.len() as u32));
            self.widths.push(0);
        }
        self.cells += 1;
        let block = self.block();
        let kind = match inner {
            Inner::Nothing => NOTHING,
            Inner::Number(_) => NUMBER,
            Inner::Boolean(false) => FALSE,
            Inner::Boolean(true) => TRUE,
            Inner::Text(_) => TEXT,
            Inner::Link(..) => LINK,
        };
        let [low, high] = column.to_le_bytes();
        block.extend_from_slice(&[low, high, kind, look]);
        match inner {
            Inner::Nothing | Inner::Boolean(_) => {}
            Inner::Number(number) => block.extend_from_slice(&number.to_le_bytes()),
            Inner::Text(content) => keep(block, content),
            Inner::Link(content, sheet, place) => {
                keep(block, content);
                keep(block, sheet);
                keep(block, place);
            }
        }
    }

    /// Ends a row. Where enough rows wait, they are written and packed.
    pub(crate) fn end(&mut self) -> Result<(), TooLong> {
        let (head, cells) = (self.head, self.cells.to_le_bytes());
        let block = self.block();
        block[head + 4..head + 6].copy_from_slice(&cells);
        if block.len() < BLOCK {
            return Ok(());
        }
        if self.blocks.len() >= rayon::current_num_threads() * 2 {
            self.pack()?;
        }
        self.blocks.push(Vec::with_capacity(BLOCK + BLOCK / 8));
        Ok(())
    }

    fn pack(&mut self) -> Result<(), TooLong> {
        let blocks = std::mem::take(&mut self.blocks);
        let written: Vec<Result<Written, TooLong>> = blocks
            .par_iter()
            .filter(|block| !block.is_empty())
            .map_init(
                || (Packer::new(), Vec::with_capacity(PIECE)),
                |(packer, xml), block| {
                    xml.clear();
                    let mut writing = Writing::of(self, xml);
                    writing.block(block)?;
                    let Writing { widths, was_cut, .. } = writing;
                    Ok(Written { piece: packer.pack(xml), widths, was_cut })
                },
            )
            .collect();
        for written in written {
            let Written { piece, widths, was_cut } = written?;
            self.pieces.push(piece);
            self.was_cut |= was_cut;
            for (widest, width) in self.widths.iter_mut().zip(widths) {
                *widest = (*widest).max(width);
            }
        }
        Ok(())
    }

    /// Writes what waits, so that widths are known.
    pub(crate) fn settle(&mut self) -> Result<(), TooLong> {
        self.pack()?;
        self.blocks.push(Vec::new());
        Ok(())
    }

    /// The rows, packed, once they are settled.
    pub(crate) fn finish(self) -> Body {
        Body { pieces: self.pieces.into_iter().map(Arc::new).collect(), extent: (self.letters.len(), self.last) }
    }
}

fn keep(block: &mut Vec<u8>, content: &str) {
    block.extend_from_slice(&(content.len() as u32).to_le_bytes());
    block.extend_from_slice(content.as_bytes());
}

/// A block that is packed.
struct Written {
    piece: Piece,
    widths: Vec<usize>,
    was_cut: bool,
}

/// A block that is being written.
struct Writing<'a> {
    rows: &'a Rows,
    out: &'a mut Vec<u8>,
    widths: Vec<usize>,
    was_cut: bool,
    /// The number of the row, counted from 1, and its digits.
    row: u32,
    digits: String,
    is_bold: bool,
    /// The lines of the row's tallest cell.
    lines: usize,
}

impl<'a> Writing<'a> {
    fn of(rows: &'a Rows, out: &'a mut Vec<u8>) -> Self {
        let widths = vec![0; rows.letters.len()];
        Self { rows, out, widths, was_cut: false, row: 0, digits: String::new(), is_bold: false, lines: 1 }
    }

    fn block(&mut self, mut block: &[u8]) -> Result<(), TooLong> {
        let mut cells = Vec::with_capacity(4096);
        while !block.is_empty() {
            let (head, rest) = block.split_at(HEAD);
            block = rest;
            self.row = u32::from_le_bytes([head[0], head[1], head[2], head[3]]);
            let count = u16::from_le_bytes([head[4], head[5]]);
            self.is_bold = head[6] != 0;
            self.lines = 1;
            self.digits.clear();
            push_digits(&mut self.digits, u64::from(self.row));
            // A row says how high it is before its cells do.
            cells.clear();
            std::mem::swap(self.out, &mut cells);
            for _ in 0..count {
                self.cell(&mut block)?;
            }
            std::mem::swap(self.out, &mut cells);
            self.out.extend_from_slice(b"<row r=\"");
            self.out.extend_from_slice(self.digits.as_bytes());
            if self.lines > 1 {
                write!(self.out, "\" ht=\"{}\" customHeight=\"1", text::height(self.lines)).expect("memory takes all");
            }
            self.out.extend_from_slice(b"\">");
            self.out.extend_from_slice(&cells);
            self.out.extend_from_slice(b"</row>");
        }
        Ok(())
    }

    fn cell(&mut self, block: &mut &[u8]) -> Result<(), TooLong> {
        let [low, high, kind, look] = take(block);
        let column = usize::from(u16::from_le_bytes([low, high]));
        match kind {
            NUMBER => {
                let number = f64::from_le_bytes(take(block));
                self.begin(column, look, "");
                self.out.extend_from_slice(b"\"><v>");
                let from = self.out.len();
                push_number(self.out, number);
                let digits = std::str::from_utf8(&self.out[from..]).expect("digits are ASCII");
                let width = (self.rows.width_of)(look, digits);
                self.widths[column] = self.widths[column].max(width);
                self.out.extend_from_slice(b"</v></c>");
            }
            FALSE | TRUE => {
                self.begin(column, look, "\" t=\"b");
                self.out.extend_from_slice(if kind == TRUE { b"\"><v>1</v></c>" } else { b"\"><v>0</v></c>" });
                self.widths[column] = self.widths[column].max(5);
            }
            TEXT => {
                let content = self.measured(taken(block), column)?;
                let look = look + u8::from(text::looks_like_formula(&content));
                self.begin(column, look, "\" t=\"inlineStr");
                let is_kept =
                    content.starts_with([' ', '\t', '\n', '\r']) || content.ends_with([' ', '\t', '\n', '\r']);
                let start: &[u8] = if is_kept { b"\"><is><t xml:space=\"preserve\">" } else { b"\"><is><t>" };
                self.out.extend_from_slice(start);
                escape(self.out, &content);
                self.out.extend_from_slice(b"</t></is></c>");
            }
            LINK => {
                let content = self.measured(taken(block), column)?;
                let (sheet, place) = (taken(block), taken(block));
                self.begin(column, look, "\" t=\"str");
                self.out.extend_from_slice(b"\"><f>");
                escape(self.out, &text::link(sheet, place, &content));
                self.out.extend_from_slice(b"</f><v>");
                escape(self.out, &content);
                self.out.extend_from_slice(b"</v></c>");
            }
            _ => {
                self.begin(column, look, "");
                self.out.extend_from_slice(b"\"/>");
            }
        }
        Ok(())
    }

    /// The beginning of a cell, without the last quotation mark of its last attribute.
    fn begin(&mut self, column: usize, look: u8, kind: &str) {
        self.out.extend_from_slice(b"<c r=\"");
        self.out.extend_from_slice(self.rows.letters[column].as_bytes());
        self.out.extend_from_slice(self.digits.as_bytes());
        self.out.extend_from_slice(kind.as_bytes());
        let style = self.rows.styles[usize::from(look)];
        if style > 0 {
            self.out.extend_from_slice(b"\" s=\"");
            push_digits(self.out, u64::from(style));
        }
    }

    /// The text as it stands in the cell, measured for its column's width and its row's height.
    fn measured<'t>(&mut self, content: &'t str, column: usize) -> Result<Cow<'t, str>, TooLong> {
        let content = match &self.rows.manner {
            Manner::Exact => {
                let cut = text::cut(content, text::CELL_LIMIT);
                self.was_cut |= cut.len() != content.len();
                cut
            }
            Manner::Shown { wraps, is_cut } => {
                let mut content = text::printable(content);
                if text::is_longer_than(&content, text::CELL_LIMIT) {
                    if !is_cut {
                        return Err(TooLong { row: self.row, column: column as u32 });
                    }
                    content = Cow::Owned(text::cut(&content, text::CELL_LIMIT).into_owned());
                }
                let width = wraps[column];
                let width = if self.is_bold { width } else { text::characters(width) };
                // A text is never longer in characters than in bytes.
                if content.len() > width || content.contains('\n') {
                    self.lines = self.lines.max(text::lines(&content, width));
                }
                content
            }
        };
        if content.len() > self.widths[column] {
            let longest = content.lines().map(|line| line.chars().count()).max().unwrap_or(0);
            self.widths[column] = self.widths[column].max(longest);
        }
        Ok(content)
    }
}

fn take<const N: usize>(block: &mut &[u8]) -> [u8; N] {
    let (first, rest) = block.split_first_chunk().expect("a block holds whole rows");
    *block = rest;
    *first
}

fn taken<'b>(block: &mut &'b [u8]) -> &'b str {
    let length = u32::from_le_bytes(take(block)) as usize;
    let (content, rest) = block.split_at(length);
    *block = rest;
    std::str::from_utf8(content).expect("it was kept as text")
}

/// What takes ASCII digits.
trait Digits {
    fn take(&mut self, digits: &[u8]);
}

impl Digits for Vec<u8> {
    fn take(&mut self, digits: &[u8]) {
        self.extend_from_slice(digits);
    }
}

impl Digits for String {
    fn take(&mut self, digits: &[u8]) {
        self.push_str(std::str::from_utf8(digits).expect("digits are ASCII"));
    }
}

fn push_digits(out: &mut impl Digits, mut number: u64) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.take(&digits[at..]);
}

fn push_number(out: &mut Vec<u8>, number: f64) {
    if number.fract() == 0.0 && number.abs() < 1e15 {
        if number.is_sign_negative() && number != 0.0 {
            out.push(b'-');
        }
        push_digits(out, number.abs() as u64);
    } else {
        write!(out, "{number}").expect("memory takes all");
    }
}

/// Writes a text as it stands in an element: what XML cannot hold, and what Excel would read as a
/// coded character, is coded as Excel does.
fn escape(out: &mut Vec<u8>, content: &str) {
    let is_plain = |byte: u8| !matches!(byte, b'&' | b'<' | b'>' | b'_' | 0..=8 | 11..=31 | 0xef);
    let mut from = 0;
    let bytes = content.as_bytes();
    for (at, byte) in content.bytes().enumerate() {
        if is_plain(byte) {
            continue;
        }
        let (coded, length): (Cow<'_, [u8]>, usize) = match byte {
            b'&' => (b"&amp;"[..].into(), 1),
            b'<' => (b"&lt;"[..].into(), 1),
            b'>' => (b"&gt;"[..].into(), 1),
            b'_' if is_coded(&bytes[at..]) => (b"_x005F_"[..].into(), 1),
            // U+FFFE and U+FFFF are no characters.
            0xef if bytes[at..].starts_with(&[0xef, 0xbf, 0xbe]) => (b"_xFFFE_"[..].into(), 3),
            0xef if bytes[at..].starts_with(&[0xef, 0xbf, 0xbf]) => (b"_xFFFF_"[..].into(), 3),
            b'_' | 0xef => continue,
            control => (format!("_x{control:04X}_").into_bytes().into(), 1),
        };
        out.extend_from_slice(&bytes[from..at]);
        out.extend_from_slice(&coded);
        from = at + length;
    }
    out.extend_from_slice(&bytes[from..]);
}

/// Whether a text begins as Excel codes a character: `_x0041_`.
fn is_coded(bytes: &[u8]) -> bool {
    bytes.len() >= 7 && bytes[1] == b'x' && bytes[6] == b'_' && bytes[2..6].iter().all(u8::is_ascii_hexdigit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_digits_that_they_have() {
        for number in [0.0, -0.0, 1.0, -17.0, 0.1, 25_569.5, 999_999_999_999_999.0, 1e15, -1e300, 5e-324, 1.0 / 3.0] {
            let mut out = Vec::new();
            push_number(&mut out, number);
            let back: f64 = String::from_utf8(out).expect("digits").parse().expect("a number");
            assert!((back - number) == 0.0, "{number}");
        }
    }

    #[test]
    fn what_xml_cannot_hold_is_coded() {
        let cases = [
            ("plain", "plain"),
            ("a & b <c>", "a &amp; b &lt;c&gt;"),
            ("_x0041_", "_x005F_x0041_"),
            ("_xyz_ _x00g1_ _x", "_xyz_ _x00g1_ _x"),
            ("a\r\nb\u{1}", "a_x000D_\nb_x0001_"),
            ("\u{80}\u{fffe}\u{ff0d}\u{ffff}!", "\u{80}_xFFFE_\u{ff0d}_xFFFF_!"),
            ("_x005F_x0041_", "_x005F_x005F_x005F_x0041_"),
        ];
        for (content, expected) in cases {
            let mut out = Vec::new();
            escape(&mut out, content);
            assert_eq!(String::from_utf8(out).expect("text"), expected, "{content:?}");
        }
    }
}
