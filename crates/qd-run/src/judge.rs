//! One source: opened, read in parallel, checked cell by cell and row by row.

use crate::load::LoadedTable;
use crate::normalised::{self, Tidied};
use crate::parts::PartOf;
use crate::streams::Taker;
use arrow::array::{Array, ArrayRef};
use arrow::buffer::BooleanBuffer;
use qd_check::{Checker, Keys, Settings};
use qd_model::Severity;
use qd_model::finding::{Fault, Hit, ShowValues, SourceFindings, ranks};
use qd_model::report::{Filled, NotChecked};
use qd_model::schema::{ForeignKey, Rule, Schema};
use qd_rules::Constants;
use qd_source::{Block, Look, Opened, Place, Request};
use qd_table::{Shape, Typed};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;

/// What is to be judged, and by what.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) path: &'a Path,
    pub(crate) table: &'a LoadedTable,
    pub(crate) sheet: Option<&'a str>,
    pub(crate) headings: &'a [(String, String)],
    pub(crate) place: Place<'a>,
    pub(crate) formats: &'a [(String, String)],
    pub(crate) severities: &'a BTreeMap<String, Severity>,
    pub(crate) constants: &'a Constants,
    pub(crate) show: ShowValues,
    pub(crate) keep: Keep,
    /// Which fields anybody will ask for once the rows are judged; all of them where absent.
    pub(crate) wanted: Option<&'a [bool]>,
    /// Whether other sources give rows of the same partner's table.
    pub(crate) is_part: bool,
    /// Takes the rows of each block once they are judged.
    pub(crate) taker: Option<&'a Taker<'a, 'a>>,
}

/// Whether the rows are wanted after they were judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// They go on into a return.
    Rows,
    /// Only the findings are wanted, so that memory does not grow with the file.
    Findings,
}

/// What came of it.
#[derive(Default)]
pub(crate) struct Judged {
    pub(crate) shape: Shape,
    pub(crate) findings: SourceFindings,
    /// The rows as submitted, in order; empty if they were not to be kept.
    pub(crate) typed: Vec<Typed>,
    /// How many rows of data there are.
    pub(crate) rows: u64,
    /// In how many of them each field is filled in.
    pub(crate) filled: Vec<Filled>,
    pub(crate) is_rejected: bool,
    /// How much of the file had to be looked at for its encoding.
    pub(crate) look: Look,
    /// Whether a column was quarantined, so that no copy of the file may be kept.
    pub(crate) is_quarantined: bool,
    pub(crate) not_checked: Vec<NotChecked>,
    /// What is looked for in the other sources of the table, where there are any.
    pub(crate) part: Option<PartOf>,
}

impl Judged {
    /// Spreadsheet rows with a finding that holds them, in rising order.
    pub(crate) fn held(&self) -> Vec<u32> {
        self.findings.rows_with(Severity::Error)
    }
}

/// What one block of rows came to.
struct Part {
    position: usize,
    typed: Option<Typed>,
    rows: u64,
    filled: Vec<u64>,
    /// In the order of every report; faults are those that were known before.
    hits: Vec<Hit>,
    not_judged: Vec<qd_rules::NotJudged>,
    keys: Keys,
    tidied: Tidied,
}

/// Opens and judges one source. Runs on the pool that it is called on.
pub(crate) fn judge(subject: &Subject<'_>) -> Judged {
    judge_as(subject, Look::Beginning).unwrap_or_else(|| {
        // Only now it is known in which encoding the file is, and all that was read before counts for nothing.
        subject.taker.inspect(|taker| taker.spoil());
        judge_as(&Subject { taker: None, ..*subject }, Look::Whole).expect("all of it was looked at")
    })
}

