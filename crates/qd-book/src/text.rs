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
    // Almost every text is of this kind, and it is seen at once.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t' | b'\n')) {
        return Cow::Borrowed(text);
    }
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

/// The formula that leads to a cell of the same workbook and shows a text. Real links are limited to
/// 65,530 a sheet; formulas are not.
pub(crate) fn link(sheet: &str, place: &str, shown: &str) -> String {
    let quoted = |text: &str| text.replace('"', "\"\"");
    let target = format!("#'{}'!{place}", sheet.replace('\'', "''"));
    format!("HYPERLINK(\"{}\",\"{}\")", quoted(&target), quoted(shown))
}

/// Length as Excel counts it.
pub(crate) fn utf16_length(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().map(char::len_utf16).sum() }
}

/// Whether a text has more than so many UTF-16 code units.
pub(crate) fn is_longer_than(text: &str, limit: usize) -> bool {
    // A character has at most as many code units as it has bytes.
    text.len() > limit && utf16_length(text) > limit
}

/// The longest start of the text that fits into `limit` UTF-16 code units, with an ellipsis where
/// something was cut.
pub(crate) fn cut(text: &str, limit: usize) -> Cow<'_, str> {
    if !is_longer_than(text, limit) {
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

/// How many characters of running text fit into a column: its width counts digits, which are wider
/// than most letters.
pub(crate) fn characters(width: usize) -> usize {
    width * 23 / 20
}

/// Into how many lines a text falls where about `width` characters fit into one. Words stay whole
/// where they fit.
pub(crate) fn lines(text: &str, width: usize) -> usize {
    text.split('\n').map(|paragraph| lines_of_paragraph(paragraph, width.max(1))).sum()
}

fn lines_of_paragraph(paragraph: &str, width: usize) -> usize {
    let (mut lines, mut used) = (1, 0);
    for word in paragraph.split(' ') {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            lines += 1;
            used = 0;
        } else if used > 0 {
            used += 1;
        }
        used += length;
        if used > width {
            lines += (used - 1) / width;
            used = (used - 1) % width + 1;
        }
    }
    lines
}

/// Height in points of that many lines; Excel has rows of at most 409 points.
pub(crate) fn height(lines: usize) -> f64 {
    (15 * lines).min(405) as f64
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

    #[test]
    fn lines_break_between_words() {
        let cases = [
            ("", 5, 1),
            ("abcde", 5, 1),
            ("abc de", 5, 2),
            ("a b c d", 3, 2),
            ("a\n\nb", 9, 3),
            ("abcdefghij k", 4, 3),
        ];
        for (text, width, expected) in cases {
            assert_eq!(lines(text, width), expected, "{text:?} in {width}");
        }
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
