//! What a period leaves in the private folder for later ones: accepted rows with their people and
//! places. Who is who stands in the ledger, and the state holds its digest.

use crate::explanations::{self, InForce};
use crate::facts::Facts;
use crate::load::{Loaded, LoadedTable, plain};
use crate::open::{self, OpenLine};
use crate::place::NewFile;
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray, UInt32Array, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema as ArrowSchema, UInt32Type};
use qd_disclosure::Key;
use qd_ledger::PeriodPeople;
use qd_model::Refusal;
use qd_table::Typed;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// Names of the columns that stand beside the fields in an accepted table.
pub(crate) const PARTNER: &str = "quarterday.partner";
pub(crate) const SOURCE: &str = "quarterday.source";
const SHEET: &str = "quarterday.sheet";
const ROW: &str = "quarterday.row";
pub(crate) const PERSON: &str = "quarterday.person";
pub(crate) const RECORD: &str = "quarterday.record";
const OCCURRED_IN: &str = "quarterday.occurred_in";
const REPORTED_IN: &str = "quarterday.reported_in";
const IS_LATE: &str = "quarterday.is_late";

/// The list of a state's files with their digests, written last.
pub(crate) const INDEX: &str = "state.json";

/// Explanations that were in force.
const EXPLANATIONS: &str = "explanations.csv";

/// Records whose last version is held, one digest a line.
const HELD: &str = "held.txt";

/// What the period leaves open. States of older programs have none.
const OPEN: &str = "open.csv";

/// The layout of a state's files.
const LAYOUT: &str = "quarterday-state/2";

/// A period's accepted rows and people.
#[derive(Default)]
pub(crate) struct PeriodState {
    pub(crate) label: String,
    /// Person ids; `Typed::person` is an index into them.
    pub(crate) people: Vec<String>,
    /// Accepted parts by table of the pipeline.
    pub(crate) tables: Vec<Vec<AcceptedPart>>,
    /// Digests of the records whose rows are held.
    pub(crate) held: BTreeSet<String>,
    /// What was received: digests of the sources' bytes, by partner, table and public name.
    pub(crate) inputs: BTreeMap<String, String>,
    /// Digest of the index of what is kept; blank until it is kept.
    pub(crate) digest: String,
    /// Explanations that were in force, to be carried on.
    pub(crate) explanations: Vec<InForce>,
    /// What it leaves open.
    pub(crate) open: Vec<OpenLine>,
    /// Whether these are only the rows of what was sent that a later run holds.
    pub(crate) is_kept: bool,
}

impl PeriodState {
    /// The digest of every record that has an accepted row.
    pub(crate) fn records(&self) -> impl Iterator<Item = &str> {
        self.tables.iter().flatten().flat_map(|part| part.facts.record.iter().flatten())
    }

    /// Of this state, as it was sent, the rows of records that a later run holds: what cumulative
    /// figures keep. Nothing where no such record is held.
    pub(crate) fn kept_while_held(&self, held: &BTreeSet<String>) -> Option<Self> {
        let keep = |part: &AcceptedPart| {
            let mask: BooleanArray = part
                .facts
                .record
                .iter()
                .map(|record| Some(record.is_some_and(|record| held.contains(record))))
                .collect();
            (mask.true_count() > 0).then(|| part.filter(&mask))
        };
        let tables: Vec<Vec<AcceptedPart>> =
            self.tables.iter().map(|parts| parts.iter().filter_map(keep).collect()).collect();
        let is_any = tables.iter().any(|parts: &Vec<AcceptedPart>| !parts.is_empty());
        is_any.then(|| Self { tables, is_kept: true, ..self.share() })
    }

    /// The same state again; the columns themselves are shared.
    pub(crate) fn share(&self) -> Self {
        let share = |parts: &Vec<AcceptedPart>| parts.iter().map(AcceptedPart::share).collect();
        Self {
            label: self.label.clone(),
            people: self.people.clone(),
            tables: self.tables.iter().map(share).collect(),
            held: self.held.clone(),
            inputs: self.inputs.clone(),
            digest: self.digest.clone(),
            is_kept: self.is_kept,
            explanations: self.explanations.clone(),
            open: self.open.clone(),
        }
    }
}

/// The name of a source among a state's inputs.
pub(crate) fn input_name(partner: &str, table: &str, source: &str) -> String {
    format!("{partner}/{table}/{source}")
}

/// Accepted rows of one source.
pub(crate) struct AcceptedPart {
    pub(crate) partner: String,
    pub(crate) source: String,
    pub(crate) sheet: Option<String>,
    pub(crate) typed: Typed,
    /// What is known of each row besides its values.
    pub(crate) facts: Facts,
}

