//! Passport numbers.

use super::{A_WORD, EXPONENT, Kind, Slip, compact, has_exponent, is_space_or_dash, is_words};
use crate::class::Class;
use std::borrow::Cow;

/// Letters and digits. The Home Office's eVisa form asks for nine or ten; several countries issue
/// shorter numbers, so six are enough here.
#[derive(Debug)]
pub(super) struct Passport;

const GENERAL: &Slip = &Slip {
    what: "is not written like a passport's number",
    fix: "copy the number from the page with the photograph, letters and digits only",
};
const LENGTH: &Slip = &Slip {
    what: "has fewer than 6 or more than 10 characters, which no passport's number has",
    fix: "copy the number from the page with the photograph, not the line of characters at its foot",
};

impl Kind for Passport {
    fn name(&self) -> &'static str {
        "passport"
    }

    fn class(&self) -> Class {
        Class::Direct
    }

    fn normalise<'a>(&self, text: &'a str) -> Cow<'a, str> {
        compact(text, is_space_or_dash)
    }

    fn check(&self, normal: &str) -> Result<(), &'static Slip> {
        if is_words(normal) {
            return Err(A_WORD);
        }
        let is_plain = normal.bytes().all(|byte| byte.is_ascii_alphanumeric());
        match normal.len() {
            6..=10 if is_plain => Ok(()),
            _ if has_exponent(normal) => Err(EXPONENT),
            _ if is_plain => Err(LENGTH),
            _ => Err(GENERAL),
        }
    }

    fn slips(&self) -> &'static [&'static Slip] {
        &[GENERAL, LENGTH, EXPONENT, A_WORD]
    }

    fn expects(&self) -> &'static str {
        "a passport's number: 6 to 10 letters and digits"
    }

    fn page(&self) -> &'static str {
        include_str!("passport.md")
    }
}
