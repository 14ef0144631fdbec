//! Runs the binary in a folder of its own, as a person would from a clean checkout.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        crate_folder.ancestors().nth(2).expect("the crate lies two folders deep").to_path_buf()
    })
}

/// A folder that stands for a checkout: pipelines, schemas and sample data, and nothing written yet.
pub(crate) struct Checkout {
    folder: tempfile::TempDir,
}

/// What a command said and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) code: i32,
}

impl Checkout {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["pipelines", "schemas", "sample-data"] {
            copy(&root().join(name), &folder.path().join(name));
        }
        Self { folder }
    }

    /// A checkout with a small programme of its own beside the others: `people.toml`, `small.toml`, a key
    /// `small.key`, and further files.
    pub(crate) fn small(schema: &str, pipeline: &str, files: &[(&str, &str)]) -> Self {
        let checkout = Self::new();
        checkout.write("people.toml", schema);
        checkout.write("small.toml", pipeline);
        for (path, text) in files {
            checkout.write(path, text);
        }
        checkout.run(&["key", "new", "small.key"]).ends(0);
        checkout
    }

    /// A folder with nothing in it.
    pub(crate) fn empty() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn join(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.join(path);
        std::fs::create_dir_all(path.parent().expect("inside the folder")).expect("a folder");
        std::fs::write(path, text).expect("written");
    }

    /// Changes a text file, which must hold what is changed.
    pub(crate) fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} does not hold {from:?}");
        self.write(path, text.replace(from, to));
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quarterday"));
        command.args(arguments).current_dir(self.path()).env_remove("NO_COLOR").env_remove("POLARS_MAX_THREADS");
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        said(self.command(arguments).output().expect("the binary runs"))
    }
}

fn said(output: Output) -> Said {
    Said {
        out: String::from_utf8(output.stdout).expect("results are UTF-8"),
        err: String::from_utf8(output.stderr).expect("messages are UTF-8"),
        code: output.status.code().unwrap_or(-1),
    }
}

impl Said {
    /// The run ended as it should.
    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "standard output:\n{}\nstandard error:\n{}", self.out, self.err);
        self
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error} in\n{}", self.out))
    }
}

/// Copies a folder with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("readable");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("readable").is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("copied");
        }
    }
}

/// Every file below a folder with its bytes, by path relative to the folder, sorted.
pub(crate) fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    collect(folder, "", &mut found);
    found.sort();
    found
}

/// What is kept in a private folder, but for the ledger, which tells when things were done.
pub(crate) fn kept(folder: &Path) -> Vec<(String, Vec<u8>)> {
    files(folder).into_iter().filter(|(name, _)| !name.ends_with("ledger.sqlite")).collect()
}

fn collect(folder: &Path, prefix: &str, found: &mut Vec<(String, Vec<u8>)>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let entry = entry.expect("readable");
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type().expect("readable").is_dir() {
            collect(&entry.path(), &format!("{name}/"), found);
        } else {
            found.push((name, std::fs::read(entry.path()).expect("readable")));
        }
    }
}

/// Fails with the first file that differs between two listings.
#[track_caller]
pub(crate) fn assert_same(one: &[(String, Vec<u8>)], other: &[(String, Vec<u8>)]) {
    let names = |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(one), names(other));
    for ((name, bytes), (_, others)) in one.iter().zip(other) {
        assert!(bytes == others, "{name} differs");
    }
}

/// Every pipeline of the repository, by the name of its file without ending.
pub(crate) fn pipelines() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(root().join("pipelines"))
        .expect("the folder is there")
        .filter_map(|entry| {
            let name = entry.expect("readable").file_name().to_string_lossy().into_owned();
            name.strip_suffix(".toml").map(str::to_owned)
        })
        .collect();
    names.sort();
    assert!(!names.is_empty(), "there is a pipeline");
    names
}
