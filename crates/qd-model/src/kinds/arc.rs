//! Serial numbers of application registration cards.

use super::{A_WORD, Kind, Slip, compact, is_space_or_dash, is_words};
use crate::class::Class;
use std::borrow::Cow;

/// No form of the number is published, so only what cannot be one is caught.
#[derive(Debug)]
pub(super) struct Arc;

const GENERAL: &Slip = &Slip {
    what: "is not written like a registration card's number",
    fix: "copy the number from the card: letters and digits, at least four of them digits",
};

impl Kind for Arc {
    fn name(&self) -> &'static str {
        "arc"
    }

    fn class(&self) -> Class {
        Class::Direct
    }

    fn normalise<'a>(&self, text: &'a str) -> Cow<'a, str> {
        compact(text, is_space_or_dash)
    }

    fn check(&self, normal: &str) -> Result<(), &'static Slip> {
        let is_plain = normal.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'/');
        let digits = normal.bytes().filter(u8::is_ascii_digit).count();
        match normal.len() {
            5..=20 if is_plain && digits >= 4 => Ok(()),
            _ if is_words(normal) => Err(A_WORD),
            _ => Err(GENERAL),
        }
    }

    fn slips(&self) -> &'static [&'static Slip] {
        &[GENERAL, A_WORD]
    }

    fn expects(&self) -> &'static str {
        "the number of an application registration card: 5 to 20 letters and digits"
    }

    fn page(&self) -> &'static str {
        include_str!("arc.md")
    }
}
