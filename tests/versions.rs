//! Versions of an extract, through the binary: what the next one says of every record, whatever was sent
//! again, held, restricted or left out in between.

use crate::command::{Checkout, files};
use crate::quarters::{EVENTS, PEOPLE, PIPELINE};
use arrow::array::AsArray;
use std::collections::{BTreeMap, BTreeSet};

const CSV: &str = r#"files = [{ format = "csv", path = "{table}.csv", parts = [{ part = "rows", table = "people" }, { part = "rows", table = "events" }] }]"#;
const EXTRACT: &str = r#"files = [{ format = "parquet", path = "{table}/reported_in={period}/{table}.parquet", datapackage = "datapackage.json", codebook = ["codebook.md", "codebook.html"], changes = "changes.parquet", parts = [{ part = "rows", table = "people" }, { part = "rows", table = "events" }] }]"#;
const DRAFT: &str = "out/small/Q1/draft/study";

fn programme() -> Checkout {
    let pipeline = PIPELINE
        .replace(CSV, EXTRACT)
        .replace("period = \"Q4\"", "period = \"Q1\"\nrestricted = \"restricted.csv\"")
        .replace("person = \"pseudonym\"\n", "person = \"pseudonym\"\nrecord = \"pseudonym\"\n");
    let checkout = Checkout::small(PEOPLE, &pipeline, &[("events.toml", EVENTS)]);
    checkout.write("restricted.csv", "partner,record,from,until\n");
    people(&checkout, "north", &["N1,Ada,1990-01-01,P1,", "N2,Bob,1991-01-01,P2,", "N3,Cy,1992-01-01,P3,"]);
    people(&checkout, "south", &["S1,Di,1993-01-01,P4,", "S2,Ed,1994-01-01,P5,"]);
    events(&checkout, "north", &["E1,N1,2022-02-01", "E2,N2,2022-02-02"]);
    checkout
}

fn people(checkout: &Checkout, partner: &str, rows: &[&str]) {
    let text = format!("ref,name,born,permit,joined\n{}\n", rows.join("\n"));
    checkout.write(&format!("q1/{partner}-people.csv"), text);
}

fn events(checkout: &Checkout, partner: &str, rows: &[&str]) {
    checkout.write(&format!("q1/{partner}-events.csv"), format!("event,ref,happened\n{}\n", rows.join("\n")));
}

fn run(checkout: &Checkout) {
    checkout.run(&["run", "small.toml", "--period", "Q1", "--by", "Ann", "--quiet"]).ends(0);
}

fn send(checkout: &Checkout) {
    checkout.run(&["sent", DRAFT, "--by", "Ben"]).ends(0);
}

fn json(checkout: &Checkout, path: &str) -> serde_json::Value {
    serde_json::from_str(&checkout.read(path)).expect("JSON")
}

/// A Parquet file's rows as text, by column.
fn rows(checkout: &Checkout, path: &str) -> Vec<BTreeMap<String, String>> {
    let (schema, batches) = qd_table::read_parquet(&checkout.join(path)).expect("readable");
    let mut rows = Vec::new();
    for batch in &batches {
        let texts = batch.columns().iter().map(|column| {
            arrow::compute::cast(column, &arrow::datatypes::DataType::Utf8).expect("every value has a text")
        });
        let texts: Vec<_> = texts.collect();
        rows.extend((0..batch.num_rows()).map(|row| {
            let cell = |(field, column): (&std::sync::Arc<arrow::datatypes::Field>, &arrow::array::ArrayRef)| {
                (field.name().clone(), column.as_string::<i32>().value(row).to_owned())
            };
            schema.fields().iter().zip(&texts).map(cell).collect::<BTreeMap<String, String>>()
        }));
    }
    rows
}

/// What became of records: table and word, with whether they are to be deleted, and how many.
fn told(checkout: &Checkout) -> BTreeMap<(String, String, bool), usize> {
    let mut told = BTreeMap::new();
    for row in rows(checkout, &format!("{DRAFT}/changes.parquet")) {
        *told.entry((row["table"].clone(), row["change"].clone(), row["delete"] == "true")).or_insert(0) += 1;
    }
    told
}

