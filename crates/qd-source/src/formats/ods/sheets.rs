//! Where the sheets of an `OpenDocument` spreadsheet stand in its content, and the names that it has for
//! cells.

use super::super::unseen::Unseen;
use super::names::named;
use crate::place::Named;
use memchr::memmem;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Error, Reader};
use std::collections::HashSet;
use std::ops::Range;

/// A sheet.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) name: String,
    pub(super) hidden: bool,
    /// Its rows, as a part of the content.
    pub(super) place: Range<usize>,
    pub(super) unseen: Unseen,
}

/// How deep the elements of sheets stand: document, body, spreadsheet, table.
const DEPTH: usize = 4;

/// Finds the sheets, and the names that stand for cells.
pub(super) fn find(content: &str) -> Result<(Vec<Found>, Vec<Named>), Error> {
    let mut reader = Reader::from_str(content);
    let (mut found, mut names): (Vec<Found>, Vec<Named>) = (Vec::new(), Vec::new());
    // Cells whose formula has no result yet, as far as has been read of them.
    let mut formula = 0;
    let mut hidden_styles: HashSet<String> = HashSet::new();
    let (mut style, mut depth, mut inside) = (String::new(), 0, false);
    loop {
        let before = reader.buffer_position() as usize;
        let event = reader.read_event()?;
        let after = reader.buffer_position() as usize;
        match &event {
            Event::Eof => return Ok((found, names)),
            Event::Start(element) | Event::Empty(element) => {
                let is_open = matches!(event, Event::Start(_));
                depth += usize::from(is_open);
                let level = depth + usize::from(!is_open);
                match element.name().as_ref() {
                    // What a comment says is not what its cell shows.
                    "office:annotation" if is_open => {
                        reader.read_to_end(element.name())?;
                        depth -= 1;
                    }
                    "table:named-range" | "table:database-range" => names.extend(named(element)),
                    "style:style" => style = attribute(element, "style:name").unwrap_or_default(),
                    "style:table-properties" if attribute(element, "table:display").as_deref() == Some("false") => {
                        hidden_styles.insert(style.clone());
                    }
                    "table:table" if level == DEPTH => {
                        let is_hidden =
                            attribute(element, "table:style-name").map(|name| hidden_styles.contains(&name));
                        found.push(Found {
                            name: attribute(element, "table:name").unwrap_or_default(),
                            hidden: is_hidden == Some(true),
                            place: after..after,
                            unseen: Unseen::default(),
                        });
                        inside = is_open;
                    }
                    _ if inside => {
                        let sheet = found.last_mut().expect("a sheet is open");
                        count(element, &mut sheet.unseen);
                        let cells = unanswered(element);
                        if is_open {
                            formula = cells.unwrap_or(formula);
                        } else {
                            sheet.unseen.uncalculated += cells.unwrap_or(0);
                        }
                    }
                    _ => {}
                }
            }
            Event::Text(text) if formula > 0 && !text.xml10_content().trim().is_empty() => formula = 0,
            Event::End(element) => {
                if inside && element.name().as_ref() == "table:table-cell" {
                    found.last_mut().expect("a sheet is open").unseen.uncalculated += std::mem::take(&mut formula);
                }
                if inside && depth == DEPTH {
                    found.last_mut().expect("a sheet is open").place.end = before;
                    inside = false;
                }
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
    }
}

/// Counts what of a sheet a person does not see.
fn count(element: &BytesStart<'_>, unseen: &mut Unseen) {
    // Nearly every cell says nothing of this, and there may be millions.
    let raw = element.attributes_raw().as_bytes();
    if memmem::find(raw, b"spanned").is_none() && memmem::find(raw, b":visibility").is_none() {
        return;
    }
    let hidden = || attribute(element, "table:visibility").is_some_and(|word| word != "visible");
    let times = |name: &str| attribute(element, name).and_then(|count| count.parse().ok()).unwrap_or(1u64);
    match element.name().as_ref() {
        "table:table-row" if hidden() => unseen.rows += times("table:number-rows-repeated"),
        "table:table-column" if hidden() => unseen.columns += times("table:number-columns-repeated"),
        "table:table-cell" => {
            let spans = times("table:number-columns-spanned") > 1 || times("table:number-rows-spanned") > 1;
            unseen.merged += u64::from(spans);
        }
        _ => {}
    }
}

/// Of a cell: how many cells it stands for whose formula has no result, unless words follow inside it.
fn unanswered(element: &BytesStart<'_>) -> Option<u64> {
    if element.name().as_ref() != "table:table-cell" {
        return None;
    }
    // Nearly every cell has no formula, and there may be millions.
    if memmem::find(element.attributes_raw().as_bytes(), b"table:formula").is_none() {
        return Some(0);
    }
    let has = |name: &str| attribute(element, name).is_some();
    let values = ["value", "date-value", "time-value", "boolean-value", "string-value"];
    let is_text = attribute(element, "office:value-type").as_deref() == Some("string");
    // A formula may well result in an empty text.
    if !has("table:formula") || is_text || values.iter().any(|name| has(&format!("office:{name}"))) {
        return Some(0);
    }
    let times = attribute(element, "table:number-columns-repeated").and_then(|count| count.parse().ok());
    Some(times.unwrap_or(1))
}

/// The value of an attribute.
pub(super) fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = element.try_get_attribute(name).ok().flatten()?;
    attribute.normalized_value(quick_xml::XmlVersion::default()).ok().map(std::borrow::Cow::into_owned)
}
