//! What is returned: files, their parts, and what stands in them.

use super::indicators::{Arrangement, FigureColumn, NamedFigure};
use super::read::{file_safe, pairs, placed};
use super::{Contacts, Indicators};
use crate::document::{Node, Table, Value};
use crate::mistake::{At, Mistake, Mistakes};
use crate::period::PeriodKind;
use crate::schema::Placed;

/// A return: files for one recipient.
#[derive(Debug, Clone)]
pub struct ReturnSpec {
    /// Its name, used for its folder.
    pub name: String,
    /// A title for people.
    pub title: String,
    /// The recipient's code.
    pub recipient: String,
    /// The kind of period that it is made for.
    pub kind: PeriodKind,
    /// Whether it is of the whole project, and made only when that is asked for.
    pub is_final: bool,
    /// The lawful basis on which it is sent: its own, else its recipient's.
    pub basis: String,
    /// The retention class of what it holds.
    pub retention: String,
    /// Whether a rejected or missing source blocks it.
    pub needs_all: bool,
    /// Its files.
    pub files: Vec<FileSpec>,
    /// Where it stands in the pipeline file.
    pub at: At,
}

/// One file of a return, or one per table.
#[derive(Debug, Clone)]
pub struct FileSpec {
    /// The format's name.
    pub format: String,
    /// Its path, in which `{period}` and `{table}` are filled in.
    pub path: String,
    /// What it holds: the sheets of a workbook, the table of a text file, the tables of an extract.
    pub parts: Vec<Part>,
    /// For workbooks: the recipient's own template that is filled, relative to the pipeline file.
    pub template: Option<Placed<String>>,
    /// For extracts: the path of the Data Package descriptor.
    pub datapackage: Option<String>,
    /// For extracts: the paths of the codebook, as Markdown (`.md`) or as a page (`.html`).
    pub codebook: Vec<String>,
    /// For extracts: the statistics packages for which there are scripts with labels, beside the tables
    /// as text.
    pub labels: Vec<String>,
    /// For extracts: the path of the list of what became of each record since the version sent before.
    pub changes: Option<String>,
    /// Whether each column that can be blank says beside it why a value is not there.
    pub missing_reasons: bool,
    /// Where it stands in the pipeline file.
    pub at: At,
}

/// A part of a file.
#[derive(Debug, Clone)]
pub enum Part {
    /// What the return is, for a reader.
    Cover(Cover),
    /// Counts of people.
    Indicators(Indicators),
    /// The same period by period: as each was reported, and as is known now.
    ByPeriod(Indicators),
    /// What is still open over all periods: held rows, queries, and queries that were explained.
    Open(Open),
    /// Rows of a table.
    Rows(Rows),
    /// People to contact.
    Contacts(Box<Contacts>),
}

impl Part {
    /// The name of the sheet that it becomes, or of the table where there is no sheet.
    pub fn name(&self) -> &str {
        match self {
            Self::Cover(cover) => &cover.name,
            Self::Indicators(indicators) | Self::ByPeriod(indicators) => &indicators.name,
            Self::Open(open) => &open.name,
            Self::Rows(rows) => &rows.name,
            Self::Contacts(contacts) => &contacts.name,
        }
    }

    /// The names of the tables that the part draws on.
    pub fn tables(&self) -> Vec<&str> {
        match self {
            Self::Cover(_) | Self::Open(_) => Vec::new(),
            Self::Indicators(indicators) | Self::ByPeriod(indicators) => {
                let counted = indicators.rows.iter().flat_map(|row| &row.counts).map(|counted| &counted.table);
                let by = indicators.rows.iter().flat_map(|row| &row.by).filter_map(|by| by.table.as_ref());
                let of = indicators.rows.iter().filter_map(|row| row.mean.as_ref()).map(|mean| &mean.table);
                counted.chain(by).chain(of).map(String::as_str).collect()
            }
            Self::Rows(rows) => vec![&rows.table],
            Self::Contacts(contacts) => contacts.tables(),
        }
    }
}

