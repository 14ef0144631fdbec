//! One sheet's part as it streams past: cells are marked, emptied, filled or added; all else goes
//! through as it came.

use super::edits::{CellEdit, Content, SheetEdits, Written};
use super::passing::{self, Piece};
use super::styles::Styles;
use super::xml::local;
use super::{Damaged, RELATIONS};
use crate::text;
use qd_model::finding::column_letters;
use quick_xml::events::{BytesEnd, BytesStart, Event};
use quick_xml::{Reader, Writer};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{BufRead, Write};

/// Elements of a sheet that come after the one that names the drawing of its notes.
const AFTER_NOTES: [&str; 9] = [
    "legacyDrawingHF",
    "drawingHF",
    "picture",
    "oleObjects",
    "controls",
    "webPublishItems",
    "tableParts",
    "extLst",
    "AlternateContent",
];

/// Why a sheet could not be changed as it streamed past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// It is no sheet that a program could have written.
    Damaged,
    /// Its rows or cells are not in order, so that none can be added between them.
    Unordered,
    /// A formula in a column that is emptied is shared with other columns.
    Entangled,
}

impl From<Damaged> for Trouble {
    fn from(_: Damaged) -> Self {
        Self::Damaged
    }
}

impl From<quick_xml::Error> for Trouble {
    fn from(_: quick_xml::Error) -> Self {
        Self::Damaged
    }
}

impl From<std::io::Error> for Trouble {
    fn from(_: std::io::Error) -> Self {
        Self::Damaged
    }
}

/// What is done to one sheet.
#[allow(clippy::struct_excessive_bools)] // Each is one thing that is done or not, apart from the others.
pub(super) struct Plan<'e> {
    pub(super) edits: &'e SheetEdits,
    /// The relationship of the drawing of notes, where the sheet gets its first.
    pub(super) notes: Option<&'e str>,
    /// Whether cells that the sheet does not hold yet may be added.
    pub(super) adds: bool,
    /// Whether the backgrounds of an earlier answer are taken off.
    pub(super) unmarks: bool,
    /// Whether what formulas came to is left out.
    pub(super) recomputes: bool,
    /// Whether shared texts are counted as emptied or kept.
    pub(super) counts: bool,
}

/// Numbers of shared texts.
#[derive(Debug, Default)]
pub(super) struct Texts {
    pub(super) emptied: BTreeSet<u32>,
    pub(super) kept: BTreeSet<u32>,
}

/// Copies a sheet's part and changes what the plan says.
pub(super) fn copy(
    input: impl BufRead,
    out: impl Write,
    plan: &Plan<'_>,
    styles: &mut Styles,
    texts: &mut Texts,
) -> Result<(), Trouble> {
    let pending = plan.edits.cells.iter().peekable();
    let mut copier = Copier {
        out: Writer::new(out),
        plan,
        styles,
        texts,
        pending,
        prefix: String::new(),
        columns: Vec::new(),
        place: Place::default(),
        touches_all: plan.unmarks || plan.counts || !plan.edits.emptied.is_empty(),
        lets_pass: false,
    };
    let mut reader = Reader::from_reader(input);
    reader.config_mut().check_end_names = false;
    let mut buffer = Vec::with_capacity(1 << 12);
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer)? {
            Event::Eof if copier.place.depth == 0 => return Ok(()),
            Event::Eof => return Err(Trouble::Damaged),
            event => copier.event(event)?,
        }
        if copier.place.is_in_data && copier.lets_pass {
            copier.rows(reader.get_mut())?;
        }
    }
}

type Pending<'e> = std::iter::Peekable<std::collections::btree_map::Iter<'e, (u32, u32), CellEdit>>;

struct Copier<'e, 's, W: Write> {
    out: Writer<W>,
    plan: &'e Plan<'e>,
    styles: &'s mut Styles,
    texts: &'s mut Texts,
    /// Changes whose cell has not come yet.
    pending: Pending<'e>,
    /// The prefix of the sheet's elements, with its colon.
    prefix: String,
    /// First and last column and style, for cells that are added.
    columns: Vec<(u32, u32, u32)>,
    place: Place,
    /// Whether every cell is looked at.
    touches_all: bool,
    /// Whether rows and cells that are not changed go by without being looked into.
    lets_pass: bool,
}

