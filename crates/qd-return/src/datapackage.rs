//! The descriptor of an extract: Data Package, version 2, with the Table Schema of each file.

use crate::DEMONSTRATION;
use crate::columns::{self, Content, FileColumn, Headings};
use crate::error::ReturnError;
use crate::formats::{self, csv::TextPart};
use crate::package::{Package, Resource, STILL_PERSONAL};
use qd_disclosure::ClearedColumn;
use qd_model::FieldType;
use qd_model::schema::Category;
use serde_json::{Map, Value, json};

/// The text of `datapackage.json`. Says nothing of when it was made.
pub fn datapackage(package: &Package<'_>) -> String {
    let mut description = vec![format!("For {}.", package.recipient)];
    if package.demonstration {
        description.push(format!("{DEMONSTRATION}."));
    }
    if package.has_pseudonyms() {
        description.push(STILL_PERSONAL.to_owned());
    }
    let resources: Vec<Value> = package.resources.iter().map(resource).collect();
    let notes: Map<String, Value> =
        package.notes.iter().map(|(label, text)| (label.clone(), Value::from(text.as_str()))).collect();
    let mut descriptor = json!({
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": name(&package.name),
        "title": package.title,
        "description": description.join(" "),
        "resources": resources,
        "quarterday": {
            "recipient": package.recipient,
            "demonstration": package.demonstration,
            "key": { "id": package.key_id, "epoch": package.epoch, "normaliser": package.normaliser_version },
            "notes": notes,
        },
    });
    if let Some(version) = &package.version {
        descriptor["version"] = version.number.to_string().into();
        let supersedes = version.supersedes.as_ref();
        descriptor["quarterday"]["supersedes"] = supersedes
            .map_or(Value::Null, |(number, manifest)| json!({ "version": number, "manifest_blake3": manifest }));
        descriptor["quarterday"]["changes"] = version.changes.map_or(
            Value::Null,
            |[added, changed, withdrawn, delete]| json!({ "added": added, "changed": changed, "withdrawn": withdrawn, "delete": delete }),
        );
        if !version.withdrawn.is_empty() {
            descriptor["quarterday"]["withdrawn_tables"] = version.withdrawn.clone().into();
        }
    }
    let mut text = serde_json::to_string_pretty(&descriptor).expect("a tree of values is always JSON");
    text.push('\n');
    text
}

fn resource(resource: &Resource<'_>) -> Value {
    let mut object = Map::new();
    object.insert("name".to_owned(), name(resource.table.name()).into());
    object.insert("type".to_owned(), "table".into());
    object.insert("path".to_owned(), resource.path.into());
    if let Some(format) = formats::of_path(resource.path) {
        object.insert("format".to_owned(), format.name().into());
        object.insert("mediatype".to_owned(), format.media_type().into());
    }
    // No `bytes`: the standard's own tools cannot count them for Parquet and call the file wrong. The
    // digest says more.
    object.insert("hash".to_owned(), format!("blake3:{}", resource.blake3).into());
    let fields: Vec<Value> = resource.table.columns().iter().map(field).collect();
    object.insert(
        "schema".to_owned(),
        json!({
            "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
            "fields": fields,
        }),
    );
    Value::Object(object)
}

