//! Which extracts can be made while their rows are read.

use super::line::Part;
use crate::load::{Loaded, LoadedTable};
use crate::prepared::Prepared;
use crate::returns::{MadeFor, extract_metadata};
use crate::wanted;
use qd_disclosure::{Clearance, ClearedPart, Clearing, DomainKey, Reasons, Rows};
use qd_model::pipeline::{self, FieldRelease, FileSpec, ProjectEnd, Recipient};
use qd_model::schema::Schema;
use qd_model::{Period, Severity};
use qd_table::Typed;

/// A file of a return that can be made so.
pub(crate) struct Streamable<'a> {
    made_for: MadeFor<'a>,
    file: usize,
    rows: &'a pipeline::Rows,
    table: usize,
    key: DomainKey,
}

/// The same, made ready.
pub(crate) struct Planned<'a> {
    /// The return's name and the number of its file.
    pub(super) of: (&'a str, usize),
    /// The path, in which the period and the table are filled in.
    pub(super) path: String,
    pub(crate) table: usize,
    pub(super) period: &'a Period,
    pub(super) clearing: Clearing<'a>,
    pub(super) metadata: Vec<(String, String)>,
    /// The fields that leave.
    pub(super) wanted: Vec<bool>,
    /// Whether nothing can hold a row once its block is judged, so that one pass may be enough.
    pub(super) is_settled_at_once: bool,
}

impl Planned<'_> {
    /// Some rows through the recipient's profile.
    pub(super) fn part(&self, partner: &str, typed: &Typed) -> ClearedPart {
        self.clearing.part(&Rows { partner, period: &self.period.label, typed, records: None }, &[])
    }
}

impl Part for ClearedPart {
    fn rows(&self) -> usize {
        ClearedPart::rows(self)
    }

    fn split(self, rows: usize) -> (Self, Self) {
        ClearedPart::split(self, rows)
    }
}

/// The files of the run's returns that can be made while their rows are read: plain extracts of
/// tables whose rows nobody asks for otherwise.
pub(crate) fn streamable<'a>(prepared: &Prepared<'a>, end: ProjectEnd) -> Vec<Streamable<'a>> {
    let loaded = prepared.loaded;
    let due = loaded.pipeline.due(prepared.period, end);
    let mut all = Vec::new();
    for table in (0..loaded.tables.len()).filter(|table| is_free(loaded, *table)) {
        let mut of_table = Vec::new();
        let name = &loaded.tables[table].name;
        let mut is_plain = true;
        for (spec, period) in &due {
            let recipient = loaded.pipeline.recipient(&spec.recipient).expect("the pipeline's references were checked");
            for (index, file) in spec.files.iter().enumerate() {
                if !file.parts.iter().flat_map(pipeline::Part::tables).any(|other| other == *name) {
                    continue;
                }
                is_plain &= recipient.seal.is_none() && recipient.floor.is_none() && !names_records(recipient, name);
                match plain(file).filter(|_| is_plain) {
                    Some(rows) => of_table.push(Streamable {
                        made_for: MadeFor::of(spec, period, prepared.as_of),
                        file: index,
                        rows,
                        table,
                        key: prepared.key.for_recipient(&loaded.pipeline.name, &recipient.code, recipient.epoch),
                    }),
                    None => is_plain = false,
                }
            }
        }
        if is_plain {
            all.extend(of_table);
        }
    }
    all
}

/// Makes the recipients' profiles ready.
pub(crate) fn planned<'a>(prepared: &Prepared<'a>, streamable: &'a [Streamable<'a>]) -> Vec<Planned<'a>> {
    let loaded = prepared.loaded;
    let plan = |it: &'a Streamable<'a>| {
        let schema = &loaded.tables[it.table].schema;
        let spec = it.made_for.spec;
        let recipient = loaded.pipeline.recipient(&spec.recipient)?;
        let clearance = Clearance {
            schema,
            release: recipient.release_of(&it.rows.table)?,
            key: &it.key,
            period: (it.made_for.period.from, it.made_for.period.to),
            lookups: &loaded.lookups,
            reasons: Reasons::Left,
        };
        Some(Planned {
            of: (&it.made_for.name, it.file),
            path: it.made_for.path(&spec.files[it.file], &it.rows.table),
            table: it.table,
            period: it.made_for.period,
            clearing: Clearing::new(&clearance),
            metadata: extract_metadata(&loaded.pipeline, &it.made_for, recipient, prepared.as_of, &prepared.key.id()),
            wanted: wanted::fields(loaded, it.table)?,
            is_settled_at_once: is_settled_at_once(loaded, schema),
        })
    };
    streamable.iter().filter_map(plan).collect()
}

/// Whether nobody asks for a table's rows but extracts: no later period, no person and no rule. Where a
/// partner's rows come from several places, their order is made when all are there.
fn is_free(loaded: &Loaded, table: usize) -> bool {
    let LoadedTable { name, schema, .. } = &loaded.tables[table];
    let comes_whole = loaded.pipeline.partners.iter().all(|partner| {
        let places = partner.sources.iter().filter(|source| source.table == *name);
        places.map(|source| source.layout.unfold.len().max(1)).sum::<usize>() <= 1
    });
    comes_whole
        && wanted::fields(loaded, table).is_some()
        && loaded.pipeline.tables[table].period_fields.is_empty()
        && schema.record_key.is_empty()
        && schema.primary_key.is_empty()
}

/// Whether a recipient gets a name for each record of a table, which nobody works out while rows are read.
fn names_records(recipient: &Recipient, table: &str) -> bool {
    let release = recipient.release_of(table);
    release.is_some_and(|release| release.fields.iter().any(|field| field.field == FieldRelease::RECORD))
}

/// The rows of a file that is nothing but one table's, in no order of its own, and of which nothing else
/// is told.
fn plain(file: &FileSpec) -> Option<&pipeline::Rows> {
    let [pipeline::Part::Rows(rows)] = file.parts.as_slice() else { return None };
    let is_plain = file.format == "parquet"
        && file.datapackage.is_none()
        && file.codebook.is_empty()
        && file.labels.is_empty()
        && !file.missing_reasons
        && file.changes.is_none()
        && rows.order.is_empty()
        && rows.filter.is_none();
    is_plain.then_some(rows)
}

/// Whether no finding about several rows together can hold one.
fn is_settled_at_once(loaded: &Loaded, schema: &Schema) -> bool {
    let holds = |code: &str| loaded.pipeline.severities.get(code).is_none_or(|severity| *severity <= Severity::Error);
    let is_unique = schema.fields.iter().any(|field| field.constraints.unique);
    let may_be_made_worse = schema.rules.iter().any(|rule| rule.error_if.is_some());
    !(is_unique && holds("unique") || !schema.unique_keys.is_empty() && holds("unique-keys") || may_be_made_worse)
}
