//! Looks for what tells who somebody is in the words of an explanation.

use qd_model::kinds;

/// Kinds that are looked for, and what a message calls them.
const KINDS: [(&str, &str); 6] = [
    ("nino", "a National Insurance number"),
    ("brp", "the number of a residence permit"),
    ("email", "an e-mail address"),
    ("uk-phone", "a telephone number"),
    ("uk-postcode", "a postcode"),
    ("passport", "the number of a passport"),
];

/// Over how many words an identifier may be spread: "AB 12 34 56 C".
const WORDS: usize = 5;

/// What kind of identifier a text holds, if it seems to hold one.
pub(super) fn identifier_in(text: &str) -> Option<&'static str> {
    let words: Vec<&str> = text.split_whitespace().map(trimmed).filter(|word| !word.is_empty()).collect();
    for from in 0..words.len() {
        for to in from + 1..=words.len().min(from + WORDS) {
            let piece = words[from..to].join(" ");
            for (name, noun) in KINDS {
                if is_one(name, &piece) {
                    return Some(noun);
                }
            }
        }
    }
    None
}

fn is_one(kind: &str, text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let has_letters = text.bytes().any(|byte| byte.is_ascii_alphabetic());
    // Numbers and words that are none of these are common in sentences: an amount, a year, a level.
    let is_likely = match kind {
        "email" => text.contains('@'),
        "uk-phone" => digits >= 10 && !has_letters,
        "uk-postcode" => digits >= 2 && has_letters && text == text.to_uppercase(),
        "passport" => digits >= 9 || (digits >= 7 && has_letters && !text.contains(' ')),
        _ => digits >= 6 && has_letters,
    };
    is_likely && kinds::by_name(kind).is_some_and(|kind| kind.check(&kind.normalise(text)).is_ok())
}

/// Whether a text holds a value as words of its own, whatever the capitals.
pub(super) fn holds(text: &str, value: &str) -> bool {
    let folded = |text: &str| -> Vec<String> {
        let words =
            text.split(|c: char| !(c.is_alphanumeric() || c == '@' || c == '.')).map(|word| word.trim_matches('.'));
        words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
    };
    let value = folded(value);
    // A word of one or two letters is in every sentence.
    let length: usize = value.iter().map(String::len).sum();
    length >= 3 && folded(text).windows(value.len()).any(|words| words == value)
}

fn trimmed(word: &str) -> &str {
    word.trim_matches(|c: char| !(c.is_alphanumeric() || c == '+'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_seen_and_ordinary_words_are_not() {
        for (text, expected) in [
            ("the lower rate for people aged 21 and 22 applies, which was 10.18", None),
            ("checked on 4 October 2022 against the form of 12/09/2022", None),
            ("level E3 is from a later assessment; see case note 20220930", None),
            ("number is MW 00 00 01 A.", Some("a National Insurance number")),
            ("(mw000001a)", Some("a National Insurance number")),
            ("permit ZX1234567 was seen", Some("the number of a residence permit")),
            ("ask ann@example.org", Some("an e-mail address")),
            ("ring 07700 900123 after four", Some("a telephone number")),
            ("moved to AB1 2AB", Some("a postcode")),
        ] {
            assert_eq!(identifier_in(text), expected, "{text}");
        }
    }

    #[test]
    fn a_rows_own_words_are_found_whatever_the_capitals() {
        for (text, value, expected) in [
            ("Husband of ANN lives there", "Ann", true),
            ("an annual review", "Ann", false),
            ("seen with O'Hara-Jones today", "O'Hara-Jones", true),
            ("it is in order", "It", false),
            ("anything", "", false),
            ("reference FW-0012 was checked", "FW-0012", true),
        ] {
            assert_eq!(holds(text, value), expected, "{text}");
        }
    }
}
