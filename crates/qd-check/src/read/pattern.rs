//! Formats of dates and times as `strptime` knows them, with Python's meanings, since the standard
//! points there.

use super::temporal;

/// A compiled format.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    steps: Vec<Step>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Literal(u8),
    Space,
    Day,
    Month,
    Year,
    ShortYear,
    Hour,
    HalfDayHour,
    Minute,
    Second,
    Fraction,
    DayOfYear,
    MonthName,
    MonthAbbreviation,
    WeekdayName,
    WeekdayAbbreviation,
    Noon,
    /// `+01:00`, `+0100` or `Z`.
    Offset,
    /// `UTC` or `GMT`, or nothing.
    Zone,
    /// The number of a weekday.
    WeekdayNumber,
    /// The number of a week.
    Week,
}

/// What a text says, part by part.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Parts {
    year: Option<i32>,
    month: Option<u32>,
    day: Option<u32>,
    day_of_year: Option<u32>,
    hour: Option<u32>,
    half_day_hour: Option<u32>,
    is_afternoon: Option<bool>,
    minute: u32,
    second: u32,
    microsecond: u32,
    /// Microseconds by which the clock is ahead of universal time.
    offset: i64,
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

impl Pattern {
    /// Compiles a format, or says what is wrong with it.
    pub(crate) fn compile(format: &str) -> Result<Self, String> {
        let format = format.strip_prefix("fmt:").unwrap_or(format);
        let mut steps = Vec::new();
        let mut bytes = format.bytes();
        while let Some(byte) = bytes.next() {
            let step = match byte {
                b'%' => {
                    let letter = bytes.next();
                    if let Some(whole) = letter.and_then(in_full) {
                        steps.extend(Self::compile(whole)?.steps);
                        continue;
                    }
                    directive(letter).ok_or_else(|| {
                        "the format has a directive that is not one of %d %m %Y %y %H %I %M %S %f %p %b %B %a %A %j %U \
                         %W %w %z %Z %c %x %X %%"
                            .to_owned()
                    })?
                }
                byte if byte.is_ascii_whitespace() => Step::Space,
                byte => Step::Literal(byte),
            };
            steps.push(step);
        }
        Ok(Self { steps })
    }

    /// Whether the format says which day it is.
    pub(crate) fn has_date(&self) -> bool {
        let has = |step| self.steps.contains(&step);
        (has(Step::Year) || has(Step::ShortYear))
            && (has(Step::DayOfYear)
                || (has(Step::Day) && (has(Step::Month) || has(Step::MonthName) || has(Step::MonthAbbreviation))))
    }

    /// Whether the format says any part of a date; Python then takes the first of what is left out, and
    /// 1900 for the year.
    pub(crate) fn has_part_of_date(&self) -> bool {
        let parts = [
            Step::Year,
            Step::ShortYear,
            Step::DayOfYear,
            Step::Day,
            Step::Month,
            Step::MonthName,
            Step::MonthAbbreviation,
        ];
        self.steps.iter().any(|step| parts.contains(step))
    }

    /// Whether the format says the time of day.
    pub(crate) fn has_time(&self) -> bool {
        let has = |step| self.steps.contains(&step);
        has(Step::Hour) || (has(Step::HalfDayHour) && has(Step::Noon))
    }

    /// Reads a text, all of it.
    pub(crate) fn read(&self, text: &str) -> Option<Parts> {
        run(&self.steps, text.as_bytes(), Parts::default())
    }

    /// The format in letters that people know: dd/mm/yyyy.
    pub(crate) fn in_words(&self) -> String {
        let mut out = String::new();
        for step in &self.steps {
            match step {
                Step::Literal(byte) => out.push(char::from(*byte)),
                Step::Space => out.push(' '),
                Step::Day => out.push_str("dd"),
                Step::Month | Step::Minute => out.push_str("mm"),
                Step::Year => out.push_str("yyyy"),
                Step::ShortYear => out.push_str("yy"),
                Step::Hour | Step::HalfDayHour => out.push_str("hh"),
                Step::Second => out.push_str("ss"),
                Step::Fraction => out.push_str("ffffff"),
                Step::DayOfYear => out.push_str("ddd"),
                Step::MonthName => out.push_str("September"),
                Step::MonthAbbreviation => out.push_str("Sep"),
                Step::WeekdayName => out.push_str("Friday"),
                Step::WeekdayAbbreviation => out.push_str("Fri"),
                Step::Noon => out.push_str("AM/PM"),
                Step::Offset => out.push_str("+hh:mm"),
                Step::Zone => out.push_str("UTC"),
                Step::WeekdayNumber => out.push('d'),
                Step::Week => out.push_str("ww"),
            }
        }
        out
    }
}

