//! Which columns a file has, in which order, under which headings, as a return's layout asks.

use crate::error::ReturnError;
use crate::values::{Value, Values};
use qd_disclosure::{ClearedColumn, ClearedTable};
use qd_model::pipeline::{ColumnContent, ColumnSpec};

/// One column of a file.
pub(crate) struct FileColumn<'a> {
    pub(crate) heading: &'a str,
    pub(crate) content: Content<'a>,
}

/// Where a column's values come from.
pub(crate) enum Content<'a> {
    Released(&'a ClearedColumn, Values<'a>),
    /// The layout's own text, the same in every row.
    Constant(&'a str),
}

impl<'a> FileColumn<'a> {
    /// The value in a row.
    pub(crate) fn at(&self, row: usize) -> Value<'a> {
        match &self.content {
            Content::Released(_, values) => values.at(row),
            Content::Constant(text) => Value::Text(text),
        }
    }
}

/// Which headings stand where the layout names none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Headings {
    /// Words for people.
    Titles,
    /// Names for programs.
    Names,
}

/// The columns that a layout asks for; all of the table's where it asks for none.
pub(crate) fn columns<'a>(
    table: &'a ClearedTable,
    layout: &'a [ColumnSpec],
    headings: Headings,
) -> Result<Vec<FileColumn<'a>>, ReturnError> {
    if layout.is_empty() {
        return (0..table.columns().len()).map(|index| released(table, index, None, headings)).collect();
    }
    layout.iter().map(|spec| column(table, spec, headings)).collect()
}

fn column<'a>(
    table: &'a ClearedTable,
    spec: &'a ColumnSpec,
    headings: Headings,
) -> Result<FileColumn<'a>, ReturnError> {
    let heading = spec.heading.as_deref();
    match &spec.content {
        ColumnContent::Text(text) => {
            Ok(FileColumn { heading: heading.unwrap_or_default(), content: Content::Constant(text) })
        }
        ColumnContent::Released(name) => {
            let index = table
                .index_of(name)
                .ok_or_else(|| ReturnError::NoSuchColumn { table: table.name().to_owned(), column: name.clone() })?;
            released(table, index, heading, headings)
        }
    }
}

fn released<'a>(
    table: &'a ClearedTable,
    index: usize,
    heading: Option<&'a str>,
    headings: Headings,
) -> Result<FileColumn<'a>, ReturnError> {
    let column = &table.columns()[index];
    let own = match headings {
        Headings::Titles => &column.title,
        Headings::Names => &column.name,
    };
    let content = Content::Released(column, Values::of(table, index)?);
    Ok(FileColumn { heading: heading.unwrap_or(own), content })
}
