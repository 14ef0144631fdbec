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
