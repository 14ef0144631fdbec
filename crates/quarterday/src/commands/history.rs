//! `history`: what was received, run and sent of a programme.

use crate::args::RunFormat;
use crate::terminal::Terminal;
use crate::{Ending, Result};
use comfy_table::{Table, presets};
use qd_model::words;
use qd_run::{History, PeriodHistory};
use serde_json::json;
use std::fmt::Write;
use std::path::Path;

pub(super) fn history(pipeline: &Path, state: &Path, log: bool, format: RunFormat, terminal: &Terminal) -> Result {
    let loaded = qd_run::load(pipeline)?;
    let history = qd_run::history(&loaded, state)?;
    terminal.print(&match format {
        RunFormat::Human => in_words(&history, log),
        RunFormat::Json => as_json(&history),
    })?;
    Ok(Ending::Clean)
}

fn in_words(history: &History, log: bool) -> String {
    let mut text = format!("{}\n", history.title);
    for known in &history.periods {
        of_period(known, &mut text);
    }
    if log {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_header(["entry", "when", "who", "what", "period", "facts"]);
        for entry in &history.log {
            let who = if entry.by.is_empty() { "not named" } else { &entry.by };
            table.add_row([&entry.number.to_string(), &entry.at, who, &entry.what, &entry.period, &entry.facts]);
        }
        writeln!(text, "\n{}", trimmed(&table)).expect("memory");
    }
    text
}

fn of_period(known: &PeriodHistory, text: &mut String) {
    writeln!(text, "\n{}", known.period).expect("memory");
    if let Some(run) = &known.run {
        let by = run.by.as_deref().map_or_else(|| "nobody was named".to_owned(), |by| format!("by {by}"));
        writeln!(text, "  last run {}, {by}", moment(&run.at)).expect("memory");
    }
    let current = known.received.iter().filter(|received| !received.is_superseded).count();
    let superseded = known.received.len() - current;
    let again =
        if superseded == 0 { String::new() } else { format!(", {} superseded", words::count(superseded, "source")) };
    writeln!(text, "  {} received{again}", words::count(current, "source")).expect("memory");
    if known.versions.is_empty() {
        writeln!(text, "  nothing sent yet").expect("memory");
        return;
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["return", "to", "version", "sent", "by", "prepared by"]);
    for it in &known.versions {
        let version = format!("v{}", it.version);
        table.add_row([&it.name, &it.recipient, &version, &moment(&it.at), &it.sent_by, &it.prepared_by]);
    }
    writeln!(text, "{}", trimmed(&table)).expect("memory");
}

/// A moment as people write it; the ledger holds it in universal time.
fn moment(at: &str) -> String {
    at.parse::<jiff::Timestamp>().map_or_else(|_| at.to_owned(), |at| at.strftime("%-d %B %Y, %H:%M UTC").to_string())
}

fn trimmed(table: &Table) -> String {
    let lines: Vec<String> = table.lines().map(|line| format!(" {}", line.trim_end())).collect();
    lines.join("\n")
}

fn as_json(history: &History) -> String {
    let periods = history.periods.iter().map(|known| {
        json!({
            "period": known.period.label, "from": known.period.from.to_string(), "to": known.period.to.to_string(),
            "run": known.run.as_ref().map(|run| json!({ "at": run.at, "by": run.by, "as_of": run.as_of, "state": run.state })),
            "received": known.received.iter().map(|it| json!({
                "partner": it.submission.partner, "table": it.submission.table, "source": it.submission.source,
                "file": it.submission.file, "blake3": it.submission.digest, "at": it.at, "superseded": it.is_superseded,
            })).collect::<Vec<_>>(),
            "versions": known.versions.iter().map(|it| json!({
                "return": it.name, "recipient": it.recipient, "version": it.version, "at": it.at, "sent_by": it.sent_by,
                "prepared_by": it.prepared_by, "manifest_blake3": it.manifest, "state": it.state,
            })).collect::<Vec<_>>(),
        })
    });
    let log = history.log.iter().map(|entry| {
        json!({ "number": entry.number, "at": entry.at, "by": entry.by, "what": entry.what, "period": entry.period,
                "facts": serde_json::from_str::<serde_json::Value>(&entry.facts).unwrap_or_default(), "digest": entry.digest })
    });
    let history = json!({
        "report": "quarterday-history/1", "pipeline": history.pipeline, "periods": periods.collect::<Vec<_>>(),
        "log": log.collect::<Vec<_>>(),
    });
    let mut text = serde_json::to_string_pretty(&history).expect("a plain structure");
    text.push('\n');
    text
}
