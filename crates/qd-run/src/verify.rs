//! Proves that a return's folder, or a run's, is as it was written.

use crate::load::plain;
use qd_model::Refusal;
use std::collections::BTreeSet;
use std::path::Path;

/// Something in a folder that is not as its manifest says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// The file, relative to the folder.
    pub path: String,
    /// What is the matter: "is missing", "has changed", "is not in the manifest".
    pub what: &'static str,
}

/// Compares every file of a folder with the folder's manifest. Answers how many files the manifest
/// names, and what differs.
pub fn verify(folder: &Path) -> Result<(usize, Vec<Difference>), Refusal> {
    let path = folder.join("manifest.json");
    let refuse = |cause: String| {
        Refusal::new("there is nothing to verify")
            .because(cause)
            .hint("name the folder of a return or of a run's draft")
    };
    let bytes = std::fs::read(&path).map_err(|error| refuse(format!("{}: {}", path.display(), plain(&error))))?;
    let manifest: serde_json::Value =
        serde_json::from_slice(&bytes).map_err(|_| refuse(format!("{} is not a manifest", path.display())))?;
    let files = manifest["files"].as_array().ok_or_else(|| refuse(format!("{} names no files", path.display())))?;
    let mut named: BTreeSet<String> = BTreeSet::from(["manifest.json".to_owned()]);
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

fn list(folder: &Path, prefix: &str, found: &mut Vec<String>) -> std::io::Result<()> {
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
        let (files, differences) = verify(home.path()).expect("there is a manifest");
        let said: Vec<String> = differences.iter().map(|it| format!("{} {}", it.path, it.what)).collect();
        assert_eq!(files, 3);
        assert_eq!(said, ["changed has changed", "extra is not in the manifest", "gone is missing"]);
    }
}
