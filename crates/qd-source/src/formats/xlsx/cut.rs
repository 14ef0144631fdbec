//! A sheet, unfolded on one thread and cut at its rows, so that the pieces can be read on all.

use super::mini;
use super::plain::{self, Number, Shared, Texts};
use super::unseen::{self, Scan};
use super::{NAME, said};
use crate::block::{Plan, ReadBlock};
use crate::faults::{self, Trouble};
use crate::formats::cells::{CellsBlock, Value};
use crate::formats::input::Unfolded;
use crate::formats::unseen::Unseen;
use crate::formats::values::Text;
use crate::formats::workbook::{Place, guarded, is_on_sheet};
use calamine::{DataRef, Reader};
use flate2::Crc;
use flate2::read::DeflateDecoder;
use memchr::memmem;
use qd_model::Fault;
use qd_table::Stored;
use std::fmt::Write;
use std::io::{Cursor, Read, Seek, SeekFrom, Take};
use std::sync::{Arc, Mutex, OnceLock};
use zip::{CompressionMethod, ZipArchive};

/// About how much XML is in a piece.
const PIECE: usize = 1 << 20;
/// A last piece that is shorter than this is no piece of its own.
const TAIL: usize = 16 << 10;
/// A row that is longer than this is none.
const LONGEST: usize = 64 << 20;

/// The pieces of a sheet that can be cut.
pub(crate) struct Pieces {
    bytes: Unfolded,
    part: String,
    name: String,
    xml: Unfolding,
    shared: Arc<Shared>,
    plan: Arc<Plan>,
    pending: Vec<u8>,
    /// A piece that is held back until it is known whether it is the last one.
    held: Option<Piece>,
    /// Whether the rows have ended.
    ended: bool,
    late: Arc<Late>,
}

/// What is known only after the pieces were read.
#[derive(Debug, Default)]
pub(crate) struct Late {
    trouble: OnceLock<Trouble>,
    unseen: Mutex<Unseen>,
}

impl Late {
    /// Why a piece could not be read.
    pub(crate) fn trouble(&self) -> Option<&Trouble> {
        self.trouble.get()
    }

    /// What is hidden or merged on the sheet.
    pub(crate) fn notes(&self) -> Vec<Fault> {
        self.unseen.lock().map(|unseen| unseen.notes()).unwrap_or_default()
    }

    fn look(&self, xml: &[u8]) {
        let mut scan = Scan::default();
        scan.look(xml);
        if let Ok(mut unseen) = self.unseen.lock() {
            unseen.rows += scan.unseen.rows;
            unseen.columns += scan.unseen.columns;
            unseen.merged += scan.unseen.merged;
            unseen.uncalculated += scan.unseen.uncalculated;
        }
    }
}

/// Some rows of a sheet.
pub(crate) struct Piece {
    xml: Vec<u8>,
    bytes: Unfolded,
    part: String,
    name: String,
    shared: Arc<Shared>,
    plan: Arc<Plan>,
    late: Arc<Late>,
}

/// A part of the workbook as it is unfolded.
enum Unfolding {
    Stored(Take<Cursor<Unfolded>>),
    Deflated(Box<DeflateDecoder<Take<Cursor<Unfolded>>>>, Crc, u32),
}

impl Unfolding {
    fn of(bytes: &Unfolded, name: &str) -> Option<(Self, u64)> {
        let mut archive = ZipArchive::new(Cursor::new(bytes.clone())).ok()?;
        let part = archive.by_name(name).ok()?;
        let (start, packed, size, crc) = (part.data_start()?, part.compressed_size(), part.size(), part.crc32());
        let mut cursor = Cursor::new(bytes.clone());
        cursor.seek(SeekFrom::Start(start)).ok()?;
        let packed = cursor.take(packed);
        let unfolding = match part.compression() {
            CompressionMethod::Stored => Self::Stored(packed),
            CompressionMethod::Deflated => Self::Deflated(Box::new(DeflateDecoder::new(packed)), Crc::new(), crc),
            _ => return None,
        };
        Some((unfolding, size))
    }

    /// Appends some more; false at the end.
    fn fill(&mut self, into: &mut Vec<u8>) -> std::io::Result<bool> {
        self.fill_up_to(PIECE, into)
    }