/// The first sheet of a workbook.
#[derive(Debug, Clone)]
pub struct Cover {
    /// The sheet's name.
    pub name: String,
    /// Labels and texts of its own, after those that every cover has.
    pub lines: Vec<(String, String)>,
    /// Notes below them.
    pub notes: Vec<String>,
    /// In a template: the names of cells, each with the label of the line whose text it gets.
    pub cells: Vec<(String, String)>,
}

/// A sheet of what is still open.
#[derive(Debug, Clone)]
pub struct Open {
    /// The sheet's name.
    pub name: String,
    /// A line above it.
    pub note: Option<String>,
}

/// Rows of a table, as released to the recipient.
#[derive(Debug, Clone)]
pub struct Rows {
    /// The sheet's name, or the table's where there is no sheet.
    pub name: String,
    /// The table.
    pub table: String,
    /// Which rows, as a SQL expression over the table's own fields; all where absent.
    pub filter: Option<Placed<String>>,
    /// Released columns in order with their headings; all of the profile's where empty.
    pub columns: Vec<ColumnSpec>,
    /// Released columns to order rows by; pseudonymised rows are always ordered by pseudonym first.
    pub order: Vec<String>,
    /// Where it stands in the pipeline file.
    pub at: At,
}

/// A column of a return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnSpec {
    /// The heading.
    pub heading: Option<String>,
    /// What stands in it.
    pub content: ColumnContent,
}

/// What stands in a column of a return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnContent {
    /// A released column, by the name it is released as.
    Released(String),
    /// The same text in every row.
    Text(String),
}

pub(super) fn return_spec(node: &Node, mistakes: &Mistakes) -> Option<ReturnSpec> {
    let table = Table::open(node, "a return", mistakes)?;
    let name = table.required_text("name");
    if let (Some(name), Some(node)) = (name, table.node("name")) {
        file_safe(name, &node.at, mistakes);
    }
    let spec = ReturnSpec {
        title: table.required_text("title").unwrap_or_default().to_owned(),
        recipient: table.required_text("recipient").unwrap_or_default().to_owned(),
        kind: table.word("periods", &PeriodKind::WORDS).unwrap_or(PeriodKind::Quarter),
        is_final: table.flag("final").unwrap_or(false),
        basis: table.text("basis").unwrap_or_default().to_owned(),
        retention: table.required_text("retention").unwrap_or_default().to_owned(),
        needs_all: table.word("needs", &[("all", true), ("any", false)]).unwrap_or(false),
        files: table.list("files").iter().filter_map(|node| file(node, mistakes)).collect(),
        at: node.at.clone(),
        name: name?.to_owned(),
    };
    table.finish();
    Some(spec)
}

fn file(node: &Node, mistakes: &Mistakes) -> Option<FileSpec> {
    let table = Table::open(node, "a file of a return", mistakes)?;
    let format = table.required_text("format").map(str::to_owned);
    let path = table.required_text("path").map(str::to_owned);
    if let (Some(path), Some(node)) = (&path, table.node("path"))
        && (path.starts_with('/') || path.contains("..") || path.contains('\\') || path.contains(':'))
    {
        let mistake = Mistake::new(&node.at, "the path of a file must stay inside the return's folder");
        mistakes.push(mistake.hint("write a plain name, for example \"return-{period}.xlsx\""));
    }
    let file = FileSpec {
        parts: table.list("parts").iter().filter_map(|node| part(node, mistakes)).collect(),
        template: placed(&table, "template"),
        datapackage: table.text("datapackage").map(str::to_owned),
        codebook: table
            .one_or_more("codebook")
            .map_or_else(Vec::new, |paths| paths.into_iter().map(|(path, _)| path).collect()),
        labels: table.texts("labels").unwrap_or_default(),
        changes: table.text("changes").map(str::to_owned),
        missing_reasons: table.flag("missing_reasons").unwrap_or(false),
        at: node.at.clone(),
        format: format?,
        path: path?,
    };
    table.finish();
    Some(file)
}

