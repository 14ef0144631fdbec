//! Where passphrases come from: a file that was named, or the terminal, unseen.

use qd_disclosure::{Passphrase, SHORTEST_PASSPHRASE, Unlock};
use qd_model::Refusal;
use std::io::IsTerminal;
use std::path::Path;

/// Asks for a passphrase where one is needed.
#[derive(Debug)]
pub(crate) struct Ask<'a> {
    file: Option<&'a Path>,
}

impl<'a> Ask<'a> {
    pub(crate) fn new(file: Option<&'a Path>) -> Self {
        Self { file }
    }

    /// A new passphrase, typed twice.
    pub(crate) fn new_one(&self) -> Result<Passphrase, Refusal> {
        let passphrase = if let Some(file) = self.file {
            Passphrase::read(file)?
        } else {
            let first = typed("New passphrase: ")?;
            if !first.is_same(&typed("The same again: ")?) {
                return Err(Refusal::new("no key was made, because the two passphrases differ")
                    .hint("type the same passphrase twice"));
            }
            first
        };
        if passphrase.is_long_enough() {
            return Ok(passphrase);
        }
        Err(Refusal::new("no key was made, because the passphrase is too short")
            .because("whoever has the file can try passphrases for as long as they like")
            .hint(format!("use {SHORTEST_PASSPHRASE} characters or more, for example four words that have nothing to do with each other")))
    }
}

impl Unlock for Ask<'_> {
    fn passphrase(&self, path: &Path) -> Result<Passphrase, Refusal> {
        match self.file {
            Some(file) => Passphrase::read(file),
            None => typed(&format!("Passphrase of {}: ", path.display())),
        }
    }
}

fn typed(prompt: &str) -> Result<Passphrase, Refusal> {
    let refuse = || {
        Refusal::new("a passphrase is needed, and there is no terminal to ask on")
            .hint("name a file with the passphrase on its first line: `--passphrase-file FILE`")
    };
    if !std::io::stderr().is_terminal() {
        return Err(refuse());
    }
    let text = rpassword::prompt_password(prompt).map_err(|_| refuse())?;
    Ok(Passphrase::new(text))
}
