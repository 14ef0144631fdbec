//! Counts of people and their breakdowns.

use super::read::placed;
use crate::document::{Node, Table};
use crate::mistake::{At, Mistake, Mistakes};
use crate::schema::Placed;

/// A sheet of counts of people.
#[derive(Debug, Clone)]
pub struct Indicators {
    /// The sheet's name.
    pub name: String,
    /// A line above the counts.
    pub note: Option<String>,
    /// The counts, in order.
    pub rows: Vec<Indicator>,
    /// In a template: the names of cells, and the figure that each one gets.
    pub cells: Vec<NamedFigure>,
    /// How the counts are laid out.
    pub arrangement: Arrangement,
}

/// How counts are laid out on their sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrangement {
    /// A line for each count and each category of its breakdowns, this period and so far.
    Lines,
    /// The one count by its first breakdown down the sheet and by its second across, over one span.
    TwoWay(Span),
}

/// Over what people are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// The period.
    Period,
    /// The project up to the period's end.
    Project,
}

/// A figure for a cell of a template.
#[derive(Debug, Clone)]
pub struct NamedFigure {
    /// The cell's name.
    pub name: String,
    /// The indicator: its code or label.
    pub of: String,
    /// One line of a breakdown, as a workbook of ours labels it ("Sex: Female"); the whole where absent.
    pub part: Option<String>,
    /// Which of the line's figures.
    pub column: FigureColumn,
    /// Where it stands in the pipeline file.
    pub at: At,
}

/// One of the figures of a line of counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FigureColumn {
    /// The count in the period.
    ThisPeriod,
    /// The count up to the period's end.
    Cumulative,
    /// The share in the period.
    ThisPeriodShare,
    /// The share up to the period's end.
    CumulativeShare,
    /// The mean in the period.
    ThisPeriodMean,
    /// The mean up to the period's end.
    CumulativeMean,
    /// The target.
    Target,
}

impl FigureColumn {
    /// The words of pipeline files.
    pub(super) const WORDS: [(&'static str, Self); 7] = [
        ("this-period", Self::ThisPeriod),
        ("cumulative", Self::Cumulative),
        ("this-period-share", Self::ThisPeriodShare),
        ("cumulative-share", Self::CumulativeShare),
        ("this-period-mean", Self::ThisPeriodMean),
        ("cumulative-mean", Self::CumulativeMean),
        ("target", Self::Target),
    ];

    /// The name of the column in a table of counts.
    pub fn name(self) -> &'static str {
        match self {
            Self::ThisPeriod => "this_period",
            Self::Cumulative => "cumulative",
            Self::ThisPeriodShare => "this_period_share",
            Self::CumulativeShare => "cumulative_share",
            Self::ThisPeriodMean => "this_period_mean",
            Self::CumulativeMean => "cumulative_mean",
            Self::Target => "target",
        }
    }
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
    /// The indicator of which this one is shown as a share as well: its code or label.
    pub share_of: Option<Placed<String>>,
    /// A number of which the mean over the people counted is shown as well.
    pub mean: Option<Mean>,
}

/// A mean over the people of a count.
#[derive(Debug, Clone)]
pub struct Mean {
    /// What it is the mean of, for the heading.
    pub label: String,
    /// The table; each person's first row counts.
    pub table: String,
    /// Its number field.
    pub field: String,
    /// To how many decimals it is rounded.
    pub decimals: u32,
    /// Where it stands in the pipeline file.
    pub at: At,
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
    /// The table whose rows say it, where that is not the people table.
    pub table: Option<String>,
    /// The field.
    pub field: String,
    /// Whether a person is in one category or may be in several.
    pub dimension: Dimension,
    /// Categories that nobody can be in here.
    pub not_applicable: Vec<String>,
    /// For dates of birth: where each age band begins, in full years at the period's last day.
    pub bands: Vec<u32>,
    /// Where it stands in the pipeline file.
    pub at: At,
}

/// How the categories of a breakdown lie to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    /// A person is in one of them, so that they add up to the total.
    Additive,
    /// A person is in each that any of their rows names, so that they may add up to more.
    Overlapping,
}

