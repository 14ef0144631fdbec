//! Rows of a sheet that are no records: headings that come again, and totals and notes below the
//! table.
//!
//! Nothing is left out on a guess. A row below the records is a total or a note where it says so itself
//! (`Total`, `Note: …`, `* …`), or where a sentence stands alone in it and a blank row, or a row that
//! says so, parts it from the records. A sentence that stands alone directly below the records may be one
//! of them: its row is read, and held until somebody says which it is.

use crate::block::Plan;
use arrow::array::Array;
use qd_model::{Hit, words};
use qd_table::Chunk;

/// A sentence is at least this long.
const NOTE: usize = 30;

/// How notes begin that say so themselves.
const MARKS: [&str; 13] = [
    "note",
    "notes",
    "n.b.",
    "nb",
    "source",
    "sources",
    "total",
    "totals",
    "end of",
    "prepared by",
    "generated",
    "exported",
    "printed",
];

/// What is found among the rows of a chunk.
#[derive(Default)]
pub(crate) struct Tail {
    /// Rows that are no records, each with the fault that says so.
    pub(crate) left_out: Vec<Hit>,
    /// Rows of which nobody knows, which are read.
    pub(crate) in_doubt: Vec<Hit>,
}

/// Looks for rows that are no records.
pub(crate) fn look(plan: &Plan, chunk: &Chunk, is_last: bool) -> Tail {
    // Headings say something: where numbers stand in their place, rows may well be alike.
    let are_words = plan.headings.iter().any(|heading| heading.contains(char::is_alphabetic));
    if plan.headings.len() < 2 || !are_words {
        return Tail::default();
    }
    let mut end = chunk.rows.len();
    while is_last && end > 0 && below(plan, chunk, end - 1).is_some() {
        end -= 1;
    }
    let hit = |row: usize, fault: u32| Hit { row: chunk.rows[row], fault, evidence: None };
    let again = (0..end).filter(|row| is_heading(plan, chunk, *row));
    let mut tail = Tail { left_out: again.map(|row| hit(row, plan.again)).collect(), in_doubt: Vec::new() };
    let mut is_parted = false;
    for row in end..chunk.rows.len() {
        let is_next = row == 0 || chunk.rows[row - 1] + 1 == chunk.rows[row];
        is_parted |= !is_next || below(plan, chunk, row) == Some(Below::Said);
        if is_parted {
            tail.left_out.push(hit(row, plan.below));
        } else {
            tail.in_doubt.push(hit(row, plan.lone));
        }
    }
    tail
}

/// Whether a row repeats every heading. Where files were put together, their byte order marks are between
/// the rows.
fn is_heading(plan: &Plan, chunk: &Chunk, row: usize) -> bool {
    let mut cells = plan.headings.iter().zip(&chunk.columns);
    cells.all(|(heading, column)| text(column, row).trim_start_matches('\u{feff}') == heading.as_str())
}

/// How a row at the end looks like none of the records.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Below {
    /// It says itself that it is a total or a note.
    Said,
    /// It holds a sentence and nothing else.
    Sentence,
}

/// Whether a row at the end may be a total or a note.
fn below(plan: &Plan, chunk: &Chunk, row: usize) -> Option<Below> {
    let mut filled = chunk.columns[..plan.headings.len()].iter().map(|column| text(column, row).trim());
    let first = filled.by_ref().find(|text| !text.is_empty())?;
    let folded = words::fold(first);
    if ["total", "totals", "grandtotal", "subtotal", "overalltotal"].contains(&folded.as_str()) {
        return Some(Below::Said);
    }
    let is_alone = filled.all(str::is_empty) && plan.headings.len() > 2;
    if !is_alone || !first.contains(char::is_whitespace) {
        return None;
    }
    if first.starts_with('*') || MARKS.iter().any(|mark| begins(first, mark)) {
        return Some(Below::Said);
    }
    (first.chars().count() >= NOTE && first.split_whitespace().count() > 4).then_some(Below::Sentence)
}

/// Whether a text begins with some whole words, whatever their case.
fn begins(text: &str, words: &str) -> bool {
    let head = text.get(..words.len()).is_some_and(|head| head.eq_ignore_ascii_case(words));
    head && !text[words.len()..].starts_with(char::is_alphanumeric)
}

fn text(column: &qd_table::TextColumn, row: usize) -> &str {
    if column.text.is_valid(row) { column.text.value(row) } else { "" }
}
