//! The same table saved in two formats reads as the same values, in public collections of test files.

use super::{corpora, read_file};
use crate::Request;
use std::path::Path;

/// Where the two files of a pair do not hold the same, and why.
const DIFFER: &[(&str, &str, &str)] = &[
    ("geometry", "warning_AKE6", "its column AKE lies beyond the last column that an old workbook can have"),
    ("iris-excel-xls", "iris", "the old workbook holds 0.30000000000000004 where the new one holds 0.3"),
];

#[test]
fn paired_workbooks_agree_value_by_value() {
    let Some(folder) = corpora("readxl") else { return };
    let mut compared = 0;
    for folder in [folder.join("extdata"), folder.join("sheets")] {
        let mut paths: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for old in paths.iter().filter(|path| path.extension().is_some_and(|ending| ending == "xls")) {
            let stem = old.file_stem().unwrap().to_str().unwrap();
            let new = folder.join(format!(
                "{}.xlsx",
                stem.strip_suffix("-xls").map_or(stem.to_owned(), |s| s.to_owned() + "-xlsx")
            ));
            if new.is_file() {
                compared += compare(old, &new, stem);
            }
        }
    }
    assert!(compared >= 20, "{compared} sheets");
}

fn compare(old: &Path, new: &Path, stem: &str) -> usize {
    let sheets = |path: &Path| -> Vec<String> {
        let book =
            crate::formats::open(path, crate::Look::Whole).map_err(|trouble| trouble.fault().message.clone()).unwrap();
        book.sheets().iter().filter_map(|sheet| sheet.name.clone()).collect()
    };
    let names = sheets(old);
    assert_eq!(names, sheets(new), "{stem}");
    for name in &names {
        let request = Request { sheet: Some(name), ..Request::default() };
        let (old, new) = (read_file(old, &request), read_file(new, &request));
        match DIFFER.iter().find(|(known, sheet, _)| (*known, *sheet) == (stem, name)) {
            None => assert_eq!(old.table(), new.table(), "{stem}, {name}"),
            Some((.., why)) => assert_ne!(old.table(), new.table(), "{stem}, {name}: no longer true that {why}"),
        }
    }
    names.len()
}
