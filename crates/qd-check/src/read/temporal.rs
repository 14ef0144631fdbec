//! Reading dates and times. The two commonest ways of writing a date are read byte by byte.

use super::Scalar;
use super::pattern::{Parts, Pattern};
use crate::value::Value;
use arrow::datatypes::{Date32Type, Int32Type, Time64MicrosecondType, TimestampMicrosecondType};
use qd_table::Stored;
use std::borrow::Cow;

const DAY: i64 = 86_400_000_000;

/// Whether a text must be written exactly as the standard says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strictness {
    /// Exactly.
    Strict,
    /// A space may stand for the `T`, and seconds may be left out.
    Loose,
}

impl Strictness {
    fn of(is_ours: bool) -> Self {
        if is_ours { Self::Loose } else { Self::Strict }
    }
}

/// Days from 1 January 1970, if there is such a date.
pub(crate) fn days(year: i32, month: u32, day: u32) -> Option<i32> {
    const LENGTHS: [u32; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = LENGTHS.get((month as usize).checked_sub(1)?)? + u32::from(month == 2 && is_leap);
    if !(1..=length).contains(&day) || !(1..=9999).contains(&year) {
        return None;
    }
    // Howard Hinnant's days_from_civil, for years of our era: March is the first month, so that a
    // leap day comes last.
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year / 400, year % 400);
    let of_year = (153 * ((month as i32 + 9) % 12) + 2) / 5 + day as i32 - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

/// Microseconds from midnight.
pub(crate) fn microseconds(hour: u32, minute: u32, second: u32, microsecond: u32) -> i64 {
    i64::from((hour * 60 + minute) * 60 + second) * 1_000_000 + i64::from(microsecond)
}

/// The number that some bytes spell, or something above every limit where one is no digit.
fn digits(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |value, byte| {
        let digit = u32::from(byte.wrapping_sub(b'0'));
        if digit > 9 || value > 99_999_999 { u32::MAX / 2 } else { value * 10 + digit }
    })
}

/// `2022-09-30`.
pub(crate) fn iso_date(text: &str) -> Option<i32> {
    let bytes: &[u8; 10] = text.as_bytes().try_into().ok()?;
    if bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    days(i32::try_from(digits(&bytes[..4])).ok()?, digits(&bytes[5..7]), digits(&bytes[8..]))
}

/// `30/09/2022`.
fn day_first(text: &str) -> Option<i32> {
    let bytes: &[u8; 10] = text.as_bytes().try_into().ok()?;
    if bytes[2] != b'/' || bytes[5] != b'/' {
        return None;
    }
    days(i32::try_from(digits(&bytes[6..])).ok()?, digits(&bytes[3..5]), digits(&bytes[..2]))
}

/// `14:30:00`, perhaps with a fraction.
pub(crate) fn iso_time(text: &str, strictness: Strictness) -> Option<i64> {
    let bytes = text.as_bytes();
    let (clock, fraction) = match bytes.get(8) {
        None => (bytes, &[][..]),
        Some(b'.') if bytes.len() > 9 => (&bytes[..8], &bytes[9..]),
        Some(_) => return None,
    };
    let is_shaped = match clock.len() {
        8 => clock[2] == b':' && clock[5] == b':',
        5 => clock[2] == b':' && strictness == Strictness::Loose,
        _ => false,
    };
    if !is_shaped || !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let (hour, minute) = (digits(&clock[..2]), digits(&clock[3..5]));
    let second = clock.get(6..8).map_or(0, digits);
    let fraction = &fraction[..fraction.len().min(6)];
    let microsecond = if fraction.is_empty() { 0 } else { digits(fraction) * 10u32.pow(6 - fraction.len() as u32) };
    (hour < 24 && minute < 60 && second < 60).then(|| microseconds(hour, minute, second, microsecond))
}

