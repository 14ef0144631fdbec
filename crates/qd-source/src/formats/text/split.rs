//! Cuts text into blocks of whole records, and counts the records, so that each block knows the
//! spreadsheet row of its first one. Only quotation marks and line ends are looked at.

use super::decode::Decoder;
use super::record::Dialect;
use crate::faults::{self, Trouble};
use crate::formats::limits::{self, MIB};
use memchr::{memchr, memchr_iter, memrchr};

/// The longest record. One that is longer is most likely a quotation mark that never closes.
const LONGEST: u64 = 64 * MIB;

/// A last piece that is shorter than this is no piece of its own.
const TAIL: usize = 4096;

/// Some whole records.
pub(super) struct Piece {
    pub(super) bytes: Vec<u8>,
    pub(super) first_row: u32,
    pub(super) records: u32,
    /// Whether the text ends with it.
    pub(super) is_last: bool,
}

/// Cuts a file's text into pieces.
pub(super) struct Splitter {
    decoder: Decoder,
    dialect: Dialect,
    block: usize,
    /// Bytes at the beginning that are not part of the table.
    skip: usize,
    pending: Vec<u8>,
    row: u32,
    /// A piece that is held back until it is known whether it is the last one.
    held: Option<Piece>,
}

impl Splitter {
    pub(super) fn new(decoder: Decoder, dialect: Dialect, block: usize, skip: usize) -> Self {
        Self { decoder, dialect, block, skip, pending: Vec::new(), row: 1, held: None }
    }

    /// The next piece, or why there cannot be one. What stands at the end of the text stands in one piece,
    /// with the records before it.
    pub(super) fn next_piece(&mut self) -> Result<Option<Piece>, Trouble> {
        loop {
            let Some(next) = self.cut_next()? else {
                return Ok(self.held.take().map(|held| Piece { is_last: true, ..held }));
            };
            match &mut self.held {
                Some(held) if next.is_last && next.bytes.len() < TAIL.min(self.block) => {
                    held.bytes.extend(next.bytes);
                    held.records += next.records;
                }
                held => {
                    if let Some(before) = held.replace(next) {
                        return Ok(Some(before));
                    }
                }
            }
        }
    }

    fn cut_next(&mut self) -> Result<Option<Piece>, Trouble> {
        let mut scan = Scan::default();
        loop {
            let want = self.block.saturating_sub(self.pending.len()).max(self.block / 4).max(1);
            let more = self.decoder.fill(&mut self.pending, want).map_err(|error| faults::machine(&error))?;
            if self.skip > 0 {
                let skipped = self.skip.min(self.pending.len());
                self.pending.drain(..skipped);
                self.skip -= skipped;
            }
            if more && self.pending.len() < self.block {
                continue;
            }
            scan.advance(&self.pending, self.dialect, !more);
            if !more {
                return self.last(&scan);
            }
            if scan.end > 0 {
                return Ok(Some(self.cut(scan.end, scan.records)));
            }
            // Places in a record are counted with 31 bits.
            let most = limits::of(LONGEST).min(1024 * MIB);
            if self.pending.len() as u64 > most {
                return Err(if scan.quoted {
                    faults::unclosed_quote(self.row)
                } else {
                    faults::too_large(&format!("has a line that is longer than {} MiB, which is the limit", most / MIB))
                });
            }
        }
    }

    /// What is left at the end of the file.
    fn last(&mut self, scan: &Scan) -> Result<Option<Piece>, Trouble> {
        if scan.quoted {
            return Err(faults::unclosed_quote(self.row + scan.records));
        }
        let length = self.pending.len();
        let unended = u32::from(scan.end < length);
        Ok((length > 0).then(|| Piece { is_last: true, ..self.cut(length, scan.records + unended) }))
    }

    fn cut(&mut self, end: usize, records: u32) -> Piece {
        let mut rest = Vec::with_capacity(self.block + self.block / 8);
        rest.extend_from_slice(&self.pending[end..]);
        let mut bytes = std::mem::replace(&mut self.pending, rest);
        bytes.truncate(end);
        let first_row = self.row;
        self.row = self.row.saturating_add(records);
        Piece { bytes, first_row, records, is_last: false }
    }
}

/// How far some text has been looked at.
#[derive(Default)]
struct Scan {
    at: usize,
    /// Whether `at` stands inside a quoted cell.
    quoted: bool,
    /// Where that cell's text begins.
    opened: usize,
    /// Where the last whole record ends.
    end: usize,
    /// How many records end up to there.
    records: u32,
}

impl Scan {
    /// Looks at text that has grown at its end. What the next bytes could still change is left.
    fn advance(&mut self, bytes: &[u8], dialect: Dialect, is_all: bool) {
        while self.at < bytes.len() {
            let quote = memchr(dialect.quote, &bytes[self.at..]).map(|offset| self.at + offset);
            if self.quoted {
                let Some(quote) = quote else {
                    self.at = bytes.len();
                    return;
                };
                if dialect.is_escaped(bytes, self.opened, quote) {
                    self.at = quote + 1;
                    continue;
                }
                match bytes.get(quote + 1) {
                    Some(next) if *next == dialect.quote => self.at = quote + 2,
                    None if !is_all => {
                        self.at = quote;
                        return;
                    }
                    _ => (self.quoted, self.at) = (false, quote + 1),
                }
            } else {
                let stop = quote.unwrap_or(bytes.len());
                if !self.lines(bytes, stop, is_all) {
                    return;
                }
                if let Some(quote) = quote {
                    let spaces = if dialect.padded { spaces_before(bytes, quote) } else { 0 };
                    let before = quote - spaces;
                    let opens = before == 0 || [dialect.delimiter, b'\n', b'\r'].contains(&bytes[before - 1]);
                    (self.quoted, self.at, self.opened) = (opens, quote + 1, quote + 1);
                }
            }
        }
    }

    /// Counts the line ends up to `stop`; false where the last byte may be half of one.
    fn lines(&mut self, bytes: &[u8], stop: usize, is_all: bool) -> bool {
        let range = &bytes[self.at..stop];
        if range.len() < 16 && stop < bytes.len() {
            // Between the cells of a file that quotes everything there is one byte: no search pays.
            for (offset, byte) in range.iter().enumerate() {
                let is_end = *byte == b'\n' || (*byte == b'\r' && bytes[self.at + offset + 1] != b'\n');
                self.records += u32::from(is_end);
                self.end = if is_end { self.at + offset + 1 } else { self.end };
            }
            self.at = stop;
            return true;
        }
        if let Some(last) = memrchr(b'\n', range) {
            self.records += memchr_iter(b'\n', range).count() as u32;
            self.end = self.at + last + 1;
        }
        for offset in memchr_iter(b'\r', range) {
            let carriage_return = self.at + offset;
            match bytes.get(carriage_return + 1) {
                Some(b'\n') => {}
                None if !is_all => {
                    self.at = carriage_return;
                    return false;
                }
                _ => {
                    self.records += 1;
                    self.end = self.end.max(carriage_return + 1);
                }
            }
        }
        self.at = stop;
        true
    }
}

/// How many spaces stand before a place.
fn spaces_before(bytes: &[u8], at: usize) -> usize {
    bytes[..at].iter().rev().take_while(|byte| **byte == b' ').count()
}