/// The same, once that much of the file was looked at for its encoding; nothing where that was too little.
fn judge_as(subject: &Subject<'_>, look: Look) -> Option<Judged> {
    let schema = &subject.table.schema;
    let request = Request {
        schema: Some(schema),
        headings: subject.headings,
        sheet: subject.sheet,
        formats: subject.formats,
        place: subject.place,
        look,
    };
    let mut source = match qd_source::open_to_judge(subject.path, &request) {
        Opened::Rejected(rejection) => {
            subject.taker.inspect(|taker| taker.end(0));
            return Some(rejected(rejection));
        }
        Opened::Table(source) => source,
    };
    let settings = Settings { formats: subject.formats, severities: subject.severities, show: subject.show };
    let columns = Columns::of(schema, &source);
    let checker = Checker::new(schema, &columns.shape, &settings);
    let rules = subject.table.rules.faults(&columns.shape, subject.severities);
    let taker = subject.taker.filter(|_| !columns.forbid_use);
    if !columns.forbid_use {
        override_severities(&mut source.findings, subject.severities);
    }
    let mut findings = std::mem::take(&mut source.findings);
    let known = Known::of(&mut findings, checker.faults(), rules);
    let mut parts: Vec<Part> = source
        .blocks()
        .enumerate()
        .par_bridge()
        .map(|(position, block)| judge_block(position, block, subject, &checker, &known, taker))
        .collect();
    if source.is_misread() {
        return None;
    }
    parts.sort_unstable_by_key(|part| part.position);
    subject.taker.inspect(|it| it.end(if taker.is_some() { parts.len() } else { 0 }));

    let filled_in: Vec<Vec<u64>> = parts.iter_mut().map(|part| std::mem::take(&mut part.filled)).collect();
    let mut judged = Judged {
        shape: source.shape.clone(),
        look,
        is_quarantined: !source.quarantined.is_empty(),
        rows: parts.iter().map(|part| part.rows).sum(),
        filled: filled(schema, &filled_in),
        ..Judged::default()
    };
    let mut keys = Vec::with_capacity(parts.len());
    let mut not_judged: BTreeMap<(u32, &'static str), u64> = BTreeMap::new();
    let mut tidied = Tidied::new();
    for part in parts {
        findings.hits.add_piece(part.hits);
        for gap in part.not_judged {
            *not_judged.entry((gap.rule, gap.reason)).or_default() += gap.rows;
        }
        keys.push(part.keys);
        normalised::add(&mut tidied, part.tidied);
        judged.typed.extend(part.typed);
    }
    findings.hits.extend(known.of_checks(checker.keys(&keys)));
    let over_groups = subject.table.rules.judge_groups(&judged.typed, subject.constants);
    findings.hits.extend(known.of_rules(&over_groups.hits));
    for gap in over_groups.not_judged {
        *not_judged.entry((gap.rule, gap.reason)).or_default() += gap.rows;
    }
    let own = own_references(subject, &settings, &judged, &columns);
    if subject.keep == Keep::Findings || columns.forbid_use {
        judged.typed.clear();
    }
    if columns.forbid_use {
        judged.filled.clear();
    }
    for rule in columns.rules_without(subject) {
        findings.hits.retain(|hit: &Hit| hit.fault != known.rules_at + rule);
        not_judged.retain(|(other, _), _| *other != rule);
        not_judged.insert((rule, "a column that it needs is missing, or there twice"), judged.rows);
    }
    let not_seen = source.not_seen;
    let mut late = source.finish();
    if !columns.forbid_use {
        override_severities(&mut late, subject.severities);
    }
    findings.extend(late);
    judged.part = subject.is_part.then(|| PartOf {
        mark: subject.place.mark(),
        faults_at: known.checks_at,
        keys: checker.part_keys(keys),
    });
    judged.not_checked = gaps(schema, not_judged, not_seen, judged.rows);
    findings.extend(own);
    findings.extend(normalised::notes(schema, &judged.shape, subject.severities, &tidied));
    escalate_all(&mut findings, known.rules_at, schema, judged.rows);
    findings.sort();
    judged.is_rejected = columns.forbid_use || findings.count(Severity::Reject) > 0;
    judged.findings = findings;
    Some(judged)
}

/// What was not judged, and why: by rules, and by the reader because of the file's format.
fn gaps(
    schema: &Schema,
    not_judged: BTreeMap<(u32, &'static str), u64>,
    not_seen: &[(&str, &str)],
    all: u64,
) -> Vec<NotChecked> {
    let gap = |code: &str, reason: &str, rows| NotChecked { code: code.to_owned(), reason: reason.to_owned(), rows };
    let by_rules =
        not_judged.into_iter().map(|((rule, reason), rows)| gap(&schema.rules[rule as usize].code, reason, rows));
    by_rules.chain(not_seen.iter().map(|(code, reason)| gap(code, reason, all))).collect()
}

/// A source of which nothing could be read.
fn rejected(rejection: qd_source::Rejection) -> Judged {
    let mut findings = rejection.findings;
    findings.sort();
    Judged {
        is_rejected: true,
        // Where the headings were not recognised, nobody knows what the file holds.
        is_quarantined: !rejection.quarantined.is_empty() || rejection.shape.is_none(),
        shape: rejection.shape.unwrap_or(Shape { sheet: rejection.sheet, ..Shape::default() }),
        rows: rejection.rows,
        findings,
        ..Judged::default()
    }
}

/// The columns by which a source's cells are judged.
struct Columns {
    /// Whether they forbid the use of the source, of which the cells are then looked at only to say all
    /// that is wrong at once.
    forbid_use: bool,
    /// The source's own; where they forbid its use, without those of which nobody knows which is meant.
    shape: Shape,
    /// Per field, whether there is one.
    present: Vec<bool>,
}

impl Columns {
    fn of(schema: &Schema, source: &qd_source::Source) -> Self {
        let forbid_use = source.findings.count(Severity::Reject) > 0;
        let mut shape = source.shape.clone();
        if forbid_use {
            let twice = source.findings.faults.iter().filter(|fault| &*fault.code == "duplicate-heading");
            let twice: Vec<&str> = twice.filter_map(|fault| fault.field.as_deref()).collect();
            for column in &mut shape.columns {
                column.field.take_if(|field| twice.contains(&field.as_str()));
            }
        }
        let has = |name: &String| shape.columns.iter().any(|column| column.field.as_ref() == Some(name));
        let present = schema.fields.iter().map(|field| has(&field.name)).collect();
        Self { forbid_use, shape, present }
    }

    /// The rules that need a column which the source has not, or has twice, by their numbers.
    fn rules_without<'s>(&'s self, subject: &'s Subject<'_>) -> impl Iterator<Item = u32> + 's {
        let rules = &subject.table.rules;
        (0..subject.table.schema.rules.len() as u32).filter(|rule| !self.have_all(rules.fields_of(*rule as usize)))
    }

    /// Whether rows can be judged by these fields. In a source that can be used, one without a column
    /// was not asked for.
    fn have_all(&self, fields: &[usize]) -> bool {
        !self.forbid_use || fields.iter().all(|field| self.present[*field])
    }
}

