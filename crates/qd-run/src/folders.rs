//! Where a pipeline's files are, what a run leaves where, and what may be read from a folder.

use crate::state;
use qd_model::Refusal;
use std::path::{Component, Path, PathBuf};

/// A path relative to a folder, with `..` taken out so that messages show it plainly.
pub(crate) fn resolve(folder: &Path, path: &str) -> PathBuf {
    let mut out = PathBuf::new();
    for component in folder.join(path).components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir
                if out.components().next_back().is_some_and(|last| matches!(last, Component::Normal(_))) =>
            {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// What may leave and what never does must not share a folder.
pub(crate) fn apart(out: &Path, state: &Path) -> Result<(), Refusal> {
    let refuse = |cause: String| {
        Refusal::new("nothing was written, because what may leave and what never leaves would share a folder")
            .because(cause)
            .hint("name two folders beside each other with --out and --state")
    };
    let real = |path: &Path| {
        // The part that is there is asked for its real place; the rest is not there yet.
        let absolute = std::path::absolute(path).map_err(|error| refuse(error.to_string()))?;
        let there = absolute.ancestors().find(|ancestor| ancestor.exists()).unwrap_or(&absolute);
        let rest = absolute.strip_prefix(there).unwrap_or(Path::new(""));
        let real = there.canonicalize().map_err(|error| refuse(error.to_string()))?;
        Ok::<PathBuf, Refusal>(resolve(&real, &rest.to_string_lossy()))
    };
    let (real_out, real_state) = (real(out)?, real(state)?);
    if real_out.starts_with(&real_state) || real_state.starts_with(&real_out) {
        return Err(refuse(format!("{} and {} lie within each other", out.display(), state.display())));
    }
    Ok(())
}

/// The folders of one pipeline's run.
#[derive(Debug, Clone)]
pub(crate) struct Folders {
    /// What may leave: `out/<pipeline>`.
    pub(crate) out: PathBuf,
    /// What never leaves: `private/<pipeline>`.
    pub(crate) private: PathBuf,
}

impl Folders {
    pub(crate) fn of(out: &Path, state: &Path, pipeline: &str) -> Self {
        Self { out: out.join(pipeline), private: state.join(pipeline) }
    }

    /// Drafts of a period, replaced whole by each run.
    pub(crate) fn draft(&self, period: &str) -> PathBuf {
        self.out.join(period).join("draft")
    }

    /// Accepted rows of a period, identified.
    pub(crate) fn accepted(&self, period: &str) -> PathBuf {
        self.private.join("accepted").join(period)
    }

    /// Copies of what was received for a period.
    pub(crate) fn sources(&self, period: &str) -> PathBuf {
        self.private.join("sources").join(period)
    }

    /// The ledger.
    pub(crate) fn ledger(&self) -> PathBuf {
        self.private.join(qd_ledger::FILE)
    }

    /// Totals of the time before the first records.
    pub(crate) fn opening(&self) -> PathBuf {
        self.private.join("opening.json")
    }

    /// What is kept of a return as it was sent.
    pub(crate) fn sent(&self, period: &str, name: &str, version: u32) -> PathBuf {
        self.private.join("sent").join(period).join(name).join(format!("v{version}"))
    }

    /// The accepted rows that versions of a period were made from, by the state's digest.
    pub(crate) fn sent_state(&self, period: &str, digest: &str) -> PathBuf {
        self.private.join("sent").join(period).join("states").join(state::folder_of(digest))
    }

    /// The internal papers of a period.
    pub(crate) fn papers(&self, period: &str) -> PathBuf {
        self.private.join(period)
    }
}

/// A JSON document as it is written: indented, with a line break at its end.
pub(crate) fn json_bytes(value: &serde_json::Value) -> Vec<u8> {
    let mut text = serde_json::to_string_pretty(value).expect("a plain structure");
    text.push('\n');
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shown_without_going_up_and_down() {
        let check = |folder: &str, path: &str, expected: &str| {
            assert_eq!(resolve(Path::new(folder), path), Path::new(expected), "{folder} + {path}");
        };
        check("pipelines", "../schemas/a.toml", "schemas/a.toml");
        check("", "schemas/a.toml", "schemas/a.toml");
        check("..", "../a.toml", "../../a.toml");
        check("/a/b", "./c", "/a/b/c");
    }
}
