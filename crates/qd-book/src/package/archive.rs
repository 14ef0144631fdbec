//! The parts of a workbook as they are packed.

use super::Damaged;
use crate::error::BookError;
use crate::pack::{EPOCH, Entry, Pack};
use std::io::{Cursor, Read};
use zip::read::ZipFile;
use zip::{CompressionMethod, ZipArchive};

/// The largest part that is held whole.
const HELD: u64 = 1 << 30;

/// A packed workbook.
pub(crate) struct Archive {
    zip: ZipArchive<Cursor<Vec<u8>>>,
    /// Names in order, with slashes as the format asks for them.
    names: Vec<String>,
}

impl Archive {
    pub(crate) fn open(bytes: Vec<u8>) -> Result<Self, Damaged> {
        let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(|_| Damaged)?;
        let mut names = Vec::with_capacity(zip.len());
        for index in 0..zip.len() {
            let part = zip.by_index_raw(index).map_err(|_| Damaged)?;
            names.push(part.name().map_err(|_| Damaged)?.replace('\\', "/"));
        }
        Ok(Self { zip, names })
    }

    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    pub(crate) fn name(&self, index: usize) -> String {
        self.names[index].clone()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = String> + '_ {
        self.names.iter().cloned()
    }

    /// The place of a part; names differ in case where a program was careless.
    fn index(&self, name: &str) -> Option<usize> {
        let exact = self.names.iter().position(|own| own == name);
        exact.or_else(|| self.names.iter().position(|own| own.eq_ignore_ascii_case(name)))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.index(name).is_some()
    }

    pub(super) fn by_name(&mut self, name: &str) -> Option<ZipFile<'_, Cursor<Vec<u8>>>> {
        let index = self.index(name)?;
        self.zip.by_index(index).ok()
    }

    /// A part that is held whole.
    pub(crate) fn bytes(&mut self, name: &str) -> Option<Vec<u8>> {
        let part = self.by_name(name)?;
        let mut bytes = Vec::with_capacity(part.size().min(HELD) as usize);
        let read = part.take(HELD + 1).read_to_end(&mut bytes).ok()?;
        (read as u64 <= HELD).then_some(bytes)
    }

    /// Copies a part as it is packed.
    pub(crate) fn copy_packed(&mut self, index: usize, out: &mut Pack) -> Result<(), BookError> {
        let name = &self.names[index];
        let mut part = self.zip.by_index_raw(index).map_err(|_| BookError::NotToBeChanged)?;
        let is_deflated = match part.compression() {
            CompressionMethod::Stored => false,
            CompressionMethod::Deflated => true,
            _ => return Err(BookError::NotToBeChanged),
        };
        let changed = part.last_modified().map_or(EPOCH, |time| (time.timepart(), time.datepart()));
        let (crc, size) = (part.crc32(), part.size());
        let mut packed = Vec::with_capacity(part.compressed_size().min(HELD) as usize);
        part.read_to_end(&mut packed).map_err(|_| BookError::NotToBeChanged)?;
        out.put_packed(&Entry { name, is_deflated, crc, size, changed }, &packed)
    }
}
