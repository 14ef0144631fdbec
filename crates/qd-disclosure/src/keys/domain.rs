//! A subkey for one purpose, and the pseudonyms that it makes.

use super::Salt;
use secrecy::{ExposeSecret, SecretBox};
use std::sync::Arc;
use zeroize::Zeroize;

/// Characters of a pseudonym: 26 of 5 bits each are 130 bits, so that no two people meet by chance.
pub const PSEUDONYM_LENGTH: usize = 26;

/// The alphabet of base32 (RFC 4648) in small letters: dense, and safe in every file and tool.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Longest message that is put together without a hasher of its own; nearly all are shorter.
const SHORT: usize = 192;

/// A key derived for one programme, recipient and epoch, or for the lead. Like [`crate::Key`] it
/// cannot be shown or copied, and is wiped when it goes; many threads may use it at once.
///
/// ```compile_fail
/// fn show(key: &qd_disclosure::DomainKey) -> String { format!("{key:?}") }
/// ```
///
/// ```compile_fail
/// fn copy(key: &qd_disclosure::DomainKey) -> qd_disclosure::DomainKey { Clone::clone(key) }
/// ```
pub struct DomainKey {
    secret: SecretBox<[u8; 32]>,
    /// The recipient's own salt, where it has one.
    salt: Option<Arc<Salt>>,
}

impl DomainKey {
    pub(super) fn new(mut bytes: [u8; 32]) -> Self {
        let secret = SecretBox::init_with_mut(|secret: &mut [u8; 32]| secret.copy_from_slice(&bytes));
        bytes.zeroize();
        Self { secret, salt: None }
    }

    pub(super) fn with_salt(self, salt: Option<Arc<Salt>>) -> Self {
        Self { salt, ..self }
    }

    /// The key with a salt that tests can name.
    #[cfg(test)]
    pub(crate) fn salted_with(self, salt: &str) -> Self {
        self.with_salt(Some(Arc::new(Salt::of(salt))))
    }

    /// The digest of a value under the recipient's salt; none where it has no salt.
    pub(crate) fn salted(&self, value: &str) -> Option<String> {
        self.salt.as_ref().map(|salt| salt.digest(value))
    }

    /// The pseudonym of something: the first 26 characters of base32 (small letters) of keyed BLAKE3
    /// over the kind and each part in turn, each preceded by its length in bytes as a little-endian
    /// 32-bit number. So no two lists of parts make the same message.
    pub fn pseudonym(&self, kind: &str, parts: &[&str]) -> String {
        text(&self.digest(kind, parts))
    }

    /// The same, without making a new text.
    pub fn pseudonym_into<'a>(&self, kind: &str, parts: &[&str], out: &'a mut [u8; PSEUDONYM_LENGTH]) -> &'a str {
        encode(&self.digest(kind, parts), out);
        std::str::from_utf8(out).expect("the alphabet is ASCII")
    }

    pub(super) fn digest(&self, kind: &str, parts: &[&str]) -> [u8; 32] {
        let texts = || std::iter::once(kind).chain(parts.iter().copied());
        let prefix = |text: &str| u32::try_from(text.len()).expect("a cell is shorter than 4 GiB").to_le_bytes();
        let length: usize = texts().map(|text| text.len() + 4).sum();
        let key = self.secret.expose_secret();
        if length > SHORT {
            let mut hasher = blake3::Hasher::new_keyed(key);
            for text in texts() {
                hasher.update(&prefix(text)).update(text.as_bytes());
            }
            return hasher.finalize().into();
        }
        let mut message = [0; SHORT];
        let mut end = 0;
        for text in texts() {
            message[end..end + 4].copy_from_slice(&prefix(text));
            message[end + 4..end + 4 + text.len()].copy_from_slice(text.as_bytes());
            end += 4 + text.len();
        }
        blake3::keyed_hash(key, &message[..end]).into()
    }
}

/// The text of a digest.
pub(super) fn text(digest: &[u8; 32]) -> String {
    let mut out = [0; PSEUDONYM_LENGTH];
    encode(digest, &mut out);
    out.into_iter().map(char::from).collect()
}

/// Five bits a character, the most significant first.
fn encode(digest: &[u8; 32], out: &mut [u8; PSEUDONYM_LENGTH]) {
    for (index, character) in out.iter_mut().enumerate() {
        let bit = index * 5;
        let pair = u16::from_be_bytes([digest[bit / 8], digest[bit / 8 + 1]]);
        *character = ALPHABET[usize::from(pair >> (11 - bit % 8)) & 31];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(byte: u8) -> DomainKey {
        DomainKey::new([byte; 32])
    }

    #[test]
    fn a_pseudonym_is_the_beginning_of_base32() {
        let digest = *blake3::hash(b"anything").as_bytes();
        let whole = data_encoding::BASE32_NOPAD.encode(&digest).to_lowercase();
        assert_eq!(text(&digest), whole[..PSEUDONYM_LENGTH]);
    }

    proptest! {
        #[test]
        fn long_and_short_messages_are_hashed_alike(parts in prop::collection::vec(".{0,120}", 0..4)) {
            let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
            let mut hasher = blake3::Hasher::new_keyed(&[7; 32]);
            for part in std::iter::once("kind").chain(parts.iter().copied()) {
                hasher.update(&(part.len() as u32).to_le_bytes()).update(part.as_bytes());
            }
            let expected = text(&hasher.finalize().into());
            prop_assert_eq!(&key(7).pseudonym("kind", &parts), &expected);
            let mut out = [0; PSEUDONYM_LENGTH];
            prop_assert_eq!(key(7).pseudonym_into("kind", &parts, &mut out), expected);
        }

        #[test]
        fn parts_never_run_into_each_other(text in "[a-z]{2,12}", at in 0usize..12) {
            let (left, right) = text.split_at(1 + at % text.len());
            let whole = key(1).pseudonym("k", &[&text]);
            prop_assert_ne!(&whole, &key(1).pseudonym("k", &[left, right]));
            prop_assert_ne!(&whole, &key(1).pseudonym(&format!("k{left}"), &[right]));
        }

        #[test]
        fn another_key_gives_another_pseudonym(text in ".{0,20}", one in any::<u8>(), two in any::<u8>()) {
            prop_assume!(one != two);
            prop_assert_ne!(key(one).pseudonym("k", &[&text]), key(two).pseudonym("k", &[&text]));
        }
    }
}
