//! A template that someone else made, looked at before it is filled: which cell bears a name, under
//! which headings columns stand, and how much room is below them.

use super::sheet::{area, place};
use super::xml::{Document, Element};
use super::{Damaged, Package};
use crate::error::BookError;
use std::collections::BTreeMap;

/// Days from the first day of Excel's count to 1 January 1970, and what the count from 1904 lacks.
const TO_1970: f64 = 25_569.0;
const FROM_1904: f64 = 1_462.0;
/// The last row that a sheet has.
const LAST_ROW: u32 = 1_048_576;

/// A cell that bears a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedCell {
    /// The sheet's name.
    pub sheet: String,
    /// Row, from 1, and column, from 0.
    pub at: (u32, u32),
}

/// Where columns stand on a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headings {
    /// The first row below them, from 1.
    pub first: u32,
    /// The column of each, from 0.
    pub columns: Vec<u32>,
    /// How many rows below them are free: neither words nor numbers nor formulas stand there.
    pub room: u32,
}

/// What stands on a sheet.
pub struct Grid {
    cells: BTreeMap<(u32, u32), Found>,
    merged: Vec<((u32, u32), (u32, u32))>,
}

struct Found {
    text: String,
    style: u32,
    is_formula: bool,
}

impl Package {
    /// The cell that bears a name, which is that of one cell or of several that are merged into one.
    pub fn named_cell(&mut self, name: &str) -> Option<NamedCell> {
        let names = self.workbook.root.child("definedNames")?;
        let bears = |own: &&Element| own.get("name").is_some_and(|own| own.eq_ignore_ascii_case(name));
        let found = names.elements().filter(bears).min_by_key(|own| own.number("localSheetId").is_some())?;
        let text = found.text();
        let (sheet, range) = text.trim().trim_start_matches('=').rsplit_once('!')?;
        let sheet = match sheet.strip_prefix('\'').and_then(|sheet| sheet.strip_suffix('\'')) {
            Some(quoted) => quoted.replace("''", "'"),
            None => sheet.to_owned(),
        };
        let (first, last) = area(&range.replace('$', ""))?;
        let grid = self.grid(&sheet).ok()??;
        (first == last || grid.merged.contains(&(first, last))).then_some(NamedCell { sheet, at: first })
    }

    /// What stands on a sheet; nothing where there is no such sheet.
    pub fn grid(&mut self, sheet: &str) -> Result<Option<Grid>, BookError> {
        let Some(own) = self.sheets.iter().find(|own| own.name.eq_ignore_ascii_case(sheet)) else { return Ok(None) };
        let part = Document::parse(&self.archive.bytes(&own.path).ok_or(Damaged)?)?;
        let shared = self.relations.of_kind("sharedStrings").and_then(|path| self.archive.bytes(&path));
        let shared = shared.map(|bytes| Document::parse(&bytes)).transpose()?;
        let texts: Vec<String> = shared.iter().flat_map(|texts| texts.root.elements()).map(words).collect();
        let mut cells = BTreeMap::new();
        let rows = part.root.child("sheetData").into_iter().flat_map(Element::elements);
        for cell in rows.flat_map(Element::elements).filter(|cell| cell.local() == "c") {
            let at = cell.get("r").and_then(|name| place(&name)).ok_or(Damaged)?;
            cells.insert(at, found(cell, &texts));
        }
        let merged = part.root.child("mergeCells").into_iter().flat_map(Element::elements);
        let merged = merged.filter_map(|range| area(&range.get("ref")?)).collect();
        Ok(Some(Grid { cells, merged }))
    }

    /// The name of a sheet as the workbook spells it.
    pub fn sheet_called(&self, name: &str) -> Option<&str> {
        self.sheets.iter().map(|sheet| sheet.name.as_str()).find(|own| own.eq_ignore_ascii_case(name))
    }