/// `14:30:00`, perhaps with a fraction and with `Z` or an offset, which is then undone.
pub(crate) fn iso_time_of_zone(text: &str, strictness: Strictness) -> Option<i64> {
    match text.find(['Z', '+', '-']) {
        Some(at) => Some((iso_time(&text[..at], strictness)? - offset(&text[at..])?).rem_euclid(DAY)),
        None => iso_time(text, strictness),
    }
}

/// `2022-09-30T14:30:00`, perhaps with a fraction and with `Z` or an offset, which is then undone.
pub(crate) fn iso_datetime(text: &str, strictness: Strictness) -> Option<i64> {
    let (date, rest) = text.split_at_checked(10)?;
    let rest = match rest.as_bytes().first()? {
        b'T' => &rest[1..],
        b' ' if strictness == Strictness::Loose => &rest[1..],
        _ => return None,
    };
    let (time, offset) = match rest.find(['Z', '+', '-']) {
        Some(at) => (&rest[..at], offset(&rest[at..])?),
        None => (rest, 0),
    };
    Some(i64::from(iso_date(date)?) * DAY + iso_time(time, strictness)? - offset)
}

/// `Z`, `+01:00`.
fn offset(text: &str) -> Option<i64> {
    if text == "Z" {
        return Some(0);
    }
    let bytes: &[u8; 6] = text.as_bytes().try_into().ok()?;
    let (hour, minute) = (digits(&bytes[1..3]), digits(&bytes[4..]));
    let is_good = bytes[3] == b':' && hour <= 14 && minute < 60;
    let size = is_good.then(|| microseconds(hour, minute, 0, 0))?;
    Some(if bytes[0] == b'-' { -size } else { size })
}

/// How a field's dates or times are written.
#[derive(Debug, Clone)]
enum Written {
    /// As ISO 8601 has them.
    Iso,
    /// In a way that a quick reader knows; the pattern also reads single digits.
    Known(fn(&str) -> Option<i32>, Pattern),
    /// In one of several ways.
    Patterns(Vec<Pattern>),
}

const ANY_DATE: [&str; 12] = [
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y%m%d",
    "%d/%m/%Y",
    "%d-%m-%Y",
    "%d.%m.%Y",
    "%d/%m/%y",
    "%d %B %Y",
    "%d %b %Y",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%B %d, %Y",
];
const ANY_TIME: [&str; 6] = ["%H:%M:%S", "%H:%M", "%I:%M %p", "%I:%M%p", "%I %p", "%I%p"];

/// "10th Jan 1969" as "10 Jan 1969".
fn without_ordinal(text: &str) -> Cow<'_, str> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let ending = text.get(digits..digits + 2).unwrap_or("");
    let is_ordinal =
        (1..=2).contains(&digits) && ["st", "nd", "rd", "th"].iter().any(|it| ending.eq_ignore_ascii_case(it));
    if is_ordinal { Cow::Owned(format!("{}{}", &text[..digits], &text[digits + 2..])) } else { Cow::Borrowed(text) }
}

/// What the first of several ways that fits makes of a text.
fn first<T>(patterns: &[Pattern], text: &str, value: impl Fn(Parts) -> Option<T>) -> Option<T> {
    let text = if patterns.len() > 1 { without_ordinal(text) } else { Cow::Borrowed(text) };
    patterns.iter().find_map(|pattern| value(pattern.read(&text)?))
}

/// The patterns of `any`, or the one of a format.
fn patterns(format: &str, any: &[String]) -> Result<Vec<Pattern>, String> {
    if format == "any" {
        return any.iter().map(|format| Pattern::compile(format)).collect();
    }
    if !format.contains('%') {
        return Err("the format names no part of a date or time; write it as %d/%m/%Y, or `any`".to_owned());
    }
    Pattern::compile(format).map(|pattern| vec![pattern])
}

/// Whether a format says enough of a date. A schema of ours says all of it; elsewhere Python's meanings
/// count, by which `%Y-%m` is the first of the month.
fn says_when(patterns: &[Pattern], is_ours: bool) -> bool {
    let enough = if is_ours { Pattern::has_date } else { Pattern::has_part_of_date };
    patterns.iter().all(enough)
}