/// The directives that a locale decides, as in C.
fn in_full(letter: u8) -> Option<&'static str> {
    match letter {
        b'c' => Some("%a %b %d %H:%M:%S %Y"),
        b'x' => Some("%m/%d/%y"),
        b'X' => Some("%H:%M:%S"),
        _ => None,
    }
}

fn directive(letter: Option<u8>) -> Option<Step> {
    Some(match letter? {
        b'd' => Step::Day,
        b'm' => Step::Month,
        b'Y' => Step::Year,
        b'y' => Step::ShortYear,
        b'H' => Step::Hour,
        b'I' => Step::HalfDayHour,
        b'M' => Step::Minute,
        b'S' => Step::Second,
        b'f' => Step::Fraction,
        b'j' => Step::DayOfYear,
        b'B' => Step::MonthName,
        b'b' => Step::MonthAbbreviation,
        b'A' => Step::WeekdayName,
        b'a' => Step::WeekdayAbbreviation,
        b'p' => Step::Noon,
        b'z' => Step::Offset,
        b'Z' => Step::Zone,
        b'w' => Step::WeekdayNumber,
        b'U' | b'W' => Step::Week,
        b'%' => Step::Literal(b'%'),
        _ => return None,
    })
}

/// Runs the steps over the text. Numbers take as many digits as they may and, where the rest then
/// does not fit, fewer.
fn run(steps: &[Step], text: &[u8], parts: Parts) -> Option<Parts> {
    let Some((step, steps)) = steps.split_first() else { return text.is_empty().then_some(parts) };
    match step {
        Step::Literal(byte) => {
            let (first, rest) = text.split_first()?;
            first.eq_ignore_ascii_case(byte).then(|| run(steps, rest, parts))?
        }
        Step::Space => {
            let spaces = text.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            if spaces == 0 { None } else { run(steps, &text[spaces..], parts) }
        }
        Step::MonthName => {
            name(&MONTHS, None, text).and_then(|(at, rest)| run(steps, rest, Parts { month: Some(at + 1), ..parts }))
        }
        Step::MonthAbbreviation => {
            name(&MONTHS, Some(3), text).and_then(|(at, rest)| run(steps, rest, Parts { month: Some(at + 1), ..parts }))
        }
        Step::WeekdayName => name(&WEEKDAYS, None, text).and_then(|(_, rest)| run(steps, rest, parts)),
        Step::WeekdayAbbreviation => name(&WEEKDAYS, Some(3), text).and_then(|(_, rest)| run(steps, rest, parts)),
        Step::Noon => name(&["am", "pm"], None, text)
            .and_then(|(at, rest)| run(steps, rest, Parts { is_afternoon: Some(at == 1), ..parts })),
        Step::Zone => {
            let after = name(&["utc", "gmt"], None, text).map(|(_, rest)| rest);
            after.and_then(|rest| run(steps, rest, parts)).or_else(|| run(steps, text, parts))
        }
        Step::Offset => offset(text).and_then(|(offset, rest)| run(steps, rest, Parts { offset, ..parts })),
        _ => {
            let (fewest, most) = width(*step);
            let digits = text.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
            (fewest..=digits).rev().find_map(|digits| {
                let (number, rest) = text.split_at(digits);
                let value = number.iter().fold(0u32, |value, digit| value * 10 + u32::from(digit - b'0'));
                run(steps, rest, with(*step, value, digits, parts)?)
            })
        }
    }
}