impl AcceptedPart {
    /// The same rows again; the columns themselves are shared.
    pub(crate) fn share(&self) -> Self {
        Self {
            partner: self.partner.clone(),
            source: self.source.clone(),
            sheet: self.sheet.clone(),
            typed: self.typed.clone(),
            facts: self.facts.clone(),
        }
    }

    /// The rows for which `keep` is true.
    pub(crate) fn filter(&self, keep: &BooleanArray) -> Self {
        Self { typed: self.typed.filter(keep), facts: self.facts.filter(keep), ..self.share() }
    }
}

#[derive(Serialize, Deserialize)]
struct Index {
    state: String,
    period: String,
    /// The public id of the key that people's ids were made with.
    key: String,
    /// Digest of what the period said of who is who.
    people: String,
    inputs: BTreeMap<String, String>,
    files: BTreeMap<String, String>,
}

/// The files of a state, by name, the index last, and the digest that the state has once they are kept.
pub(crate) fn to_files(
    state: &PeriodState,
    people: &PeriodPeople,
    loaded: &Loaded,
    key: &Key,
) -> (Vec<NewFile>, String) {
    let mut files = Vec::new();
    for (table, schema, batches) in batches(state, loaded) {
        let mut bytes = Vec::new();
        qd_table::write_parquet(&mut bytes, &schema, &batches, &[]).expect("writing to memory cannot fail");
        files.push(NewFile { path: format!("{table}.parquet"), bytes });
    }
    let held: Vec<&str> = state.held.iter().map(String::as_str).collect();
    files.push(NewFile { path: HELD.to_owned(), bytes: held.join("\n").into_bytes() });
    files.push(NewFile { path: EXPLANATIONS.to_owned(), bytes: explanations::to_csv(&state.explanations) });
    files.push(NewFile { path: OPEN.to_owned(), bytes: open::to_csv(&state.open) });
    let digest = |bytes: &[u8]| blake3::hash(bytes).to_hex().to_string();
    let index = Index {
        state: LAYOUT.to_owned(),
        period: state.label.clone(),
        key: key.id().to_string(),
        people: digest_of_people(people),
        inputs: state.inputs.clone(),
        files: files.iter().map(|file| (file.path.clone(), digest(&file.bytes))).collect(),
    };
    let mut text = serde_json::to_string_pretty(&index).expect("a plain structure");
    text.push('\n');
    let own = digest(text.as_bytes());
    files.push(NewFile { path: INDEX.to_owned(), bytes: text.into_bytes() });
    (files, own)
}

/// A period's tables as they are kept, by name.
pub(crate) fn batches(state: &PeriodState, loaded: &Loaded) -> Vec<(String, Arc<ArrowSchema>, Vec<RecordBatch>)> {
    let table = |(table, parts): (&LoadedTable, &Vec<AcceptedPart>)| {
        let schema = Typed::arrow_schema(&table.schema);
        let mut fields: Vec<Arc<Field>> = schema.fields().iter().cloned().collect();
        let text = |name: &str| Arc::new(Field::new(name, DataType::Utf8, true));
        fields.extend([text(PARTNER), text(SOURCE), text(SHEET)]);
        fields.push(Arc::new(Field::new(ROW, DataType::UInt32, false)));
        fields.extend([text(PERSON), text(RECORD), text(OCCURRED_IN), text(REPORTED_IN)]);
        fields.push(Arc::new(Field::new(IS_LATE, DataType::Boolean, false)));
        let schema = Arc::new(ArrowSchema::new(fields));
        let batches: Vec<RecordBatch> = parts.iter().map(|part| batch(part, &schema, state)).collect();
        (table.name.clone(), schema, batches)
    };
    loaded.tables.iter().zip(&state.tables).map(table).collect()
}

fn batch(part: &AcceptedPart, schema: &Arc<ArrowSchema>, state: &PeriodState) -> RecordBatch {
    let rows = part.typed.len();
    let same = |text: Option<&str>| -> ArrayRef { Arc::new(std::iter::repeat_n(text, rows).collect::<StringArray>()) };
    let person: StringArray = match &part.typed.person {
        Some(person) => {
            person.iter().map(|person| person.map(|person| state.people[person as usize].as_str())).collect()
        }
        None => std::iter::repeat_n(None::<&str>, rows).collect(),
    };
    let mut columns: Vec<ArrayRef> = part.typed.batch.columns().to_vec();
    columns.push(same(Some(&part.partner)));
    columns.push(same(Some(&part.source)));
    columns.push(same(part.sheet.as_deref()));
    columns.push(Arc::new(part.typed.rows.clone()));
    columns.push(Arc::new(person));
    columns.push(Arc::new(part.facts.record.clone()));
    columns.push(Arc::new(part.facts.occurred_in.clone()));
    columns.push(same(Some(&state.label)));
    columns.push(Arc::new(part.facts.is_late.clone()));
    RecordBatch::try_new(schema.clone(), columns).expect("the columns were made for the schema")
}

