//! Decisions about records that may be one person's: listed, taken from the list that a person filled
//! in, and kept in the ledger.

use crate::entered::moment;
use crate::folders::Folders;
use crate::load::{Loaded, plain};
use crate::place::Staging;
use crate::read::{ReadRequest, ReadTable, read};
use jiff::Timestamp;
use jiff::civil::Date;
use qd_ledger::{Decision, Ledger, Verdict};
use qd_model::{Refusal, words};
use serde_json::json;
use std::path::{Path, PathBuf};

/// The headings of a list of suggested matches. What a person fills in stands first.
pub(crate) const HEADINGS: [&str; 14] = [
    "verdict",
    "reason_code",
    "by",
    "date",
    "partner",
    "source",
    "row",
    "person",
    "record",
    "other_partner",
    "other_source",
    "other_row",
    "other_person",
    "other_record",
];

/// Pairs of records that nobody has decided about yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenMatches {
    /// The period whose last run suggests them.
    pub period: String,
    /// How many they are.
    pub count: usize,
    /// The list that they stand in.
    pub list: PathBuf,
}

/// What is decided, and how much is still open.
#[derive(Debug, Clone, Default)]
pub struct LinksOutcome {
    /// The decisions that hold.
    pub decisions: Vec<Decision>,
    /// What is still open, by period.
    pub open: Vec<OpenMatches>,
    /// How many decisions were taken in now.
    pub taken: usize,
}

/// Lists what is decided and what is open.
pub fn links(loaded: &Loaded, state: &Path) -> Result<LinksOutcome, Refusal> {
    let home = Folders::of(Path::new(""), state, &loaded.pipeline.name);
    let ledger = Ledger::read(&home.ledger())?;
    outcome(loaded, &home, ledger.decisions()?, 0)
}

fn outcome(loaded: &Loaded, home: &Folders, decisions: Vec<Decision>, taken: usize) -> Result<LinksOutcome, Refusal> {
    let mut open = Vec::new();
    for period in loaded.pipeline.whole_periods() {
        let list = home.papers(&period.label).join("suggested-matches.csv");
        let Ok(bytes) = std::fs::read(&list) else { continue };
        let mut count = 0;
        for record in csv::Reader::from_reader(bytes.as_slice()).into_records() {
            let record = record.map_err(|_| {
                Refusal::new("a list of suggested matches cannot be read")
                    .because(list.display())
                    .hint(format!("run {} again, which writes it anew", period.label))
            })?;
            let cell = |name: &str| HEADINGS.iter().position(|heading| *heading == name).and_then(|at| record.get(at));
            let (Some(one), Some(other)) = (cell("record"), cell("other_record")) else { continue };
            let (one, other) = if one <= other { (one, other) } else { (other, one) };
            count += usize::from(!decisions.iter().any(|it| (it.one.as_str(), it.other.as_str()) == (one, other)));
        }
        if count > 0 {
            open.push(OpenMatches { period: period.label.clone(), count, list });
        }
    }
    Ok(LinksOutcome { decisions, open, taken })
}

/// Takes in the decisions of a list that a person has filled in: the CSV file itself or a workbook that
/// it was saved as.
pub fn take_links(loaded: &Loaded, state: &Path, list: &Path, at: Timestamp) -> Result<LinksOutcome, Refusal> {
    let home = Folders::of(Path::new(""), state, &loaded.pipeline.name);
    if !home.ledger().is_file() {
        return Err(refuse(format!("there is no ledger in {}", home.private.display()))
            .hint("name the folder of what never leaves with `--state DIR`, as it was named to `run`"));
    }
    std::fs::metadata(list).map_err(|error| refuse(format!("{}: {}", list.display(), plain(&error))))?;
    let table = read(&ReadRequest { file: list, against: None, sheet: None })?;
    let new = decisions_of(&table, list)?;
    let mut staging = Staging::begin(&home.private)?;
    let mut ledger = Ledger::copy(&home.ledger(), &staging.beside(qd_ledger::FILE))?;
    let known = ledger.decisions()?;
    let mut taken = 0;
    for decision in new.iter().filter(|decision| !known.contains(decision)) {
        ledger.decide(&moment(at), decision)?;
        taken += 1;
    }
    let decisions = ledger.decisions()?;
    if taken > 0 {
        let same = new.iter().filter(|decision| decision.verdict == Verdict::Same).count();
        let facts = json!({ "taken": taken, "in_list": new.len(), "same": same, "different": new.len() - same });
        let mut people: Vec<&str> = new.iter().map(|decision| decision.by.as_str()).collect();
        people.sort_unstable();
        people.dedup();
        ledger.note(&moment(at), &people.join(", "), "links", "", &facts.to_string())?;
        staging.add_file(&home.ledger(), ledger.finish()?)?;
        staging.put_in_place()?;
    }
    outcome(loaded, &home, decisions, taken)
}

