//! A workbook that someone else made: cells are marked, emptied or filled, notes and sheets are
//! added, and all else stays byte for byte what it was.
//!
//! The parts of an Excel workbook are changed where they stand, since a library that reads a workbook
//! and writes it again loses what it does not know. What cannot stay is left out and said: the order
//! in which formulas were last computed (every program finds it again), and a digital signature,
//! which would no longer fit.

mod archive;
mod edits;
mod fill;
mod formulas;
mod front;
mod graft;
mod notes;
mod passing;
mod relations;
mod sheet;
mod status;
mod styles;
#[cfg(test)]
mod tests;
mod xml;

pub use edits::{CellEdit, Content, Emptied, Note, SheetEdits, Written};
pub use fill::{Grid, Headings, NamedCell};
pub use formulas::{Upset, UpsetFormula};
pub use status::with_status;

use crate::copy::CopiedBook;
use crate::deflate::{Deflater, Stream};
use crate::error::BookError;
use crate::pack::Pack;
use crate::rows::Body;
use crate::skeleton::{Skeleton, whole};
pub(crate) use archive::Archive;
use graft::Front;
use notes::Words;
use relations::{Relations, Types, path_of};
use sheet::{Plan, Texts, Trouble};
use std::collections::{BTreeMap, BTreeSet};
use std::io::BufReader;
use styles::Styles;
use xml::{Document, Element};

/// The namespace of relationships, with which their kinds begin as well.
const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
/// The kinds of relationships of properties begin with it.
const METADATA: &str = "http://schemas.openxmlformats.org/package/2006/relationships/metadata";
/// The namespace of the properties that every kind of document has.
const CORE: &str = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties";
const SPREADSHEET: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";
const VML: &str = "application/vnd.openxmlformats-officedocument.vmlDrawing";
/// Notes on one sheet; beyond that programs become slow.
pub const NOTES: usize = 2_000;
/// Parts that may hold copies of cells of which nothing may stay.
const COPIES: [&str; 7] =
    ["pivotcache", "/charts/", "customxml/", "querytables", "threadedcomments", "externallinks", "/embeddings/"];

/// A part is not what a program that writes workbooks would have written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Damaged;

impl From<Damaged> for BookError {
    fn from(_: Damaged) -> Self {
        Self::NotToBeChanged
    }
}

/// A workbook that someone else made.
pub struct Package {
    archive: Archive,
    /// Rows of sheets that are written and packed already, by their part.
    bodies: BTreeMap<String, Body>,
    /// The part with the list of sheets.
    workbook_path: String,
    workbook: Document,
    relations: Relations,
    types: Types,
    styles: Styles,
    styles_path: String,
    sheets: Vec<Sheet>,
    front: Option<Front>,
    /// Whether marks of an earlier answer are taken off.
    unmarks: bool,
    /// Whether what formulas came to is taken out, so that every program computes them again.
    recomputes: bool,
    /// Parts that are new or were changed.
    written: BTreeMap<String, Vec<u8>>,
    dropped: BTreeSet<String>,
}

/// A sheet with cells.
struct Sheet {
    name: String,
    path: String,
    edits: SheetEdits,
    /// The relationship of a first drawing of notes.
    notes: Option<String>,
}

impl Package {
    /// Opens a workbook (`.xlsx`, `.xlsm`). Refused where its parts are not as programs write them,
    /// or where it is of the strict kind, which has no place for notes.
    pub fn open(bytes: Vec<u8>) -> Result<Self, BookError> {
        Self::of_parts(Archive::open(bytes)?)
    }

    /// A copy of sheets that was just written.
    pub fn of(copy: CopiedBook) -> Result<Self, BookError> {
        let Skeleton { archive, bodies } = copy.skeleton()?;
        Ok(Self { bodies, ..Self::of_parts(archive)? })
    }

