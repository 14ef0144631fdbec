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
