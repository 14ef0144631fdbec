//! A schema compiled for one source: faults up front, then chunk by chunk, in parallel if wished.

use crate::checks::{self, Check, PrimaryKey, Subject, Test, UniqueKeys, Wording};
use crate::column::{self, Missing, Plan, Setting, Words};
use crate::keys::{self, Key, Keys, PartKeys};
use crate::mistakes::with_format;
use crate::read::Reader;
use crate::read::text::Texts;
use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, UInt8Array, UInt32Array, new_null_array};
use arrow::datatypes::Schema as ArrowSchema;
use qd_model::finding::ShowValues;
use qd_model::{Class, Fault, Field, Hit, Reason, Schema, Severity, words};
use qd_table::{Chunk, Shape, Typed};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a source and its pipeline change.
#[derive(Debug, Clone, Copy)]
pub struct Settings<'a> {
    /// Formats that differ from the schema's, by field.
    pub formats: &'a [(String, String)],
    /// Severities that differ from the usual ones, by code.
    pub severities: &'a BTreeMap<String, Severity>,
    /// Whether values of indirect identifiers may be shown.
    pub show: ShowValues,
}

/// A schema compiled for one source.
pub struct Checker {
    schema: Arc<Schema>,
    arrow_schema: Arc<ArrowSchema>,
    /// Per field; none where the source has no column for it.
    plans: Vec<Option<Plan>>,
    keys: Vec<Key>,
    faults: Vec<Fault>,
    show: ShowValues,
}

/// What became of a chunk.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The rows as the schema's types.
    pub typed: Typed,
    /// What was found, field by field.
    pub hits: Vec<Hit>,
    /// What the chunk brings to [`Checker::keys`].
    pub keys: Keys,
    /// In how many cells something was tidied: by field and by the word of the schema's `normalise`.
    pub tidied: BTreeMap<(usize, &'static str), u64>,
}

impl Checker {
    /// Compiles a schema, in which [`crate::mistakes`] found nothing, for a source of that shape.
    pub fn new(schema: &Arc<Schema>, shape: &Shape, settings: &Settings<'_>) -> Self {
        let mut faults = Faults::new(schema, shape, settings);
        let mut keys = Vec::new();
        let plans: Vec<Option<Plan>> =
            (0..schema.fields.len()).map(|field| plan(field, &mut faults, &mut keys)).collect();
        table_keys(&mut faults, &mut keys);
        for key in &mut keys {
            key.written = key.fields.iter().map(|field| written(&plans, *field)).collect();
        }
        Self {
            schema: schema.clone(),
            arrow_schema: Typed::arrow_schema(schema),
            plans,
            keys,
            faults: faults.list,
            show: settings.show,
        }
    }

    /// The same for whoever only reads some fields again, in rows that were judged before: what every
    /// cell is read as stays the same, and nothing else is looked at.
    #[must_use]
    pub fn reading_only(mut self, wanted: &[bool]) -> Self {
        self.keys.clear();
        for (plan, wanted) in self.plans.iter_mut().zip(wanted) {
            plan.take_if(|_| !wanted);
            if let Some(plan) = plan {
                plan.tests.clear();
                plan.blank = None;
            }
        }
        self
    }

    /// What hits index into.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// Judges some rows. The same rows give the same answer, however they are cut into chunks.
    pub fn chunk(&self, chunk: &Chunk) -> Judged {
        let setting = Setting { how: &self.schema.normalise, show: self.show, rows: &chunk.rows };
        let mut hits = Vec::new();
        let mut tidied = BTreeMap::new();
        let mut unreadable = Vec::with_capacity(self.plans.len());
        let mut reasons = Vec::with_capacity(self.plans.len());
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(self.plans.len());
        for (field, plan) in self.plans.iter().enumerate() {
            let Some(plan) = plan else {
                arrays.push(new_null_array(self.arrow_schema.field(field).data_type(), chunk.rows.len()));
                unreadable.push(None);
                reasons.push(Some(UInt8Array::from_value(Reason::NotAsked.number(), chunk.rows.len())));
                continue;
            };
            let judged = column::judge(plan, &chunk.columns[plan.column], &setting, &mut hits);
            arrays.push(judged.array);
            unreadable.push(judged.unreadable);
            reasons.push(judged.reasons);
            tidied.extend(judged.tidied.into_iter().map(|(word, count)| ((field, word), count)));
        }
        let options = RecordBatchOptions::new().with_row_count(Some(chunk.rows.len()));
        let batch = RecordBatch::try_new_with_options(self.arrow_schema.clone(), arrays, &options)
            .expect("every column has its field's type and the chunk's rows");
        let rows = UInt32Array::from(chunk.rows.clone());
        let typed = Typed { batch, rows, unreadable, reasons, person: None };
        self.blank_key_parts(&typed, &mut hits);
        let keys = Keys::of(&self.keys, &typed, self.show);
        Judged { typed, hits, keys, tidied }
    }

