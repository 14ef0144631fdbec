//! What is kept of versions that were sent, held against the log: a later run rests on it, and a reader's
//! protection with it.

use crate::folders::Folders;
use crate::released;
use crate::state;
use qd_ledger::{Entry, Ledger};
use qd_model::Refusal;
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::Path;

/// Files of a version of which the log has the digests, by what it calls them.
const FILES: [(&str, &str); 2] = [("figures", "figures.json"), ("released", released::FILE)];

/// A file that is kept of a version that was sent.
pub(crate) struct Witness {
    /// Relative to the programme's private folder.
    pub(crate) path: String,
    period: String,
    /// The version, in words.
    version: String,
    /// The number of the log's entry.
    entry: u32,
    /// Its digest when it was sent; none where there was no such file.
    blake3: Option<String>,
}

/// The files of which the log has the digests, in its order. What an older program sent has fewer.
pub(crate) fn of_log(log: &[Entry]) -> Vec<Witness> {
    let sent = log.iter().filter(|entry| entry.what == "sent");
    let of_entry = |entry: &Entry| -> Vec<Witness> {
        let facts: Value = serde_json::from_str(&entry.facts).unwrap_or_default();
        let (Some(name), Some(version)) = (facts["return"].as_str(), facts["version"].as_u64()) else {
            return Vec::new();
        };
        let told = FILES.iter().filter(|(key, _)| facts.get(key).is_some());
        let witness = |(key, file): &(&str, &str)| Witness {
            path: format!("sent/{}/{name}/v{version}/{file}", entry.period),
            period: entry.period.clone(),
            version: format!("version {version} of `{name}` for {}", entry.period),
            entry: entry.number,
            blake3: facts[key].as_str().map(str::to_owned),
        };
        // Versions that were made from the same rows share them; the list of their files bears their name.
        let state = facts["state"].as_str().map(|digest| Witness {
            path: format!("sent/{}/states/{}/{}", entry.period, state::folder_of(digest), state::INDEX),
            period: entry.period.clone(),
            version: format!("version {version} of `{name}` for {}", entry.period),
            entry: entry.number,
            blake3: Some(digest.to_owned()),
        });
        told.map(witness).chain(state).collect()
    };
    let mut seen = BTreeSet::new();
    let mut witnesses: Vec<Witness> = sent.flat_map(of_entry).collect();
    witnesses.retain(|witness| seen.insert(witness.path.clone()));
    witnesses
}

impl Witness {
    /// What is the matter with the file in a programme's private folder, if anything is.
    pub(crate) fn fault(&self, private: &Path) -> Option<&'static str> {
        match (&self.blake3, qd_source::digest(&private.join(&self.path))) {
            (Some(digest), Ok((found, _))) if *digest == found => None,
            (Some(_), Ok(_)) => Some("is not what the log says was kept of what was sent"),
            (Some(_), Err(error)) if error.kind() == ErrorKind::NotFound => {
                Some("is missing, and the log says that it was kept of what was sent")
            }
            (Some(_), Err(_)) => Some("cannot be read, and the log says that it was kept of what was sent"),
            (None, Ok(_)) => Some("was not kept when it was sent, as the log says"),
            (None, Err(_)) => None,
        }
    }
}

/// Refuses to go on with a period where what was sent is not as the log says. Without the list of records of
/// a version the next one supersedes it as a whole, and rows that are gone, as they are once they need not be
/// kept any more, are missed by whoever needs them; without its figures nobody knows what readers could work out.
pub(crate) fn check(folders: &Folders, ledger: &Ledger, period: &str) -> Result<(), Refusal> {
    let mut refusal = Refusal::new("what was sent before is not as it was kept, and nothing can rest on it");
    for witness in of_log(&ledger.log()?) {
        let path = folders.private.join(&witness.path);
        // Records are compared within a period, figures with all that was ever sent.
        let is_elsewhere = witness.path.ends_with(released::FILE) && witness.period != period;
        let may_be_gone = witness.path.ends_with(released::FILE) || witness.path.ends_with(state::INDEX);
        if is_elsewhere || (may_be_gone && !path.is_file()) {
            continue;
        }
        if let Some(fault) = witness.fault(&folders.private) {
            let Witness { version, entry, .. } = witness;
            refusal = refusal.because(format!("{} {fault}: {version}, entry {entry} of the log", path.display()));
        }
    }
    if refusal.because.is_empty() {
        return Ok(());
    }
    let proof = format!("`quarterday verify {}` names all that is not as it was written", folders.private.display());
    Err(refusal.hint(format!("put the file back from a copy of the private folder; {proof}")))
}
