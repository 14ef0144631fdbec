//! How people are told apart.

use crate::document::{Node, Table};

/// How people are told apart.
#[derive(Debug, Clone)]
pub struct People {
    /// The table with one row per partner and person.
    pub table: String,
    /// The field with the partner's own reference.
    pub record: String,
    /// Identifiers that link records of one person, strongest first.
    pub strong: Vec<Strong>,
    /// Fields of which equal values only suggest that two records are of one person.
    pub suggest: Vec<String>,
}

/// An identifier that links records of one person.
#[derive(Debug, Clone)]
pub struct Strong {
    /// Its name in digests: identifiers of different names never match each other.
    pub name: String,
    /// The fields that make it up; all must have a value.
    pub fields: Vec<String>,
}

pub(super) fn people(table: Table<'_>) -> Option<People> {
    let strong = |node: &Node| {
        let table = Table::open(node, "a strong identifier", table.mistakes())?;
        table.required("fields")?;
        let fields = table.one_or_more("fields")?.into_iter().map(|(name, _)| name).collect();
        let strong = Strong { name: table.required_text("name")?.to_owned(), fields };
        table.finish();
        Some(strong)
    };
    let people = People {
        strong: table.list("strong").iter().filter_map(strong).collect(),
        suggest: table.texts("suggest").unwrap_or_default(),
        table: table.required_text("table")?.to_owned(),
        record: table.required_text("record")?.to_owned(),
    };
    table.finish();
    Some(people)
}