fn owned(formats: &[&str]) -> Vec<String> {
    formats.iter().map(|format| (*format).to_owned()).collect()
}

/// "30/09/2022" and the like, for a sentence.
fn in_words(noun: &str, written: &Written, iso: &str) -> String {
    match written {
        Written::Iso => format!("{noun} written as {iso}"),
        Written::Known(_, pattern) => format!("{noun} written as {}", pattern.in_words()),
        Written::Patterns(patterns) if patterns.len() == 1 => format!("{noun} written as {}", patterns[0].in_words()),
        Written::Patterns(_) => noun.to_owned(),
    }
}

/// Reads dates.
#[derive(Debug, Clone)]
pub(crate) struct Dates {
    written: Written,
    is_ours: bool,
}

impl Dates {
    pub(crate) fn compile(format: Option<&str>, is_ours: bool) -> Result<Self, String> {
        let written = match format {
            None => Written::Iso,
            Some(format) => {
                let mut patterns = patterns(format, &owned(&ANY_DATE))?;
                if !says_when(&patterns, is_ours) {
                    return Err("the format does not say day, month and year".to_owned());
                }
                let quick: Option<fn(&str) -> Option<i32>> = match format {
                    "%d/%m/%Y" => Some(day_first),
                    "%Y-%m-%d" => Some(iso_date),
                    _ => None,
                };
                match quick {
                    Some(quick) => Written::Known(quick, patterns.remove(0)),
                    None => Written::Patterns(patterns),
                }
            }
        };
        Ok(Self { written, is_ours })
    }

    pub(crate) fn expects(&self) -> String {
        in_words("a date", &self.written, "yyyy-mm-dd")
    }

    /// The format itself, without what a schema of ours reads beside it.
    pub(crate) fn strictly(self) -> Self {
        Self { is_ours: false, ..self }
    }

    /// Whether a text is a date in the format itself.
    pub(crate) fn reads_as_written(&self, text: &str) -> bool {
        self.clone().strictly().read(text).is_some()
    }
}

impl Scalar for Dates {
    type Arrow = Date32Type;

    fn read(&self, text: &str) -> Option<i32> {
        match &self.written {
            Written::Iso => iso_date(text),
            Written::Known(quick, pattern) => quick(text)
                .or_else(|| pattern.read(text)?.days())
                .or_else(|| if self.is_ours { iso_date(text) } else { None }),
            Written::Patterns(patterns) => {
                first(patterns, text, |parts| parts.days()).or_else(|| if self.is_ours { iso_date(text) } else { None })
            }
        }
    }

    fn read_stored(&self, text: &str, stored: Stored) -> Option<i32> {
        if stored != Stored::Date {
            return self.read(text);
        }
        iso_date(text).or_else(|| {
            let moment = iso_datetime(text, Strictness::Loose)?;
            (moment.rem_euclid(DAY) == 0).then_some(moment.div_euclid(DAY) as i32)
        })
    }

    fn value(native: i32) -> Value<'static> {
        Value::Date(native)
    }
}

/// Reads dates with times.
#[derive(Debug, Clone)]
pub(crate) struct Datetimes {
    written: Written,
    strictness: Strictness,
}

impl Datetimes {
    pub(crate) fn compile(format: Option<&str>, is_ours: bool) -> Result<Self, String> {
        let written = match format {
            None => Written::Iso,
            Some(format) => {
                let times = ANY_TIME.iter().flat_map(|time| {
                    ANY_DATE.iter().flat_map(move |date| ["T", " "].map(|between| format!("{date}{between}{time}")))
                });
                let any: Vec<String> = times.chain(owned(&ANY_DATE)).collect();
                let patterns = patterns(format, &any)?;
                if !says_when(&patterns, is_ours) {
                    return Err("the format does not say day, month and year".to_owned());
                }
                Written::Patterns(patterns)
            }
        };
        Ok(Self { written, strictness: Strictness::of(is_ours) })
    }

