//! A pipeline: one programme's periods, tables, partners, people, recipients and returns. Everything
//! that a programme is stands in its pipeline file and its schemas, and nothing of it in Rust.

mod read;
mod references;

use crate::Syntax;
use crate::code::Severity;
use crate::mistake::{At, Mistake};
use crate::period::{Period, PeriodKind};
use crate::schema::Placed;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// One programme's pipeline.
#[derive(Debug, Clone)]
pub struct Pipeline {
    /// Short name, used for folders.
    pub name: String,
    /// Full name.
    pub title: String,
    /// Who leads the programme.
    pub lead: String,
    /// Whether this is a demonstration, for which the published sample key may be used.
    pub demonstration: bool,
    /// The key file, relative to the pipeline file.
    pub key: Option<String>,
    /// Label of the period that is run unless another is asked for.
    pub period: String,
    /// All periods, in order.
    pub periods: Vec<Period>,
    /// All tables, in the order of the file.
    pub tables: Vec<TableSpec>,
    /// All partners, in the order of the file.
    pub partners: Vec<Partner>,
    /// Which sources are known to be empty or late.
    pub declarations: Vec<Declaration>,
    /// Severities that differ from the usual ones, by code.
    pub severities: BTreeMap<String, Severity>,
    /// Where they stand in the pipeline file.
    pub severities_at: At,
    /// Above which share of held rows every return is blocked, in tenths of a percent.
    pub hold_limit: Option<u32>,
    /// Countries to which data may go (ISO alpha-2); none means any.
    pub countries: Vec<String>,
    /// How long records are kept, by class name.
    pub retention: Vec<Retention>,
    /// How people are told apart.
    pub people: Option<People>,
    /// Who receives returns.
    pub recipients: Vec<Recipient>,
    /// What is returned.
    pub returns: Vec<ReturnSpec>,
    /// What is written besides the returns.
    pub outputs: Outputs,
}

/// A table of the programme.
#[derive(Debug, Clone)]
pub struct TableSpec {
    /// Its name.
    pub name: String,
    /// The schema file, relative to the pipeline file.
    pub schema: Placed<String>,
    /// The field by which a row belongs to a record of the people table; the same name there and
    /// here unless the people table itself.
    pub record: Option<String>,
    /// Names of date fields of which a row must have one in the period, else the source is queried
    /// as one of another period. Empty means that the table has no such rule.
    pub period_fields: Vec<String>,
}

/// A partner and what it sends.
#[derive(Debug, Clone)]
pub struct Partner {
    /// Short code, used in files that leave.
    pub code: String,
    /// Name.
    pub name: String,
    /// First day in the programme.
    pub from: Option<Date>,
    /// Last day in the programme.
    pub to: Option<Date>,
    /// What is expected from it each period.
    pub sources: Vec<SourceSpec>,
}

/// One expected source: a file, or a sheet of one.
#[derive(Debug, Clone)]
pub struct SourceSpec {
    /// The table that it fills.
    pub table: String,
    /// The file's name, where `*` stands for any characters; compared without regard to case.
    pub file: String,
    /// The sheet's name, for workbooks; else the one sheet whose headings fit.
    pub sheet: Option<String>,
    /// Headings that the schema does not know, and the fields they mean.
    pub headings: Vec<(String, String)>,
    /// Formats that differ from the schema's, by field.
    pub formats: Vec<(String, String)>,
    /// Where it stands in the pipeline file.
    pub at: At,
}

/// A partner's word about a source that is empty or late.
#[derive(Debug, Clone)]
pub struct Declaration {
    /// The partner's code.
    pub partner: String,
    /// The table.
    pub table: String,
    /// The period's label.
    pub period: String,
    /// Empty or late.
    pub state: DeclaredState,
    /// Role or initials of who said so.
    pub by: String,
    /// When.
    pub date: Date,
}

/// What was declared of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeclaredState {
    /// There is nothing to report.
    Nil,
    /// It will come after the return.
    Late,
}

/// A retention class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// Its name.
    pub class: String,
    /// In words: how long, counted from what.
    pub rule: String,
    /// The day on which the records are due, where it is known.
    pub due: Option<Date>,
}

/// How people are told apart.
#[derive(Debug, Clone)]
pub struct People {
    /// The table with one row per partner and person.
    pub table: String,
    /// The field with the partner's own reference.
    pub record: String,
    /// Identifiers that link records of one person, strongest first.
    pub strong: Vec<Strong>,
    /// Fields of which equal values only suggest that two records are of one person.
    pub suggest: Vec<String>,
}

