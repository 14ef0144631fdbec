//! How far the sheets of an old workbook reach. The library lays each one out as a whole rectangle,
//! so that a small file could ask for more memory than there is: that is counted before.

use crate::faults::{self, Trouble};
use crate::formats::limits::of;

/// The most cells that all sheets may span.
const CELLS: u64 = 32 << 20;
/// How many bytes of records are walked over for all sheets.
const WALKED: u64 = 1 << 30;
/// Rows and columns of a sheet of this format.
const SHEET: (u64, u64) = (65_536, 256);

/// Looks at how far the sheets reach. A file of which the records cannot be found is left to the
/// library, which will not find them either.
pub(super) fn check(bytes: &[u8]) -> Result<(), Trouble> {
    let Some(stream) = stream(bytes) else { return Ok(()) };
    let (mut cells, mut walked) = (0u64, 0u64);
    let starts = records(&stream).take_while(|record| record.0 != EOF).filter(|record| record.0 == BOUND_SHEET);
    for (_, data) in starts {
        let Some(rest) = u32_at(data, 0).and_then(|start| stream.get(start as usize..)) else { continue };
        let (reach, seen) = reach(rest);
        cells = cells.saturating_add(reach);
        walked += seen;
        if cells > of(CELLS) || walked > of(WALKED) {
            let most = of(CELLS) / 1_000_000;
            return Err(faults::too_large(&format!(
                "is an old Excel workbook of which the sheets reach over more than {most} million cells, which is the limit"
            )));
        }
    }
    Ok(())
}

const BOUND_SHEET: u16 = 0x0085;
const DIMENSIONS: u16 = 0x0200;
const EOF: u16 = 0x000A;

/// How many cells the rectangle of a sheet has, and how many bytes of records that was told from.
fn reach(sheet: &[u8]) -> (u64, u64) {
    let (mut first, mut last) = ((u64::MAX, u64::MAX), (0u64, 0u64));
    let (mut declared, mut walked) = (0, 0);
    for (kind, data) in records(sheet) {
        walked += 4 + data.len() as u64;
        match kind {
            EOF => break,
            DIMENSIONS => declared = declared.max(declared_area(data)),
            // Numbers, texts, formulas and rows of numbers.
            0x0203 | 0x0204 | 0x00D6 | 0x0205 | 0x027E | 0x00FD | 0x00BD | 0x0006 => {
                let (Some(row), Some(column)) = (u16_at(data, 0), u16_at(data, 2)) else { continue };
                let end = if kind == 0x00BD { u16_at(data, data.len().saturating_sub(2)) } else { None };
                let end = u64::from(end.unwrap_or(column).max(column));
                let (row, column) = (u64::from(row), u64::from(column));
                first = (first.0.min(row), first.1.min(column));
                last = (last.0.max(row), last.1.max(end));
            }
            _ => {}
        }
    }
    let area = if first.0 == u64::MAX { 0 } else { (last.0 - first.0 + 1) * (last.1 - first.1 + 1) };
    (area.max(declared), walked)
}

/// What a sheet says of its own size. Beyond what the format can hold, it is beyond any limit.
fn declared_area(data: &[u8]) -> u64 {
    let size = if data.len() == 14 {
        u32_at(data, 0).zip(u32_at(data, 4)).zip(u16_at(data, 8).zip(u16_at(data, 10)))
    } else {
        let rows = u16_at(data, 0).zip(u16_at(data, 2)).map(|(first, end)| (u32::from(first), u32::from(end)));
        rows.zip(u16_at(data, 4).zip(u16_at(data, 6)))
    };
    let Some(((first_row, end_row), (first_column, end_column))) = size else { return 0 };
    let rows = u64::from(end_row.saturating_sub(first_row));
    let columns = u64::from(end_column.saturating_sub(first_column));
    if rows > SHEET.0 || columns > SHEET.1 { u64::MAX } else { rows * columns }
}

/// The records of a stream: kind and data.
fn records(mut stream: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let (kind, length) = (u16_at(stream, 0)?, u16_at(stream, 2)? as usize);
        let data = stream.get(4..4 + length)?;
        stream = &stream[4 + length..];
        Some((kind, data))
    })
}

/// The stream of the workbook's records in its container.
fn stream(bytes: &[u8]) -> Option<Vec<u8>> {
    let size = if u16_at(bytes, 30)? == 12 { 4096 } else { 512 };
    let sector = |id: u32| bytes.get((id as usize + 1) * size..).map(|rest| &rest[..rest.len().min(size)]);
    let mut listed: Vec<u32> = numbers(bytes.get(76..512)?);
    let mut next = u32_at(bytes, 68)?;
    let most = bytes.len() / size + 1;
    while next < RESERVED && listed.len() <= most {
        listed.extend(numbers(sector(next)?));
        next = listed.pop()?;
    }
    let fat: Vec<u32> =
        listed.into_iter().filter(|id| *id < RESERVED).filter_map(sector).take(most).flat_map(numbers).collect();
    let chain = |start: u32| -> Vec<u8> {
        let mut out = Vec::new();
        let mut id = start;
        while let Some(data) = sector(id).filter(|data| !data.is_empty() && id < RESERVED && out.len() < bytes.len()) {
            out.extend_from_slice(data);
            id = fat.get(id as usize).copied().unwrap_or(RESERVED);
        }
        out
    };
    let entries = chain(u32_at(bytes, 48)?);
    let name = |entry: &[u8]| -> String {
        let units = entry[..64].chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        let units: Vec<u16> = units.take_while(|unit| *unit != 0).collect();
        String::from_utf16_lossy(&units).to_lowercase()
    };
    let find = |wanted: &str| entries.chunks_exact(128).find(|entry| name(entry) == wanted);
    let entry = find("workbook").or_else(|| find("book"))?;
    let (start, length) = (u32_at(entry, 116)?, u32_at(entry, 120)? as usize);
    if length >= 4096 {
        return Some(chain(start));
    }
    // Small streams stand in small sectors, which are in the stream of the container's root.
    let small = chain(u32_at(entries.get(..128)?, 116)?);
    let next: Vec<u32> = numbers(&chain(u32_at(bytes, 60)?));
    let (mut out, mut id) = (Vec::new(), start);
    while let Some(data) = small.get(id as usize * 64..id as usize * 64 + 64).filter(|_| out.len() < length) {
        out.extend_from_slice(data);
        id = next.get(id as usize).copied().unwrap_or(RESERVED);
    }
    Some(out)
}

/// Numbers from here on are no sectors.
const RESERVED: u32 = 0xFFFF_FFFA;

fn numbers(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks_exact(4).map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]])).collect()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u16, data: &[u8]) -> Vec<u8> {
        [&kind.to_le_bytes()[..], &(data.len() as u16).to_le_bytes(), data].concat()
    }

    #[test]
    fn the_reach_of_a_sheet_is_its_rectangle() {
        let number =
            |row: u16, column: u16| record(0x0203, &[&row.to_le_bytes()[..], &column.to_le_bytes(), &[0; 10]].concat());
        let sheet = [number(2, 3), number(11, 5), record(EOF, &[]), number(60_000, 200)].concat();
        assert_eq!(reach(&sheet).0, 30);
    }

    #[test]
    fn what_a_sheet_declares_counts_too() {
        let rows = |end: u32| [&0u32.to_le_bytes()[..], &end.to_le_bytes(), &[0, 0, 4, 0, 0, 0]].concat();
        assert_eq!(declared_area(&rows(10)), 40);
        assert_eq!(declared_area(&rows(u32::MAX)), u64::MAX);
    }
}
