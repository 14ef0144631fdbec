//! Names of people.

use super::{Kind, Slip};
use crate::class::Class;
use std::borrow::Cow;

/// A name is what a person says it is: any script, one word or many, apostrophes and accents. Only
/// what is surely a slip is caught (the ILR's schema is no stricter).
#[derive(Debug)]
pub(super) struct PersonName;

const LONGEST: usize = 100;

const GENERAL: &Slip =
    &Slip { what: "holds no letter", fix: "type the name, or leave the cell blank where it is not known" };
const DIGIT: &Slip =
    &Slip { what: "holds a digit", fix: "keep the name alone, and put references and dates in columns of their own" };
const LINE_BREAK: &Slip =
    &Slip { what: "holds a line break, as when two cells were joined", fix: "keep one name in one cell, on one line" };
const TOO_LONG: &Slip = &Slip {
    what: "has more than 100 characters",
    fix: "keep the name alone, and put remarks in a column of their own",
};

impl Kind for PersonName {
    fn name(&self) -> &'static str {
        "person-name"
    }

    fn class(&self) -> Class {
        Class::Direct
    }

    fn normalise<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let trimmed = text.trim();
        let is_tidy = |text: &str| !text.contains("  ") && !text.chars().any(|c| c != ' ' && is_space(c));
        if is_tidy(trimmed) {
            return Cow::Borrowed(trimmed);
        }
        let mut out = String::with_capacity(trimmed.len());
        for c in trimmed.chars() {
            if !is_space(c) {
                out.push(c);
            } else if !out.ends_with(' ') {
                out.push(' ');
            }
        }
        Cow::Owned(out)
    }

    fn check(&self, normal: &str) -> Result<(), &'static Slip> {
        if normal.is_empty() {
            Err(GENERAL)
        } else if normal.contains(is_line_break) {
            Err(LINE_BREAK)
        } else if normal.bytes().any(|byte| byte.is_ascii_digit()) {
            Err(DIGIT)
        } else if normal.len() > LONGEST && normal.chars().count() > LONGEST {
            Err(TOO_LONG)
        } else {
            Ok(())
        }
    }

    fn slips(&self) -> &'static [&'static Slip] {
        &[GENERAL, DIGIT, LINE_BREAK, TOO_LONG]
    }

    fn expects(&self) -> &'static str {
        "a person's name, without digits, on one line of up to 100 characters"
    }

    fn page(&self) -> &'static str {
        include_str!("person_name.md")
    }
}

/// A space of any width, but not a line break.
fn is_space(c: char) -> bool {
    c.is_whitespace() && !is_line_break(c)
}

fn is_line_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}
