//! One small table in every format and habit reads as the same rows, each at its own place.

use crate::command::{Checkout, root};
use serde_json::{Value, json};

const FIELDS: [&str; 6] = ["ref", "name", "start", "hours", "code", "remarks"];

/// The table. An empty text stands for an empty cell.
const ROWS: [[&str; 6]; 12] = [
    ["00012", "Zoë Ashdown", "2022-07-01", "16", "SE15", "First meeting\nfirst plan"],
    ["00013", "Bjørn Achterberg", "2022-07-04", "7.5", "LS2", "Prefers “Bo”"],
    ["00014", "Siân Rhydderch", "2022-07-04", "0.25", "CF10", ""],
    ["00015", "José Núñez", "2022-07-12", "40", "0123", "Said: \"yes\", then left"],
    ["00016", "Malgorzata Zak", "2022-07-13", "12.75", "1E5", "a, b; c"],
    ["00017", "Chloë d’Arcy", "", "21", "N1", "a tab or pipe | here"],
    ["00018", "François Lévêque", "2022-02-28", "", "E1", "£20 for the bus"],
    ["00019", "Ann-Marie O’Brien", "2022-12-31", "35", "SW9", ""],
    ["00020", "Renée Ödegård", "2022-08-30", "97442", "BT1", "=not a formula"],
    ["00021", "Tomás Ferreira", "2022-09-09", "-1.5", "G1", "long long long long long long long long long end"],
    ["00022", "Élodie Maçon", "2022-09-30", "100", "EH3", "TRUE"],
    ["00023", "Noor", "2022-07-19", "8", "B5", "last row"],
];

/// The spreadsheet rows of the table, by the file's name.
fn places(name: &str) -> (u32, Vec<u32>) {
    let heading = match name {
        _ if name.contains("row-5") => 5,
        _ if name.contains("title-above") => 4,
        _ => 1,
    };
    let rows = if name.contains("blank-rows") {
        vec![2, 3, 4, 5, 7, 8, 9, 10, 13, 14, 15, 16]
    } else {
        (heading + 1..=heading + 12).collect()
    };
    (heading, rows)
}

/// What must be said of a file, beside its rows.
const NOTES: [(&str, &str); 8] = [
    ("windows-1252", "encoding"),
    ("ansi", "encoding"),
    ("utf-16", "encoding"),
    ("stray-cell", "blank-heading"),
    ("extra-columns", "unknown-column"),
    ("hidden-row-and-column", "1 hidden row and 1 hidden column"),
    ("title-merged", "1 merged range"),
    ("columns-in-another-order", ""),
];

fn names() -> Vec<String> {
    let folder = root().join("sample-data/formats");
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| name.starts_with("people"));
    names.sort();
    names
}

fn read(checkout: &Checkout, name: &str) -> Value {
    let file = format!("sample-data/formats/{name}");
    checkout.run(&["read", &file, "--schema", "sample-data/formats/schema.toml", "--format", "json"]).ends(0).json()
}

#[test]
fn every_format_and_habit_reads_as_the_same_rows() {
    let checkout = Checkout::new();
    let names = names();
    assert!(names.len() >= 30, "{} files", names.len());
    for name in &names {
        let table = read(&checkout, name);
        let (heading, places) = places(name);
        assert_eq!(table["heading_row"], json!(heading), "{name}");
        let columns = table["columns"].as_array().expect("columns");
        let of =
            |field: &str| columns.iter().position(|column| column["field"] == field).expect("every field is found");
        let order = FIELDS.map(of);
        let rows = table["rows"].as_array().expect("rows");
        let found: Vec<(u64, Vec<&str>)> = rows
            .iter()
            .map(|row| {
                let cells = order.iter().map(|column| row["cells"][*column].as_str().unwrap_or_default()).collect();
                (row["row"].as_u64().expect("a number"), cells)
            })
            .collect();
        let expected: Vec<(u64, Vec<&str>)> =
            places.iter().zip(ROWS).map(|(place, cells)| (u64::from(*place), cells.to_vec())).collect();
        assert_eq!(found, expected, "{name}");
        let notes = table["notes"].to_string();
        for (_, note) in NOTES.iter().filter(|(part, _)| name.contains(part)) {
            assert!(notes.contains(note), "{name}: {notes}");
        }
    }
}

