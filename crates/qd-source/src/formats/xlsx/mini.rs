//! Small workbooks made from a large one, to ask the workbook library about a part of it: the same
//! styles and texts, and a sheet of which the rows are given.

use crate::formats::input::Unfolded;
use std::io::{Cursor, Read, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// How a sheet begins.
const START: &[u8] = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?><worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>";

/// The workbook with one sheet's rows replaced. Other sheets are left out; so are the shared texts,
/// unless they are wanted.
pub(super) fn workbook(bytes: &Unfolded, sheet: &str, rows: &[u8], texts: Texts) -> Option<Cursor<Vec<u8>>> {
    let mut archive = ZipArchive::new(Cursor::new(bytes.clone())).ok()?;
    let mut out = ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..archive.len() {
        let part = archive.by_index_raw(index).ok()?;
        let name = part.name().ok()?.to_string();
        let is_left_out = name.starts_with("xl/media/")
            || name.starts_with("xl/worksheets/sheet")
            || (texts == Texts::LeftOut && name.to_lowercase().ends_with("sharedstrings.xml"));
        if name != sheet && !is_left_out {
            out.raw_copy_file(part).ok()?;
        }
    }
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    out.start_file(sheet, options).ok()?;
    for piece in [START, rows, b"</sheetData></worksheet>"] {
        out.write_all(piece).ok()?;
    }
    out.finish().ok()
}

/// The workbook without rows and texts: what there is to know of its sheets.
pub(super) fn without_sheets(bytes: &Unfolded) -> Option<Cursor<Vec<u8>>> {
    let mut archive = ZipArchive::new(Cursor::new(bytes.clone())).ok()?;
    let mut out = ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..archive.len() {
        let part = archive.by_index_raw(index).ok()?;
        let name = part.name().ok()?.to_lowercase();
        let is_left_out = ["xl/media/", "xl/worksheets/", "xl/drawings/"].iter().any(|folder| name.starts_with(folder))
            || name.ends_with("sharedstrings.xml");
        if !is_left_out {
            out.raw_copy_file(part).ok()?;
        }
    }
    out.finish().ok()
}

/// Whether a small workbook has the shared texts of the large one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Texts {
    Copied,
    LeftOut,
}

/// A whole part of a workbook.
pub(super) fn part(bytes: &Unfolded, name: &str) -> Option<Vec<u8>> {
    let mut archive = ZipArchive::new(Cursor::new(bytes.clone())).ok()?;
    let mut part = archive.by_name(name).ok()?;
    let mut whole = Vec::with_capacity(usize::try_from(part.size()).ok()?);
    part.read_to_end(&mut whole).ok()?;
    Some(whole)
}
