//! From a cell of a return to the people and the rows behind it.

use super::cell::CellName;
use super::lineage;
use super::opened::{Opened, Side};
use super::places::{Place, behind};
use crate::by_period;
use crate::indicators::Periods;
use crate::read::{ReadRequest, ReadTable, read};
use qd_model::pipeline::{FileSpec, Indicators, Part, Span};
use qd_model::{Refusal, words};
use std::collections::BTreeSet;
use std::path::Path;

/// What is asked.
#[derive(Debug, Clone)]
pub struct TraceRequest<'a> {
    /// The folder of one return, drafted or sent.
    pub folder: &'a Path,
    /// The cell, as `Indicators!C7`.
    pub cell: &'a str,
    /// The folder of what never leaves.
    pub state: &'a Path,
}

/// What stands in a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Traced {
    /// A count of people.
    Count,
    /// One row about one record.
    Row,
}

/// What stands behind a cell of a return.
#[derive(Debug, Clone)]
pub struct Trace {
    /// The file, relative to the return's folder.
    pub file: String,
    /// The sheet, for workbooks.
    pub sheet: Option<String>,
    /// What stands in the cell.
    pub kind: Traced,
    /// What is counted, or the table that the row is of.
    pub label: String,
    /// The column's heading.
    pub heading: String,
    /// What the cell shows, where it shows a count.
    pub shown: Option<String>,
    /// How many people are behind it.
    pub people: u64,
    /// The rows behind it, by person.
    pub places: Vec<Place>,
    /// What is to be said besides.
    pub notes: Vec<String>,
}

/// Tells what stands behind a cell of a return.
pub fn trace(request: &TraceRequest<'_>) -> Result<Trace, Refusal> {
    let name = CellName::parse(request.cell)?;
    let opened = Opened::open(request.folder, request.state)?;
    let spec = opened.spec()?;
    let label = opened.manifest["period"].as_str().unwrap_or(&opened.period.label).to_owned();
    let mut found: Vec<(&FileSpec, String, &Part)> = Vec::new();
    for file in &spec.files {
        for part in &file.parts {
            let path = file.path.replace("{period}", &label).replace("{table}", part.tables().first().unwrap_or(&""));
            let is_asked = match &name.sheet {
                None => true,
                Some(asked) => is_named(asked, &path, part, file),
            };
            if is_asked {
                found.push((file, path, part));
            }
        }
    }
    // Parts of one text file follow each other in it: they are one place to look.
    found.dedup_by(|one, other| one.1 == other.1 && one.0.format == "csv");
    match found.as_slice() {
        [(file, path, part)] => of_part(&opened, &name, file, path, part),
        [] => Err(Refusal::new(format!("the return has no \"{}\"", name.sheet.unwrap_or_default()))
            .hint(format!("its sheets and files are {}", words::list(&sheets(&opened, &label)?)))),
        _ => Err(Refusal::new("the return has several sheets or files, and the cell could be in any")
            .hint(format!("write the sheet before it: one of {}", words::list(&sheets(&opened, &label)?)))),
    }
}

fn is_named(asked: &str, path: &str, part: &Part, file: &FileSpec) -> bool {
    let asked = words::fold(asked);
    if file.format == "xlsx" {
        return words::fold(part.name()) == asked;
    }
    words::fold(path) == asked || path.rsplit('/').next().is_some_and(|name| words::fold(name) == asked)
}

fn sheets(opened: &Opened, label: &str) -> Result<Vec<String>, Refusal> {
    let parts = opened.spec()?.files.iter().flat_map(|file| file.parts.iter().map(move |part| (file, part)));
    let mut names: Vec<String> = parts
        .map(|(file, part)| match file.format.as_str() {
            "xlsx" => part.name().to_owned(),
            _ => file.path.replace("{period}", label).replace("{table}", part.tables().first().unwrap_or(&"")),
        })
        .collect();
    names.dedup();
    Ok(names)
}

fn of_part(opened: &Opened, name: &CellName, file: &FileSpec, path: &str, part: &Part) -> Result<Trace, Refusal> {
    let nothing = |why: &str| Refusal::new(format!("nobody and no row stands behind that cell: {why}"));
    let hint = "name a cell with a count of people, or of a row";
    match part {
        Part::Cover(_) => return Err(nothing("a cover holds words").hint(hint)),
        Part::Open(_) => return Err(nothing("a list of what is open holds numbers of rows and queries").hint(hint)),
        Part::Indicators(_) | Part::ByPeriod(_) | Part::Rows(_) | Part::Contacts(_) => {}
    }
    let sheet = (file.format == "xlsx").then(|| part.name());
    let shown = read(&ReadRequest { file: &opened.folder.join(path), against: None, sheet })?;
    let Some(ordinal) = name.row.checked_sub(shown.heading_row + 1).filter(|_| shown.heading_row > 0) else {
        return Err(nothing("it stands above the first row"));
    };
    let heading = shown.columns.iter().find(|column| column.column == name.column).map(|column| column.heading.clone());
    let Some(heading) = heading else { return Err(nothing("there is no such column")) };
    let mut trace = Trace {
        file: path.to_owned(),
        sheet: sheet.map(str::to_owned),
        kind: Traced::Row,
        label: String::new(),
        heading,
        shown: None,
        people: 0,
        places: Vec::new(),
        notes: opened.notes.clone(),
    };
    match part {
        Part::Indicators(indicators) => {
            trace.shown = cell_text(&shown, name);
            of_count(opened, indicators, ordinal as usize, &mut trace)?;
        }
        Part::ByPeriod(indicators) => {
            trace.shown = cell_text(&shown, name);
            of_period(opened, indicators, ordinal as usize, &mut trace)?;
        }
        _ => of_row(opened, part, ordinal as usize, &mut trace)?,
    }
    trace.people = trace.places.iter().map(|place| place.person.as_str()).collect::<BTreeSet<_>>().len() as u64;
    Ok(trace)
}

