//! How what a recipient gets, or a partner gets back, is sealed.

use crate::document::Table;
use crate::mistake::{At, Mistake};

/// Files are sealed with the `age` format: to public keys, or with a passphrase.
#[derive(Debug, Clone)]
pub struct Seal {
    /// The public keys of whoever gets them; each opens what is sealed.
    pub keys: Vec<String>,
    /// A file with the passphrase, relative to the pipeline file, where there is no key.
    pub passphrase_file: Option<String>,
    /// Where it stands in the pipeline file.
    pub at: At,
}

pub(super) fn seal(table: &Table<'_>) -> Option<Seal> {
    let keys = table.texts("public_keys").unwrap_or_default();
    let passphrase_file = table.text("passphrase_file").map(str::to_owned);
    let Some(node) = table.node("seal") else {
        if !keys.is_empty() || passphrase_file.is_some() {
            let mistake = Mistake::new(table.at, "what files would be sealed with is named, and `seal` is not");
            table.mistake(mistake.hint("write `seal = \"age\"` beside it"));
        }
        return None;
    };
    table.word("seal", &[("age", ())])?;
    if keys.is_empty() == passphrase_file.is_none() {
        let mistake = Mistake::new(&node.at, "`seal` needs `public_keys` or `passphrase_file`, and not both");
        table.mistake(
            mistake.hint("ask whoever gets them for a public key (it begins with \"age1\"); `age-keygen` makes one"),
        );
        return None;
    }
    Some(Seal { keys, passphrase_file, at: node.at.clone() })
}
