//! Proves that a return's folder, or a run's, is as it was written.

use crate::load::plain;
use crate::sent::WITNESS;
use crate::witnesses;
use qd_ledger::{Entry, Ledger};
use qd_model::Refusal;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const MANIFEST: &str = "manifest.json";

/// Something in a folder that is not as its manifest says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// The file, relative to the folder.
    pub path: String,
    /// What is the matter, such as "is missing", "has changed", "is not in the manifest".
    pub what: &'static str,
}

/// What was proved.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verified {
    /// How many files the manifests name.
    pub files: usize,
    /// How many entries of the log were looked at.
    pub entries: usize,
    /// The last entry of each log: programme, number and digest. Written down elsewhere, they show later that
    /// nothing was cut off.
    pub heads: Vec<(String, u32, String)>,
    /// What is not as it was written.
    pub differences: Vec<Difference>,
    /// What could not be proved here, and why.
    pub notes: Vec<String>,
}

/// Proves that a folder is as it was written: a return's or a run's by its manifest, one that was sent
/// by the log too, a programme's private folder by its log, and any folder above by all that is in it.
/// `state` is the folder of what never leaves.
pub fn verify(folder: &Path, state: &Path) -> Result<Verified, Refusal> {
    let mut verified = Verified::default();
    if folder.join(qd_ledger::FILE).is_file() {
        let ledger = Ledger::read(&folder.join(qd_ledger::FILE))?;
        check_log(&ledger, folder, &mut verified)?;
        verified.differences.sort();
        return Ok(verified);
    }
    let mut folders = Vec::new();
    with_manifest(folder, &mut folders)
        .map_err(|error| nothing(&format!("{}: {}", folder.display(), plain(&error))))?;
    if folders.is_empty() {
        return Err(nothing(&format!("{} has no manifest", folder.display())));
    }
    folders.sort();
    // Each programme's log is looked at once.
    let mut logs: BTreeMap<String, Option<Vec<Entry>>> = BTreeMap::new();
    for found in &folders {
        let (files, differences) = verify_files(found)?;
        let prefix = found.strip_prefix(folder).unwrap_or(found);
        let within = |path: &str| prefix.join(path).to_string_lossy().replace('\\', "/");
        verified.files += files;
        verified.differences.extend(differences.into_iter().map(|it| Difference { path: within(&it.path), ..it }));
        let drafted = drafted(found);
        let sent = sent_manifest(found);
        let programme = match (&sent, &drafted) {
            (Some((programme, _)), _) => programme.clone(),
            // A draft that is looked at without a log is compared with its manifest alone.
            (None, Some(drafted)) if state.join(&drafted.programme).join(qd_ledger::FILE).is_file() => {
                drafted.programme.clone()
            }
            _ => continue,
        };
        if !logs.contains_key(&programme) {
            let path = state.join(&programme).join(qd_ledger::FILE);
            let log = if path.is_file() {
                let ledger = Ledger::read(&path)?;
                check_log(&ledger, &state.join(&programme), &mut verified)?;
                Some(ledger.log()?)
            } else {
                verified.notes.push(format!(
                    "There is no log of {programme} in {}, so that the folder was compared with its own manifest only",
                    state.display()
                ));
                None
            };
            logs.insert(programme.clone(), log);
        }
        let Some(log) = &logs[&programme] else { continue };
        for (name, digest) in drafted.iter().flat_map(|drafted| &drafted.returns) {
            let told = |entry: &Entry| entry.what == "run" && entry.facts.contains(&format!("\"{name}\":\"{digest}\""));
            if !log.iter().any(told) {
                let path = within(&format!("{name}/{MANIFEST}"));
                verified.differences.push(Difference { path, what: "is not what the log says was drafted" });
            }
        }
        let Some((_, digest)) = sent else { continue };
        let said = |entry: &Entry| entry.what == "sent" && entry.facts.contains(&format!("\"manifest\":\"{digest}\""));
        if !log.iter().any(said) {
            verified
                .differences
                .push(Difference { path: within("manifest.json"), what: "is not what the log says was sent" });
        }
    }
    verified.differences.sort();
    Ok(verified)
}

/// The programme and the manifest's digest of a version that was sent.
fn sent_manifest(folder: &Path) -> Option<(String, String)> {
    let bytes = std::fs::read(folder.join(MANIFEST)).ok()?;
    let manifest: serde_json::Value = serde_json::from_slice(&bytes).ok()?;
    // A version stands in a folder `v1`, `v2`, …, whatever its manifest has been made to say.
    let version = folder.parent()?.file_name()?.to_string_lossy().into_owned();
    let is_version = version.strip_prefix('v').is_some_and(|number| number.parse::<u32>().is_ok());
    let is_sent = is_version || manifest["status"] == "sent";
    // A sealed return does not say outside whose it is, but stands in `<programme>/<period>/v1/<return>`.
    let whole = std::path::absolute(folder).ok();
    let programme = manifest["pipeline"].as_str().map(str::to_owned).or_else(|| {
        let home = whole.as_ref()?.ancestors().nth(3)?.file_name()?;
        Some(home.to_string_lossy().into_owned())
    });
    is_sent.then(|| Some((programme?, blake3::hash(&bytes).to_hex().to_string())))?
}

/// The drafts of a run: its programme, and the digest of each return's manifest.
struct Drafted {
    programme: String,
    returns: Vec<(String, String)>,
}

fn drafted(folder: &Path) -> Option<Drafted> {
    let manifest: serde_json::Value = serde_json::from_slice(&std::fs::read(folder.join(MANIFEST)).ok()?).ok()?;
    let returns = manifest["returns"].as_array()?.iter().filter_map(|it| it["name"].as_str());
    let digest = |name: &str| {
        let bytes = std::fs::read(folder.join(name).join(MANIFEST)).ok()?;
        Some((name.to_owned(), blake3::hash(&bytes).to_hex().to_string()))
    };
    Some(Drafted {
        programme: manifest["pipeline"].as_str()?.to_owned(),
        returns: returns.filter_map(digest).collect(),
    })
}