/// Makes errors of the findings of rules that have too many of them.
fn escalate_all(findings: &mut SourceFindings, rules_at: u32, schema: &Schema, rows: u64) {
    let limited = schema.rules.iter().enumerate().filter(|(_, rule)| rule.error_if.is_some());
    for (index, rule) in limited {
        let at = rules_at + index as u32;
        let found = findings.hits.iter().filter(|hit| hit.fault == at).count() as u64;
        escalate(&mut findings.faults[at as usize], rule, found, rows);
    }
}

/// Makes errors of a rule's findings where there are more of them than it allows.
pub(crate) fn escalate(fault: &mut Fault, rule: &Rule, findings: u64, rows: u64) {
    if !fault.trial && rule.error_if.is_some_and(|limit| limit.is_met(findings, rows)) {
        fault.severity = fault.severity.min(Severity::Error);
    }
}

/// The faults that can be told before the rows are read: the reader's, then those of cells, then the rules'.
struct Known {
    /// Where those of cells begin.
    checks_at: u32,
    /// Where the rules' begin.
    rules_at: u32,
    /// The place of each among those of one row.
    ranks: Vec<u32>,
    /// Whether each holds a row.
    holds: Vec<bool>,
}

impl Known {
    /// Adds the faults of cells and rules to those of the reader.
    fn of(findings: &mut SourceFindings, checks: &[Fault], rules: Vec<Fault>) -> Self {
        let checks_at = findings.faults.len() as u32;
        findings.faults.extend_from_slice(checks);
        let rules_at = findings.faults.len() as u32;
        findings.faults.extend(rules);
        let holds = findings.faults.iter().map(|fault| fault.severity == Severity::Error).collect();
        Self { checks_at, rules_at, ranks: ranks(&findings.faults), holds }
    }

    fn of_checks(&self, hits: Vec<Hit>) -> impl Iterator<Item = Hit> {
        hits.into_iter().map(|hit| Hit { fault: hit.fault + self.checks_at, ..hit })
    }

    fn of_rules(&self, hits: &[(u32, u32)]) -> impl Iterator<Item = Hit> {
        hits.iter().map(|(fault, row)| Hit { row: *row, fault: fault + self.rules_at, evidence: None })
    }

