//! Counts of people as a reader sees them together: what each is, what holds between them, and how much
//! of it may be shown so that no small count can be worked out.
//!
//! The reader that is guarded against knows the rule, all that is shown now and all that was ever
//! released, which sets lie within which, and of every suppressed count whether it was suppressed for
//! being small. Architecture invariant: [`suppress`] and [`audit`] share no arithmetic. The one looks for
//! whole numbers that a reader could not rule out, the other solves for the range of each.

mod audit;
mod gathered;
mod mean;
mod over_time;
mod released;
mod rule;
mod suppress;
mod system;
mod told;

#[cfg(test)]
mod examples;
#[cfg(test)]
mod random;

pub use audit::{Narrow, audit};
pub use gathered::{Gathered, Past, PastFigure};
pub use mean::{ReleasedMean, mean};
pub use over_time::{Before, When, set};
pub use released::{Released, ReleasedCount, ReleasedShare, release};
pub use rule::{Range, Shown, is_small, rounded};
pub use suppress::{Reach, suppress};

use qd_model::pipeline::CountRule;
use std::collections::BTreeMap;

/// One count of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figure {
    /// How many people it counts.
    pub count: u64,
    /// Whether it is still to be decided what is shown.
    pub standing: Standing,
    /// What readers know of it before: from releases in which it was the same, or from counting rows
    /// that they have.
    pub known: Range,
}

/// Whether it is still to be decided what is shown of a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is shown, or suppressed, by this rule.
    Open(CountRule),
    /// Nobody can be in it.
    NotApplicable,
    /// It is not in this return: readers know of it what they knew.
    Settled,
    /// It was suppressed in an earlier release for being small, and must stay as open as it was then.
    Guarded(Range),
}

/// What every reader knows to hold between counts, which are named by their index.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// The parts add up to the total.
    Sum {
        /// The total.
        total: usize,
        /// Its parts.
        parts: Vec<usize>,
    },
    /// The total is not more than its parts together, since a person may be in several.
    Cover {
        /// The total.
        total: usize,
        /// What covers it.
        parts: Vec<usize>,
    },
    /// The parts are all categories of the total, and a person may be in several.
    Overlap {
        /// The total.
        total: usize,
        /// Its parts.
        parts: Vec<usize>,
    },
    /// Whoever is in the part is in the whole.
    Within {
        /// The smaller set.
        part: usize,
        /// The larger set.
        whole: usize,
    },
}

/// Counts with what holds between them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// The counts.
    pub figures: Vec<Figure>,
    /// What holds between them. All of it must be true of the counts.
    pub relations: Vec<Relation>,
    /// Pairs of which a reader might take the difference, besides a whole and its part: the same count in
    /// two versions.
    pub pairs: Vec<(usize, usize)>,
    /// How many values rows that the reader was sent leave to a difference, where they leave fewer than it
    /// would have to keep.
    pub told: BTreeMap<(usize, usize), u64>,
}

impl Relation {
    /// The set on its own side, and those that are added up on the other.
    fn sides(&self) -> (usize, &[usize]) {
        match self {
            Self::Sum { total, parts } | Self::Cover { total, parts } | Self::Overlap { total, parts } => {
                (*total, parts)
            }
            Self::Within { part, whole } => (*part, std::slice::from_ref(whole)),
        }
    }

    /// Whether both sides are equal; else the first is not more than the other.
    fn is_sum(&self) -> bool {
        matches!(self, Self::Sum { .. })
    }
}

impl Figures {
    /// Whether a relation is true of the counts. One that is not would lead a reader astray, and must not
    /// be counted on.
    pub fn holds(&self, relation: &Relation) -> bool {
        let count = |figure: &usize| self.figures[*figure].count;
        let (head, others) = relation.sides();
        let sum: u64 = others.iter().map(count).sum();
        if relation.is_sum() { count(&head) == sum } else { count(&head) <= sum }
    }