/// Where in the part we are.
#[derive(Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one thing that was seen on the way, and none excludes another"
)]
struct Place {
    depth: u32,
    is_in_data: bool,
    row: u32,
    /// The column after the last cell.
    column: u32,
    /// Whether the cells of this row are looked at.
    is_touched: bool,
    row_style: Option<u32>,
    cell: CellPlace,
    /// Whether the cell's value is the number of a shared text.
    is_shared: bool,
    /// Whether the cell has a formula.
    is_formula: bool,
    has_notes: bool,
}

/// What is done with what stands in a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum CellPlace {
    #[default]
    Copied,
    /// It is passed over until the cell ends.
    Dropped,
}

impl<W: Write> Copier<'_, '_, W> {
    fn event(&mut self, event: Event<'_>) -> Result<(), Trouble> {
        match event {
            Event::Start(start) => {
                self.place.depth += 1;
                self.start(&start, false)
            }
            Event::Empty(start) => self.start(&start, true),
            Event::End(end) => {
                let name = end.local_name();
                let name: &str = name.as_ref();
                self.end(name)?;
                self.place.depth = self.place.depth.checked_sub(1).ok_or(Trouble::Damaged)?;
                if self.place.cell == CellPlace::Copied {
                    self.out.write_event(Event::End(end))?;
                }
                Ok(())
            }
            other => {
                if let (Event::Text(number), 5) = (&other, self.place.depth) {
                    self.count(number);
                }
                if self.place.cell == CellPlace::Copied {
                    self.out.write_event(other)?;
                }
                Ok(())
            }
        }
    }

    /// Copies all rows, and the end of the data behind them. What is not changed is not looked into.
    fn rows(&mut self, input: &mut impl BufRead) -> Result<(), Trouble> {
        let mut bytes = Vec::with_capacity(1 << 12);
        while self.place.is_in_data {
            bytes.clear();
            match passing::next(input, &mut bytes)? {
                Piece::Row { start, inside } => {
                    self.out.get_mut().write_all(&bytes[..start.start])?;
                    let tag = tag(&bytes[start.clone()])?;
                    if inside.is_empty() && bytes[start.end - 2] == b'/' {
                        self.event(Event::Empty(tag))?;
                        continue;
                    }
                    self.event(Event::Start(tag))?;
                    if self.place.is_touched {
                        self.cells(&bytes[inside])?;
                    } else {
                        self.out.get_mut().write_all(&bytes[inside])?;
                    }
                    self.event(Event::End(BytesEnd::new("row")))?;
                }
                Piece::End { start } => {
                    self.out.get_mut().write_all(&bytes[..start])?;
                    self.event(Event::End(BytesEnd::new("sheetData")))?;
                }
                Piece::Other => self.out.get_mut().write_all(&bytes)?,
            }
        }
        Ok(())
    }

    /// Copies the cells of a row of which some are changed.
    fn cells(&mut self, row: &[u8]) -> Result<(), Trouble> {
        let number = self.place.row;
        let (mut written, mut column_of_next) = (0, self.place.column);
        for cell in passing::cells(row) {
            let Some((range, column)) = cell else {
                // Not as programs write it: what is left is looked into piece by piece.
                self.place.column = column_of_next;
                return self.events(&row[written..]);
            };
            let is_due = self.pending.peek().is_some_and(|(next, _)| **next <= (number, column));
            if !is_due && column >= self.place.column {
                self.place.column = column + 1;
                continue;
            }
            self.out.get_mut().write_all(&row[written..range.start])?;
            self.events(&row[range.clone()])?;
            (written, column_of_next) = (range.end, self.place.column);
        }
        Ok(self.out.get_mut().write_all(&row[written..])?)
    }