fn expected(lines: &[(&str, &str, bool, usize)]) -> BTreeMap<(String, String, bool), usize> {
    let line = |(table, change, delete, count): &(&str, &str, bool, usize)| {
        (((*table).to_owned(), (*change).to_owned(), *delete), *count)
    };
    lines.iter().map(line).collect()
}

/// The record's pseudonym of the person who was born in a year, as the draft's people table has it.
fn record_of(checkout: &Checkout, folder: &str, year: &str) -> String {
    let people = rows(checkout, &format!("{folder}/people/reported_in=Q1/people.parquet"));
    people.iter().find(|row| row["birth_year"] == year).expect("the person is there")["record"].clone()
}

#[test]
fn each_version_says_what_became_of_every_record_since_the_one_that_was_sent() {
    let checkout = programme();
    run(&checkout);
    assert_eq!(told(&checkout), expected(&[("people", "added", false, 5), ("events", "added", false, 2)]));
    let descriptor = json(&checkout, &format!("{DRAFT}/datapackage.json"));
    assert_eq!((&descriptor["version"], &descriptor["quarterday"]["supersedes"]), (&"1".into(), &().into()));
    let manifest = json(&checkout, &format!("{DRAFT}/manifest.json"));
    assert_eq!((&manifest["version"], &manifest["supersedes"]), (&1.into(), &().into()));
    let withdrawn = record_of(&checkout, DRAFT, "1992");
    let changed = record_of(&checkout, DRAFT, "1991");
    // A draft that was not sent is nothing to compare with.
    let first = files(&checkout.join(DRAFT));
    run(&checkout);
    assert_eq!(files(&checkout.join(DRAFT)), first, "the same bytes");
    send(&checkout);

    // Nothing changed: it says that it would be the second version, and is not sent.
    run(&checkout);
    assert_eq!(told(&checkout), expected(&[]));
    let said = checkout.run(&["sent", DRAFT, "--by", "Ben"]).ends(2);
    assert!(said.err.contains("it is what was sent as version 1 already"), "{}", said.err);

    // One row is otherwise in what is released, one only in what is not, one is new, one is gone.
    people(&checkout, "north", &["N1,Ada Lee,1990-01-01,P1,", "N2,Bob,1981-01-01,P2,", "N4,Flo,1995-01-01,P6,"]);
    run(&checkout);
    let lines = [("people", "added", false, 1), ("people", "changed", false, 1), ("people", "withdrawn", true, 1)];
    assert_eq!(told(&checkout), expected(&lines));
    let by = |word: &str| {
        let list = rows(&checkout, &format!("{DRAFT}/changes.parquet"));
        list.into_iter().find(|row| row["change"] == word).expect("told")["record"].clone()
    };
    assert_eq!(by("withdrawn"), withdrawn, "a record keeps its pseudonym");
    assert_eq!(by("changed"), changed);
    assert_eq!(by("added"), record_of(&checkout, DRAFT, "1995"));
    let descriptor = json(&checkout, &format!("{DRAFT}/datapackage.json"));
    let sent = blake3::hash(checkout.read("out/small/Q1/v1/study/manifest.json").as_bytes()).to_hex().to_string();
    let supersedes = serde_json::json!({ "version": 1, "manifest_blake3": sent });
    assert_eq!(descriptor["version"], "2");
    assert_eq!(descriptor["quarterday"]["supersedes"], supersedes);
    assert_eq!(
        descriptor["quarterday"]["changes"],
        serde_json::json!({ "added": 1, "changed": 1, "withdrawn": 1, "delete": 1 })
    );
    assert_eq!(json(&checkout, &format!("{DRAFT}/manifest.json"))["supersedes"], supersedes);
    let book = checkout.read(&format!("{DRAFT}/codebook.md"));
    assert!(book.contains("| Version | 2 |") && book.contains(&sent), "{book}");
    assert!(book.contains("1 record added, 1 changed, 1 withdrawn, of which 1 to delete"), "{book}");
    // Tables that did not change keep their bytes, so that nothing need be read again.
    let events = "study/events/reported_in=Q1/events.parquet";
    let bytes = |place: &str| std::fs::read(checkout.join(&format!("out/small/Q1/{place}/{events}"))).expect("there");
    assert_eq!(bytes("v1"), bytes("draft"));
    send(&checkout);
    assert_eq!(json(&checkout, "out/small/Q1/v2/study/manifest.json")["supersedes"], supersedes);
    run(&checkout);
    assert_eq!(told(&checkout), expected(&[]), "against the version that was sent last");
}

