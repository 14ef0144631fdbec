//! One period in memory: every source judged, rows held, people linked. Nothing is written here.

use crate::beyond;
use crate::codes::fault;
use crate::cumulative;
use crate::discover::{self, Absent, Discovered, FoundSource, discover};
use crate::explanations::Explanations;
use crate::facts::{self, Calendar};
use crate::hold;
use crate::judge::{Judged, Keep, Subject, judge};
use crate::load::{Loaded, LoadedTable, plain};
use crate::open;
use crate::parts;
use crate::people;
use crate::place::NewFile;
use crate::repeated;
use crate::state::{self, AcceptedPart, PeriodState};
use crate::streams::{self, Streams};
use crate::waivers;
use arrow::array::{Array, BooleanArray, StringArray};
use jiff::civil::Date;
use qd_disclosure::{DomainKey, Key};
use qd_ledger::PeriodPeople;
use qd_link::{Known, Register};
use qd_model::finding::{Fault, Finding, ShowValues, SourceFindings, column_letters};
use qd_model::period::{self, Period};
use qd_model::pipeline::Coverage;
use qd_model::report::{ColumnReport, NotChecked, Report, SourceReport};
use qd_model::{Refusal, Severity};
use qd_rules::Constants;
use qd_table::{Shape, Typed};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// One partner's source of the period, judged.
pub(crate) struct Source {
    pub(crate) partner: String,
    /// Index of the table in the pipeline.
    pub(crate) table: usize,
    pub(crate) path: PathBuf,
    /// The file's own name, which stays in the private folder and with its sender.
    pub(crate) file: String,
    /// The name in everything else that leaves.
    pub(crate) public: String,
    pub(crate) digest: String,
    pub(crate) judged: Judged,
    /// Spreadsheet rows that are held, in rising order.
    pub(crate) held: Vec<u32>,
    /// Of a sheet that holds all periods, rows that are as they were in a period before, in rising order.
    pub(crate) unchanged: Vec<u32>,
}

impl Source {
    pub(crate) fn accepted(&self) -> u64 {
        if self.judged.is_rejected { 0 } else { self.judged.rows - self.held.len() as u64 }
    }

    /// The accepted rows, chunk by chunk.
    pub(crate) fn accepted_rows(&self) -> Vec<Typed> {
        if self.judged.is_rejected {
            return Vec::new();
        }
        self.judged
            .typed
            .iter()
            .map(|typed| if self.holds_any(typed) { typed.filter(&self.mask(typed)) } else { typed.clone() })
            .filter(|typed| !typed.is_empty())
            .collect()
    }

    /// Whether any of these rows is held; most chunks of most sources have none, and need no copy.
    fn holds_any(&self, typed: &Typed) -> bool {
        let rows = typed.rows.values();
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return false };
        let from = self.held.partition_point(|row| row < first);
        self.held.get(from).is_some_and(|row| row <= last)
    }

    fn mask(&self, typed: &Typed) -> BooleanArray {
        typed.rows.values().iter().map(|row| Some(self.held.binary_search(row).is_err())).collect()
    }
}

/// A period, computed.
pub(crate) struct Computed {
    pub(crate) period: Period,
    pub(crate) as_of: Date,
    /// Sources by partner (in the order of the pipeline), table and file.
    pub(crate) sources: Vec<Source>,
    /// Reports of what is not there and of strays.
    pub(crate) general: Vec<SourceReport>,
    pub(crate) absent: Vec<Absent>,
    pub(crate) strays: Vec<String>,
    pub(crate) not_checked: Vec<NotChecked>,
    /// How many findings each waiver of the pipeline let pass.
    pub(crate) waived: waivers::Used,
    /// Accepted rows with their people.
    pub(crate) state: PeriodState,
    /// The state's files, once it is known that it is kept: they are made once, for its digest and its place.
    pub(crate) kept: Vec<NewFile>,
    /// The digest of every row's record, by source and chunk.
    pub(crate) records: Vec<Vec<StringArray>>,
    /// The register after this period.
    pub(crate) register: Register,
    /// What the period added to the register before it.
    pub(crate) people: PeriodPeople,
    /// Pairs of records that may be of one person, for the private list.
    pub(crate) suggestions: Vec<people::Suggestion>,
    /// Pairs of records that are of one person, for the private list.
    pub(crate) pairs: Vec<people::Suggestion>,
}

