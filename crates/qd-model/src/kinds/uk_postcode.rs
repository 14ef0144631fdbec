//! Postcodes of the United Kingdom.

use super::{A_WORD, Kind, LETTER_I, LETTER_O, Slip, compact, is_space, is_words, lookalike};
use crate::class::Class;
use std::borrow::Cow;

/// The forms of BS 7666, with one space before the last three characters.
#[derive(Debug)]
pub(super) struct UkPostcode;

/// What learner records write for a postcode that is not known.
const NOT_KNOWN: &str = "ZZ99 9ZZ";

/// Outward and inward parts by their letters and digits.
const SHAPES: [&str; 6] = ["a9 9aa", "a99 9aa", "aa9 9aa", "aa99 9aa", "a9a 9aa", "aa9a 9aa"];

const GENERAL: &Slip = &Slip {
    what: "is not written like a postcode",
    fix: "look the address up with Royal Mail's postcode finder, or ask the partner for the whole postcode",
};
const OUTWARD: &Slip = &Slip {
    what: "holds only the first half of a postcode",
    fix: "ask for the whole postcode; where it is not known, write ZZ99 9ZZ",
};
const LETTERS: &Slip = &Slip {
    what: "has the form of a postcode with a letter in a place where that letter is never used",
    fix: "check the postcode letter by letter against the address",
};

impl Kind for UkPostcode {
    fn name(&self) -> &'static str {
        "uk-postcode"
    }

    fn class(&self) -> Class {
        Class::Indirect
    }

    fn normalise<'a>(&self, text: &'a str) -> Cow<'a, str> {
        // The commonest cell is right already and costs no copy.
        if SHAPES.iter().any(|shape| super::fits(text, shape)) {
            return Cow::Borrowed(text);
        }
        let compact = compact(text, is_space);
        if !(5..=7).contains(&compact.len()) || !compact.is_ascii() {
            return compact;
        }
        let (outward, inward) = compact.split_at(compact.len() - 3);
        Cow::Owned(format!("{outward} {inward}"))
    }

    fn check(&self, normal: &str) -> Result<(), &'static Slip> {
        if normal == NOT_KNOWN {
            return Ok(());
        }
        if let Some(shape) = SHAPES.iter().find(|shape| super::fits(normal, shape)) {
            return if has_letters(normal.as_bytes(), shape) { Ok(()) } else { Err(LETTERS) };
        }
        let is_outward = ["a9", "a99", "aa9", "aa99", "a9a", "aa9a"].iter().any(|shape| super::fits(normal, shape));
        Err(match SHAPES.iter().find_map(|shape| lookalike(normal, shape)) {
            Some(slip) => slip,
            None if is_words(normal) => A_WORD,
            None if is_outward => OUTWARD,
            None => GENERAL,
        })
    }

    fn slips(&self) -> &'static [&'static Slip] {
        &[GENERAL, OUTWARD, LETTERS, LETTER_O, LETTER_I, A_WORD]
    }

    fn expects(&self) -> &'static str {
        "a postcode of the United Kingdom, whole, with one space"
    }

    fn page(&self) -> &'static str {
        include_str!("uk_postcode.md")
    }
}

/// Whether each letter is one that BS 7666 uses in its place.
fn has_letters(code: &[u8], shape: &str) -> bool {
    let inward = &code[code.len() - 2..];
    let third_or_fourth = match shape {
        "a9a 9aa" => b"ABCDEFGHJKPSTUW".contains(&code[2]),
        "aa9a 9aa" => b"ABEHMNPRVWXY".contains(&code[3]),
        _ => true,
    };
    !b"QVX".contains(&code[0])
        && !b"IJZ".contains(&code[1])
        && third_or_fourth
        && inward.iter().all(|letter| !b"CIKMOV".contains(letter))
}