    /// All hits of a block, in the order of every report.
    fn in_order(&self, source: Vec<Hit>, checks: Vec<Hit>, rules: &[(u32, u32)]) -> Vec<Hit> {
        let mut hits = source;
        hits.reserve_exact(checks.len() + rules.len());
        hits.extend(self.of_checks(checks));
        hits.extend(self.of_rules(rules));
        hits.sort_by_key(|hit| (hit.row, self.ranks[hit.fault as usize]));
        hits
    }

    /// The rows of a block that are held, in rising order.
    fn held(&self, hits: &[Hit]) -> Vec<u32> {
        let holding = hits.iter().filter(|hit| hit.row > 0 && self.holds[hit.fault as usize]);
        let mut held: Vec<u32> = holding.map(|hit| hit.row).collect();
        held.dedup();
        held
    }
}

fn judge_block(
    position: usize,
    block: Block,
    subject: &Subject<'_>,
    checker: &Checker,
    known: &Known,
    taker: Option<&Taker<'_, '_>>,
) -> Part {
    let read = block.read();
    let judged = checker.chunk(&read.chunk);
    let outcome = subject.table.rules.judge(&judged.typed, subject.constants);
    let hits = known.in_order(read.hits, judged.hits, &outcome.hits);
    if let Some(taker) = taker {
        taker.take(position, &judged.typed, &known.held(&hits));
    }
    Part {
        position,
        rows: judged.typed.len() as u64,
        filled: filled_cells(&judged.typed),
        hits,
        not_judged: outcome.not_judged,
        keys: judged.keys,
        tidied: judged.tidied,
        typed: is_kept(subject).then(|| match subject.wanted {
            Some(wanted) => judged.typed.only(wanted),
            None => judged.typed,
        }),
    }
}

/// In how many rows of a block each field holds something, readable or not.
pub(crate) fn filled_cells(typed: &Typed) -> Vec<u64> {
    let columns = typed.batch.columns().iter().zip(&typed.unreadable);
    let filled = |(column, unreadable): (&ArrayRef, &Option<BooleanBuffer>)| {
        let unreadable = unreadable.as_ref().map_or(0, BooleanBuffer::count_set_bits);
        (column.len() - column.null_count() + unreadable) as u64
    };
    columns.map(filled).collect()
}

/// The same for all blocks, by field.
pub(crate) fn filled(schema: &Schema, parts: &[Vec<u64>]) -> Vec<Filled> {
    let fields = schema.fields.iter().enumerate();
    fields
        .map(|(index, field)| Filled {
            field: field.name.clone(),
            is_required: field.constraints.required,
            rows: parts.iter().map(|part| part[index]).sum(),
        })
        .collect()
}

/// Whether rows are kept until all of them are there: to go on, or because a rule over groups or a
/// reference within the table has to see them together.
fn is_kept(subject: &Subject<'_>) -> bool {
    subject.keep == Keep::Rows
        || subject.table.rules.has_groups()
        || subject.table.schema.foreign_keys.iter().any(is_own_reference)
}

/// Whether a reference can be judged by one source alone.
pub(crate) fn is_own_reference(key: &ForeignKey) -> bool {
    key.resource.is_none() && !key.all_partners
}

/// References within the table, where only its findings are wanted; a run judges them beside those
/// to other tables.
fn own_references(
    subject: &Subject<'_>,
    settings: &Settings<'_>,
    judged: &Judged,
    columns: &Columns,
) -> SourceFindings {
    let mut own = SourceFindings::default();
    if subject.keep == Keep::Rows {
        return own;
    }
    let has_all = |key: &ForeignKey| {
        let there = key.reference_fields.iter().filter_map(|name| subject.table.schema.index_of(name));
        columns.have_all(&key.fields) && columns.have_all(&there.collect::<Vec<_>>())
    };
    let schema = &subject.table.schema;
    let all: Vec<&Typed> = judged.typed.iter().collect();
    for key in schema.foreign_keys.iter().filter(|key| is_own_reference(key) && has_all(key)) {
        let rows = qd_check::foreign_key(schema, key, &judged.typed, schema, &all);
        let fault = own.faults.len() as u32;
        own.faults.push(qd_check::foreign_key_fault(schema, key, &judged.shape, settings));
        own.hits.extend(rows.into_iter().map(|row| Hit { row, fault, evidence: None }));
    }
    own
}

/// Gives findings of the reader the severities that the pipeline wants.
fn override_severities(findings: &mut SourceFindings, severities: &BTreeMap<String, Severity>) {
    for fault in &mut findings.faults {
        if let Some(severity) = severities.get(&*fault.code) {
            fault.severity = *severity;
        }
    }
}
