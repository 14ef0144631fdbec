//! Text on its way into a cell or onto a page: made printable, measured as Excel measures it, cut.

use std::borrow::Cow;

/// The most that one cell can hold, in UTF-16 code units.
pub(crate) const CELL_LIMIT: usize = 32_767;

/// Whether a spreadsheet program could take the text for a formula if it were typed in.
pub fn looks_like_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n'])
}

/// The text with each character that a page or an XML file cannot hold replaced by a visible one:
/// control characters by their pictures (`␀` for NUL), marks that turn the direction of writing by
/// `\u{fffd}`. Tabs and line feeds stay; a carriage return before a line feed goes.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unprintable) {
        return Cow::Borrowed(text);
    }
    let text = text.replace("\r\n", "\n");
    Cow::Owned(text.chars().map(|c| if is_unprintable(c) { picture(c) } else { c }).collect())
}

fn is_unprintable(c: char) -> bool {
    let control = c.is_control() && c != '\t' && c != '\n';
    control || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}')
}

fn picture(c: char) -> char {
    match c {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + c as u32).expect("the block holds a picture of each"),
        '\u{7f}' => '\u{2421}',
        _ => '\u{fffd}',
    }
}

/// Length as Excel counts it.
pub(crate) fn utf16_length(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().map(char::len_utf16).sum() }
}

/// The longest start of the text that fits into `limit` UTF-16 code units, with an ellipsis where
/// something was cut.
pub(crate) fn cut(text: &str, limit: usize) -> Cow<'_, str> {
    if utf16_length(text) <= limit {
        return Cow::Borrowed(text);
    }
    let mut left = limit.saturating_sub(1);
    let kept = text.chars().take_while(|c| {
        let fits = c.len_utf16() <= left;
        left = left.saturating_sub(c.len_utf16());
        fits
    });
    Cow::Owned(kept.chain(std::iter::once('…')).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_cannot_be_seen_is_made_visible() {
        assert_eq!(printable("plain\ttext\nhere"), "plain\ttext\nhere");
        assert_eq!(printable("a\0b\u{1b}[31m\r\nc\rd\u{7f}\u{85}\u{202e}"), "a␀b␛[31m\nc␍d␡\u{fffd}\u{fffd}");
    }

    #[test]
    fn a_cut_text_says_that_it_was_cut() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdef", 4), "abc…");
        // A character of two code units does not half fit.
        assert_eq!(cut("ab😀d", 4), "ab…");
    }

    proptest! {
        #[test]
        fn a_cut_text_fits_and_printable_text_stays(text in any::<String>(), limit in 1usize..40) {
            prop_assert!(utf16_length(&cut(&text, limit)) <= limit);
            let once = printable(&text).into_owned();
            prop_assert_eq!(printable(&once), once.as_str());
        }
    }
}
