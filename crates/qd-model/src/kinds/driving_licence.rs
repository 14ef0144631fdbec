//! Driver numbers of driving licences.

use super::{A_WORD, Kind, LETTER_I, LETTER_O, Slip, all_digits, compact, fits, is_space_or_dash, is_words, lookalike};
use crate::class::Class;
use std::borrow::Cow;

/// Great Britain: five characters of the surname (filled with 9), a date of birth in which the month
/// has 50 added for women, two initials, a digit and two check characters. Northern Ireland: eight digits.
#[derive(Debug)]
pub(super) struct DrivingLicence;

const SHAPE: &str = "*****999999**9aa";

const GENERAL: &Slip = &Slip {
    what: "is not written like a driver number",
    fix: "copy the number from line 5 of the licence, 16 characters, or 8 digits in Northern Ireland",
};
const DATE: &Slip = &Slip {
    what: "has digits in the middle that cannot be a date of birth",
    fix: "copy the number again from line 5 of the licence",
};
const SHORT: &Slip =
    &Slip { what: "has fewer than 16 characters", fix: "copy the whole number from line 5 of the licence" };

impl Kind for DrivingLicence {
    fn name(&self) -> &'static str {
        "driving-licence"
    }

    fn class(&self) -> Class {
        Class::Direct
    }

    fn normalise<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let compact = compact(text, is_space_or_dash);
        // The licence prints the issue number after the driver number; it changes with each card.
        let is_with_issue = fits(&compact, "*****999999**9aa99");
        match compact {
            Cow::Borrowed(text) if is_with_issue => Cow::Borrowed(&text[..16]),
            Cow::Owned(text) if is_with_issue => Cow::Owned(text[..16].to_owned()),
            unchanged => unchanged,
        }
    }

    fn check(&self, normal: &str) -> Result<(), &'static Slip> {
        if fits(normal, "99999999") {
            return Ok(());
        }
        if fits(normal, SHAPE) {
            return if has_date(normal.as_bytes()) { Ok(()) } else { Err(DATE) };
        }
        let is_plain = normal.bytes().all(|byte| byte.is_ascii_alphanumeric());
        Err(match lookalike(normal, SHAPE) {
            Some(slip) => slip,
            None if is_words(normal) => A_WORD,
            None if is_plain && (10..16).contains(&normal.len()) && !all_digits(normal) => SHORT,
            None => GENERAL,
        })
    }

    fn slips(&self) -> &'static [&'static Slip] {
        &[GENERAL, DATE, SHORT, LETTER_O, LETTER_I, A_WORD]
    }

    fn expects(&self) -> &'static str {
        "a driver number: 16 characters, or 8 digits in Northern Ireland"
    }

    fn page(&self) -> &'static str {
        include_str!("driving_licence.md")
    }
}

/// Month 01 to 12 or 51 to 62, day 01 to 31.
fn has_date(number: &[u8]) -> bool {
    let two = |at: usize| (number[at] - b'0') * 10 + (number[at + 1] - b'0');
    let (month, day) = (two(6), two(8));
    (matches!(month, 1..=12) || matches!(month, 51..=62)) && (1..=31).contains(&day)
}