#[test]
fn columns_keep_their_letters() {
    let checkout = Checkout::new();
    for (name, first) in [("people.xlsx", "A"), ("people-from-column-c.xlsx", "C")] {
        assert_eq!(read(&checkout, name)["columns"][0]["column"], json!(first), "{name}");
    }
}

#[test]
fn what_was_normalised_is_counted_by_kind_and_column() {
    let checkout = Checkout::new();
    let notes = read(&checkout, "people-spaces-around.csv")["notes"].to_string();
    assert!(notes.contains("normalised (spaces): 12 cells of Full name"), "{notes}");
}

#[test]
fn the_other_ways_to_look_agree() {
    let checkout = Checkout::new();
    let file = "sample-data/formats/people.xlsx";
    let csv = checkout.run(&["read", file, "--format", "csv"]).ends(0).out;
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let headings = reader.headers().expect("headings").clone();
    assert_eq!(headings.iter().collect::<Vec<_>>()[..2], ["Client ref", "Full name"]);
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
    assert_eq!(rows.iter().map(|row| row.iter().collect::<Vec<_>>()).collect::<Vec<_>>(), ROWS.map(Vec::from));
    assert!(csv.contains("\r\n00013,Bjørn Achterberg,2022-07-04,7.5,LS2,"));

    let looks = checkout.run(&["read", file]).ends(0).out;
    for part in
        ["Client ref", "97442", "people.xlsx, sheet \"People\": 12 rows of 6 columns", "columns A to F, rows 2 to 13"]
    {
        assert!(looks.contains(part), "{looks}");
    }
    checkout.run(&["read", file, "--format", "parquet"]).ends(2);
    checkout.run(&["read", file, "--format", "parquet", "--output", "people.parquet"]).ends(0);
    let again = checkout.run(&["read", "people.parquet", "--format", "csv"]).ends(0).out;
    assert_eq!(again, csv);
}

#[test]
fn what_cannot_be_read_is_said_and_ends_with_1() {
    let checkout = Checkout::new();
    checkout.write("broken.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1W\0o\0r\0k\0b\0o\0o\0k\0");
    let said = checkout.run(&["read", "broken.xls", "--format", "json"]).ends(1);
    assert!(said.json()["notes"][0].as_str().expect("a note").starts_with("unreadable: "), "{}", said.out);
    checkout.run(&["read", "absent.csv"]).ends(2);
}

#[test]
fn an_old_workbook_that_takes_too_much_memory_is_rejected_and_nothing_else_suffers() {
    let checkout = Checkout::new();
    // Two sheets with a cell in each of their far corners, which the library lays out as rectangles.
    let said = checkout.run(&["read", "sample-data/formats/far-apart.xls", "--format", "json"]).ends(1);
    let note = said.json()["notes"][0].as_str().expect("a note").to_owned();
    assert!(note.starts_with("too-large: ") && note.contains("1024 MiB of memory"), "{note}");
    assert_eq!(said.err.lines().count(), 1, "the child's own death is not shown: {}", said.err);
    let schema = ["--schema", "sample-data/formats/schema.toml"];
    let files = ["sample-data/formats/far-apart.xls", "sample-data/formats/people-xlwt.xls"];
    let said = checkout.run(&[&["validate"][..], &files, &schema, &["--format", "json"]].concat()).ends(1).json();
    assert_eq!(said["summary"]["accepted"], json!(12));
    let fix = said["findings"][0]["fix"].as_str().expect("a fix").to_owned();
    assert!(fix.contains("--limits 4"), "{fix}");
}
