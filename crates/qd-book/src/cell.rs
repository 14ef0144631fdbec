//! A cell's value, as the rooms that write workbooks give it.

use qd_model::Severity;
use qd_model::period;

/// A value on its way into a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// Nothing.
    Empty,
    /// Text, always written as text.
    Text(&'a str),
    /// Text on a background that says how serious it is; the text says so too.
    Toned(Tone, &'a str),
    /// Text that leads to a place in the same workbook: the text, then the sheet and the cell.
    Link(&'a str, &'a str, &'a str),
    /// A whole number; written as text where Excel would lose its last digits.
    Integer(i64),
    /// A number.
    Number(f64),
    /// Days since 1 January 1970.
    Date(i32),
    /// Microseconds since the beginning of 1 January 1970.
    DateTime(i64),
    /// Microseconds since midnight.
    Time(i64),
    /// Written as "Yes" or "No".
    Boolean(bool),
}

/// How serious something is, as a background.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Nothing of it can be used.
    Reject,
    /// Held until it is put right.
    Error,
    /// Waits for a correction or an explanation.
    Query,
    /// For information.
    Note,
    /// As it should be.
    Good,
    /// Where the reader is asked to write something.
    Fill,
}

impl Tone {
    pub(crate) const ALL: [Self; 6] = [Self::Reject, Self::Error, Self::Query, Self::Note, Self::Good, Self::Fill];

    /// The more serious of two.
    #[must_use]
    pub fn worse(self, other: Self) -> Self {
        if (other as usize) < self as usize { other } else { self }
    }

    /// Backgrounds on which black text keeps a contrast of more than 7 to 1.
    pub(crate) fn colour(self) -> u32 {
        match self {
            Self::Reject => 0x00F4_B6B6,
            Self::Error => 0x00FB_D5D5,
            Self::Query => 0x00FF_E8B3,
            Self::Note => 0x00DD_EBF7,
            Self::Good => 0x00DF_F0D8,
            Self::Fill => 0x00FF_FBE0,
        }
    }
}

impl From<Severity> for Tone {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Reject => Self::Reject,
            Severity::Error => Self::Error,
            Severity::Query => Self::Query,
            Severity::Note => Self::Note,
        }
    }
}

/// What is really stored for a value that Excel cannot hold as what it is, or a number that it can.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Stored<'a> {
    Nothing,
    Text(std::borrow::Cow<'a, str>),
    Number(f64),
}

const MICROSECONDS_A_DAY: i64 = 86_400_000_000;
/// Excel's number for 1 January 1970.
const EPOCH: i32 = 25_569;
/// 1 March 1900: before it, Excel counts a day that never was, and programs disagree.
const FIRST_DAY: i32 = 61 - EPOCH;
/// 31 December 9999.
const LAST_DAY: i32 = 2_958_465 - EPOCH;
/// Excel keeps fifteen digits.
const INTEGER_LIMIT: u64 = 1_000_000_000_000_000;

impl<'a> Cell<'a> {
    pub(crate) fn stored(self) -> Stored<'a> {
        match self {
            Self::Empty => Stored::Nothing,
            Self::Text(text) | Self::Toned(_, text) | Self::Link(text, ..) => Stored::Text(text.into()),
            Self::Boolean(flag) => Stored::Text(if flag { "Yes" } else { "No" }.into()),
            Self::Integer(number) if number.unsigned_abs() < INTEGER_LIMIT => Stored::Number(number as f64),
            Self::Integer(number) => Stored::Text(number.to_string().into()),
            Self::Number(number) if number.is_finite() => Stored::Number(number),
            Self::Number(number) => Stored::Text(if number.is_nan() { "not a number" } else { "infinite" }.into()),
            Self::Date(days) if is_in_reach(days) => Stored::Number(f64::from(days + EPOCH)),
            Self::Date(days) => Stored::Text(iso_date(days).into()),
            Self::DateTime(microseconds) => date_time(microseconds),
            Self::Time(microseconds) => Stored::Number(share_of_day(microseconds)),
        }
    }
}

fn is_in_reach(days: i32) -> bool {
    (FIRST_DAY..=LAST_DAY).contains(&days)
}

fn share_of_day(microseconds: i64) -> f64 {
    microseconds as f64 / MICROSECONDS_A_DAY as f64
}

fn date_time(microseconds: i64) -> Stored<'static> {
    let days = i32::try_from(microseconds.div_euclid(MICROSECONDS_A_DAY)).unwrap_or(i32::MAX);
    let rest = microseconds.rem_euclid(MICROSECONDS_A_DAY);
    if is_in_reach(days) {
        return Stored::Number(f64::from(days + EPOCH) + share_of_day(rest));
    }
    let seconds = rest / 1_000_000;
    let time = format!("T{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    Stored::Text(format!("{}{time}", iso_date(days)).into())
}

fn iso_date(days: i32) -> String {
    period::from_days(days).map_or_else(|| "a date beyond the calendar".to_owned(), |date| date.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_stored_as_what_they_are_where_excel_can() {
        let cases = [
            (Cell::Date(0), Stored::Number(25_569.0)),
            (Cell::Date(FIRST_DAY), Stored::Number(61.0)),
            (Cell::Date(FIRST_DAY - 1), Stored::Text("1900-02-28".into())),
            (Cell::Date(LAST_DAY), Stored::Number(2_958_465.0)),
            (Cell::Date(i32::MAX), Stored::Text("a date beyond the calendar".into())),
            (Cell::DateTime(MICROSECONDS_A_DAY / 2), Stored::Number(25_569.5)),
            (Cell::DateTime(-MICROSECONDS_A_DAY * 36_525), Stored::Text("1869-12-31T00:00:00".into())),
            (Cell::Time(MICROSECONDS_A_DAY / 4), Stored::Number(0.25)),
            (Cell::Integer(999_999_999_999_999), Stored::Number(999_999_999_999_999.0)),
            (Cell::Integer(-1_000_000_000_000_000), Stored::Text("-1000000000000000".into())),
            (Cell::Number(f64::NAN), Stored::Text("not a number".into())),
            (Cell::Boolean(true), Stored::Text("Yes".into())),
        ];
        for (cell, expected) in cases {
            assert_eq!(cell.stored(), expected, "{cell:?}");
        }
    }
}
