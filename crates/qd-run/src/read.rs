//! `read`: what stands in a file, as it was read, for a person who looks before trusting it.

mod formats;

use crate::load::plain;
use crate::normalised::{self, Tidied};
use crate::validate::{Against, Job, pipeline_jobs};
use arrow::array::{Array, ArrayRef, StringViewArray, StringViewBuilder};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use qd_check::{Checker, Settings};
use qd_model::finding::{ShowValues, SourceFindings, column_letters};
use qd_model::report::ColumnReport;
use qd_model::{FieldType, Refusal, Severity, words};
use qd_source::{Opened, Place, Request};
use qd_table::{Chunk, Shape, Typed};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;

/// What is asked of `read`.
pub struct ReadRequest<'a> {
    /// The file.
    pub file: &'a Path,
    /// The schema or the pipeline that says what the columns mean; without one, all is read as found.
    pub against: Option<Against<'a>>,
    /// The sheet of workbooks.
    pub sheet: Option<&'a str>,
}

/// A file's table, as it was read.
pub struct ReadTable {
    /// The file's name.
    pub source: String,
    /// The sheet's name, for workbooks.
    pub sheet: Option<String>,
    /// The spreadsheet row with the headings; 0 where none was found.
    pub heading_row: u32,
    /// The columns that were read.
    pub columns: Vec<ColumnReport>,
    /// The rows in order, in pieces.
    pub pieces: Vec<Piece>,
    /// What is to be said of the file.
    pub notes: Vec<String>,
    /// Whether the file cannot be used.
    pub is_rejected: bool,
}

/// Some rows of a table.
pub struct Piece {
    /// The spreadsheet row of each row, counted from 1.
    pub rows: Vec<u32>,
    /// The cells, by column, as canonical text.
    pub columns: Vec<StringViewArray>,
}

impl Piece {
    /// A cell's text, where it holds any.
    pub fn cell(&self, row: usize, column: usize) -> Option<&str> {
        let column = &self.columns[column];
        column.is_valid(row).then(|| column.value(row)).filter(|text| !text.is_empty())
    }
}

static NOTHING: &[(String, String)] = &[];

/// Reads a file. Runs on the pool that it is called on.
pub fn read(request: &ReadRequest<'_>) -> Result<ReadTable, Refusal> {
    let meta = std::fs::metadata(request.file).map_err(|error| {
        Refusal::new(format!("{} cannot be read", request.file.display())).because(plain(&error)).hint("check the path")
    })?;
    if meta.is_dir() {
        return Err(Refusal::new(format!("{} is a folder", request.file.display())).hint("name a file in it"));
    }
    let jobs = jobs(request)?;
    if jobs.is_empty() {
        return Ok(read_one(request, None));
    }
    let mut parts = jobs.iter().map(|job| read_one(request, Some(job)));
    let first = parts.next().expect("there is a part");
    Ok(parts.fold(first, ReadTable::and))
}