fn part(node: &Node, mistakes: &Mistakes) -> Option<Part> {
    let table = Table::open(node, "a part of a file", mistakes)?;
    let kind = table.required_text("part")?;
    let part = match kind {
        "cover" => Some(Part::Cover(Cover {
            name: table.text("name").unwrap_or("Cover").to_owned(),
            lines: pairs(&table, "lines"),
            notes: table.texts("notes").unwrap_or_default(),
            cells: pairs(&table, "cells"),
        })),
        "indicators" => Some(Part::Indicators(indicators(&table, "Indicators"))),
        "two-way" => super::indicators::two_way(&table).map(Part::Indicators),
        "by-period" => Some(Part::ByPeriod(indicators(&table, "By period"))),
        "open" => Some(Part::Open(Open {
            name: table.text("name").unwrap_or("Open").to_owned(),
            note: table.text("note").map(str::to_owned),
        })),
        "rows" => rows(&table, node),
        "contacts" => super::contacts::contacts(&table, node).map(Box::new).map(Part::Contacts),
        other => {
            let mistake = Mistake::new(&node.at, format!("there is no part \"{other}\""));
            table.mistake(mistake.hint("it is one of by-period, contacts, cover, indicators, open, rows and two-way"));
            return None;
        }
    };
    table.finish();
    part
}

fn indicators(table: &Table<'_>, name: &str) -> Indicators {
    Indicators {
        name: table.text("name").unwrap_or(name).to_owned(),
        note: table.text("note").map(str::to_owned),
        arrangement: Arrangement::Lines,
        cells: table.list("cells").iter().filter_map(|node| named_figure(node, table.mistakes())).collect(),
        rows: table
            .list("rows")
            .iter()
            .filter_map(|node| super::indicators::indicator(node, table.mistakes()))
            .collect(),
    }
}

fn named_figure(node: &Node, mistakes: &Mistakes) -> Option<NamedFigure> {
    let table = Table::open(node, "a cell of a template", mistakes)?;
    let figure = NamedFigure {
        of: table.required_text("of").unwrap_or_default().to_owned(),
        part: table.text("part").map(str::to_owned),
        column: table.word("column", &FigureColumn::WORDS).unwrap_or(FigureColumn::ThisPeriod),
        name: table.required_text("name")?.to_owned(),
        at: node.at.clone(),
    };
    table.finish();
    Some(figure)
}

fn rows(table: &Table<'_>, node: &Node) -> Option<Part> {
    let name = table.required_text("table")?.to_owned();
    Some(Part::Rows(Rows {
        name: table.text("name").unwrap_or(&name).to_owned(),
        filter: placed(table, "where"),
        columns: table.list("columns").iter().filter_map(|node| column(node, table.mistakes())).collect(),
        order: table.texts("order").unwrap_or_default(),
        at: node.at.clone(),
        table: name,
    }))
}

fn column(node: &Node, mistakes: &Mistakes) -> Option<ColumnSpec> {
    if let Value::Text(name) = &node.value {
        return Some(ColumnSpec { heading: None, content: ColumnContent::Released(name.clone()) });
    }
    let table = Table::open(node, "a column", mistakes)?;
    let heading = table.text("heading").map(str::to_owned);
    let content = match (table.text("field"), table.text("text")) {
        (Some(field), None) => ColumnContent::Released(field.to_owned()),
        (None, Some(text)) => ColumnContent::Text(text.to_owned()),
        _ => {
            table.mistake(Mistake::new(&node.at, "a column needs `field` or `text`, and not both"));
            return None;
        }
    };
    table.finish();
    Some(ColumnSpec { heading, content })
}
