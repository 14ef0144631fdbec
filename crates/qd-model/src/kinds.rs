//! Identifier kinds: what a NINO, a postcode or a telephone number looks like, how it is written in
//! one way only, and which slip a person has likely made. A kind never shows a value.

mod arc;
mod brp;
mod driving_licence;
mod email;
mod home_office_reference;
mod nino;
mod passport;
mod person_name;
mod share_code;
mod uk_phone;
mod uk_postcode;
mod ukprn;
mod uprn;

use crate::class::Class;
use std::borrow::Cow;
use std::fmt::Debug;

/// Knows one kind of identifier.
pub trait Kind: Sync + Debug {
    /// The word of schema files, and the code of its findings.
    fn name(&self) -> &'static str;
    /// What a field of this kind is, unless its schema says more.
    fn class(&self) -> Class;
    /// True for kinds that are checked and then forgotten: never keys, stored or released.
    fn is_check_only(&self) -> bool {
        false
    }
    /// The one way in which the value is written: equal identifiers become equal texts.
    fn normalise<'a>(&self, text: &'a str) -> Cow<'a, str>;
    /// Judges a normalised value; the slip says what is wrong in words that hold no value.
    fn check(&self, normal: &str) -> Result<(), &'static Slip>;
    /// Every slip that [`Kind::check`] can answer, the one that says least first.
    fn slips(&self) -> &'static [&'static Slip];
    /// The part of a normalised value that tells one person from another.
    fn link_key<'a>(&self, normal: &'a str) -> &'a str {
        normal
    }
    /// What a good value looks like, to complete the sentence "The schema asks for …".
    fn expects(&self) -> &'static str;
    /// Markdown with the fixed headings of a check's page.
    fn page(&self) -> &'static str;
}

/// A likely slip in an identifier, in words.
#[derive(Debug, PartialEq, Eq)]
pub struct Slip {
    /// Completes the sentence "The value …", for example "has a letter O where a digit belongs".
    pub what: &'static str,
    /// Completes the sentence "do: …".
    pub fix: &'static str,
}

/// Every kind, in the order of the documentation.
pub static ALL: &[&dyn Kind] = &[
    &nino::Nino,
    &brp::Brp,
    &share_code::ShareCode,
    &arc::Arc,
    &home_office_reference::HomeOfficeReference,
    &passport::Passport,
    &driving_licence::DrivingLicence,
    &person_name::PersonName,
    &email::Email,
    &uk_phone::UkPhone,
    &uk_postcode::UkPostcode,
    &uprn::Uprn,
    &ukprn::Ukprn,
];

/// The kind of that name.
pub fn by_name(name: &str) -> Option<&'static dyn Kind> {
    ALL.iter().copied().find(|kind| kind.name() == name)
}

const LETTER_O: &Slip = &Slip {
    what: "has a letter O where a digit belongs",
    fix: "look at the document and type the digit zero in place of the letter",
};
const LETTER_I: &Slip = &Slip {
    what: "has a letter I or L where a digit belongs",
    fix: "look at the document and type the digit one in place of the letter",
};
const A_WORD: &Slip = &Slip {
    what: "holds words and no number",
    fix: "leave the cell blank until the number is known, and put remarks in a column of their own",
};
const TOO_SHORT: &Slip = &Slip {
    what: "has one character too few, as when a spreadsheet drops a leading zero",
    fix: "type it again from the document, in a column that is formatted as text",
};
const TOO_LONG: &Slip =
    &Slip { what: "has one character too many", fix: "type it again from the document, character by character" };
const EXPONENT: &Slip = &Slip {
    what: "was shortened by a spreadsheet to a number with an exponent, so its last digits are lost",
    fix: "format the column as text, then type the numbers again from their source",
};

/// The text without the characters to drop and in capitals (A to Z only); borrowed where nothing changed.
fn compact(text: &str, is_dropped: fn(char) -> bool) -> Cow<'_, str> {
    if text.chars().all(|c| !is_dropped(c) && !c.is_ascii_lowercase()) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|c| !is_dropped(*c)).map(|c| c.to_ascii_uppercase()).collect())
}

fn is_space(c: char) -> bool {
    c.is_whitespace()
}

fn is_space_or_dash(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}')
}

/// Whether a text has a shape, in which `a` stands for a capital letter, `9` for a digit, `*` for
/// either, and every other character for itself.
fn fits(text: &str, shape: &str) -> bool {
    text.len() == shape.len() && text.bytes().zip(shape.bytes()).all(|(byte, place)| is_at(byte, place))
}

fn is_at(byte: u8, place: u8) -> bool {
    match place {
        b'a' => byte.is_ascii_uppercase(),
        b'9' => byte.is_ascii_digit(),
        b'*' => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
        other => byte == other,
    }
}

/// The slip of a text that has a shape but for letters that look like digits.
fn lookalike(text: &str, shape: &str) -> Option<&'static Slip> {
    if text.len() != shape.len() {
        return None;
    }
    let mut slip = None;
    for (byte, place) in text.bytes().zip(shape.bytes()) {
        match (byte, place) {
            _ if is_at(byte, place) => {}
            (b'O', b'9' | b'0') => slip = slip.or(Some(LETTER_O)),
            (b'I' | b'L', b'9') => slip = slip.or(Some(LETTER_I)),
            _ => return None,
        }
    }
    slip
}

/// Whether a text has letters and no digit, as "pending" or the name of the document.
fn is_words(text: &str) -> bool {
    text.chars().any(char::is_alphabetic) && !text.chars().any(char::is_numeric)
}

/// Whether a text is a number as a spreadsheet shortens it: `1.00123E+11`.
fn has_exponent(text: &str) -> bool {
    text.split_once("E+").is_some_and(|(digits, exponent)| {
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        is_number(exponent) && digits.split('.').all(is_number)
    })
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;
