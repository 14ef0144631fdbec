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

pub(super) fn indicator(node: &Node, mistakes: &Mistakes) -> Option<Indicator> {
    let table = Table::open(node, "an indicator", mistakes)?;
    let counted = |node: &Node| {
        let table = Table::open(node, "what an indicator counts", mistakes)?;
        let counted = Counted { table: table.required_text("table")?.to_owned(), filter: placed(&table, "where") };
        table.finish();
        Some(counted)
    };
    let breakdown = |node: &Node| {
        let table = Table::open(node, "a breakdown", mistakes)?;
        let bands = table.texts("bands").unwrap_or_default();
        let breakdown = Breakdown {
            label: table.required_text("label")?.to_owned(),
            field: table.required_text("field")?.to_owned(),
            bands: bands.iter().filter_map(|band| band.parse().ok()).collect(),
            at: node.at.clone(),
        };
        if breakdown.bands.len() != bands.len() || !breakdown.bands.is_sorted() {
            table.mistake(Mistake::new(&node.at, "`bands` must be whole ages in rising order"));
        }
        table.finish();
        Some(breakdown)
    };
    let indicator = Indicator {
        code: table.text("code").map(str::to_owned),
        label: table.required_text("label")?.to_owned(),
        counts: table.list("counts").iter().filter_map(counted).collect(),
        target: table.whole("target"),
        by: table.list("by").iter().filter_map(breakdown).collect(),
    };
    if indicator.counts.is_empty() {
        table.mistake(Mistake::new(&node.at, "an indicator needs `counts`: the tables whose people it counts"));
    }
    table.finish();
    Some(indicator)
}