/// What a period is computed with.
pub(crate) struct Context<'a> {
    pub(crate) loaded: &'a Loaded,
    pub(crate) period: &'a Period,
    pub(crate) as_of: Date,
    pub(crate) lead: &'a DomainKey,
    /// Digests of the records that earlier periods had.
    pub(crate) known_records: &'a HashSet<String>,
    /// The register after the period before.
    pub(crate) before: &'a Register,
    /// The same with what was sent of this period, and what people decided.
    pub(crate) known: Known<'a>,
    /// The period before, where it is known.
    pub(crate) previous: Option<&'a PeriodState>,
    /// All periods before that are known, oldest first.
    pub(crate) earlier: &'a [PeriodState],
    pub(crate) explanations: &'a Explanations,
    /// The period in which a file with these bytes came before, by its digest.
    pub(crate) earlier_files: &'a BTreeMap<String, String>,
    /// Takes the rows of tables that need not be kept.
    pub(crate) streams: Option<&'a Streams<'a>>,
    /// Told how many of how many sources are done.
    pub(crate) progress: &'a (dyn Fn(usize, usize) + Sync),
}

/// Reads and judges all sources of a period.
pub(crate) fn compute(context: &Context<'_>) -> Result<Computed, Refusal> {
    let loaded = context.loaded;
    let Discovered { sources: found, mut general, mut absent, strays } = discover(loaded, context.period)?;
    let constants = Constants { period: Some((context.period.from, context.period.to)), as_of: Some(context.as_of) };
    let done = AtomicUsize::new(0);
    let total = found.len();
    let mut sources = found
        .par_iter()
        .zip(streams::in_order(&found))
        .map(|(one, place)| {
            let is_same =
                |other: &&FoundSource<'_>| (&other.partner.code, other.table) == (&one.partner.code, one.table);
            let is_part = found.iter().filter(is_same).count() > 1;
            let source = judge_source(context, one, place, &constants, is_part)?;
            (context.progress)(done.fetch_add(1, Ordering::Relaxed) + 1, total);
            Ok(source)
        })
        .collect::<Result<Vec<Source>, Refusal>>()?;
    leave_out_declared(context, &mut sources, &mut general, &mut absent);
    across_parts(&mut sources);
    repeated::find(context, &mut sources);
    let mut not_checked: Vec<NotChecked> =
        sources.iter_mut().flat_map(|source| std::mem::take(&mut source.judged.not_checked)).collect();
    beyond::judge(context, &constants, &mut sources, &mut not_checked);
    let mut records: Vec<Vec<StringArray>> = sources.iter().map(|source| records(context, source)).collect();
    cumulative::work_out(context, &mut sources, &records, &mut not_checked);
    for (source, records) in sources.iter_mut().zip(&records) {
        name_records(context, source, records);
    }
    let waived = waivers::apply(context, &mut sources, &mut general);
    for source in &mut sources {
        source.held = source.judged.held();
    }
    hold::hold(loaded, &mut sources, &mut not_checked);

    let linked = people::link(loaded, &mut sources, &context.known, context.before, context.lead);
    general.extend(people::reports(loaded, &linked));
    cumulative::leave_out(context, &mut sources, &mut records);
    for (source, records) in sources.iter_mut().zip(&records) {
        name_records(context, source, records);
    }
    let explanations = context.explanations.apply(context, &mut sources, &mut general)?;
    let (tables, held) = accepted(context, &sources, &records);
    let state = PeriodState {
        label: context.period.label.clone(),
        people: linked.people,
        tables,
        held,
        inputs: inputs(loaded, &sources),
        digest: String::new(),
        is_kept: false,
        explanations,
        open: open::of(loaded, &sources, &records, &general),
    };
    Ok(Computed {
        period: context.period.clone(),
        as_of: context.as_of,
        sources,
        general,
        absent,
        strays,
        not_checked,
        waived,
        state,
        kept: Vec::new(),
        records,
        register: linked.register,
        people: linked.added,
        suggestions: linked.suggestions,
        pairs: linked.pairs,
    })
}

