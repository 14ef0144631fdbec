//! Reads a pipeline file. Every name in it must be known, and every reference must lead somewhere;
//! all mistakes are shown at once.

use super::{
    Pipeline, Retention, TableSpec, outputs, partners, people, periods, recipients, references, returns, waivers,
};
use crate::Syntax;
use crate::code::Severity;
use crate::document::{self, Node, Table};
use crate::mistake::{At, Mistake, Mistakes};
use crate::schema::Placed;
use std::collections::BTreeMap;

pub(super) fn pipeline(text: &str, syntax: Syntax) -> Result<Pipeline, Vec<Mistake>> {
    let root = document::parse(text, syntax)?;
    let mistakes = Mistakes::default();
    let pipeline = Table::open(&root, "the pipeline", &mistakes).and_then(read);
    match pipeline {
        Some(pipeline) if mistakes.is_empty() => Ok(pipeline),
        _ => Err(mistakes.into_vec()),
    }
}

fn read(root: Table<'_>) -> Option<Pipeline> {
    let name = root.required_text("name").map(str::to_owned);
    if let (Some(name), Some(node)) = (&name, root.node("name")) {
        folder_name(name, &node.at, root.mistakes());
    }
    let periods = periods::periods(&root);
    let mut pipeline = Pipeline {
        title: root.required_text("title").unwrap_or_default().to_owned(),
        lead: root.required_text("lead").unwrap_or_default().to_owned(),
        demonstration: root.flag("demonstration").unwrap_or(false),
        key: root.text("key").map(str::to_owned),
        period: root.required_text("period").unwrap_or_default().to_owned(),
        tables: tables(&root),
        partners: root.list("partners").iter().filter_map(|node| partners::partner(node, root.mistakes())).collect(),
        declarations: root
            .list("declarations")
            .iter()
            .filter_map(|node| partners::declaration(node, root.mistakes()))
            .collect(),
        waivers: root.list("waivers").iter().filter_map(|node| waivers::waiver(node, root.mistakes())).collect(),
        severities_at: root.node("severities").map_or_else(|| root.at.clone(), |node| node.at.clone()),
        severities: severities(&root),
        hold_limit: hold_limit(&root),
        countries: root.texts("countries").unwrap_or_default(),
        retention: retention(&root),
        people: root.table("people").and_then(people::people),
        restricted: root.text("restricted").map(str::to_owned),
        recipients: recipients::recipients(&root),
        returns: root.list("returns").iter().filter_map(|node| returns::return_spec(node, root.mistakes())).collect(),
        outputs: root.table("outputs").map_or_else(outputs::default_outputs, outputs::outputs),
        periods,
        name: name?,
    };
    lawful_bases(&root, &mut pipeline);
    references::check(&root, &pipeline);
    root.finish();
    Some(pipeline)
}

/// Every return has a lawful basis: its own, or the one that its recipient declares.
fn lawful_bases(root: &Table<'_>, pipeline: &mut Pipeline) {
    for spec in &mut pipeline.returns {
        if spec.basis.trim().is_empty() {
            let recipient = pipeline.recipients.iter().find(|recipient| recipient.code == spec.recipient);
            spec.basis = recipient.and_then(|recipient| recipient.basis.clone()).unwrap_or_default();
        }
        if spec.basis.trim().is_empty() {
            let what = format!("the return `{}` has no `basis`: the lawful basis on which it is sent", spec.name);
            let mistake = Mistake::new(&spec.at, what);
            root.mistake(mistake.hint("give it one, or give one to its recipient, for all of its returns"));
        }
    }
}

