//! Rules over a row and what stands beside it: the same record in the period before, or rows of another
//! table of the submission. Rows meet by their keys, as texts.

use super::groups::{place, starts, unread};
use super::guard::guarded;
use super::{Compiled, FAULT, NotJudged, RowRules, UNREADABLE};
use crate::Constants;
use crate::borrow::{self, HERE, ROW, UNREAD};
use arrow::array::BooleanArray;
use arrow::buffer::BooleanBuffer;
use polars::prelude::{Column, DataFrame, Expr, IntoLazy, JoinArgs, JoinType, col, lit};
use qd_table::Typed;

/// A row among several chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The chunk.
    pub part: usize,
    /// The row in it, counted from 0.
    pub row: usize,
}

/// What a rule says of records that are not sent any more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vanished {
    /// Where the records stand among the rows of the period before, in order.
    pub places: Vec<Place>,
    /// What was not judged.
    pub not_judged: Option<NotJudged>,
}

/// Which rows belong together: fields of the rows, and of those beside.
#[derive(Debug, Clone, Copy)]
struct Meeting<'a> {
    own: &'a [usize],
    others: &'a [usize],
}

impl RowRules {
    /// Judges one rule on rows beside others that they meet by their keys; `own` and `others` are the
    /// key's fields here and there. A row that meets several is judged beside each of them, one that
    /// meets none is not judged. A rule that asks what they come to is judged once for each row, also
    /// where it meets none: then COUNT is 0, and SUM, MIN and MAX are NULL. A row of which the key is
    /// blank is not judged; nor is any where a key over there could not be read, since that row may
    /// be one of those that any row here meets.
    pub fn judge_beside(
        &self,
        rule: usize,
        own: (&[&Typed], &[usize]),
        others: (&[&Typed], &[usize]),
        constants: &Constants,
    ) -> (Vec<Place>, Option<NotJudged>) {
        let Some(compiled) = self.rule_in_force(rule, constants) else { return (Vec::new(), None) };
        let rows = count(own.0);
        let left = |reason, rows| Some(NotJudged { rule: rule as u32, reason, rows });
        if let Some(reason) = compiled.lacks(constants) {
            return (Vec::new(), left(reason, rows));
        }
        let meeting = Meeting { own: own.1, others: others.1 };
        let mut keys_there = others.0.iter().map(|part| unread(part, meeting.others.iter().copied()));
        if compiled.has_aggregates() && keys_there.any(|bits| bits.count_set_bits() > 0) {
            return (Vec::new(), left(UNREADABLE, rows));
        }
        let fields = self.schema.fields.len();
        let judged = guarded(|| compiled.broken_beside(fields, own.0, others.0, meeting, constants));
        let Some((mut hits, unread_there)) = judged else { return (Vec::new(), left(FAULT, rows)) };
        let unreadable = compiled.unreadable(own.0, meeting.own) + unread_there;
        hits.sort_unstable();
        hits.dedup();
        let starts = starts(own.0);
        let places = hits.into_iter().map(|at| place(&starts, at)).collect();
        (places, if unreadable > 0 { left(UNREADABLE, unreadable) } else { None })
    }

    /// Judges one rule on the records of the period before that no row of this one has the key of.
    /// Where a key could not be read, that row may be any of them, and none is judged.
    pub fn judge_vanished(
        &self,
        rule: usize,
        key: &[usize],
        own: &[&Typed],
        previous: &[&Typed],
        constants: &Constants,
    ) -> Vanished {
        let Some(compiled) = self.rule_in_force(rule, constants) else { return Vanished::default() };
        let left = |reason| {
            let not_judged = Some(NotJudged { rule: rule as u32, reason, rows: count(previous) });
            Vanished { places: Vec::new(), not_judged }
        };
        if let Some(reason) = compiled.lacks(constants) {
            return left(reason);
        }
        if own.iter().any(|part| unread(part, key.iter().copied()).count_set_bits() > 0) {
            return left(UNREADABLE);
        }
        let fields = self.schema.fields.len();
        let Some(mut hits) = guarded(|| compiled.broken_alone(fields, key, own, previous, constants)) else {
            return left(FAULT);
        };
        hits.sort_unstable();
        hits.dedup();
        let starts = starts(previous);
        Vanished { places: hits.into_iter().map(|at| place(&starts, at)).collect(), not_judged: None }
    }

    fn rule_in_force(&self, rule: usize, constants: &Constants) -> Option<&Compiled> {
        self.in_force(constants).find(|(index, _)| *index == rule).map(|(_, (_, compiled))| compiled)
    }
}

fn count(parts: &[&Typed]) -> u64 {
    parts.iter().map(|part| part.len() as u64).sum()
}

fn key_name(at: usize) -> String {
    format!("key{at}")
}

fn key_names(count: usize) -> Vec<Expr> {
    (0..count).map(|at| col(key_name(at))).collect()
}

fn keys(part: &Typed, fields: &[usize]) -> impl Iterator<Item = Column> {
    fields.iter().enumerate().map(|(at, field)| borrow::as_texts(&key_name(at), part, *field))
}

/// One frame of the frames of several chunks.
fn stacked(frames: impl Iterator<Item = DataFrame>) -> Option<DataFrame> {
    frames.reduce(|mut all, frame| {
        all.vstack_mut(&frame).expect("every chunk has the same columns");
        all
    })
}