    pub(crate) fn expects(&self) -> String {
        in_words("a date and time", &self.written, "yyyy-mm-ddThh:mm:ss")
    }
}

impl Scalar for Datetimes {
    type Arrow = TimestampMicrosecondType;

    fn read(&self, text: &str) -> Option<i64> {
        match &self.written {
            Written::Iso => iso_datetime(text, self.strictness),
            Written::Known(..) => None,
            Written::Patterns(patterns) => first(patterns, text, |parts| {
                Some(i64::from(parts.days()?) * DAY + parts.microseconds() - parts.offset())
            })
            .or_else(|| {
                let is_loose = self.strictness == Strictness::Loose || patterns.len() > 1;
                if is_loose { iso_datetime(text, Strictness::Loose) } else { None }
            }),
        }
    }

    fn read_stored(&self, text: &str, stored: Stored) -> Option<i64> {
        if stored != Stored::Date {
            return self.read(text);
        }
        iso_datetime(text, Strictness::Loose).or_else(|| Some(i64::from(iso_date(text)?) * DAY))
    }

    fn value(native: i64) -> Value<'static> {
        Value::Datetime(native)
    }
}

/// Reads times of day.
#[derive(Debug, Clone)]
pub(crate) struct Times {
    written: Written,
    strictness: Strictness,
}

impl Times {
    pub(crate) fn compile(format: Option<&str>, is_ours: bool) -> Result<Self, String> {
        let written = match format {
            None => Written::Iso,
            Some(format) => {
                let patterns = patterns(format, &owned(&ANY_TIME))?;
                if !patterns.iter().all(Pattern::has_time) {
                    return Err("the format does not say the hour (%H, or %I with %p)".to_owned());
                }
                Written::Patterns(patterns)
            }
        };
        Ok(Self { written, strictness: Strictness::of(is_ours) })
    }

    pub(crate) fn expects(&self) -> String {
        in_words("a time", &self.written, "hh:mm:ss")
    }
}

impl Scalar for Times {
    type Arrow = Time64MicrosecondType;

    fn read(&self, text: &str) -> Option<i64> {
        match &self.written {
            Written::Iso => iso_time_of_zone(text, self.strictness),
            Written::Known(..) => None,
            Written::Patterns(patterns) => first(patterns, text, |parts| Some(parts.microseconds())).or_else(|| {
                let is_loose = self.strictness == Strictness::Loose || patterns.len() > 1;
                if is_loose { iso_time_of_zone(text, Strictness::Loose) } else { None }
            }),
        }
    }

    fn read_stored(&self, text: &str, stored: Stored) -> Option<i64> {
        if stored != Stored::Date {
            return self.read(text);
        }
        // A workbook keeps a time of day as a moment of its first day, at the turn of 1900.
        iso_time(text, Strictness::Loose).or_else(|| {
            let moment = iso_datetime(text, Strictness::Loose)?;
            let first = days(1900, 1, 1).map_or(0, i64::from);
            (moment.div_euclid(DAY) <= first).then_some(moment.rem_euclid(DAY))
        })
    }

    fn value(native: i64) -> Value<'static> {
        Value::Time(native)
    }
}

/// Reads years.
#[derive(Debug, Clone)]
pub(crate) struct Years;

impl Scalar for Years {
    type Arrow = Int32Type;

    fn read(&self, text: &str) -> Option<i32> {
        let year = text.strip_prefix('-').unwrap_or(text);
        let is_year = year.len() >= 4 && year.bytes().all(|byte| byte.is_ascii_digit());
        let is_padded = year.len() > 4 && year.starts_with('0');
        if is_year && !is_padded { text.parse().ok() } else { None }
    }

    fn read_stored(&self, text: &str, _: Stored) -> Option<i32> {
        self.read(text)
    }

    fn value(native: i32) -> Value<'static> {
        Value::Year(native)
    }
}

/// Reads a year and month as its first day.
#[derive(Debug, Clone)]
pub(crate) struct Yearmonths;

impl Scalar for Yearmonths {
    type Arrow = Date32Type;

