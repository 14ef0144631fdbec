//! Reading numbers: by hand where they are plain, which nearly all are.

use super::Scalar;
use crate::value::Value;
use arrow::datatypes::{Float64Type, Int64Type};
use qd_model::Field;
use qd_table::Stored;
use std::borrow::Cow;

/// Reads whole numbers.
#[derive(Debug, Clone)]
pub(crate) struct Integers {
    group: Option<String>,
    is_bare: bool,
}

/// Reads numbers.
#[derive(Debug, Clone)]
pub(crate) struct Numbers {
    decimal: String,
    group: Option<String>,
    is_bare: bool,
    /// Whether a number is written as in a program: nothing to take out first.
    is_plain: bool,
}

impl Integers {
    /// Whole numbers as a program writes them.
    pub(crate) const PLAIN: Self = Self { group: None, is_bare: true };

    pub(crate) fn of(field: &Field) -> Self {
        Self { group: field.group_char.clone(), is_bare: field.bare_number }
    }
}

impl Scalar for Integers {
    type Arrow = Int64Type;

    fn read(&self, text: &str) -> Option<i64> {
        if self.is_bare && self.group.is_none() {
            return integer(text);
        }
        let text = if self.is_bare { Cow::Borrowed(text) } else { bare(text, "") };
        match &self.group {
            Some(group) => integer(&text.replace(group.as_str(), "")),
            None => integer(&text),
        }
    }

    fn read_stored(&self, text: &str, stored: Stored) -> Option<i64> {
        match stored {
            Stored::Number => integer(text),
            Stored::Text => self.read(text),
            _ => None,
        }
    }

    fn value(native: i64) -> Value<'static> {
        Value::Integer(native)
    }
}

impl Numbers {
    /// Numbers as a program writes them.
    pub(crate) fn plain() -> Self {
        Self { decimal: ".".to_owned(), group: None, is_bare: true, is_plain: true }
    }

    pub(crate) fn of(field: &Field) -> Self {
        let is_plain = field.bare_number && field.group_char.is_none() && field.decimal_char == ".";
        Self {
            decimal: field.decimal_char.clone(),
            group: field.group_char.clone(),
            is_bare: field.bare_number,
            is_plain,
        }
    }
}

impl Scalar for Numbers {
    type Arrow = Float64Type;

    fn read(&self, text: &str) -> Option<f64> {
        if self.is_plain {
            return number(text);
        }
        if let Some(special) = special(text) {
            return Some(special);
        }
        let mut text = if self.is_bare { Cow::Borrowed(text) } else { bare(text, &self.decimal) };
        if let Some(group) = &self.group {
            text = Cow::Owned(text.replace(group.as_str(), ""));
        }
        if self.decimal != "." {
            // A full stop is then no part of a number.
            if text.contains('.') {
                return None;
            }
            text = Cow::Owned(text.replace(self.decimal.as_str(), "."));
        }
        number(&text)
    }

    fn read_stored(&self, text: &str, stored: Stored) -> Option<f64> {
        match stored {
            Stored::Number => number(text),
            Stored::Text => self.read(text),
            _ => None,
        }
    }

    fn value(native: f64) -> Value<'static> {
        Value::Number(native)
    }
}

/// The number inside a text such as "£5" or "12 %". A minus sign before it counts wherever it is.
fn bare<'a>(text: &'a str, decimal: &str) -> Cow<'a, str> {
    let is_digit = |c: char| c.is_ascii_digit();
    let (Some(first), Some(last)) = (text.find(is_digit), text.rfind(is_digit)) else { return Cow::Borrowed(text) };
    let mut before = &text[..first];
    let mut first = first;
    if !decimal.is_empty() && before.ends_with(decimal) {
        before = &before[..before.len() - decimal.len()];
        first = before.len();
    }
    let number = &text[first..=last];
    if before.contains('-') { Cow::Owned(format!("-{number}")) } else { Cow::Borrowed(number) }
}

fn integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text).as_bytes();
    if !(1..=18).contains(&digits.len()) {
        return text.parse().ok();
    }
    let mut value = 0i64;
    for digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + i64::from(digit);
    }
    Some(if text.starts_with('-') { -value } else { value })
}

fn special(text: &str) -> Option<f64> {
    // The standard lets them be written in any case.
    match text {
        _ if text.eq_ignore_ascii_case("INF") => Some(f64::INFINITY),
        _ if text.eq_ignore_ascii_case("-INF") => Some(f64::NEG_INFINITY),
        _ if text.eq_ignore_ascii_case("NaN") => Some(f64::NAN),
        _ => None,
    }
}

fn number(text: &str) -> Option<f64> {
    const POWERS: [f64; 16] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
    let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
    if !(1..=16).contains(&digits.len()) {
        return slow_number(text);
    }
    let (mut value, mut count, mut point) = (0u64, 0usize, None);
    for byte in digits {
        match byte.wrapping_sub(b'0') {
            digit @ 0..=9 => {
                value = value * 10 + u64::from(digit);
                count += 1;
            }
            _ if *byte == b'.' && point.is_none() => point = Some(count),
            _ => return slow_number(text),
        }
    }
    if !(1..=15).contains(&count) {
        return slow_number(text);
    }
    // Both are exact, so that the quotient is the nearest number there is.
    let value = value as f64 / POWERS[count - point.unwrap_or(count)];
    Some(if text.starts_with('-') { -value } else { value })
}

fn slow_number(text: &str) -> Option<f64> {
    if let Some(special) = special(text) {
        return Some(special);
    }
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E'));
    let value: f64 = is_number.then(|| text.parse().ok())??;
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn numbers(decimal: &str, group: Option<&str>, is_bare: bool) -> Numbers {
        Numbers { decimal: decimal.to_owned(), group: group.map(str::to_owned), is_bare, is_plain: false }
    }

    #[test]
    fn numbers_are_read_as_the_field_says() {
        let plain = Numbers::plain();
        for (text, expected) in [
            ("12", Some(12.0)),
            ("-0.5", Some(-0.5)),
            (".5", Some(0.5)),
            ("5.", Some(5.0)),
            ("1e3", Some(1000.0)),
            ("INF", Some(f64::INFINITY)),
            ("12 ", None),
            ("", None),
            ("-", None),
            (".", None),
            ("1.2.3", None),
            ("inf", Some(f64::INFINITY)),
            ("-Inf", Some(f64::NEG_INFINITY)),
            ("infinity", None),
            ("+INF", None),
            ("1e999", None),
            ("1,000", None),
            ("٣", None),
        ] {
            assert_eq!(plain.read(text), expected, "{text}");
        }
        assert!(plain.read("NaN").is_some_and(f64::is_nan) && plain.read("nan").is_some_and(f64::is_nan));
        assert_eq!(numbers(",", Some("."), true).read("1.234,5"), Some(1234.5));
        assert_eq!(numbers(".", Some(","), false).read("-£1,234.50 a week"), Some(-1234.5));
        assert_eq!(numbers(".", None, false).read("95%"), Some(95.0));
        assert_eq!(numbers(",", None, true).read("1.5"), None);
    }

    #[test]
    fn whole_numbers_are_exact() {
        for (text, expected) in [
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", None),
            ("+7", Some(7)),
            ("007", Some(7)),
            ("7.0", None),
            ("--7", None),
            ("", None),
        ] {
            assert_eq!(Integers::PLAIN.read(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn reading_by_hand_gives_what_the_library_gives(text in "-?[0-9]{1,9}(\\.[0-9]{1,8})?") {
            prop_assert_eq!(number(&text).map(f64::to_bits), text.parse::<f64>().ok().map(f64::to_bits));
        }
    }
}