    fn of_parts(mut archive: Archive) -> Result<Self, BookError> {
        let mut of_package = Relations::of("", archive.bytes("_rels/.rels").as_deref())?;
        let workbook_path = of_package.of_kind("officeDocument").ok_or(Damaged)?;
        let mut dropped = BTreeSet::new();
        dropped.extend(of_package.remove_kind("origin"));
        let workbook = Document::parse(&archive.bytes(&workbook_path).ok_or(Damaged)?)?;
        let path = path_of(&workbook_path);
        let mut relations = Relations::of(&workbook_path, archive.bytes(&path).as_deref())?;
        dropped.extend(relations.remove_kind("calcChain"));
        let mut types = Types::of(&archive.bytes("[Content_Types].xml").ok_or(Damaged)?)?;
        for part in &dropped {
            types.remove(part);
        }
        let known = relations.of_kind("styles").filter(|path| archive.has(path));
        let styles = Styles::of(known.as_ref().and_then(|path| archive.bytes(path)).as_deref())?;
        let styles_path = known.unwrap_or_else(|| {
            relations.add("styles", "xl/styles.xml");
            types.add("xl/styles.xml", &format!("{SPREADSHEET}.styles+xml"));
            "xl/styles.xml".to_owned()
        });
        if workbook.root.local() != "workbook" || relations.is_strict() {
            return Err(BookError::NotToBeChanged);
        }
        let sheets = workbook.root.child("sheets").ok_or(Damaged)?.elements().filter_map(|sheet| {
            let path = relations.target(&sheet.get("id")?)?;
            let is_sheet = archive.has(&path) && path.to_lowercase().contains("worksheets/");
            let name = sheet.get("name")?.into_owned();
            is_sheet.then(|| Sheet { name, path, edits: SheetEdits::default(), notes: None })
        });
        let sheets = sheets.collect();
        let mut package = Self {
            archive,
            bodies: BTreeMap::new(),
            workbook_path,
            workbook,
            relations,
            types,
            styles,
            styles_path,
            sheets,
            front: None,
            unmarks: false,
            recomputes: false,
            written: BTreeMap::new(),
            dropped,
        };
        if of_package.is_changed {
            package.written.insert("_rels/.rels".to_owned(), of_package.bytes());
        }
        Ok(package)
    }

    /// The names of its sheets with cells, in order.
    pub fn sheet_names(&self) -> Vec<&str> {
        self.sheets.iter().map(|sheet| sheet.name.as_str()).collect()
    }

    /// How many cell styles it has.
    pub(crate) fn style_count(&self) -> u32 {
        self.styles.count()
    }

    /// Whether it holds macros, so that only a file called `.xlsm` opens.
    pub fn has_macros(&self) -> bool {
        self.types.kind(&self.workbook_path).is_some_and(|kind| kind.contains("macroEnabled"))
    }

    /// Whether, besides its cells, it holds parts that may be copies of them.
    pub fn may_hold_copies(&self) -> bool {
        self.archive.names().any(|name| {
            let name = name.to_lowercase();
            COPIES.iter().any(|part| name.contains(part))
        })
    }

    /// Says what is to be changed on a sheet. False where there is no such sheet.
    pub fn edit(&mut self, sheet: &str, edits: SheetEdits) -> bool {
        match self.sheets.iter_mut().find(|own| own.name == sheet) {
            Some(own) => {
                own.edits = edits;
                true
            }
            None => false,
        }
    }

    /// Takes out sheets that an earlier answer put in front, and with them the notes and backgrounds
    /// that it left on cells.
    pub fn take_off_answer(&mut self, sheets: &[String]) {
        self.unmarks |= !sheets.is_empty();
        for name in sheets {
            self.remove_sheet(name);
        }
    }

    /// The workbook's bytes, with all changes.
    pub fn finish(mut self) -> Result<Vec<u8>, BookError> {
        self.change_notes()?;
        self.change_workbook()?;
        let mut out = Pack::default();
        out.put("[Content_Types].xml", &self.types.bytes())?;
        let counts = self.sheets.iter().any(|sheet| !sheet.edits.emptied.is_empty());
        let shared = self.relations.of_kind("sharedStrings").filter(|_| counts);
        let last = [Some(self.styles_path.clone()), shared.clone()];
        let is_last = |name: &str| last.iter().flatten().any(|path| path.eq_ignore_ascii_case(name));
        let mut texts = Texts::default();
        for index in 0..self.archive.len() {
            let name = self.archive.name(index);
            let is_dropped = self.dropped.iter().any(|part| part.eq_ignore_ascii_case(&name));
            if is_dropped || name == "[Content_Types].xml" || is_last(&name) || name.ends_with('/') {
                continue;
            }
            if let Some(bytes) = self.written.remove(&name) {
                out.put(&name, &bytes)?;
            } else if let Some(sheet) = self.sheets.iter().position(|sheet| sheet.path == name) {
                out.put_stream(&name, &self.sheet(sheet, counts, &mut texts)?)?;
            } else {
                self.archive.copy_packed(index, &mut out)?;
            }
        }
        for (name, bytes) in std::mem::take(&mut self.written) {
            out.put(&name, &bytes)?;
        }
        if let Some(path) = shared {
            let bytes = self.archive.bytes(&path).ok_or(Damaged)?;
            out.put(&path, &without_texts(&bytes, &texts)?)?;
        }
        if let Some(front) = &mut self.front {
            for (index, path) in front.paths.clone().iter().enumerate() {
                let stream = front.sheet(index).map_err(|_| BookError::NotToBeChanged)?;
                out.put_stream(path, &stream)?;
            }
        }
        out.put(&self.styles_path, &self.styles.bytes())?;
        out.finish()
    }

