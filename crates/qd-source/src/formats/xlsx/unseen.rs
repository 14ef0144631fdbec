//! What is hidden or merged on a sheet: the workbook library does not say, so its part is looked at.

use super::parts::sheet_path;
use crate::formats::input::Unfolded;
use crate::formats::unseen::Unseen;
use memchr::memmem::{self, Finder};
use std::io::{Cursor, Read};
use zip::ZipArchive;

/// How much of the part is held at a time.
const PIECE: usize = 256 * 1024;
/// The last column that there can be; what is hidden up to it is the empty rest of the sheet.
const LAST_COLUMN: u64 = 16_384;

/// The part that holds a sheet, by the sheet's name.
pub(super) fn part_of(bytes: &Unfolded, sheet: &str) -> Option<String> {
    let mut archive = ZipArchive::new(Cursor::new(bytes.clone())).ok()?;
    sheet_path(&mut archive, sheet)
}

/// Counts what is hidden or merged on a sheet; nothing where its part is not found.
pub(super) fn count(bytes: &Unfolded, sheet: &str) -> Option<Unseen> {
    let path = part_of(bytes, sheet)?;
    let mut archive = ZipArchive::new(Cursor::new(bytes.clone())).ok()?;
    let mut part = archive.by_name(&path).ok()?;
    let mut scan = Scan::default();
    let mut held: Vec<u8> = Vec::with_capacity(PIECE * 2);
    loop {
        let before = held.len();
        (&mut part).take(PIECE as u64).read_to_end(&mut held).ok()?;
        let is_end = held.len() == before;
        // What is looked at ends before a tag, so that no tag is seen in halves.
        let end = if is_end { held.len() } else { memchr::memrchr(b'<', &held).unwrap_or(0) };
        scan.look(&held[..end]);
        held.drain(..end);
        if is_end || held.len() > PIECE * 8 {
            return Some(scan.unseen);
        }
    }
}

/// Looks for what is hidden or merged.
pub(super) struct Scan {
    pub(super) unseen: Unseen,
    hidden: Finder<'static>,
    merged: Finder<'static>,
    formula: Finder<'static>,
}

impl Default for Scan {
    fn default() -> Self {
        Self {
            unseen: Unseen::default(),
            hidden: Finder::new(" hidden="),
            merged: Finder::new("mergeCell "),
            formula: Finder::new("f></"),
        }
    }
}

impl Scan {
    pub(super) fn look(&mut self, xml: &[u8]) {
        for at in self.merged.find_iter(xml) {
            self.unseen.merged += u64::from(at > 0 && matches!(xml[at - 1], b'<' | b':'));
        }
        // A formula's end, and right after it its cell's.
        for at in self.formula.find_iter(xml) {
            let closes = at > 0 && matches!(xml[at - 1], b'/' | b':');
            let rest = xml[at + b"f></".len()..].split(|byte| *byte == b'>').next().unwrap_or_default();
            self.unseen.uncalculated += u64::from(closes && (rest == b"c" || rest.ends_with(b":c")));
        }
        for at in self.hidden.find_iter(xml) {
            let value = &xml[at + " hidden=".len()..];
            let is_hidden = [&b"1"[..], b"true"].iter().any(|word| value.get(1..).is_some_and(|v| v.starts_with(word)));
            let Some(start) = memchr::memrchr(b'<', &xml[..at]).filter(|_| is_hidden) else { continue };
            let tag = &xml[start + 1..];
            let tag = &tag[..memchr::memchr(b'>', tag).unwrap_or(tag.len())];
            let name = tag.split(|byte| *byte == b' ').next().unwrap_or_default();
            match name.rsplit(|byte| *byte == b':').next().unwrap_or_default() {
                b"row" => self.unseen.rows += 1,
                b"col" => self.unseen.columns += columns(tag),
                _ => {}
            }
        }
    }
}

/// How many columns of the table a tag is about.
fn columns(tag: &[u8]) -> u64 {
    let number = |name: &str| -> Option<u64> {
        let start = memmem::find(tag, name.as_bytes())? + name.len() + 1;
        let digits: Vec<u8> = tag[start..].iter().copied().take_while(u8::is_ascii_digit).collect();
        std::str::from_utf8(&digits).ok()?.parse().ok()
    };
    match (number(" min="), number(" max=")) {
        (Some(min), Some(max)) if max < LAST_COLUMN && min <= max => max - min + 1,
        _ => 0,
    }
}
