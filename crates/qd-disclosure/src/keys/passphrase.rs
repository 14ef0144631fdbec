//! Passphrases, and what they wrap: a key file that opens with nothing else.

use age::secrecy::SecretString;
use age::{Decryptor, Encryptor, armor, scrypt};
use qd_model::Refusal;
use std::fmt::Debug;
use std::io::{self, Read, Write};
use std::path::Path;
use zeroize::{Zeroize, Zeroizing};

/// The first line of a wrapped key file, as the `age` tool writes it.
pub(super) const FIRST_LINE: &str = "-----BEGIN AGE ENCRYPTED FILE-----";

/// The most work that is done to open a file, as a power of two: half a minute or so, and never the
/// hours that a strange file could ask for.
const MOST_WORK: u8 = 22;

/// A passphrase. It cannot be shown or copied, and is wiped when it goes.
///
/// ```compile_fail
/// fn show(passphrase: &qd_disclosure::Passphrase) -> String { format!("{passphrase:?}") }
/// ```
pub struct Passphrase(SecretString);

impl Passphrase {
    /// A passphrase from what was typed; line ends behind it are not part of it.
    pub fn new(mut typed: String) -> Self {
        let text = typed.trim_end_matches(['\r', '\n']).to_owned();
        typed.zeroize();
        Self(SecretString::from(text))
    }

    /// The first line of a file that nobody but its owner can read.
    pub fn read(path: &Path) -> Result<Self, Refusal> {
        let refuse = |cause: String| {
            Refusal::new("the passphrase cannot be used")
                .because(format!("{}: {cause}", path.display()))
                .hint("name a file with the passphrase on its first line, which only you can read")
        };
        let file = std::fs::File::open(path).map_err(|error| refuse(error.to_string()))?;
        // What is handed over by another program (a pipe, a descriptor) has no readers to ask after.
        if file.metadata().is_ok_and(|about| about.is_file()) {
            let readers = super::permissions::readers(&file, path).map_err(|error| refuse(error.to_string()))?;
            if !readers.is_empty() {
                return Err(refuse(format!("it can be read by {}", qd_model::words::list(&readers)))
                    .hint(super::permissions::remedy(path)));
            }
        }
        let mut text = Zeroizing::new(String::with_capacity(1025));
        file.take(1024).read_to_string(&mut text).map_err(|error| refuse(error.to_string()))?;
        let line = text.lines().next().unwrap_or_default();
        if line.is_empty() {
            return Err(refuse("its first line is blank".to_owned()));
        }
        Ok(Self::new(line.to_owned()))
    }

    /// Whether both are the same.
    pub fn is_same(&self, other: &Self) -> bool {
        use age::secrecy::ExposeSecret;
        self.0.expose_secret() == other.0.expose_secret()
    }

    /// Whether it is long enough to be worth typing: an attacker who has the file can try for years.
    pub fn is_long_enough(&self) -> bool {
        use age::secrecy::ExposeSecret;
        self.0.expose_secret().chars().count() >= SHORTEST
    }

    #[cfg(not(test))]
    pub(crate) fn recipient(&self) -> scrypt::Recipient {
        scrypt::Recipient::new(self.0.clone())
    }

    /// A test's passphrase keeps nobody out, and need not take a second.
    #[cfg(test)]
    pub(crate) fn recipient(&self) -> scrypt::Recipient {
        let mut recipient = scrypt::Recipient::new(self.0.clone());
        recipient.set_work_factor(4);
        recipient
    }

    fn identity(&self) -> scrypt::Identity {
        let mut identity = scrypt::Identity::new(self.0.clone());
        identity.set_max_work_factor(MOST_WORK);
        identity
    }
}

/// Characters of the shortest passphrase that a key may be wrapped with.
pub const SHORTEST: usize = 12;

/// Knows how to get at a passphrase. It is asked only where something is wrapped.
pub trait Unlock: Sync + Debug {
    /// The passphrase of a file.
    fn passphrase(&self, path: &Path) -> Result<Passphrase, Refusal>;
}

/// Where nobody can be asked.
#[derive(Debug, Clone, Copy)]
pub struct NoPassphrase;

impl Unlock for NoPassphrase {
    fn passphrase(&self, path: &Path) -> Result<Passphrase, Refusal> {
        Err(Refusal::new("the key is wrapped by a passphrase, and there is nobody to ask")
            .because(path.display())
            .hint("name a file with the passphrase: `--passphrase-file FILE`"))
    }
}

/// The text as an armoured `age` file that opens with the passphrase.
pub(super) fn wrap(text: &str, passphrase: &Passphrase) -> io::Result<Vec<u8>> {
    let recipient = passphrase.recipient();
    let encryptor = Encryptor::with_recipients(std::iter::once(&recipient as _)).map_err(io::Error::other)?;
    let armoured = armor::ArmoredWriter::wrap_output(Vec::new(), armor::Format::AsciiArmor)?;
    let mut writer = encryptor.wrap_output(armoured)?;
    writer.write_all(text.as_bytes())?;
    writer.finish()?.finish()
}

/// The text of a wrapped file; none where the passphrase is not the one, or the file was changed.
pub(super) fn unwrap(bytes: &[u8], passphrase: &Passphrase) -> Option<Zeroizing<String>> {
    let decryptor = Decryptor::new(armor::ArmoredReader::new(bytes)).ok()?;
    let identity = passphrase.identity();
    let mut text = Zeroizing::new(String::with_capacity(bytes.len()));
    decryptor.decrypt(std::iter::once(&identity as _)).ok()?.read_to_string(&mut text).ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrapped_opens_with_its_passphrase_only() {
        let own = Passphrase::new("twelve small otters\r\n".to_owned());
        let wrapped = wrap("quarterday-key 1\n", &own).unwrap();
        assert!(wrapped.starts_with(FIRST_LINE.as_bytes()));
        assert_eq!(unwrap(&wrapped, &own).map(|text| text.to_string()).as_deref(), Some("quarterday-key 1\n"));
        assert!(unwrap(&wrapped, &Passphrase::new("twelve small otter".to_owned())).is_none());
        let mut changed = wrapped.clone();
        let middle = changed.len() / 2;
        changed[middle] = if changed[middle] == b'A' { b'B' } else { b'A' };
        assert!(unwrap(&changed, &own).is_none());
        assert!(own.is_long_enough() && !Passphrase::new("otter".to_owned()).is_long_enough());
    }
}