    /// A sheet with its changes; where it is not in order, without cells that it did not hold.
    fn sheet(&mut self, sheet: usize, counts: bool, texts: &mut Texts) -> Result<Stream, BookError> {
        let Sheet { path, edits, notes, .. } = &self.sheets[sheet];
        for adds in [true, false] {
            let part = self.archive.by_name(path).ok_or(Damaged)?;
            let plan = Plan {
                edits,
                notes: notes.as_deref(),
                adds,
                unmarks: self.unmarks,
                recomputes: self.recomputes,
                counts,
            };
            let input = BufReader::with_capacity(1 << 16, part);
            let copied = if let Some(body) = self.bodies.remove(path) {
                let mut part = Vec::new();
                sheet::copy(input, &mut part, &plan, &mut self.styles, texts).map(|()| whole(&part, body))
            } else {
                let mut out = Deflater::default();
                sheet::copy(input, &mut out, &plan, &mut self.styles, texts).map(|()| out.finish())
            };
            match copied {
                Ok(stream) => return Ok(stream),
                Err(Trouble::Unordered) if adds => {}
                Err(_) => return Err(BookError::NotToBeChanged),
            }
        }
        Err(BookError::NotToBeChanged)
    }

    /// Changes the parts of notes, and says where a sheet gets its first.
    fn change_notes(&mut self) -> Result<(), BookError> {
        let mut block = 1 + self.last_block();
        for index in 0..self.sheets.len() {
            let wanted = std::mem::take(&mut self.sheets[index].edits.notes);
            let path = self.sheets[index].path.clone();
            let rels_path = path_of(&path);
            let mut relations = Relations::of(&path, self.archive.bytes(&rels_path).as_deref())?;
            let words_path = relations.of_kind("comments").filter(|path| self.archive.has(path));
            if wanted.is_empty() && !(self.unmarks && words_path.is_some()) {
                continue;
            }
            let drawing_path = relations.of_kind("vmlDrawing").filter(|path| self.archive.has(path));
            let there = drawing_path.as_ref().and_then(|path| self.archive.bytes(path));
            let mut there = there.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            let mut words = Words::of(words_path.as_ref().and_then(|path| self.archive.bytes(path)).as_deref())?;
            if self.unmarks {
                let places = words.take_off();
                there = there.map(|drawing| notes::without(&drawing, &places));
            }
            let first: BTreeMap<_, _> = wanted.into_iter().take(NOTES).collect();
            let added = words.add(&first);
            let Some(drawing) = notes::drawing(there.as_deref(), &added, block) else { continue };
            block += added.len() / 1024 + 1;
            let words_path = words_path.unwrap_or_else(|| {
                let path = self.free_name("xl/comments", ".xml");
                relations.add("comments", &path);
                self.types.add(&path, &format!("{SPREADSHEET}.comments+xml"));
                path
            });
            let drawing_path = drawing_path.unwrap_or_else(|| {
                let path = self.free_name("xl/drawings/vmlDrawing", ".vml");
                self.sheets[index].notes = Some(relations.add("vmlDrawing", &path));
                self.types.add_extension("vml", VML);
                path
            });
            self.written.insert(words_path, words.bytes());
            self.written.insert(drawing_path, drawing.into_bytes());
            if relations.is_changed {
                self.types.add_extension("rels", "application/vnd.openxmlformats-package.relationships+xml");
                self.written.insert(rels_path, relations.bytes());
            }
        }
        Ok(())
    }

    /// The last block of shape numbers that a drawing of the workbook uses.
    fn last_block(&mut self) -> usize {
        let names: Vec<String> = self.archive.names().filter(|name| name.to_lowercase().ends_with(".vml")).collect();
        let mut last = 0;
        for name in names {
            let drawing = self.archive.bytes(&name).unwrap_or_default();
            last = notes::blocks(&String::from_utf8_lossy(&drawing)).fold(last, usize::max);
        }
        last
    }

    /// A name that no part has.
    fn free_name(&self, start: &str, end: &str) -> String {
        let is_taken = |name: &String| self.archive.has(name) || self.written.contains_key(name);
        (1..=u32::MAX).map(|number| format!("{start}{number}{end}")).find(|name| !is_taken(name)).expect("one is free")
    }
}

/// The shared texts without those that only emptied cells had.
fn without_texts(part: &[u8], texts: &Texts) -> Result<Vec<u8>, Damaged> {
    let mut document = Document::parse(part)?;
    let like = Element::beside(&document.root, "t");
    for (index, text) in (0u32..).zip(document.root.elements_mut()) {
        if texts.emptied.contains(&index) && !texts.kept.contains(&index) {
            text.children = vec![xml::Node::Element(Element::beside(&like, "t"))];
        }
    }
    Ok(document.bytes())
}