/// The digest of a state as it lies in its folder.
pub(crate) fn kept_digest(folder: &Path) -> Option<String> {
    let index = std::fs::read(folder.join(INDEX)).ok()?;
    Some(blake3::hash(&index).to_hex().to_string())
}

/// The name of the folder of a state that was sent, by its digest.
pub(crate) fn folder_of(digest: &str) -> &str {
    &digest[..digest.len().min(16)]
}

/// Whether a period's state is there.
pub(crate) fn is_there(folder: &Path) -> bool {
    folder.join(INDEX).is_file()
}

/// Digest of what a period said of who is who.
fn digest_of_people(people: &PeriodPeople) -> String {
    let mut hasher = blake3::Hasher::new();
    for (what, pairs) in [("new", &people.new), ("moved", &people.moved)] {
        for (digest, person) in pairs {
            hasher.update(format!("{what} {digest} {person}\n").as_bytes());
        }
    }
    for identity in &people.identities {
        let change = identity.change.as_str();
        hasher.update(format!("{change} {} {}\n", identity.before, identity.after).as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

fn unusable(folder: &Path, cause: &str) -> Refusal {
    Refusal::new("an earlier period's state cannot be used")
        .because(format!("{}: {cause}", folder.display()))
        .hint("restore the folder from a copy, or remove it and run that period again")
}

/// The list of a state's files, with its bytes. Refused where one was changed since it was written.
fn index_of(folder: &Path) -> Result<(Index, Vec<u8>), Refusal> {
    let bytes = std::fs::read(folder.join(INDEX)).map_err(|error| unusable(folder, &plain(&error)))?;
    let index: Index =
        serde_json::from_slice(&bytes).map_err(|_| unusable(folder, &format!("{INDEX} is not readable")))?;
    if index.state != LAYOUT {
        return Err(unusable(folder, &format!("{INDEX} is of another layout")));
    }
    for (name, digest) in &index.files {
        let bytes = std::fs::read(folder.join(name))
            .map_err(|error| unusable(folder, &format!("{name}: {}", plain(&error))))?;
        if blake3::hash(&bytes).to_hex().to_string() != *digest {
            return Err(unusable(folder, &format!("{name} was changed after it was written")));
        }
    }
    Ok((index, bytes))
}

/// What was received for a kept state.
pub(crate) fn inputs(folder: &Path) -> Result<BTreeMap<String, String>, Refusal> {
    Ok(index_of(folder)?.0.inputs)
}

/// The tables of a kept state as they lie there, by name.
pub(crate) fn tables(folder: &Path) -> Result<BTreeMap<String, Vec<RecordBatch>>, Refusal> {
    let (index, _) = index_of(folder)?;
    let mut tables = BTreeMap::new();
    for name in index.files.keys().filter_map(|name| name.strip_suffix(".parquet")) {
        let path = folder.join(format!("{name}.parquet"));
        let read = qd_table::read_parquet(&path).map_err(|error| unusable(folder, &format!("{name}: {error}")))?;
        tables.insert(name.to_owned(), read.1);
    }
    Ok(tables)
}

/// Reads a period's state, and refuses one that was changed since it was written. `people` is what the
/// ledger has of it, where that is still to be asked; `key` is the one that people's ids must be of,
/// where more are to be made with it.
pub(crate) fn read(
    folder: &Path,
    people: Option<&PeriodPeople>,
    loaded: &Loaded,
    key: Option<&Key>,
) -> Result<PeriodState, Refusal> {
    let refuse = |cause: String| unusable(folder, &cause);
    let (index, index_bytes) = index_of(folder)?;
    if let Some(key) = key.filter(|key| index.key != key.id().to_string()) {
        return Err(Refusal::new("the key is not the one that earlier periods were made with")
            .because(format!("{} was made with key {}, and this is key {}", index.period, index.key, key.id()))
            .hint("use the same key every period, or people will look new"));
    }
    if people.is_some_and(|people| index.people != digest_of_people(people)) {
        return Err(refuse("the ledger says otherwise of who is who than when it was written".to_owned()));
    }
    let mut ids: BTreeMap<String, u32> = BTreeMap::new();
    let mut tables = Vec::new();
    let mut batches_by_table = Vec::new();
    for table in &loaded.tables {
        let path = folder.join(format!("{}.parquet", table.name));
        let batches = if path.is_file() {
            qd_table::read_parquet(&path).map_err(|error| refuse(format!("{}.parquet: {error}", table.name)))?.1
        } else {
            Vec::new()
        };
        for batch in &batches {
            for person in text_column(batch, PERSON).iter().flatten() {
                ids.entry(person.to_owned()).or_default();
            }
        }
        batches_by_table.push(batches);
    }
    for (position, index) in ids.values_mut().enumerate() {
        *index = position as u32;
    }
    for (table, batches) in loaded.tables.iter().zip(batches_by_table) {
        let schema = Typed::arrow_schema(&table.schema);
        tables.push(batches.iter().flat_map(|batch| parts(batch, &schema, &ids)).collect());
    }
    let held =
        std::fs::read_to_string(folder.join(HELD)).map_err(|error| refuse(format!("{HELD}: {}", plain(&error))))?;
    let bytes = std::fs::read(folder.join(EXPLANATIONS))
        .map_err(|error| refuse(format!("{EXPLANATIONS}: {}", plain(&error))))?;
    let open = match index.files.contains_key(OPEN).then(|| std::fs::read(folder.join(OPEN))) {
        None => Vec::new(),
        Some(bytes) => {
            let bytes = bytes.map_err(|error| refuse(format!("{OPEN}: {}", plain(&error))))?;
            open::from_csv(&bytes).ok_or_else(|| refuse(format!("{OPEN} is not readable")))?
        }
    };
    Ok(PeriodState {
        open,
        explanations: explanations::from_csv(&bytes)
            .ok_or_else(|| refuse(format!("{EXPLANATIONS} is not readable")))?,
        held: held.lines().map(str::to_owned).collect(),
        label: index.period,
        people: ids.into_keys().collect(),
        tables,
        inputs: index.inputs,
        digest: blake3::hash(&index_bytes).to_hex().to_string(),
        is_kept: false,
    })
}

fn text_column<'a>(batch: &'a RecordBatch, name: &str) -> &'a StringArray {
    batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>()).expect("we wrote this column")
}

