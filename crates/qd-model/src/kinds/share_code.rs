//! Share codes of eVisa checks.

use super::{A_WORD, Kind, Slip, compact, fits, is_space_or_dash, is_words};
use crate::class::Class;
use std::borrow::Cow;

/// W (work), R (rent) or S (anything else) and eight letters or digits; it lasts 90 days and serves
/// one purpose, so it is checked and then forgotten.
#[derive(Debug)]
pub(super) struct ShareCode;

const GENERAL: &Slip = &Slip {
    what: "is not written like a share code",
    fix: "ask the person for the nine characters that the Home Office's page shows",
};
const LETTER: &Slip = &Slip {
    what: "begins with a character other than W, R or S",
    fix: "ask the person for the whole code; its first letter says what it may be used for",
};
const SHORT: &Slip = &Slip { what: "has fewer than nine characters", fix: "ask the person for the whole code" };

impl Kind for ShareCode {
    fn name(&self) -> &'static str {
        "share-code"
    }

    fn class(&self) -> Class {
        Class::Direct
    }

    fn is_check_only(&self) -> bool {
        true
    }

    fn normalise<'a>(&self, text: &'a str) -> Cow<'a, str> {
        compact(text, is_space_or_dash)
    }

    fn check(&self, normal: &str) -> Result<(), &'static Slip> {
        if fits(normal, "*********") {
            return if matches!(normal.as_bytes()[0], b'W' | b'R' | b'S') { Ok(()) } else { Err(LETTER) };
        }
        let is_code = normal.bytes().all(|byte| byte.is_ascii_alphanumeric());
        Err(match normal.len() {
            _ if is_words(normal) => A_WORD,
            1..9 if is_code => SHORT,
            _ => GENERAL,
        })
    }

    fn slips(&self) -> &'static [&'static Slip] {
        &[GENERAL, LETTER, SHORT, A_WORD]
    }

    fn expects(&self) -> &'static str {
        "a share code: W, R or S and eight letters or digits"
    }

    fn page(&self) -> &'static str {
        include_str!("share_code.md")
    }
}
