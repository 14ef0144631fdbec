//! What is in `sample-data` is what its plans make.

use std::path::{Path, PathBuf};
use std::process::Command;

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("readable") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

#[test]
fn the_sample_is_what_its_plans_make() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let made = tempfile::tempdir().expect("a folder can be made");
    let status = Command::new(env!("CARGO_BIN_EXE_xtask")).arg("sample-data").arg(made.path()).output();
    assert!(status.expect("it starts").status.success());
    let mut found = Vec::new();
    files(made.path(), &mut found);
    assert!(found.len() > 10, "nothing was made");
    let mut kept = Vec::new();
    files(&root.join("sample-data"), &mut kept);
    for path in
        kept.iter().filter(|path| ["xlsx", "csv"].iter().any(|ending| path.extension() == Some(ending.as_ref())))
    {
        let name = path.strip_prefix(root.join("sample-data")).expect("it was found there");
        let is_ours = name.components().count() == 3 && !name.to_string_lossy().ends_with(".explanations.csv");
        let is_made = !is_ours || made.path().join(name).exists();
        assert!(is_made, "{} is there, and no plan makes it", name.display());
    }
    for path in found {
        let name = path.strip_prefix(made.path()).expect("it was found there");
        let kept = std::fs::read(root.join("sample-data").join(name)).unwrap_or_default();
        let same = kept == std::fs::read(&path).expect("readable");
        assert!(same, "{} is not what the plan makes: run `cargo xtask sample-data`", name.display());
    }
}