/// Reads one table, or one part of a wide one.
fn read_one(request: &ReadRequest<'_>, job: Option<&Job<'_>>) -> ReadTable {
    let (schema, headings) = job.map_or((None, NOTHING), |job| (Some(&job.table.schema), job.headings));
    let sheet = job.map_or(request.sheet, |job| job.sheet);
    let place = job.map_or_else(Place::default, |job| job.place);
    let formats = job.map_or(NOTHING, |job| job.formats);
    let mut table = ReadTable {
        source: request.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        sheet: None,
        heading_row: 0,
        columns: Vec::new(),
        pieces: Vec::new(),
        notes: Vec::new(),
        is_rejected: false,
    };
    let opened = qd_source::open(
        request.file,
        &Request { schema: schema.map(AsRef::as_ref), headings, sheet, formats, place, ..Request::default() },
    );
    let mut source = match opened {
        Opened::Table(source) => source,
        Opened::Rejected(rejection) => {
            table.is_rejected = true;
            table.sheet = rejection.sheet;
            if let Some(shape) = rejection.shape {
                (table.heading_row, table.columns) = (shape.heading_row, shape.columns);
            }
            table.say(rejection.findings);
            return table;
        }
    };
    let none = BTreeMap::new();
    let settings = Settings { formats, severities: &none, show: ShowValues::Plain };
    let checker = schema.map(|schema| Checker::new(schema, &source.shape, &settings));
    let wanted = wanted(&source.shape, schema.is_some());
    let shape = source.shape.clone();
    let mut pieces: Vec<_> = source
        .blocks()
        .enumerate()
        .par_bridge()
        .map(|(position, block)| {
            let read = block.read();
            let judged = checker.as_ref().map(|checker| checker.chunk(&read.chunk));
            let (typed, tidied) = judged.map_or_else(Default::default, |judged| (Some(judged.typed), judged.tidied));
            let piece = piece(&shape, &wanted, read.chunk, typed.as_ref(), schema.map(AsRef::as_ref));
            (position, piece, read.hits, tidied)
        })
        .collect();
    pieces.sort_unstable_by_key(|(position, ..)| *position);
    let mut findings = std::mem::take(&mut source.findings);
    let mut tidied = Tidied::new();
    for (_, piece, hits, more) in pieces {
        table.pieces.push(piece);
        findings.hits.extend(hits);
        normalised::add(&mut tidied, more);
    }
    let not_seen = source.not_seen;
    findings.extend(source.finish());
    table.is_rejected = findings.count(Severity::Reject) > 0;
    (table.sheet, table.heading_row) = (shape.sheet.clone(), shape.heading_row);
    table.columns = wanted.iter().map(|column| shape.columns[*column].clone()).collect();
    if schema.is_none() {
        table.tell_extent();
    }
    table.say(findings);
    table.notes.extend(not_seen.iter().map(|(code, why)| format!("not checked ({code}): {why}")));
    if let Some(schema) = schema {
        table.notes.extend(tidied.into_iter().map(|((field, word), cells)| {
            let (cells, label) = (words::count(cells as usize, "cell"), schema.fields[field].label());
            format!("normalised ({word}): {cells} of {label}")
        }));
    }
    table
}

/// The one table that the file is read as, part by part where it is wide; none without a schema.
fn jobs<'a>(request: &'a ReadRequest<'a>) -> Result<Vec<Job<'a>>, Refusal> {
    match &request.against {
        None => Ok(Vec::new()),
        Some(Against::Schema(table)) => {
            let (headings, place, formats) = (NOTHING, Place::default(), NOTHING);
            Ok(vec![Job { path: request.file, table, sheet: request.sheet, headings, place, formats }])
        }
        Some(Against::Pipeline { loaded, partner, table }) => {
            let jobs = pipeline_jobs(loaded, *partner, *table, request.file, request.sheet)?;
            let mut names: Vec<&str> = jobs.iter().map(|job| job.table.name.as_str()).collect();
            names.dedup();
            if names.len() > 1 {
                let what = format!("{} holds several tables: {}", request.file.display(), words::list(&names));
                return Err(Refusal::new(what).hint("name the table with --table"));
            }
            Ok(jobs)
        }
    }
}

/// The columns that are shown: with a schema, those that it knows.
fn wanted(shape: &Shape, by_schema: bool) -> Vec<usize> {
    (0..shape.columns.len()).filter(|column| !by_schema || shape.columns[*column].field.is_some()).collect()
}

fn piece(
    shape: &Shape,
    wanted: &[usize],
    chunk: Chunk,
    typed: Option<&Typed>,
    schema: Option<&qd_model::Schema>,
) -> Piece {
    let column = |column: usize| {
        let text = &chunk.columns[column].text;
        let field = shape.columns[column].field.as_deref();
        match (typed, schema.zip(field).and_then(|(schema, field)| Some((schema, schema.index_of(field)?)))) {
            (Some(typed), Some((schema, field))) => {
                let unreadable = typed.unreadable[field].as_ref();
                let is_month = schema.fields[field].field_type == FieldType::Yearmonth;
                canonical(typed.column(field), is_month, text, |row| unreadable.is_some_and(|bits| bits.value(row)))
            }
            _ => text.clone(),
        }
    };
    let columns = wanted.iter().map(|wanted| column(*wanted)).collect();
    Piece { rows: chunk.rows, columns }
}