fn refuse(cause: impl std::fmt::Display) -> Refusal {
    Refusal::new("no decision was taken in").because(cause)
}

/// The lines of a list in which somebody has written a verdict.
fn decisions_of(table: &ReadTable, list: &Path) -> Result<Vec<Decision>, Refusal> {
    let column = |name: &str| {
        let at = table.columns.iter().position(|column| table.name_of(column).trim() == name);
        at.ok_or_else(|| {
            refuse(format!("{} has no column `{name}`", list.display()))
                .hint("fill in the list of suggested matches that a run leaves in the period's private folder")
        })
    };
    let verdict = column("verdict")?;
    let [reason, by, date] = [column("reason_code")?, column("by")?, column("date")?];
    let [one, other] = [column("record")?, column("other_record")?];
    let mut decisions = Vec::new();
    for (piece, row) in table.pieces.iter().flat_map(|piece| (0..piece.rows.len()).map(move |row| (piece, row))) {
        let cell = |column: usize| piece.cell(row, column).unwrap_or_default().trim().to_owned();
        let word = cell(verdict).to_lowercase();
        if word.is_empty() {
            continue;
        }
        let wrong = |what: &str| refuse(format!("{}, row {}: {what}", list.display(), piece.rows[row]));
        let Some(verdict) = Verdict::of(&word) else {
            return Err(wrong("`verdict` is neither \"same\" nor \"different\""));
        };
        for (name, column) in
            [("reason_code", reason), ("by", by), ("date", date), ("record", one), ("other_record", other)]
        {
            if cell(column).is_empty() {
                return Err(wrong(&format!("`{name}` is blank")));
            }
        }
        let is_code =
            |text: &str| text.len() <= 40 && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
        if !is_code(&cell(reason)) {
            return Err(wrong("`reason_code` is not a code").hint(
                "write a short word such as partner-asked or document-seen; words about people do not belong in the ledger",
            ));
        }
        let Some(day) = day(&cell(date)) else {
            return Err(wrong("`date` is not a date such as 2022-10-04"));
        };
        let is_digest = |text: &str| {
            text.len() == qd_disclosure::PSEUDONYM_LENGTH && text.chars().all(|c| c.is_ascii_alphanumeric())
        };
        if !is_digest(&cell(one)) || !is_digest(&cell(other)) {
            return Err(wrong("`record` or `other_record` is not as the list had it"));
        }
        let (one, other) = (cell(one), cell(other));
        let (one, other) = if one <= other { (one, other) } else { (other, one) };
        let decision = Decision { one, other, verdict, reason: cell(reason), by: cell(by), date: day.to_string() };
        decisions.push(decision);
    }
    if decisions.is_empty() {
        return Err(refuse(format!("{} has no verdict in it", list.display())).hint(format!(
            "write {} in the column `verdict`, with reason_code, by and date",
            words::list(&["same", "different"])
        )));
    }
    Ok(decisions)
}

/// A date as a person types it in a list that is kept in English.
fn day(text: &str) -> Option<Date> {
    let text = text.split(['T', ' ']).next().unwrap_or_default();
    text.parse().ok().or_else(|| Date::strptime("%d/%m/%Y", text).ok())
}
