//! Rules over groups of rows: judged when all rows of a source are there.

use super::guard::guarded;
use super::{Compiled, FAULT, NotJudged, Place, RowRules, RuleOutcome, UNREADABLE};
use crate::Constants;
use crate::borrow::{self, ROW, UNREAD};
use crate::expression::{Across, keys};
use arrow::array::BooleanArray;
use arrow::buffer::BooleanBuffer;
use polars::prelude::{DataFrame, Expr, IntoLazy, col, lit};
use qd_model::schema::Over;
use qd_table::Typed;
use std::collections::BTreeSet;

impl RowRules {
    /// Whether any rule is over groups of a source's rows, so that all of them must be kept until
    /// [`RowRules::judge_groups`].
    pub fn has_groups(&self) -> bool {
        self.schema.rules.iter().any(|rule| !rule.group.is_empty() && rule.over == Over::Source)
    }

    /// Judges the rules over groups. `typed` is all of one source, in order. Every row of a group
    /// whose check is FALSE is a hit. With `when` a group has only the rows for which that is TRUE. A
    /// row in which a part of the group is blank belongs to no group; a group in which a cell that
    /// the rule names could not be read is not judged.
    pub fn judge_groups(&self, typed: &[Typed], constants: &Constants) -> RuleOutcome {
        let mut outcome = RuleOutcome::default();
        let rules = self.in_force(constants).filter(|(_, (rule, _))| rule.over == Over::Source);
        let rules: Vec<usize> = rules.filter(|(_, (rule, _))| !rule.group.is_empty()).map(|(index, _)| index).collect();
        if rules.is_empty() {
            return outcome;
        }
        let parts: Vec<&Typed> = typed.iter().collect();
        for index in rules {
            let (places, not_judged) = self.judge_group(index, &parts, constants);
            let row = |place: Place| typed[place.part].rows.value(place.row);
            outcome.hits.extend(places.into_iter().map(|place| (index as u32, row(place))));
            outcome.not_judged.extend(not_judged);
        }
        outcome
    }

    /// Judges one rule over groups of the rows of several sources together: all partners' sources of
    /// a table. Where the groups are people, a row of nobody known belongs to none.
    pub fn judge_partners(
        &self,
        rule: usize,
        parts: &[&Typed],
        constants: &Constants,
    ) -> (Vec<Place>, Option<NotJudged>) {
        if !self.in_force(constants).any(|(index, _)| index == rule) {
            return (Vec::new(), None);
        }
        self.judge_group(rule, parts, constants)
    }

    fn judge_group(&self, index: usize, parts: &[&Typed], constants: &Constants) -> (Vec<Place>, Option<NotJudged>) {
        let rows: u64 = parts.iter().map(|part| part.len() as u64).sum();
        if rows == 0 {
            return (Vec::new(), None);
        }
        let rule = index as u32;
        if let Some(reason) = self.rule(index).lacks(constants) {
            return (Vec::new(), Some(NotJudged { rule, reason, rows }));
        }
        let across = super::across(&self.schema.rules[index]).expect("only rules over groups are judged here");
        let Some((hits, unread)) = guarded(|| self.rule(index).judge_group(&across, parts, constants)) else {
            return (Vec::new(), Some(NotJudged { rule, reason: FAULT, rows }));
        };
        let starts = starts(parts);
        let hits = hits.into_iter().map(|at| place(&starts, at)).collect();
        (hits, (unread > 0).then_some(NotJudged { rule, reason: UNREADABLE, rows: unread }))
    }
}

/// The rows in which one of some fields could not be read.
pub(super) fn unread(part: &Typed, fields: impl Iterator<Item = usize>) -> BooleanBuffer {
    let bits = fields.filter_map(|field| part.unreadable[field].as_ref());
    bits.fold(BooleanBuffer::new_unset(part.len()), |all, bits| &all | bits)
}

/// The number of each part's first row, counted through all of them.
pub(super) fn starts(parts: &[&Typed]) -> Vec<u32> {
    let lengths = parts.iter().map(|part| part.len() as u32);
    lengths
        .scan(0, |next, length| {
            let start = *next;
            *next += length;
            Some(start)
        })
        .collect()
}

/// Where the row of a number stands.
pub(super) fn place(starts: &[u32], at: u32) -> Place {
    let part = starts.partition_point(|start| *start <= at) - 1;
    Place { part, row: (at - starts[part]) as usize }
}

impl Compiled {
    /// The numbers of the rows that are hits, and how many rows could not be judged.
    fn judge_group(&self, across: &Across, parts: &[&Typed], constants: &Constants) -> (Vec<u32>, u64) {
        let mut unread_keys = 0;
        let mut all: Option<DataFrame> = None;
        for (part, start) in parts.iter().zip(starts(parts)) {
            let frame = self.frame(across, part, start, &mut unread_keys);
            match &mut all {
                None => all = Some(frame),
                Some(all) => {
                    all.vstack_mut(&frame).expect("every chunk has the same columns");
                }
            }
        }
        let keys = keys(across);
        let in_group = keys.iter().map(|key| key.clone().is_not_null()).reduce(Expr::and).expect("a group has fields");
        let wanted = self.when.as_ref().map_or(lit(true), |when| {
            // What could not be read may have been TRUE; the group is then left alone.
            when.lowered(constants).fill_null(lit(false)).or(col(UNREAD))
        });
        let unread = col(UNREAD).any(true).over(&keys).expect("a group has fields");
        let broken = self.check.lowered(constants).not().fill_null(lit(false));
        let judged = all
            .expect("there are rows")
            .lazy()
            .without_optimizations()
            .filter(in_group.and(wanted))
            .select_seq([col(ROW), unread.alias("left"), broken.alias("broken")])
            .collect()
            .expect("a checked expression cannot fail over rows of its schema");
        let columns = judged.columns();
        let rows = columns[0].u32().expect("rows are numbered so").to_vec();
        let left = borrow::give_back(&columns[1], rows.len());
        let broken = borrow::give_back(&columns[2], rows.len());
        let not_judged = left.values().count_set_bits() as u64 + unread_keys;
        let hits = broken.values() & &!left.values();
        (hits.set_indices().map(|at| rows[at].expect("every row has its number")).collect(), not_judged)
    }

    /// The fields that the rule names, with the row of each and whether one of them could not be
    /// read. A row of which a part of the key could not be read is in no group, and is counted.
    fn frame(&self, across: &Across, part: &Typed, start: u32, unread_keys: &mut u64) -> DataFrame {
        let group = if let Across::Group(fields) = across { fields.as_slice() } else { &[] };
        *unread_keys += unread(part, group.iter().copied()).count_set_bits() as u64;
        let unread = unread(part, self.judged.iter().copied().filter(|field| !group.contains(field)));
        let fields: BTreeSet<usize> = self.judged.iter().copied().collect();
        let mut frame = borrow::frame(part, fields);
        let beside =
            [borrow::booleans(UNREAD, &BooleanArray::new(unread, None)), borrow::numbers_from(ROW, start, part.len())];
        frame.hstack_mut(&beside).expect("every column is as long as the rows, under a name of its own");
        if *across == Across::Person {
            frame.hstack_mut(&[borrow::people(part)]).expect("every row has a person or nobody");
        }
        frame
    }
}