    /// A day as the workbook counts days, of days since 1 January 1970.
    pub fn day(&self, days: f64) -> f64 {
        let properties = self.workbook.root.child("workbookPr");
        let is_1904 = properties.and_then(|own| own.get("date1904")).is_some_and(|word| word == "1" || word == "true");
        days + TO_1970 - if is_1904 { FROM_1904 } else { 0.0 }
    }

    /// Whether cells of a style show days or times.
    pub fn shows_dates(&self, style: u32) -> bool {
        self.styles.shows_dates(style)
    }

    /// Has every formula computed when the workbook is opened, and takes out what they came to before.
    pub fn compute_when_opened(&mut self) {
        self.recomputes = true;
        self.workbook.root.child_in_order("calcPr", &super::front::ORDER).set("fullCalcOnLoad", "1");
    }
}

/// The words of a shared or inline text, without how they are pronounced.
fn words(text: &Element) -> String {
    let own = |element: &&Element| matches!(element.local(), "t" | "r");
    text.elements()
        .filter(own)
        .map(|element| if element.local() == "t" { element.text() } else { words(element) })
        .collect()
}

fn found(cell: &Element, shared: &[String]) -> Found {
    let value = cell.child("v").map(Element::text).unwrap_or_default();
    let text = match cell.get("t").as_deref() {
        Some("s") => value.trim().parse().ok().and_then(|index: usize| shared.get(index).cloned()).unwrap_or_default(),
        Some("inlineStr") => cell.child("is").map(words).unwrap_or_default(),
        _ => value,
    };
    Found { text, style: cell.number("s").unwrap_or(0), is_formula: cell.child("f").is_some() }
}

/// A heading as people compare them: any run of spaces and line breaks is one space.
fn folded(heading: &str) -> String {
    heading.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

impl Grid {
    /// Whether a formula stands in a cell.
    pub fn is_formula(&self, at: (u32, u32)) -> bool {
        self.cells.get(&at).is_some_and(|cell| cell.is_formula)
    }

    /// The style of a cell that the sheet holds.
    pub fn style(&self, at: (u32, u32)) -> Option<u32> {
        self.cells.get(&at).map(|cell| cell.style)
    }

    /// The first row that has all of some headings, else those that the best row lacks.
    pub fn headings(&self, wanted: &[&str]) -> Result<Headings, Vec<String>> {
        let mut rows: BTreeMap<u32, BTreeMap<String, u32>> = BTreeMap::new();
        for ((row, column), cell) in &self.cells {
            let heading = folded(&cell.text);
            if !heading.is_empty() && !cell.is_formula {
                rows.entry(*row).or_default().entry(heading).or_insert(*column);
            }
        }
        let mut lacking: Vec<String> = wanted.iter().map(|heading| (*heading).to_owned()).collect();
        for (row, headings) in rows {
            let missing: Vec<String> = wanted
                .iter()
                .filter(|heading| !headings.contains_key(&folded(heading)))
                .map(|it| (*it).to_owned())
                .collect();
            if missing.is_empty() {
                let columns: Vec<u32> = wanted.iter().map(|heading| headings[&folded(heading)]).collect();
                let first = columns.iter().map(|column| self.below((row, *column))).max().unwrap_or(row + 1);
                return Ok(Headings { first, room: self.room(first, &columns), columns });
            }
            if missing.len() < lacking.len() {
                lacking = missing;
            }
        }
        Err(lacking)
    }

    /// The row below a cell, which may be merged with those under it.
    fn below(&self, at: (u32, u32)) -> u32 {
        let merged = self.merged.iter().find(|(first, _)| *first == at);
        merged.map_or(at.0, |(_, last)| last.0) + 1
    }

    fn room(&self, first: u32, columns: &[u32]) -> u32 {
        let is_taken = |cell: &Found| cell.is_formula || !cell.text.trim().is_empty();
        let taken =
            self.cells.range((first, 0)..).find(|((_, column), cell)| columns.contains(column) && is_taken(cell));
        taken.map_or(LAST_ROW + 1, |((row, _), _)| *row) - first
    }
}
