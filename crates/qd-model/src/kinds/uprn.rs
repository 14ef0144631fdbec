//! Unique property reference numbers.

use super::{A_WORD, EXPONENT, Kind, LETTER_I, LETTER_O, Slip, all_digits, compact, has_exponent, is_space, is_words};
use crate::class::Class;
use std::borrow::Cow;

/// Up to twelve digits; zeros in front only fill the width and are left off.
#[derive(Debug)]
pub(super) struct Uprn;

const GENERAL: &Slip = &Slip {
    what: "is not written like a property reference number",
    fix: "look the address up with FindMyAddress and copy the number, digits only",
};
const LONG: &Slip =
    &Slip { what: "has more than 12 digits", fix: "look the address up with FindMyAddress and copy the number" };
const ZERO: &Slip = &Slip { what: "is zero", fix: "leave the cell blank where the number is not known" };

impl Kind for Uprn {
    fn name(&self) -> &'static str {
        "uprn"
    }

    fn class(&self) -> Class {
        Class::Indirect
    }

    fn normalise<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let compact = compact(text, is_space);
        if !compact.starts_with('0') || !all_digits(&compact) {
            return compact;
        }
        let significant = compact.trim_start_matches('0');
        Cow::Owned(if significant.is_empty() { "0".to_owned() } else { significant.to_owned() })
    }

    fn check(&self, normal: &str) -> Result<(), &'static Slip> {
        if all_digits(normal) {
            return match normal.len() {
                1 if normal == "0" => Err(ZERO),
                0..=12 => Ok(()),
                _ => Err(LONG),
            };
        }
        let places = "9".repeat(normal.len().min(12));
        Err(match super::lookalike(normal, &places) {
            _ if has_exponent(normal) => EXPONENT,
            _ if is_words(normal) => A_WORD,
            Some(slip) => slip,
            None => GENERAL,
        })
    }

    fn slips(&self) -> &'static [&'static Slip] {
        &[GENERAL, LONG, ZERO, LETTER_O, LETTER_I, EXPONENT, A_WORD]
    }

    fn expects(&self) -> &'static str {
        "a unique property reference number: up to 12 digits"
    }

    fn page(&self) -> &'static str {
        include_str!("uprn.md")
    }
}
