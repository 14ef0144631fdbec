//! What people ask of schema files: show one, hand it to others, say how two differ, make a first one.

mod diff;
mod export;
mod infer;
mod show;
#[cfg(test)]
mod tests;

pub use diff::diff;
pub use export::{ExportAs, export};
pub use infer::infer;
pub use show::show;

use qd_model::schema::{Category, FieldsMatch, MissingValue, Placed};
use qd_model::{Field, Mistake, Schema, words};
use qd_rules::RowRules;
use std::sync::Arc;

/// What a person should look at in a schema in which nothing is mistaken: its fields, keys and
/// headings, and rules that can find nothing.
pub fn warnings(schema: &Arc<Schema>) -> Vec<Mistake> {
    let mut warnings = qd_check::warnings(schema);
    warnings.extend(RowRules::compile(schema).map_or_else(|_| Vec::new(), |rules| rules.warnings()));
    warnings.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| a.what.cmp(&b.what)));
    warnings
}

/// What a schema asks of a field, each as a label and its words, in a fixed order. Code lists and
/// headings are left out, since they are many.
fn asks(field: &Field) -> Vec<(&'static str, String)> {
    let constraints = &field.constraints;
    let mut asks = vec![("type", type_in_words(field)), ("class", field.class.phrase().to_owned())];
    let mut ask = |label, words: Option<String>| asks.extend(words.map(|words| (label, words)));
    let placed = |limit: &Option<Placed<String>>| limit.as_ref().map(|limit| limit.value.clone());
    ask("kind", field.kind.map(|kind| kind.expects().to_owned()));
    ask("answer", constraints.required.then(|| "required".to_owned()));
    ask("different in every row", constraints.unique.then(|| "yes".to_owned()));
    ask("least", placed(&constraints.minimum));
    ask("more than", placed(&constraints.exclusive_minimum));
    ask("most", placed(&constraints.maximum));
    ask("less than", placed(&constraints.exclusive_maximum));
    ask("shortest", constraints.min_length.map(|length| length.to_string()));
    ask("longest", constraints.max_length.map(|length| length.to_string()));
    ask("form", placed(&constraints.pattern));
    ask("one of", constraints.enumeration.as_ref().map(|listed| listed.value.join(", ")));
    ask("JSON schema", placed(&constraints.json_schema));
    ask("order of codes", field.categories_ordered.then(|| "as listed".to_owned()));
    ask("no value", field.missing_values.as_deref().map(missing));
    asks
}

/// "a date written as %d/%m/%Y".
fn type_in_words(field: &Field) -> String {
    let mut words = field.field_type.noun().to_owned();
    match field.format.as_deref() {
        Some("any") => words.push_str(" in any common way of writing it"),
        Some(format) if format.contains('%') => {
            words.push_str(" written as ");
            words.push_str(format);
        }
        Some(format) => words = format!("{words} ({format})"),
        None => {}
    }
    words
}

/// The missing values of a schema or field: "n/a" (not applicable), "-".
fn missing(values: &[MissingValue]) -> String {
    let named = values.iter().filter(|value| !value.value.is_empty());
    let named: Vec<String> = named.map(|value| code(&value.value, value.label.as_deref())).collect();
    if named.is_empty() { "blank cells only".to_owned() } else { named.join(", ") }
}

/// A code with its label: "F" (Female).
fn code(value: &str, label: Option<&str>) -> String {
    match label.filter(|label| *label != value) {
        Some(label) => format!("\"{value}\" ({label})"),
        None => format!("\"{value}\""),
    }
}

fn category(category: &Category) -> String {
    code(&category.value, category.label.as_deref())
}

/// "Start date" (`start_date`), or the name alone where there is no title.
fn named(field: &Field) -> String {
    match field.title.as_deref().filter(|title| *title != field.name) {
        Some(title) => format!("\"{title}\" ({})", field.name),
        None => format!("\"{}\"", field.name),
    }
}

fn names(schema: &Schema, fields: &[usize]) -> String {
    let names: Vec<&str> = fields.iter().map(|field| schema.fields[*field].name.as_str()).collect();
    words::list(&names)
}

fn columns_in_words(fields_match: FieldsMatch) -> &'static str {
    match fields_match {
        FieldsMatch::Exact => "exactly these, in this order",
        FieldsMatch::Equal => "exactly these, in any order",
        FieldsMatch::Subset => "all of these, and others may be there too",
        FieldsMatch::Superset => "none but these, and some may be left out",
        FieldsMatch::Partial => "at least one of these, and others may be there too",
    }
}