fn cell_text(table: &ReadTable, name: &CellName) -> Option<String> {
    let column = table.columns.iter().position(|column| column.column == name.column)?;
    table.pieces.iter().find_map(|piece| {
        let row = piece.rows.iter().position(|row| *row == name.row)?;
        piece.cell(row, column).map(str::to_owned)
    })
}

fn of_count(opened: &Opened, indicators: &Indicators, line: usize, trace: &mut Trace) -> Result<(), Refusal> {
    let periods = opened.periods();
    let shape = periods.sheet(indicators).shape;
    let (line, span) = match &shape {
        Some(shape) => (shape.line(line, &trace.heading), shape.span),
        None => (Some(line), span_of(&periods, &trace.heading)),
    };
    let (label, places) = line
        .and_then(|line| counted(opened, &periods, indicators, line, span))
        .ok_or_else(|| Refusal::new("nobody and no row stands behind that cell: no count is in its row"))?;
    trace.kind = Traced::Count;
    trace.label = label;
    trace.places = places;
    let people = trace.places.iter().map(|place| place.person.as_str()).collect::<BTreeSet<_>>().len();
    let shown = trace.shown.as_ref().and_then(|shown| shown.replace(',', "").parse::<usize>().ok());
    let is_a_count = shape.is_some() || trace.heading_is_a_count(&periods);
    if shown.is_some_and(|shown| shown != people) && is_a_count {
        trace.notes.push(
            "The cell shows another number than there are people: the recipient's counts are protected, or an earlier \
             period was run again since"
                .to_owned(),
        );
    }
    Ok(())
}

fn of_period(opened: &Opened, indicators: &Indicators, line: usize, trace: &mut Trace) -> Result<(), Refusal> {
    let nothing = |why: &str| Refusal::new(format!("nobody and no row stands behind that cell: {why}"));
    let lines = opened.lines_by_period(indicators)?;
    let Some(of) = lines.get(line).and_then(|line| line.of.as_ref()) else {
        return Err(nothing("it is the name of a period").hint("name a cell with a count of people"));
    };
    let side = if trace.heading == by_period::REPORTED { Side::Reported } else { Side::Known };
    trace.kind = Traced::Count;
    trace.label = format!("{} › {}", of.period, lines[line].label);
    trace.places = opened.rows_of_period(of, &indicators.rows[of.indicator].counts, side);
    let people = trace.places.iter().map(|place| place.person.as_str()).collect::<BTreeSet<_>>().len();
    let shown = trace.shown.as_ref().and_then(|shown| shown.replace(',', "").parse::<usize>().ok());
    if shown.is_some_and(|shown| shown != people) {
        trace.notes.push(
            "The cell shows another number than there are people: the recipient's counts are protected, or people \
             were found since to be one, or two"
                .to_owned(),
        );
    }
    Ok(())
}

impl Trace {
    fn heading_is_a_count(&self, periods: &Periods<'_>) -> bool {
        self.heading == periods.period.label || self.heading == crate::indicators::SO_FAR
    }
}

fn span_of(periods: &Periods<'_>, heading: &str) -> Span {
    if heading.contains(&periods.period.label) { Span::Period } else { Span::Project }
}

/// The label of a line of counts, and the rows by which its people are counted.
pub(super) fn counted(
    opened: &Opened,
    periods: &Periods<'_>,
    indicators: &Indicators,
    line: usize,
    span: Span,
) -> Option<(String, Vec<Place>)> {
    let sheet = periods.sheet(indicators);
    let line = sheet.lines.get(line)?;
    let people = match span {
        Span::Period => &line.people,
        Span::Project => line.people_so_far.as_ref()?,
    };
    let indicator = &indicators.rows[line.indicator];
    let people = periods.crowd.ids(people);
    let places = behind(periods, &opened.states(span), &indicator.counts, &people, &opened.files);
    let label = if line.level == 0 { line.label.clone() } else { format!("{} › {}", indicator.label, line.label) };
    Some((label, places))
}

fn of_row(opened: &Opened, part: &Part, ordinal: usize, trace: &mut Trace) -> Result<(), Refusal> {
    let released = lineage::read(&opened.lineage(), &opened.period.label, &opened.files)?;
    let is_workbook = trace.sheet.is_some();
    let of_part = released
        .into_iter()
        .filter(|row| row.file == trace.file && (!is_workbook || row.part == part.name()))
        .nth(ordinal);
    let Some(row) = of_part else {
        return Err(Refusal::new("nobody and no row stands behind that cell: it stands below the last row"));
    };
    trace.label.clone_from(&row.place.table);
    trace.places = vec![row.place];
    Ok(())
}
