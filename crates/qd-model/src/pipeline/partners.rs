//! Partners, what is expected from them, and what they declared.

use super::read::{code, pairs};
use super::seal::{Seal, seal};
use crate::document::{Node, Table};
use crate::mistake::{At, Mistake, Mistakes};
use crate::words;
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
    /// How what holds its own data is sealed on the way back to it, if it is.
    pub seal: Option<Seal>,
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
    /// Where the table stands, where its headings alone do not tell.
    pub layout: Layout,
    /// Which periods' rows it holds.
    pub coverage: Coverage,
    /// Where it stands in the pipeline file.
    pub at: At,
}

/// Which periods' rows a source holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Coverage {
    /// The rows of the period.
    #[default]
    Period,
    /// The rows of all periods: one sheet that grows.
    Cumulative,
}

/// Where a source's table stands on its sheet, and which of its columns repeat.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    /// Cells (`B4:H200`), or the name of an Excel table or of a named range.
    pub range: Option<String>,
    /// In how many rows the headings stand; each column's are joined.
    pub heading_rows: Option<u32>,
    /// The words in the rows before and after the table.
    pub between: Option<(String, String)>,
    /// Fields with one value for all rows.
    pub set: Vec<(String, String)>,
    /// Parts of a wide table: each row gives a row for each part of which a column is filled.
    pub unfold: Vec<WidePart>,
}

/// One part of a wide table: the columns of which the headings begin or end alike.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WidePart {
    /// What the part's headings end with, beyond a field's own heading.
    pub suffix: String,
    /// What they begin with.
    pub prefix: String,
    /// Fields with one value for all rows of this part.
    pub set: Vec<(String, String)>,
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
        seal: seal(&table),
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
        layout: layout(&table),
        coverage: table
            .word("coverage", &[("period", Coverage::Period), ("cumulative", Coverage::Cumulative)])
            .unwrap_or_default(),
        at: node.at.clone(),
        table: name?,
        file: file?,
    };
    table.finish();
    Some(source)
}

fn layout(table: &Table<'_>) -> Layout {
    let at = |name| table.node(name).map_or(table.at, |node| &node.at);
    let heading_rows = table.whole("heading_rows");
    if heading_rows.is_some_and(|rows| !(1..=10).contains(&rows)) {
        table.mistake(Mistake::new(at("heading_rows"), "`heading_rows` must be from 1 to 10"));
    }
    let between = table.texts("between").and_then(|words| {
        let pair = <[String; 2]>::try_from(words).ok();
        if pair.is_none() {
            let mistake = Mistake::new(at("between"), "`between` must be two texts");
            table.mistake(mistake.hint("write the words of the row before the table, and of the row after it"));
        }
        pair.map(|[first, last]| (first, last))
    });
    Layout {
        range: table.text("range").map(str::to_owned),
        heading_rows: heading_rows.map(|rows| rows as u32),
        between,
        set: pairs(table, "set"),
        unfold: table.list("unfold").iter().filter_map(|node| wide_part(node, table.mistakes())).collect(),
    }
}

fn wide_part(node: &Node, mistakes: &Mistakes) -> Option<WidePart> {
    let table = Table::open(node, "a part of `unfold`", mistakes)?;
    let part = WidePart {
        suffix: table.text("suffix").unwrap_or_default().to_owned(),
        prefix: table.text("prefix").unwrap_or_default().to_owned(),
        set: pairs(&table, "set"),
    };
    if words::fold(&part.suffix).is_empty() && words::fold(&part.prefix).is_empty() {
        let mistake = Mistake::new(&node.at, "a part of `unfold` needs a `suffix` or a `prefix`");
        mistakes.push(mistake.hint("for example { suffix = \"2\" } for the headings \"Course 2\" and \"Started 2\""));
    }
    table.finish();
    Some(part)
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
