//! What a period leaves in the private folder for later ones: accepted rows with their people and
//! places, and the register of people.

use crate::load::{Loaded, plain};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray, UInt32Array, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema as ArrowSchema, UInt32Type};
use qd_disclosure::Key;
use qd_link::Register;
use qd_model::Refusal;
use qd_table::Typed;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Names of the columns that stand beside the fields in an accepted table.
const PARTNER: &str = "quarterday.partner";
const SOURCE: &str = "quarterday.source";
const SHEET: &str = "quarterday.sheet";
const ROW: &str = "quarterday.row";
const PERSON: &str = "quarterday.person";

/// The list of a state's files with their digests, written last.
pub(crate) const INDEX: &str = "state.json";
const REGISTER: &str = "register.csv";

/// A period's accepted rows and people.
pub(crate) struct PeriodState {
    pub(crate) label: String,
    /// Person ids; `Typed::person` is an index into them.
    pub(crate) people: Vec<String>,
    /// Accepted parts by table of the pipeline.
    pub(crate) tables: Vec<Vec<AcceptedPart>>,
    /// The register after the period.
    pub(crate) register: Register,
    /// Digest of the index of what is kept; blank until it is kept.
    pub(crate) digest: String,
}

/// Accepted rows of one source.
pub(crate) struct AcceptedPart {
    pub(crate) partner: String,
    pub(crate) source: String,
    pub(crate) sheet: Option<String>,
    pub(crate) typed: Typed,
}