    fn read(&self, text: &str) -> Option<i32> {
        let bytes: &[u8; 7] = text.as_bytes().try_into().ok()?;
        if bytes[4] != b'-' {
            return None;
        }
        days(i32::try_from(digits(&bytes[..4])).ok()?, digits(&bytes[5..]), 1)
    }

    fn read_stored(&self, text: &str, stored: Stored) -> Option<i32> {
        if stored != Stored::Date {
            return self.read(text);
        }
        // "Sep 22", typed into a workbook, is stored as the first day of the month.
        let (month, rest) = text.split_at_checked(7)?;
        let is_first =
            rest.strip_prefix("-01").is_some_and(|time| time.bytes().all(|byte| !(b'1'..=b'9').contains(&byte)));
        if is_first { self.read(month) } else { None }
    }

    fn value(native: i32) -> Value<'static> {
        Value::Date(native)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil;
    use proptest::prelude::*;

    fn date(format: Option<&str>, text: &str) -> Option<String> {
        let days = Dates::compile(format, false).expect("a format").read(text)?;
        qd_model::period::from_days(days).map(|date| date.to_string())
    }

    #[test]
    fn dates_are_read_as_python_reads_them() {
        for (format, text, expected) in [
            (None, "2022-09-30", Some("2022-09-30")),
            (None, "2022-9-30", None),
            (None, "2023-02-29", None),
            (None, "2024-02-29", Some("2024-02-29")),
            (None, "30/09/2022", None),
            (None, "2022-09-3x", None),
            (Some("%d/%m/%Y"), "30/09/2022", Some("2022-09-30")),
            (Some("%d/%m/%Y"), "1/2/2022", Some("2022-02-01")),
            (Some("%d/%m/%Y"), "30/09/22", None),
            (Some("%d/%m/%Y"), "09/30/2022", None),
            (Some("%d/%m/%Y"), "2022-09-30", None),
            (Some("%d%m%Y"), "1112020", Some("2020-01-11")),
            (Some("%d.%m.%y"), "30.09.68", Some("2068-09-30")),
            (Some("%d.%m.%y"), "30.09.69", Some("1969-09-30")),
            (Some("%d %B %Y"), "3 september  2022", Some("2022-09-03")),
            (Some("%d-%b-%Y"), "03-SEP-2022", Some("2022-09-03")),
            (Some("%Y %j"), "2024 366", Some("2024-12-31")),
            (Some("%Y %j"), "2023 366", None),
            (Some("%Y-%m"), "2022-09", Some("2022-09-01")),
            (Some("%Y-%m"), "2022-13", None),
            (Some("%Y"), "2022", Some("2022-01-01")),
            (Some("fmt:%Y%m%d"), "20220930", Some("2022-09-30")),
            (Some("any"), "3 Sep 2022", Some("2022-09-03")),
            (Some("any"), "44805", None),
        ] {
            assert_eq!(date(format, text).as_deref(), expected, "{format:?} {text}");
        }
    }

    #[test]
    fn times_are_read() {
        let read = |format, text| Times::compile(format, false).expect("a format").read(text);
        assert_eq!(read(None, "14:30:05.25"), Some(52_205_250_000));
        assert_eq!(read(None, "14:30"), None);
        assert_eq!(read(None, "24:00:00"), None);
        assert_eq!(read(Some("%I:%M %p"), "2:30 pm"), read(None, "14:30:00"));
        assert_eq!(read(Some("%I:%M %p"), "12:00 am"), Some(0));
        let ours = Times::compile(None, true).expect("a format");
        assert_eq!(ours.read("14:30"), read(None, "14:30:00"));
        assert_eq!(ours.read_stored("1899-12-31T14:30:00", Stored::Date), read(None, "14:30:00"));
    }

