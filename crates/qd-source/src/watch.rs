//! Values that look as if a program had changed them on their way: dates that can only be month-first
//! where days come first, and numbers of which the last digits are lost.

use crate::faults;
use crate::source::Request;
use arrow::array::Array;
use qd_model::finding::SourceFindings;
use qd_model::{Field, FieldType, Hit};
use qd_table::{Chunk, Stored};

/// Looks at one column of a chunk.
#[derive(Debug)]
pub(crate) struct Watch {
    /// Column of the chunk.
    pub(crate) column: usize,
    /// Index into the faults of the source.
    pub(crate) fault: u32,
    what: What,
}

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    /// Dates of which the first number can only be the month.
    MonthFirst,
    /// Dates of which the first number can only be the day.
    DayFirst,
    /// Numbers where text is asked for, with digits lost.
    LostDigits,
}

impl Watch {
    /// What is to be looked for in the column of a field, if anything.
    pub(crate) fn of(
        field: &Field,
        column: usize,
        request: &Request<'_>,
        findings: &mut SourceFindings,
    ) -> Option<Self> {
        let format = request.formats.iter().find(|(name, _)| *name == field.name).map(|(_, format)| format.as_str());
        let what = match field.field_type {
            FieldType::Date => order(format.or(field.format.as_deref())?)?,
            FieldType::String => What::LostDigits,
            _ => return None,
        };
        let fault = match what {
            What::MonthFirst => faults::date_order(field, "month", "day"),
            What::DayFirst => faults::date_order(field, "day", "month"),
            What::LostDigits => faults::lost_digits(field),
        };
        Some(Self { column, fault: findings.fault(fault), what })
    }

    /// Adds a hit for each row in which it is found.
    pub(crate) fn look(&self, chunk: &Chunk, hits: &mut Vec<Hit>) {
        let cells = &chunk.columns[self.column];
        for (index, row) in chunk.rows.iter().enumerate() {
            if cells.text.is_null(index) {
                continue;
            }
            let text = cells.text.value(index);
            let found = match (self.what, cells.stored(index)) {
                (What::MonthFirst, Stored::Text) => numbers(text).is_some_and(|(a, b)| a <= 12 && b > 12),
                (What::DayFirst, Stored::Text) => numbers(text).is_some_and(|(a, b)| a > 12 && b <= 12),
                (What::LostDigits, stored) => is_rounded(text, stored),
                _ => false,
            };
            if found {
                hits.push(Hit { row: *row, fault: self.fault, evidence: None });
            }
        }
    }
}

/// What would be out of order in dates of a format in which day and month are numbers.
fn order(format: &str) -> Option<What> {
    if format == "any" {
        return Some(What::MonthFirst);
    }
    let (day, month) = (format.find("%d")?, format.find("%m")?);
    Some(if day < month { What::MonthFirst } else { What::DayFirst }).filter(|_| !format.starts_with("%Y"))
}

/// The first two numbers of a date such as 12/25/2022, if both can be a day.
fn numbers(text: &str) -> Option<(u32, u32)> {
    // Nearly every date has this shape, and there may be millions.
    if let [a, b, b'/', c, d, b'/', rest @ ..] = text.as_bytes()
        && [a, b, c, d].iter().all(|digit| digit.is_ascii_digit())
        && rest.len() == 4
    {
        let number = |tens: &u8, ones: &u8| u32::from(tens - b'0') * 10 + u32::from(ones - b'0');
        return Some((number(a, b), number(c, d))).filter(|(first, second)| {
            rest.iter().all(u8::is_ascii_digit) && (1..=31).contains(first) && (1..=31).contains(second)
        });
    }
    let bytes = text.trim().as_bytes();
    let sign = *bytes.iter().find(|byte| !byte.is_ascii_digit())?;
    if !b"/-.".contains(&sign) {
        return None;
    }
    let mut parts = bytes.split(|byte| *byte == sign);
    let mut number = |lengths: std::ops::RangeInclusive<usize>| {
        let part = parts.next().filter(|part| lengths.contains(&part.len()) && part.iter().all(u8::is_ascii_digit))?;
        std::str::from_utf8(part).ok()?.parse::<u32>().ok()
    };
    let (first, second, _) = (number(1..=2)?, number(1..=2)?, number(2..=4)?);
    let can_be = |number: u32| (1..=31).contains(&number);
    (parts.next().is_none() && can_be(first) && can_be(second)).then_some((first, second))
}

/// Whether a text is a number that a spreadsheet has rounded: `4.41235E+11`, or more digits than it
/// keeps.
fn is_rounded(text: &str, stored: Stored) -> bool {
    const KEPT: usize = 15;
    let bytes = text.as_bytes();
    if !bytes.first().is_some_and(u8::is_ascii_digit) {
        return false;
    }
    if stored == Stored::Number {
        return bytes.len() > KEPT && bytes.iter().all(u8::is_ascii_digit);
    }
    let Some(at) = memchr::memchr2(b'E', b'e', bytes).filter(|at| bytes.get(at + 1) == Some(&b'+')) else {
        return false;
    };
    let (mantissa, exponent) = (&text[..at], &text[at + 2..]);
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    whole.len() == 1 && is_number(whole) && is_number(fraction) && is_number(exponent) && exponent.len() <= 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_that_can_only_be_read_one_way_are_told() {
        for (text, expected) in [
            ("12/25/2022", Some((12, 25))),
            ("1/2/22", Some((1, 2))),
            ("25.12.2022", Some((25, 12))),
            ("2022-12-25", None),
            ("32/01/2022", None),
            ("12/25", None),
            ("12/25/2022/1", None),
            ("text", None),
            ("", None),
        ] {
            assert_eq!(numbers(text), expected, "{text}");
        }
        assert_eq!(order("%d/%m/%Y"), Some(What::MonthFirst));
        assert_eq!(order("%m/%d/%Y"), Some(What::DayFirst));
        assert_eq!(order("%Y-%m-%d"), None);
        assert_eq!(order("%d %B %Y"), None);
    }

    #[test]
    fn rounded_numbers_are_told() {
        for (text, stored, expected) in [
            ("4.41235E+11", Stored::Text, true),
            ("1E+05", Stored::Text, true),
            ("1E5", Stored::Text, false),
            ("E+11", Stored::Text, false),
            ("12345678901234567", Stored::Text, false),
            ("1234567890123456", Stored::Number, true),
            ("123456789012345", Stored::Number, false),
        ] {
            assert_eq!(is_rounded(text, stored), expected, "{text}");
        }
    }
}
