//! Excel tables and named ranges of a workbook: names that stand for cells.

use super::parts::{attribute, find, sheet_path, text};
use crate::formats::input::Unfolded;
use crate::place::{Area, Named};
use quick_xml::Reader;
use quick_xml::events::Event;
use std::io::Cursor;
use zip::ZipArchive;

/// Every name that stands for cells: tables first, then ranges.
pub(super) fn areas(bytes: &Unfolded) -> Option<Vec<Named>> {
    let mut archive = ZipArchive::new(Cursor::new(bytes.clone())).ok()?;
    let workbook = text(&mut archive, "xl/workbook.xml")?;
    let mut named = Vec::new();
    for sheet in sheets(&workbook) {
        named.extend(tables(&mut archive, &sheet).unwrap_or_default());
    }
    named.extend(ranges(&workbook).unwrap_or_default());
    Some(named)
}

fn sheets(workbook: &str) -> Vec<String> {
    let mut names = Vec::new();
    let collected = find(workbook, "sheet", |element| {
        names.extend(attribute(element, "name"));
        None
    });
    debug_assert!(collected.is_none(), "every sheet is looked at");
    names
}

/// The tables of a sheet, by the relations of its part.
fn tables(archive: &mut ZipArchive<Cursor<Unfolded>>, sheet: &str) -> Option<Vec<Named>> {
    let path = sheet_path(archive, sheet)?;
    let (folder, file) = path.rsplit_once('/')?;
    let relations = text(archive, &format!("{folder}/_rels/{file}.rels"))?;
    let mut targets = Vec::new();
    let _ = find(&relations, "Relationship", |element| -> Option<String> {
        let is_table = attribute(element, "Type").is_some_and(|kind| kind.ends_with("/table"));
        targets.extend(attribute(element, "Target").filter(|_| is_table));
        None
    });
    let mut named = Vec::new();
    for target in targets {
        let path = match target.strip_prefix('/') {
            Some(path) => path.to_owned(),
            None => format!("xl/{}", target.trim_start_matches("../")),
        };
        let Some(table) = text(archive, &path) else { continue };
        let found = find(&table, "table", |element| {
            let name = attribute(element, "displayName").or_else(|| attribute(element, "name"))?;
            Some(format!("{name}\n{}", attribute(element, "ref")?))
        });
        let found = found.as_deref().and_then(|found| found.split_once('\n'));
        if let Some((name, area)) = found.and_then(|(name, area)| Some((name, Area::parse(area)?))) {
            named.push(Named { name: name.to_owned(), sheet: sheet.to_owned(), area });
        }
    }
    Some(named)
}

/// Names of ranges on one sheet; formulas and lists of ranges are not.
fn ranges(workbook: &str) -> Option<Vec<Named>> {
    let mut reader = Reader::from_str(workbook);
    let (mut named, mut name, mut refers) = (Vec::new(), None, String::new());
    loop {
        match reader.read_event().ok()? {
            Event::Start(element) if element.local_name().as_ref() == "definedName" => {
                (name, refers) = (attribute(&element, "name"), String::new());
            }
            Event::Text(part) if name.is_some() => refers.push_str(&part.xml10_content()),
            Event::GeneralRef(entity) if name.is_some() => {
                refers.push_str(
                    quick_xml::escape::resolve_predefined_entity(&entity.xml10_content()).unwrap_or_default(),
                );
            }
            Event::End(element) if element.local_name().as_ref() == "definedName" => {
                named.extend(name.take().and_then(|name| Named::referring(name, &refers)));
            }
            Event::Eof => return Some(named),
            _ => {}
        }
    }
}
