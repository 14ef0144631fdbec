//! A schema in words, for whoever has to fill in the template or answer for it.

use super::{asks, category, columns_in_words, missing, named, names};
use qd_model::{Field, Schema, words};
use std::fmt::Write;

/// A schema's fields, keys and rules in words.
pub fn show(schema: &Schema) -> String {
    let mut out = String::new();
    let version = schema.version.as_deref().map_or(String::new(), |version| format!(" {version}"));
    let title = schema.title.as_deref().map_or(String::new(), |title| format!(": {title}"));
    say(&mut out, &format!("{}{version}{title}", schema.name));
    let about = [
        schema.description.clone(),
        schema.valid_from.map(|day| format!("in force from {}", words::date(day))),
        schema.valid_to.map(|day| format!("in force until {}", words::date(day))),
        schema.source.as_ref().map(|source| format!("source: {source}")),
        Some(format!("columns: {}", columns_in_words(schema.fields_match))),
        Some(format!("no value: {}", missing(&schema.missing_values))),
        key(schema, "key", &schema.primary_key),
        key(schema, "names one record", &schema.record_key),
    ];
    for line in about.into_iter().flatten() {
        say(&mut out, &format!("  {line}"));
    }
    for unique in &schema.unique_keys {
        say(&mut out, &format!("  different in every row: {}", names(schema, unique)));
    }
    for foreign in &schema.foreign_keys {
        let table = foreign.resource.as_deref().unwrap_or("this table");
        let theirs = words::list(&foreign.reference_fields);
        say(&mut out, &format!("  {} must be {theirs} of a row of {table}", names(schema, &foreign.fields)));
    }
    if !schema.not_collected.is_empty() {
        say(&mut out, &format!("  must not arrive: {}", schema.not_collected.join(", ")));
    }
    for field in &schema.fields {
        out.push('\n');
        show_field(&mut out, field);
    }
    for rule in &schema.rules {
        let trial = if rule.trial { ", on trial" } else { "" };
        say(&mut out, &format!("\nrule {} ({}{trial}): {}", rule.code, rule.severity.as_str(), rule.message));
        if !rule.group.is_empty() {
            say(&mut out, &format!("  over rows with the same {}", names(schema, &rule.group)));
        }
        if let Some(when) = &rule.when {
            say(&mut out, &format!("  where {}", on_one_line(&when.value)));
        }
        say(&mut out, &format!("  must hold: {}", on_one_line(&rule.check.value)));
        say(&mut out, &format!("  do: {}", rule.fix));
    }
    out
}

fn show_field(out: &mut String, field: &Field) {
    say(out, &named(field));
    let asks: Vec<String> = asks(field)
        .into_iter()
        .map(|(label, words)| match label {
            "type" | "class" | "kind" => words,
            "answer" => "an answer is required".to_owned(),
            "different in every row" => label.to_owned(),
            _ => format!("{label}: {words}"),
        })
        .collect();
    say(out, &format!("  {}", asks.join("; ")));
    if !field.categories.is_empty() {
        let codes: Vec<String> = field.categories.iter().map(category).collect();
        say(out, &format!("  codes: {}", codes.join(", ")));
    }
    if !field.aliases.is_empty() {
        say(out, &format!("  also headed: {}", field.aliases.join(", ")));
    }
    for (label, text) in
        [("example", &field.example), ("", &field.description), ("help", &field.help), ("why", &field.reason)]
    {
        let Some(text) = text else { continue };
        let label = if label.is_empty() { String::new() } else { format!("{label}: ") };
        say(out, &format!("  {label}{text}"));
    }
}

fn key(schema: &Schema, what: &str, fields: &[usize]) -> Option<String> {
    (!fields.is_empty()).then(|| format!("{what}: {}", names(schema, fields)))
}

fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn say(out: &mut String, line: &str) {
    writeln!(out, "{line}").expect("writing to a text cannot fail");
}
