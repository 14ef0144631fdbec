//! Reading workbooks: the library that people know, and what a partner's workbook goes through here, each
//! in a process of its own over the same workbook with both kinds of strings.

mod cells;
mod readers;

use super::measure::{self, Cost, median};
use super::workbook::{Strings, read, theirs};
use super::{data, folder};
use cells::Sum;
use readers::Who;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(super) use readers::serve;

/// What is asked for.
pub(super) struct Asked {
    pub(super) rows: u64,
    pub(super) rounds: usize,
    /// The program whose `validate` is measured.
    pub(super) program: PathBuf,
    /// This program, as it is to be measured.
    pub(super) readers: PathBuf,
}

/// The share of the cells that are faulty.
const FAULTY: f64 = 0.02;
/// In the title of what whoever waits for an answer waits for.
const VALIDATE: &str = "quarterday validate, the whole command";

/// Makes the workbooks, sees that all who read them read the same, and measures them in turn.
pub(super) fn compare(root: &Path, asked: &Asked) -> Result<String, String> {
    let folder = folder(root).join("xlsx");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let csv = folder.join(format!("in-{}.csv", asked.rows));
    data::write(asked.rows, FAULTY, &csv).map_err(|error| format!("{}: {error}", csv.display()))?;
    let (headings, rows) = read(&csv)?;
    let written = cells::of_rows(&rows);
    let mut text = String::new();
    for (strings, name) in [(Strings::Inline, "inline"), (Strings::Shared, "shared")] {
        let file = folder.join(format!("in-{}-{name}.xlsx", asked.rows));
        theirs(&headings, &rows, &file, strings)?;
        let _ = writeln!(text, "{}", agreement(asked, &file, name, written)?);
        let _ = writeln!(text, "{}\n", table(&measured(root, asked, &file, &folder)?));
    }
    Ok(text.trim_end().to_owned())
}

/// Nobody is measured who reads other cells than were written.
fn agreement(asked: &Asked, file: &Path, strings: &str, written: Sum) -> Result<String, String> {
    for who in Who::ALL {
        let output = Command::new(&asked.readers)
            .args(["bench", readers::COMMAND, who.name(), "check"])
            .arg(file)
            .output()
            .map_err(|error| format!("{} cannot be started: {error}", asked.readers.display()))?;
        let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if !output.status.success() {
            return Err(format!("{}: {}", who.title(), String::from_utf8_lossy(&output.stderr).trim()));
        }
        if said != written.to_string() {
            return Err(format!("{} reads {said} from {strings} strings, and {written} were written", who.title()));
        }
    }
    let size = fs::metadata(file).map_or(0, |meta| meta.len()) / 1_000_000;
    Ok(format!("{strings} strings, {size} MB: all read the same {} filled cells as were written\n", written.count))
}

/// What each costs, round by round: the first warms everything up and is not counted.
fn measured(root: &Path, asked: &Asked, file: &Path, folder: &Path) -> Result<Vec<(&'static str, Vec<Cost>)>, String> {
    let mut runners: Vec<(&str, Command, &[i32])> = Vec::new();
    for who in Who::ALL {
        let mut command = Command::new(&asked.readers);
        command.args(["bench", readers::COMMAND, who.name(), "read"]).arg(file);
        runners.push((who.title(), command, &[0]));
    }
    let mut validate = Command::new(&asked.program);
    validate.arg("validate").arg(file).arg("--schema").arg(root.join(readers::SCHEMA));
    validate.args(["--format", "csv", "--output"]).arg(folder.join("findings.csv"));
    runners.push((VALIDATE, validate, &[0, 1]));
    let mut costs: Vec<Vec<Cost>> = vec![Vec::new(); runners.len()];
    for round in 0..=asked.rounds {
        for ((title, command, good), costs) in runners.iter_mut().zip(&mut costs) {
            let cost = measure::run(command, &folder.join("reader.log"), good)?;
            eprintln!("round {round}: {title} {:.3} s", cost.wall);
            if round > 0 {
                costs.push(cost);
            }
        }
    }
    Ok(runners.into_iter().map(|(title, ..)| title).zip(costs).collect())
}

fn table(measured: &[(&str, Vec<Cost>)]) -> String {
    let first = &measured[0];
    let mut text = format!("| what | seconds (least-most) | of processors | MB at most | ÷ {} |", first.0);
    text.push_str("\n|---|---|---|---|---|");
    for (title, costs) in measured {
        let walls = || costs.iter().map(|cost| cost.wall);
        let (least, most) = (walls().fold(f64::INFINITY, f64::min), walls().fold(0.0, f64::max));
        let cpu = median(costs.iter().map(|cost| cost.cpu).collect());
        let peak = costs.iter().map(|cost| cost.peak).fold(0.0, f64::max);
        let ratio = median(costs.iter().zip(&first.1).map(|(own, peer)| own.wall / peer.wall).collect());
        let wall = median(walls().collect());
        let _ = write!(text, "\n| {title} | {wall:.3} ({least:.3}-{most:.3}) | {cpu:.2} | {peak:.0} | {ratio:.2} |");
    }
    text
}
