//! Periods: a pipeline's own labels, each with its first and last day.

use crate::words;
use jiff::civil::Date;
use std::fmt;

/// How long a period is. A return names the kind that it is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PeriodKind {
    /// A calendar month.
    Month,
    /// Three months, wherever the programme's year begins.
    Quarter,
    /// Any other length.
    Other,
}

impl PeriodKind {
    /// The words of a pipeline file.
    pub const WORDS: [(&'static str, Self); 3] =
        [("month", Self::Month), ("quarter", Self::Quarter), ("other", Self::Other)];
}

/// One period of a programme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// What the programme calls it.
    pub label: String,
    /// How long it is.
    pub kind: PeriodKind,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// The folder with the partners' files, relative to the pipeline file.
    pub folder: String,
}

impl Period {
    /// Whether a date lies in the period, first and last day included.
    pub fn contains(&self, date: Date) -> bool {
        self.from <= date && date <= self.to
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} to {})", self.label, words::date(self.from), words::date(self.to))
    }
}

/// Days from 1 January 1970, as Arrow's `Date32` counts them.
pub fn days(date: Date) -> i32 {
    let epoch = Date::constant(1970, 1, 1);
    epoch.until(date).map_or(0, |span| span.get_days())
}

/// The date that many days from 1 January 1970, if the calendar reaches so far.
pub fn from_days(days: i32) -> Option<Date> {
    Date::constant(1970, 1, 1).checked_add(jiff::Span::new().try_days(days).ok()?).ok()
}

/// Full years from `born` to `on`. Someone born on 29 February ages on 1 March in other years.
pub fn age(born: Date, on: Date) -> i32 {
    let years = i32::from(on.year()) - i32::from(born.year());
    years - i32::from((on.month(), on.day()) < (born.month(), born.day()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn days_and_dates_are_two_ways_of_saying_one_thing() {
        assert_eq!(days(date(1970, 1, 1)), 0);
        assert_eq!(days(date(2022, 9, 30)), 19265);
        assert_eq!(from_days(19265), Some(date(2022, 9, 30)));
        assert_eq!(from_days(i32::MAX), None);
    }

    #[test]
    fn ages_turn_on_the_birthday() {
        assert_eq!(age(date(2006, 9, 30), date(2022, 9, 29)), 15);
        assert_eq!(age(date(2006, 9, 30), date(2022, 9, 30)), 16);
        assert_eq!(age(date(2004, 2, 29), date(2022, 2, 28)), 17);
    }
}
