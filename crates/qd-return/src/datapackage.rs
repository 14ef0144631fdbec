//! The descriptor of an extract: Data Package, version 2, with the Table Schema of each file.

use crate::DEMONSTRATION;
use crate::formats;
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
    let descriptor = json!({
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

    #[test]
    fn the_descriptor_says_what_each_file_and_column_is() {
        let table = sample::table();
        let text = datapackage(&sample::package(&table));
        let tree: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(tree["name"], "programme-study-2022-q3");
        assert_eq!(tree["quarterday"]["key"], json!({ "id": "abc", "epoch": 1, "normaliser": "1" }));
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
    fn code_lists_have_one_form() {
        let category = |value: &str| Category { value: value.to_owned(), label: None };
        assert_eq!(categories(FieldType::Integer, &[category("1"), category("2")]), json!([1, 2]));
        assert_eq!(categories(FieldType::String, &[category("1")]), json!(["1"]));
        assert_eq!(name("Programme 1/Évaluation"), "programme-1/-valuation");
    }
}
