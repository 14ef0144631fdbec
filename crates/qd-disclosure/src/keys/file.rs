//! The text of a key file: a first line that says what it is, words for whoever opens it, and the key
//! in groups of four characters with a check code, so that a slip in copying is noticed.

use super::passphrase::{self, Passphrase};
use super::{Key, KeyId};
use data_encoding::BASE32_NOPAD;
use secrecy::{ExposeSecret, ExposeSecretMut, SecretBox};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Write};
use zeroize::Zeroizing;

const FIRST_LINE: &str = "quarterday-key 1";
const DEMONSTRATION: &str = "demonstration";
const CHECK_CONTEXT: &str = "quarterday 2026 key file check code v1";

/// Characters of the key, and of its check code.
const KEY_LENGTH: usize = 52;
const CHECK_LENGTH: usize = 6;

/// No key file is longer; a wrong path may name something huge.
const LONGEST: u64 = 16 * 1024;

const ABOUT: &str = "\
# This is the key that a programme's pseudonyms are made with.
# Who may see it: only the person who makes the programme's returns. Whoever has it, and knows a
# person's numbers, can find that person in every pseudonymised return. Never send it to anybody,
# and never keep it in the folder with the returns.
# Use this same key every quarter, or people will look new. Keep a copy in a safe place: a key that
# is lost cannot be made again. The last six characters are a check code.
";

const ABOUT_DEMONSTRATION: &str = "\
# This is a key for demonstrations with invented people. It is published, so it protects nobody:
# it works only with a pipeline that says `demonstration = true`, and every return says so.
# The last six characters are a check code.
";

const ABOUT_SHEET: &str = "\
# RECOVERY SHEET for the key {id}
#
# Print this page, prove it, lock it away apart from the computers that hold the data, and delete
# this file. Whoever has the page has the key, and no passphrase protects it.
#
# To prove it:            quarterday key check FILE --sheet THIS-PAGE
# To make the key again:  quarterday key restore THIS-PAGE FILE
#
# From paper, type the first line and the line with the key below into a plain text file. Small or
# capital letters, with or without hyphens. The last six characters are a check code: a slip in
# typing is noticed.

";

/// What is wrong with a key file's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Unreadable(io::ErrorKind),
    NotAKey,
    LaterVersion,
    NoKey,
    SeveralKeys,
    WrongLength,
    Mistyped,
    WrongPassphrase,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreadable(kind) => write!(f, "the file cannot be read: {kind}"),
            Self::NotAKey => write!(f, "this is not a key file: its first line is not `{FIRST_LINE}`"),
            Self::LaterVersion => write!(f, "this key file was made by another version of Quarterday"),
            Self::NoKey => write!(f, "the file has no line with the key"),
            Self::SeveralKeys => write!(f, "the file has more than one line that could be the key"),
            Self::WrongLength => write!(f, "the line with the key has characters too many or too few"),
            Self::WrongPassphrase => write!(f, "the passphrase does not open it, or something in the file was changed"),
            Self::Mistyped => write!(f, "the check code does not fit the key: something in the file was changed"),
        }
    }
}

/// Fills a secret with random bytes from the operating system.
pub(super) fn random(secret: &mut SecretBox<[u8; 32]>) -> Result<(), getrandom::Error> {
    getrandom::fill(secret.expose_secret_mut())
}

/// What a key file holds: the key, or what a passphrase makes it from.
pub(super) enum Found {
    Plain(Key),
    Wrapped(Zeroizing<String>),
}

pub(super) fn read(file: &File) -> Result<Found, Fault> {
    // Room is made beforehand, since a text that grows leaves copies of itself behind.
    let mut text = Zeroizing::new(String::with_capacity(LONGEST as usize + 1));
    match file.take(LONGEST).read_to_string(&mut text) {
        Ok(_) if text.trim_start_matches('\u{feff}').starts_with(passphrase::FIRST_LINE) => Ok(Found::Wrapped(text)),
        Ok(_) => parse(&text).map(Found::Plain),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(Fault::NotAKey),
        Err(error) => Err(Fault::Unreadable(error.kind())),
    }
}

/// The key of a wrapped file.
pub(super) fn unwrap(wrapped: &str, passphrase: &Passphrase) -> Result<Key, Fault> {
    let wrapped = wrapped.trim_start_matches('\u{feff}');
    passphrase::unwrap(wrapped.as_bytes(), passphrase).map_or(Err(Fault::WrongPassphrase), |text| parse(&text))
}

fn parse(text: &str) -> Result<Key, Fault> {
    let mut lines = text.strip_prefix('\u{feff}').unwrap_or(text).lines().map(str::trim);
    match lines.next() {
        Some(FIRST_LINE) => {}
        Some(line) if line.starts_with("quarterday-key ") => return Err(Fault::LaterVersion),
        _ => return Err(Fault::NotAKey),
    }
    let mut lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#')).peekable();
    let demonstration = lines.next_if_eq(&DEMONSTRATION).is_some();
    let line = lines.next().ok_or(Fault::NoKey)?;
    if lines.next().is_some() {
        return Err(Fault::SeveralKeys);
    }
    let mut characters = Zeroizing::new([0u8; KEY_LENGTH + CHECK_LENGTH]);
    let mut length = 0;
    for byte in line.bytes().filter(|byte| *byte != b'-' && *byte != b' ') {
        *characters.get_mut(length).ok_or(Fault::WrongLength)? = byte.to_ascii_uppercase();
        length += 1;
    }
    if length < characters.len() {
        return Err(Fault::WrongLength);
    }
    let (encoded, check) = characters.split_at(KEY_LENGTH);
    let mut bytes = Zeroizing::new([0; 32]);
    BASE32_NOPAD.decode_mut(encoded, bytes.as_mut_slice()).map_err(|_| Fault::Mistyped)?;
    let key = Key {
        secret: SecretBox::init_with_mut(|secret: &mut [u8; 32]| *secret = *bytes),
        demonstration,
        salts: BTreeMap::new(),
    };
    if check == check_code(&key) { Ok(key) } else { Err(Fault::Mistyped) }
}

