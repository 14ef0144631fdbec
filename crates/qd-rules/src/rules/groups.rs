//! Rules over groups of rows: judged when all rows of a source are there.

use super::{Compiled, NotJudged, RowRules, RuleOutcome, UNREADABLE, applies};
use crate::{Constants, borrow};
use arrow::array::BooleanArray;
use arrow::buffer::BooleanBuffer;
use polars::prelude::{DataFrame, Expr, IntoLazy, col, lit};
use qd_table::Typed;
use std::collections::BTreeSet;

/// Columns beside those of the fields.
const ROW: &str = "row";
const UNREAD: &str = "unread";

impl RowRules {
    /// Whether any rule is over groups, so that all rows of a source must be kept until
    /// [`RowRules::judge_groups`].
    pub fn has_groups(&self) -> bool {
        self.schema.rules.iter().any(|rule| !rule.group.is_empty())
    }

    /// Judges the rules over groups. `typed` is all of one source, in order. Every row of a group
    /// whose check is FALSE is a hit. With `when` a group has only the rows for which that is TRUE. A
    /// row in which a part of the group is blank belongs to no group; a group in which a cell that
    /// the rule names could not be read is not judged.
    pub fn judge_groups(&self, typed: &[Typed], constants: &Constants) -> RuleOutcome {
        let mut outcome = RuleOutcome::default();
        let rows: u64 = typed.iter().map(|part| part.len() as u64).sum();
        for (index, (rule, compiled)) in self.schema.rules.iter().zip(self.rules.iter()).enumerate() {
            if rule.group.is_empty() || rows == 0 || !applies(rule, constants) {
                continue;
            }
            match compiled.lacks(constants) {
                Some(reason) => outcome.not_judged.push(NotJudged { rule: index as u32, reason, rows }),
                None => compiled.judge_group(index as u32, &rule.group, typed, constants, &mut outcome),
            }
        }
        outcome
    }
}

impl Compiled {
    fn judge_group(
        &self,
        rule: u32,
        group: &[usize],
        typed: &[Typed],
        constants: &Constants,
        outcome: &mut RuleOutcome,
    ) {
        let mut unread_keys = 0;
        let mut all: Option<DataFrame> = None;
        for part in typed {
            let frame = self.frame(group, part, &mut unread_keys);
            match &mut all {
                None => all = Some(frame),
                Some(all) => {
                    all.vstack_mut(&frame).expect("every chunk has the same columns");
                }
            }
        }
        let keys: Vec<Expr> = group.iter().map(|field| col(borrow::name(*field))).collect();
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
        if not_judged > 0 {
            outcome.not_judged.push(NotJudged { rule, reason: UNREADABLE, rows: not_judged });
        }
        let hits = broken.values() & &!left.values();
        outcome.hits.extend(hits.set_indices().map(|at| (rule, rows[at].expect("every row has its number"))));
    }

    /// The fields that the rule names, with the row of each and whether one of them could not be
    /// read. A row of which a part of the key could not be read is in no group, and is counted.
    fn frame(&self, group: &[usize], part: &Typed, unread_keys: &mut u64) -> DataFrame {
        let either = |fields: &mut dyn Iterator<Item = usize>| {
            let bits = fields.filter_map(|field| part.unreadable[field].as_ref());
            bits.fold(BooleanBuffer::new_unset(part.len()), |all, bits| &all | bits)
        };
        *unread_keys += either(&mut group.iter().copied()).count_set_bits() as u64;
        let unread = either(&mut self.judged.iter().copied().filter(|field| !group.contains(field)));
        let fields: BTreeSet<usize> = self.judged.iter().copied().collect();
        let mut frame = borrow::frame(part, fields);
        let beside = [borrow::booleans(UNREAD, &BooleanArray::new(unread, None)), borrow::rows(ROW, &part.rows)];
        frame.hstack_mut(&beside).expect("every column is as long as the rows, under a name of its own");
        frame
    }
}