/// An identifier that links records of one person.
#[derive(Debug, Clone)]
pub struct Strong {
    /// Its name in digests: identifiers of different names never match each other.
    pub name: String,
    /// The fields that make it up; all must have a value.
    pub fields: Vec<String>,
}

/// A recipient and its disclosure profile.
#[derive(Debug, Clone)]
pub struct Recipient {
    /// Short code, used for folders and keys.
    pub code: String,
    /// Name.
    pub name: String,
    /// Country, ISO alpha-2.
    pub country: Placed<String>,
    /// Epoch of its pseudonyms.
    pub epoch: u32,
    /// Whether counts go out exactly as they are; the reason why.
    pub exact_counts: Option<String>,
    /// What is released of each table. What is not named here does not leave.
    pub release: Vec<TableRelease>,
}

/// What is released of one table.
#[derive(Debug, Clone)]
pub struct TableRelease {
    /// The table.
    pub table: String,
    /// Each released column, in order.
    pub fields: Vec<FieldRelease>,
}

/// One released column: a field and its treatment.
#[derive(Debug, Clone)]
pub struct FieldRelease {
    /// The field; `person` and `partner` stand for the person and the partner of a row.
    pub field: String,
    /// The name of the released column.
    pub released_as: String,
    /// The treatment's name.
    pub treatment: String,
    /// The treatment's own settings, as written.
    pub settings: Vec<(String, Vec<String>)>,
    /// Where it stands in the pipeline file.
    pub at: At,
}

impl FieldRelease {
    /// The person that a row is about.
    pub const PERSON: &'static str = "person";
    /// The partner that sent a row.
    pub const PARTNER: &'static str = "partner";

    /// A setting's first value.
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.settings_of(name).first().map(String::as_str)
    }

    /// A setting's values.
    pub fn settings_of(&self, name: &str) -> &[String] {
        self.settings.iter().find(|(key, _)| key == name).map_or(&[], |(_, values)| values)
    }
}

/// A return: files for one recipient.
#[derive(Debug, Clone)]
pub struct ReturnSpec {
    /// Its name, used for its folder.
    pub name: String,
    /// A title for people.
    pub title: String,
    /// The recipient's code.
    pub recipient: String,
    /// The kind of period that it is made for.
    pub kind: PeriodKind,
    /// The lawful basis on which it is sent.
    pub basis: String,
    /// The retention class of what it holds.
    pub retention: String,
    /// Whether a rejected or missing source blocks it.
    pub needs_all: bool,
    /// Its files.
    pub files: Vec<FileSpec>,
}

/// One file of a return, or one per table.
#[derive(Debug, Clone)]
pub struct FileSpec {
    /// The format's name.
    pub format: String,
    /// Its path, in which `{period}` and `{table}` are filled in.
    pub path: String,
    /// What it holds: the sheets of a workbook, the table of a text file, the tables of an extract.
    pub parts: Vec<Part>,
    /// For extracts: the path of the Data Package descriptor.
    pub datapackage: Option<String>,
    /// For extracts: the path of the codebook.
    pub codebook: Option<String>,
    /// Where it stands in the pipeline file.
    pub at: At,
}

/// A part of a file.
#[derive(Debug, Clone)]
pub enum Part {
    /// What the return is, for a reader.
    Cover(Cover),
    /// Counts of people.
    Indicators(Indicators),
    /// Rows of a table.
    Rows(Rows),
}

/// The first sheet of a workbook.
#[derive(Debug, Clone)]
pub struct Cover {
    /// The sheet's name.
    pub name: String,
    /// Labels and texts of its own, after those that every cover has.
    pub lines: Vec<(String, String)>,
    /// Notes below them.
    pub notes: Vec<String>,
}

/// A sheet of counts of people.
#[derive(Debug, Clone)]
pub struct Indicators {
    /// The sheet's name.
    pub name: String,
    /// A line above the counts.
    pub note: Option<String>,
    /// The counts, in order.
    pub rows: Vec<Indicator>,
}

/// One count of distinct people, this period and in all, perhaps broken down.
#[derive(Debug, Clone)]
pub struct Indicator {
    /// The funder's code for it.
    pub code: Option<String>,
    /// What is counted.
    pub label: String,
    /// Whose people are counted: a person in several is counted once.
    pub counts: Vec<Counted>,
    /// The target for the whole project.
    pub target: Option<u64>,
    /// Breakdowns, each over all categories of one field.
    pub by: Vec<Breakdown>,
}

