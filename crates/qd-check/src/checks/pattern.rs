//! Values that do not fit the field's regular expression.

use super::{Check, Subject, Test, Wording};
use crate::shape::Shape;
use qd_model::Mistake;
use regex::Regex;

pub(super) struct Pattern;

impl Check for Pattern {
    fn code(&self) -> &'static str {
        "pattern"
    }

    fn page(&self) -> &'static str {
        include_str!("pattern.md")
    }

    fn compile(&self, subject: &Subject<'_>) -> Result<Option<Test>, Mistake> {
        let Some(pattern) = &subject.field.constraints.pattern else { return Ok(None) };
        let plain = in_our_words(&pattern.value);
        // The expression is tried alone first, so that one such as `a)(b` does not compile by chance.
        let whole = format!("\\A(?:{plain})\\z");
        let error = match Regex::new(&plain).and_then(|_| Regex::new(&whole)) {
            Ok(regex) => {
                return Ok(Some(Test::Value(match Shape::compile(&plain) {
                    Some(shape) => Box::new(move |cell| shape.fits(cell.text)),
                    None => Box::new(move |cell| regex.is_match(cell.text)),
                })));
            }
            Err(error) => error,
        };
        // Look-around and back-references are no part of XML Schema's expressions, but other people's
        // schemas have them; the slower engine is only asked where the quick one cannot help.
        if let Ok(regex) = fancy_regex::Regex::new(&plain).and_then(|_| fancy_regex::Regex::new(&whole)) {
            return Ok(Some(Test::Value(Box::new(move |cell| regex.is_match(cell.text).unwrap_or(false)))));
        }
        let said = error.to_string();
        let last = said.lines().last().unwrap_or_default().trim_start_matches("error: ");
        let what = format!("`pattern` is not a regular expression that can be used: {last}");
        Err(Mistake::new(&pattern.at, what).hint("for example [A-Z]{2}[0-9]{4}; it is held against the whole value"))
    }

    fn wording(&self, subject: &Subject<'_>, heading: &str) -> Wording {
        let field = subject.field;
        let wording = Wording::of_values(
            heading,
            "is not written in the form that the schema gives",
            "are not written in the form that the schema gives",
        );
        let wording = match &field.example {
            Some(example) => wording.fix(format!("write it like \"{example}\"")),
            None => wording,
        };
        match &field.constraints.pattern {
            Some(pattern) => wording.asks(format!("the form {}", pattern.value)),
            None => wording,
        }
    }
}

/// XML Schema's expressions in the words of the engine: characters of names (`\i`, `\c`) and classes
/// less other classes (`[a-z-[aeiou]]`) are written another way there.
fn in_our_words(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut depth = 0usize;
    let mut letters = pattern.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => {
                let Some(escaped) = letters.next() else {
                    out.push('\\');
                    break;
                };
                out.push_str(match escaped {
                    'i' => r"[\p{L}_:]",
                    'I' => r"[^\p{L}_:]",
                    'c' => r"[\p{L}\p{N}\p{M}._:\-]",
                    'C' => r"[^\p{L}\p{N}\p{M}._:\-]",
                    _ => {
                        out.extend(['\\', escaped]);
                        continue;
                    }
                });
            }
            '[' if depth == 0 => {
                depth = 1;
                out.push('[');
                // A bracket that follows at once, or after the sign of negation, stands for itself.
                out.extend(letters.next_if_eq(&'^'));
                if letters.next_if_eq(&']').is_some() {
                    out.push_str("\\]");
                }
            }
            '-' if depth > 0 && letters.peek() == Some(&'[') => {
                letters.next();
                depth += 1;
                out.push_str("--[");
            }
            // In a class an opening bracket stands for itself, except in `[:alpha:]` and the like.
            '[' if letters.peek() != Some(&':') => out.push_str("\\["),
            '[' => {
                depth += 1;
                out.push('[');
            }
            ']' => {
                depth = depth.saturating_sub(1);
                out.push(']');
            }
            '&' | '~' if depth > 0 => out.extend(['\\', letter]),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::in_our_words;

    #[test]
    fn expressions_of_xml_schema_are_put_in_the_words_of_the_engine() {
        for (pattern, expected) in [
            ("[A-Z]{2}[0-9]{4}", "[A-Z]{2}[0-9]{4}"),
            (r"\i\c*", r"[\p{L}_:][\p{L}\p{N}\p{M}._:\-]*"),
            ("[a-z-[aeiou]]+", "[a-z--[aeiou]]+"),
            (r"[\[\]a-]", r"[\[\]a-]"),
            ("[]a]", r"[\]a]"),
            ("[^]a]", r"[^\]a]"),
            ("[a[b]", r"[a\[b]"),
            ("[[:alpha:]_]", "[[:alpha:]_]"),
            ("[a&&b~~c]", r"[a\&\&b\~\~c]"),
            ("a-[b]", "a-[b]"),
        ] {
            assert_eq!(in_our_words(pattern), expected, "{pattern}");
            assert!(regex::Regex::new(expected).is_ok(), "{expected}");
        }
    }
}
