//! Writes a partner's mapping into the pipeline file, and leaves all else in it as it stands.

use super::{How, Line};
use crate::load::{plain, read_text};
use qd_model::{Pipeline, Refusal, Syntax};
use std::path::Path;
use toml_edit::{DocumentMut, InlineTable, Item, TableLike, Value, value};

/// Writes the proposed and decided lines into the headings of a partner's source.
pub(super) fn keep(pipeline: &Path, partner: &str, table: &str, file: &str, lines: &[Line]) -> Result<usize, Refusal> {
    let refuse = |what: &str| {
        Refusal::new(format!("the mapping was not written into {}", pipeline.display()))
            .because(what)
            .hint("write it by hand, under `headings` of the partner's source")
    };
    let text = read_text(pipeline, "pipeline")?;
    if pipeline.extension().is_none_or(|ending| ending != "toml") {
        return Err(refuse("it is not a TOML file"));
    }
    let mut document: DocumentMut = text.parse().map_err(|_| refuse("it cannot be read as TOML"))?;
    let source = document
        .get_mut("partners")
        .map(tables)
        .unwrap_or_default()
        .into_iter()
        .find(|known| text_of(*known, "code") == Some(partner))
        .and_then(|partner| {
            let of_table = |source: &&mut dyn TableLike| text_of(*source, "table") == Some(table);
            partner
                .get_mut("sources")
                .map(tables)
                .unwrap_or_default()
                .into_iter()
                .filter(of_table)
                .find(|source| text_of(*source, "file") == Some(file))
        })
        .ok_or_else(|| refuse("the partner's source was not found in it"))?;
    let headings = source.entry("headings").or_insert_with(|| value(InlineTable::new()));
    let headings = headings.as_table_like_mut().ok_or_else(|| refuse("`headings` is no table"))?;
    let mut written = 0;
    for line in lines.iter().filter(|line| matches!(line.how, How::Proposed | How::Decided)) {
        let Some(field) = &line.field else { continue };
        headings.insert(&line.heading, value(field.as_str()));
        written += 1;
    }
    let text = document.to_string();
    Pipeline::parse(&text, Syntax::Toml)
        .map_err(|mistakes| Refusal::of_mistakes(&pipeline.display().to_string(), &mistakes))?;
    if written > 0 {
        let beside = pipeline.with_extension("toml.new");
        let write = std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, pipeline));
        write.map_err(|error| refuse(&plain(&error)))?;
    }
    Ok(written)
}

/// The tables of a list, however it is written.
fn tables(item: &mut Item) -> Vec<&mut dyn TableLike> {
    match item {
        Item::ArrayOfTables(tables) => tables.iter_mut().map(|table| table as &mut dyn TableLike).collect(),
        Item::Value(Value::Array(items)) => {
            items.iter_mut().filter_map(|item| Some(item.as_inline_table_mut()? as &mut dyn TableLike)).collect()
        }
        _ => Vec::new(),
    }
}

fn text_of<'a>(table: &'a dyn TableLike, key: &str) -> Option<&'a str> {
    table.get(key)?.as_str()
}
