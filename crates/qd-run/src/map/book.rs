//! The workbook in which a person fills in what each heading means, and its reading back.

use super::{How, Line, Mapping};
use qd_book::{About, Book, Cell, Column, Kind, Layout, Tone};
use qd_model::{Refusal, Schema, words};
use qd_source::{Opened, Request};
use std::path::Path;

const HEADINGS: [&str; 5] = ["Column", "Heading", "Field", "How it is known", "Fields that are free"];

/// Writes the workbook.
pub(super) fn write(mapping: &Mapping, schema: &Schema) -> Result<Vec<u8>, Refusal> {
    let refuse = |error: qd_book::BookError| Refusal::new("the workbook could not be written").because(error);
    let has = |name: &str| mapping.lines.iter().any(|line| line.field.as_deref() == Some(name));
    let free: Vec<&str> = schema.fields.iter().map(|field| field.name.as_str()).filter(|name| !has(name)).collect();
    let mut book = Book::new(About {
        title: format!("What the headings of {} mean", mapping.partner),
        subject: format!("Table {}", mapping.table),
        author: "Quarterday".to_owned(),
        ..About::default()
    });
    let layout = Layout {
        columns: HEADINGS.iter().map(|heading| Column::new(*heading, Kind::Text)).collect(),
        lines: vec![
            format!("Headings of `{}` for the table {}", mapping.partner, mapping.table),
            "Write the field that each heading means into the column Field, and leave it empty where none is meant."
                .to_owned(),
        ],
        ..Layout::default()
    };
    let mut sheet = book.table("Mapping", layout).map_err(refuse)?;
    for (index, line) in mapping.lines.iter().enumerate() {
        let field = line.field.as_deref().unwrap_or_default();
        let field = match line.how {
            How::Known | How::Mapped | How::NotCollected => Cell::Text(field),
            How::Proposed | How::Decided | How::Unknown => Cell::Toned(Tone::Fill, field),
        };
        let free = free.get(index).map_or(Cell::Empty, |name| Cell::Text(name));
        let cells = [Cell::Text(&line.column), Cell::Text(&line.heading), field, Cell::Text(line.how.word()), free];
        sheet.row(&cells).map_err(refuse)?;
    }
    sheet.finish().map_err(refuse)?;
    book.finish().map_err(refuse)
}

/// Takes what a person has filled in.
pub(super) fn take(lines: &mut [Line], schema: &Schema, path: &Path) -> Result<(), Refusal> {
    let refuse = |what: String| {
        Refusal::new(format!("{} is no mapping that was filled in", path.display()))
            .because(what)
            .hint("make the workbook anew with --output, and fill in the column Field")
    };
    for (heading, field) in pairs(path).ok_or_else(|| refuse("its headings were not found".to_owned()))? {
        let field = field.trim();
        if !field.is_empty() && schema.index_of(field).is_none() {
            let near = words::nearest(field, schema.fields.iter().map(|field| field.name.as_str()));
            let near = near.map_or_else(String::new, |near| format!("; \"{near}\" is near"));
            return Err(refuse(format!("there is no field \"{field}\"{near}")));
        }
        let Some(line) = lines.iter_mut().find(|line| line.heading == heading) else {
            return Err(refuse(format!("the partner's file has no heading \"{heading}\"")));
        };
        let decided = (!field.is_empty()).then(|| field.to_owned());
        if line.how == How::Proposed || line.field != decided {
            line.how = if decided.is_some() { How::Decided } else { How::Unknown };
            line.field = decided;
        }
    }
    Ok(())
}

/// Heading and field of each row.
fn pairs(path: &Path) -> Option<Vec<(String, String)>> {
    let Opened::Table(mut source) = qd_source::open(path, &Request::default()) else { return None };
    let at = |heading: &str| source.shape.columns.iter().position(|column| column.heading == heading);
    let (heading, field) = (at(HEADINGS[1])?, at(HEADINGS[2])?);
    let mut pairs = Vec::new();
    for block in source.blocks() {
        let chunk = block.read().chunk;
        for row in 0..chunk.rows.len() {
            let text = |column: usize| {
                let cells = &chunk.columns[column].text;
                let is_there = arrow::array::Array::is_valid(cells, row);
                if is_there { cells.value(row).to_owned() } else { String::new() }
            };
            pairs.push((text(heading), text(field)));
        }
    }
    Some(pairs)
}