fn inputs(loaded: &Loaded, sources: &[Source]) -> BTreeMap<String, String> {
    let input = |source: &Source| {
        let name = state::input_name(&source.partner, &loaded.tables[source.table].name, &source.public);
        (name, source.digest.clone())
    };
    sources.iter().map(input).collect()
}

/// A workbook that came without the sheet of a table that was declared nil or late is as if nothing
/// had come for that table.
fn leave_out_declared(
    context: &Context<'_>,
    sources: &mut Vec<Source>,
    general: &mut Vec<SourceReport>,
    absent: &mut Vec<Absent>,
) {
    sources.retain(|source| {
        let rejects = || source.judged.findings.iter().filter(|finding| finding.fault.severity == Severity::Reject);
        let has_no_sheet = source.judged.is_rejected
            && rejects().all(|finding| ["sheet-not-found", "wrong-template"].contains(&&*finding.fault.code));
        let table = &context.loaded.tables[source.table].name;
        if !has_no_sheet || discover::declared(context.loaded, context.period, &source.partner, table).is_none() {
            return true;
        }
        let (report, gap) = discover::absent(context.loaded, context.period, &source.partner, table);
        general.push(report);
        absent.push(gap);
        false
    });
}

/// Judges what may stand once only in a partner's table, where several sources give its rows.
fn across_parts(sources: &mut [Source]) {
    let mut tables: BTreeMap<(&str, usize), Vec<(&Path, &mut Judged)>> = BTreeMap::new();
    for Source { partner, table, path, judged, .. } in sources {
        tables.entry((partner.as_str(), *table)).or_default().push((path.as_path(), judged));
    }
    tables.into_values().for_each(parts::judge);
}

fn judge_source(
    context: &Context<'_>,
    found: &FoundSource<'_>,
    place: usize,
    constants: &Constants,
    is_part: bool,
) -> Result<Source, Refusal> {
    let loaded = context.loaded;
    let streams = context.streams.filter(|streams| streams.takes(found.table));
    let taker = streams.map(|streams| streams.source(found, place));
    let table = &loaded.tables[found.table];
    // Whether a row of an ever-growing sheet has changed may show in any field.
    let is_period = found.spec.coverage == Coverage::Period;
    let wanted = if is_period { crate::wanted::fields(loaded, found.table) } else { None };
    let subject = Subject {
        path: &found.path,
        table,
        sheet: found.spec.sheet.as_deref(),
        headings: &found.spec.headings,
        place: found.place,
        formats: &found.spec.formats,
        severities: &loaded.pipeline.severities,
        constants,
        show: ShowValues::Plain,
        keep: if taker.is_some() { Keep::Findings } else { Keep::Rows },
        wanted: wanted.as_deref(),
        is_part,
        taker: taker.as_ref(),
    };
    let (digest, mut judged) = rayon::join(|| qd_source::digest(&found.path), || judge(&subject));
    let (digest, _) = digest.map_err(|error| {
        Refusal::new(format!("a file of `{}` cannot be read", found.partner.code))
            .because(format!("{}: {}", found.path.display(), plain(&error)))
            .hint("close the file where it is open, and check that you may read it")
    })?;
    if found.is_rival {
        judged.findings.add(fault(
            "two-files",
            &loaded.pipeline.severities,
            format!("Two or more files of `{}` fit the same source of the table {}", found.partner.code, table.name),
            "files fit the same source",
            "take the wrong file out of the period's folder",
        ));
    }
    // A sheet that holds all periods may have nothing new.
    if is_period {
        wrong_period(context, found, &mut judged);
    }
    judged.findings.sort();
    judged.is_rejected |= judged.findings.count(Severity::Reject) > 0;
    let held = judged.held();
    Ok(Source {
        partner: found.partner.code.clone(),
        table: found.table,
        path: found.path.clone(),
        file: found.file.clone(),
        public: found.public.clone(),
        digest,
        judged,
        held,
        unchanged: Vec::new(),
    })
}