/// Looks at a log: each entry by itself, their order, and whether what is kept of each version that was
/// sent still finds its entry there.
fn check_log(ledger: &Ledger, private: &Path, verified: &mut Verified) -> Result<(), Refusal> {
    let log = ledger.log()?;
    verified.entries += log.len();
    let (number, digest) = ledger.head()?;
    let programme = private.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    verified.heads.push((programme, number, digest));
    let faults = ledger.check_log()?;
    verified.differences.extend(
        faults.into_iter().map(|fault| Difference { path: format!("log entry {}", fault.number), what: fault.what }),
    );
    let has_sent = |manifest: &str| {
        let said = format!("\"manifest\":\"{manifest}\"");
        log.iter().any(|entry| entry.what == "sent" && entry.facts.contains(&said))
    };
    for version in ledger.versions()?.iter().filter(|version| !has_sent(&version.manifest)) {
        let path = format!("{} v{} of {}", version.name, version.version, version.period);
        verified.differences.push(Difference { path, what: "was sent, and the log does not say so" });
    }
    let kept = witnesses::of_log(&log).into_iter();
    let not_as_sent = kept.filter_map(|witness| Some((witness.fault(private)?, witness.path)));
    verified.differences.extend(not_as_sent.map(|(what, path)| Difference { path, what }));
    let mut names = Vec::new();
    // Where nothing was sent there is nothing to look for.
    let _ = list(&private.join("sent"), "sent/", &mut names);
    for name in names.into_iter().filter(|name| name.ends_with(&format!("/{WITNESS}"))) {
        let witness = std::fs::read(private.join(&name)).ok();
        let witness = witness.and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok());
        let is_there = witness.is_some_and(|witness| {
            log.iter().any(|entry| {
                witness["entry"].as_u64() == Some(u64::from(entry.number))
                    && witness["digest"].as_str() == Some(&entry.digest)
            })
        });
        if !is_there {
            verified.differences.push(Difference { path: name, what: "names an entry that the log does not have" });
        }
    }
    Ok(())
}

/// The topmost folders with a manifest.
fn with_manifest(folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if folder.join(MANIFEST).is_file() {
        found.push(folder.to_path_buf());
        return Ok(());
    }
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            with_manifest(&entry.path(), found)?;
        }
    }
    Ok(())
}

fn nothing(cause: &str) -> Refusal {
    Refusal::new("there is nothing to verify").because(cause).hint(
        "name the folder of a return, of a run's draft, of a version that was sent, or a programme's private folder",
    )
}

/// Compares every file of a folder with the folder's manifest. Answers how many files the manifest
/// names, and what differs.
pub(crate) fn verify_files(folder: &Path) -> Result<(usize, Vec<Difference>), Refusal> {
    let path = folder.join(MANIFEST);
    let refuse = |cause: String| nothing(&cause);
    let bytes = std::fs::read(&path).map_err(|error| refuse(format!("{}: {}", path.display(), plain(&error))))?;
    let manifest: serde_json::Value =
        serde_json::from_slice(&bytes).map_err(|_| refuse(format!("{} is not a manifest", path.display())))?;
    let files = manifest["files"].as_array().ok_or_else(|| refuse(format!("{} names no files", path.display())))?;
    let mut named: BTreeSet<String> = BTreeSet::from([MANIFEST.to_owned()]);
    let mut differences = Vec::new();
    for file in files {
        let (Some(name), Some(digest)) = (file["path"].as_str(), file["blake3"].as_str()) else {
            return Err(refuse(format!("{} has an entry without path and digest", path.display())));
        };
        named.insert(name.to_owned());
        match qd_source::digest(&folder.join(name)) {
            Ok((found, _)) if found == digest => {}
            Ok(_) => differences.push(Difference { path: name.to_owned(), what: "has changed" }),
            Err(_) => differences.push(Difference { path: name.to_owned(), what: "is missing" }),
        }
    }
    let mut found = Vec::new();
    list(folder, "", &mut found).map_err(|error| refuse(format!("{}: {}", folder.display(), plain(&error))))?;
    let extra = found.into_iter().filter(|name| !named.contains(name));
    differences.extend(extra.map(|path| Difference { path, what: "is not in the manifest" }));
    differences.sort();
    Ok((files.len(), differences))
}

/// Adds the name of every file below a folder, relative to it.
pub(crate) fn list(folder: &Path, prefix: &str, found: &mut Vec<String>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            list(&entry.path(), &format!("{name}/"), found)?;
        } else {
            found.push(name);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_difference_is_named() {
        let home = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| std::fs::write(home.path().join(name), text).expect("written");
        let digest = |text: &str| blake3::hash(text.as_bytes()).to_hex().to_string();
        let entry = |name: &str| format!(r#"{{"path":"{name}","blake3":"{}"}}"#, digest(name));
        for name in ["same", "changed"] {
            write(name, name);
        }
        write("manifest.json", &format!(r#"{{"files":[{},{},{}]}}"#, entry("same"), entry("changed"), entry("gone")));
        write("changed", "chanGed");
        write("extra", "x");
        let (files, differences) = verify_files(home.path()).expect("there is a manifest");
        let said: Vec<String> = differences.iter().map(|it| format!("{} {}", it.path, it.what)).collect();
        assert_eq!(files, 3);
        assert_eq!(said, ["changed has changed", "extra is not in the manifest", "gone is missing"]);
    }
}