    /// What `unique`, `primary-key` and `unique-keys` find over all chunks, in order: every row of
    /// each group of equal ones.
    pub fn keys(&self, parts: &[Keys]) -> Vec<Hit> {
        keys::hits(&self.keys, parts, self.show)
    }

    /// The same chunks as one part of a table, to be looked at across all of them by [`crate::across`].
    pub fn part_keys(&self, chunks: Vec<Keys>) -> PartKeys {
        PartKeys::of(&self.keys, &self.faults, chunks, self.show)
    }

    /// Blank cells in the primary key.
    fn blank_key_parts(&self, typed: &Typed, hits: &mut Vec<Hit>) {
        for key in &self.keys {
            for (field, fault) in key.fields.iter().zip(&key.blank) {
                let Some(nulls) = typed.column(*field).nulls() else { continue };
                let is_unreadable =
                    |index: usize| typed.unreadable[*field].as_ref().is_some_and(|bits| bits.value(index));
                let blank = (0..typed.len()).filter(|index| nulls.is_null(*index) && !is_unreadable(*index));
                hits.extend(blank.map(|index| Hit { row: typed.rows.value(index), fault: *fault, evidence: None }));
            }
        }
    }
}

/// The faults of a source while they are collected.
pub(crate) struct Faults<'a> {
    schema: &'a Schema,
    shape: &'a Shape,
    settings: &'a Settings<'a>,
    pub(crate) list: Vec<Fault>,
}

impl<'a> Faults<'a> {
    pub(crate) fn new(schema: &'a Schema, shape: &'a Shape, settings: &'a Settings<'a>) -> Self {
        Self { schema, shape, settings, list: Vec::new() }
    }

    /// The place of a field's column among the source's.
    fn column_of(&self, field: &Field) -> Option<usize> {
        self.shape.columns.iter().position(|column| column.field.as_deref() == Some(&field.name))
    }

    /// The heading of a field in quotes, as the partner typed it; its name where it has no column.
    fn quoted(&self, field: &Field) -> String {
        let heading = self.column_of(field).map_or(field.name.as_str(), |at| self.shape.columns[at].heading.trim());
        format!("\"{heading}\"")
    }

    fn severity(&self, code: &str, usual: Severity) -> Severity {
        self.settings.severities.get(code).copied().unwrap_or(usual)
    }

    /// A fault of one field.
    fn of_field(&mut self, field: &Field, code: &str, usual: Severity, wording: Wording) -> u32 {
        let column = self.column_of(field).map(|at| &self.shape.columns[at]);
        self.list.push(Fault {
            code: code.into(),
            severity: self.severity(code, usual),
            field: Some(field.name.as_str().into()),
            column: column.map(|column| column.column),
            heading: column.map(|column| column.heading.as_str().into()),
            class: field.class,
            message: wording.one.into(),
            many: wording.many.into(),
            fix: wording.fix.into(),
            asks: wording.asks.map(Into::into),
            trial: false,
            leaving: None,
        });
        self.list.len() as u32 - 1
    }

    /// A fault of a row by one or more of its fields; it stands at the column of a field that is alone.
    pub(crate) fn of_fields(&mut self, check: &dyn Check, fields: &[usize], code: &str) -> u32 {
        let schema = self.schema;
        let fields: Vec<&Field> = fields.iter().map(|field| &schema.fields[*field]).collect();
        let quoted: Vec<String> = fields.iter().map(|field| self.quoted(field)).collect();
        let first = fields[0];
        let reader = reader(first, schema);
        let subject = Subject { field: first, is_ours: schema.is_ours, reader: &reader, settings: &reader };
        let wording = check.wording(&subject, &words::list(&quoted));
        let fault = self.of_field(first, code, check.severity(), wording);
        if let [_, _, ..] = fields.as_slice() {
            let entry = &mut self.list[fault as usize];
            (entry.field, entry.column, entry.heading) = (None, None, None);
            entry.class = fields.iter().map(|field| field.class).max().unwrap_or(Class::None);
        }
        fault
    }
}

fn reader(field: &Field, schema: &Schema) -> Reader {
    as_strict(Reader::compile(field, schema.is_ours).expect("the schema was found free of mistakes"), schema)
}

