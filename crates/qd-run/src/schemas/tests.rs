//! What is said of small schemas and files.

use super::{ExportAs, diff, export, infer, show};
use qd_model::{Schema, Syntax};
use std::path::PathBuf;

const OLD: &str = "
primaryKey = 'ref'
[quarterday]
version = '1'
[[quarterday.rules]]
code = 'order'
check = 'finish >= start'
message = 'It ends before it begins'
[[fields]]
name = 'ref'
constraints = { required = true }
[[fields]]
name = 'start'
title = 'Start date'
type = 'date'
[[fields]]
name = 'finish'
type = 'date'
[[fields]]
name = 'level'
categories = [{ value = 'E1', label = 'Entry 1' }, 'E2']
[[fields]]
name = 'remark'
";

fn schema(text: &str) -> Schema {
    Schema::parse(text, Syntax::Toml, "programme/table").expect("a good schema")
}

fn check(edits: &[(&str, &str)], expected: &[&str]) {
    let mut new = OLD.to_owned();
    for (from, to) in edits {
        assert!(new.contains(from), "{from}");
        new = new.replacen(from, to, 1);
    }
    assert_eq!(diff(&schema(OLD), &schema(&new)), expected);
}

#[test]
fn differences_are_told_in_words_that_a_partner_can_be_sent() {
    check(&[], &[]);
    check(&[("version = '1'", "version = '2'")], &["The version is now 2 (it was 1)"]);
    check(
        &[("name = 'remark'", "name = 'hours'\ntitle = 'Hours'\ntype = 'number'\nconstraints = { required = true }")],
        &[
            "There is a new column \"Hours\" (hours): a number, and an answer is required",
            "The column \"remark\" is no longer asked for",
        ],
    );
    check(
        &[
            ("{ required = true }", "{}"),
            (
                "type = 'date'",
                "type = 'date'\nformat = '%d/%m/%Y'\nconstraints = { required = true, minimum = '01/07/2022' }",
            ),
        ],
        &[
            "\"ref\" may now be left blank",
            "\"Start date\" (start) is now a date written as %d/%m/%Y (it was a date)",
            "\"Start date\" (start) must now have an answer",
            "\"Start date\" (start): \"least\" is now 01/07/2022",
        ],
    );
    check(
        &[("label = 'Entry 1'", "label = 'Entry level 1'"), ("'E2'", "'E3'")],
        &[
            "\"level\" has the new code \"E3\"",
            "\"level\" no longer has the code \"E2\"",
            "The code \"E1\" of \"level\" now means \"Entry level 1\" (it meant \"Entry 1\")",
        ],
    );
    check(
        &[("finish >= start", "finish > start"), ("code = 'order'", "code = 'order'\nseverity = 'query'")],
        &[
            "The rule order: its severity is now query (it was error)",
            "The rule order: what must hold is now \"finish > start\" (it was \"finish >= start\")",
        ],
    );
    check(&[("primaryKey = 'ref'", "")], &["The key of the table is no longer given (it was ref)"]);
}

#[test]
fn a_schema_is_shown_whole() {
    let shown = show(&schema(OLD));
    for words in [
        "programme/table 1\n",
        "  key: ref\n",
        "\"Start date\" (start)\n  a date; indirect identifier\n",
        "  codes: \"E1\" (Entry 1), \"E2\"\n",
        "rule order (error): It ends before it begins\n  must hold: finish >= start\n",
    ] {
        assert!(shown.contains(words), "{words} is not in\n{shown}");
    }
}

fn file(name: &str, text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, text).expect("written");
    (folder, path)
}

