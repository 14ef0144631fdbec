//! Counts that were suppressed, rounded and audited: the only ones that can leave.

use super::{Figures, Narrow, PastFigure, Range, Reach, Shown, audit, suppress};
use std::fmt;

/// What may be shown of each count. Only [`release`] makes it, once the audit has found nothing.
#[derive(Debug, Clone)]
pub struct Released {
    signs: Vec<Shown>,
    ranges: Vec<Range>,
    guarded: Vec<Option<Range>>,
}

/// One count that may leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReleasedCount(Shown);

/// A share that may leave: it is made of released counts, and tells nothing that they do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReleasedShare {
    /// In whole percent.
    Percent(u64),
    /// One of the two counts is suppressed, or too small to be shown.
    Hidden,
    /// Of nobody there is no share.
    NotApplicable,
}

/// Suppresses and rounds the open counts, no further than the audit asks for. Answers what a reader could
/// still work out where it finds something whatever is suppressed, because of what readers know already:
/// then nothing may leave.
pub fn release(figures: &Figures) -> Result<Released, Vec<Narrow>> {
    let tried = |reach| {
        let signs = suppress(figures, reach);
        let narrow = audit(figures, &signs);
        if narrow.is_empty() { Ok(signs) } else { Err(narrow) }
    };
    let mut signs = tried(Reach::People);
    if let Err(narrow) = signs {
        // Where everything is suppressed to no avail, nothing less will do: it is the first attempt that says why.
        let all = tried(Reach::All).map_err(|_| narrow)?;
        signs = tried(Reach::Noughts).or_else(|_| tried(Reach::Linked)).or(Ok(all));
    }
    let signs = signs?;
    let ranges = figures.ranges(&signs);
    let guarded = (0..signs.len()).map(|entry| {
        let (low, high) = figures.guarded(entry, signs[entry])?;
        Some(Range::of(low as u64, high as u64))
    });
    let guarded = guarded.collect();
    Ok(Released { signs, ranges, guarded })
}

impl Released {
    /// What is shown of each count, as whoever made it knows it.
    #[cfg(test)]
    pub(super) fn signs(&self) -> &[Shown] {
        &self.signs
    }

    /// What stands in the table for a count.
    pub fn count(&self, entry: usize) -> ReleasedCount {
        ReleasedCount(self.signs[entry])
    }

    /// What a reader makes of it by itself.
    pub fn range(&self, entry: usize) -> Range {
        self.ranges[entry]
    }

    /// All that a reader must think possible of it, where it was suppressed for being small.
    pub fn guard(&self, entry: usize) -> Option<Range> {
        self.guarded[entry]
    }
}

impl ReleasedCount {
    /// What its own reader was shown of a count in an earlier release: shown again, it tells nothing new.
    /// Nothing where the record does not say what was shown.
    pub fn again(past: &PastFigure) -> Option<Self> {
        Some(Self(match past.shown.as_str() {
            "[c]" => Shown::Small,
            "[low]" => Shown::Low,
            "[z]" => Shown::NotApplicable,
            number => Shown::Number(number.replace(',', "").parse().ok()?),
        }))
    }

    /// How much of a number that says nothing about people it is, such as a target.
    pub fn share_of_number(self, whole: u64) -> ReleasedShare {
        match self.number() {
            _ if whole == 0 || self.0 == Shown::NotApplicable => ReleasedShare::NotApplicable,
            Some(part) => ReleasedShare::Percent((200 * part + whole) / (2 * whole)),
            None => ReleasedShare::Hidden,
        }
    }

    /// The number, where one is shown.
    pub fn number(self) -> Option<u64> {
        self.0.number()
    }

    /// Whether it is suppressed.
    pub fn is_hidden(self) -> bool {
        self.0.is_hidden()
    }

    /// Whether it is suppressed, and may be of nobody although noughts are shown otherwise.
    pub fn may_be_nobody(self) -> bool {
        self.0.may_be_nobody()
    }

    /// The share that it is of another count, from what is shown of both.
    pub fn share_of(self, whole: Self) -> ReleasedShare {
        match (self.number(), whole.number()) {
            (_, Some(0)) => ReleasedShare::NotApplicable,
            // Rounding can make a part larger than its whole.
            (Some(part), Some(whole)) => ReleasedShare::Percent(((200 * part + whole) / (2 * whole)).min(100)),
            _ if self.0 == Shown::NotApplicable => ReleasedShare::NotApplicable,
            _ => ReleasedShare::Hidden,
        }
    }
}

impl fmt::Display for ReleasedCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_shown_is_shown_again_as_it_was() {
        let check = |shown: Shown, expected: Option<Shown>| {
            let past =
                PastFigure { set: String::new(), count: 7, shown: shown.to_string(), range: Range::ANY, guard: None };
            assert_eq!(ReleasedCount::again(&past), expected.map(ReleasedCount), "{shown:?}");
        };
        check(Shown::Number(1165), Some(Shown::Number(1165)));
        check(Shown::Sum(45), Some(Shown::Number(45)));
        check(Shown::Low, Some(Shown::Low));
        check(Shown::Protects, Some(Shown::Small));
        check(Shown::NotApplicable, Some(Shown::NotApplicable));
        let target = |shown: Shown| ReleasedCount(shown).share_of_number(1164);
        assert_eq!(target(Shown::Number(1165)), ReleasedShare::Percent(100));
        assert_eq!(target(Shown::Number(1400)), ReleasedShare::Percent(120));
        assert_eq!(target(Shown::Small), ReleasedShare::Hidden);
    }

    #[test]
    fn shares_are_made_of_what_is_shown() {
        let check = |part, whole, expected| {
            assert_eq!(ReleasedCount(part).share_of(ReleasedCount(whole)), expected, "{part:?} of {whole:?}");
        };
        check(Shown::Number(45), Shown::Number(120), ReleasedShare::Percent(38));
        check(Shown::Number(125), Shown::Number(120), ReleasedShare::Percent(100));
        check(Shown::Number(0), Shown::Number(120), ReleasedShare::Percent(0));
        check(Shown::Number(0), Shown::Number(0), ReleasedShare::NotApplicable);
        check(Shown::Small, Shown::Number(120), ReleasedShare::Hidden);
        check(Shown::Number(45), Shown::Protects, ReleasedShare::Hidden);
        check(Shown::Low, Shown::Number(120), ReleasedShare::Hidden);
    }
}
