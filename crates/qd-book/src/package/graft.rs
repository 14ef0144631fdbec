//! Sheets of a workbook that this crate wrote, put into one that someone else made: their styles are
//! moved behind the others, and their shared texts are written where they stand.

use super::sheet::{Trouble, attribute, changed, escaped};
use super::xml::Document;
use super::{Archive, Damaged};
use crate::deflate::{Deflater, Stream};
use crate::rows::Body;
use crate::skeleton::{Skeleton, part_of_sheet, whole};
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, Writer};
use std::collections::BTreeMap;
use std::io::{BufReader, Write};

/// A workbook that this crate wrote.
pub(super) struct Front {
    archive: Archive,
    /// Rows that are packed already, by the part that they belong to.
    bodies: BTreeMap<String, Body>,
    workbook: Document,
    texts: Vec<String>,
    /// The names of its sheets, in order.
    pub(super) names: Vec<String>,
    /// The parts that they become, in the same order.
    pub(super) paths: Vec<String>,
    /// What is added to the number of each style.
    pub(super) first_style: u32,
}

impl Front {
    pub(super) fn of(book: Skeleton) -> Result<Self, Damaged> {
        let Skeleton { mut archive, bodies } = book;
        let workbook = Document::parse(&archive.bytes("xl/workbook.xml").ok_or(Damaged)?)?;
        let sheets = workbook.root.child("sheets").ok_or(Damaged)?;
        let names = sheets.elements().filter_map(|sheet| Some(sheet.get("name")?.into_owned())).collect();
        let texts = match archive.bytes("xl/sharedStrings.xml") {
            Some(part) => Document::parse(&part)?.root.elements().map(super::xml::Element::text).collect(),
            None => Vec::new(),
        };
        Ok(Self { archive, bodies, workbook, texts, names, paths: Vec::new(), first_style: 0 })
    }

    pub(super) fn styles(&mut self) -> Result<Vec<u8>, Damaged> {
        self.archive.bytes("xl/styles.xml").ok_or(Damaged)
    }

    /// Names such as print areas and filters, each with the sheet that it belongs to.
    pub(super) fn defined_names(&self) -> Vec<super::xml::Element> {
        let names = self.workbook.root.child("definedNames");
        names.map(|names| names.elements().cloned().collect()).unwrap_or_default()
    }

    /// A sheet's part as it can stand in the other workbook.
    pub(super) fn sheet(&mut self, sheet: usize) -> Result<Stream, Trouble> {
        let name = part_of_sheet(sheet);
        if let Some(body) = self.bodies.remove(&name) {
            // Its rows were written with the numbers that their styles have there.
            let mut part = Vec::new();
            self.write(&name, &mut part)?;
            return Ok(whole(&part, body));
        }
        let mut out = Deflater::default();
        self.write(&name, &mut out)?;
        Ok(out.finish())
    }

    fn write(&mut self, part: &str, out: impl Write) -> Result<(), Trouble> {
        let (texts, first) = (&self.texts, self.first_style);
        let part = self.archive.by_name(part).ok_or(Damaged)?;
        let mut reader = Reader::from_reader(BufReader::with_capacity(1 << 16, part));
        let mut out = Writer::new(out);
        let mut buffer = Vec::with_capacity(1 << 12);
        let mut is_shared = false;
        loop {
            buffer.clear();
            match reader.read_event_into(&mut buffer)? {
                Event::Eof => return Ok(()),
                Event::Start(start) => {
                    is_shared = is_shared && start.local_name().as_ref() == "v"
                        || attribute(&start, "t").is_some_and(|kind| kind == "s");
                    if is_shared && start.local_name().as_ref() == "v" {
                        continue;
                    }
                    out.write_event(Event::Start(moved(&start, first)))?;
                }
                Event::Empty(start) => out.write_event(Event::Empty(moved(&start, first)))?,
                Event::Text(number) if is_shared => {
                    let text = number.trim().parse::<usize>().ok().and_then(|number| texts.get(number));
                    let text = escaped(text.ok_or(Trouble::Damaged)?);
                    write!(out.get_mut(), "<is><t xml:space=\"preserve\">{text}</t></is>")?;
                }
                Event::End(end) if is_shared && end.local_name().as_ref() == "v" => is_shared = false,
                Event::End(end) => out.write_event(Event::End(end))?,
                other => out.write_event(other)?,
            }
        }
    }
}

/// The element with the number that its style has in the other workbook.
fn moved(start: &BytesStart<'_>, first: u32) -> BytesStart<'static> {
    let name = match start.local_name().as_ref() {
        "c" | "row" => "s",
        "col" => "style",
        _ => return start.to_owned(),
    };
    let style = attribute(start, name).and_then(|style| style.parse::<u32>().ok());
    let style = style.map(|style| (style + first).to_string());
    let is_shared = attribute(start, "t").is_some_and(|kind| kind == "s");
    let mut changes: Vec<(&str, Option<&str>)> = Vec::with_capacity(2);
    changes.extend(style.as_deref().map(|style| (name, Some(style))));
    if is_shared {
        changes.push(("t", Some("inlineStr")));
    }
    changed(start, &changes)
}
