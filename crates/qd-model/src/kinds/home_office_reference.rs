//! Home Office references.

use super::{A_WORD, EXPONENT, Kind, LETTER_I, LETTER_O, Slip};
use super::{compact, has_exponent, is_space_or_dash, is_words, lookalike};
use crate::class::Class;
use std::borrow::Cow;

/// Several forms are in use (`A1234567`, `VPR1234`, `GWF000000000`, sixteen digits), so only what
/// fits none of them is caught.
#[derive(Debug)]
pub(super) struct HomeOfficeReference;

const GENERAL: &Slip = &Slip {
    what: "is not written like a Home Office reference",
    fix: "copy the reference from the Home Office's letter, for example a letter and seven digits",
};

impl Kind for HomeOfficeReference {
    fn name(&self) -> &'static str {
        "home-office-reference"
    }

    fn class(&self) -> Class {
        Class::Direct
    }

    fn normalise<'a>(&self, text: &'a str) -> Cow<'a, str> {
        compact(text, is_space_or_dash)
    }

    fn check(&self, normal: &str) -> Result<(), &'static Slip> {
        if let Some(slip) = lookalike(normal, "a9999999").or_else(|| lookalike(normal, "GWF999999999")) {
            return Err(slip);
        }
        let is_plain = normal.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'/');
        let digits = normal.bytes().filter(u8::is_ascii_digit).count();
        match normal.len() {
            5..=20 if is_plain && digits >= 4 => Ok(()),
            _ if has_exponent(normal) => Err(EXPONENT),
            _ if is_words(normal) => Err(A_WORD),
            _ => Err(GENERAL),
        }
    }

    fn slips(&self) -> &'static [&'static Slip] {
        &[GENERAL, LETTER_O, LETTER_I, EXPONENT, A_WORD]
    }

    fn expects(&self) -> &'static str {
        "a Home Office reference, such as a letter and seven digits"
    }

    fn page(&self) -> &'static str {
        include_str!("home_office_reference.md")
    }
}
