//! Delimited text: comma, tab, semicolon or pipe, in any of the encodings that spreadsheets write.

mod decode;
mod delimiter;
mod marks;
mod record;
mod split;

use super::head::Head;
use super::input::Input;
use super::{Book, Format, Sheet};
use crate::block::{Block, Cut, Plan, ReadBlock, Slot, whole};
use crate::faults::{self, Trouble};
use crate::sample::{ROWS, Sample, SampleCell, SampleRow};
use arrow::array::{StringViewArray, StringViewBuilder};
use decode::{Decoder, Found};
use memchr::memmem;
use qd_model::{Fault, Hit};
use qd_table::{Chunk, TextColumn};
use record::{Dialect, Record, Specials};
use split::Splitter;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// About how much text is in a block.
const BLOCK: usize = 1 << 20;
/// How much text is looked at to find the dialect and the heading row.
const LOOKED_AT: usize = 256 * 1024;

/// Delimited text.
pub(super) struct Text;

impl Format for Text {
    fn name(&self) -> &'static str {
        "text"
    }

    fn recognises(&self, head: &Head) -> bool {
        decode::is_text(&head.bytes)
    }

    fn open(&self, input: &Input) -> Result<Box<dyn Book>, Trouble> {
        TextBook::open(input, BLOCK)
            .map(|book| Box::new(book) as Box<dyn Book>)
            .map_err(|error| faults::machine(&error))
    }
}

/// The first words of a file, as text, to see whether they are markup.
pub(super) fn first_words(bytes: &[u8]) -> String {
    decode::first_words(&bytes[..bytes.len().min(4096)])
}

/// A text file.
pub(crate) struct TextBook {
    input: Input,
    found: Found,
    dialect: Dialect,
    /// Bytes of decoded text to pass over: a line that only names the delimiter.
    skip: usize,
    /// The beginning of the text after that line, and whether it is all of it.
    start: Vec<u8>,
    whole: bool,
    block: usize,
    sheets: [Sheet; 1],
    trouble: Option<Trouble>,
}

impl TextBook {
    /// Looks at the whole file for its encoding, and at its beginning for its dialect.
    pub(crate) fn open(input: &Input, block: usize) -> std::io::Result<Self> {
        let found = decode::detect(input)?;
        let mut decoder = Decoder::open(input, &found)?;
        let mut start = Vec::new();
        while start.len() < LOOKED_AT && decoder.fill(&mut start, LOOKED_AT)? {}
        let whole = start.len() < LOOKED_AT;
        let (declared, skip) = delimiter::declared(&start);
        start.drain(..skip);
        let dialect = delimiter::detect(&start, whole, declared);
        let input = input.clone();
        Ok(Self { input, found, dialect, skip, start, whole, block, sheets: [Sheet::default()], trouble: None })
    }
}

impl Book for TextBook {
    fn sheets(&self) -> &[Sheet] {
        &self.sheets
    }

    fn sample(&mut self, _sheet: usize) -> Result<Sample, Trouble> {
        let text = String::from_utf8_lossy(&self.start);
        let specials = Specials::of(self.dialect);
        let mut record = Record::default();
        let (mut at, mut row, mut scratch) = (0, 0, String::new());
        let mut sample = Sample::default();
        while at < text.len() && sample.rows.len() < ROWS {
            at = record.read(text.as_bytes(), at, &specials);
            row += 1;
            if at >= text.len() && !self.whole && row > 1 {
                // The last record may go on beyond what is looked at.
                break;
            }
            let cells: Vec<SampleCell> = (0u32..)
                .zip(record.cells())
                .filter(|(_, cell)| !cell.is_empty())
                .map(|(column, cell)| SampleCell::of_text(column, cell.text(&text, self.dialect, &mut scratch)))
                .collect();
            if !cells.is_empty() {
                sample.rows.push(SampleRow { row, cells, width: Some(record.cells().len() as u32) });
            }
        }
        Ok(sample)
    }

    fn notes(&self) -> Vec<Fault> {
        self.found.named.map(faults::encoding).into_iter().collect()
    }

    fn blocks<'a>(&'a mut self, _sheet: usize, plan: Arc<Plan>) -> Box<dyn Iterator<Item = Block> + Send + 'a> {
        let opened = Decoder::open(&self.input, &self.found);
        let mut splitter = match opened {
            Ok(decoder) => Some(Splitter::new(decoder, self.dialect, self.block, self.skip)),
            Err(error) => {
                self.trouble = Some(faults::machine(&error));
                None
            }
        };
        let (dialect, trouble) = (self.dialect, &mut self.trouble);
        Box::new(std::iter::from_fn(move || match splitter.as_mut()?.next_piece() {
            Ok(Some(piece)) => {
                let plan = Arc::clone(&plan);
                let (bytes, first_row, records) = (piece.bytes, piece.first_row, piece.records);
                let cut = Cut::Text(TextBlock { bytes, first_row, records, dialect, plan });
                Some(Block { cut, is_last: piece.is_last })
            }
            Ok(None) => None,
            Err(fault) => {
                *trouble = Some(fault);
                splitter = None;
                None
            }
        }))
    }

    fn is_encoding_assumed(&self) -> bool {
        self.found.is_assumed
    }

    fn trouble(&self) -> Option<&Fault> {
        self.trouble.as_ref().map(Trouble::fault)
    }
}

