//! Rows of a sheet that are no records: headings that come again, and totals and notes below the
//! table.

use crate::block::Plan;
use arrow::array::Array;
use qd_model::{Hit, words};
use qd_table::Chunk;

/// A note is at least this long, unless it begins as one.
const NOTE: usize = 30;

/// The rows of a chunk that are no records, each with the fault that says so.
pub(crate) fn left_out(plan: &Plan, chunk: &Chunk, is_last: bool) -> Vec<Hit> {
    // Headings say something: where numbers stand in their place, rows may well be alike.
    let are_words = plan.headings.iter().any(|heading| heading.contains(char::is_alphabetic));
    if plan.headings.len() < 2 || !are_words {
        return Vec::new();
    }
    let mut hits = Vec::new();
    let mut end = chunk.rows.len();
    while is_last && end > 0 && is_below(plan, chunk, end - 1) {
        end -= 1;
        hits.push(Hit { row: chunk.rows[end], fault: plan.below, evidence: None });
    }
    let again = (0..end).filter(|row| is_heading(plan, chunk, *row));
    hits.extend(again.map(|row| Hit { row: chunk.rows[row], fault: plan.again, evidence: None }));
    hits
}

/// Whether a row repeats every heading.
fn is_heading(plan: &Plan, chunk: &Chunk, row: usize) -> bool {
    let mut cells = plan.headings.iter().zip(&chunk.columns);
    cells.all(|(heading, column)| text(column, row) == heading.as_str())
}

/// Whether a row at the end is a total or a note.
fn is_below(plan: &Plan, chunk: &Chunk, row: usize) -> bool {
    let mut filled = chunk.columns[..plan.headings.len()].iter().map(|column| text(column, row).trim());
    let Some(first) = filled.by_ref().find(|text| !text.is_empty()) else { return false };
    let folded = words::fold(first);
    if ["total", "totals", "grandtotal", "subtotal", "overalltotal"].contains(&folded.as_str()) {
        return true;
    }
    let is_alone = filled.all(str::is_empty) && plan.headings.len() > 2;
    let begins = ["note", "source", "total", "endof", "preparedby", "generated", "exported", "printed"];
    let is_marked = first.starts_with('*') || begins.iter().any(|word| folded.starts_with(word));
    let is_sentence = first.chars().count() >= NOTE && first.split_whitespace().count() > 4;
    is_alone && first.contains(char::is_whitespace) && (is_marked || is_sentence)
}

fn text(column: &qd_table::TextColumn, row: usize) -> &str {
    if column.text.is_valid(row) { column.text.value(row) } else { "" }
}
