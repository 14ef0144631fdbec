//! The rooms, their layers, and the invariants that only a look at the source can hold.

use crate::command::{pipelines, root};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The rooms by layer; arrows point only downwards.
const LAYERS: [(&str, u8); 14] = [
    ("quarterday", 5),
    ("qd-run", 4),
    ("qd-return", 3),
    ("qd-report", 3),
    ("qd-source", 2),
    ("qd-check", 2),
    ("qd-rules", 2),
    ("qd-ledger", 2),
    ("qd-link", 2),
    ("qd-disclosure", 2),
    ("qd-table", 1),
    ("qd-book", 1),
    ("qd-model", 0),
    ("xtask", 6),
];

/// Each of these libraries enters by one door; development tools may use them as they like.
const DOORS: [(&str, &str); 10] = [
    ("age", "qd-disclosure"),
    ("rpassword", "quarterday"),
    ("calamine", "qd-source"),
    ("polars", "qd-rules"),
    ("sqlparser", "qd-rules"),
    ("rust_xlsxwriter", "qd-book"),
    ("rusqlite", "qd-ledger"),
    ("clap", "quarterday"),
    ("getrandom", "qd-disclosure"),
    ("indicatif", "quarterday"),
];

fn manifest(name: &str) -> toml::Table {
    let path = root().join("crates").join(name).join("Cargo.toml");
    std::fs::read_to_string(&path).expect("readable").parse().expect("a manifest")
}

fn dependencies(name: &str) -> Vec<String> {
    let manifest = manifest(name);
    let table = manifest.get("dependencies").and_then(toml::Value::as_table).cloned().unwrap_or_default();
    table.keys().cloned().collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn every_room_is_on_the_map() {
    let mut found: Vec<String> = std::fs::read_dir(root().join("crates"))
        .expect("a folder")
        .map(|entry| entry.expect("readable"))
        .filter(|entry| entry.file_type().expect("readable").is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    found.sort();
    let mut known: Vec<&str> = LAYERS.iter().map(|(name, _)| *name).collect();
    known.sort_unstable();
    assert_eq!(found, known);
    let map = std::fs::read_to_string(root().join("crates/README.md")).expect("the map is there");
    for name in known {
        assert!(map.contains(&format!("`{name}`")), "crates/README.md does not name `{name}`");
    }
}

#[test]
fn arrows_point_only_downwards() {
    let layers: BTreeMap<&str, u8> = LAYERS.into();
    for (name, layer) in LAYERS {
        for dependency in dependencies(name) {
            if let Some(below) = layers.get(dependency.as_str()) {
                assert!(*below < layer, "{name} may not depend on {dependency}");
            }
        }
    }
}

#[test]
fn each_library_enters_by_one_door() {
    for (name, _) in LAYERS.iter().filter(|(name, _)| *name != "xtask") {
        for dependency in dependencies(name) {
            for (library, door) in DOORS {
                assert!(dependency != library || *name == door, "{library} enters by {door}, not by {name}");
            }
        }
    }
}

#[test]
fn no_programme_funder_or_partner_is_named_in_rust() {
    let mut names: Vec<String> = pipelines();
    for pipeline in pipelines() {
        let path = root().join("pipelines").join(format!("{pipeline}.toml"));
        let table: toml::Table = std::fs::read_to_string(path).expect("readable").parse().expect("TOML");
        let codes = |key: &str| -> Vec<String> {
            table
                .get(key)
                .and_then(toml::Value::as_table)
                .map(|table| table.keys().cloned().collect())
                .unwrap_or_default()
        };
        names.extend(codes("recipients"));
        for partner in table.get("partners").and_then(toml::Value::as_array).into_iter().flatten() {
            names.extend(partner.get("name").and_then(toml::Value::as_str).map(str::to_owned));
        }
        names.extend(table.get("title").and_then(toml::Value::as_str).map(str::to_owned));
    }
    assert!(names.len() > 10, "there are names to look for: {names:?}");
    for file in rust_files(&root().join("crates")) {
        let text = std::fs::read_to_string(&file).expect("readable").to_lowercase();
        for name in &names {
            let name = name.to_lowercase();
            let stands_alone = text.match_indices(&name).any(|(at, found)| {
                let edge = |c: Option<char>| !c.is_some_and(|c| c.is_alphanumeric() || c == '_');
                edge(text[..at].chars().next_back()) && edge(text[at + found.len()..].chars().next())
            });
            assert!(!stands_alone, "{} names `{name}`", file.display());
        }
    }
}

#[test]
fn only_the_binary_prints_exits_and_reads_the_environment() {
    let words = ["println!", "eprintln!", "print!(", "process::exit", "env::var", "stdout()", "stderr()"];
    for (name, _) in LAYERS.iter().filter(|(name, _)| !["quarterday", "xtask"].contains(name)) {
        for file in rust_files(&root().join("crates").join(name).join("src")) {
            let text = std::fs::read_to_string(&file).expect("readable");
            let is_test = file.to_string_lossy().contains("/tests");
            // What stands below the tests' own heading is not part of the room.
            let text = text.split("#[cfg(test)]").next().unwrap_or_default();
            for word in words {
                assert!(is_test || !text.contains(word), "{} uses {word}", file.display());
            }
        }
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    for file in rust_files(&root().join("crates")).into_iter().chain(rust_files(&root().join("tests"))) {
        let text = std::fs::read_to_string(&file).expect("readable");
        assert!(text.starts_with("//! "), "{} does not open with a sentence", file.display());
        assert_ne!(file.file_name().and_then(|name| name.to_str()), Some("mod.rs"), "{}", file.display());
    }
}

#[test]
fn nothing_is_left_unfinished_or_unsafe() {
    // Written apart, so that this file does not find itself.
    let words = [
        concat!("to", "do!("),
        concat!("unimple", "mented!("),
        concat!("db", "g!("),
        concat!("FIX", "ME"),
        concat!("#[ig", "nore"),
    ];
    for file in rust_files(&root().join("crates")).into_iter().chain(rust_files(&root().join("tests"))) {
        let text = std::fs::read_to_string(&file).expect("readable");
        for word in words {
            assert!(!text.contains(word), "{} holds {word}", file.display());
        }
    }
    for (name, _) in LAYERS {
        let lints = manifest(name).get("lints").and_then(|lints| lints.get("workspace")).and_then(toml::Value::as_bool);
        assert_eq!(lints, Some(true), "{name} takes the workspace's lints, which forbid unsafe code");
    }
}

#[test]
fn the_core_has_no_network_client() {
    let rules = std::fs::read_to_string(root().join(".deny.toml")).expect("the rules are there");
    // The lock also lists what optional features would bring; what is built is what counts. It is asked for
    // this system only: on a fresh machine the libraries of others are not there, and nothing fetches them.
    let tree = std::process::Command::new(env!("CARGO"))
        .args(["tree", "--workspace", "--edges", "normal,build", "--prefix", "none", "--locked", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let tree = String::from_utf8(tree.stdout).expect("UTF-8");
    assert!(tree.lines().any(|line| line.starts_with("polars ")), "the tree lists what is built");
    for client in ["reqwest", "hyper", "ureq", "curl", "rustls", "openssl", "native-tls", "tungstenite"] {
        assert!(rules.contains(&format!("\"{client}\"")), ".deny.toml does not ban {client}");
        assert!(!tree.lines().any(|line| line.starts_with(&format!("{client} "))), "{client} is built");
    }
}
