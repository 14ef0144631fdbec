//! Where the table stands on a sheet: its heading row, its columns, and which field each one is.

use crate::block::{Plan, Slot};
use crate::choose::Choice;
use crate::faults::{self, Called};
use crate::headings::{Headings, Match};
use crate::place::{Area, Place};
use crate::sample::{Sample, SampleCell, SampleRow};
use crate::source::Request;
use crate::watch::Watch;
use qd_model::finding::column_letters;
use qd_model::report::ColumnReport;
use qd_model::schema::FieldsMatch;
use qd_model::{Fault, Schema, Severity, SourceFindings, words};
use qd_table::Shape;
use std::collections::HashMap;
use std::sync::atomic::AtomicBool;

/// How far right of the last heading a column without one is still counted as the table's.
const BESIDE: u32 = 64;

/// The table of a sheet.
pub(crate) struct Layout {
    pub(crate) shape: Shape,
    pub(crate) findings: SourceFindings,
    pub(crate) quarantined: Vec<u32>,
    pub(crate) plan: Plan,
}

/// The heading row of a sample, as an index into its rows, and how many fields it names.
pub(crate) fn heading_row(
    sample: &mut Sample,
    known: Option<(&Schema, &Headings<'_>)>,
    place: Place<'_>,
) -> Option<(usize, usize)> {
    let declared = place.layout.and_then(|layout| layout.heading_rows).map(|rows| rows as usize);
    let is_ranged = place.layout.is_some_and(|layout| layout.range.is_some());
    let Some((schema, headings)) = known else {
        let row = if is_ranged { (!sample.rows.is_empty()).then_some(0) } else { by_evidence(sample) }?;
        return Some((declared.map_or(row, |rows| join(sample, row, rows)), 0));
    };
    let matches = |row: &SampleRow| headings.count(row.cells.iter().map(|cell| cell.text.as_str()));
    if let Some(rows) = declared.filter(|rows| *rows > 1) {
        let joined = |index: usize| matches(&joined(&sample.rows, index, rows).unwrap_or_default());
        let best = (0..sample.rows.len())
            .map(|index| (joined(index), index))
            .max_by_key(|(count, index)| (*count, std::cmp::Reverse(*index)));
        let (count, index) = best.filter(|(count, _)| *count > 0)?;
        return Some((join(sample, index, rows), count));
    }
    if !schema.is_ours {
        let first = sample.rows.first().filter(|row| row.row == 1)?;
        return Some((0, matches(first))).filter(|(_, count)| *count > 0);
    }
    let mut best: Option<(usize, usize)> = None;
    for (index, row) in sample.rows.iter().enumerate() {
        let count = matches(row);
        if count > best.map_or(0, |(_, most)| most) {
            best = Some((index, count));
        }
    }
    if declared.is_none()
        && let Some((rows, index, count)) = in_several_rows(sample, best.map_or(0, |(_, count)| count), matches)
    {
        return Some((join(sample, index, rows), count));
    }
    best
}

/// Headings in two or three rows that name more fields than any single row: merged headings stand
/// above those that they are about.
fn in_several_rows(
    sample: &Sample,
    least: usize,
    matches: impl Fn(&SampleRow) -> usize,
) -> Option<(usize, usize, usize)> {
    let mut best = None;
    let mut most = least;
    for rows in [2, 3] {
        for index in 0..sample.rows.len() {
            let count = joined(&sample.rows, index, rows).map_or(0, |row| matches(&row));
            if count > most {
                (best, most) = (Some((rows, index, count)), count);
            }
        }
    }
    best
}

/// Some rows of headings as one, which stands where the last of them does. A heading above an empty
/// cell to its right goes on there, as a merged one does.
fn joined(rows: &[SampleRow], first: usize, count: usize) -> Option<SampleRow> {
    let rows = rows.get(first..first + count)?;
    let last = rows.last()?;
    // A damaged sheet may have its rows in any order.
    if last.row.checked_sub(rows[0].row) != Some(count as u32 - 1) {
        return None;
    }
    let mut columns: Vec<u32> = rows.iter().flat_map(|row| &row.cells).map(|cell| cell.column).collect();
    columns.sort_unstable();
    columns.dedup();
    let cells = columns.iter().map(|column| {
        let parts = rows.iter().enumerate().filter_map(|(level, row)| part(row, *column, level + 1 < rows.len()));
        let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
        SampleCell { column: *column, text: parts.join(" "), is_words: true }
    });
    Some(SampleRow { row: last.row, cells: cells.collect(), width: last.width })
}

/// What a row adds to the joined heading of a column. Its cells stand in the order of their columns.
fn part(row: &SampleRow, column: u32, is_upper: bool) -> Option<&str> {
    let until = row.cells.partition_point(|cell| cell.column <= column);
    let own = row.cells[..until].last().filter(|cell| is_upper || cell.column == column)?;
    Some(own.text.trim())
}

/// Puts joined headings in the place of their rows; answers where they stand in the sample.
fn join(sample: &mut Sample, first: usize, rows: usize) -> usize {
    if let Some(row) = joined(&sample.rows, first, rows) {
        drop(sample.rows.splice(first..first + rows, [row]));
    }
    first
}

/// Without a schema: the first row of which most cells of the table's width hold words, and which
/// has rows below; else the first row that fills most of the width.
fn by_evidence(sample: &Sample) -> Option<usize> {
    let mut widths: HashMap<usize, usize> = HashMap::new();
    for row in &sample.rows {
        *widths.entry(row.cells.len()).or_default() += 1;
    }
    // The commonest number of filled cells; the larger one where two are equally common.
    let (width, _) = widths.into_iter().max_by_key(|(width, rows)| (*rows, *width))?;
    let last = sample.rows.len() - 1;
    let candidates = |index: &usize| *index == 0 || *index < last;
    let fills = |index: &usize| sample.rows[*index].cells.len() * 2 > width;
    let says = |index: &usize| {
        let cells = &sample.rows[*index].cells;
        cells.iter().filter(|cell| cell.is_words).count() * 2 > cells.len().max(width)
    };
    let rows = || (0..sample.rows.len()).filter(candidates).filter(fills);
    rows().find(says).or_else(|| rows().next()).or(Some(0))
}

/// Lays a sheet's table out from its heading row.
pub(crate) fn lay_out(
    sheet: Option<Called>,
    choice: &Choice,
    known: Option<(&Schema, &Headings<'_>)>,
    request: &Request<'_>,
) -> Layout {
    let row = &choice.sample.rows[choice.heading];
    let mut out = Builder::new(sheet, row);
    match known {
        Some((schema, headings)) => {
            out.with_schema(row, schema, headings, request.place);
            out.vanished(schema, request);
            out.is_plain = !schema.is_ours;
            if schema.is_ours {
                out.watch(schema, request);
            }
            out.set(schema, request.place);
        }
        None => out.without_schema(row, &choice.sample.rows[choice.heading + 1..]),
    }
    out.finish(row, &choice.sample.rows[choice.heading + 1..], choice.area)
}

struct Builder {
    shape: Shape,
    findings: SourceFindings,
    quarantined: Vec<u32>,
    slots: Vec<Slot>,
    outside: u32,
    /// Columns of a chunk of which one must be filled, for a row of a wide table's part.
    repeated: Vec<usize>,
    watches: Vec<Watch>,
    /// Whether the schema is a plain one, for which everything below the headings is data.
    is_plain: bool,
    /// Values that stand for whole columns, after the columns of the sheet.
    set: Vec<String>,
}

/// A column with a heading.
struct Headed<'a> {
    column: u32,
    heading: &'a str,
    found: Option<Match>,
}

impl Builder {
    fn new(sheet: Option<Called>, row: &SampleRow) -> Self {
        let mut findings = SourceFindings::default();
        let outside = findings.fault(faults::outside());
        let (sheet, sheet_plain) = sheet.map(|called| (called.own, called.plain)).unzip();
        let shape = Shape { sheet, sheet_plain, heading_row: row.row, columns: Vec::new() };
        Self {
            shape,
            findings,
            quarantined: Vec::new(),
            slots: Vec::new(),
            outside,
            repeated: Vec::new(),
            watches: Vec::new(),
            is_plain: false,
            set: Vec::new(),
        }
    }

    /// Adds a column of the table.
    fn column(&mut self, column: u32, heading: &str, field: Option<&str>, read: bool) {
        let chunk_column = self.shape.columns.len() as u32;
        self.shape.columns.push(ColumnReport { column, heading: heading.to_owned(), field: field.map(str::to_owned) });
        self.slot(column, if read { Slot::Read(chunk_column) } else { Slot::Unread });
    }

    fn slot(&mut self, column: u32, slot: Slot) {
        let column = column as usize;
        if self.slots.len() <= column {
            self.slots.resize(column + 1, Slot::Unheaded(self.outside));
        }
        self.slots[column] = slot;
    }

    fn without_schema(&mut self, row: &SampleRow, below: &[SampleRow]) {
        let last = row.cells.last().map_or(0, |cell| cell.column);
        let headed: HashMap<u32, &str> = row.cells.iter().map(|cell| (cell.column, cell.text.as_str())).collect();
        let mut columns: Vec<u32> = headed.keys().copied().collect();
        let beside = below.iter().flat_map(|row| &row.cells).map(|cell| cell.column);
        // Cells of longer records than that of the headings are shown too, though what they belong to is not known.
        let widest = below.iter().filter_map(|row| row.width).max();
        let far = last.saturating_add(BESIDE);
        let end = row.width.map_or(far, |width| width.max(widest.unwrap_or(0).min(far)));
        columns.extend(beside.filter(|column| *column < end));
        columns.sort_unstable();
        columns.dedup();
        for column in columns {
            self.column(column, headed.get(&column).copied().unwrap_or_default(), None, true);
        }
    }

    /// Headings of the partner's mapping that are gone, with their fields.
    fn vanished(&mut self, schema: &Schema, request: &Request<'_>) {
        let mut gone: Vec<&str> = Vec::new();
        for (heading, name) in request.headings {
            let has_column = self.shape.columns.iter().any(|column| column.field.as_deref() == Some(name));
            let Some(field) = schema.index_of(name).filter(|_| !has_column && !gone.contains(&name.as_str())) else {
                continue;
            };
            gone.push(name);
            self.findings.add(faults::vanished_heading(heading, &schema.fields[field]));
        }
    }

    /// What is looked for in the values of the fields' columns.
    fn watch(&mut self, schema: &Schema, request: &Request<'_>) {
        for (column, report) in self.shape.columns.iter().enumerate() {
            let Some(field) = report.field.as_deref().and_then(|name| schema.index_of(name)) else { continue };
            let Some(watch) = Watch::of(&schema.fields[field], column, request, &mut self.findings) else { continue };
            self.findings.faults[watch.fault as usize].column = Some(report.column);
            self.findings.faults[watch.fault as usize].heading = Some(report.heading.as_str().into());
            self.watches.push(watch);
        }
    }

    /// Fields that have one value for all rows, as columns after those of the sheet.
    fn set(&mut self, schema: &Schema, place: Place<'_>) {
        let next = self.shape.columns.iter().map(|column| column.column + 1).max().unwrap_or_default();
        for (column, (field, value)) in (next..).zip(place.set().filter(|(field, _)| schema.index_of(field).is_some()))
        {
            let heading = "set in the pipeline".to_owned();
            self.shape.columns.push(ColumnReport { column, heading, field: Some(field.clone()) });
            self.set.push(value.clone());
        }
    }

    fn with_schema(&mut self, row: &SampleRow, schema: &Schema, headings: &Headings<'_>, place: Place<'_>) {
        let is_elsewhere = |text: &str| place.is_elsewhere(text, |rest| headings.field_of(rest).is_some());
        let cells = row.cells.iter().filter(|cell| !cell.text.trim().is_empty());
        let (elsewhere, cells): (Vec<_>, Vec<_>) =
            cells.partition(|cell| headings.field_of(&cell.text).is_none() && is_elsewhere(&cell.text));
        // Columns of the other parts of a wide table are read with their own part.
        for cell in elsewhere {
            self.slot(cell.column, Slot::Unread);
        }
        let cells = cells.into_iter();
        let mut headed: Vec<Headed<'_>> = cells
            .map(|cell| Headed { column: cell.column, heading: &cell.text, found: headings.field_of(&cell.text) })
            .collect();
        settle_mapped(&mut headed);
        let mut used = self.fields(&headed, schema, headings);
        for (field, _) in place.set() {
            if let Some(index) = schema.index_of(field) {
                used[index] = true;
            }
        }
        self.missing(&headed, &used, schema, headings);
        if !schema.is_ours && schema.fields_match == FieldsMatch::Exact {
            self.order(&headed, schema);
        }
    }

    /// Gives each headed column its field, and says what is wrong with those that have none. Answers
    /// which fields have a column.
    fn fields(&mut self, headed: &[Headed<'_>], schema: &Schema, headings: &Headings<'_>) -> Vec<bool> {
        let mut owner: Vec<Option<&str>> = vec![None; schema.fields.len()];
        let mut unknown: HashMap<&str, u32> = HashMap::new();
        for Headed { column, heading, found } in headed {
            let (column, heading) = (*column, *heading);
            let Some(Match { field, .. }) = *found else {
                if headings.is_not_collected(heading) {
                    self.quarantined.push(column);
                    self.findings.add(faults::not_collected(column, heading));
                } else if let Some(first) = unknown.get(heading) {
                    self.findings.add(faults::duplicate_unknown(column, heading, &column_letters(*first)));
                } else {
                    unknown.insert(heading, column);
                    self.findings.add(unknown_column(column, heading, headed, schema));
                }
                self.column(column, heading, None, false);
                continue;
            };
            if let Some(other) = owner[field] {
                self.findings.add(faults::duplicate_field(column, heading, other, &schema.fields[field]));
                self.column(column, heading, None, false);
            } else {
                owner[field] = Some(heading);
                if headings.is_marked(heading) {
                    self.repeated.push(self.shape.columns.len());
                }
                self.column(column, heading, Some(&schema.fields[field].name), true);
            }
        }
        owner.iter().map(Option::is_some).collect()
    }

    /// Fields that must have a column and have none.
    fn missing(&mut self, headed: &[Headed<'_>], used: &[bool], schema: &Schema, headings: &Headings<'_>) {
        let every = matches!(schema.fields_match, FieldsMatch::Exact | FieldsMatch::Equal | FieldsMatch::Subset);
        for (index, (field, has_column)) in schema.fields.iter().zip(used).enumerate() {
            // A part of the primary key is required whatever its own constraints say.
            let is_required = field.constraints.required || schema.primary_key.contains(&index);
            if *has_column || !(every || is_required) {
                continue;
            }
            let free = || {
                let free = headed.iter().filter(|column| column.found.is_none());
                free.map(|column| column.heading).filter(|heading| !headings.is_not_collected(heading))
            };
            let labels = [field.label(), &field.name];
            let labels = labels.into_iter().chain(field.aliases.iter().map(String::as_str));
            let near = labels.into_iter().find_map(|label| words::nearest(label, free()));
            self.findings.add(faults::missing_column(field, near));
        }
    }

    /// For plain schemas that ask for the columns in the fields' order.
    fn order(&mut self, headed: &[Headed<'_>], schema: &Schema) {
        let order: Vec<usize> = headed.iter().filter_map(|column| column.found).map(|found| found.field).collect();
        if order.len() != schema.fields.len() || headed.len() != order.len() {
            return;
        }
        if let Some(place) = order.iter().enumerate().position(|(place, field)| place != *field) {
            let Headed { column, heading, .. } = headed[place];
            self.findings.add(faults::column_order(column, heading, schema.fields[place].label()));
        }
    }

    /// Registers the faults that only rows can show, and closes the plan.
    fn finish(mut self, row: &SampleRow, below: &[SampleRow], area: Area) -> Layout {
        let set = std::mem::take(&mut self.set);
        let sheet_columns = self.shape.columns.len() - set.len();
        let read = &self.shape.columns[..sheet_columns];
        let last = read.iter().map(|column| column.column).max().unwrap_or_default();
        let first = read.iter().map(|column| column.column).min().unwrap_or_default();
        let is_read = |column: u32| matches!(self.slots.get(column as usize), Some(Slot::Read(_)));
        let heading =
            |column: &ColumnReport| if is_read(column.column) { column.heading.clone() } else { String::new() };
        let headings = if self.is_plain { Vec::new() } else { read.iter().map(heading).collect() };
        let width = row.width.unwrap_or(last + 1);
        for column in first..width.max(last + 1).min(last + BESIDE) {
            let taken = self.slots.get(column as usize).is_some_and(|slot| *slot != Slot::Unheaded(self.outside));
            if area.is_part() && !(area.columns.0..=area.columns.1).contains(&column) {
                self.slot(column, Slot::Unread);
            } else if !taken && self.findings.faults.len() < 1000 {
                let fault = self.findings.fault(faults::blank_heading(column));
                self.slot(column, Slot::Unheaded(fault));
            }
        }
        let plan = Plan {
            heading_row: row.row,
            last_row: area.rows.1,
            columns: sheet_columns,
            repeated: self.repeated,
            watches: self.watches,
            headings,
            below: self.findings.fault(faults::below_table()),
            lone: self.findings.fault(faults::lone_sentence()),
            again: self.findings.fault(faults::repeated_heading()),
            set,
            is_ended: !self.is_plain && is_ended(row, below),
            // Beside a range there may be anything.
            widths: if area.is_part() { (0, u32::MAX) } else { ((last + 1).min(width), width) },
            ragged: self.findings.fault(faults::ragged_row()),
            undecodable: self.findings.fault(faults::undecodable()),
            nul: self.findings.fault(faults::nul()),
            stray: self.findings.fault(faults::stray_quote()),
            outside: self.outside,
            slots: self.slots,
            any_row: AtomicBool::new(false),
            any_broken: AtomicBool::new(false),
        };
        Layout { shape: self.shape, findings: self.findings, quarantined: self.quarantined, plan }
    }
}

/// Whether every record ends with a separator, but not that of the headings.
fn is_ended(row: &SampleRow, below: &[SampleRow]) -> bool {
    let Some(width) = row.width else { return false };
    let ends = |row: &SampleRow| row.width == Some(width + 1) && row.cells.iter().all(|cell| cell.column < width);
    below.len() > 1 && below.iter().all(ends)
}

/// Where the partner's mapping names the column of a field, other columns that the schema's words
/// would give to that field are left unknown.
fn settle_mapped(headed: &mut [Headed<'_>]) {
    let mapped: Vec<usize> =
        headed.iter().filter_map(|column| column.found).filter(|found| found.mapped).map(|found| found.field).collect();
    for column in headed {
        if column.found.is_some_and(|found| !found.mapped && mapped.contains(&found.field)) {
            column.found = None;
        }
    }
}

/// The finding of an unknown heading, with the free field that is near it. Schemas that allow no
/// other columns make it a reject.
fn unknown_column(column: u32, heading: &str, headed: &[Headed<'_>], schema: &Schema) -> Fault {
    let is_free = |index: usize| !headed.iter().any(|other| other.found.is_some_and(|found| found.field == index));
    let free = schema.fields.iter().enumerate().filter(|(index, _)| is_free(*index)).map(|(_, field)| field.label());
    let mut fault = faults::unknown_column(column, heading, words::nearest(heading, free));
    if matches!(schema.fields_match, FieldsMatch::Exact | FieldsMatch::Equal | FieldsMatch::Superset) {
        fault.severity = Severity::Reject;
        fault.fix = "remove the column, or add its field to the schema".into();
    }
    fault
}
