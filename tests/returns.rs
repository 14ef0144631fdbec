//! The returns of the sample programmes, read back as their recipients would read them.

use crate::command::{Checkout, files, pipelines};
use arrow::array::{Array, AsArray};
use std::collections::BTreeSet;

#[test]
fn every_return_is_whole_and_its_manifest_proves_it() {
    for name in pipelines() {
        let checkout = Checkout::new();
        let said = checkout.run(&["run", &format!("pipelines/{name}.toml"), "--format", "json"]).ends(0);
        let report = said.json();
        let period = report["period"].as_str().expect("a period");
        for made in report["returns"].as_array().expect("returns") {
            let folder = format!("out/{name}/{period}/draft/{}", made["name"].as_str().expect("a name"));
            checkout.run(&["verify", &folder]).ends(0);
            for file in made["files"].as_array().expect("files") {
                let path = checkout.join(&format!("out/{name}/{period}/{}", file["path"].as_str().expect("a path")));
                let bytes = std::fs::read(&path).expect("there");
                assert_eq!(file["bytes"].as_u64(), Some(bytes.len() as u64));
                assert_eq!(file["blake3"].as_str(), Some(blake3::hash(&bytes).to_hex().as_str()));
            }
        }
        checkout.run(&["verify", &format!("out/{name}/{period}/draft")]).ends(0);
        let manifest: serde_json::Value =
            serde_json::from_str(&checkout.read(&format!("out/{name}/{period}/draft/manifest.json"))).expect("JSON");
        let counts = |of: &str| manifest["counts"][of].as_u64().expect("a count");
        assert_eq!(counts("rows"), counts("accepted") + counts("held") + counts("rejected"), "counts reconcile");
        let inputs = manifest["inputs"].as_array().expect("inputs");
        let rows: u64 = inputs.iter().map(|input| input["rows"].as_u64().expect("rows")).sum();
        assert_eq!(rows, counts("rows"));
    }
}

#[test]
fn pseudonymised_tables_are_ordered_by_pseudonym_and_hold_no_blank_person() {
    let mut tables = 0;
    for name in pipelines() {
        let checkout = Checkout::new();
        checkout.run(&["run", &format!("pipelines/{name}.toml")]).ends(0);
        for (path, _) in files(&checkout.join(&format!("out/{name}"))) {
            if !path.ends_with(".parquet") {
                continue;
            }
            let (schema, batches) =
                qd_table::read_parquet(&checkout.join(&format!("out/{name}/{path}"))).expect("readable");
            let Ok(person) = schema.index_of("person") else { continue };
            tables += 1;
            let pseudonyms: Vec<String> = batches
                .iter()
                .flat_map(|batch| {
                    let column =
                        arrow::compute::cast(batch.column(person), &arrow::datatypes::DataType::Utf8).expect("text");
                    assert_eq!(column.null_count(), 0, "{path}: every row has a person");
                    column.as_string::<i32>().iter().flatten().map(str::to_owned).collect::<Vec<_>>()
                })
                .collect();
            assert!(!pseudonyms.is_empty(), "{path} has rows");
            assert!(pseudonyms.is_sorted(), "{path} is ordered by pseudonym");
            let lengths: BTreeSet<usize> = pseudonyms.iter().map(String::len).collect();
            assert_eq!(lengths.len(), 1, "{path}: pseudonyms are of one length");
        }
    }
    assert!(tables >= 5, "the sample's extracts were looked at");
}

#[test]
fn a_plan_writes_nothing_and_names_every_released_field() {
    let checkout = Checkout::new();
    let before = files(checkout.path());
    let said = checkout.run(&["run", "pipelines/wwri.toml", "--plan"]).ends(0);
    assert_eq!(before.len(), files(checkout.path()).len(), "nothing was written");
    let pipeline: toml::Table = checkout.read("pipelines/wwri.toml").parse().expect("TOML");
    for (recipient, profile) in pipeline["recipients"].as_table().expect("recipients") {
        assert!(said.out.contains(recipient), "{recipient}");
        for (table, fields) in profile.get("release").and_then(toml::Value::as_table).into_iter().flatten() {
            for (field, _) in fields.as_table().expect("fields") {
                assert!(said.out.contains(field), "{recipient} {table} {field} is not in the plan:\n{}", said.out);
            }
        }
    }
}

#[test]
fn under_a_floor_nobody_stands_out_and_the_house_knows_whom_it_hit() {
    let checkout = Checkout::new();
    let said = checkout.run(&["run", "pipelines/whp.toml", "--format", "json"]).ends(0).json();
    let risk = checkout.read("private/whp/2023-24-Q2/risk/statistics.json");
    let risk: serde_json::Value = serde_json::from_str(&risk).expect("JSON");
    let classes = &risk["by_columns"]["classes"];
    assert_eq!((classes["unique"].as_u64(), classes["in_small_classes"].as_u64()), (Some(0), Some(0)), "{risk}");
    assert!(classes["smallest_class"].as_u64() >= Some(5), "{risk}");
    // Dates still tell people apart, and what two recipients both get is counted.
    assert!(risk["with_dates"]["classes"]["unique"].as_u64() > Some(0));
    assert!(!risk["assumes_that_is_known"].as_str().expect("words").is_empty());
    let floor = &risk["floor"];
    assert_eq!(floor["made_coarser"], serde_json::json!(["employment_history"]));
    let blank = floor["people_left_blank"].as_u64().expect("a number");
    let people = risk["people"].as_u64().expect("a number");
    assert!((1..people / 5).contains(&blank), "{blank} of {people}");
    let hits = floor["hits"].as_array().expect("hits");
    let of = |column: &str, name: &str| -> u64 {
        hits.iter().filter(|hit| hit["column"] == column).filter_map(|hit| hit[name].as_u64()).sum()
    };
    assert_eq!(of("gender", "people"), people);
    assert!(of("gender", "in_small_classes") >= blank, "more stood out before a column was made coarser");
    let notes = said["returns"].as_array().expect("returns").iter().find(|it| it["name"] == "statistics");
    let notes = notes.expect("the return")["notes"].to_string();
    assert!(notes.contains("employment_history made coarser") && notes.contains("left blank"), "{notes}");
}