fn frame(rows: usize, columns: Vec<Column>) -> DataFrame {
    DataFrame::new(rows, columns).expect("every column is as long as the rows, under a name of its own")
}

impl Compiled {
    /// In how many rows a cell that the rule names, or a part of the key, could not be read.
    fn unreadable(&self, parts: &[&Typed], key: &[usize]) -> u64 {
        let fields = || self.fields.iter().chain(key).copied();
        parts.iter().map(|part| unread(part, fields()).count_set_bits() as u64).sum()
    }

    /// Own rows with their numbers, keys and the fields that the rule names.
    fn own(&self, own: &[&Typed], meeting: Meeting<'_>) -> Option<DataFrame> {
        stacked(own.iter().zip(starts(own)).map(|(part, start)| {
            let named = || self.fields.iter().chain(meeting.own).copied();
            let mut columns = vec![
                borrow::numbers_from(ROW, start, part.len()),
                borrow::booleans(UNREAD, &BooleanArray::new(unread(part, named()), None)),
            ];
            columns.extend(borrow::columns_behind(part, 0, &self.judged));
            columns.extend(keys(part, meeting.own));
            frame(part.len(), columns)
        }))
    }

    /// The numbers of the rows that are broken beside any row that they meet, or by what all of those
    /// come to; and of how many rows a cell in those that they meet could not be read.
    fn broken_beside(
        &self,
        fields: usize,
        own: &[&Typed],
        others: &[&Typed],
        meeting: Meeting<'_>,
        constants: &Constants,
    ) -> (Vec<u32>, u64) {
        const UNREAD_THERE: &str = "unread there";
        let of_others = others.iter().map(|part| {
            let cells = unread(part, self.of_others.iter().copied());
            let mut columns = vec![
                borrow::booleans(HERE, &BooleanArray::from(vec![true; part.len()])),
                borrow::booleans(UNREAD_THERE, &BooleanArray::new(cells, None)),
            ];
            columns.extend(borrow::columns_behind(part, fields, &self.of_others));
            columns.extend(keys(part, meeting.others));
            frame(part.len(), columns)
        });
        let (Some(own), Some(others)) = (self.own(own, meeting), stacked(of_others)) else {
            return (Vec::new(), 0);
        };
        let on = key_names(meeting.own.len());
        let whole = on.iter().map(|key| key.clone().is_not_null()).reduce(Expr::and).expect("a key has fields");
        let there = col(UNREAD_THERE).fill_null(lit(false));
        let (join, there) = if self.has_aggregates() {
            (JoinType::Left, there.any(true).over([col(ROW)]).expect("a row has its number"))
        } else {
            (JoinType::Inner, there)
        };
        let judged = own
            .lazy()
            .without_optimizations()
            .join(others.lazy(), &on, &on, JoinArgs::new(join))
            .select_seq([
                col(ROW),
                whole.and(col(UNREAD).not()).alias("judged"),
                there.alias("there"),
                self.broken(constants).alias("broken"),
            ])
            .collect()
            .expect("a checked expression cannot fail over rows of its schemas");
        let columns = judged.columns();
        let rows = columns[0].u32().expect("rows are numbered so").to_vec();
        let bits = |at: usize| borrow::give_back(&columns[at], rows.len()).values().clone();
        let at = |bits: &BooleanBuffer| -> Vec<u32> {
            bits.set_indices().map(|at| rows[at].expect("every row has its number")).collect()
        };
        let (judged, there) = (bits(1), bits(2));
        let mut unread = at(&(&judged & &there));
        unread.sort_unstable();
        unread.dedup();
        (at(&(&(&judged & &bits(3)) & &!&there)), unread.len() as u64)
    }

    /// The numbers of the records before that no row now has the key of, and that are broken.
    fn broken_alone(
        &self,
        fields: usize,
        key: &[usize],
        own: &[&Typed],
        previous: &[&Typed],
        constants: &Constants,
    ) -> Vec<u32> {
        let before = previous.iter().zip(starts(previous)).map(|(part, start)| {
            let mut columns = vec![borrow::numbers_from(ROW, start, part.len())];
            columns.extend(borrow::columns_behind(part, fields, &self.of_others));
            columns.extend(keys(part, key));
            frame(part.len(), columns)
        });
        let now = own.iter().map(|part| {
            let here = BooleanArray::from(vec![true; part.len()]);
            let mut columns = vec![borrow::booleans(HERE, &here)];
            columns.extend(keys(part, key));
            frame(part.len(), columns)
        });
        let (Some(before), now) = (stacked(before), stacked(now)) else { return Vec::new() };
        let on = key_names(key.len());
        let whole = on.iter().map(|key| key.clone().is_not_null()).reduce(Expr::and).expect("a key has fields");
        let before = before.lazy().without_optimizations().filter(whole);
        let gone = match now {
            None => before,
            Some(now) => before.join(now.lazy(), &on, &on, JoinArgs::new(JoinType::Left)).filter(col(HERE).is_null()),
        };
        let judged = gone
            .filter(self.broken(constants).or(lit(false)))
            .select_seq([col(ROW)])
            .collect()
            .expect("a checked expression cannot fail over rows of its schemas");
        judged.columns()[0].u32().expect("rows are numbered so").iter().flatten().collect()
    }
}
