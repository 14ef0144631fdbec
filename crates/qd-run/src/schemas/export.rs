//! A schema file as the JSON that other tools of the Data Package standard read.

use crate::read_text;
use qd_model::document::{self, Node, Syntax, Value};
use qd_model::schema::FieldsMatch;
use qd_model::{Refusal, Schema};
use std::fmt::Write;
use std::path::Path;

/// What a schema file is exported as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportAs {
    /// A Table Schema descriptor.
    TableSchema,
    /// A Data Package descriptor with one resource of that schema.
    DataPackage,
}

/// A schema file, which [`crate::load_schema`] has found good, as JSON: everything in it as it stands,
/// what our key changes of the standard's defaults written out, and labels of missing values made to
/// differ, as the standard's profile asks.
pub fn export(path: &Path, schema: &Schema, export_as: ExportAs) -> Result<String, Refusal> {
    let text = read_text(path, "schema")?;
    let shown = path.display().to_string();
    let root =
        document::parse(&text, Syntax::of_name(&shown)).map_err(|mistakes| Refusal::of_mistakes(&shown, &mistakes))?;
    let Value::Table(entries) = &root.value else { unreachable!("a good schema is a table") };
    let mut out = String::new();
    let descriptor = Descriptor { entries, schema };
    match export_as {
        ExportAs::TableSchema => descriptor.write(&mut out, 0),
        ExportAs::DataPackage => {
            let package = slug(&schema.name);
            let table = slug(schema.name.rsplit('/').next().unwrap_or(&schema.name));
            out.push_str("{\n  \"$schema\": \"https://datapackage.org/profiles/2.0/datapackage.json\",\n");
            writeln!(out, "  \"name\": {},", quoted(&package)).expect("writing to a text cannot fail");
            out.push_str("  \"resources\": [\n    {\n");
            writeln!(out, "      \"name\": {},", quoted(&table)).expect("writing to a text cannot fail");
            writeln!(out, "      \"path\": {},", quoted(&format!("{table}.csv")))
                .expect("writing to a text cannot fail");
            out.push_str("      \"type\": \"table\",\n      \"schema\": ");
            descriptor.write(&mut out, 3);
            out.push_str("\n    }\n  ]\n}");
        }
    }
    out.push('\n');
    Ok(out)
}

struct Descriptor<'a> {
    entries: &'a [(String, Node)],
    schema: &'a Schema,
}

impl Descriptor<'_> {
    fn write(&self, out: &mut String, depth: usize) {
        let has = |name: &str| self.entries.iter().any(|(known, _)| known == name);
        let mut lines = Vec::new();
        if !has("$schema") {
            lines.push("\"$schema\": \"https://datapackage.org/profiles/2.0/tableschema.json\"".to_owned());
        }
        if self.schema.is_ours && !has("fieldsMatch") {
            let (word, _) = FieldsMatch::WORDS
                .iter()
                .find(|(_, known)| *known == self.schema.fields_match)
                .expect("every way has its word");
            lines.push(format!("\"fieldsMatch\": {}", quoted(word)));
        }
        for (name, node) in self.entries {
            let mut line = format!("{}: ", quoted(name));
            write(&mut line, &profiled(name, node), depth + 1);
            lines.push(line);
        }
        let indent = "  ".repeat(depth + 1);
        write!(out, "{{\n{indent}{}\n{}}}", lines.join(&format!(",\n{indent}")), "  ".repeat(depth))
            .expect("writing to a text cannot fail");
    }
}

/// A value as the standard's profile has it, wherever missing values stand in it.
fn profiled(name: &str, node: &Node) -> Node {
    let value = match &node.value {
        _ if name == "missingValues" => return alike(node),
        Value::List(items) => Value::List(items.iter().map(|item| profiled("", item)).collect()),
        Value::Table(entries) => {
            Value::Table(entries.iter().map(|(name, node)| (name.clone(), profiled(name, node))).collect())
        }
        other => other.clone(),
    };
    Node { at: node.at.clone(), value }
}

/// Missing values as the standard's profile has them: where one has a label all are tables, and no
/// label is there twice.
fn alike(node: &Node) -> Node {
    let Value::List(items) = &node.value else { return node.clone() };
    if !items.iter().any(|item| matches!(item.value, Value::Table(_))) {
        return node.clone();
    }
    let text = |text: String| Node { at: node.at.clone(), value: Value::Text(text) };
    let mut labels: Vec<String> = Vec::new();
    let tables = items.iter().map(|item| {
        let entry = |name: &str| match &item.value {
            Value::Table(entries) => entries.iter().find(|(known, _)| known == name).map(|(_, node)| shown(node)),
            _ => (name == "value").then(|| shown(item)),
        };
        let value = entry("value").unwrap_or_default();
        let own = entry("label").unwrap_or_else(|| if value.is_empty() { "blank".to_owned() } else { value.clone() });
        let label = if labels.contains(&own) { format!("{own} ({value})") } else { own };
        labels.push(label.clone());
        let entries = [("value", value), ("label", label)];
        let entries = entries.map(|(name, value)| (name.to_owned(), text(value)));
        Node { at: item.at.clone(), value: Value::Table(entries.into()) }
    });
    Node { at: node.at.clone(), value: Value::List(tables.collect()) }
}

/// A text or number as text.
fn shown(node: &Node) -> String {
    match &node.value {
        Value::Text(text) | Value::Number(text) => text.clone(),
        _ => String::new(),
    }
}

/// A value over several lines where one would be long.
fn write(out: &mut String, node: &Node, depth: usize) {
    let line = node.to_json();
    if line.len() <= 100 {
        out.push_str(&line);
        return;
    }
    let indent = "  ".repeat(depth + 1);
    let (open, close, items): (char, char, Vec<String>) = match &node.value {
        Value::List(items) => {
            let items = items.iter().map(|item| {
                let mut text = String::new();
                write(&mut text, item, depth + 1);
                text
            });
            ('[', ']', items.collect())
        }
        Value::Table(entries) => {
            let entries = entries.iter().map(|(name, node)| {
                let mut text = format!("{}: ", quoted(name));
                write(&mut text, node, depth + 1);
                text
            });
            ('{', '}', entries.collect())
        }
        _ => {
            out.push_str(&line);
            return;
        }
    };
    out.push(open);
    out.push('\n');
    out.push_str(&indent);
    out.push_str(&items.join(&format!(",\n{indent}")));
    out.push('\n');
    out.push_str(&"  ".repeat(depth));
    out.push(close);
}

/// A name of small letters, digits and dashes.
fn slug(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    name.chars().map(plain).collect()
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