impl AcceptedPart {
    /// The same rows again; the columns themselves are shared.
    pub(crate) fn share(&self) -> Self {
        Self {
            partner: self.partner.clone(),
            source: self.source.clone(),
            sheet: self.sheet.clone(),
            typed: self.typed.clone(),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Index {
    state: String,
    period: String,
    /// The public id of the key that people's ids were made with.
    key: String,
    files: BTreeMap<String, String>,
}

/// The files of a state, by name, the index last.
pub(crate) fn to_files(state: &PeriodState, loaded: &Loaded, key: &Key) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for (table, parts) in loaded.tables.iter().zip(&state.tables) {
        let schema = Typed::arrow_schema(&table.schema);
        let mut fields: Vec<Arc<Field>> = schema.fields().iter().cloned().collect();
        let text = |name: &str| Arc::new(Field::new(name, DataType::Utf8, true));
        fields.extend([text(PARTNER), text(SOURCE), text(SHEET)]);
        fields.push(Arc::new(Field::new(ROW, DataType::UInt32, false)));
        fields.push(text(PERSON));
        let schema = Arc::new(ArrowSchema::new(fields));
        let batches: Vec<RecordBatch> = parts.iter().map(|part| batch(part, &schema, &state.people)).collect();
        let mut bytes = Vec::new();
        qd_table::write_parquet(&mut bytes, &schema, &batches, &[]).expect("writing to memory cannot fail");
        files.push((format!("{}.parquet", table.name), bytes));
    }
    files.push((REGISTER.to_owned(), register_to_csv(&state.register)));
    let digests = files.iter().map(|(name, bytes)| (name.clone(), blake3::hash(bytes).to_hex().to_string())).collect();
    let index = Index {
        state: "quarterday-state/1".to_owned(),
        period: state.label.clone(),
        key: key.id().to_string(),
        files: digests,
    };
    let mut text = serde_json::to_string_pretty(&index).expect("a plain structure");
    text.push('\n');
    files.push((INDEX.to_owned(), text.into_bytes()));
    files
}

fn batch(part: &AcceptedPart, schema: &Arc<ArrowSchema>, people: &[String]) -> RecordBatch {
    let rows = part.typed.len();
    let same = |text: Option<&str>| -> ArrayRef { Arc::new(std::iter::repeat_n(text, rows).collect::<StringArray>()) };
    let person: StringArray = match &part.typed.person {
        Some(person) => person.iter().map(|person| person.map(|person| people[person as usize].as_str())).collect(),
        None => std::iter::repeat_n(None::<&str>, rows).collect(),
    };
    let mut columns: Vec<ArrayRef> = part.typed.batch.columns().to_vec();
    columns.push(same(Some(&part.partner)));
    columns.push(same(Some(&part.source)));
    columns.push(same(part.sheet.as_deref()));
    columns.push(Arc::new(part.typed.rows.clone()));
    columns.push(Arc::new(person));
    RecordBatch::try_new(schema.clone(), columns).expect("the columns were made for the schema")
}

/// Whether a period's state is there.
pub(crate) fn is_there(folder: &Path) -> bool {
    folder.join(INDEX).is_file()
}

/// Reads a period's state, and refuses one that was changed since it was written.
pub(crate) fn read(folder: &Path, loaded: &Loaded, key: &Key) -> Result<PeriodState, Refusal> {
    let refuse = |cause: String| {
        Refusal::new("an earlier period's state cannot be used")
            .because(format!("{}: {cause}", folder.display()))
            .hint("restore the folder from a copy, or remove it and run that period again")
    };
    let index_bytes = std::fs::read(folder.join(INDEX)).map_err(|error| refuse(plain(&error)))?;
    let index: Index = serde_json::from_slice(&index_bytes).map_err(|_| refuse(format!("{INDEX} is not readable")))?;
    if index.key != key.id().to_string() {
        return Err(Refusal::new("the key is not the one that earlier periods were made with")
            .because(format!("{} was made with key {}, and this is key {}", index.period, index.key, key.id()))
            .hint("use the same key every period, or people will look new"));
    }
    for (name, digest) in &index.files {
        let bytes = std::fs::read(folder.join(name)).map_err(|error| refuse(format!("{name}: {}", plain(&error))))?;
        if blake3::hash(&bytes).to_hex().to_string() != *digest {
            return Err(refuse(format!("{name} was changed after it was written")));
        }
    }
    let mut people: BTreeMap<String, u32> = BTreeMap::new();
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
                people.entry(person.to_owned()).or_default();
            }
        }
        batches_by_table.push(batches);
    }
    for (position, index) in people.values_mut().enumerate() {
        *index = position as u32;
    }
    for (table, batches) in loaded.tables.iter().zip(batches_by_table) {
        let schema = Typed::arrow_schema(&table.schema);
        tables.push(batches.iter().flat_map(|batch| parts(batch, &schema, &people)).collect());
    }
    let register =
        std::fs::read(folder.join(REGISTER)).map_err(|error| refuse(format!("{REGISTER}: {}", plain(&error))))?;
    Ok(PeriodState {
        label: index.period,
        people: people.into_keys().collect(),
        tables,
        register: register_from_csv(&register).ok_or_else(|| refuse(format!("{REGISTER} is not readable")))?,
        digest: blake3::hash(&index_bytes).to_hex().to_string(),
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
        });
        start = end;
    }
    parts
}

fn register_to_csv(register: &Register) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["person", "digest", "first_period", "order"]).expect("writing to memory cannot fail");
    for entry in register.entries() {
        let order = entry.order.to_string();
        let cells = [&entry.person, &entry.digest, &entry.first_period, &order];
        writer.write_record(cells).expect("writing to memory cannot fail");
    }
    writer.into_inner().expect("writing to memory cannot fail")
}

fn register_from_csv(bytes: &[u8]) -> Option<Register> {
    let mut entries = Vec::new();
    for record in csv::Reader::from_reader(bytes).into_records() {
        let record = record.ok()?;
        entries.push(qd_link::Entry {
            person: record.get(0)?.to_owned(),
            digest: record.get(1)?.to_owned(),
            first_period: record.get(2)?.to_owned(),
            order: record.get(3)?.parse().ok()?,
        });
    }
    Some(Register::from_entries(entries))
}