    fn fill_up_to(&mut self, most: usize, into: &mut Vec<u8>) -> std::io::Result<bool> {
        let start = into.len();
        let read = match self {
            Self::Stored(bytes) => bytes.take(most as u64).read_to_end(into)?,
            Self::Deflated(decoder, crc, expected) => {
                let read = decoder.as_mut().take(most as u64).read_to_end(into)?;
                crc.update(&into[start..]);
                if read == 0 && crc.sum() != *expected {
                    return Err(std::io::ErrorKind::InvalidData.into());
                }
                read
            }
        };
        Ok(read > 0)
    }
}

/// A sheet that begins as plain ones do.
struct Begun {
    part: String,
    xml: Unfolding,
    /// What stands before the rows.
    head: Vec<u8>,
    /// The beginning of the rows.
    rows: Vec<u8>,
}

impl Begun {
    /// Unfolds as much as is asked for at a time until the rows begin.
    fn of(bytes: &Unfolded, name: &str, at_a_time: usize) -> Option<Self> {
        let part = unseen::part_of(bytes, name)?;
        let (mut xml, size) = Unfolding::of(bytes, &part)?;
        let mut head = Vec::with_capacity(usize::try_from(size).unwrap_or(usize::MAX).min(2 * at_a_time));
        let start = loop {
            let more = xml.fill_up_to(at_a_time, &mut head).ok()?;
            if let Some(start) = memmem::find(&head, b"<sheetData>") {
                break start + b"<sheetData>".len();
            }
            if !more || head.len() > 8 * PIECE {
                return None;
            }
        };
        let rows = head.split_off(start);
        // What says no encoding is in UTF-8.
        let is_utf8 = [&b"encoding=\"UTF-8\""[..], b"encoding=\"utf-8\"", b"encoding='UTF-8'", b"encoding='utf-8'"]
            .iter()
            .any(|said| memmem::find(&head, said).is_some())
            || memmem::find(&head, b"encoding=").is_none();
        let is_plain = head.starts_with(b"<") && memmem::find(&head, b"<!").is_none() && is_utf8;
        is_plain.then_some(Self { part, xml, head, rows })
    }
}

/// What plain cells refer to; any sheet tells how the workbook library sees styles.
pub(super) fn shared(bytes: &Unfolded, name: &str, is_1904: bool) -> Option<Shared> {
    let part = unseen::part_of(bytes, name)?;
    let styles = styles(bytes, &part, name)?;
    let texts = match mini::part(bytes, "xl/sharedStrings.xml") {
        Some(xml) => match Texts::of_part(&xml) {
            Some(texts) => texts,
            None => texts(bytes, &part, name, &xml)?,
        },
        None => Texts::default(),
    };
    Some(Shared { styles, is_1904, texts })
}

/// A cell that was read ahead.
pub(super) struct Kept {
    pub(super) place: Place,
    pub(super) text: String,
    pub(super) stored: Stored,
}

/// The cells of the first rows of a sheet: of at least so many that hold something, or of all. Nothing where
/// they are not plain, or too far apart.
pub(super) fn beginning(bytes: &Unfolded, name: &str, shared: &Shared, rows: usize) -> Option<Vec<Kept>> {
    /// How much is unfolded at a time.
    const SOME: usize = 64 << 10;
    let Begun { mut xml, rows: mut begun, .. } = Begun::of(bytes, name, SOME)?;
    let (end, is_all) = loop {
        if let Some(end) = memmem::find(&begun, b"</sheetData>") {
            break (end, true);
        }
        // More than are asked for, since some may hold nothing.
        if let Some(end) = memmem::find_iter(&begun, b"<row").nth(2 * rows) {
            break (end, false);
        }
        if begun.len() > 8 * PIECE || !xml.fill_up_to(SOME, &mut begun).ok()? {
            return None;
        }
    };
    let (mut kept, mut count) = (Vec::<Kept>::new(), 0);
    plain::read(&begun[..end], shared, &mut |row, column, value| {
        if kept.last().is_none_or(|last| last.place.0 != row) {
            count += 1;
        }
        if count <= rows {
            kept.push(Kept { place: (row, column), text: value.text.to_owned(), stored: value.stored });
        }
    })?;
    (is_all || count > rows).then_some(kept)
}