/// A source in which rows have dates and none of them lies in the period is one of another period.
fn wrong_period(context: &Context<'_>, found: &FoundSource<'_>, judged: &mut Judged) {
    let loaded = context.loaded;
    let schema = &loaded.tables[found.table].schema;
    let fields: Vec<usize> =
        loaded.pipeline.tables[found.table].period_fields.iter().filter_map(|name| schema.index_of(name)).collect();
    let mut dates: Vec<Date> = Vec::new();
    for typed in &judged.typed {
        for field in &fields {
            let column = typed.column(*field);
            let Some(days) = column.as_any().downcast_ref::<arrow::array::Date32Array>() else { continue };
            dates.extend(days.iter().flatten().filter_map(period::from_days));
        }
    }
    if dates.is_empty() || dates.iter().any(|date| context.period.contains(*date)) {
        return;
    }
    let most = loaded
        .pipeline
        .whole_periods()
        .map(|period| (dates.iter().filter(|date| period.contains(**date)).count(), period))
        .filter(|(count, _)| *count > 0)
        .max_by_key(|(count, _)| *count);
    let elsewhere = most.map_or_else(String::new, |(_, period)| format!("; most lie in {period}"));
    judged.findings.add(fault(
        "wrong-period",
        &loaded.pipeline.severities,
        format!("No row has a date in {}{elsewhere}", context.period),
        "sources are of another period",
        &format!("ask for the file of {}", context.period.label),
    ));
}

/// The keyed digest of every row's record, chunk by chunk.
fn records(context: &Context<'_>, source: &Source) -> Vec<StringArray> {
    let table = &context.loaded.tables[source.table];
    let chunks = source.judged.typed.par_iter();
    if context.loaded.pipeline.outputs.keep == qd_model::pipeline::Keep::Nothing && table.schema.record_key.is_empty() {
        // Nobody will look for these records in another period, and the rows are their own names.
        return chunks.map(|typed| StringArray::new_null(typed.len())).collect();
    }
    chunks.map(|typed| facts::records(table, &source.partner, typed, context.lead)).collect()
}

/// Gives each row with a finding the digest of its record, where the schema says what a record is, and
/// each query that of the values behind it.
fn name_records(context: &Context<'_>, source: &mut Source, records: &[StringArray]) {
    let table = &context.loaded.tables[source.table];
    if table.schema.record_key.is_empty() {
        return;
    }
    let findings = &source.judged.findings;
    let mut rows: Vec<u32> = findings.hits.iter().map(|hit| hit.row).filter(|row| *row > 0).collect();
    rows.sort_unstable();
    rows.dedup();
    let mut queries: BTreeMap<u32, Vec<(u32, Vec<usize>)>> = BTreeMap::new();
    for hit in findings.hits.iter().filter(|hit| hit.row > 0 && findings.severity(hit) == Severity::Query) {
        let fields = fields_behind(table, &findings.faults[hit.fault as usize]);
        queries.entry(hit.row).or_default().push((hit.fault, fields));
    }
    let (mut named, mut digests) = (Vec::new(), Vec::new());
    for (typed, records) in source.judged.typed.iter().zip(records) {
        for (index, (row, record)) in typed.rows.values().iter().zip(records).enumerate() {
            let (Some(record), true) = (record, rows.binary_search(row).is_ok()) else { continue };
            named.push((*row, record.to_owned()));
            for (fault, fields) in queries.get(row).into_iter().flatten() {
                // What could not be read is not kept, so nobody could tell whether it changed.
                let is_read = |field: &usize| typed.unreadable[*field].as_ref().is_none_or(|bits| !bits.value(index));
                if fields.is_empty() || !fields.iter().all(is_read) {
                    continue;
                }
                let values: Vec<String> = fields.iter().map(|field| people::cell_text(typed, *field, index)).collect();
                let parts: Vec<&str> = values.iter().map(String::as_str).collect();
                digests.push(((*row, *fault), context.lead.pseudonym("value", &parts)));
            }
        }
    }
    source.judged.findings.records.extend(named);
    source.judged.findings.digests.extend(digests);
}

/// The fields whose values a finding is about: those of its rule, or its own.
fn fields_behind(table: &LoadedTable, fault: &Fault) -> Vec<usize> {
    match table.schema.rules.iter().position(|rule| *rule.code == *fault.code) {
        Some(rule) => table.rules.fields_of(rule).to_vec(),
        None => fault.field.as_deref().and_then(|name| table.schema.index_of(name)).into_iter().collect(),
    }
}

