//! Telephone numbers of the United Kingdom.

use super::{A_WORD, EXPONENT, Kind, LETTER_I, LETTER_O, Slip, all_digits, compact, has_exponent, is_words, lookalike};
use crate::class::Class;
use std::borrow::Cow;

/// Ten or eleven digits with a leading 0; `+44` and `0044` become that 0.
#[derive(Debug)]
pub(super) struct UkPhone;

const GENERAL: &Slip = &Slip {
    what: "is not written like a telephone number",
    fix: "type the number as it is dialled, 10 or 11 digits with a leading 0",
};
const NO_ZERO: &Slip = &Slip {
    what: "has no leading zero, as when a spreadsheet takes the number for an amount",
    fix: "format the column as text, then type the number with its leading 0",
};
const ABROAD: &Slip = &Slip {
    what: "begins with the code of another country",
    fix: "give a number of the United Kingdom, or keep numbers from abroad in another field",
};
const SHORT: &Slip = &Slip { what: "has fewer than 10 digits", fix: "ask for the whole number with its area code" };
const LONG: &Slip = &Slip {
    what: "has more than 11 digits, as when two numbers share a cell",
    fix: "keep one number in the cell, and put others in a column of their own",
};

impl Kind for UkPhone {
    fn name(&self) -> &'static str {
        "uk-phone"
    }

    fn class(&self) -> Class {
        Class::Direct
    }

    fn normalise<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let compact = compact(text, is_punctuation);
        let is_bare_code = |text: &str| text.starts_with("44") && text.len() >= 12 && all_digits(text);
        let national = match compact.strip_prefix("+44").or_else(|| compact.strip_prefix("0044")) {
            Some(rest) => rest,
            None if is_bare_code(&compact) => &compact[2..],
            None => return compact,
        };
        Cow::Owned(format!("0{}", national.trim_start_matches('0')))
    }

    fn check(&self, normal: &str) -> Result<(), &'static Slip> {
        let slip = lookalike(normal, "09999999999").or_else(|| lookalike(normal, "0999999999"));
        match normal.len() {
            _ if slip.is_some() => Err(slip.unwrap_or(GENERAL)),
            _ if has_exponent(normal) => Err(EXPONENT),
            _ if is_words(normal) => Err(A_WORD),
            _ if normal.starts_with('+') || normal.starts_with("00") => Err(ABROAD),
            _ if !all_digits(normal) => Err(GENERAL),
            9 | 10 if !normal.starts_with('0') => Err(NO_ZERO),
            0..=9 => Err(SHORT),
            12.. => Err(LONG),
            _ if normal.starts_with('0') => Ok(()),
            _ => Err(GENERAL),
        }
    }

    fn slips(&self) -> &'static [&'static Slip] {
        &[GENERAL, NO_ZERO, ABROAD, SHORT, LONG, LETTER_O, LETTER_I, EXPONENT, A_WORD]
    }

    fn expects(&self) -> &'static str {
        "a telephone number of the United Kingdom: 10 or 11 digits with a leading 0"
    }

    fn page(&self) -> &'static str {
        include_str!("uk_phone.md")
    }
}

fn is_punctuation(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}' | '(' | ')' | '.' | '/')
}
