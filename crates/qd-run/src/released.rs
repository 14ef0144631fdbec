//! What a version of an extract releases of each record: kept with each version that is sent, so that the
//! next one can say what became of every record.

use crate::changes::Values;
use crate::folders::Folders;
use crate::place::NewFile;
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions, StringArray};
use arrow::datatypes::{DataType, Field, Schema as ArrowSchema};
use qd_disclosure::{Became, ClearedTable};
use qd_ledger::{Ledger, Version};
use qd_model::{Pipeline, Refusal, Syntax};
use qd_table::Typed;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The file of a version, or of a draft's papers, that holds it.
pub(crate) const FILE: &str = "released.parquet";

/// Its columns: the lead's own words, which never leave.
const COLUMNS: [&str; 4] = ["table", "record", "person", "content"];

/// Rows that are digested at a time, so that a large table is never held as a whole.
const PIECE: usize = 1 << 16;

/// A table and a record of it.
type Name = (String, String);

/// What is released of each record, by table and record.
#[derive(Debug, Default)]
pub(crate) struct Released(BTreeMap<Name, Record>);

/// What is released of one record.
#[derive(Debug, Default, PartialEq, Eq)]
struct Record {
    person: String,
    /// Digests of its rows as they are released, sorted.
    content: Vec<String>,
}

/// The rows of one source that were cleared.
pub(crate) struct Given<'a> {
    pub(crate) typed: &'a Typed,
    /// The keyed digest of each row's record.
    pub(crate) records: &'a StringArray,
}

/// What became of a record.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) table: String,
    /// Blank where the lead has no name for it.
    pub(crate) record: String,
    pub(crate) person: String,
    pub(crate) became: Became,
}

impl Released {
    /// Takes in the rows of a table. A row without a record's name is known by what it releases.
    pub(crate) fn add(&mut self, cleared: &ClearedTable, given: &[Given<'_>], people: &[String]) {
        let starts: Vec<usize> = given
            .iter()
            .scan(0, |next, given| {
                let start = *next;
                *next += given.typed.len();
                Some(start)
            })
            .collect();
        for (origin, content) in cleared.origin().iter().zip(contents(cleared)) {
            let origin = *origin as usize;
            let part = starts.partition_point(|start| *start <= origin) - 1;
            let (given, row) = (&given[part], origin - starts[part]);
            let record = given.records.is_valid(row).then(|| given.records.value(row).to_owned());
            let person = given.typed.person.as_ref().filter(|person| person.is_valid(row));
            let person = person.map(|person| people[person.value(row) as usize].clone()).unwrap_or_default();
            let name = record.unwrap_or_else(|| format!("{UNNAMED}{content}"));
            self.put(cleared.name(), name, person, content);
        }
        self.sort();
    }

    fn put(&mut self, table: &str, record: String, person: String, content: String) {
        let own = self.0.entry((table.to_owned(), record)).or_default();
        own.person = person;
        own.content.push(content);
    }

    fn sort(&mut self) {
        self.0.values_mut().for_each(|record| record.content.sort_unstable());
    }

    /// Every record of some tables that was otherwise before, in order.
    pub(crate) fn since(&self, before: &Self, tables: &BTreeSet<&str>) -> Vec<Change> {
        let names: BTreeSet<&Name> = self.0.keys().chain(before.0.keys()).collect();
        let change = |name: &Name| {
            let (became, record) = match (before.0.get(name), self.0.get(name)) {
                (None, Some(now)) => (Became::Added, now),
                (Some(was), None) => (Became::Withdrawn, was),
                (Some(was), Some(now)) if was.content != now.content => (Became::Changed, now),
                _ => return None,
            };
            let record_name = if name.1.starts_with(UNNAMED) { String::new() } else { name.1.clone() };
            Some(Change { table: name.0.clone(), record: record_name, person: record.person.clone(), became })
        };
        names.into_iter().filter(|name| tables.contains(name.0.as_str())).filter_map(change).collect()
    }

    /// The tables of its records, in order.
    pub(crate) fn tables(&self) -> BTreeSet<&str> {
        self.0.keys().map(|(table, _)| table.as_str()).collect()
    }

    /// The file that keeps it with a return's papers.
    pub(crate) fn to_file(&self, name: &str) -> Option<NewFile> {
        if self.0.is_empty() {
            return None;
        }
        let rows = || self.0.iter().flat_map(|(name, record)| record.content.iter().map(move |it| (name, record, it)));
        let texts = |get: fn(&(&Name, &Record, &String)) -> String| -> ArrayRef {
            Arc::new(rows().map(|row| Some(get(&row))).collect::<StringArray>())
        };
        let columns = vec![
            texts(|(name, _, _)| name.0.clone()),
            texts(|(name, _, _)| name.1.clone()),
            texts(|(_, record, _)| record.person.clone()),
            texts(|(_, _, content)| (*content).clone()),
        ];
        let fields: Vec<Field> = COLUMNS.iter().map(|name| Field::new(*name, DataType::Utf8, false)).collect();
        let schema = Arc::new(ArrowSchema::new(fields));
        let batch = RecordBatch::try_new(schema.clone(), columns).expect("the columns were made for the schema");
        let mut bytes = Vec::new();
        qd_table::write_parquet(&mut bytes, &schema, &[batch], &[]).expect("writing to memory cannot fail");
        Some(NewFile { path: format!("released/{name}.parquet"), bytes })
    }
}

/// What stands before the digest of a row that has no record's name; no record's digest has it.
const UNNAMED: char = '=';

/// A digest of each row as it is released, in order.
fn contents(table: &ClearedTable) -> Vec<String> {
    let fields: Vec<Field> = table
        .columns()
        .iter()
        .enumerate()
        .map(|(index, column)| Field::new(&column.name, table.values(index, 0..0).data_type().clone(), true))
        .collect();
    let schema = Arc::new(ArrowSchema::new(fields));
    let mut all = Vec::with_capacity(table.rows());
    for start in (0..table.rows()).step_by(PIECE) {
        let end = table.rows().min(start + PIECE);
        let arrays = (0..table.columns().len()).map(|column| table.values(column, start..end)).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(end - start));
        let batch = RecordBatch::try_new_with_options(schema.clone(), arrays, &options);
        let batch = batch.expect("columns are of one length and of their own types");
        let values = Values::of(&batch);
        all.extend((0..end - start).map(|row| values.digest(row).to_hex().to_string()));
    }
    all
}

