//! National Insurance numbers.

use super::{A_WORD, Kind, LETTER_I, LETTER_O, Slip, TOO_LONG, TOO_SHORT};
use super::{compact, fits, is_space_or_dash, is_words, lookalike};
use crate::class::Class;
use std::borrow::Cow;

/// HMRC, National Insurance Manual NIM39110: two letters, six digits, and a suffix A to D. The number
/// is unique without its suffix, which may be missing.
#[derive(Debug)]
pub(super) struct Nino;

/// Prefixes that are never issued, of letters that could otherwise begin a number (NIM39110).
const NEVER_ISSUED: [&[u8]; 7] = [b"BG", b"GB", b"KN", b"NK", b"NT", b"TN", b"ZZ"];

const GENERAL: &Slip = &Slip {
    what: "is not written like a National Insurance number",
    fix: "ask for the number as it stands on a payslip, or on a letter about tax, a pension or benefits",
};
const PREFIX: &Slip = &Slip {
    what: "begins with two letters that are never issued",
    fix: "check the first two letters against a payslip, or a letter about tax, a pension or benefits; temporary numbers do not count",
};
const SUFFIX: &Slip =
    &Slip { what: "ends in a letter other than A, B, C or D", fix: "check the last letter, or leave it out" };
const TEMPORARY: &Slip = &Slip {
    what: "looks like a temporary reference number, which is not a National Insurance number",
    fix: "leave the cell blank until the National Insurance number is known",
};

impl Kind for Nino {
    fn name(&self) -> &'static str {
        "nino"
    }

    fn class(&self) -> Class {
        Class::Direct
    }

    fn normalise<'a>(&self, text: &'a str) -> Cow<'a, str> {
        compact(text, is_space_or_dash)
    }

    fn check(&self, normal: &str) -> Result<(), &'static Slip> {
        let is_whole = fits(normal, "aa999999a");
        if is_whole || fits(normal, "aa999999") {
            let bytes = normal.as_bytes();
            if !is_prefix(&bytes[..2]) {
                return Err(PREFIX);
            }
            return if is_whole && !(b'A'..=b'D').contains(&bytes[8]) { Err(SUFFIX) } else { Ok(()) };
        }
        let shapes = ["aa999999a", "aa999999"];
        Err(match shapes.iter().find_map(|shape| lookalike(normal, shape)) {
            Some(slip) => slip,
            None if fits(normal, "99a99999") => TEMPORARY,
            None if is_words(normal) => A_WORD,
            None if fits(normal, "aa99999a") || fits(normal, "aa99999") => TOO_SHORT,
            None if fits(normal, "aa9999999a") || fits(normal, "aa9999999") => TOO_LONG,
            None => GENERAL,
        })
    }

    fn slips(&self) -> &'static [&'static Slip] {
        &[GENERAL, PREFIX, SUFFIX, TEMPORARY, LETTER_O, LETTER_I, A_WORD, TOO_SHORT, TOO_LONG]
    }

    fn link_key<'a>(&self, normal: &'a str) -> &'a str {
        normal.get(..8).unwrap_or(normal)
    }

    fn expects(&self) -> &'static str {
        "a National Insurance number: two letters, six digits, and a letter A to D"
    }

    fn page(&self) -> &'static str {
        include_str!("nino.md")
    }
}

fn is_prefix(prefix: &[u8]) -> bool {
    let never = b"DFIQUV";
    !never.contains(&prefix[0]) && !never.contains(&prefix[1]) && prefix[1] != b'O' && !NEVER_ISSUED.contains(&prefix)
}