#[test]
fn a_table_that_is_released_no_longer_is_withdrawn_and_said_so() {
    let checkout = programme();
    run(&checkout);
    send(&checkout);
    let sent = rows(&checkout, "out/small/Q1/v1/study/events/reported_in=Q1/events.parquet");
    let names = |rows: &[BTreeMap<String, String>]| -> BTreeSet<(String, String)> {
        rows.iter().map(|row| (row["person"].clone(), row["record"].clone())).collect()
    };
    let pipeline = checkout.read("small.toml");
    let release = pipeline.find("[recipients.study.release.events]").expect("it is released");
    let end = pipeline[release + 1..].find("\n[").map(|at| release + 1 + at + 1).expect("something follows");
    let without = format!("{}{}", &pipeline[..release], &pipeline[end..]);
    checkout.write("small.toml", without.replace(", { part = \"rows\", table = \"events\" }", ""));

    let plan = checkout.run(&["run", "small.toml", "--period", "Q1", "--plan", "--format", "json"]).ends(0).json();
    let lines = plan["released"].as_array().expect("lines").iter().filter(|line| line["table"] == "events");
    let lines: Vec<(&str, &str)> = lines
        .map(|line| {
            (line["released_as"].as_str().unwrap_or_default(), line["since_last_sent"].as_str().unwrap_or_default())
        })
        .collect();
    assert_eq!(lines, ["person", "record", "happened"].map(|name| (name, "no longer released")));

    run(&checkout);
    assert!(!checkout.join(&format!("{DRAFT}/events")).exists());
    assert_eq!(told(&checkout), expected(&[("events", "withdrawn", true, 2)]));
    let list = rows(&checkout, &format!("{DRAFT}/changes.parquet"));
    assert_eq!(names(&list), names(&sent), "by the pseudonyms that the recipient has");
    let book = checkout.read(&format!("{DRAFT}/codebook.md"));
    assert!(book.contains("| No longer released | events: delete what earlier versions hold of it |"), "{book}");
    let descriptor = json(&checkout, &format!("{DRAFT}/datapackage.json"));
    assert_eq!(descriptor["quarterday"]["withdrawn_tables"], serde_json::json!(["events"]));
    assert_eq!(descriptor["quarterday"]["changes"]["delete"], 2);

    // Once that is sent it is not told again, and there is nothing more to send.
    send(&checkout);
    run(&checkout);
    assert_eq!(told(&checkout), expected(&[]));
    assert!(!checkout.read(&format!("{DRAFT}/codebook.md")).contains("No longer released"));
    let said = checkout.run(&["sent", DRAFT, "--by", "Ben"]).ends(2);
    assert!(said.err.contains("it is what was sent as version 2 already"), "{}", said.err);
}

#[test]
fn what_is_held_or_restricted_is_set_aside_and_not_deleted() {
    let checkout = programme();
    run(&checkout);
    send(&checkout);
    // One is held for a blank date of birth, and one asked that the use of their data be restricted.
    people(&checkout, "south", &["S1,Di,,P4,", "S2,Ed,1994-01-01,P5,"]);
    checkout.write("restricted.csv", "partner,record,from,until\nnorth,N1,2022-01-01,\n");
    run(&checkout);
    let lines = [("events", "withdrawn", false, 1), ("people", "withdrawn", false, 2)];
    assert_eq!(told(&checkout), expected(&lines));
}

