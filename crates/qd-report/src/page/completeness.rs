//! How far each field was filled in, over all sources of a table.

use super::{Section, charts, number, table};
use maud::html;
use qd_model::report::Report;

/// One field over all sources of its table.
struct Line<'a> {
    field: &'a str,
    is_required: bool,
    filled: u64,
    rows: u64,
}

pub(super) fn of_fields(report: &Report) -> Option<Section> {
    let mut tables: Vec<(&str, Vec<Line<'_>>)> = Vec::new();
    for source in &report.sources {
        let Some(name) = source.table.as_deref().or(source.schema.as_deref()) else { continue };
        if source.filled.is_empty() || source.rows == 0 {
            continue;
        }
        let at = tables.iter().position(|(other, _)| *other == name).unwrap_or_else(|| {
            tables.push((name, Vec::new()));
            tables.len() - 1
        });
        let lines = &mut tables[at].1;
        for filled in &source.filled {
            let place = lines.iter().position(|line| line.field == filled.field).unwrap_or_else(|| {
                lines.push(Line { field: &filled.field, is_required: filled.is_required, filled: 0, rows: 0 });
                lines.len() - 1
            });
            lines[place].filled += filled.rows;
            lines[place].rows += source.rows;
        }
    }
    if tables.is_empty() {
        return None;
    }
    tables.sort_by_key(|(name, _)| *name);
    let headings = ["Field", "Asked for", "Filled in", "Of rows", "Per cent", "Share"];
    let content = html! {
        p { "In how many rows as sent each field holds something, readable or not." }
        @for (name, lines) in &tables {
            (table(&format!("Completeness of {name}"), &headings, &html! {
                @for line in lines {
                    tr {
                        th scope="row" { code { (line.field) } }
                        td { (if line.is_required { "always" } else { "where it applies" }) }
                        td class="number" { (number(line.filled)) }
                        td class="number" { (number(line.rows)) }
                        td class="number" { (charts::per_cent(line.filled, line.rows)) }
                        td { (charts::of_most(line.filled, line.rows)) }
                    }
                }
            }))
        }
    };
    Some(Section { id: "completeness", title: "How complete the fields are", content })
}
