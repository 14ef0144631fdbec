//! `links`: which records were decided to be one person's or two.

use crate::terminal::Terminal;
use crate::{Ending, Result};
use comfy_table::{Table, presets};
use qd_model::words;
use std::path::Path;

pub(super) fn links(pipeline: &Path, take: Option<&Path>, state: &Path, terminal: &Terminal) -> Result {
    let loaded = qd_run::load(pipeline)?;
    let outcome = match take {
        Some(list) => qd_run::take_links(&loaded, state, list, jiff::Timestamp::now())?,
        None => qd_run::links(&loaded, state)?,
    };
    if take.is_some() {
        let taken = match outcome.taken {
            0 => "Nothing new: every decision of the list is known\n".to_owned(),
            count => format!("{} taken in; they hold from the next run on\n", words::count(count, "decision")),
        };
        terminal.print(&taken)?;
    } else if outcome.decisions.is_empty() {
        terminal.print("No decision has been taken yet\n")?;
    } else {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_header(["record", "and record", "are", "reason", "by", "date"]);
        for it in &outcome.decisions {
            table.add_row([&it.one, &it.other, it.verdict.as_str(), &it.reason, &it.by, &it.date]);
        }
        for line in table.lines() {
            terminal.print(&format!("{}\n", line.trim_end()))?;
        }
    }
    for open in &outcome.open {
        let pairs = words::count(open.count, "pair");
        terminal.print(&format!("{pairs} of {} still to decide: {}\n", open.period, open.list.display()))?;
    }
    if !outcome.open.is_empty() {
        terminal.say("Write same or different into the column verdict, with reason_code, by and date, and give the list to --take");
    }
    Ok(Ending::Clean)
}