impl Pieces {
    /// A sheet, if it begins as plain ones do.
    pub(super) fn open(bytes: &Unfolded, name: &str, shared: Arc<Shared>, plan: &Arc<Plan>) -> Option<Self> {
        let Begun { part, xml, head, rows } = Begun::of(bytes, name, PIECE)?;
        let late = Arc::<Late>::default();
        late.look(&head);
        let plan = Arc::clone(plan);
        Some(Self {
            bytes: bytes.clone(),
            part,
            name: name.to_owned(),
            xml,
            shared,
            plan,
            pending: rows,
            ended: false,
            late,
            held: None,
        })
    }

    pub(crate) fn late(&self) -> Arc<Late> {
        Arc::clone(&self.late)
    }

    /// The next piece that holds a value, and whether it is the last. Pieces end before a row, and the last
    /// one where the rows do; what stands at the end stands in one piece, with rows before it.
    pub(crate) fn next(&mut self) -> Result<Option<(Piece, bool)>, Trouble> {
        loop {
            let Some(next) = self.cut_next()? else { return Ok(self.held.take().map(|held| (held, true))) };
            let is_end = self.ended && next.xml.len() < TAIL;
            match &mut self.held {
                // Rows may be formatted far below the last one that is filled.
                _ if !holds_values(&next.xml) => self.late.look(&next.xml),
                Some(held) if is_end => held.xml.extend(next.xml),
                held => {
                    if let Some(before) = held.replace(next) {
                        return Ok(Some((before, false)));
                    }
                }
            }
        }
    }

    fn cut_next(&mut self) -> Result<Option<Piece>, Trouble> {
        let damaged = || faults::damaged(NAME);
        while !self.ended {
            let more = self.pending.len() < PIECE && self.xml.fill(&mut self.pending).map_err(|_| damaged())?;
            if more && self.pending.len() < PIECE {
                continue;
            }
            // A row's end and the sheet's are told apart by what is searched for: both are tags.
            if let Some(end) = memmem::find(&self.pending, b"</sheetData>") {
                self.ended = true;
                let rest = self.pending.split_off(end);
                self.tail(rest)?;
                return Ok(self.piece());
            }
            let is_blank = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_whitespace);
            let cut = memmem::rfind(&self.pending, b"<row").filter(|cut| !is_blank(&self.pending[..*cut]));
            match cut {
                Some(cut) => {
                    let rest = self.pending[cut..].to_vec();
                    self.pending.truncate(cut);
                    let piece = self.piece();
                    self.pending = rest;
                    self.pending.reserve(PIECE);
                    return Ok(piece);
                }
                None => {
                    if self.pending.len() > LONGEST || !self.xml.fill(&mut self.pending).map_err(|_| damaged())? {
                        return Err(damaged());
                    }
                }
            }
        }
        Ok(None)
    }

    /// Looks at what follows the rows, to its end.
    fn tail(&mut self, mut rest: Vec<u8>) -> Result<(), Trouble> {
        while rest.len() < LONGEST && self.xml.fill(&mut rest).map_err(|_| faults::damaged(NAME))? {}
        self.late.look(&rest);
        Ok(())
    }

    fn piece(&mut self) -> Option<Piece> {
        if self.pending.iter().all(u8::is_ascii_whitespace) {
            return None;
        }
        Some(Piece {
            xml: std::mem::take(&mut self.pending),
            bytes: self.bytes.clone(),
            part: self.part.clone(),
            name: self.name.clone(),
            shared: Arc::clone(&self.shared),
            plan: Arc::clone(&self.plan),
            late: Arc::clone(&self.late),
        })
    }
}

/// Whether any cell of some rows may hold something: cells that are formatted only have no element inside.
fn holds_values(rows: &[u8]) -> bool {
    [&b"<v"[..], b"<is", b"<f"].iter().any(|element| memmem::find(rows, element).is_some())
}

impl Piece {
    pub(crate) fn plan(&self) -> Arc<Plan> {
        Arc::clone(&self.plan)
    }