/// Whole records of text.
pub(crate) struct TextBlock {
    bytes: Vec<u8>,
    first_row: u32,
    records: u32,
    dialect: Dialect,
    plan: Arc<Plan>,
}

impl TextBlock {
    pub(crate) fn plan(&self) -> Arc<Plan> {
        Arc::clone(&self.plan)
    }

    pub(crate) fn read(self) -> ReadBlock {
        let plan = Arc::clone(&self.plan);
        let text = String::from_utf8(self.bytes).unwrap_or_else(|error| {
            plan.any_broken.store(true, Ordering::Relaxed);
            String::from_utf8_lossy(error.as_bytes()).into_owned()
        });
        // Looked for once in the whole block, so that good blocks are not searched row by row.
        let damaged = memmem::find(text.as_bytes(), "\u{fffd}".as_bytes()).is_some();
        let nul = memchr::memchr(0, text.as_bytes()).is_some();
        let mut reader = Reader::new(&plan, &text, self.records as usize, self.dialect);
        let specials = Specials::of(self.dialect);
        let mut record = Record::of_text(text.as_bytes(), self.dialect);
        let (mut at, mut row) = (0, self.first_row);
        while at < text.len() {
            let start = at;
            at = record.read(text.as_bytes(), at, &specials);
            if plan.is_data(row) && reader.add(row, &record) {
                let mut hit = |fault| reader.hits.push(Hit { row, fault, evidence: None });
                if damaged && text[start..at].contains('\u{fffd}') {
                    hit(plan.undecodable);
                }
                if nul && text[start..at].contains('\0') {
                    hit(plan.nul);
                }
                if record.is_stray() {
                    hit(plan.stray);
                }
            }
            row += 1;
        }
        reader.finish()
    }
}

/// Turns records into the columns of a chunk.
struct Reader<'a> {
    plan: &'a Plan,
    text: &'a str,
    /// Column of the sheet, column of the chunk, cells.
    columns: Vec<(usize, usize, StringViewBuilder)>,
    /// Columns of the sheet that hold no heading, with the fault that says so.
    unheaded: Vec<(usize, u32)>,
    rows: Vec<u32>,
    hits: Vec<Hit>,
    scratch: String,
    dialect: Dialect,
}

impl<'a> Reader<'a> {
    fn new(plan: &'a Plan, text: &'a str, records: usize, dialect: Dialect) -> Self {
        let (mut columns, mut unheaded) = (Vec::new(), Vec::new());
        for (column, slot) in plan.slots.iter().enumerate() {
            match slot {
                Slot::Read(into) => columns.push((column, *into as usize, StringViewBuilder::with_capacity(records))),
                Slot::Unheaded(fault) => unheaded.push((column, *fault)),
                Slot::Unread => {}
            }
        }
        let (rows, hits, scratch) = (Vec::with_capacity(records), Vec::new(), String::new());
        Self { plan, text, columns, unheaded, rows, hits, scratch, dialect }
    }

    /// Adds a record, unless it is blank. Cells that are missing are null; cells too many are left out.
    fn add(&mut self, row: u32, record: &Record) -> bool {
        let cells = record.cells();
        let is_end_mark =
            || matches!(cells, [cell] if cell.text(self.text, self.dialect, &mut String::new()) == "\x1a");
        if cells.iter().all(|cell| cell.is_empty()) || is_end_mark() {
            return false;
        }
        self.unheaded.retain(|(column, fault)| {
            let holds = cells.get(*column).is_some_and(|cell| !cell.is_empty());
            if holds {
                self.hits.push(whole(*fault));
            }
            !holds
        });
        let (least, most) = self.plan.widths;
        let count = cells.len() as u32;
        let is_ended = self.plan.is_ended && count > most && cells.last().is_some_and(|cell| cell.is_empty());
        if !(least..=most).contains(&(count - u32::from(is_ended))) {
            self.hits.push(Hit { row, fault: self.plan.ragged, evidence: None });
        }
        for (column, _, builder) in &mut self.columns {
            match cells.get(*column) {
                Some(cell) => builder.append_value(cell.text(self.text, self.dialect, &mut self.scratch)),
                None => builder.append_null(),
            }
        }
        self.rows.push(row);
        true
    }

    fn finish(self) -> ReadBlock {
        let rows = self.rows.len();
        if rows > 0 {
            self.plan.any_row.store(true, Ordering::Relaxed);
        }
        let mut texts: Vec<Option<StringViewArray>> = vec![None; self.plan.columns];
        for (_, into, mut builder) in self.columns {
            texts[into] = Some(builder.finish());
        }
        let column = |text: Option<StringViewArray>| TextColumn {
            text: text.unwrap_or_else(|| super::cells::nulls(rows)),
            stored: None,
        };
        ReadBlock {
            chunk: Chunk { rows: self.rows, columns: texts.into_iter().map(column).collect() },
            hits: self.hits,
        }
    }
}