/// The values of a typed column as text; what could not be read as its type stays as it was found.
fn canonical(
    values: &ArrayRef,
    is_month: bool,
    found: &StringViewArray,
    is_unreadable: impl Fn(usize) -> bool,
) -> StringViewArray {
    const MONTH: usize = "2022-07".len();
    let options = FormatOptions::default();
    let formatter = ArrayFormatter::try_new(values, &options).expect("every type of a field can be shown");
    let floats = values.as_any().downcast_ref::<arrow::array::Float64Array>();
    let mut out = StringViewBuilder::with_capacity(values.len());
    for row in 0..values.len() {
        if is_unreadable(row) && found.is_valid(row) {
            out.append_value(found.value(row));
        } else if values.is_null(row) {
            out.append_null();
        } else if let Some(floats) = floats {
            out.append_value(floats.value(row).to_string());
        } else {
            let text = formatter.value(row).to_string();
            out.append_value(if is_month { text.get(..MONTH).unwrap_or(&text) } else { &text });
        }
    }
    out.finish()
}

impl ReadTable {
    /// This table with the rows of another part below, field by field.
    fn and(mut self, more: Self) -> Self {
        for column in &more.columns {
            if self.columns.iter().any(|known| known.field == column.field) {
                continue;
            }
            self.columns.push(column.clone());
            for piece in &mut self.pieces {
                piece.columns.push(StringViewArray::new_null(piece.rows.len()));
            }
        }
        for piece in more.pieces {
            let own = |field: &ColumnReport| more.columns.iter().position(|column| column.field == field.field);
            let nulls = || StringViewArray::new_null(piece.rows.len());
            let columns =
                self.columns.iter().map(|field| own(field).map_or_else(nulls, |own| piece.columns[own].clone()));
            self.pieces.push(Piece { columns: columns.collect(), rows: piece.rows });
        }
        self.is_rejected |= more.is_rejected;
        let fresh: Vec<String> = more.notes.into_iter().filter(|note| !self.notes.contains(note)).collect();
        self.notes.extend(fresh);
        self
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.pieces.iter().map(|piece| piece.rows.len()).sum()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What a column is called: the field that it holds, else its heading.
    pub fn name_of<'a>(&self, column: &'a ColumnReport) -> &'a str {
        column.field.as_deref().unwrap_or(&column.heading)
    }

    /// Says where the table was found to stand.
    fn tell_extent(&mut self) {
        let letters = |column: Option<&ColumnReport>| column.map(|column| column_letters(column.column));
        let (first, last) = (letters(self.columns.first()), letters(self.columns.last()));
        let rows = self.pieces.iter().flat_map(|piece| &piece.rows);
        let columns = format!("columns {} to {}", first.unwrap_or_default(), last.unwrap_or_default());
        let rows = match (rows.clone().min(), rows.max()) {
            (Some(first), Some(last)) => format!("rows {first} to {last}"),
            _ => "no row".to_owned(),
        };
        let heading = self.heading_row;
        self.notes
            .push(format!("By the evidence, the headings stand in row {heading}, and the table in {columns}, {rows}"));
    }

    /// Says what was found, once for each fault.
    fn say(&mut self, mut findings: SourceFindings) {
        findings.sort();
        let mut told: BTreeMap<u32, (u64, u32)> = BTreeMap::new();
        for hit in &findings.hits {
            let (rows, first) = told.entry(hit.fault).or_insert((0, hit.row));
            *rows += u64::from(hit.row > 0);
            *first = (*first).min(hit.row);
        }
        for (index, fault) in (0u32..).zip(&findings.faults) {
            match told.get(&index) {
                Some((0 | 1, 0)) => self.notes.push(format!("{}: {}", fault.code, fault.message)),
                Some((1, row)) => self.notes.push(format!("{}, row {row}: {}", fault.code, fault.message)),
                Some((rows, first)) => {
                    self.notes.push(format!("{}, from row {first} on: {rows} {}", fault.code, fault.many));
                }
                None => {}
            }
        }
    }
}