    pub(crate) fn read(self) -> ReadBlock {
        self.late.look(&self.xml);
        let mut block = CellsBlock::new(Arc::clone(&self.plan));
        let mut push = |row, column, value: Value<'_>| block.push(row, column, value);
        if plain::read(&self.xml, &self.shared, &mut push).is_some() {
            return block.read();
        }
        let mut block = CellsBlock::new(Arc::clone(&self.plan));
        if let Err(trouble) = guarded(NAME, || self.ask(&mut block)) {
            // One reason is enough; which of several does not matter, since they read the same.
            let _ = self.late.trouble.set(trouble);
        }
        block.read()
    }

    /// Has the workbook library read the piece.
    fn ask(&self, block: &mut CellsBlock) -> Result<(), Trouble> {
        let rows = mini::workbook(&self.bytes, &self.part, &self.xml, mini::Texts::Copied);
        let rows = rows.ok_or_else(|| faults::damaged(NAME))?;
        let mut book = calamine::Xlsx::new(rows).map_err(|error| said(&error))?;
        let mut cells = book.worksheet_cells_reader(&self.name).map_err(|error| said(&error))?;
        let mut text = Text::default();
        while let Some(cell) = cells.next_cell().map_err(|error| said(&error))? {
            let (row, column) = cell.get_position();
            let row = row.saturating_add(1);
            if !text.set(cell.get_value()) {
                continue;
            }
            if !is_on_sheet(row, column) {
                return Err(faults::damaged(NAME));
            }
            block.push(row, column, text.value());
        }
        Ok(())
    }
}

/// What numbers stand for in each style, as the workbook library sees it.
fn styles(bytes: &Unfolded, part: &str, name: &str) -> Option<Vec<Number>> {
    let count = mini::part(bytes, "xl/styles.xml").map_or(0, |xml| memmem::find_iter(&xml, b"<xf").count());
    let cells = (0..=count).map(|style| format!("<c r=\"A{}\" s=\"{style}\"><v>1</v></c>", style + 1));
    let mut styles = Vec::new();
    asked(bytes, part, name, cells, mini::Texts::LeftOut, |value| {
        styles.push(match value {
            DataRef::DateTime(moment) if moment.is_duration() => Number::Duration,
            DataRef::DateTime(_) => Number::Date,
            _ => Number::Itself,
        });
    })?;
    (styles.len() == count + 1).then_some(styles)
}

/// The shared texts as the workbook library reads them, where some of them are not plain.
fn texts(bytes: &Unfolded, part: &str, name: &str, xml: &[u8]) -> Option<Texts> {
    // What is in the table is never more than what opens an entry.
    let most = memmem::find_iter(xml, b"<si>").count() + memmem::find_iter(xml, b"<si ").count();
    let cells = (0..most).map(|text| format!("<c r=\"A{}\" t=\"s\"><v>{text}</v></c>", text + 1));
    let mut texts = Texts::default();
    asked(bytes, part, name, cells, mini::Texts::Copied, |value| {
        if let DataRef::SharedString(text) = value {
            texts.push(text);
        }
    })?;
    (texts.len() == most).then_some(texts)
}