/// A version that was sent, as the next one sees it.
#[derive(Debug)]
pub(crate) struct Before {
    /// Counted from 1.
    pub(crate) version: u32,
    /// The digest of its manifest.
    pub(crate) manifest: String,
    /// What it releases; none where that was not kept.
    pub(crate) released: Option<Released>,
    /// The digest of the file that keeps it.
    pub(crate) blake3: Option<String>,
    /// The pipeline as it was then; none where that was not kept.
    pub(crate) pipeline: Option<Pipeline>,
}

/// The last version of each return of a period that was sent, by the return's name.
pub(crate) fn last_sent(folders: &Folders, ledger: &Ledger, period: &str) -> Result<BTreeMap<String, Before>, Refusal> {
    let mut last: BTreeMap<String, Version> = BTreeMap::new();
    for version in ledger.versions()?.into_iter().filter(|version| version.period == period) {
        last.insert(version.name.clone(), version);
    }
    let read = |(name, version): (String, Version)| {
        let (released, blake3) = kept(folders, &version)?.unzip();
        let pipeline = pipeline_of(folders, &version);
        Ok((name, Before { version: version.version, manifest: version.manifest, released, blake3, pipeline }))
    };
    last.into_iter().map(read).collect()
}

/// The pipeline that a version was made with.
pub(crate) fn pipeline_of(folders: &Folders, version: &Version) -> Option<Pipeline> {
    let folder = folders.sent(&version.period, &version.name, version.version).join("definitions");
    let read = |name: &str| {
        let text = std::fs::read_to_string(folder.join(name)).ok()?;
        Pipeline::parse(&text, Syntax::of_name(name)).ok()
    };
    ["pipeline.toml", "pipeline.json"].into_iter().find_map(read)
}

/// What a version releases, and the digest of the file that keeps it.
fn kept(folders: &Folders, version: &Version) -> Result<Option<(Released, String)>, Refusal> {
    let path = folders.sent(&version.period, &version.name, version.version).join(FILE);
    if !path.is_file() {
        return Ok(None);
    }
    let refuse = |cause: &dyn std::fmt::Display| {
        Refusal::new("it cannot be told what became of the records that were sent before")
            .because(format!("{}: {cause}", path.display()))
            .hint("restore the private folder from a copy")
    };
    let bytes = std::fs::read(&path).map_err(|error| refuse(&crate::load::plain(&error)))?;
    let (_, batches) = qd_table::read_parquet(&path).map_err(|error| refuse(&error))?;
    let mut released = Released::default();
    for batch in &batches {
        let column = |name: &&str| batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
        let columns: Option<Vec<&StringArray>> = COLUMNS.iter().map(column).collect();
        let Some(columns) = columns else { return Err(refuse(&"it is not a list of what was released")) };
        for row in 0..batch.num_rows() {
            let text = |index: usize| columns[index].value(row).to_owned();
            released.put(&text(0), text(1), text(2), text(3));
        }
    }
    released.sort();
    Ok(Some((released, blake3::hash(&bytes).to_hex().to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn released(rows: &[(&str, &str)]) -> Released {
        let mut released = Released::default();
        for (record, content) in rows {
            released.put("people", (*record).to_owned(), format!("person of {record}"), (*content).to_owned());
        }
        released.sort();
        released
    }

    #[test]
    fn every_record_that_is_otherwise_is_told_once() {
        let before = released(&[("same", "1"), ("same", "2"), ("gone", "3"), ("other", "4"), ("=5", "5")]);
        let now = released(&[("same", "2"), ("same", "1"), ("new", "3"), ("other", "5"), ("=6", "6")]);
        let told = |tables: &[&str]| -> Vec<(String, Became)> {
            let changes = now.since(&before, &tables.iter().copied().collect());
            changes.into_iter().map(|change| (change.record, change.became)).collect()
        };
        let expected = [
            ("", Became::Withdrawn),
            ("", Became::Added),
            ("gone", Became::Withdrawn),
            ("new", Became::Added),
            ("other", Became::Changed),
        ];
        assert_eq!(told(&["people"]), expected.map(|(record, became)| (record.to_owned(), became)));
        assert!(told(&["events"]).is_empty());
        assert!(now.since(&now, &["people"].into()).is_empty());
        assert!(Released::default().to_file("study").is_none());
    }
}
