//! `map`: what a partner's headings mean, proposed and kept.

use crate::args::Map;
use crate::terminal::Terminal;
use crate::{Ending, Result};
use comfy_table::{ContentArrangement, Table};
use qd_model::{Refusal, words};
use qd_run::{How, MapRequest};
use std::fmt::Write;

pub(super) fn map(args: &Map, terminal: &Terminal) -> Result {
    let loaded = qd_run::load(&args.pipeline)?;
    let mapping = qd_run::map(&MapRequest {
        file: &args.file,
        loaded: &loaded,
        partner: &args.partner,
        table: args.table.as_deref(),
        sheet: args.sheet.as_deref(),
        decided: args.from.as_deref(),
    })?;
    let mut shown = Table::new();
    shown.load_style(comfy_table::presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    shown.add_row(["column", "heading", "field", ""]);
    for line in &mapping.lines {
        let heading: String = line.heading.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        shown.add_row([&line.column, &heading, line.field.as_deref().unwrap_or("·"), line.how.word()]);
    }
    let sheet = mapping.sheet.as_deref().map_or(String::new(), |sheet| format!(", sheet \"{sheet}\""));
    let mut text = format!("{} for the table {}{sheet}\n\n", args.file.display(), mapping.table);
    let mut say = |line: &str| writeln!(text, "{}", line.trim_end()).expect("writing to memory cannot fail");
    shown.lines().for_each(|line| say(&line));
    say("");
    for (heading, field) in &mapping.vanished {
        say(&format!("The mapping's heading \"{heading}\" ({field}) is not in the file"));
    }
    for field in &mapping.missing {
        say(&format!("No heading means {field}, which is required"));
    }
    let proposed = mapping.lines.iter().filter(|line| matches!(line.how, How::Proposed | How::Decided)).count();
    if args.write {
        let written = mapping.keep()?;
        let written = words::count(written, "heading");
        say(&format!("{written} written into {}", args.pipeline.display()));
    } else if proposed > 0 {
        say(&format!("{} to be kept with --write; nothing is used until then", words::count(proposed, "heading")));
    }
    terminal.print(&text)?;
    if let Some(output) = &args.output {
        super::spare(output, [&args.file, &args.pipeline].into_iter())?;
        let bytes = mapping.workbook(&loaded.table(&mapping.table).schema)?;
        std::fs::write(output, bytes).map_err(|error| {
            Refusal::new(format!("the workbook could not be written to {}", output.display())).because(error)
        })?;
    }
    Ok(if mapping.missing.is_empty() { Ending::Clean } else { Ending::Findings })
}