    /// What a reader makes of each sign by itself: of counts that are not of this return, nothing.
    pub fn ranges(&self, shown: &[Shown]) -> Vec<Range> {
        let is_open = |index: usize| matches!(self.figures[index].standing, Standing::Open(_));
        let may_be_nobody = self.small_totals_hide(|index| shown[index] == Shown::Small && is_open(index));
        let range = |(index, sign): (usize, &Shown)| match self.figures[index].standing {
            Standing::Open(rule) => {
                let range = sign.range(&rule);
                let low = if may_be_nobody[index] && sign.is_hidden() { 0 } else { range.low };
                Range { low, ..range }
            }
            Standing::NotApplicable => Range::of(0, 0),
            Standing::Settled | Standing::Guarded(_) => Range::ANY,
        };
        shown.iter().enumerate().map(range).collect()
    }

    /// The range in which a reader must not be able to narrow a count, if it is suppressed for being small.
    /// What earlier releases left of it is all that can be guarded. Nought that may be shown needs no
    /// guard: where it is suppressed, that is for the sake of the small total above it.
    fn guarded(&self, index: usize, shown: Shown) -> Option<(i64, i64)> {
        let figure = &self.figures[index];
        let range = match figure.standing {
            Standing::Open(rule)
                if matches!(shown, Shown::Small | Shown::SmallOrNobody) && is_small(figure.count, &rule) =>
            {
                Shown::Small.range(&rule).and(figure.known)
            }
            Standing::Guarded(range) => range.and(figure.known),
            _ => return None,
        };
        let range = (range.low as i64, range.high? as i64);
        (range.0 <= range.1).then_some(range)
    }

    /// The differences that must not give a small number of people away: each with its two counts and how
    /// many values a reader must be left with.
    fn differences(&self) -> Vec<Difference> {
        let within = self.relations.iter().filter_map(|relation| match relation {
            Relation::Within { part, whole } => Some((*whole, *part, true)),
            _ => None,
        });
        let pairs = self.pairs.iter().map(|(one, other)| (*one, *other, false));
        within.chain(pairs).filter_map(|(one, other, is_within)| self.difference(one, other, is_within)).collect()
    }

    fn difference(&self, one: usize, other: usize, is_within: bool) -> Option<Difference> {
        let rules = [one, other].map(|figure| match self.figures[figure].standing {
            Standing::Open(rule) => Some(rule),
            _ => None,
        });
        let rule = rules.into_iter().flatten().max_by_key(|rule| (rule.threshold, rule.rounding))?;
        let [one_count, other_count] = [one, other].map(|figure| self.figures[figure].count);
        let is_small = (1..rule.threshold).contains(&one_count.abs_diff(other_count));
        // Rounding blurs a difference; where nothing is rounded, it must be as open as a small count.
        let most = rule.threshold.saturating_sub(1);
        let values = if rule.rounding > 1 { rule.rounding.min(most) } else { most };
        let values = self.told.get(&(one, other)).map_or(values, |told| values.min(*told));
        // What rows tell exactly is no secret that a sign could keep.
        (is_small && values > 1).then_some(Difference { one, other, is_within, values })
    }

    /// Whether a count is a suppressed part of a suppressed small total. Nought is suppressed there as
    /// well, since the number of parts would tell the small total, or be told by it.
    fn small_totals_hide(&self, is_hidden_small: impl Fn(usize) -> bool) -> Vec<bool> {
        let mut hides = vec![false; self.figures.len()];
        for relation in &self.relations {
            if let Relation::Sum { total, parts } | Relation::Overlap { total, parts } = relation
                && is_hidden_small(*total)
            {
                for part in parts {
                    hides[*part] = true;
                }
            }
        }
        hides
    }
}

/// A difference that must not give a small number of people away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Difference {
    one: usize,
    other: usize,
    is_within: bool,
    values: u64,
}