/// Cuts a batch into the parts that it was made of: runs of rows of one partner, source and sheet.
fn parts(batch: &RecordBatch, schema: &Arc<ArrowSchema>, people: &BTreeMap<String, u32>) -> Vec<AcceptedPart> {
    let (partner, source, sheet) = (text_column(batch, PARTNER), text_column(batch, SOURCE), text_column(batch, SHEET));
    let name = |index: usize| {
        let text = |column: &StringArray| column.is_valid(index).then(|| column.value(index).to_owned());
        (text(partner), text(source), text(sheet))
    };
    let columns: Vec<ArrayRef> = schema
        .fields()
        .iter()
        .map(|field| {
            let kept = batch.column_by_name(field.name());
            kept.and_then(|column| cast(column, field.data_type()).ok())
                .unwrap_or_else(|| new_null_array(field.data_type(), batch.num_rows()))
        })
        .collect();
    let fields = RecordBatch::try_new(schema.clone(), columns).expect("the columns were made for the schema");
    let rows = batch.column_by_name(ROW).and_then(|column| column.as_primitive_opt::<UInt32Type>());
    let rows = rows.expect("we wrote this column");
    let person: UInt32Array =
        text_column(batch, PERSON).iter().map(|person| person.and_then(|person| people.get(person).copied())).collect();
    let late = batch.column_by_name(IS_LATE).and_then(|column| column.as_boolean_opt());
    let (record, occurred_in) = (text_column(batch, RECORD), text_column(batch, OCCURRED_IN));
    let late = late.expect("we wrote this column");
    let mut parts = Vec::new();
    let mut start = 0;
    for end in 1..=batch.num_rows() {
        if end < batch.num_rows() && name(end) == name(start) {
            continue;
        }
        let (partner, source, sheet) = name(start);
        let length = end - start;
        parts.push(AcceptedPart {
            partner: partner.unwrap_or_default(),
            source: source.unwrap_or_default(),
            sheet,
            typed: Typed {
                batch: fields.slice(start, length),
                rows: rows.slice(start, length),
                unreadable: vec![None; schema.fields().len()],
                reasons: Typed::no_reasons(schema.fields().len()),
                person: Some(person.slice(start, length)),
            },
            facts: Facts {
                record: record.slice(start, length),
                occurred_in: occurred_in.slice(start, length),
                is_late: late.slice(start, length),
            },
        });
        start = end;
    }
    parts
}