/// The fewest and the most digits of a number.
fn width(step: Step) -> (usize, usize) {
    match step {
        Step::Year => (4, 4),
        Step::ShortYear => (2, 2),
        Step::DayOfYear => (1, 3),
        Step::Fraction => (1, 6),
        Step::WeekdayNumber => (1, 1),
        _ => (1, 2),
    }
}

/// The parts with one more, unless it is out of its range.
fn with(step: Step, value: u32, digits: usize, mut parts: Parts) -> Option<Parts> {
    let (from, to) = match step {
        Step::Day => (1, 31),
        Step::Month | Step::HalfDayHour => (1, 12),
        Step::Hour => (0, 23),
        Step::Minute | Step::Second => (0, 59),
        Step::DayOfYear => (1, 366),
        Step::WeekdayNumber => (0, 6),
        Step::Week => (0, 53),
        _ => (0, u32::MAX),
    };
    if !(from..=to).contains(&value) {
        return None;
    }
    match step {
        Step::Day => parts.day = Some(value),
        Step::Month => parts.month = Some(value),
        Step::Year => parts.year = Some(value as i32),
        Step::ShortYear => parts.year = Some(value as i32 + if value < 69 { 2000 } else { 1900 }),
        Step::Hour => parts.hour = Some(value),
        Step::HalfDayHour => parts.half_day_hour = Some(value),
        Step::Minute => parts.minute = value,
        Step::Second => parts.second = value,
        Step::Fraction => parts.microsecond = value * 10u32.pow(6 - digits as u32),
        Step::DayOfYear => parts.day_of_year = Some(value),
        _ => {}
    }
    Some(parts)
}

/// `Z`, or a sign with hours and minutes, with or without a colon.
fn offset(text: &[u8]) -> Option<(i64, &[u8])> {
    let (first, rest) = text.split_first()?;
    if *first == b'Z' {
        return Some((0, rest));
    }
    let number = |digits: &[u8]| -> Option<u32> {
        digits.iter().try_fold(0, |value, digit| digit.is_ascii_digit().then(|| value * 10 + u32::from(digit - b'0')))
    };
    let (hours, rest) = rest.split_at_checked(2)?;
    let (minutes, rest) = rest.strip_prefix(b":").unwrap_or(rest).split_at_checked(2)?;
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let size = (hours < 24 && minutes < 60).then(|| temporal::microseconds(hours, minutes, 0, 0))?;
    match first {
        b'+' => Some((size, rest)),
        b'-' => Some((-size, rest)),
        _ => None,
    }
}

fn name<'a>(names: &[&str], letters: Option<usize>, text: &'a [u8]) -> Option<(u32, &'a [u8])> {
    names.iter().zip(0..).find_map(|(name, at)| {
        let name = &name[..letters.unwrap_or(name.len())];
        let (head, rest) = text.split_at_checked(name.len())?;
        head.eq_ignore_ascii_case(name.as_bytes()).then_some((at, rest))
    })
}

impl Parts {
    /// Days from 1 January 1970.
    pub(crate) fn days(&self) -> Option<i32> {
        let year = self.year.unwrap_or(1900);
        match (self.month, self.day, self.day_of_year) {
            (None, _, Some(day)) | (_, None, Some(day)) => {
                let last = temporal::days(year, 12, 31)?;
                let day = temporal::days(year, 1, 1)? + day as i32 - 1;
                (day <= last).then_some(day)
            }
            (month, day, _) => temporal::days(year, month.unwrap_or(1), day.unwrap_or(1)),
        }
    }

    /// Microseconds by which the clock is ahead of universal time.
    pub(crate) fn offset(&self) -> i64 {
        self.offset
    }

    /// Microseconds from midnight.
    pub(crate) fn microseconds(&self) -> i64 {
        let hour = match (self.hour, self.half_day_hour, self.is_afternoon) {
            (Some(hour), _, _) => hour,
            (None, Some(hour), afternoon) => hour % 12 + if afternoon == Some(true) { 12 } else { 0 },
            (None, None, _) => 0,
        };
        temporal::microseconds(hour, self.minute, self.second, self.microsecond)
    }
}
