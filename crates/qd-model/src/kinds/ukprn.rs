//! UK provider reference numbers.

use super::{A_WORD, Kind, LETTER_I, LETTER_O, Slip, compact, fits, is_space, is_words, lookalike};
use crate::class::Class;
use std::borrow::Cow;

/// Eight digits, the first not zero (the ILR's schema: 10000000 to 99999999).
#[derive(Debug)]
pub(super) struct Ukprn;

const GENERAL: &Slip = &Slip {
    what: "is not written like a provider reference number",
    fix: "look the organisation up in the UK Register of Learning Providers",
};
const LENGTH: &Slip = &Slip {
    what: "has more or fewer than eight digits",
    fix: "look the organisation up in the UK Register of Learning Providers",
};

impl Kind for Ukprn {
    fn name(&self) -> &'static str {
        "ukprn"
    }

    fn class(&self) -> Class {
        Class::None
    }

    fn normalise<'a>(&self, text: &'a str) -> Cow<'a, str> {
        compact(text, is_space)
    }

    fn check(&self, normal: &str) -> Result<(), &'static Slip> {
        if fits(normal, "99999999") && !normal.starts_with('0') {
            return Ok(());
        }
        Err(match lookalike(normal, "99999999") {
            _ if is_words(normal) => A_WORD,
            Some(slip) => slip,
            None if super::all_digits(normal) && normal.len() != 8 => LENGTH,
            None => GENERAL,
        })
    }

    fn slips(&self) -> &'static [&'static Slip] {
        &[GENERAL, LENGTH, LETTER_O, LETTER_I, A_WORD]
    }

    fn expects(&self) -> &'static str {
        "a UK provider reference number: eight digits"
    }

    fn page(&self) -> &'static str {
        include_str!("ukprn.md")
    }
}