fn asked(
    bytes: &Unfolded,
    part: &str,
    name: &str,
    cells: impl Iterator<Item = String>,
    with: mini::Texts,
    mut take: impl FnMut(&DataRef<'_>),
) -> Option<()> {
    let mut rows = String::new();
    for (cell, row) in cells.zip(1..) {
        let _ = write!(rows, "<row r=\"{row}\">{cell}</row>");
    }
    let mut book = calamine::Xlsx::new(mini::workbook(bytes, part, rows.as_bytes(), with)?).ok()?;
    let mut cells = book.worksheet_cells_reader(name).ok()?;
    while let Some(cell) = cells.next_cell().ok()? {
        take(cell.get_value());
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::corpora;
    use arrow::array::Array;
    use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
    use std::collections::BTreeMap;
    use std::path::Path;

    /// Every cell that shows something, by row and column.
    type Cells = BTreeMap<(u32, u32), (String, Stored)>;

    fn one_by_one(bytes: &Unfolded, name: &str) -> Option<Cells> {
        let mut book = calamine::Xlsx::new(Cursor::new(bytes.clone())).ok()?;
        let mut reader = book.worksheet_cells_reader(name).ok()?;
        let (mut cells, mut text) = (Cells::new(), Text::default());
        while let Some(cell) = reader.next_cell().ok()? {
            let (row, column) = cell.get_position();
            if text.set(cell.get_value()) {
                let value = text.value();
                cells.entry((row + 1, column)).or_insert((value.text.to_owned(), value.stored));
            }
        }
        Some(cells)
    }

    fn in_pieces(bytes: &Unfolded, name: &str, columns: u32) -> Option<Cells> {
        let plan = Plan::of_columns(0, columns - 1);
        let is_1904 = calamine::Xlsx::new(Cursor::new(bytes.clone())).ok()?.has_1904_epoch();
        let mut pieces = Pieces::open(bytes, name, Arc::new(shared(bytes, name, is_1904)?), &Arc::new(plan))?;
        let mut cells = Cells::new();
        while let Some((piece, _)) = pieces.next().unwrap() {
            let chunk = piece.read().chunk;
            for (column, read) in (0u32..).zip(&chunk.columns) {
                for (index, row) in chunk.rows.iter().enumerate().filter(|(index, _)| read.text.is_valid(*index)) {
                    let before = cells.insert((*row, column), (read.text.value(index).to_owned(), read.stored(index)));
                    assert!(before.is_none(), "no row is in two pieces");
                }
            }
        }
        assert!(pieces.late.trouble().is_none());
        Some(cells)
    }

    /// How many sheets of a workbook could be cut, all of them read alike.
    fn compare(bytes: Vec<u8>, what: &str) -> usize {
        let bytes = Unfolded::new(bytes);
        let Ok(book) = calamine::Xlsx::new(Cursor::new(bytes.clone())) else { return 0 };
        let mut cut = 0;
        for name in book.sheet_names() {
            let Some(expected) = one_by_one(&bytes, &name) else { continue };
            let columns = expected.keys().map(|(_, column)| column + 1).max().unwrap_or(1);
            if let Some(found) = in_pieces(&bytes, &name, columns) {
                assert_eq!(found, expected, "{what}, {name}");
                cut += 1;
            }
        }
        cut
    }

    fn compare_all(folder: &Path) -> usize {
        let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let count = |path: &std::path::PathBuf| match path.extension().and_then(|ending| ending.to_str()) {
            _ if path.is_dir() => compare_all(path),
            Some("xlsx" | "xlsm") => compare(std::fs::read(path).unwrap(), &path.display().to_string()),
            _ => 0,
        };
        paths.iter().map(count).sum()
    }

    #[test]
    fn every_public_workbook_reads_alike_in_pieces() {
        let Some(folder) = corpora("readxl") else { return };
        let cut = compare_all(folder.parent().unwrap());
        assert!(cut >= 30, "{cut} sheets could be cut");
    }

    #[test]
    fn a_large_sheet_loses_no_cell() {
        let mut book = Workbook::new();
        let date = Format::new().set_num_format("dd/mm/yyyy");
        let sheet = book.add_worksheet();
        for row in 0..20_000u32 {
            sheet.write_number(row, 0, f64::from(row) / 4.0).unwrap();
            sheet.write_string(row, 1, format!("Ann & <Co> {}", row % 300)).unwrap();
            let moment = ExcelDateTime::from_serial_datetime(40_000.0 + f64::from(row) / 2.0).unwrap();
            sheet.write_datetime_with_format(row, 3, &moment, &date).unwrap();
            if row % 500 == 3 {
                sheet.write_formula(row, 4, "=1/0").unwrap();
                sheet.write_boolean(row, 5, row % 1000 == 3).unwrap();
                sheet.write_string(row, 6, " kept \n space ").unwrap();
            }
        }
        sheet.set_row_hidden(7).unwrap();
        let bytes = book.save_to_buffer().unwrap();
        assert_eq!(compare(bytes, "a large sheet"), 1);
    }

    #[test]
    fn the_beginning_of_a_sheet_has_its_first_rows_that_hold_something() {
        let mut book = Workbook::new();
        let bold = Format::new().set_bold();
        let sheet = book.add_worksheet();
        for row in 0..9_000 {
            sheet.write_blank(row, 0, &bold).unwrap();
            if row % 3 == 1 {
                sheet.write_string(row, 1, format!("text {row}")).unwrap();
                sheet.write_number(row, 2, row).unwrap();
            }
        }
        let bytes = Unfolded::new(book.save_to_buffer().unwrap());
        let shared = shared(&bytes, "Sheet1", false).unwrap();
        let rows = |rows| {
            let kept = beginning(&bytes, "Sheet1", &shared, rows)?;
            let texts: Vec<String> = kept.into_iter().map(|kept| format!("{} {}", kept.place.0, kept.text)).collect();
            Some(texts)
        };
        // Of as many rows again as are asked for, too few hold something.
        assert_eq!(rows(3), None);
        assert_eq!(rows(5_000).unwrap().len(), 6_000);
        assert_eq!(rows(5_000).unwrap()[..3], ["2 text 1", "2 1", "5 text 4"]);
        sheet_of_rows(&[1, 2, 3, 4, 5, 6, 7], |bytes, shared| {
            let kept = beginning(bytes, "Sheet1", shared, 2).unwrap();
            assert_eq!(kept.iter().map(|kept| kept.place).collect::<Vec<_>>(), [(1, 0), (2, 0)]);
        });
    }

    fn sheet_of_rows(rows: &[u32], check: impl Fn(&Unfolded, &Shared)) {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        for row in rows {
            sheet.write_number(row - 1, 0, *row).unwrap();
        }
        let bytes = Unfolded::new(book.save_to_buffer().unwrap());
        check(&bytes, &shared(&bytes, "Sheet1", false).unwrap());
    }

    #[test]
    fn what_is_not_plain_is_read_as_the_library_does() {
        let mut book = Workbook::new();
        book.add_worksheet().write_string(0, 0, "shared").unwrap();
        let bytes = Unfolded::new(book.save_to_buffer().unwrap());
        let mut many = String::new();
        for row in 3..30_000 {
            let _ = write!(many, "<row r=\"{row}\"><c r=\"B{row}\"><v>{row}</v></c></row>");
        }
        for odd in [
            "<c r=\"A2\" t=\"inlineStr\"><is><r><t>rich</t></r><r><t xml:space=\"preserve\"> text</t></r></is></c>",
            "<c r=\"A2\" t=\"inlineStr\"><is><t>a&#10;b &amp;amp; _x0041_</t></is></c>",
            "<c r=\"A2\"><f>1+1</f><v>2</v></c>",
            "<c r=\"A2\" t=\"str\"><f>\"a\"</f><v> a </v></c>",
            "<c r=\"A2\"/><c><v>7</v></c>",
            "<c r=\"A2\" t=\"e\"><v>#N/A</v></c><c r=\"B2\" t=\"b\"><v>true</v></c>",
            "<c r='A2' t='s'><v>0</v></c>",
            "<c r=\"A2\"><v>1E5</v></c><c r=\"B2\"><v> 5</v></c><c r=\"C2\"><v>word</v></c>",
            "<!-- a word --><c r=\"A2\"><v>3</v></c>",
            "<c r=\"A2\" t=\"d\"><v>2022-07-01T00:00:00</v></c>",
            "<c r=\"A2\" s=\"99\"><v>3</v></c>",
            "<c r=\"A2\" t=\"s\"><v></v></c><c r=\"B2\"><v/></c>",
        ] {
            let rows = format!(
                "<row r=\"1\" spans=\"1:2\"><c r=\"A1\" t=\"s\"><v>0</v></c></row><row r=\"2\">{odd}</row>{many}"
            );
            let odd = Unfolded::new(
                mini::workbook(&bytes, "xl/worksheets/sheet1.xml", rows.as_bytes(), mini::Texts::Copied)
                    .unwrap()
                    .into_inner(),
            );
            let expected = one_by_one(&odd, "Sheet1").unwrap();
            assert_eq!(in_pieces(&odd, "Sheet1", 3), Some(expected));
        }
    }
}