/// The Table Schema of a text file: what each of its headings holds. Parts of one file have the same
/// headings; where they hold columns of different types, the heading is text.
pub fn table_schema(parts: &[TextPart<'_>]) -> Result<String, ReturnError> {
    let mut fields: Vec<Value> = Vec::new();
    for part in parts {
        let own: Vec<Value> = columns::columns(part.table, part.columns, Headings::Names)?.iter().map(headed).collect();
        if fields.is_empty() {
            fields = own;
            continue;
        }
        for (field, other) in fields.iter_mut().zip(own) {
            if field["type"] != other["type"] || field["categories"] != other["categories"] {
                *field = json!({ "name": field["name"], "type": "string" });
            }
        }
    }
    let descriptor = json!({
        "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
        "fields": fields,
        "missingValues": [""],
    });
    let mut text = serde_json::to_string_pretty(&descriptor).expect("a tree of values is always JSON");
    text.push('\n');
    Ok(text)
}

fn headed(column: &FileColumn<'_>) -> Value {
    match &column.content {
        Content::Released(released, _) => {
            let mut object = field(released);
            object["name"] = column.heading.into();
            object
        }
        Content::Constant(_) => json!({ "name": column.heading, "type": "string" }),
    }
}

fn field(column: &ClearedColumn) -> Value {
    let mut object = Map::new();
    object.insert("name".to_owned(), column.name.as_str().into());
    object.insert("title".to_owned(), column.title.as_str().into());
    if let Some(description) = &column.description {
        object.insert("description".to_owned(), description.as_str().into());
    }
    object.insert("type".to_owned(), column.field_type.as_str().into());
    // The standard knows code lists for texts and whole numbers only.
    let listed = matches!(column.field_type, FieldType::String | FieldType::Integer);
    if listed && !column.categories.is_empty() {
        object.insert("categories".to_owned(), categories(column.field_type, &column.categories));
    }
    // Readers that hold numbers in floating-point frames see an empty one as "nan".
    if matches!(column.field_type, FieldType::Integer | FieldType::Number | FieldType::Year) {
        object.insert("missingValues".to_owned(), json!(["", "nan"]));
    }
    object.insert("quarterday".to_owned(), json!({ "treatment": column.treatment }));
    Value::Object(object)
}

/// Objects where a label is known, else the bare values; never both in one list.
fn categories(field_type: FieldType, categories: &[Category]) -> Value {
    let value = |category: &Category| match category.value.parse::<i64>() {
        Ok(number) if field_type == FieldType::Integer => Value::from(number),
        _ => Value::from(category.value.as_str()),
    };
    if categories.iter().all(|category| category.label.is_none()) {
        return categories.iter().map(value).collect();
    }
    let object = |category: &Category| {
        let label = category.label.as_deref().unwrap_or(&category.value);
        json!({ "value": value(category), "label": label })
    };
    categories.iter().map(object).collect()
}

/// A name as the standard asks for.
fn name(text: &str) -> String {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._/".contains(c);
    text.to_lowercase().chars().map(|c| if allowed(c) { c } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use qd_model::pipeline::{ColumnContent, ColumnSpec};

    #[test]
    fn the_descriptor_says_what_each_file_and_column_is() {
        let table = sample::table();
        let text = datapackage(&sample::package(&table));
        let tree: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(tree["name"], "programme-study-2022-q3");
        assert_eq!(tree["quarterday"]["key"], json!({ "id": "abc", "epoch": 1, "normaliser": "1" }));
        assert_eq!(tree["version"], "2");
        assert_eq!(tree["quarterday"]["supersedes"], json!({ "version": 1, "manifest_blake3": "11ee" }));
        assert_eq!(tree["quarterday"]["changes"]["withdrawn"], 3);
        let file = &tree["resources"][0];
        assert_eq!(
            (&file["path"], &file["format"], &file["bytes"]),
            (&json!("people.parquet"), &json!("parquet"), &Value::Null)
        );
        assert_eq!(file["hash"], "blake3:00ff");
        let fields = file["schema"]["fields"].as_array().expect("a list");
        let names: Vec<&str> = fields.iter().filter_map(|field| field["name"].as_str()).collect();
        assert_eq!(names, ["name", "born", "route", "hours", "pay", "consent", "month", "note"]);
        assert_eq!(
            fields[2],
            json!({ "name": "route", "title": "Route", "description": "How a person came.", "type": "string",
                    "categories": [{ "value": "-1", "label": "Entry 1" }, { "value": "2", "label": "2" }],
                    "quarterday": { "treatment": "identified" } })
        );
        assert!(!text.contains("created"), "{text}");
        assert!(tree["description"].as_str().is_some_and(|text| text.contains(DEMONSTRATION)));
    }

    #[test]
    fn a_text_file_has_the_schema_of_its_headings() {
        let table = sample::table();
        let text = table_schema(&[TextPart { table: &table, columns: &[] }]).expect("written");
        let tree: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(tree["missingValues"], json!([""]));
        assert_eq!(tree["fields"].as_array().map(Vec::len), Some(8));
        assert_eq!((&tree["fields"][1]["name"], &tree["fields"][1]["type"]), (&json!("born"), &json!("date")));
        let spec = |released: &str| ColumnSpec {
            heading: Some("What".to_owned()),
            content: ColumnContent::Released(released.to_owned()),
        };
        let (one, other) = ([spec("born")], [spec("route")]);
        let parts = [TextPart { table: &table, columns: &one }, TextPart { table: &table, columns: &other }];
        let tree: Value = serde_json::from_str(&table_schema(&parts).expect("written")).expect("JSON");
        assert_eq!(tree["fields"], json!([{ "name": "What", "type": "string" }]));
    }

    #[test]
    fn code_lists_have_one_form() {
        let category = |value: &str| Category { value: value.to_owned(), label: None };
        assert_eq!(categories(FieldType::Integer, &[category("1"), category("2")]), json!([1, 2]));
        assert_eq!(categories(FieldType::String, &[category("1")]), json!(["1"]));
        assert_eq!(name("Programme 1/Évaluation"), "programme-1/-valuation");
    }
}
