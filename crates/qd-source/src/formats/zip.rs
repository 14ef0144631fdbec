//! A zip archive with tables inside, whatever the tables' own formats. With several, each file inside
//! is chosen like a sheet of a workbook: by its name, or because its headings fit.

use super::head::{self, Head};
use super::input::{Bytes, Input};
use super::{Book, Format, NotSeen, Sheet, gzip, limits, workbook};
use crate::block::{Block, Plan};
use crate::faults::{self, Trouble};
use crate::place::Named;
use crate::sample::Sample;
use crate::source::Look;
use ::zip::ZipArchive;
use qd_model::Fault;
use std::io::{BufReader, Read};
use std::sync::Arc;

/// How many files of an archive are looked into.
const PARTS: u64 = 1000;
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
        let mut parts = workbook::guarded("zip archive", || unpack(input))?;
        match parts.len() {
            0 => Err(faults::stranger("is a zip archive without a table in it", None)),
            1 => gzip::inside(input, parts.remove(0).1),
            _ => Ok(Box::new(Pack::of(input, parts))),
        }
    }
}

/// The names and bytes of the tables in an archive.
fn unpack(input: &Input) -> Result<Vec<(String, Vec<u8>)>, Trouble> {
    let broken = || faults::broken_packing(KIND);
    let file = input.open().map_err(|error| faults::machine(&error))?;
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|_| broken())?;
    let most = limits::of(PARTS);
    if archive.len() as u64 > most {
        return Err(faults::too_large(&format!("is a zip archive of more than {most} files, which is the limit")));
    }
    let (mut tables, mut unfolded) = (Vec::new(), 0);
    for index in 0..archive.len() {
        if let Some(name) = table_name(&mut archive, index)? {
            let part = archive.by_index(index).map_err(|_| broken())?;
            let bytes = limits::unfold(part, unfolded, broken)?;
            unfolded += bytes.len() as u64;
            tables.push((name, bytes));
        }
    }
    Ok(tables)
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
    let nowhere = Input::file(std::path::Path::new(""), Look::Whole);
    super::strangers::recognise(&nowhere, &head).is_none() && super::ALL.iter().any(|format| format.recognises(&head))
}

/// Several tables in one archive.
struct Pack {
    sheets: Vec<Sheet>,
    /// For each sheet the file that holds it, and its number there.
    places: Vec<(usize, usize)>,
    files: Vec<Result<Box<dyn Book>, Trouble>>,
    trouble: Option<Trouble>,
}

impl Pack {
    fn of(input: &Input, parts: Vec<(String, Vec<u8>)>) -> Self {
        let mut pack = Self { sheets: Vec::new(), places: Vec::new(), files: Vec::new(), trouble: None };
        for (file, (name, bytes)) in parts.into_iter().enumerate() {
            let book = gzip::inside(input, bytes);
            match &book {
                Ok(book) if book.sheets().iter().filter(|sheet| !sheet.hidden).count() != 1 => {
                    for (number, sheet) in book.sheets().iter().enumerate() {
                        let inner = sheet.name.as_deref().unwrap_or_default();
                        pack.sheets.push(Sheet { name: Some(format!("{name} › {inner}")), hidden: sheet.hidden });
                        pack.places.push((file, number));
                    }
                }
                // One that cannot be opened is found out when it is looked at.
                book => {
                    let sheets = book.as_ref().map_or(&[][..], |book| book.sheets());
                    let visible = sheets.iter().position(|sheet| !sheet.hidden).unwrap_or_default();
                    pack.sheets.push(Sheet { name: Some(name), hidden: false });
                    pack.places.push((file, visible));
                }
            }
            pack.files.push(book);
        }
        pack
    }

    fn book(&mut self, sheet: usize) -> Result<(&mut dyn Book, usize), Trouble> {
        let (file, number) = self.places[sheet];
        match &mut self.files[file] {
            Ok(book) => Ok((book.as_mut(), number)),
            Err(trouble) => Err(trouble.clone()),
        }
    }
}

impl Book for Pack {
    fn sheets(&self) -> &[Sheet] {
        &self.sheets
    }

    fn sheet_word(&self) -> &'static str {
        "table"
    }

    fn sample(&mut self, sheet: usize) -> Result<Sample, Trouble> {
        let (book, number) = self.book(sheet)?;
        book.sample(number)
    }

    fn sheet_notes(&mut self, sheet: usize) -> Vec<Fault> {
        let Ok((book, number)) = self.book(sheet) else { return Vec::new() };
        book.notes().into_iter().chain(book.sheet_notes(number)).collect()
    }

    fn late_notes(&self) -> Vec<Fault> {
        self.files.iter().flatten().flat_map(|book| book.late_notes()).collect()
    }

    fn not_seen(&self, sheet: usize) -> &'static [NotSeen] {
        let (file, number) = self.places[sheet];
        self.files[file].as_ref().map_or(&[], |book| book.not_seen(number))
    }

    fn named_areas(&mut self) -> Vec<Named> {
        let mut all = Vec::new();
        for (file, book) in self.files.iter_mut().enumerate() {
            let Ok(book) = book else { continue };
            for named in book.named_areas() {
                let number = book.sheets().iter().position(|sheet| sheet.name.as_ref() == Some(&named.sheet));
                let place = number.and_then(|number| self.places.iter().position(|place| *place == (file, number)));
                let sheet = place.and_then(|place| self.sheets[place].name.clone());
                all.extend(sheet.map(|sheet| Named { sheet, ..named }));
            }
        }
        all
    }

    fn blocks<'a>(&'a mut self, sheet: usize, plan: Arc<Plan>) -> Box<dyn Iterator<Item = Block> + Send + 'a> {
        let (file, number) = self.places[sheet];
        match &mut self.files[file] {
            Ok(book) => book.blocks(number, plan),
            Err(trouble) => {
                self.trouble = Some(trouble.clone());
                Box::new(std::iter::empty())
            }
        }
    }

    fn trouble(&self) -> Option<&Fault> {
        let inside = self.files.iter().find_map(|book| book.as_ref().ok()?.trouble());
        self.trouble.as_ref().map(Trouble::fault).or(inside)
    }
}
