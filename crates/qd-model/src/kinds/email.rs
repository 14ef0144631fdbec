//! E-mail addresses.

use super::{Kind, Slip};
use crate::class::Class;
use std::borrow::Cow;

/// One address with one `@` and a domain that has a dot; whether it receives mail is not known here.
#[derive(Debug)]
pub(super) struct Email;

const LONGEST: usize = 254;

const GENERAL: &Slip =
    &Slip { what: "is not written like an e-mail address", fix: "ask for the address again, letter by letter" };
const NO_AT: &Slip = &Slip { what: "has no @ sign", fix: "ask for the address again; it needs one @ sign" };
const SEVERAL: &Slip = &Slip {
    what: "holds more than one address",
    fix: "keep one address in the cell, and put others in a column of their own",
};
const DOMAIN: &Slip = &Slip {
    what: "has no whole domain after the @ sign",
    fix: "check what follows the @ sign: a name, a dot and an ending",
};
const COMMA: &Slip = &Slip { what: "has a comma where a dot belongs", fix: "type a dot in place of the comma" };
const SPACE: &Slip = &Slip { what: "has a space inside", fix: "take the space out, or ask for the address again" };

impl Kind for Email {
    fn name(&self) -> &'static str {
        "email"
    }

    fn class(&self) -> Class {
        Class::Direct
    }

    fn normalise<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut rest = text.trim();
        // Addresses that are copied from a browser bring their scheme along.
        while let Some((scheme, after)) = rest.split_at_checked(7) {
            if !scheme.eq_ignore_ascii_case("mailto:") {
                break;
            }
            rest = after.trim_start();
        }
        if rest.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(rest.to_ascii_lowercase())
        } else {
            Cow::Borrowed(rest)
        }
    }

    fn check(&self, normal: &str) -> Result<(), &'static Slip> {
        let (local, domain) = match normal.split_once('@') {
            None => return Err(NO_AT),
            Some((_, domain)) if domain.contains('@') => return Err(SEVERAL),
            Some(parts) => parts,
        };
        if normal.chars().any(char::is_whitespace) {
            return Err(SPACE);
        }
        if domain.contains(',') {
            return Err(COMMA);
        }
        if local.is_empty() || normal.len() > LONGEST || normal.contains(['<', '>', ';', '"', '\\']) {
            return Err(GENERAL);
        }
        if is_domain(domain) { Ok(()) } else { Err(DOMAIN) }
    }

    fn slips(&self) -> &'static [&'static Slip] {
        &[GENERAL, NO_AT, SEVERAL, DOMAIN, COMMA, SPACE]
    }

    fn expects(&self) -> &'static str {
        "one e-mail address"
    }

    fn page(&self) -> &'static str {
        include_str!("email.md")
    }
}

/// Two or more labels of letters, digits and hyphens; letters of any script, as domains allow.
fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    domain.contains('.')
        && domain.split('.').all(is_label)
        && domain.rsplit('.').next().is_some_and(|last| last.chars().count() > 1)
}
