//! A pipeline: one programme's periods, tables, partners, people, recipients and returns. Everything
//! that a programme is stands in its pipeline file and its schemas, and nothing of it in Rust.

mod contacts;
mod indicators;
mod outputs;
mod partners;
mod people;
mod periods;
mod protection;
mod read;
mod recipients;
mod references;
mod returns;
mod seal;
mod waivers;

pub use contacts::{Consent, Contacts, LeaveOut};
pub use indicators::{
    Arrangement, Breakdown, Counted, Dimension, FigureColumn, Indicator, Indicators, Mean, NamedFigure, Span,
};
pub use outputs::{Keep, Outputs, PartnerFiles};
pub use partners::{Coverage, Declaration, DeclaredState, Layout, Partner, SourceSpec, WidePart};
pub use people::{People, Strong};
pub use protection::{Below, CountRule, Floor, Totals, Zeros};
pub use recipients::{FieldRelease, Recipient, TableRelease};
pub use returns::{ColumnContent, ColumnSpec, Cover, FileSpec, Open, Part, ReturnSpec, Rows};
pub use seal::Seal;

pub use waivers::{WaivedRows, Waiver};

use crate::Syntax;
use crate::code::Severity;
use crate::mistake::{At, Mistake};
use crate::period::Period;
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
    /// Findings that have been agreed to pass for a time.
    pub waivers: Vec<Waiver>,
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
    /// A file with the people the use of whose data is restricted, relative to the pipeline file.
    pub restricted: Option<String>,
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

/// Whether a run is the one that ends the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProjectEnd {
    /// One period among others.
    #[default]
    Ahead,
    /// The last: final returns are made too.
    Reached,
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

    /// Whole periods of the same kind before a period, oldest first.
    pub fn before(&self, period: &Period) -> Vec<&Period> {
        let is_before = |other: &&Period| other.kind == period.kind && other.to < period.from;
        let mut before: Vec<&Period> = self.whole_periods().filter(is_before).collect();
        before.sort_by_key(|period| period.from);
        before
    }

    /// The returns that a run over a period makes, each with the period that it is made for: the
    /// period itself, or one that is part of it. Those of the whole project are due at its end only.
    pub fn due<'a>(&'a self, period: &'a Period, end: ProjectEnd) -> Vec<(&'a ReturnSpec, &'a Period)> {
        let parts = || self.periods.iter().filter(|part| part.within.as_ref() == Some(&period.label));
        let due = |spec: &'a ReturnSpec| {
            let of_kind = move |period: &&Period| period.kind == spec.kind;
            std::iter::once(period).chain(parts()).filter(of_kind).map(move |period| (spec, period))
        };
        let is_due = |spec: &&ReturnSpec| !spec.is_final || end == ProjectEnd::Reached;
        self.returns.iter().filter(is_due).flat_map(due).collect()
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
