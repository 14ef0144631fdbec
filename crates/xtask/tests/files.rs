//! Every schema and pipeline of the project is read without a mistake, and says what it must.

use qd_model::{Class, Pipeline, Schema, Syntax, words};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every `.toml` file below a folder, in order.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("readable").path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "toml") {
            found.push(path);
        }
    }
}

fn schemas() -> Vec<(PathBuf, Schema)> {
    let mut found = Vec::new();
    files(&root().join("schemas"), &mut found);
    assert!(!found.is_empty(), "there is no schema");
    found.into_iter().map(|path| (path.clone(), schema(&path))).collect()
}

fn schema(path: &Path) -> Schema {
    let text = std::fs::read_to_string(path).expect("readable");
    Schema::parse(&text, Syntax::Toml, "schema").unwrap_or_else(|mistakes| {
        let lines: Vec<String> =
            mistakes.iter().map(|m| format!("{}:{}: {} ({:?})", path.display(), m.at, m.what, m.hint)).collect();
        panic!("{}", lines.join("\n"))
    })
}

fn pipelines() -> Vec<(PathBuf, Pipeline)> {
    let mut found = Vec::new();
    files(&root().join("pipelines"), &mut found);
    let mut samples = Vec::new();
    files(&root().join("sample-data"), &mut samples);
    found.extend(samples.into_iter().filter(|path| {
        std::fs::read_to_string(path).expect("readable").lines().any(|line| line.starts_with("[[periods]]"))
    }));
    assert!(!found.is_empty(), "there is no pipeline");
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("readable");
        let pipeline = Pipeline::parse(&text, Syntax::Toml).unwrap_or_else(|mistakes| {
            let lines: Vec<String> =
                mistakes.iter().map(|m| format!("{}:{}: {} ({:?})", path.display(), m.at, m.what, m.hint)).collect();
            panic!("{}", lines.join("\n"))
        });
        (path, pipeline)
    };
    found.into_iter().map(read).collect()
}

#[test]
fn every_schema_is_read_and_says_where_it_comes_from() {
    for (path, schema) in schemas() {
        let shown = path.display();
        assert!(schema.is_ours && schema.version.is_some(), "{shown} has no version");
        assert!(schema.source.is_some(), "{shown} does not say where its layout comes from");
        assert!(!schema.record_key.is_empty() && !schema.primary_key.is_empty(), "{shown} has no key");
        assert!(!schema.not_collected.is_empty(), "{shown} does not say what is not collected");
        for rule in &schema.rules {
            assert!(rule.source.is_some(), "{shown}: rule {} has no source", rule.code);
            assert!(!rule.fields.is_empty(), "{shown}: rule {} is shown nowhere", rule.code);
        }
        for field in schema.fields.iter().filter(|field| field.class == Class::Special) {
            assert!(field.reason.is_some(), "{shown}: special field {} has no reason", field.name);
        }
    }
}

#[test]
fn no_heading_means_two_fields() {
    for (path, schema) in schemas() {
        let mut meant: BTreeMap<String, &str> = BTreeMap::new();
        for field in &schema.fields {
            let own = [&field.name].into_iter().chain(&field.title).chain(&field.aliases);
            for heading in own {
                let other = meant.insert(words::fold(heading), &field.name);
                let shown = path.display();
                assert!(other.is_none_or(|other| other == field.name), "{shown}: \"{heading}\" means two fields");
            }
        }
        for heading in &schema.not_collected {
            assert!(!meant.contains_key(&words::fold(heading)), "{}: \"{heading}\" is a field too", path.display());
        }
    }
}

#[test]
fn every_pipeline_is_read_and_its_schemas_have_what_it_names() {
    for (path, pipeline) in pipelines() {
        let shown = path.display();
        let folder = path.parent().expect("a file has a folder");
        let tables: BTreeMap<&str, Schema> = pipeline
            .tables
            .iter()
            .map(|table| (table.name.as_str(), schema(&folder.join(&table.schema.value))))
            .collect();
        let has = |table: &str, field: &str| {
            let built_in = ["person", "partner", "period", "record"].contains(&field);
            assert!(built_in || tables[table].index_of(field).is_some(), "{shown}: {table} has no field {field}");
        };
        for source in pipeline.partners.iter().flat_map(|partner| &partner.sources) {
            source.headings.iter().for_each(|(_, field)| has(&source.table, field));
            source.formats.iter().for_each(|(field, _)| has(&source.table, field));
        }
        for table in &pipeline.tables {
            table.period_fields.iter().chain(&table.record).for_each(|field| has(&table.name, field));
        }
        for release in pipeline.recipients.iter().flat_map(|recipient| &recipient.release) {
            // What is derived has a name of its own; what it is made from is checked when a pipeline is loaded.
            let named = release.fields.iter().filter(|field| field.treatment != "derive");
            named.for_each(|field| has(&release.table, &field.field));
        }
    }
}
