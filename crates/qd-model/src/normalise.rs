//! What may be tidied in a cell before it is judged: declared per schema, never guessed.

use std::borrow::Cow;

/// One kind of tidying.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Normalise {
    /// White space at both ends is removed, and no-break and other wide spaces become plain ones.
    Spaces,
    /// Characters that cannot be seen (zero-width, direction marks, soft hyphens) are removed.
    Invisible,
    /// Digits of other scripts (Arabic-Indic, full-width) become 0 to 9.
    Digits,
}

impl Normalise {
    /// The words of a schema file.
    pub const WORDS: [(&'static str, Self); 3] =
        [("spaces", Self::Spaces), ("invisible", Self::Invisible), ("digits", Self::Digits)];
}

/// The text after the declared tidying; borrowed where nothing changed.
pub fn tidy<'a>(text: &'a str, how: &[Normalise]) -> Cow<'a, str> {
    if how.is_empty() {
        return Cow::Borrowed(text);
    }
    if text.is_ascii() {
        // The commonest cell by far: only its ends can need tidying.
        let spaces = how.contains(&Normalise::Spaces);
        return Cow::Borrowed(if spaces { text.trim() } else { text });
    }
    let out: String = text
        .chars()
        .filter(|c| !(how.contains(&Normalise::Invisible) && is_invisible(*c)))
        .map(|c| if how.contains(&Normalise::Spaces) && is_wide_space(c) { ' ' } else { c })
        .map(|c| if how.contains(&Normalise::Digits) { plain_digit(c) } else { c })
        .collect();
    if how.contains(&Normalise::Spaces) {
        let trimmed = out.trim();
        if trimmed.len() != out.len() {
            return Cow::Owned(trimmed.to_owned());
        }
    }
    if out == text { Cow::Borrowed(text) } else { Cow::Owned(out) }
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}'
        | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn is_wide_space(c: char) -> bool {
    matches!(c, '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}

/// The decimal digit that a character of another script stands for, or the character itself.
fn plain_digit(c: char) -> char {
    const ZEROS: [u32; 6] = [0x660, 0x6f0, 0x966, 0x9e6, 0x1040, 0xff10];
    let code = c as u32;
    ZEROS
        .into_iter()
        .find(|zero| (*zero..*zero + 10).contains(&code))
        .and_then(|zero| char::from_digit(code - zero, 10))
        .unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_declared_changes() {
        let text = "\u{a0}\u{660}\u{661}\u{200b} ";
        assert_eq!(tidy(text, &[]), text);
        assert_eq!(tidy(text, &[Normalise::Spaces]), "\u{660}\u{661}\u{200b}");
        assert_eq!(tidy(text, &[Normalise::Spaces, Normalise::Invisible, Normalise::Digits]), "01");
    }

    #[test]
    fn a_tidy_cell_is_not_copied() {
        let how = [Normalise::Spaces, Normalise::Invisible, Normalise::Digits];
        assert!(matches!(tidy("Zoë", &how), Cow::Borrowed("Zoë")));
        assert!(matches!(tidy(" plain ", &how), Cow::Borrowed("plain")));
    }
}
