//! A workbook as the library wrote it, without the rows of its large sheets, and these rows beside it.

use crate::deflate::{Deflater, Stream};
use crate::error::BookError;
use crate::pack::Pack;
use crate::package::Archive;
use crate::rows::Body;
use memchr::memmem;
use qd_model::finding::column_letters;
use std::collections::BTreeMap;
use std::io::Write;

/// A workbook, and rows that still have to be put into its sheets.
pub(crate) struct Skeleton {
    pub(crate) archive: Archive,
    /// The rows of sheets, by the name of their part.
    pub(crate) bodies: BTreeMap<String, Body>,
}

impl Skeleton {
    /// `bodies` are the rows by the place of their sheet, counted from 0.
    pub(crate) fn of(book: Vec<u8>, bodies: BTreeMap<usize, Body>) -> Result<Self, BookError> {
        let bodies = bodies.into_iter().map(|(place, body)| (part_of_sheet(place), body)).collect();
        Ok(Self { archive: Archive::open(book)?, bodies })
    }

    /// The bytes of the whole workbook.
    pub(crate) fn finish(mut self) -> Result<Vec<u8>, BookError> {
        let mut pack = Pack::default();
        for index in 0..self.archive.len() {
            let name = self.archive.name(index);
            match self.bodies.remove(&name) {
                Some(body) => {
                    let part = self.archive.bytes(&name).ok_or(BookError::NotToBeChanged)?;
                    pack.put_stream(&name, &whole(&part, body))?;
                }
                None => self.archive.copy_packed(index, &mut pack)?,
            }
        }
        pack.finish()
    }
}

/// The name of a sheet's part, by its place.
pub(crate) fn part_of_sheet(place: usize) -> String {
    format!("xl/worksheets/sheet{}.xml", place + 1)
}

/// A sheet's part with rows below those that it has.
pub(crate) fn whole(part: &[u8], body: Body) -> Stream {
    const END: &[u8] = b"</sheetData>";
    let mut out = Deflater::default();
    let mut write = |content: &[u8]| out.write_all(content).expect("writing to memory cannot fail");
    let mut rest = part;
    // The sheet's extent stands before everything else that could look like it.
    if let Some((before, after)) = cut(rest, b"<dimension ref=\"").and_then(|(before, after)| {
        let end = memmem::find(after, b"\"")?;
        Some((before, &after[end..]))
    }) {
        let (columns, row) = body.extent;
        write(before);
        write(b"<dimension ref=\"A1");
        if columns > 0 && row > 0 {
            write(format!(":{}{row}", column_letters(columns as u32 - 1)).as_bytes());
        }
        rest = after;
    }
    let (rows, after, is_empty) = match (cut(rest, END), cut(rest, b"<sheetData/>")) {
        (Some((rows, after)), _) => (rows, after, false),
        (None, Some((before, after))) => (before, after, true),
        (None, None) => (rest, &[][..], false),
    };
    write(rows);
    if is_empty {
        write(b"<sheetData>");
    }
    out.append(body.pieces);
    let mut write = |content: &[u8]| out.write_all(content).expect("writing to memory cannot fail");
    write(END);
    write(after);
    out.finish()
}

/// What stands before and after some bytes.
fn cut<'p>(part: &'p [u8], at: &[u8]) -> Option<(&'p [u8], &'p [u8])> {
    let place = memmem::find(part, at)?;
    Some((&part[..place], &part[place + at.len()..]))
}
