//! One source: opened, read in parallel, checked cell by cell and row by row.

mod columns;
mod rows;

pub(crate) use rows::{filled, filled_cells};

use crate::load::LoadedTable;
use crate::normalised;
use crate::parts::PartOf;
use crate::streams::Taker;
use columns::Columns;
use qd_check::{Checker, Settings};
use qd_model::Severity;
use qd_model::finding::{Fault, Hit, ShowValues, SourceFindings};
use qd_model::report::{Filled, NotChecked};
use qd_model::schema::{ForeignKey, Rule, Schema};
use qd_rules::Constants;
use qd_source::{Look, Opened, Place, Request};
use qd_table::{Shape, Typed};
use rows::{Judging, Known, Rows};
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
    let judging = Judging { subject, checker: &checker, known: &known, taker };
    let parts = judging.all(&mut source);
    if source.is_misread() {
        return None;
    }
    subject.taker.inspect(|it| it.end(if taker.is_some() { parts.len() } else { 0 }));

    let mut rows = Rows::together(schema, findings, parts);
    rows.findings.hits.extend(known.of_checks(checker.keys(&rows.keys)));
    let over_groups = subject.table.rules.judge_groups(&rows.typed, subject.constants);
    rows.findings.hits.extend(known.of_rules(&over_groups.hits));
    rows.add_gaps(over_groups.not_judged);
    rows.findings.extend(own_references(subject, &settings, &rows.typed, &source.shape, &columns));
    if subject.keep == Keep::Findings || columns.forbid_use {
        rows.typed.clear();
    }
    for rule in columns.rules_without(subject) {
        rows.leave_out(rule, &known);
    }
    let (shape, not_seen) = (source.shape.clone(), source.not_seen);
    let is_quarantined = !source.quarantined.is_empty();
    let mut late = source.finish();
    if !columns.forbid_use {
        override_severities(&mut late, subject.severities);
    }
    let Rows { mut findings, typed, count, filled, keys, not_judged, tidied } = rows;
    findings.extend(late);
    findings.extend(normalised::notes(schema, &shape, subject.severities, &tidied));
    escalate_all(&mut findings, known.rules_at, schema, count);
    findings.sort();
    Some(Judged {
        look,
        typed,
        rows: count,
        filled: if columns.forbid_use { Vec::new() } else { filled },
        is_rejected: columns.forbid_use || findings.count(Severity::Reject) > 0,
        is_quarantined,
        not_checked: gaps(schema, not_judged, not_seen, count),
        part: subject.is_part.then(|| PartOf {
            mark: subject.place.mark(),
            faults_at: known.checks_at,
            keys: checker.part_keys(keys),
        }),
        shape,
        findings,
    })
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

/// Whether a reference can be judged by one source alone.
pub(crate) fn is_own_reference(key: &ForeignKey) -> bool {
    key.resource.is_none() && !key.all_partners
}

/// References within the table, where only its findings are wanted; a run judges them beside those
/// to other tables.
fn own_references(
    subject: &Subject<'_>,
    settings: &Settings<'_>,
    typed: &[Typed],
    shape: &Shape,
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
    let all: Vec<&Typed> = typed.iter().collect();
    for key in schema.foreign_keys.iter().filter(|key| is_own_reference(key) && has_all(key)) {
        let rows = qd_check::foreign_key(schema, key, typed, schema, &all);
        let fault = own.faults.len() as u32;
        own.faults.push(qd_check::foreign_key_fault(schema, key, shape, settings));
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
