//! What changed from one state of a period to another, record by record.

use crate::load::Loaded;
use crate::state::{self, PeriodState};
use arrow::array::{Array, AsArray, RecordBatch, StringArray};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use qd_model::Refusal;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Added,
    Removed,
    Changed,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Added, Self::Removed, Self::Changed];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }
}

/// Why a record changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reason {
    /// The partner sent another file, or a first one.
    Resubmission,
    /// The record is as it was, and whose it is is not.
    Person,
    /// The partner's file is as it was: what is asked of it changed.
    Checks,
}

impl Reason {
    pub(crate) const ALL: [Self; 3] = [Self::Resubmission, Self::Person, Self::Checks];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Resubmission => "the partner sent the file again",
            Self::Person => "the record turned out to be another person's",
            Self::Checks => "what is checked or explained changed",
        }
    }
}

/// One record that changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RecordChange {
    pub(crate) partner: String,
    pub(crate) table: String,
    /// The record's keyed digest.
    pub(crate) record: String,
    pub(crate) kind: Kind,
    pub(crate) reason: Reason,
}

/// How many were added, removed and changed.
pub(crate) fn counts(changes: &[RecordChange]) -> [u64; 3] {
    Kind::ALL.map(|kind| changes.iter().filter(|change| change.kind == kind).count() as u64)
}

/// A record's rows: what stands in them, and whose they are. Several rows can be of one record.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Rows {
    content: Vec<blake3::Hash>,
    people: Vec<String>,
    source: String,
}

impl Rows {
    /// Digests of what stands in the rows.
    pub(crate) fn into_content(self) -> Vec<blake3::Hash> {
        self.content
    }
}

/// Digests of what was received, by partner, table and source.
pub(crate) type Inputs = BTreeMap<String, String>;

/// By partner, table and record.
pub(crate) type Records = BTreeMap<(String, String, String), Rows>;

/// Every record that differs between two kept states of a period, sorted.
pub(crate) fn between(old: &Path, new: &Path) -> Result<Vec<RecordChange>, Refusal> {
    Ok(compare(&records(old)?, &state::inputs(old)?, &records(new)?, &state::inputs(new)?))
}

/// The same of two states in memory.
pub(crate) fn between_states(loaded: &Loaded, old: &PeriodState, new: &PeriodState) -> Vec<RecordChange> {
    compare(&records_of(loaded, old), &old.inputs, &records_of(loaded, new), &new.inputs)
}

/// Every record that differs, by partner, table and record.
pub(crate) fn differing(old: &Records, new: &Records) -> Vec<((String, String, String), Kind)> {
    let keys: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    let kind = |key: &(String, String, String)| match (old.get(key), new.get(key)) {
        (None, _) => Some(Kind::Added),
        (_, None) => Some(Kind::Removed),
        (Some(before), Some(after)) => {
            (before.content != after.content || before.people != after.people).then_some(Kind::Changed)
        }
    };
    keys.into_iter().filter_map(|key| Some((key.clone(), kind(key)?))).collect()
}

/// Every record that differs, with the reason, which the digests of what was received tell.
pub(crate) fn compare(old: &Records, old_inputs: &Inputs, new: &Records, new_inputs: &Inputs) -> Vec<RecordChange> {
    let mut changes = Vec::new();
    for (key, kind) in differing(old, new) {
        let (before, after) = (old.get(&key), new.get(&key));
        let (partner, table, record) = key;
        let digest = |rows: Option<&Rows>, inputs: &BTreeMap<String, String>| {
            rows.and_then(|rows| inputs.get(&state::input_name(&partner, &table, &rows.source)).cloned())
        };
        // A record that is not there any more came in what was received then, whatever is received now.
        let is_same_file = match (before, after) {
            (Some(_), Some(_)) => digest(before, old_inputs) == digest(after, new_inputs),
            (rows @ Some(_), None) => same_file(rows, &partner, &table, old_inputs, new_inputs),
            (_, rows) => same_file(rows, &partner, &table, new_inputs, old_inputs),
        };
        let is_same_content = before.map(|rows| &rows.content) == after.map(|rows| &rows.content);
        let reason = match (is_same_file, is_same_content) {
            (_, true) => Reason::Person,
            (false, _) => Reason::Resubmission,
            (true, false) => Reason::Checks,
        };
        changes.push(RecordChange { partner, table, record, kind, reason });
    }
    changes
}

