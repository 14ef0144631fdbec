//! A zip archive with one table inside, whatever the table's own format.

use super::head::{self, Head};
use super::input::{Bytes, Input};
use super::{Book, Format, gzip, limits, workbook};
use crate::faults::{self, Trouble};
use ::zip::ZipArchive;
use std::io::{BufReader, Read};

/// How many files of an archive are looked into.
const PARTS: usize = 1000;
const KIND: &str = "a zip archive";

/// Zip archives.
pub(super) struct Zip;

impl Format for Zip {
    fn name(&self) -> &'static str {
        "zip"
    }

    fn recognises(&self, head: &Head) -> bool {
        matches!(head.zip, head::Zip::Parts(_))
    }

    fn open(&self, input: &Input) -> Result<Box<dyn Book>, Trouble> {
        let bytes = workbook::guarded("zip archive", || unpack(input))?;
        gzip::inside(input, bytes)
    }
}

/// The bytes of the one table in an archive.
fn unpack(input: &Input) -> Result<Vec<u8>, Trouble> {
    let broken = || faults::broken_packing(KIND);
    let file = input.open().map_err(|error| faults::machine(&error))?;
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|_| broken())?;
    if archive.len() > PARTS {
        return Err(faults::too_large(&format!("is a zip archive of more than {PARTS} files, which is the limit")));
    }
    let mut tables = Vec::new();
    for index in 0..archive.len() {
        if let Some(name) = table_name(&mut archive, index)? {
            tables.push((index, name));
        }
    }
    match &tables[..] {
        [] => Err(faults::stranger("is a zip archive without a table in it", None)),
        [(index, _)] => {
            let part = archive.by_index(*index).map_err(|_| broken())?;
            limits::unfold(part, broken)
        }
        _ => {
            let names: Vec<&str> = tables.iter().map(|(_, name)| name.as_str()).collect();
            Err(faults::several_tables(&names))
        }
    }
}

/// The name of a part that may be a table.
fn table_name(archive: &mut ZipArchive<BufReader<Bytes>>, index: usize) -> Result<Option<String>, Trouble> {
    let broken = || faults::broken_packing(KIND);
    let raw = archive.by_index_raw(index).map_err(|_| broken())?;
    let name = raw.name().map_err(|_| broken())?.replace('\\', "/");
    let last = name.rsplit('/').next().unwrap_or_default();
    // What file managers add of their own is no table.
    if raw.is_dir() || last.is_empty() || last.starts_with('.') || name.starts_with("__MACOSX/") {
        return Ok(None);
    }
    if raw.encrypted() {
        return Err(faults::unreadable("is a password-protected zip archive", "unpack it with its password"));
    }
    drop(raw);
    let mut bytes = Vec::new();
    let part = archive.by_index(index).map_err(|_| broken())?;
    part.take(head::LENGTH).read_to_end(&mut bytes).map_err(|_| broken())?;
    Ok(is_table(bytes).then(|| last.to_owned()))
}

/// Whether a part that begins so may be a table. A packed part is looked at once it is unfolded.
fn is_table(bytes: Vec<u8>) -> bool {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(head::COMPOUND) {
        return true;
    }
    let head = Head { bytes, zip: head::Zip::No };
    let nowhere = Input::file(std::path::Path::new(""));
    super::strangers::recognise(&nowhere, &head).is_none() && super::ALL.iter().any(|format| format.recognises(&head))
}