/// Depends on the word `demonstration` too, so that no real key becomes one by an edit.
fn check_code(key: &Key) -> [u8; CHECK_LENGTH] {
    let sum = Zeroizing::new(blake3::derive_key(CHECK_CONTEXT, key.secret.expose_secret()));
    let sum = blake3::keyed_hash(&sum, &[u8::from(key.demonstration)]);
    let text = BASE32_NOPAD.encode(&sum.as_bytes()[..5]);
    text.as_bytes()[..CHECK_LENGTH].try_into().expect("five bytes are eight characters")
}

pub(super) fn write(key: &Key, passphrase: Option<&Passphrase>, mut file: File) -> io::Result<()> {
    let text = to_text(key);
    match passphrase {
        None => file.write_all(text.as_bytes())?,
        Some(passphrase) => file.write_all(&passphrase::wrap(&text, passphrase)?)?,
    }
    file.sync_all()
}

/// Writes the page from which a lost key is made again.
pub(super) fn write_sheet(key: &Key, id: &KeyId, mut file: File) -> io::Result<()> {
    file.write_all(with_words(key, &ABOUT_SHEET.replace("{id}", &id.to_string())).as_bytes())?;
    file.sync_all()
}

fn to_text(key: &Key) -> Zeroizing<String> {
    with_words(key, if key.demonstration { ABOUT_DEMONSTRATION } else { ABOUT })
}

fn with_words(key: &Key, words: &str) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(LONGEST as usize));
    text.push_str(FIRST_LINE);
    text.push('\n');
    if key.demonstration {
        text.push_str(DEMONSTRATION);
        text.push('\n');
    }
    text.push_str(words);
    let mut encoded = Zeroizing::new([0u8; KEY_LENGTH]);
    BASE32_NOPAD.encode_mut(key.secret.expose_secret(), encoded.as_mut_slice());
    for group in encoded.chunks(4) {
        text.extend(group.iter().map(|byte| char::from(byte.to_ascii_lowercase())));
        text.push('-');
    }
    text.extend(check_code(key).iter().map(|byte| char::from(byte.to_ascii_lowercase())));
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(demonstration: bool) -> Key {
        Key {
            secret: SecretBox::init_with_mut(|bytes: &mut [u8; 32]| bytes.fill(9)),
            demonstration,
            salts: BTreeMap::new(),
        }
    }

    #[track_caller]
    fn check(text: &str, expected: Result<bool, Fault>) {
        let found = parse(text).map(|key| key.demonstration);
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_written_is_read() {
        for demonstration in [false, true] {
            let key = sample(demonstration);
            let again = parse(&to_text(&key)).unwrap_or_else(|fault| panic!("{fault}"));
            assert_eq!(again.demonstration, demonstration);
            assert_eq!(again.secret.expose_secret(), key.secret.expose_secret());
        }
    }

    #[test]
    fn a_key_survives_a_word_processor() {
        let text = to_text(&sample(false));
        check(&format!("\u{feff}{}", text.replace('\n', "\r\n")), Ok(false));
        check(&text.replace('-', "").replace("quarterdaykey", "quarterday-key"), Ok(false));
        let (head, line) = text.trim_end().rsplit_once('\n').unwrap();
        check(&format!("{head}\n  {}\n\n", line.to_uppercase()), Ok(false));
    }

    #[test]
    fn every_slip_of_one_character_is_noticed() {
        let text = to_text(&sample(false));
        let start = text.trim_end().rfind('\n').unwrap() + 1;
        for at in (start..text.trim_end().len()).filter(|at| &text[*at..=*at] != "-") {
            let other = if &text[at..=at] == "b" { "c" } else { "b" };
            check(&format!("{}{other}{}", &text[..at], &text[at + 1..]), Err(Fault::Mistyped));
            check(&format!("{}{}", &text[..at], &text[at + 1..]), Err(Fault::WrongLength));
        }
    }

    #[test]
    fn faults_have_their_own_words() {
        let real = to_text(&sample(false));
        check("", Err(Fault::NotAKey));
        check("PK\u{3}\u{4}", Err(Fault::NotAKey));
        check("quarterday-key 2\nabc", Err(Fault::LaterVersion));
        check("quarterday-key 1\n# nothing\n", Err(Fault::NoKey));
        check("quarterday-key 1\n\u{2013}bad\n", Err(Fault::WrongLength));
        let twice = format!("{}{}", *real, real.lines().last().unwrap());
        check(&twice, Err(Fault::SeveralKeys));
    }

    #[test]
    fn no_edit_makes_a_real_key_a_demonstration_key() {
        let text = to_text(&sample(false));
        check(&text.replacen('\n', "\ndemonstration\n", 1), Err(Fault::Mistyped));
        check(&to_text(&sample(true)).replacen("demonstration\n", "", 1), Err(Fault::Mistyped));
    }
}