/// Rows whose people are counted.
#[derive(Debug, Clone)]
pub struct Counted {
    /// The table.
    pub table: String,
    /// Which rows, as a SQL expression; all where absent.
    pub filter: Option<Placed<String>>,
}

/// A breakdown of a count.
#[derive(Debug, Clone)]
pub struct Breakdown {
    /// What it is by.
    pub label: String,
    /// The field of the people table.
    pub field: String,
    /// For dates of birth: where each age band begins, in full years at the period's last day.
    pub bands: Vec<u32>,
    /// Where it stands in the pipeline file.
    pub at: At,
}

/// Rows of a table, as released to the recipient.
#[derive(Debug, Clone)]
pub struct Rows {
    /// The sheet's name, or the table's where there is no sheet.
    pub name: String,
    /// The table.
    pub table: String,
    /// Which rows, as a SQL expression over the table's own fields; all where absent.
    pub filter: Option<Placed<String>>,
    /// Released columns in order with their headings; all of the profile's where empty.
    pub columns: Vec<ColumnSpec>,
    /// Released columns to order rows by; pseudonymised rows are always ordered by pseudonym first.
    pub order: Vec<String>,
    /// Where it stands in the pipeline file.
    pub at: At,
}

/// A column of a return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnSpec {
    /// The heading.
    pub heading: Option<String>,
    /// What stands in it.
    pub content: ColumnContent,
}

/// What stands in a column of a return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnContent {
    /// A released column, by the name it is released as.
    Released(String),
    /// The same text in every row.
    Text(String),
}

/// What a run writes besides the returns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outputs {
    /// Formats of the findings: "json", "csv".
    pub findings: Vec<String>,
    /// Columns of the findings CSV; all where empty.
    pub columns: Vec<String>,
    /// What goes back to partners.
    pub partner_files: PartnerFiles,
}

/// What goes back to partners.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartnerFiles {
    /// A findings workbook without values.
    Findings,
    /// Nothing.
    None,
}

impl Pipeline {
    /// Reads a pipeline file.
    pub fn parse(text: &str, syntax: Syntax) -> Result<Self, Vec<Mistake>> {
        read::pipeline(text, syntax)
    }

    /// The period of that label.
    pub fn period_of(&self, label: &str) -> Option<&Period> {
        self.periods.iter().find(|period| period.label == label)
    }

    /// Periods for which partners send files, in order: those that are not part of another.
    pub fn whole_periods(&self) -> impl Iterator<Item = &Period> {
        self.periods.iter().filter(|period| period.within.is_none())
    }

    /// The returns that a run over a period makes, each with the period that it is made for: the
    /// period itself, or one that is part of it.
    pub fn due<'a>(&'a self, period: &'a Period) -> Vec<(&'a ReturnSpec, &'a Period)> {
        let parts = || self.periods.iter().filter(|part| part.within.as_ref() == Some(&period.label));
        let due = |spec: &'a ReturnSpec| {
            let of_kind = move |period: &&Period| period.kind == spec.kind;
            std::iter::once(period).chain(parts()).filter(of_kind).map(move |period| (spec, period))
        };
        self.returns.iter().flat_map(due).collect()
    }

    /// The table of that name.
    pub fn table(&self, name: &str) -> Option<&TableSpec> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// The recipient of that code.
    pub fn recipient(&self, code: &str) -> Option<&Recipient> {
        self.recipients.iter().find(|recipient| recipient.code == code)
    }

    /// Partners that are in the programme at some time in a period.
    pub fn partners_in<'a>(&'a self, period: &'a Period) -> impl Iterator<Item = &'a Partner> {
        self.partners.iter().filter(|partner| {
            partner.from.is_none_or(|from| from <= period.to) && partner.to.is_none_or(|to| to >= period.from)
        })
    }
}

impl Recipient {
    /// What is released of a table.
    pub fn release_of(&self, table: &str) -> Option<&TableRelease> {
        self.release.iter().find(|release| release.table == table)
    }
}

impl Part {
    /// The names of the tables that the part draws on.
    pub fn tables(&self) -> Vec<&str> {
        match self {
            Self::Cover(_) => Vec::new(),
            Self::Indicators(indicators) => {
                indicators.rows.iter().flat_map(|row| &row.counts).map(|counted| counted.table.as_str()).collect()
            }
            Self::Rows(rows) => vec![&rows.table],
        }
    }
}
