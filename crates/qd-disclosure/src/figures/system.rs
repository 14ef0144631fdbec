//! Counts and the sums between them as whole numbers: whether a reader can rule a value out.

use super::{Difference, Figures};
use std::collections::VecDeque;

/// More people than there are: what has no limit is held below it.
pub(super) const NO_LIMIT: i64 = 1_000_000_000;
/// How many numbers a search may try before it counts as having failed.
const PATIENCE: u32 = 400;
/// How often bounds may be drawn in for one number that is tried.
const DRAWS: u32 = 20_000;

/// Sums between counts. The counts come first, then one entry per difference.
pub(super) struct System {
    /// What each really is.
    truth: Vec<i64>,
    rows: Vec<Row>,
    /// The rows in which each stands.
    of: Vec<Vec<usize>>,
}

/// Terms that add up to nought, or to nought at most.
struct Row {
    terms: Vec<(usize, i64)>,
    is_equal: bool,
}

/// The bounds that a reader has for each entry.
#[derive(Clone)]
pub(super) struct Bounds {
    pub(super) low: Vec<i64>,
    pub(super) high: Vec<i64>,
}

impl System {
    pub(super) fn new(figures: &Figures, differences: &[Difference]) -> Self {
        let mut truth: Vec<i64> = figures.figures.iter().map(|figure| figure.count as i64).collect();
        let mut rows = Vec::new();
        for relation in &figures.relations {
            let (head, others) = relation.sides();
            let others = others.iter().map(|other| (*other, -1));
            let terms = std::iter::once((head, 1)).chain(others).collect();
            rows.push(Row { terms, is_equal: relation.is_sum() });
        }
        for difference in differences {
            let entry = truth.len();
            truth.push(truth[difference.one] - truth[difference.other]);
            rows.push(Row { terms: vec![(difference.one, 1), (difference.other, -1), (entry, -1)], is_equal: true });
        }
        let mut of = vec![Vec::new(); truth.len()];
        for (index, row) in rows.iter().enumerate() {
            for (entry, _) in &row.terms {
                of[*entry].push(index);
            }
        }
        Self { truth, rows, of }
    }

    /// What an entry really is.
    pub(super) fn truth(&self, entry: usize) -> i64 {
        self.truth[entry]
    }

    /// Entries that stand in a row with this one, in order.
    pub(super) fn neighbours(&self, entry: usize) -> impl Iterator<Item = usize> {
        self.of[entry].iter().flat_map(|row| self.rows[*row].terms.iter().map(|(other, _)| *other))
    }

    /// Whether whole numbers within the bounds, one of them this value, fit all sums: then no reader can
    /// rule the value out. Numbers that were found are proof; that none were found is not.
    pub(super) fn can_be(&self, bounds: &Bounds, entry: usize, value: i64) -> bool {
        if !(bounds.low[entry]..=bounds.high[entry]).contains(&value) {
            return false;
        }
        let mut search = Search { system: self, bounds: bounds.clone(), trail: Vec::new(), patience: PATIENCE };
        search.fix(entry, value) && search.repair()
    }
}

/// A search for numbers that fit, from the true ones outwards.
struct Search<'a> {
    system: &'a System,
    bounds: Bounds,
    /// Bounds as they were, to go back to.
    trail: Vec<(usize, i64, i64)>,
    patience: u32,
}

impl Search<'_> {
    /// The number of an entry that is nearest to the true one.
    fn nearest(&self, entry: usize) -> i64 {
        self.system.truth[entry].clamp(self.bounds.low[entry], self.bounds.high[entry])
    }

    /// How far a row is from fitting with the nearest numbers.
    fn excess(&self, row: &Row) -> i64 {
        let sum: i64 = row.terms.iter().map(|(entry, sign)| sign * self.nearest(*entry)).sum();
        if row.is_equal { sum } else { sum.max(0) }
    }

    /// Moves one number after another until every row fits.
    fn repair(&mut self) -> bool {
        let system = self.system;
        let Some((row, excess)) =
            system.rows.iter().map(|row| (row, self.excess(row))).find(|(_, excess)| *excess != 0)
        else {
            return true;
        };
        // The entry with the most room takes up the difference, if it can.
        let room = |(entry, sign): &(usize, i64)| {
            let number = self.nearest(*entry);
            if excess * sign > 0 { number - self.bounds.low[*entry] } else { self.bounds.high[*entry] - number }
        };
        let mut terms: Vec<(i64, usize, i64)> =
            row.terms.iter().map(|term| (room(term), term.0, term.1)).filter(|(room, ..)| *room > 0).collect();
        terms.sort_by_key(|(room, entry, _)| (std::cmp::Reverse(*room), *entry));
        for (room, entry, sign) in terms {
            if self.patience == 0 {
                return false;
            }
            self.patience -= 1;
            let step = excess.abs().min(room) * (excess * sign).signum();
            let (mark, number) = (self.trail.len(), self.nearest(entry) - step);
            if self.fix(entry, number) && self.repair() {
                return true;
            }
            self.go_back(mark);
        }
        false
    }

    fn go_back(&mut self, mark: usize) {
        while self.trail.len() > mark {
            let (entry, low, high) = self.trail.pop().expect("the trail is longer than the mark");
            (self.bounds.low[entry], self.bounds.high[entry]) = (low, high);
        }
    }

    /// Holds an entry to a value, and draws in all bounds that follow from it. Whether something is left.
    fn fix(&mut self, entry: usize, value: i64) -> bool {
        self.narrow(entry, value, value);
        let mut waiting: VecDeque<usize> = self.system.of[entry].iter().copied().collect();
        let mut draws = 0;
        while let Some(row) = waiting.pop_front() {
            draws += 1;
            if draws > DRAWS {
                return false;
            }
            let Some(changed) = self.draw_in(row) else { return false };
            for row in changed.iter().flat_map(|entry| &self.system.of[*entry]) {
                if !waiting.contains(row) {
                    waiting.push_back(*row);
                }
            }
        }
        true
    }

    fn narrow(&mut self, entry: usize, low: i64, high: i64) {
        self.trail.push((entry, self.bounds.low[entry], self.bounds.high[entry]));
        (self.bounds.low[entry], self.bounds.high[entry]) = (low, high);
    }

    /// Draws in the bounds of a row's entries. Answers which changed, or nothing where none fit.
    fn draw_in(&mut self, row: usize) -> Option<Vec<usize>> {
        let row = &self.system.rows[row];
        let bounds = |search: &Self, (entry, sign): &(usize, i64)| {
            let (low, high) = (search.bounds.low[*entry], search.bounds.high[*entry]);
            if *sign > 0 { (low, high) } else { (-high, -low) }
        };
        let (mut least, mut most) = (0, 0);
        for term in &row.terms {
            let (low, high) = bounds(self, term);
            (least, most) = (least + low, most + high);
        }
        if least > 0 || (row.is_equal && most < 0) {
            return None;
        }
        let mut changed = Vec::new();
        for term in &row.terms {
            let (low, high) = bounds(self, term);
            let new_high = high.min(low - least);
            let new_low = if row.is_equal { low.max(high - most) } else { low };
            if new_low > new_high {
                return None;
            }
            if (new_low, new_high) != (low, high) {
                let (low, high) = if term.1 > 0 { (new_low, new_high) } else { (-new_high, -new_low) };
                self.narrow(term.0, low, high);
                changed.push(term.0);
            }
        }
        Some(changed)
    }
}
