//! The rows of a source, judged block by block on all threads, and what all of them come to.

use super::{Keep, Subject, is_own_reference};
use crate::normalised::{self, Tidied};
use crate::streams::Taker;
use arrow::array::{Array, ArrayRef};
use arrow::buffer::BooleanBuffer;
use qd_check::{Checker, Keys};
use qd_model::Severity;
use qd_model::finding::{Fault, Hit, SourceFindings, ranks};
use qd_model::report::Filled;
use qd_model::schema::Schema;
use qd_rules::NotJudged;
use qd_source::{Block, Source};
use qd_table::Typed;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// The faults that can be told before the rows are read: the reader's, then those of cells, then the rules'.
pub(super) struct Known {
    /// Where those of cells begin.
    pub(super) checks_at: u32,
    /// Where the rules' begin.
    pub(super) rules_at: u32,
    /// The place of each among those of one row.
    ranks: Vec<u32>,
    /// Whether each holds a row.
    holds: Vec<bool>,
}

impl Known {
    /// Adds the faults of cells and rules to those of the reader.
    pub(super) fn of(findings: &mut SourceFindings, checks: &[Fault], rules: Vec<Fault>) -> Self {
        let checks_at = findings.faults.len() as u32;
        findings.faults.extend_from_slice(checks);
        let rules_at = findings.faults.len() as u32;
        findings.faults.extend(rules);
        let holds = findings.faults.iter().map(|fault| fault.severity == Severity::Error).collect();
        Self { checks_at, rules_at, ranks: ranks(&findings.faults), holds }
    }

    pub(super) fn of_checks(&self, hits: Vec<Hit>) -> impl Iterator<Item = Hit> {
        hits.into_iter().map(|hit| Hit { fault: hit.fault + self.checks_at, ..hit })
    }

    pub(super) fn of_rules(&self, hits: &[(u32, u32)]) -> impl Iterator<Item = Hit> {
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

/// What the blocks of a source are judged by.
pub(super) struct Judging<'a> {
    pub(super) subject: &'a Subject<'a>,
    pub(super) checker: &'a Checker,
    pub(super) known: &'a Known,
    pub(super) taker: Option<&'a Taker<'a, 'a>>,
}

impl Judging<'_> {
    /// Judges all blocks in parallel; what they come to is in the order of the file.
    pub(super) fn all(&self, source: &mut Source) -> Vec<Part> {
        let blocks = source.blocks().enumerate().par_bridge();
        let mut parts: Vec<Part> = blocks.map(|(position, block)| self.block(position, block)).collect();
        parts.sort_unstable_by_key(|part| part.position);
        parts
    }

    fn block(&self, position: usize, block: Block) -> Part {
        let subject = self.subject;
        let read = block.read();
        let judged = self.checker.chunk(&read.chunk);
        let outcome = subject.table.rules.judge(&judged.typed, subject.constants);
        let hits = self.known.in_order(read.hits, judged.hits, &outcome.hits);
        if let Some(taker) = self.taker {
            taker.take(position, &judged.typed, &self.known.held(&hits));
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
}

/// What one block of rows came to.
pub(super) struct Part {
    position: usize,
    typed: Option<Typed>,
    rows: u64,
    filled: Vec<u64>,
    /// In the order of every report; faults are those that were known before.
    hits: Vec<Hit>,
    not_judged: Vec<NotJudged>,
    keys: Keys,
    tidied: Tidied,
}

/// What all blocks of a source came to.
pub(super) struct Rows {
    pub(super) findings: SourceFindings,
    /// The rows themselves, where they are kept.
    pub(super) typed: Vec<Typed>,
    pub(super) count: u64,
    pub(super) filled: Vec<Filled>,
    pub(super) keys: Vec<Keys>,
    /// How many rows each rule could not judge, and why.
    pub(super) not_judged: BTreeMap<(u32, &'static str), u64>,
    pub(super) tidied: Tidied,
}

impl Rows {
    /// Puts together what the blocks came to; what was found before them stays.
    pub(super) fn together(schema: &Schema, findings: SourceFindings, mut parts: Vec<Part>) -> Self {
        let filled_in: Vec<Vec<u64>> = parts.iter_mut().map(|part| std::mem::take(&mut part.filled)).collect();
        let mut rows = Self {
            findings,
            typed: Vec::new(),
            count: parts.iter().map(|part| part.rows).sum(),
            filled: filled(schema, &filled_in),
            keys: Vec::with_capacity(parts.len()),
            not_judged: BTreeMap::new(),
            tidied: Tidied::new(),
        };
        for part in parts {
            rows.findings.hits.add_piece(part.hits);
            rows.add_gaps(part.not_judged);
            rows.keys.push(part.keys);
            normalised::add(&mut rows.tidied, part.tidied);
            rows.typed.extend(part.typed);
        }
        rows
    }

    pub(super) fn add_gaps(&mut self, gaps: Vec<NotJudged>) {
        for gap in gaps {
            *self.not_judged.entry((gap.rule, gap.reason)).or_default() += gap.rows;
        }
    }

    /// Takes back what a rule said without a column that it needs.
    pub(super) fn leave_out(&mut self, rule: u32, known: &Known) {
        self.findings.hits.retain(|hit| hit.fault != known.rules_at + rule);
        self.not_judged.retain(|(other, _), _| *other != rule);
        self.not_judged.insert((rule, "a column that it needs is missing, or there twice"), self.count);
    }
}

/// Whether rows are kept until all of them are there: to go on, or because a rule over groups or a
/// reference within the table has to see them together.
fn is_kept(subject: &Subject<'_>) -> bool {
    subject.keep == Keep::Rows
        || subject.table.rules.has_groups()
        || subject.table.schema.foreign_keys.iter().any(is_own_reference)
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
