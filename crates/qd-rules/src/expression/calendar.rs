//! Days, months and years of dates kept as numbers. What leaves the calendar is unknown.

use jiff::Span;
use jiff::civil::Date;
use qd_model::period;

/// Microseconds of a day.
pub(super) const DAY: i64 = 86_400_000_000;

pub(super) fn date(days: i64) -> Option<Date> {
    period::from_days(i32::try_from(days).ok()?)
}

pub(super) fn days(date: Date) -> i64 {
    i64::from(period::days(date))
}

pub(super) fn year(days: i64) -> Option<i64> {
    date(days).map(|date| i64::from(date.year()))
}

pub(super) fn month(days: i64) -> Option<i64> {
    date(days).map(|date| i64::from(date.month()))
}

pub(super) fn day(days: i64) -> Option<i64> {
    date(days).map(|date| i64::from(date.day()))
}

/// Full years from `born` to `on`.
pub(super) fn age(born: i64, on: i64) -> Option<i64> {
    Some(i64::from(period::age(date(born)?, date(on)?)))
}

/// The number of working days after `from` up to and including `to`; unknown where the bank
/// holidays are.
pub(super) fn working_days(from: i64, to: i64) -> Option<i64> {
    let days = qd_model::calendar::working_days(i32::try_from(from).ok()?, i32::try_from(to).ok()?)?;
    Some(i64::from(days))
}

/// The date so many months later; a day that the month does not have becomes its last.
pub(super) fn add_months(days: i64, months: i64) -> Option<i64> {
    let months = Span::new().try_months(months).ok()?;
    Some(self::days(date(days)?.checked_add(months).ok()?))
}

/// The date and time so many months later.
pub(super) fn add_months_to_time(micros: i64, months: i64) -> Option<i64> {
    let day = add_months(micros.div_euclid(DAY), months)?;
    day.checked_mul(DAY)?.checked_add(micros.rem_euclid(DAY))
}