/// Accepted rows with what is known of each, and the records that are held.
fn accepted(
    context: &Context<'_>,
    sources: &[Source],
    records: &[Vec<StringArray>],
) -> (Vec<Vec<AcceptedPart>>, BTreeSet<String>) {
    let loaded = context.loaded;
    let mut tables: Vec<Vec<AcceptedPart>> = loaded.tables.iter().map(|_| Vec::new()).collect();
    let mut held = BTreeSet::new();
    let calendar = Calendar::new(loaded, context.period, context.known_records);
    for (source, records) in sources.iter().zip(records).filter(|(source, _)| !source.judged.is_rejected) {
        let parts = source.judged.typed.par_iter().zip(records).map(|(typed, records)| {
            let mask = source.mask(typed);
            let held: Vec<String> = (0..typed.len())
                .filter(|row| !mask.value(*row) && records.is_valid(*row))
                .map(|row| records.value(row).to_owned())
                .collect();
            let facts = calendar.facts(source.table, typed, records.clone());
            // Most chunks of most sources have no held row, and need no copy.
            let (typed, facts) =
                if mask.has_false() { (typed.filter(&mask), facts.filter(&mask)) } else { (typed.clone(), facts) };
            (held, typed, facts)
        });
        for (of_part, typed, facts) in parts.collect::<Vec<_>>() {
            held.extend(of_part);
            if typed.is_empty() {
                continue;
            }
            tables[source.table].push(AcceptedPart {
                partner: source.partner.clone(),
                source: source.public.clone(),
                sheet: source.judged.shape.sheet.clone(),
                typed,
                facts,
            });
        }
    }
    // The order of what is kept and released follows codes, not the order of a partner list.
    for parts in &mut tables {
        parts.sort_by(|a, b| (&a.partner, &a.source, &a.sheet).cmp(&(&b.partner, &b.source, &b.sheet)));
    }
    (tables, held)
}

/// Under which name a report speaks of a source's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileNames {
    /// As the sender named it: for the sender and for the analyst's own eyes.
    Own,
    /// `<partner>-NN`, for all that leaves otherwise.
    Public,
}

impl Computed {
    /// Makes the files that the state is kept in, and gives it their digest.
    pub(crate) fn keep(&mut self, loaded: &Loaded, key: &Key) {
        (self.kept, self.state.digest) = state::to_files(&self.state, &self.people, loaded, key);
    }

    /// The findings of the period; of one partner where one is named.
    pub(crate) fn report(&self, loaded: &Loaded, names: FileNames, partner: Option<&str>) -> Report {
        let wanted = |code: Option<&str>| partner.is_none() || partner == code;
        let mut sources: Vec<SourceReport> = self
            .sources
            .iter()
            .filter(|source| wanted(Some(&source.partner)))
            .map(|source| source_report(loaded, source, names))
            .collect();
        sources.extend(self.general.iter().filter(|report| wanted(report.partner.as_deref())).cloned());
        let mut report = Report {
            as_of: Some(self.as_of),
            period: Some(self.period.clone()),
            sources,
            not_checked: if partner.is_none() { merged(&self.not_checked) } else { Vec::new() },
        };
        report.sort();
        report
    }

    /// Unexplained findings at a severity in some tables, by code, with their count.
    pub(crate) fn open_queries(&self, tables: &[usize], loaded: &Loaded) -> Vec<(String, u64)> {
        let mut counts = std::collections::BTreeMap::<String, u64>::new();
        let mut add = |finding: Finding<'_>| {
            if finding.fault.severity == Severity::Query && finding.explained.is_none() {
                *counts.entry(finding.fault.code.to_string()).or_default() += 1;
            }
        };
        let used = |source: &&Source| tables.contains(&source.table) && !source.judged.is_rejected;
        for source in self.sources.iter().filter(used) {
            source.judged.findings.iter().for_each(&mut add);
        }
        for report in &self.general {
            let used = report.table.as_ref().is_none_or(|table| tables.contains(&loaded.table_index(table)));
            if used {
                report.findings.iter().for_each(&mut add);
            }
        }
        counts.into_iter().collect()
    }
}