#[test]
fn what_is_kept_of_a_version_is_held_against_the_log() {
    let checkout = programme();
    run(&checkout);
    send(&checkout);
    checkout.run(&["sent", "out/small/Q1/draft/book", "--by", "Ben"]).ends(0);
    let verify = |code: i32| checkout.run(&["verify", "private/small"]).ends(code).out;
    verify(0);
    let of = |name: &str, file: &str| format!("private/small/sent/Q1/{name}/v1/{file}");
    let bytes = |path: &str| std::fs::read(checkout.join(path)).expect("it is kept");
    let refused = |path: &str, words: &str| {
        for more in [&["--by", "Ann"][..], &["--plan"]] {
            let said = checkout.run(&[&["run", "small.toml", "--period", "Q1"], more].concat()).ends(2);
            for expected in
                [path, words, "of the log", "put the file back from a copy", "quarterday verify private/small"]
            {
                assert!(said.err.contains(expected), "{expected}: {}", said.err);
            }
        }
    };

    // The list of another version, which reads well.
    let (released, figures) = (of("study", "released.parquet"), of("book", "figures.json"));
    let was = bytes(&released);
    people(&checkout, "south", &["S1,Di,1993-01-01,P4,"]);
    run(&checkout);
    checkout.write(&released, bytes("private/small/Q1/released/study.parquet"));
    let words = "is not what the log says was kept of what was sent";
    refused(&released, words);
    assert!(verify(1).contains(&format!("sent/Q1/study/v1/released.parquet {words}")), "{}", verify(1));
    // Another period does not rest on the list.
    checkout.run(&["run", "small.toml", "--period", "Q2", "--quiet"]);
    checkout.write(&released, &was);
    run(&checkout);
    verify(0);

    // A list that is not there is no obstacle, and is told.
    std::fs::remove_file(checkout.join(&released)).expect("it was kept");
    run(&checkout);
    assert!(verify(1).contains("released.parquet is missing"), "{}", verify(1));
    checkout.write(&released, &was);

    // Figures: changed, or taken away.
    let was = checkout.read(&figures);
    checkout.write(&figures, was.replacen("\"people\": 2", "\"people\": 9", 1));
    refused(&figures, words);
    assert!(verify(1).contains(&format!("sent/Q1/book/v1/figures.json {words}")), "{}", verify(1));
    std::fs::remove_file(checkout.join(&figures)).expect("it was kept");
    refused(&figures, "is missing");
    checkout.write(&figures, was);
    run(&checkout);
    verify(0);

    // The rows that the versions were made from, with the list of them: those of the run that came after.
    let states = checkout.join("private/small/sent/Q1/states");
    let state = std::fs::read_dir(&states).expect("there is one").next().expect("one").expect("readable");
    let state = format!("private/small/sent/Q1/states/{}", state.file_name().to_string_lossy());
    std::fs::rename(checkout.join(&state), checkout.join("aside")).expect("moved");
    crate::command::copy(&checkout.join("private/small/accepted/Q1"), &checkout.join(&state));
    refused(&format!("{state}/state.json"), words);
    assert!(verify(1).contains(&format!("/state.json {words}")), "{}", verify(1));

    // Rows of a version that a later one supersedes may be deleted when they need not be kept any more.
    std::fs::remove_dir_all(checkout.join(&state)).expect("it is there");
    std::fs::rename(checkout.join("aside"), checkout.join(&state)).expect("moved");
    run(&checkout);
    checkout.run(&["sent", "out/small/Q1/draft/study", "--by", "Ben"]).ends(0);
    verify(0);
    std::fs::remove_dir_all(checkout.join(&state)).expect("it is there");
    run(&checkout);
    assert!(verify(1).contains("state.json is missing"), "{}", verify(1));
}

#[test]
fn a_version_of_which_the_records_are_not_known_is_superseded_as_a_whole() {
    let checkout = programme();
    run(&checkout);
    send(&checkout);
    std::fs::remove_file(checkout.join("private/small/sent/Q1/study/v1/released.parquet")).expect("it was kept");
    people(&checkout, "south", &["S1,Di,1993-01-01,P4,"]);
    run(&checkout);
    assert!(!checkout.join(&format!("{DRAFT}/changes.parquet")).exists());
    let book = checkout.read(&format!("{DRAFT}/codebook.md"));
    assert!(book.contains("put this version in the place of the other as a whole"), "{book}");
    let descriptor = json(&checkout, &format!("{DRAFT}/datapackage.json"));
    assert_eq!(descriptor["resources"].as_array().map(Vec::len), Some(2));
}
