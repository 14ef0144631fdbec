//! `OpenDocument` spreadsheets (.ods), read row by row from the one part that holds all sheets.

mod cells;
mod names;
mod sheets;

use super::head::Head;
use super::input::Input;
use super::workbook::{Cells, CellsBook, Workbook, guarded};
use super::{Book, Format, Sheet, limits};
use crate::faults::{self, Trouble};
use crate::place::Named;
use cells::OdsCells;
use memchr::memmem;
use qd_model::Fault;
use sheets::{Found, find};
use std::io::{Cursor, Read};
use zip::ZipArchive;

const NAME: &str = "OpenDocument spreadsheet";

/// `OpenDocument` spreadsheets.
pub(super) struct Ods;

impl Format for Ods {
    fn name(&self) -> &'static str {
        "ods"
    }

    fn recognises(&self, head: &Head) -> bool {
        head.is_opendocument("spreadsheet")
    }

    fn open(&self, input: &Input) -> Result<Box<dyn Book>, Trouble> {
        let bytes = limits::whole(input)?;
        let content = guarded(NAME, || {
            limits::check(&bytes, NAME)?;
            content(&bytes)
        })?;
        let (found, names) = guarded(NAME, || find(&content).map_err(|_| damaged()))?;
        let sheets = found.iter().map(|sheet| Sheet { name: Some(sheet.name.clone()), hidden: sheet.hidden }).collect();
        Ok(Box::new(CellsBook::new(OdsBook { content, found, names }, sheets)))
    }
}

/// The part with all sheets, unfolded.
fn content(bytes: &[u8]) -> Result<String, Trouble> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| damaged())?;
    if let Ok(mut part) = archive.by_name("META-INF/manifest.xml") {
        let mut manifest = Vec::new();
        part.read_to_end(&mut manifest).map_err(|_| damaged())?;
        if memmem::find(&manifest, b"encryption-data").is_some() {
            return Err(faults::protected());
        }
    }
    let mut part = archive.by_name("content.xml").map_err(|_| damaged())?;
    // The declared size was held against the limit, and is room that only bytes that come will take.
    let mut content = String::with_capacity(part.size() as usize);
    part.read_to_string(&mut content).map_err(|_| damaged())?;
    Ok(content)
}

fn damaged() -> Trouble {
    faults::damaged(NAME)
}

struct OdsBook {
    content: String,
    found: Vec<Found>,
    names: Vec<Named>,
}

impl Workbook for OdsBook {
    const NAME: &'static str = NAME;

    fn cells<'a>(&'a mut self, sheet: usize, _name: &str) -> Result<Box<dyn Cells + Send + 'a>, Trouble> {
        Ok(Box::new(OdsCells::new(&self.content[self.found[sheet].place.clone()])))
    }

    fn named_areas(&mut self) -> Vec<Named> {
        self.names.clone()
    }

    fn sheet_notes(&mut self, sheet: usize, _name: &str) -> Vec<Fault> {
        self.found[sheet].unseen.notes()
    }
}