pub(super) fn indicator(node: &Node, mistakes: &Mistakes) -> Option<Indicator> {
    let table = Table::open(node, "an indicator", mistakes)?;
    let indicator = Indicator {
        code: table.text("code").map(str::to_owned),
        label: table.required_text("label")?.to_owned(),
        counts: counts(&table),
        target: table.whole("target"),
        by: table.list("by").iter().filter_map(|node| breakdown(node, mistakes)).collect(),
        share_of: placed(&table, "share_of"),
        mean: table.node("mean").and_then(|node| mean(node, mistakes)),
    };
    table.finish();
    Some(indicator)
}

/// A count by two breakdowns at once.
pub(super) fn two_way(table: &Table<'_>) -> Option<Indicators> {
    let (label, counts) = (table.required_text("label").map(str::to_owned), counts(table));
    let [down, across] = ["down", "across"].map(|name| {
        let node = table.node(name);
        if node.is_none() {
            let mistake = Mistake::new(table.at, format!("a two-way table needs `{name}`: what it is broken down by"));
            table.mistake(mistake.hint(format!("write {name} = {{ label = \"Sex\", field = \"sex\" }}")));
        }
        node.and_then(|node| breakdown(node, table.mistakes()))
    });
    let span = table.word("over", &[("period", Span::Period), ("project", Span::Project)]).unwrap_or(Span::Period);
    let (name, note) = (table.text("name").map(str::to_owned), table.text("note").map(str::to_owned));
    let (label, by) = (label?, vec![down?, across?]);
    let name = name.unwrap_or_else(|| label.clone());
    let row = Indicator { code: None, label, counts, target: None, by, share_of: None, mean: None };
    Some(Indicators { name, note, rows: vec![row], cells: Vec::new(), arrangement: Arrangement::TwoWay(span) })
}

/// Whose people are counted.
fn counts(table: &Table<'_>) -> Vec<Counted> {
    let counted = |node: &Node| {
        let table = Table::open(node, "what an indicator counts", table.mistakes())?;
        let counted = Counted { table: table.required_text("table")?.to_owned(), filter: placed(&table, "where") };
        table.finish();
        Some(counted)
    };
    let counts: Vec<Counted> = table.list("counts").iter().filter_map(counted).collect();
    if counts.is_empty() {
        table.mistake(Mistake::new(table.at, "an indicator needs `counts`: the tables whose people it counts"));
    }
    counts
}

fn breakdown(node: &Node, mistakes: &Mistakes) -> Option<Breakdown> {
    let table = Table::open(node, "a breakdown", mistakes)?;
    let bands = table.texts("bands").unwrap_or_default();
    let dimensions = [("additive", Dimension::Additive), ("overlapping", Dimension::Overlapping)];
    let breakdown = Breakdown {
        label: table.required_text("label")?.to_owned(),
        table: table.text("table").map(str::to_owned),
        field: table.required_text("field")?.to_owned(),
        dimension: table.word("dimension", &dimensions).unwrap_or(Dimension::Additive),
        not_applicable: table.texts("not_applicable").unwrap_or_default(),
        bands: bands.iter().filter_map(|band| band.parse().ok()).collect(),
        at: node.at.clone(),
    };
    if breakdown.bands.len() != bands.len() || !breakdown.bands.is_sorted_by(|a, b| a < b) {
        table.mistake(Mistake::new(&node.at, "`bands` must be whole ages in rising order"));
    }
    if breakdown.table.is_some() && breakdown.dimension == Dimension::Additive {
        let what = "a breakdown by another table's rows is overlapping: a person may have several of them";
        table.mistake(Mistake::new(&node.at, what).hint("write dimension = \"overlapping\""));
    }
    table.finish();
    Some(breakdown)
}

fn mean(node: &Node, mistakes: &Mistakes) -> Option<Mean> {
    let table = Table::open(node, "a mean", mistakes)?;
    let mean = Mean {
        label: table.required_text("label")?.to_owned(),
        table: table.required_text("table")?.to_owned(),
        field: table.required_text("field")?.to_owned(),
        decimals: table.whole("decimals").unwrap_or(0).min(3) as u32,
        at: node.at.clone(),
    };
    table.finish();
    Some(mean)
}
