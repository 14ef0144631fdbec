//! Parts of a workbook that the library does not give: found by their names and relations.

use crate::formats::input::Unfolded;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::io::{Cursor, Read};
use zip::ZipArchive;

/// The name of the part that holds a sheet.
pub(super) fn sheet_path(archive: &mut ZipArchive<Cursor<Unfolded>>, sheet: &str) -> Option<String> {
    let relation = find(&text(archive, "xl/workbook.xml")?, "sheet", |element| {
        (attribute(element, "name")? == sheet).then(|| attribute(element, "id"))?
    })?;
    let target = find(&text(archive, "xl/_rels/workbook.xml.rels")?, "Relationship", |element| {
        (attribute(element, "Id")? == relation).then(|| attribute(element, "Target"))?
    })?;
    Some(target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned))
}

/// Whether the table of texts says no more texts than it can hold: the library makes room for as many as
/// it says, before it reads the first.
pub(super) fn texts_fit(bytes: &Unfolded) -> bool {
    /// How far into the part its first element is looked for.
    const HEAD: u64 = 64 << 10;
    /// The shortest text: `<si/>`.
    const SHORTEST: u64 = 5;
    /// What some programs say without counting does no harm.
    const HARMLESS: u64 = 1_000_000;
    let Ok(mut archive) = ZipArchive::new(Cursor::new(bytes.clone())) else { return true };
    (0..archive.len()).all(|index| {
        let Ok(part) = archive.by_index(index) else { return true };
        if !part.name().is_ok_and(|name| name.to_lowercase().ends_with("sharedstrings.xml")) {
            return true;
        }
        let (size, mut head) = (part.size(), Vec::new());
        if part.take(HEAD).read_to_end(&mut head).is_err() {
            return true;
        }
        let mut is_found = false;
        let said = find(&String::from_utf8_lossy(&head), "sst", |element| {
            is_found = true;
            attribute(element, "uniqueCount")
        });
        let said = said.and_then(|said| said.trim_start_matches('+').parse::<u128>().ok());
        (is_found || size < HEAD) && said.unwrap_or(0) <= u128::from((size / SHORTEST).max(HARMLESS))
    })
}

/// A part of the workbook that is small by nature.
pub(super) fn text(archive: &mut ZipArchive<Cursor<Unfolded>>, name: &str) -> Option<String> {
    const MOST: u64 = 16 << 20;
    let mut text = String::new();
    archive.by_name(name).ok()?.take(MOST).read_to_string(&mut text).ok()?;
    Some(text)
}

/// The first answer that an element of a name gives.
pub(super) fn find(xml: &str, name: &str, mut ask: impl FnMut(&BytesStart<'_>) -> Option<String>) -> Option<String> {
    let mut reader = Reader::from_str(xml);
    loop {
        match reader.read_event().ok()? {
            Event::Start(element) | Event::Empty(element) if element.local_name().as_ref() == name => {
                if let Some(answer) = ask(&element) {
                    return Some(answer);
                }
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

/// An attribute by its name without prefix.
pub(super) fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = element.attributes().flatten().find(|attribute| attribute.key.local_name().as_ref() == name)?;
    found.normalized_value(quick_xml::XmlVersion::default()).ok().map(std::borrow::Cow::into_owned)
}
