//! Secret salts: what digests compatible with `OpenPseudonymiser` are made with. One recipient, one salt.

use super::{in_the_cloud, is_inside, permissions, service};
use qd_model::{Refusal, words};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use zeroize::Zeroizing;

/// Characters of the shortest salt: it is all that stands between a digest and whoever tries every
/// identifier that there is.
const SHORTEST: usize = 20;

/// The longest that is read.
const LONGEST: u64 = 4096;

/// A recipient's salt. Like a key it cannot be shown or copied, and is wiped when it goes.
///
/// ```compile_fail
/// fn show(salt: &qd_disclosure::Salt) -> String { format!("{salt:?}") }
/// ```
pub struct Salt(SecretString);

impl Salt {
    /// A salt from the first line of a file that nobody but its owner can read. Refused where it is missing
    /// or short, where others can read it, in a folder that a service copies away, or inside one of the
    /// `forbidden` folders.
    pub fn read(path: &Path, forbidden: &[&Path]) -> Result<Self, Refusal> {
        let shown = path.display();
        let refuse = |cause: String| {
            Refusal::new("nothing was written, because a salt cannot be used")
                .because(format!("{shown}: {cause}"))
                .hint(
                    "name as `salt` a file with the recipient's secret salt on its first line, which only you can read",
                )
        };
        let file = File::open(path).map_err(|error| refuse(error.to_string()))?;
        if let Some(folder) = forbidden.iter().find(|folder| is_inside(path, folder)) {
            return Err(refuse(format!("it is inside {}, from which files leave", folder.display())));
        }
        if let Some(service) = service(path) {
            return Err(in_the_cloud("nothing was written, because", path, service));
        }
        let readers = permissions::readers(&file, path).map_err(|error| refuse(error.to_string()))?;
        if !readers.is_empty() {
            let cause = format!("it can be read by {}", words::list(&readers));
            return Err(refuse(cause).hint(permissions::remedy(path)));
        }
        let mut text = Zeroizing::new(String::with_capacity(LONGEST as usize + 1));
        file.take(LONGEST).read_to_string(&mut text).map_err(|error| refuse(error.to_string()))?;
        let line = text.lines().next().unwrap_or_default();
        if line.chars().count() < SHORTEST {
            return Err(refuse(format!("a salt has {SHORTEST} characters at least, which nobody can guess")));
        }
        Ok(Self(SecretString::from(line.to_owned())))
    }

    /// Whether both are the same.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.0.expose_secret() == other.0.expose_secret()
    }

    /// A salt that tests can name.
    #[cfg(test)]
    pub(crate) fn of(text: &str) -> Self {
        Self(SecretString::from(text.to_owned()))
    }

    /// The digest of a value as `OpenPseudonymiser` makes it: SHA-256 over the value and the salt behind it,
    /// as small hexadecimal digits.
    pub(super) fn digest(&self, value: &str) -> String {
        let digest = Sha256::new().chain_update(value).chain_update(self.0.expose_secret()).finalize();
        data_encoding::HEXLOWER.encode(&digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the tool of that name publishes of itself, and what `sha256sum` says.
    #[test]
    fn digests_are_those_of_the_tool() {
        let published = "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225";
        assert_eq!(Salt::of("").digest("123456789"), published);
        let salted = "a4455e6581b78d69e569895c2b615dfa90a6cd56938e40ca91edd26e44deedfe";
        assert_eq!(Salt::of("hello").digest("123456789"), salted);
    }
}
