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
    /// The folder with the partners' files, relative to the pipeline file; of the period that it lies
    /// within, where it is part of one.
    pub folder: String,
    /// The label of the longer period that it is part of. Nothing is sent for such a period itself:
    /// its returns are made from the rows of the longer one, when that is run.
    pub within: Option<String>,
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
///
/// Written out, since it is asked of every date of every row: years begin in March, so that the leap
/// day is a year's last, and 400 years have 146,097 days.
pub fn days(date: Date) -> i32 {
    let (month, day) = (i32::from(date.month()), i32::from(date.day()));
    let year = i32::from(date.year()) - i32::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The date that many days from 1 January 1970, if the calendar reaches so far.
pub fn from_days(days: i32) -> Option<Date> {
    let days = i64::from(days) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    Date::new(i16::try_from(year).ok()?, month as i8, day as i8).ok()
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
        assert_eq!(from_days(i32::MIN), None);
        // Every day of the calendar's edges, of leap years and of centuries, against jiff's own count.
        let epoch = date(1970, 1, 1);
        for year in [-9999, -1, 0, 1, 1899, 1900, 1904, 1969, 1970, 1999, 2000, 2022, 2024, 2100, 9998, 9999] {
            for day in 0..366 {
                let Ok(it) = date(year, 1, 1).checked_add(jiff::Span::new().days(day)) else { continue };
                let counted = epoch.until(it).expect("both are in the calendar").get_days();
                assert_eq!(days(it), counted, "{it}");
                assert_eq!(from_days(counted), Some(it), "{it}");
            }
        }
    }

    #[test]
    fn ages_turn_on_the_birthday() {
        assert_eq!(age(date(2006, 9, 30), date(2022, 9, 29)), 15);
        assert_eq!(age(date(2006, 9, 30), date(2022, 9, 30)), 16);
        assert_eq!(age(date(2004, 2, 29), date(2022, 2, 28)), 17);
    }
}