    /// Copies some elements by looking into each.
    fn events(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        let mut reader = Reader::from_reader(bytes);
        reader.config_mut().check_end_names = false;
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            match reader.read_event_into(&mut buffer)? {
                Event::Eof => return Ok(()),
                event => self.event(event)?,
            }
        }
    }

    fn start(&mut self, start: &BytesStart<'_>, is_empty: bool) -> Result<(), Trouble> {
        let name = start.local_name();
        let name: &str = name.as_ref();
        if self.place.is_in_data {
            return self.in_data(start, name, is_empty);
        }
        let depth = self.place.depth + u32::from(is_empty);
        if depth == 2 && AFTER_NOTES.contains(&name) {
            self.notes()?;
        }
        match (depth, name) {
            (1, _) => {
                let whole = start.name();
                let whole: &str = whole.as_ref();
                whole[..whole.len() - local(whole).len()].clone_into(&mut self.prefix);
                if is_empty {
                    return Err(Trouble::Damaged);
                }
                self.write(start, is_empty)
            }
            (2, "dimension") => self.dimension(start, is_empty),
            (2, "legacyDrawing") => {
                self.place.has_notes = true;
                self.write(start, is_empty)
            }
            (3, "sheetView") => {
                let changed = changed(start, &[("tabSelected", None)]);
                self.write(&changed, is_empty)
            }
            (3, "col") => {
                let number = |name: &str| attribute(start, name).and_then(|value| value.parse().ok());
                if let (Some(min), Some(max)) = (number("min"), number("max")) {
                    self.columns.push((min, max, number("style").unwrap_or(0)));
                }
                self.style_of(start, "style", is_empty)
            }
            (2, "sheetData") => {
                self.write(start, false)?;
                if is_empty {
                    self.rest()?;
                    let end = start.to_end().into_owned();
                    self.out.write_event(Event::End(end))?;
                } else {
                    self.place.is_in_data = true;
                    self.lets_pass = !self.touches_all && !self.plan.recomputes && self.prefix.is_empty();
                }
                Ok(())
            }
            _ => self.write(start, is_empty),
        }
    }

    fn end(&mut self, name: &str) -> Result<(), Trouble> {
        match (self.place.depth, name) {
            (1, _) => self.notes()?,
            (2, "sheetData") => {
                self.rest()?;
                self.place.is_in_data = false;
            }
            (3, "row") if self.place.is_in_data => self.rest_of_row()?,
            (4, "c") if self.place.is_in_data => {
                self.place.cell = CellPlace::Copied;
                self.place.is_shared = false;
            }
            _ => {}
        }
        Ok(())
    }

    /// Counts a shared text as kept or emptied.
    fn count(&mut self, number: &str) {
        let number = number.trim().parse();
        if let (Ok(number), true) = (number, self.place.is_shared && self.plan.counts) {
            let is_kept = self.place.cell == CellPlace::Copied;
            let texts = if is_kept { &mut self.texts.kept } else { &mut self.texts.emptied };
            texts.insert(number);
        }
    }

    fn write(&mut self, start: &BytesStart<'_>, is_empty: bool) -> Result<(), Trouble> {
        let event = if is_empty { Event::Empty(start.borrow()) } else { Event::Start(start.borrow()) };
        Ok(self.out.write_event(event)?)
    }

    /// Names the drawing of notes, in its place among the sheet's elements.
    fn notes(&mut self) -> Result<(), Trouble> {
        let Some(relation) = self.plan.notes.filter(|_| !self.place.has_notes) else { return Ok(()) };
        self.place.has_notes = true;
        let element = format!("{}legacyDrawing", self.prefix);
        let content = format!("{element} xmlns:rel=\"{RELATIONS}\" rel:id=\"{relation}\"");
        Ok(self.out.write_event(Event::Empty(BytesStart::from_content(content, element.len())))?)
    }

    /// The sheet's extent, which added cells may widen.
    fn dimension(&mut self, start: &BytesStart<'_>, is_empty: bool) -> Result<(), Trouble> {
        let bounds = attribute(start, "ref").and_then(|range| area(&range));
        let (Some((first, last)), true) = (bounds, self.plan.adds) else { return self.write(start, is_empty) };
        let wide = self.plan.edits.cells.keys().fold((first, last), |(first, last), (row, column)| {
            ((first.0.min(*row), first.1.min(*column)), (last.0.max(*row), last.1.max(*column)))
        });
        if wide == (first, last) {
            return self.write(start, is_empty);
        }
        let name = |(row, column): (u32, u32)| format!("{}{row}", column_letters(column));
        let range = format!("{}:{}", name(wide.0), name(wide.1));
        let changed = changed(start, &[("ref", Some(&range))]);
        self.write(&changed, is_empty)
    }

    /// An element that only has a style that may be one of an earlier answer.
    fn style_of(&mut self, start: &BytesStart<'_>, name: &str, is_empty: bool) -> Result<(), Trouble> {
        let style = attribute(start, name).and_then(|style| style.parse::<u32>().ok());
        match style.filter(|_| self.plan.unmarks) {
            Some(style) => {
                let style = self.styles.unmarked(style).to_string();
                let changed = changed(start, &[(name, Some(&style))]);
                self.write(&changed, is_empty)
            }
            None => self.write(start, is_empty),
        }
    }

    fn in_data(&mut self, start: &BytesStart<'_>, name: &str, is_empty: bool) -> Result<(), Trouble> {
        let depth = self.place.depth + u32::from(is_empty);
        match (depth, name) {
            (4, "c") => self.place.is_formula = false,
            (5, "f") => self.place.is_formula = true,
            (5, "v") if self.place.is_formula && self.plan.recomputes => {
                if !is_empty {
                    self.place.cell = CellPlace::Dropped;
                }
                return Ok(());
            }
            _ => {}
        }
        match (depth, name) {
            (3, "row") => self.row(start, is_empty),
            (4, "c") if self.place.is_touched => self.cell(start, is_empty),
            (5, "f") if self.place.cell == CellPlace::Dropped => self.dropped_formula(start),
            _ if self.place.cell == CellPlace::Dropped => Ok(()),
            _ => self.write(start, is_empty),
        }
    }

    fn row(&mut self, start: &BytesStart<'_>, is_empty: bool) -> Result<(), Trouble> {
        let given = attribute(start, "r").map(|row| row.parse::<u32>().map_err(|_| Trouble::Damaged)).transpose()?;
        let row = given.unwrap_or(self.place.row + 1);
        if row <= self.place.row && self.plan.adds && !self.plan.edits.cells.is_empty() {
            return Err(Trouble::Unordered);
        }
        self.add_until((row, 0))?;
        let adds = self.plan.adds && self.pending.peek().is_some_and(|((at, _), _)| *at == row);
        let has_edits = self.plan.edits.cells.range((row, 0)..(row, u32::MAX)).next().is_some();
        let style = attribute(start, "s").and_then(|style| style.parse().ok());
        let is_styled = attribute(start, "customFormat").is_some_and(|word| word == "1" || word == "true");
        self.place.row = row;
        self.place.column = 0;
        self.place.is_touched = has_edits || self.touches_all;
        self.place.row_style = style.filter(|_| is_styled);
        if !self.place.is_touched && given.is_some() {
            return self.write(start, is_empty);
        }
        let number = row.to_string();
        let unmarked = style.filter(|_| self.plan.unmarks).map(|style| self.styles.unmarked(style).to_string());
        let mut wanted: Vec<(&str, Option<&str>)> = vec![("r", Some(&number))];
        if adds {
            // The reach of a row is a hint, and may be left out.
            wanted.push(("spans", None));
        }
        if let Some(style) = &unmarked {
            wanted.push(("s", Some(style)));
        }
        let changed = changed(start, &wanted);
        if !(is_empty && adds) {
            return self.write(&changed, is_empty);
        }
        self.write(&changed, false)?;
        self.rest_of_row()?;
        Ok(self.out.write_event(Event::End(start.to_end()))?)
    }

    fn cell(&mut self, start: &BytesStart<'_>, is_empty: bool) -> Result<(), Trouble> {
        let column = match attribute(start, "r") {
            Some(name) => place(&name).ok_or(Trouble::Damaged)?.1,
            None => self.place.column,
        };
        let at = (self.place.row, column);
        if column < self.place.column && self.plan.adds && !self.plan.edits.cells.is_empty() {
            return Err(Trouble::Unordered);
        }
        self.add_until(at)?;
        if self.pending.peek().is_some_and(|(next, _)| **next == at) {
            self.pending.next();
        }
        self.place.column = column + 1;
        self.place.is_shared = attribute(start, "t").is_some_and(|kind| kind == "s");
        let edit = self.plan.edits.cells.get(&at);
        let is_emptied = self.plan.edits.emptied.iter().any(|emptied| emptied.column == column && at.0 > emptied.below);
        let style = attribute(start, "s").and_then(|style| style.parse::<u32>().ok()).unwrap_or(0);
        let base = if self.plan.unmarks { self.styles.unmarked(style) } else { style };
        let toned = match edit.and_then(|edit| edit.tone) {
            Some(tone) => self.styles.toned(base, tone),
            None => base,
        };
        let name = format!("{}{}", column_letters(column), at.0);
        let content = if is_emptied { &Content::Empty } else { edit.map_or(&Content::Keep, |edit| &edit.content) };
        if *content == Content::Keep {
            let number = toned.to_string();
            let mut wanted: Vec<(&str, Option<&str>)> = vec![("r", Some(&name))];
            if toned != style {
                wanted.push(("s", Some(&number)));
            }
            let changed = changed(start, &wanted);
            return self.write(&changed, is_empty);
        }
        let tag = start.name();
        let tag: &str = tag.as_ref();
        self.written(tag, &name, toned, content, is_empty)?;
        if !is_empty {
            self.place.cell = CellPlace::Dropped;
        }
        Ok(())
    }

    /// A formula that goes with its cell may be one that other cells share.
    fn dropped_formula(&mut self, start: &BytesStart<'_>) -> Result<(), Trouble> {
        let Some(range) = attribute(start, "ref") else { return Ok(()) };
        let (first, last) = area(&range).ok_or(Trouble::Damaged)?;
        if first.1 == last.1 && first == (self.place.row, self.place.column - 1) {
            Ok(())
        } else {
            Err(Trouble::Entangled)
        }
    }

    /// A cell with new content, or none. Where the cell goes on, its end comes with the sheet's own.
    fn written(&mut self, tag: &str, name: &str, style: u32, content: &Content, is_whole: bool) -> Result<(), Trouble> {
        let prefix = self.prefix.clone();
        let style = if style == 0 { String::new() } else { format!(" s=\"{style}\"") };
        let (kind, inner) = match content {
            Content::Keep | Content::Empty => ("", String::new()),
            Content::Write(Written::Number(number)) => ("", format!("<{prefix}v>{number}</{prefix}v>")),
            Content::Write(Written::Text(text)) => {
                let text = escaped(text);
                let inner = format!("<{prefix}is><{prefix}t xml:space=\"preserve\">{text}</{prefix}t></{prefix}is>");
                (" t=\"inlineStr\"", inner)
            }
        };
        let out = self.out.get_mut();
        match (is_whole, inner.is_empty()) {
            (true, true) => write!(out, "<{tag} r=\"{name}\"{style}/>")?,
            (true, false) => write!(out, "<{tag} r=\"{name}\"{style}{kind}>{inner}</{tag}>")?,
            (false, _) => write!(out, "<{tag} r=\"{name}\"{style}{kind}>{inner}")?,
        }
        Ok(())
    }

    /// Adds the cells that come before a place and that the sheet does not hold.
    fn add_until(&mut self, place: (u32, u32)) -> Result<(), Trouble> {
        while let Some((at, edit)) = self.pending.next_if(|(at, _)| **at < place) {
            if !self.plan.adds {
                continue;
            }
            if at.0 == self.place.row {
                self.add(*at, edit)?;
                continue;
            }
            // A row of its own, with all its cells.
            let tag = format!("{}row", self.prefix);
            write!(self.out.get_mut(), "<{tag} r=\"{}\">", at.0)?;
            self.place.row = at.0;
            self.place.row_style = None;
            self.add(*at, edit)?;
            while let Some((at, edit)) = self.pending.next_if(|(next, _)| next.0 == at.0 && **next < place) {
                self.add(*at, edit)?;
            }
            write!(self.out.get_mut(), "</{tag}>")?;
        }
        Ok(())
    }

    fn add(&mut self, at: (u32, u32), edit: &CellEdit) -> Result<(), Trouble> {
        let of_column = self.columns.iter().find(|(min, max, _)| (*min..=*max).contains(&(at.1 + 1)));
        let of_place = self.place.row_style.or(of_column.map(|(_, _, style)| *style));
        let base = edit.style.or(of_place).unwrap_or(0);
        let base = if self.plan.unmarks { self.styles.unmarked(base) } else { base };
        let style = edit.tone.map_or(base, |tone| self.styles.toned(base, tone));
        let name = format!("{}{}", column_letters(at.1), at.0);
        let tag = format!("{}c", self.prefix);
        self.written(&tag, &name, style, &edit.content, true)
    }

    fn rest_of_row(&mut self) -> Result<(), Trouble> {
        let next = (self.place.row + 1, 0);
        if self.plan.adds { self.add_until(next) } else { Ok(()) }
    }

    fn rest(&mut self) -> Result<(), Trouble> {
        self.place.column = 0;
        // Past the last row of the sheet every row is one of its own.
        let row = self.place.row;
        if self.pending.peek().is_some_and(|((at, _), _)| *at == row) && self.plan.adds {
            return Err(Trouble::Unordered);
        }
        self.add_until((u32::MAX, 0))
    }
}

