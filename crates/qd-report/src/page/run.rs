//! What only a run knows: its returns, and what changed since the period before.

use super::{Section, number, table};
use maud::html;
use qd_model::words;

/// A run, for its internal page.
#[derive(Debug, Clone, Default)]
pub struct RunFacts<'a> {
    /// The programme's title.
    pub title: &'a str,
    /// Whether all people are invented.
    pub demonstration: bool,
    /// People in the period, and in all periods so far where that is known.
    pub people: (u64, Option<u64>),
    /// The returns, in the order of the pipeline; empty where only the period's state was made.
    pub returns: Vec<ReturnLine>,
    /// What the period before had, where that is known.
    pub previous: Option<Previous>,
}

/// One return.
#[derive(Debug, Clone)]
pub struct ReturnLine {
    /// Its name.
    pub name: String,
    /// The recipient's code.
    pub recipient: String,
    /// People in it.
    pub people: u64,
    /// Rows in it.
    pub rows: u64,
    /// Files in it.
    pub files: u64,
    /// What would unblock it; empty where it was written.
    pub blocked: Vec<String>,
}

/// The period before.
#[derive(Debug, Clone)]
pub struct Previous {
    /// Its label.
    pub label: String,
    /// People in it.
    pub people: u64,
    /// Accepted rows then and now.
    pub lines: Vec<Change>,
}

/// Accepted rows of one partner's table, then and now.
#[derive(Debug, Clone)]
pub struct Change {
    /// The partner's code.
    pub partner: String,
    /// The table.
    pub table: String,
    /// Rows then.
    pub before: u64,
    /// Rows now.
    pub now: u64,
}

pub(super) fn returns(run: &RunFacts<'_>) -> Section {
    let (now, so_far) = run.people;
    let rows = html! {
        @for line in &run.returns {
            tr {
                th scope="row" { (line.name) }
                td { (line.recipient) }
                @if line.blocked.is_empty() {
                    @for count in [line.people, line.rows, line.files] { td class="number" { (number(count)) } }
                    td { "written" }
                } @else {
                    @for _ in 0..3 { td class="number" { (number(0)) } }
                    td { strong { "blocked" } ": " (line.blocked.join("; ")) }
                }
            }
        }
    };
    let content = html! {
        p {
            (words::count(now as usize, "person")) " this period"
            @match so_far {
                Some(all) => { ", " (words::thousands(all)) " in the project so far." }
                None if run.returns.is_empty() => { "." }
                None => { "; how many in the project so far is not known, since an earlier period is missing." }
            }
        }
        @if run.returns.is_empty() {
            p { "No returns were made with this page: they are made when the period itself is run." }
        } @else {
            (table("Returns with their counts", &["Return", "To", "People", "Rows", "Files", "State"], &rows))
        }
    };
    Section { id: "returns", title: "Returns", content }
}

pub(super) fn change(previous: &Previous) -> Section {
    let rows = html! {
        @for line in &previous.lines {
            tr {
                th scope="row" { (line.partner) }
                td { (line.table) }
                td class="number" { (number(line.before)) }
                td class="number" { (number(line.now)) }
                td class="number" { (difference(line.before, line.now)) }
            }
        }
    };
    let content = html! {
        p { (words::count(previous.people as usize, "person")) " in " (previous.label) "." }
        (table(
            &format!("Accepted rows, beside those of {}", previous.label),
            &["Partner", "Table", "Before", "Now", "Change"],
            &rows,
        ))
    };
    Section { id: "change", title: "Change since the period before", content }
}

/// "+105", "−3", "0": with the sign that people write.
fn difference(before: u64, now: u64) -> String {
    match now.cmp(&before) {
        std::cmp::Ordering::Greater => format!("+{}", words::thousands(now - before)),
        std::cmp::Ordering::Equal => "0".to_owned(),
        std::cmp::Ordering::Less => format!("−{}", words::thousands(before - now)),
    }
}
