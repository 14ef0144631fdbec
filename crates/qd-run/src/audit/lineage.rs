//! Which source row each row of a return was made from, written when the return is drafted: the order of
//! pseudonymised rows tells it to nobody afterwards.

use super::places::{Files, Place};
use crate::place::NewFile;
use crate::state::AcceptedPart;
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray, UInt32Array};
use arrow::datatypes::{DataType, Field, Schema as ArrowSchema, UInt32Type};
use qd_disclosure::ClearedTable;
use qd_model::Refusal;
use qd_table::Typed;
use std::path::Path;
use std::sync::Arc;

/// The rows of one part of a return.
pub(crate) struct RowLineage {
    /// The file, relative to the return's folder.
    pub(crate) file: String,
    /// The sheet's name, or the table's where there is no sheet.
    pub(crate) part: String,
    /// The table.
    pub(crate) table: String,
    /// The sources that its rows are from.
    pub(crate) sources: Vec<SourceName>,
    /// In the order of the return: which source, the row in it, and the person's index.
    pub(crate) rows: Vec<(u32, u32, Option<u32>)>,
}

/// A source, as a state names it.
pub(crate) struct SourceName {
    pub(crate) partner: String,
    pub(crate) source: String,
    pub(crate) sheet: Option<String>,
}

impl RowLineage {
    /// Where each released row came from: of a part of a file and its table, by name. `typed` are the rows of
    /// `parts` that were cleared.
    pub(crate) fn of(
        file: String,
        (part, table): (&str, &str),
        parts: &[AcceptedPart],
        typed: &[&Typed],
        cleared: &ClearedTable,
    ) -> Self {
        let starts: Vec<u32> = typed
            .iter()
            .scan(0, |next, typed| {
                let start = *next;
                *next += typed.len() as u32;
                Some(start)
            })
            .collect();
        let origin = |index: &u32| {
            let part = starts.partition_point(|start| start <= index) - 1;
            let (typed, row) = (typed[part], (index - starts[part]) as usize);
            let person = typed.person.as_ref().filter(|person| person.is_valid(row)).map(|person| person.value(row));
            (part as u32, typed.rows.value(row), person)
        };
        let name = |part: &AcceptedPart| SourceName {
            partner: part.partner.clone(),
            source: part.source.clone(),
            sheet: part.sheet.clone(),
        };
        Self {
            file,
            part: part.to_owned(),
            table: table.to_owned(),
            sources: parts.iter().map(name).collect(),
            rows: cleared.origin().iter().map(origin).collect(),
        }
    }
}

const COLUMNS: [&str; 7] = ["file", "part", "table", "partner", "source", "sheet", "person"];
const ROW: &str = "row";

/// The file in which a period's papers keep a return's lineage; none where the return has no rows.
pub(crate) fn to_file(name: &str, parts: &[RowLineage], people: &[String]) -> Option<NewFile> {
    if parts.iter().all(|part| part.rows.is_empty()) {
        return None;
    }
    let rows = || parts.iter().flat_map(|part| part.rows.iter().map(move |row| (part, row)));
    let of_part = |get: fn(&RowLineage) -> &String| -> ArrayRef {
        Arc::new(rows().map(|(part, _)| Some(get(part).as_str())).collect::<StringArray>())
    };
    let of_source = |get: fn(&SourceName) -> Option<&String>| -> ArrayRef {
        let cell = |(part, (source, _, _)): (&RowLineage, &(u32, u32, Option<u32>))| {
            get(&part.sources[*source as usize]).cloned()
        };
        Arc::new(rows().map(cell).collect::<StringArray>())
    };
    let person = rows().map(|(_, (_, _, person))| person.map(|person| people[person as usize].as_str()));
    let columns: Vec<ArrayRef> = vec![
        of_part(|part| &part.file),
        of_part(|part| &part.part),
        of_part(|part| &part.table),
        of_source(|source| Some(&source.partner)),
        of_source(|source| Some(&source.source)),
        of_source(|source| source.sheet.as_ref()),
        Arc::new(person.collect::<StringArray>()),
        Arc::new(rows().map(|(_, (_, row, _))| *row).collect::<UInt32Array>()),
    ];
    let mut fields: Vec<Field> = COLUMNS.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect();
    fields.push(Field::new(ROW, DataType::UInt32, false));
    let schema = Arc::new(ArrowSchema::new(fields));
    let batch = RecordBatch::try_new(schema.clone(), columns).expect("the columns were made for the schema");
    let mut bytes = Vec::new();
    qd_table::write_parquet(&mut bytes, &schema, &[batch], &[]).expect("writing to memory cannot fail");
    Some(NewFile { path: format!("lineage/{name}.parquet"), bytes })
}

/// A row of a return and where it came from.
pub(super) struct Released {
    pub(super) file: String,
    pub(super) part: String,
    pub(super) place: Place,
}

/// Reads a return's lineage, in the order of its rows. Nothing where it has none.
pub(super) fn read(path: &Path, period: &str, files: &Files) -> Result<Vec<Released>, Refusal> {
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let refuse = |cause: &dyn std::fmt::Display| {
        Refusal::new("it cannot be told where the rows of the return came from")
            .because(format!("{}: {cause}", path.display()))
            .hint("restore the private folder from a copy")
    };
    let (_, batches) = qd_table::read_parquet(path).map_err(|error| refuse(&error))?;
    let mut released = Vec::new();
    for batch in &batches {
        let column = |name: &str| batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
        let columns: Option<Vec<&StringArray>> = COLUMNS.iter().map(|name| column(name)).collect();
        let rows = batch.column_by_name(ROW).and_then(|column| column.as_primitive_opt::<UInt32Type>());
        let (Some(columns), Some(rows)) = (columns, rows) else { return Err(refuse(&"it is not a lineage")) };
        for row in 0..batch.num_rows() {
            let cell = |index: usize| columns[index].is_valid(row).then(|| columns[index].value(row).to_owned());
            let text = |index: usize| cell(index).unwrap_or_default();
            let (partner, table) = (text(3), text(2));
            let place = Place {
                person: text(6),
                period: period.to_owned(),
                file: files.name(period, &partner, &table, &text(4)),
                partner,
                table,
                sheet: cell(5),
                row: rows.value(row),
            };
            released.push(Released { file: text(0), part: text(1), place });
        }
    }
    Ok(released)
}