/// Whether the file of some rows was received in the other state too.
fn same_file(
    rows: Option<&Rows>,
    partner: &str,
    table: &str,
    own: &BTreeMap<String, String>,
    other: &BTreeMap<String, String>,
) -> bool {
    let digest = rows.and_then(|rows| own.get(&state::input_name(partner, table, &rows.source)));
    digest.is_some_and(|digest| other.values().any(|other| other == digest))
}

/// The records of a kept state.
pub(crate) fn records(folder: &Path) -> Result<Records, Refusal> {
    let mut records = Records::new();
    for (table, batches) in state::tables(folder)? {
        for batch in batches {
            add(&table, &batch, &mut records);
        }
    }
    sort(&mut records);
    Ok(records)
}

/// The records of a state in memory.
pub(crate) fn records_of(loaded: &Loaded, state: &PeriodState) -> Records {
    let mut records = Records::new();
    for (table, parts) in loaded.tables.iter().zip(&state.tables) {
        for part in parts {
            let values = Values::of(&part.typed.batch);
            for row in 0..part.typed.len() {
                let person = part.typed.person.as_ref().filter(|person| person.is_valid(row));
                let person = person.map(|person| state.people[person.value(row) as usize].clone());
                let record = Some(&part.facts.record).filter(|record| record.is_valid(row));
                let record = record.map(|record| record.value(row).to_owned()).unwrap_or_default();
                let rows = records.entry((part.partner.clone(), table.name.clone(), record)).or_default();
                rows.content.push(values.digest(row));
                rows.people.push(person.unwrap_or_default());
                rows.source.clone_from(&part.source);
            }
        }
    }
    sort(&mut records);
    records
}

fn sort(records: &mut Records) {
    for rows in records.values_mut() {
        rows.content.sort_unstable_by_key(|hash| *hash.as_bytes());
        rows.people.sort_unstable();
    }
}

/// The fields of some rows as text, whatever their types.
pub(crate) struct Values<'a>(Vec<(String, ArrayFormatter<'a>)>);

impl<'a> Values<'a> {
    pub(crate) fn of(batch: &'a RecordBatch) -> Self {
        let options = FormatOptions::default();
        let formatter = |column| ArrayFormatter::try_new(column, &options).expect("every type we keep has a text form");
        let fields = batch.schema();
        let columns = fields.fields().iter().zip(batch.columns());
        let own = columns.filter(|(field, _)| !field.name().starts_with("quarterday."));
        Self(own.map(|(field, column)| (field.name().clone(), formatter(column.as_ref()))).collect())
    }

    pub(crate) fn digest(&self, row: usize) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new();
        for (name, formatter) in &self.0 {
            // A field that the schema gained since is no change where it is blank.
            let value = formatter.value(row).to_string();
            if !value.is_empty() {
                hasher.update(&(value.len() as u64).to_le_bytes()).update(name.as_bytes()).update(value.as_bytes());
            }
        }
        hasher.finalize()
    }
}

fn add(table: &str, batch: &RecordBatch, records: &mut Records) {
    let text = |name: &str| batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
    let texts = (text(state::PARTNER), text(state::SOURCE), text(state::RECORD), text(state::PERSON));
    let (Some(partner), Some(source), Some(record), Some(person)) = texts else { return };
    let values = Values::of(batch);
    for row in 0..batch.num_rows() {
        let name = |column: &StringArray| {
            if column.is_valid(row) { column.value(row).to_owned() } else { String::new() }
        };
        let rows = records.entry((name(partner), table.to_owned(), name(record))).or_default();
        rows.content.push(values.digest(row));
        rows.people.push(name(person));
        rows.source = name(source);
    }
}

/// The list of changes, for the private folder.
pub(crate) fn to_csv(changes: &[RecordChange]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["partner", "table", "record", "change", "reason"]).expect("writing to memory cannot fail");
    for change in changes {
        let RecordChange { partner, table, record, kind, reason } = change;
        let cells = [partner, table, record, kind.as_str(), reason.as_str()];
        writer.write_record(cells).expect("writing to memory cannot fail");
    }
    writer.into_inner().expect("writing to memory cannot fail")
}
