//! The parts of a workbook put into one file: parts that are packed already are taken as they are.

use crate::deflate::{Deflater, Stream};
use crate::error::BookError;
use std::collections::BTreeSet;
use std::io::Write;

const STORED: u16 = 0;
const DEFLATED: u16 = 8;
/// The version of the format that all programs read, and the one with numbers of eight bytes.
const PLAIN: u16 = 20;
const LARGE: u16 = 45;
/// Says that names are UTF-8.
const UTF8: u16 = 1 << 11;
/// What stands where a number of four bytes is too small.
const BEYOND: u32 = u32::MAX;
/// 1 January 1980 at midnight, as the format writes times.
pub(crate) const EPOCH: (u16, u16) = (0, 0x21);

/// A part as it is packed.
pub(crate) struct Entry<'a> {
    pub(crate) name: &'a str,
    /// Whether it is deflated, else it is stored as it is.
    pub(crate) is_deflated: bool,
    pub(crate) crc: u32,
    pub(crate) size: u64,
    /// The time and the day of its last change.
    pub(crate) changed: (u16, u16),
}

/// A packed file that is being written.
#[derive(Default)]
pub(crate) struct Pack {
    out: Vec<u8>,
    directory: Vec<u8>,
    names: BTreeSet<String>,
}

impl Pack {
    /// Adds a part.
    pub(crate) fn put(&mut self, name: &str, content: &[u8]) -> Result<(), BookError> {
        let mut deflater = Deflater::default();
        deflater.write_all(content).expect("writing to memory cannot fail");
        self.put_stream(name, &deflater.finish())
    }

    /// Adds a part that is packed.
    pub(crate) fn put_stream(&mut self, name: &str, stream: &Stream) -> Result<(), BookError> {
        let Stream { size, crc, packed, .. } = *stream;
        self.head(&Entry { name, is_deflated: true, crc, size, changed: EPOCH }, packed)?;
        self.out.reserve(packed as usize);
        for piece in &stream.pieces {
            self.out.extend_from_slice(piece);
        }
        Ok(())
    }

    /// Adds a part as it was packed elsewhere.
    pub(crate) fn put_packed(&mut self, entry: &Entry<'_>, packed: &[u8]) -> Result<(), BookError> {
        self.head(entry, packed.len() as u64)?;
        self.out.extend_from_slice(packed);
        Ok(())
    }

    fn head(&mut self, entry: &Entry<'_>, packed: u64) -> Result<(), BookError> {
        let start = small(self.out.len())?;
        if !self.names.insert(entry.name.to_owned()) {
            // Which of two parts of one name a program takes cannot be known.
            return Err(BookError::NotToBeChanged);
        }
        let name = u16::try_from(entry.name.len()).map_err(|_| BookError::NotToBeChanged)?;
        let is_large = entry.size.max(packed) >= u64::from(BEYOND);
        let mut middle = Vec::with_capacity(26);
        let method = if entry.is_deflated { DEFLATED } else { STORED };
        let flags = if entry.name.is_ascii() { 0 } else { UTF8 };
        for number in [if is_large { LARGE } else { PLAIN }, flags, method, entry.changed.0, entry.changed.1] {
            middle.extend_from_slice(&number.to_le_bytes());
        }
        let short = |number: u64| if is_large { BEYOND } else { number as u32 };
        for number in [entry.crc, short(packed), short(entry.size)] {
            middle.extend_from_slice(&number.to_le_bytes());
        }
        let mut extra = Vec::new();
        if is_large {
            extra.extend_from_slice(&[1, 0, 16, 0]);
            extra.extend_from_slice(&entry.size.to_le_bytes());
            extra.extend_from_slice(&packed.to_le_bytes());
        }
        for number in [name, extra.len() as u16] {
            middle.extend_from_slice(&number.to_le_bytes());
        }
        self.out.extend_from_slice(b"PK\x03\x04");
        self.out.extend_from_slice(&middle);
        self.out.extend_from_slice(entry.name.as_bytes());
        self.out.extend_from_slice(&extra);
        self.directory.extend_from_slice(b"PK\x01\x02");
        self.directory.extend_from_slice(&PLAIN.to_le_bytes());
        self.directory.extend_from_slice(&middle);
        // No comment, the first disk, nothing about the file on the system that it came from.
        self.directory.extend_from_slice(&[0; 10]);
        self.directory.extend_from_slice(&start.to_le_bytes());
        self.directory.extend_from_slice(entry.name.as_bytes());
        self.directory.extend_from_slice(&extra);
        Ok(())
    }

    /// The file's bytes.
    pub(crate) fn finish(mut self) -> Result<Vec<u8>, BookError> {
        let start = small(self.out.len())?;
        let count = u16::try_from(self.names.len()).map_err(|_| BookError::NotToBeChanged)?;
        let length = small(self.directory.len())?;
        self.out.append(&mut self.directory);
        self.out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
        for number in [count, count] {
            self.out.extend_from_slice(&number.to_le_bytes());
        }
        for number in [length, start] {
            self.out.extend_from_slice(&number.to_le_bytes());
        }
        self.out.extend_from_slice(&[0, 0]);
        Ok(self.out)
    }
}

/// A place in the file. A workbook of more than four gigabytes is one that no program opens.
fn small(place: usize) -> Result<u32, BookError> {
    u32::try_from(place).ok().filter(|place| *place < BEYOND).ok_or(BookError::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, Read};

    #[test]
    fn another_library_reads_what_was_put_in() {
        let mut pack = Pack::default();
        pack.put("a.xml", b"<a/>").expect("put");
        pack.put("b/\u{e9}.xml", &vec![b'x'; 3 << 20]).expect("put");
        let crc = {
            let mut crc = flate2::Crc::new();
            crc.update(b"as it is");
            crc.sum()
        };
        let entry = Entry { name: "c", is_deflated: false, crc, size: 8, changed: EPOCH };
        pack.put_packed(&entry, b"as it is").expect("put");
        pack.put("empty", b"").expect("put");
        assert!(pack.put("c", b"again").is_err());
        let bytes = pack.finish().expect("finished");
        let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).expect("a zip");
        for (name, length) in [("a.xml", 4), ("b/\u{e9}.xml", 3 << 20), ("c", 8), ("empty", 0)] {
            let mut content = Vec::new();
            let mut part = zip.by_name(name).expect("it is there");
            part.read_to_end(&mut content).expect("its checksum fits");
            assert_eq!(content.len(), length, "{name}");
        }
    }
}
