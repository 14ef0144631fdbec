//! A new programme: a pipeline, a schema and a partner's file that run at once and show where to edit.

use crate::load::plain;
use qd_disclosure::{Key, KeyUse};
use qd_model::Refusal;
use std::path::{Path, PathBuf};

/// What is written, by path. The people are invented; one date is wrong on purpose, so that the first
/// run shows a finding.
const FILES: [(&str, &str); 4] = [
    ("programme.toml", include_str!("init/programme.toml")),
    ("schemas/people.toml", include_str!("init/people.toml")),
    ("in/2026-Q1/north.csv", include_str!("init/north.csv")),
    (".gitignore", include_str!("init/ignore")),
];

/// Writes a new programme into a folder that is not there or is empty. Answers what was written.
pub fn init(folder: &Path) -> Result<Vec<PathBuf>, Refusal> {
    let refuse = |path: &Path, error: &std::io::Error| {
        Refusal::new(format!("{} could not be written", path.display())).because(plain(error))
    };
    if std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Refusal::new(format!("{} is not empty", folder.display())).hint("name a new folder"));
    }
    let mut written = Vec::new();
    for (name, text) in FILES {
        let path = folder.join(name);
        let parent = path.parent().unwrap_or(folder);
        std::fs::create_dir_all(parent)
            .and_then(|()| std::fs::write(&path, text))
            .map_err(|error| refuse(&path, &error))?;
        written.push(path);
    }
    let key = folder.join("programme.key");
    Key::create(&key, KeyUse::Real, None)?;
    written.push(key);
    Ok(written)
}
