//! Sealing: what is handed over as ciphertext that only its recipient can open, with the `age` tool or
//! any other that knows the format.

use crate::keys::Passphrase;
use age::{Encryptor, scrypt, x25519};
use std::io::Write;

/// Seals files for one recipient.
pub struct Sealer(To);

enum To {
    Keys(Vec<x25519::Recipient>),
    Passphrase(scrypt::Recipient),
}

impl Sealer {
    /// Seals to public keys, each of which opens what is sealed. Answers what is wrong with a text
    /// that is no public key; the text itself is not repeated, since it may be a secret one.
    pub fn to_keys<'a>(keys: impl IntoIterator<Item = &'a str>) -> Result<Self, &'static str> {
        let keys = keys.into_iter().map(|key| public_key(key.trim())).collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() { Err("there is no public key") } else { Ok(Self(To::Keys(keys))) }
    }

    /// Seals with a passphrase that the recipient has been told in another way.
    pub fn with_passphrase(passphrase: &Passphrase) -> Self {
        Self(To::Passphrase(passphrase.recipient()))
    }

    /// The bytes as ciphertext. Sealed twice, they are two ciphertexts.
    pub fn seal(&self, bytes: &[u8]) -> Vec<u8> {
        let recipients: Vec<&dyn age::Recipient> = match &self.0 {
            To::Keys(keys) => keys.iter().map(|key| key as _).collect(),
            To::Passphrase(passphrase) => vec![passphrase],
        };
        let encryptor =
            Encryptor::with_recipients(recipients.into_iter()).expect("there is a recipient, and all are of one kind");
        let mut out = Vec::with_capacity(bytes.len() + 1024);
        let mut writer = encryptor.wrap_output(&mut out).expect("writing to memory cannot fail");
        writer.write_all(bytes).expect("writing to memory cannot fail");
        writer.finish().expect("writing to memory cannot fail");
        out
    }
}

fn public_key(text: &str) -> Result<x25519::Recipient, &'static str> {
    if text.to_ascii_uppercase().starts_with("AGE-SECRET-KEY-") {
        return Err(
            "this is a secret key, which only the recipient may have: ask for the public one, and for a new pair",
        );
    }
    text.parse().map_err(|_| "this is no public key of the `age` tool: it begins with \"age1\" and was copied whole")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_either_key() {
        let (one, other) = (x25519::Identity::generate(), x25519::Identity::generate());
        let keys = [one.to_public().to_string(), format!(" {}\n", other.to_public())];
        let sealer = Sealer::to_keys(keys.iter().map(String::as_str)).ok().unwrap();
        let ciphertext = sealer.seal(b"rows");
        assert_eq!(age::decrypt(&one, &ciphertext).unwrap(), b"rows");
        assert_eq!(age::decrypt(&other, &ciphertext).unwrap(), b"rows");
        assert!(age::decrypt(&x25519::Identity::generate(), &ciphertext).is_err());
        assert_ne!(ciphertext, sealer.seal(b"rows"));
    }

    #[test]
    fn texts_that_are_no_public_key_are_refused_without_repeating_them() {
        let secret = {
            use age::secrecy::ExposeSecret;
            x25519::Identity::generate().to_string().expose_secret().to_owned()
        };
        for text in ["age1abc", "", &secret] {
            let wrong = Sealer::to_keys([text]).err().unwrap();
            assert!(!wrong.contains(&secret[20..]), "{wrong}");
        }
        assert!(Sealer::to_keys([secret.as_str()]).err().unwrap().contains("secret key"));
        assert!(Sealer::to_keys([]).is_err());
    }
}