/// A start tag between its brackets.
fn tag(bytes: &[u8]) -> Result<BytesStart<'_>, Trouble> {
    let content = bytes.strip_prefix(b"<").and_then(|bytes| bytes.strip_suffix(b">")).ok_or(Trouble::Damaged)?;
    let content = std::str::from_utf8(content.strip_suffix(b"/").unwrap_or(content)).map_err(|_| Trouble::Damaged)?;
    let name = content.find(|c: char| c.is_ascii_whitespace()).unwrap_or(content.len());
    Ok(BytesStart::from_content(content, name))
}

/// Text as it stands in an element. What Excel would read as a coded character is coded itself.
pub(super) fn escaped(content: &str) -> String {
    let content = text::printable(content);
    let coded = if content.contains("_x") { content.replace("_x", "_x005F_x") } else { content.into_owned() };
    quick_xml::escape::escape(coded).into_owned()
}

/// An attribute's value, by its name without prefix.
pub(super) fn attribute<'a>(start: &'a BytesStart<'_>, name: &str) -> Option<Cow<'a, str>> {
    let found = start.attributes().with_checks(false).flatten().find(|attribute| attribute.key.as_ref() == name)?;
    Some(found.value)
}

/// The element with some attributes set or left out.
pub(super) fn changed(start: &BytesStart<'_>, changes: &[(&str, Option<&str>)]) -> BytesStart<'static> {
    let name = start.name();
    let name: &str = name.as_ref();
    let mut tag = name.to_owned();
    let mut set: Vec<&str> = Vec::with_capacity(changes.len());
    for attribute in start.attributes().with_checks(false).flatten() {
        let key: &str = attribute.key.as_ref();
        match changes.iter().find(|(name, _)| *name == key) {
            None => push(&mut tag, key, &attribute.value.replace('"', "&quot;")),
            Some((name, value)) => {
                set.push(name);
                if let Some(value) = value {
                    push(&mut tag, key, value);
                }
            }
        }
    }
    for (name, value) in changes.iter().filter(|(name, _)| !set.contains(name)) {
        if let Some(value) = value {
            push(&mut tag, name, value);
        }
    }
    BytesStart::from_content(tag, name.len())
}

fn push(tag: &mut String, name: &str, value: &str) {
    tag.push(' ');
    tag.push_str(name);
    tag.push_str("=\"");
    tag.push_str(value);
    tag.push('"');
}

/// Row (from 1) and column (from 0) of a cell's name.
pub(super) fn place(name: &str) -> Option<(u32, u32)> {
    let name = name.trim();
    let letters = name.bytes().take_while(u8::is_ascii_alphabetic).count();
    let row = name.get(letters..)?.parse().ok()?;
    if letters == 0 || letters > 3 {
        return None;
    }
    let column =
        name.bytes().take(letters).fold(0, |sum, letter| sum * 26 + u32::from(letter.to_ascii_uppercase() - b'A') + 1);
    Some((row, column - 1))
}

/// The first and the last cell of a range such as "A1:F12".
pub(super) fn area(range: &str) -> Option<((u32, u32), (u32, u32))> {
    match range.split_once(':') {
        Some((first, last)) => Some((place(first)?, place(last)?)),
        None => place(range).map(|only| (only, only)),
    }
}
