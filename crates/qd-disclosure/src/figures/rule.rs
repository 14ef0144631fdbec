//! The rule for one count: suppressed where it is small, else rounded; and what a reader makes of it.

use qd_model::pipeline::{CountRule, Zeros};
use qd_model::words;
use std::fmt;

/// From the least to the most that a count can be; no most where nothing limits it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The least.
    pub low: u64,
    /// The most.
    pub high: Option<u64>,
}

impl Range {
    /// Of this nothing is known.
    pub const ANY: Self = Self { low: 0, high: None };

    /// A range with both ends.
    pub fn of(low: u64, high: u64) -> Self {
        Self { low, high: Some(high) }
    }

    /// Whether a count lies in it.
    pub fn holds(self, count: u64) -> bool {
        self.low <= count && self.high.is_none_or(|high| count <= high)
    }

    /// What two statements say together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let high = match (self.high, other.high) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        Self { low: self.low.max(other.low), high }
    }
}

/// What stands in a table for a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// A number, rounded.
    Number(u64),
    /// The sum of its parts as they are shown.
    Sum(u64),
    /// Rounded to nought, though there are people: `[low]`.
    Low,
    /// Suppressed for being small: `[c]`.
    Small,
    /// Suppressed so that a small one cannot be worked out: `[c]` too, so that the two look alike.
    Protects,
    /// Small or of nobody, where noughts are suppressed so that a small count cannot be worked out: `[c]` too.
    SmallOrNobody,
    /// Suppressed for the sake of a small one where noughts are too: `[c]`, of however many or of nobody.
    ProtectsOrNobody,
    /// Nobody can be in it: `[z]`.
    NotApplicable,
}

impl Shown {
    /// Whether the count is suppressed.
    pub fn is_hidden(self) -> bool {
        matches!(self, Self::Small | Self::Protects | Self::SmallOrNobody | Self::ProtectsOrNobody)
    }

    /// Whether the count is suppressed, and a reader must think it possible that nobody is in it although
    /// noughts are shown otherwise.
    pub fn may_be_nobody(self) -> bool {
        matches!(self, Self::SmallOrNobody | Self::ProtectsOrNobody)
    }

    /// The number, where one is shown.
    pub fn number(self) -> Option<u64> {
        match self {
            Self::Number(number) | Self::Sum(number) => Some(number),
            _ => None,
        }
    }

    /// What a reader who knows the rule makes of it by itself.
    pub fn range(self, rule: &CountRule) -> Range {
        match self {
            Self::Number(0) | Self::NotApplicable => Range::of(0, 0),
            Self::Number(number) => {
                let (below, above) = (rule.rounding / 2, (rule.rounding - 1) / 2);
                Range::of(number.saturating_sub(below).max(rule.threshold).max(1), number + above)
            }
            Self::Low => Range::of(rule.threshold.max(1), rule.rounding.div_ceil(2) - 1),
            Self::Small => Range::of(least_suppressed(rule), rule.threshold - 1),
            Self::Protects | Self::Sum(_) => Range { low: least_suppressed(rule), high: None },
            Self::SmallOrNobody => Range::of(0, rule.threshold.saturating_sub(1)),
            Self::ProtectsOrNobody => Range::ANY,
        }
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) | Self::Sum(number) => f.write_str(&words::thousands(*number)),
            Self::Low => f.write_str("[low]"),
            Self::Small | Self::Protects | Self::SmallOrNobody | Self::ProtectsOrNobody => f.write_str("[c]"),
            Self::NotApplicable => f.write_str("[z]"),
        }
    }
}

/// The least that a suppressed count can be.
fn least_suppressed(rule: &CountRule) -> u64 {
    match rule.zeros {
        Zeros::Show => 1,
        Zeros::Suppress => 0,
    }
}

/// Whether a count is suppressed for being small.
pub fn is_small(count: u64, rule: &CountRule) -> bool {
    count < rule.threshold && (count > 0 || rule.zeros == Zeros::Suppress)
}

/// A count that is not small, as it is shown.
pub fn rounded(count: u64, rule: &CountRule) -> Shown {
    let number = (count + rule.rounding / 2) / rule.rounding * rule.rounding;
    if number == 0 && count > 0 { Shown::Low } else { Shown::Number(number) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use qd_model::pipeline::Totals;

    #[test]
    fn a_count_lies_in_the_range_that_its_sign_leaves() {
        for threshold in [0, 2, 3, 5, 8, 10] {
            for rounding in [1, 2, 3, 5, 6, 10] {
                for zeros in [Zeros::Show, Zeros::Suppress] {
                    let rule = CountRule { threshold, rounding, zeros, totals: Totals::Rounded };
                    for count in 0..60 {
                        let shown = if is_small(count, &rule) { Shown::Small } else { rounded(count, &rule) };
                        let range = shown.range(&rule);
                        assert!(range.holds(count), "{count} under {rule:?} is {shown:?}, {range:?}");
                        // And it is the very range: the numbers on both sides of it are shown otherwise.
                        let sign = |count| if is_small(count, &rule) { Shown::Small } else { rounded(count, &rule) };
                        let high = range.high.expect("a number or a small count has a most");
                        assert!(sign(high + 1) != shown && (range.low == 0 || sign(range.low - 1) != shown));
                    }
                }
            }
        }
    }
}
