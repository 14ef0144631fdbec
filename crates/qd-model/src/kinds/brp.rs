//! Numbers of biometric residence permits.

use super::{A_WORD, Kind, LETTER_I, LETTER_O, Slip, TOO_LONG, TOO_SHORT};
use super::{compact, fits, is_space_or_dash, is_words, lookalike};
use crate::class::Class;
use std::borrow::Cow;

/// Two letters, a digit or X, six digits, as the Home Office's own forms check it
/// (UKHomeOffice/refugee-integration-loan, apps/apply/fields).
#[derive(Debug)]
pub(super) struct Brp;

const SHAPES: [&str; 2] = ["aa9999999", "aaX999999"];

const GENERAL: &Slip = &Slip {
    what: "is not written like a permit's number",
    fix: "copy the number from the top right of the permit's front, not from its back",
};
const PASSPORT: &Slip = &Slip {
    what: "has nine digits and no letters, as a passport's number has",
    fix: "give the permit's own number, or change the kind of document",
};
const SHARE_CODE: &Slip = &Slip {
    what: "looks like a share code, which runs out and is not an identifier",
    fix: "record that the eVisa was checked and when, and leave the code out",
};

impl Kind for Brp {
    fn name(&self) -> &'static str {
        "brp"
    }

    fn class(&self) -> Class {
        Class::Direct
    }

    fn normalise<'a>(&self, text: &'a str) -> Cow<'a, str> {
        compact(text, is_space_or_dash)
    }

    fn check(&self, normal: &str) -> Result<(), &'static Slip> {
        if SHAPES.iter().any(|shape| fits(normal, shape)) {
            return Ok(());
        }
        let is_share_code = fits(normal, "a********") && matches!(normal.as_bytes()[0], b'W' | b'R' | b'S');
        Err(match SHAPES.iter().find_map(|shape| lookalike(normal, shape)) {
            Some(slip) => slip,
            None if is_words(normal) => A_WORD,
            None if fits(normal, "999999999") => PASSPORT,
            None if is_share_code => SHARE_CODE,
            None if fits(normal, "aa999999") || fits(normal, "aaX99999") => TOO_SHORT,
            None if fits(normal, "aa99999999") || fits(normal, "aaX9999999") => TOO_LONG,
            None => GENERAL,
        })
    }

    fn slips(&self) -> &'static [&'static Slip] {
        &[GENERAL, PASSPORT, SHARE_CODE, LETTER_O, LETTER_I, A_WORD, TOO_SHORT, TOO_LONG]
    }

    fn expects(&self) -> &'static str {
        "the number of a biometric residence permit: two letters, a digit or X, six digits"
    }

    fn page(&self) -> &'static str {
        include_str!("brp.md")
    }
}
