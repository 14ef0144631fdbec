//! Public collections of test files, where they are at hand.

use super::{corpora, read_file};
use crate::Request;
use std::path::Path;

#[test]
fn csv_spectrum_equals_its_json() {
    let Some(folder) = corpora("csv-spectrum") else { return };
    let mut compared = 0;
    for entry in std::fs::read_dir(folder.join("csvs")).unwrap() {
        let path = entry.unwrap().path();
        let json = folder.join("json").join(path.file_stem().unwrap()).with_extension("json");
        // Both sides of one pair hold bytes that are no UTF-8; they are compared as Windows-1252.
        let json = std::fs::read(json).unwrap();
        let json = String::from_utf8(json)
            .unwrap_or_else(|error| encoding_rs::WINDOWS_1252.decode(error.as_bytes()).0.into_owned());
        let expected: serde_json::Value = serde_json::from_str(&json).unwrap();
        let expected = expected.as_array().cloned().unwrap_or_else(|| vec![expected]);
        let read = read_file(&path, &Request::default());
        let found: Vec<serde_json::Value> = read
            .rows
            .iter()
            .map(|(_, cells)| {
                let pairs = read.headings.iter().cloned().zip(cells.iter().cloned().map(Into::into));
                serde_json::Value::Object(pairs.collect())
            })
            .collect();
        if path.ends_with("location_coordinates.csv") {
            // The collection's own pair disagrees about a telephone number, and about nothing else.
            assert_eq!(found[0]["Location Coordinates"], expected[0]["Location Coordinates"]);
            assert_eq!(found[0]["Counties"], expected[0]["Counties"]);
        } else {
            assert_eq!(found, expected, "{}", path.display());
        }
        compared += 1;
    }
    assert!(compared >= 12);
}

#[test]
fn every_public_file_is_answered() {
    let mut files = 0;
    for folder in ["readxl", "qsv"] {
        if let Some(folder) = corpora(folder) {
            files += answer(&folder);
        }
    }
    println!("{files} files were answered");
}

fn answer(folder: &Path) -> usize {
    let mut files = 0;
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files += answer(&path);
            continue;
        }
        let read = read_file(&path, &Request::default());
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        println!("{name}: {} rows under row {}, {:?}", read.rows.len(), read.heading_row, first(&read.findings));
        files += 1;
    }
    files
}

fn first(findings: &[String]) -> Vec<&String> {
    findings.iter().take(3).collect()
}
