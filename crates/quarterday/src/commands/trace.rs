//! `trace`: which people and rows stand behind a cell of a return.

use crate::args::ListFormat;
use crate::terminal::Terminal;
use crate::{Ending, Result};
use qd_model::words;
use qd_run::{Place, Trace, TraceRequest, Traced};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// How many rows a person is shown before they are sent to the whole list.
const SHOWN: usize = 20;

pub(super) fn trace(folder: &Path, cell: &str, state: &Path, format: ListFormat, terminal: &Terminal) -> Result {
    let trace = qd_run::trace(&TraceRequest { folder, cell, state })?;
    terminal.print(&match format {
        ListFormat::Human => in_words(&trace),
        ListFormat::Csv => csv_of(&trace.places),
        ListFormat::Json => {
            let facts = json!({
                "file": trace.file, "sheet": trace.sheet, "cell": cell, "label": trace.label, "heading": trace.heading,
                "shown": trace.shown, "people": trace.people, "notes": trace.notes,
            });
            json_of("quarterday-trace/1", facts, &trace.places)
        }
    })?;
    Ok(Ending::Clean)
}

fn in_words(trace: &Trace) -> String {
    let at = trace.sheet.as_ref().map_or_else(|| trace.file.clone(), |sheet| format!("{} › {sheet}", trace.file));
    let mut text = format!("{at}\n");
    match trace.kind {
        Traced::Row => writeln!(text, "One row of table {}, made from", trace.label).expect("memory"),
        Traced::Count => {
            let shown = trace.shown.as_deref().unwrap_or("nothing");
            let (people, rows) =
                (words::count(trace.people as usize, "person"), words::count(trace.places.len(), "row"));
            writeln!(text, "{} › {}: it shows {shown}; {people} in {rows}", trace.label, trace.heading)
                .expect("memory");
            let mut partners: BTreeMap<&str, usize> = BTreeMap::new();
            for place in &trace.places {
                *partners.entry(&place.partner).or_default() += 1;
            }
            let partners: Vec<String> =
                partners.iter().map(|(partner, rows)| format!("{partner} {}", words::count(*rows, "row"))).collect();
            if !partners.is_empty() {
                writeln!(text, "from {}", words::list(&partners)).expect("memory");
            }
        }
    }
    text.push('\n');
    for place in trace.places.iter().take(SHOWN) {
        let Place { person, period, partner, table, .. } = place;
        writeln!(text, "  {person}  {period}  {partner}, {table}: {}", place_of(place)).expect("memory");
    }
    if trace.places.len() > SHOWN {
        let more = words::thousands((trace.places.len() - SHOWN) as u64);
        writeln!(text, "  and {more} more: `--format csv` lists all of them").expect("memory");
    }
    for note in &trace.notes {
        writeln!(text, "\nnote: {note}").expect("memory");
    }
    text
}

/// File, sheet and row, as a person finds them.
pub(super) fn place_of(place: &Place) -> String {
    let sheet = place.sheet.as_ref().map_or_else(String::new, |sheet| format!(" › {sheet}"));
    format!("{}{sheet} › row {}", place.file, place.row)
}

/// One line for each row, for a spreadsheet.
pub(super) fn csv_of<'a>(places: impl IntoIterator<Item = &'a Place>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer
        .write_record(["person", "period", "partner", "table", "file", "sheet", "row"])
        .expect("writing to memory cannot fail");
    for place in places {
        let (row, sheet) = (place.row.to_string(), place.sheet.as_deref().unwrap_or(""));
        writer
            .write_record([&place.person, &place.period, &place.partner, &place.table, &place.file, sheet, &row])
            .expect("writing to memory cannot fail");
    }
    String::from_utf8(writer.into_inner().expect("writing to memory cannot fail")).expect("texts are UTF-8")
}

/// The rows as a JSON document, after some facts.
pub(super) fn json_of<'a>(report: &str, facts: Value, places: impl IntoIterator<Item = &'a Place>) -> String {
    let mut document = json!({ "report": report });
    if let (Some(document), Value::Object(facts)) = (document.as_object_mut(), facts) {
        document.extend(facts);
    }
    let line = |place: &Place| {
        json!({ "person": place.person, "period": place.period, "partner": place.partner, "table": place.table,
                "file": place.file, "sheet": place.sheet, "row": place.row })
    };
    document["rows"] = places.into_iter().map(line).collect();
    let mut text = serde_json::to_string_pretty(&document).expect("a plain structure");
    text.push('\n');
    text
}
