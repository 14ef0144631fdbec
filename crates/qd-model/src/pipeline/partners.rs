//! Partners, what is expected from them, and what they declared.

use super::read::{code, pairs};
use crate::document::{Node, Table};
use crate::mistake::{At, Mistakes};
use jiff::civil::Date;

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
    /// Whether there is a way to it that is safe for personal data.
    pub secure_transfer: bool,
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

pub(super) fn partner(node: &Node, mistakes: &Mistakes) -> Option<Partner> {
    let table = Table::open(node, "a partner", mistakes)?;
    let partner = Partner {
        name: table.required_text("name").unwrap_or_default().to_owned(),
        from: table.date("from"),
        to: table.date("to"),
        secure_transfer: table.flag("secure_transfer").unwrap_or_default(),
        sources: table.list("sources").iter().filter_map(|node| source(node, mistakes)).collect(),
        code: code(&table)?,
    };
    table.finish();
    Some(partner)
}

fn source(node: &Node, mistakes: &Mistakes) -> Option<SourceSpec> {
    let table = Table::open(node, "a source", mistakes)?;
    let name = table.required_text("table").map(str::to_owned);
    let file = table.required_text("file").map(str::to_owned);
    let source = SourceSpec {
        sheet: table.text("sheet").map(str::to_owned),
        headings: pairs(&table, "headings"),
        formats: pairs(&table, "formats"),
        at: node.at.clone(),
        table: name?,
        file: file?,
    };
    table.finish();
    Some(source)
}

pub(super) fn declaration(node: &Node, mistakes: &Mistakes) -> Option<Declaration> {
    let table = Table::open(node, "a declaration", mistakes)?;
    let (partner, name) = (table.required_text("partner"), table.required_text("table"));
    let (period, by) = (table.required_text("period"), table.required_text("by"));
    table.required("state");
    table.required("date");
    let state = table.word("state", &[("nil", DeclaredState::Nil), ("late", DeclaredState::Late)]);
    let date = table.date("date");
    table.finish();
    Some(Declaration {
        partner: partner?.to_owned(),
        table: name?.to_owned(),
        period: period?.to_owned(),
        state: state?,
        by: by?.to_owned(),
        date: date?,
    })
}