fn tables(root: &Table<'_>) -> Vec<TableSpec> {
    let Some(tables) = root.table("tables") else {
        root.required("tables");
        return Vec::new();
    };
    let read = |(name, node): &(String, Node)| {
        let table = Table::open(node, format!("table `{name}`"), root.mistakes())?;
        let at = table.required("schema")?.at.clone();
        folder_name(name, &node.at, root.mistakes());
        let spec = TableSpec {
            name: name.clone(),
            schema: Placed { value: table.required_text("schema")?.to_owned(), at },
            record: table.text("record").map(str::to_owned),
            period_fields: table.texts("period_fields").unwrap_or_default(),
        };
        table.finish();
        Some(spec)
    };
    tables.entries().iter().filter_map(read).collect()
}

/// A name that is used for a folder as it is written.
pub(super) fn folder_name(text: &str, at: &At, mistakes: &Mistakes) {
    let good = |c: char| c.is_alphanumeric() || "-_. ".contains(c);
    // These are folders of the private state.
    let is_taken = ["accepted", "sources"].contains(&text);
    if is_taken || text.starts_with('.') || text.trim() != text || !text.chars().all(good) {
        let mistake = Mistake::new(at, format!("\"{text}\" cannot be the name of a folder here"));
        mistakes
            .push(mistake.hint("write it with letters, digits and hyphens, and not as \"accepted\" or \"sources\""));
    }
}

/// A code that is used in file names: lower-case letters, digits and hyphens.
pub(super) fn code(table: &Table<'_>) -> Option<String> {
    let text = table.required_text("code")?;
    file_safe(text, table.node("code").map_or(table.at, |node| &node.at), table.mistakes());
    Some(text.to_owned())
}

pub(super) fn file_safe(text: &str, at: &At, mistakes: &Mistakes) {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if text.is_empty() || !text.chars().all(good) {
        let mistake = Mistake::new(at, "this name is used for files and folders");
        mistakes.push(mistake.hint("write it with small letters, digits and hyphens"));
    }
}

/// A table whose names are data and whose values are texts.
pub(super) fn pairs(table: &Table<'_>, name: &'static str) -> Vec<(String, String)> {
    let Some(entries) = table.table(name) else { return Vec::new() };
    entries
        .entries()
        .iter()
        .filter_map(|(key, node)| Some((key.clone(), document::as_scalar(node, name, table.mistakes())?)))
        .collect()
}

fn severities(root: &Table<'_>) -> BTreeMap<String, Severity> {
    let Some(table) = root.table("severities") else { return BTreeMap::new() };
    let read = |(code, node): &(String, Node)| {
        let word = document::as_text(node, "severities", root.mistakes())?;
        let severity = Severity::from_word(word);
        if severity.is_none() {
            let mistake = Mistake::new(&node.at, format!("there is no severity \"{word}\""));
            root.mistake(mistake.hint("it is one of reject, error, query and note"));
        }
        Some((code.clone(), severity?))
    };
    table.entries().iter().filter_map(read).collect()
}

fn hold_limit(root: &Table<'_>) -> Option<u32> {
    let text = root.text("hold_limit")?;
    let percent = text.strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
    let percent = percent.filter(|percent| (0.0..=100.0).contains(percent));
    if percent.is_none() {
        let at = root.node("hold_limit").map_or(root.at, |node| &node.at);
        root.mistake(Mistake::new(at, "`hold_limit` must be a percentage").hint("for example \"5%\""));
    }
    percent.map(|percent| (percent * 10.0).round() as u32)
}

fn retention(root: &Table<'_>) -> Vec<Retention> {
    let Some(table) = root.table("retention") else { return Vec::new() };
    let read = |(class, node): &(String, Node)| {
        let table = Table::open(node, format!("retention class `{class}`"), root.mistakes())?;
        let retention =
            Retention { class: class.clone(), rule: table.required_text("rule")?.to_owned(), due: table.date("due") };
        table.finish();
        Some(retention)
    };
    table.entries().iter().filter_map(read).collect()
}

pub(super) fn placed(table: &Table<'_>, name: &'static str) -> Option<Placed<String>> {
    let at = table.node(name)?.at.clone();
    Some(Placed { value: table.text(name)?.to_owned(), at })
}
