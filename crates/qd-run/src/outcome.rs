//! What a run came to, as the terminal and `run --format json` show it.

use crate::reopened::Correction;
use crate::resubmitted::Resubmission;
use jiff::civil::Date;
use qd_model::report::{Report, Summary};
use qd_model::{Mistake, Period, Severity};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// One pipeline's run.
#[derive(Debug, Clone)]
pub struct RunOutcome {
    /// The pipeline's short name.
    pub pipeline: String,
    /// Its full name.
    pub title: String,
    /// The period.
    pub period: Period,
    /// The day on which the data was judged.
    pub as_of: Date,
    /// Whether this is a demonstration.
    pub demonstration: bool,
    /// Rows and findings.
    pub summary: Summary,
    /// Distinct people.
    pub people: PeriodPeople,
    /// One line per source, and per source that is not there.
    pub sources: Vec<SourceLine>,
    /// The returns.
    pub returns: Vec<ReturnOutcome>,
    /// All findings, with files under their own names: for the analyst's eyes.
    pub report: Report,
    /// Files in the period's folder that belong to nobody.
    pub strays: Vec<String>,
    /// Folder of the drafts.
    pub draft: PathBuf,
    /// The internal page of the period.
    pub page: PathBuf,
    /// Whether something goes back to partners.
    pub has_partner_files: bool,
    /// Rows that tell of an earlier period and were not known then, by table and period.
    pub late: BTreeMap<String, BTreeMap<String, u64>>,
    /// What changed since a partner sent the file before.
    pub resubmitted: Vec<Resubmission>,
    /// What the run would correct, where its period was sent before.
    pub correction: Option<Correction>,
    /// Periods that were made first, because their state was missing.
    pub made_first: Vec<String>,
    /// What rules on trial would do.
    pub trials: Vec<Trial>,
    /// Codes of rules that could not be judged through a fault in Quarterday.
    pub faulty_rules: Vec<String>,
}

/// What a rule on trial would do to one partner's table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// The rule's code.
    pub code: String,
    /// The severity that its findings would have.
    pub severity: Severity,
    /// The table.
    pub table: String,
    /// The partner's code.
    pub partner: String,
    /// How many findings there would be.
    pub findings: u64,
}

impl RunOutcome {
    /// Whether every return was written.
    pub fn is_complete(&self) -> bool {
        self.returns.iter().all(|outcome| outcome.blocked.is_empty())
    }
}

/// Distinct people with an accepted record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PeriodPeople {
    /// In this period.
    pub this_period: u64,
    /// In all periods so far; unknown where an earlier one is.
    pub cumulative: Option<u64>,
}

/// One source on the terminal.
#[derive(Debug, Clone)]
pub struct SourceLine {
    /// The partner's code.
    pub partner: String,
    /// The table.
    pub table: String,
    /// The file's own name; absent where nothing came.
    pub file: Option<String>,
    /// What was declared, where nothing came.
    pub absent: Option<&'static str>,
    /// Rows of data.
    pub rows: u64,
    /// Rows that go on.
    pub accepted: u64,
    /// Rows that are held.
    pub held: u64,
    /// Whether the source was rejected.
    pub is_rejected: bool,
    /// Findings by severity, in the order of `Severity::ALL`.
    pub findings: [u64; 4],
}

/// One return.
#[derive(Debug, Clone)]
pub struct ReturnOutcome {
    /// Its name.
    pub name: String,
    /// A title for people.
    pub title: String,
    /// The recipient's code.
    pub recipient: String,
    /// Why it was not written; empty if it was.
    pub blocked: Vec<Blocked>,
    /// Distinct people in its rows.
    pub people: u64,
    /// Rows of all its tables.
    pub rows: u64,
    /// Who is not on its lists of people to contact.
    pub left_out: Vec<LeftOut>,
    /// Its files.
    pub files: Vec<ReturnFile>,
    /// What the person who sends it should look at first.
    pub notes: Vec<String>,
}

/// People who are not on a list of people to contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Why.
    pub reason: String,
    /// How many they are.
    pub people: u64,
}

/// A reason for which a return was not written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    /// The code of the findings.
    pub code: String,
    /// How many they are.
    pub count: u64,
    /// What would unblock the return.
    pub unblock: String,
}

/// A file of a return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnFile {
    /// Relative to the period's folder.
    pub path: String,
    /// Digest of its bytes, in hexadecimal.
    pub blake3: String,
    /// Its length.
    pub bytes: u64,
}

/// What a run would release, and what stands in its way.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// Each released column of each return.
    pub released: Vec<PlanLine>,
    /// Each return.
    pub returns: Vec<PlannedReturn>,
}

/// One return of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedReturn {
    /// Its name.
    pub name: String,
    /// The recipient's code.
    pub recipient: String,
    /// Why it would not be written; empty if it would.
    pub blocked: Vec<Blocked>,
    /// What changed since it was sent last; absent where it was not sent yet.
    pub since: Option<SinceSent>,
    /// How closely its rows point at people, where they are under pseudonyms.
    pub risk: Option<String>,
    /// What in the pipeline is no mistake, and worth a look before the return is sent.
    pub warnings: Vec<Mistake>,
}

/// What changed in a return's tables since its last version was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SinceSent {
    /// The version.
    pub version: u32,
    /// Records that were added, removed and changed.
    pub changed: [u64; 3],
}

/// One released column of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanLine {
    /// The return.
    pub name: String,
    /// The recipient's code.
    pub recipient: String,
    /// The table.
    pub table: String,
    /// The field.
    pub field: String,
    /// The name that it is released as.
    pub released_as: String,
    /// What is done to it.
    pub treatment: String,
    /// The field's class.
    pub class: String,
    /// How many people's values.
    pub people: u64,
    /// How many rows.
    pub rows: u64,
    /// How it compares with the return's last sent version; absent where none was ever sent.
    pub since: Option<Since>,
}

/// How a released field compares with the return's last sent version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Since {
    /// It was released in the same way.
    Same,
    /// It was not released.
    New,
    /// It was released in another way, told in words.
    Was(String),
    /// It was released, and no longer is.
    Gone,
}

impl Since {
    /// In words; blank where nothing has changed.
    pub fn words(&self) -> String {
        match self {
            Self::Same => String::new(),
            Self::New => "new".to_owned(),
            Self::Was(how) => format!("was {how}"),
            Self::Gone => "no longer released".to_owned(),
        }
    }
}
