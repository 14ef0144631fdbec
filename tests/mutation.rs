//! One bad row among good ones: wherever it stands, it raises exactly the findings that are listed for
//! it, and none at any other row.

use crate::command::root;
use qd_model::finding::ShowValues;
use qd_model::{Schema, Severity, words};
use qd_run::{Against, Loaded, ValidateRequest};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A row by the names of its fields.
type Row = BTreeMap<String, String>;

/// A field and a code, `-` for what has no field.
type Found = BTreeSet<(String, String)>;

/// The rows of an example, by field.
fn rows(path: &Path, schema: &Schema) -> Vec<Row> {
    let bytes = std::fs::read(path).expect("readable");
    let mut reader = csv::Reader::from_reader(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes));
    let field = |heading: &str| {
        let is_it = |word: &str| words::fold(word) == words::fold(heading);
        let field = schema.fields.iter().find(|field| {
            is_it(&field.name)
                || field.title.as_deref().is_some_and(is_it)
                || field.aliases.iter().any(|alias| is_it(alias))
        });
        field.map(|field| field.name.clone())
    };
    let names: Vec<Option<String>> = reader.headers().expect("headings").iter().map(field).collect();
    let rows = reader.records().map(|record| {
        let record = record.expect("a record");
        let cells = names.iter().zip(&record).filter_map(|(name, cell)| Some((name.clone()?, cell.to_owned())));
        cells.collect()
    });
    rows.collect()
}

/// What is listed for each spreadsheet row of the bad example.
fn listed(path: &Path) -> BTreeMap<usize, Found> {
    let text = std::fs::read_to_string(path).expect("readable");
    let mut listed: BTreeMap<usize, Found> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let [row, field, code] = words[..]
            && let Ok(row) = row.parse()
        {
            listed.entry(row).or_default().insert((field.to_owned(), code.to_owned()));
        }
    }
    listed
}

/// What is found in some rows, by spreadsheet row; notes only where they are listed.
fn found(loaded: &Loaded, table: &str, rows: &[&Row], wanted: &Found, file: &Path) -> BTreeMap<u32, Found> {
    let names: BTreeSet<&String> = rows.iter().flat_map(|row| row.keys()).collect();
    let mut writer = csv::Writer::from_path(file).expect("a file");
    writer.write_record(&names).expect("written");
    for row in rows {
        writer.write_record(names.iter().map(|name| row.get(*name).map_or("", String::as_str))).expect("written");
    }
    writer.flush().expect("written");
    let files = [file.to_path_buf()];
    let report = qd_run::validate(&ValidateRequest {
        files: &files,
        against: Against::Pipeline { loaded, partner: None, table: Some(table) },
        sheet: None,
        period: None,
        as_of: None,
        show: ShowValues::Plain,
    });
    let report = report.unwrap_or_else(|refusal| panic!("{refusal:?}"));
    let mut found: BTreeMap<u32, Found> = BTreeMap::new();
    for finding in report.sources[0].findings.iter() {
        let key = (finding.fault.field.as_deref().unwrap_or("-").to_owned(), finding.fault.code.to_string());
        if finding.fault.severity != Severity::Note || wanted.contains(&key) {
            found.entry(finding.row.unwrap_or(0)).or_default().insert(key);
        }
    }
    found
}

#[test]
fn a_bad_row_among_good_ones_raises_exactly_its_findings() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("rows.csv");
    let mut tried = 0;
    let mut codes = BTreeSet::new();
    for programme in crate::command::pipelines() {
        let loaded = qd_run::load(&root().join("pipelines").join(format!("{programme}.toml")));
        let loaded = loaded.unwrap_or_else(|refusal| panic!("{refusal:?}"));
        for table in &loaded.tables {
            let examples = root().join("schemas").join(&programme).join(&table.name);
            let good = rows(&examples.join("good.csv"), &table.schema);
            let bad = rows(&examples.join("bad.csv"), &table.schema);
            for (row, expected) in listed(&examples.join("bad.findings")) {
                // A row that is bad only beside another is another test's.
                if row < 2 || expected.iter().any(|(_, code)| code == "primary-key") {
                    continue;
                }
                // Anywhere, but the same in every run.
                let place = (row * 7 + tried) % (good.len() + 1);
                let mut rows: Vec<&Row> = good.iter().collect();
                rows.insert(place, &bad[row - 2]);
                let found = found(&loaded, &table.name, &rows, &expected, &file);
                let expected_at = BTreeMap::from([(place as u32 + 2, expected.clone())]);
                assert_eq!(found, expected_at, "{programme}/{}, row {row} of bad.csv", table.name);
                codes.extend(expected.into_iter().map(|(_, code)| code));
                tried += 1;
            }
        }
    }
    assert!(tried > 250 && codes.len() > 80, "{tried} rows with {} codes were tried", codes.len());
}