fn source_report(loaded: &Loaded, source: &Source, names: FileNames) -> SourceReport {
    let table = &loaded.tables[source.table];
    let judged = &source.judged;
    SourceReport {
        source: Some(match names {
            FileNames::Own => source.file.clone(),
            FileNames::Public => source.public.clone(),
        }),
        sheet: match names {
            FileNames::Own => judged.shape.sheet.clone(),
            FileNames::Public => public_sheet(loaded, source),
        },
        partner: Some(source.partner.clone()),
        table: Some(table.name.clone()),
        schema: Some(table.schema.name.clone()),
        schema_version: table.schema.version.clone(),
        blake3: Some(source.digest.clone()),
        rows: judged.rows,
        accepted: source.accepted(),
        held: if judged.is_rejected { 0 } else { source.held.len() as u64 },
        rejected: if judged.is_rejected { judged.rows } else { 0 },
        is_rejected: judged.is_rejected,
        heading_row: (judged.shape.heading_row > 0).then_some(judged.shape.heading_row),
        columns: match names {
            FileNames::Own => judged.shape.columns.clone(),
            FileNames::Public => judged.shape.columns.iter().map(without_unknown_heading).collect(),
        },
        findings: match names {
            FileNames::Own => judged.findings.clone(),
            FileNames::Public => as_they_leave(&judged.findings),
        },
        filled: judged.filled.clone(),
        path: None,
    }
}

/// What a source's sheet is called in what leaves. A name that the pipeline or the table has is nobody's
/// secret; any other was chosen by whoever sent the file, and can name a person.
pub(crate) fn public_sheet(loaded: &Loaded, source: &Source) -> Option<String> {
    let Shape { sheet, sheet_plain, .. } = &source.judged.shape;
    let sheet = sheet.as_ref()?;
    let table = &loaded.tables[source.table];
    let partner = loaded.pipeline.partners.iter().find(|partner| partner.code == source.partner);
    let asked = partner.into_iter().flat_map(|partner| &partner.sources).filter_map(|spec| spec.sheet.as_deref());
    let mut known = asked.chain([table.name.as_str()]).chain(table.schema.title.as_deref());
    let is_known = known.any(|name| name.trim().to_lowercase() == sheet.trim().to_lowercase());
    if is_known { Some(sheet.clone()) } else { sheet_plain.clone() }
}

/// Findings without words that a partner chose: names of sheets, and headings that no field claims, for
/// which the column's letter stands.
fn as_they_leave(findings: &SourceFindings) -> SourceFindings {
    let mut findings = findings.clone();
    findings.faults = findings.faults.into_iter().map(Fault::as_it_leaves).collect();
    for fault in findings.faults.iter_mut().filter(|fault| fault.field.is_none()) {
        let Some(heading) = fault.heading.take() else { continue };
        let letter = fault.column.map_or_else(|| "a column".to_owned(), |at| format!("column {}", column_letters(at)));
        let plain = |text: &str| -> Arc<str> {
            let text = text.replace(&format!("\"{heading}\""), &letter);
            if text.contains(&*heading) && heading.len() > 2 { format!("See {letter}").into() } else { text.into() }
        };
        fault.message = plain(&fault.message);
        fault.many = plain(&fault.many);
        fault.fix = plain(&fault.fix);
    }
    findings
}

fn without_unknown_heading(column: &ColumnReport) -> ColumnReport {
    let heading = if column.field.is_some() { column.heading.clone() } else { String::new() };
    ColumnReport { heading, ..column.clone() }
}

/// One entry per code and reason over all sources.
pub(crate) fn merged(not_checked: &[NotChecked]) -> Vec<NotChecked> {
    let mut merged = std::collections::BTreeMap::<(&str, &str), u64>::new();
    for gap in not_checked {
        *merged.entry((&gap.code, &gap.reason)).or_default() += gap.rows;
    }
    merged
        .into_iter()
        .map(|((code, reason), rows)| NotChecked { code: code.to_owned(), reason: reason.to_owned(), rows })
        .collect()
}