#[test]
fn an_exported_schema_says_what_the_file_says() {
    let (_folder, path) = file("table.toml", OLD);
    let loaded = crate::load_schema(&path).expect("good");
    let json = export(&path, &loaded.schema, ExportAs::TableSchema).expect("readable");
    let again = Schema::parse(&json, Syntax::Json, "programme/table").expect("good");
    assert_eq!(diff(&schema(OLD), &again), [""; 0]);
    let value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(value["fieldsMatch"], "partial", "what our key changes is written out");
    let package = export(&path, &loaded.schema, ExportAs::DataPackage).expect("readable");
    let package: serde_json::Value = serde_json::from_str(&package).expect("JSON");
    assert_eq!(package["resources"][0]["name"], "table");
    assert_eq!(package["resources"][0]["schema"], value);
}

#[test]
fn exported_missing_values_are_all_of_one_form() {
    let (_folder, path) = file(
        "table.toml",
        "missingValues = ['', { value = '-', label = 'none' }, { value = 'x', label = 'none' }]\n[[fields]]\nname = 'a'\n\
         missingValues = ['', 'NA']\n[[fields]]\nname = 'b'\nmissingValues = ['', { value = 'NA' }]\n",
    );
    let loaded = crate::load_schema(&path).expect("good");
    let json = export(&path, &loaded.schema, ExportAs::TableSchema).expect("readable");
    let value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let expected = serde_json::json!([
        { "value": "", "label": "blank" }, { "value": "-", "label": "none" }, { "value": "x", "label": "none (x)" }
    ]);
    assert_eq!(value["missingValues"], expected);
    assert_eq!(value["fields"][0]["missingValues"], serde_json::json!(["", "NA"]));
    let labelled = serde_json::json!([{ "value": "", "label": "blank" }, { "value": "NA", "label": "NA" }]);
    assert_eq!(value["fields"][1]["missingValues"], labelled);
    assert!(value.get("fieldsMatch").is_none(), "a plain schema means what the standard says");
}

#[test]
fn an_inferred_schema_bears_out_its_file() {
    let csv = "Client Ref,Start,Hours,Level,Active,Postcode,Phone,Note\n\
               A1,30/09/2022,1.5,E1,yes,B1 1AA,07700900001,\n\
               A2,01/10/2022,2,E2,no,SW1A 1AA,07700900002,\n\
               A3,02/10/2022,3,E1,yes,ZZ99 9ZZ,07700900003,\n\
               A4,13/10/2022,4,E2,no,B1 1AA,07700900004,x\n\
               A5,13/10/2022,4,E1,no,B1 1AA,07700900005,\n\
               A6,13/10/2022,4,E2,no,B1 1AA,07700900005,\n";
    let (_folder, path) = file("north.csv", csv);
    let toml = infer(&path, None).expect("readable");
    let inferred =
        Schema::parse(&toml, Syntax::Toml, "table").unwrap_or_else(|mistakes| panic!("{mistakes:?}\n{toml}"));
    let told: Vec<String> = inferred
        .fields
        .iter()
        .map(|field| {
            let required = if field.constraints.required { " required" } else { "" };
            let format = field.format.as_deref().unwrap_or("-");
            let kind = field.kind.map_or("-", |kind| kind.name());
            let codes = field.categories.len();
            format!("{} {} {format} {kind} {codes}{required}", field.name, field.field_type.as_str())
        })
        .collect();
    assert_eq!(
        told,
        [
            "client_ref string - - 0 required",
            "start date %d/%m/%Y - 0 required",
            "hours number - - 0 required",
            "level string - - 2 required",
            "active boolean - - 0 required",
            "postcode string - uk-postcode 0 required",
            "phone string - - 0 required",
            "note string - - 0",
        ],
        "{toml}"
    );
    assert_eq!(inferred.primary_key, [0]);
}

#[test]
fn no_field_is_inferred_from_a_column_without_a_heading() {
    let (_folder, path) = file("north.csv", "Client,Hours\nA1,1,x\nA2,2,y\n");
    let toml = infer(&path, None).expect("readable");
    assert!(toml.contains("1 column with values has no heading"), "{toml}");
    let inferred = Schema::parse(&toml, Syntax::Toml, "table").expect("a schema");
    assert_eq!(inferred.fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>(), ["client", "hours"]);
}