/// Where nothing is tidied, nothing is read but what the format says.
fn as_strict(reader: Reader, schema: &Schema) -> Reader {
    if schema.normalise.is_empty() { reader.strictly() } else { reader }
}

/// What is done with a field's column, where it has one.
fn plan(index: usize, faults: &mut Faults<'_>, keys: &mut Vec<Key>) -> Option<Plan> {
    let schema = faults.schema;
    let field = &schema.fields[index];
    let column = faults.column_of(field)?;
    let quoted = faults.quoted(field);
    let settings = reader(field, schema);
    let own = faults.settings.formats.iter().find(|(name, _)| *name == field.name);
    let own = own.map(|(_, format)| with_format(field, format));
    // A format of the pipeline that cannot be used has been refused there.
    let own_reader = own.as_ref().and_then(|field| Reader::compile(field, schema.is_ours).ok());
    let own_reader = own_reader.map(|reader| as_strict(reader, schema));
    let field = if own_reader.is_some() { own.as_ref().unwrap_or(field) } else { field };
    let reader = own_reader.unwrap_or_else(|| settings.clone());
    let subject = Subject { field, is_ours: schema.is_ours, reader: &reader, settings: &settings };
    let mut plan = Plan {
        column,
        class: field.class,
        missing: Missing::of(schema.missing_values_of(field), schema.is_ours),
        words: Words::Free,
        reader: reader.clone(),
        unreadable: 0,
        error: 0,
        blank: None,
        tests: Vec::new(),
    };
    if let Some(kind) = field.kind {
        let slips = kind.slips().iter().map(|slip| {
            let wording = checks::slip_wording(kind, slip, &quoted);
            (*slip, faults.of_field(field, kind.name(), checks::KIND_SEVERITY, wording))
        });
        plan.words = Words::Kind(kind, slips.collect());
    }
    for check in checks::ALL {
        let Some(test) = check.compile(&subject).expect("the schema was found free of mistakes") else { continue };
        let wording = check.wording(&subject, &quoted);
        let fault = faults.of_field(field, check.code(), check.severity(), wording);
        match test {
            Test::Blank => plan.blank = Some(fault),
            Test::Unreadable => plan.unreadable = fault,
            Test::Error => plan.error = fault,
            Test::Value(passes) => plan.tests.push((fault, passes)),
            Test::Codes(codes) => {
                plan.words = match &plan.reader {
                    Reader::Text(Texts::List(_, delimiter)) => Words::Items(codes, delimiter.as_str().into(), fault),
                    _ => Words::Codes(codes, fault),
                }
            }
            Test::Distinct => {
                keys.push(Key::of(vec![index], fault, Some(field.class)));
            }
        }
    }
    Some(plan)
}

/// How a field's values are written, where texts that differ may be one value.
fn written(plans: &[Option<Plan>], field: usize) -> Option<Texts> {
    match &plans[field].as_ref()?.reader {
        Reader::Text(Texts::Free | Texts::Email | Texts::Uri | Texts::Uuid | Texts::Binary) => None,
        Reader::Text(texts) => Some(texts.clone()),
        _ => None,
    }
}

/// The keys of the whole table; one that needs a column which the source has not is left out, since
/// the column's absence is reported already.
fn table_keys(faults: &mut Faults<'_>, keys: &mut Vec<Key>) {
    let schema = faults.schema;
    let is_there = |faults: &Faults<'_>, fields: &[usize]| {
        !fields.is_empty() && fields.iter().all(|field| faults.column_of(&schema.fields[*field]).is_some())
    };
    let class = |fields: &[usize]| match fields {
        [field] => Some(schema.fields[*field].class),
        _ => None,
    };
    if is_there(faults, &schema.primary_key) {
        let fields = schema.primary_key.clone();
        let fault = faults.of_fields(&PrimaryKey, &fields, PrimaryKey.code());
        let blank = fields.iter().map(|field| {
            let field = &schema.fields[*field];
            let wording = PrimaryKey::blank(&faults.quoted(field));
            faults.of_field(field, PrimaryKey.code(), PrimaryKey.severity(), wording)
        });
        let blank = blank.collect();
        let class = class(&fields);
        keys.push(Key { blank, ..Key::of(fields, fault, class) });
    }
    for fields in &schema.unique_keys {
        if is_there(faults, fields) {
            let fault = faults.of_fields(&UniqueKeys, fields, UniqueKeys.code());
            keys.push(Key::of(fields.clone(), fault, class(fields)));
        }
    }
}
