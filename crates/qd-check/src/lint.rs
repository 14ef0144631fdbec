//! What a schema file may say and yet hardly means: nothing that stops it from being used.

mod bands;

use crate::checker::{Checker, Settings};
use arrow::array::StringViewArray;
use qd_model::finding::ShowValues;
use qd_model::report::ColumnReport;
use qd_model::{Field, FieldType, Mistake, Schema, words};
use qd_table::{Chunk, Shape, TextColumn};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a person should look at in a schema in which [`crate::mistakes`] found nothing.
pub fn warnings(schema: &Arc<Schema>) -> Vec<Mistake> {
    let mut warnings = Vec::new();
    if schema.is_ours {
        headings(schema, &mut warnings);
        prefixes(schema, &mut warnings);
    }
    keys(schema, &mut warnings);
    examples(schema, &mut warnings);
    for field in &schema.fields {
        limits(field, &mut warnings);
        idle(field, &mut warnings);
        bands::warnings(field, &mut warnings);
    }
    for rule in &schema.rules {
        for (text, name) in [(&rule.message, "message"), (&rule.fix, "fix")] {
            if let Some(field) = schema.fields.iter().find(|field| text.contains(&format!("{{{}}}", field.name))) {
                let what = format!("the {name} of the rule `{}` has {{{}}} in braces", rule.code, field.name);
                let warning = Mistake::new(&rule.check.at, what);
                warnings.push(
                    warning.hint("it is shown as it stands: no message holds a value, since values identify people"),
                );
            }
        }
        if rule.valid_from.zip(rule.valid_to).is_some_and(|(from, to)| to < from) {
            let what = format!("the rule `{}` ends before it begins, and is never in force", rule.code);
            warnings.push(Mistake::new(&rule.check.at, what));
        }
    }
    warnings.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| a.what.cmp(&b.what)));
    warnings
}

/// Headings that two fields claim, or that a field claims and the schema forbids.
fn headings(schema: &Schema, warnings: &mut Vec<Mistake>) {
    let mut claimed: BTreeMap<String, (usize, &str)> = BTreeMap::new();
    let forbidden: Vec<String> = schema.not_collected.iter().map(|heading| words::fold(heading)).collect();
    for (index, field) in schema.fields.iter().enumerate() {
        let own = [field.name.as_str()].into_iter().chain(field.title.as_deref());
        for heading in own.chain(field.aliases.iter().map(String::as_str)) {
            let folded = words::fold(heading);
            if forbidden.contains(&folded) {
                let what = format!("the heading \"{heading}\" of `{}` is among those that must not arrive", field.name);
                warnings.push(Mistake::new(&field.at, what).hint("take it out of `not_collected`, or from the field"));
            }
            let (first, theirs) = *claimed.entry(folded).or_insert((index, heading));
            if first == index {
                continue;
            }
            let other = &schema.fields[first].name;
            let what = if theirs == heading {
                format!("the heading \"{heading}\" is claimed by `{other}` and by `{}`", field.name)
            } else {
                format!(
                    "the heading \"{heading}\" of `{}` is \"{theirs}\" of `{other}` but for capitals, spaces and signs",
                    field.name
                )
            };
            warnings.push(Mistake::new(&field.at, what).hint(format!("a column with it is read as `{other}`")));
        }
        for (at, alias) in field.aliases.iter().enumerate() {
            if field.aliases[..at].contains(alias) {
                let what = format!("the alias \"{alias}\" of `{}` is there twice", field.name);
                warnings.push(Mistake::new(&field.at, what));
            }
        }
    }
}

/// Headings that begin as another field's does: where a partner shortens a heading, it is read as the
/// other field.
fn prefixes(schema: &Schema, warnings: &mut Vec<Mistake>) {
    let headings = |field: &Field| -> Vec<String> {
        let own = field.title.iter().chain(&field.aliases).map(|heading| words::fold(heading));
        own.chain([words::fold(&field.name)]).collect()
    };
    let folded: Vec<Vec<String>> = schema.fields.iter().map(headings).collect();
    for (index, field) in schema.fields.iter().enumerate() {
        let aliases = field.aliases.iter().map(|alias| ("alias", alias));
        for (word, heading) in field.title.iter().map(|title| ("title", title)).chain(aliases) {
            let short = words::fold(heading);
            let longer = (0..schema.fields.len()).filter(|other| *other != index).find(|other| {
                folded[*other].iter().any(|heading| heading.len() > short.len() && heading.starts_with(&short))
            });
            if let (Some(other), true) = (longer, short.len() > 2) {
                let other = &schema.fields[other];
                let what = format!("the {word} \"{heading}\" of `{}` begins a heading of `{}`", field.name, other.name);
                let hint = format!("a heading of `{}` that is cut short would be read as `{}`", other.name, field.name);
                warnings.push(Mistake::new(&field.at, what).hint(hint));
            }
        }
    }
}