    #[test]
    fn moments_with_an_offset_are_moved_to_universal_time() {
        let read = |text| Datetimes::compile(None, false).expect("a format").read(text);
        assert_eq!(read("1970-01-01T01:00:00+01:00"), Some(0));
        assert_eq!(read("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(read("1970-01-01 00:00:00"), None);
        assert_eq!(read("1970-01-01T00:00:00+1"), None);
        let read = |format, text| Datetimes::compile(Some(format), false).expect("a format").read(text);
        for text in
            ["01/01/1970 01:00 +0100", "01/01/1970 01:00 +01:00", "31/12/1969 22:30 -0130", "01/01/1970 00:00 Z"]
        {
            assert_eq!(read("%d/%m/%Y %H:%M %z", text), Some(0), "{text}");
        }
        assert_eq!(read("%d/%m/%Y %H:%M %z", "01/01/1970 01:00 0100"), None);
        assert_eq!(read("%d/%m/%Y %H:%M%z", "01/01/1970 01:00+1"), None);
        assert_eq!(read("%Y-%m-%d %H:%M:%S %Z", "1970-01-01 00:00:00 UTC"), Some(0));
        assert_eq!(read("%c", "Thu Jan 01 00:00:00 1970"), Some(0));
        assert_eq!(read("%x %X", "01/01/70 00:00:00"), Some(0));
    }

    #[test]
    fn years_and_months() {
        assert_eq!(Years.read("2022"), Some(2022));
        assert_eq!(Years.read("22"), None);
        assert_eq!(Yearmonths.read("1970-02"), Some(31));
        assert_eq!(Yearmonths.read("1970-13"), None);
        assert_eq!(Yearmonths.read_stored("1970-02-01", Stored::Date), Some(31));
        assert_eq!(Yearmonths.read_stored("1970-02-02", Stored::Date), None);
    }

    #[test]
    fn wrong_formats_are_named() {
        for format in ["dd/mm/yyyy", "%d/%m", "%Q", "%d/%m/%"] {
            assert!(Dates::compile(Some(format), true).is_err(), "{format}");
        }
        assert!(Times::compile(Some("%I:%M"), true).is_err());
    }

    proptest! {
        #[test]
        fn dates_are_those_of_the_calendar_library(year in 1i16..=9999, month in 1i8..=12, day in 1i8..=31) {
            let expected = civil::Date::new(year, month, day).ok();
            let days = expected.map(qd_model::period::days);
            for (format, text) in [
                (None, format!("{year:04}-{month:02}-{day:02}")),
                (Some("%d/%m/%Y"), format!("{day:02}/{month:02}/{year:04}")),
                (Some("%d/%m/%Y"), format!("{day}/{month}/{year:04}")),
                (Some("%Y.%m.%d"), format!("{year:04}.{month}.{day}")),
            ] {
                let reader = Dates::compile(format, false).expect("a format");
                prop_assert_eq!(reader.read(&text), days, "{}", text);
            }
            if let Some(date) = expected {
                for format in ["%d %B %Y", "%b %d %Y", "%Y-%j", "%A %d.%m.%Y", "%Y%m%d"] {
                    let text = date.strftime(format).to_string();
                    let reader = Dates::compile(Some(format), false).expect("a format");
                    prop_assert_eq!(reader.read(&text), days, "{} {}", format, text);
                }
            }
        }

        #[test]
        fn no_text_makes_a_reader_fall_over(text in "\\PC{0,24}|[0-9T:./ Z+-]{0,26}") {
            for is_ours in [false, true] {
                for format in [None, Some("any"), Some("%d/%m/%Y"), Some("%H:%M %d %b %Y")] {
                    let dates = Dates::compile(format, is_ours).expect("a format");
                    let datetimes = Datetimes::compile(format, is_ours).expect("a format");
                    for stored in [Stored::Text, Stored::Date, Stored::Number] {
                        dates.read_stored(&text, stored);
                        datetimes.read_stored(&text, stored);
                        Years.read_stored(&text, stored);
                        Yearmonths.read_stored(&text, stored);
                    }
                }
                let times = Times::compile(None, is_ours).expect("a format");
                times.read_stored(&text, Stored::Date);
            }
        }
    }
}