/// Keys of several fields of which one alone is asked to be different in every row.
fn keys(schema: &Schema, warnings: &mut Vec<Mistake>) {
    let keys = std::iter::once((&schema.primary_key, "primaryKey"))
        .chain(schema.unique_keys.iter().map(|key| (key, "uniqueKeys")));
    for (key, name) in keys.filter(|(key, _)| key.len() > 1) {
        for field in key.iter().map(|index| &schema.fields[*index]).filter(|field| field.constraints.unique) {
            let what = format!("`{}` is unique by itself, so the other fields of `{name}` add nothing", field.name);
            warnings.push(Mistake::new(&field.at, what).hint("leave out `unique`, or make it the key alone"));
        }
    }
}

/// Examples that the schema itself would not accept.
fn examples(schema: &Arc<Schema>, warnings: &mut Vec<Mistake>) {
    let fields: Vec<(&Field, &str)> =
        schema.fields.iter().filter_map(|field| Some((field, field.example.as_deref()?))).collect();
    let columns = fields.iter().zip(0..).map(|((field, _), column)| ColumnReport {
        column,
        heading: field.name.clone(),
        field: Some(field.name.clone()),
    });
    let shape = Shape { columns: columns.collect(), ..Shape::default() };
    let text = |example: &str| TextColumn { text: StringViewArray::from_iter_values([example]), stored: None };
    let chunk = Chunk { rows: vec![2], columns: fields.iter().map(|(_, example)| text(example)).collect() };
    let settings = Settings { formats: &[], severities: &BTreeMap::new(), show: ShowValues::Plain };
    let checker = Checker::new(schema, &shape, &settings);
    for hit in checker.chunk(&chunk).hits {
        let fault = &checker.faults()[hit.fault as usize];
        let Some((field, _)) = fields.iter().find(|(field, _)| fault.field.as_deref() == Some(&field.name)) else {
            continue;
        };
        let asks = fault.asks.as_deref().map_or(String::new(), |asks| format!(", which asks for {asks}"));
        let what = format!("the example of `{}` fails the field's own {}{asks}", field.name, fault.code);
        warnings.push(Mistake::new(&field.at, what));
    }
}

/// Limits between which there is nothing.
fn limits(field: &Field, warnings: &mut Vec<Mistake>) {
    let constraints = &field.constraints;
    if constraints.min_length.zip(constraints.max_length).is_some_and(|(least, most)| least > most) {
        let what = format!("no value of `{}` is long enough and short enough", field.name);
        warnings.push(Mistake::new(&field.at, what).hint("`minLength` is greater than `maxLength`"));
    }
    let number = |limit: &Option<qd_model::schema::Placed<String>>| limit.as_ref()?.value.parse::<f64>().ok();
    let is_number = matches!(field.field_type, FieldType::Integer | FieldType::Number | FieldType::Year);
    if is_number && number(&constraints.minimum).zip(number(&constraints.maximum)).is_some_and(|(a, b)| a > b) {
        let what = format!("no value of `{}` is large enough and small enough", field.name);
        warnings.push(Mistake::new(&field.at, what).hint("`minimum` is greater than `maximum`"));
    }
}

/// Settings that do nothing where they stand.
fn idle(field: &Field, warnings: &mut Vec<Mistake>) {
    let mut say = |what: String| warnings.push(Mistake::new(&field.at, what));
    if field.categories_ordered && field.categories.is_empty() {
        say(format!("`{}` has an order of categories and no categories", field.name));
    }
    if !field.categories.is_empty()
        && !matches!(field.field_type, FieldType::String | FieldType::Integer | FieldType::List)
    {
        let noun = field.field_type.as_str();
        say(format!("`{}` is of type {noun}, and the standard has categories of texts and whole numbers", field.name));
    }
}
