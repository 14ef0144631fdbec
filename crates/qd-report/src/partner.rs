//! The answer to a partner: a workbook with every finding and no value, or the partner's own workbook
//! with its cells marked, and a message to send with it.
//!
//! A report that is answered from holds this partner's sources only, each under its file's own name.

mod book;
mod marked;
mod message;

pub use book::{SHEETS, findings_book};
pub use marked::{Original, marked_up, tones};
pub use message::message;

use qd_model::answer::Mark;
use qd_model::report::Report;

/// What an answer says besides the findings.
#[derive(Debug, Clone, Copy, Default)]
pub struct About<'a> {
    /// The programme's title.
    pub programme: &'a str,
    /// The pipeline's name.
    pub pipeline: &'a str,
    /// Who leads the programme, and answers.
    pub lead: &'a str,
    /// The partner's name.
    pub partner: &'a str,
    /// The partner's code.
    pub code: &'a str,
    /// The name of the findings workbook, as the message calls it.
    pub workbook: &'a str,
    /// The name of the file that holds the partner's own files with their cells marked, sealed for it;
    /// blank where there is none.
    pub sealed: &'a str,
    /// Whether all people are invented.
    pub demonstration: bool,
    /// The findings that the partner had in hand when it sent these files.
    pub sent_back: &'a [SentBack],
    /// The reason codes that are offered for a query.
    pub reasons: &'a [String],
}

/// A finding that a partner had in hand: what tells it from others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SentBack {
    /// Its code.
    pub rule: String,
    /// The table.
    pub table: String,
    /// The keyed digest of the record key; blank where there is none.
    pub record: String,
    /// The cell, row or column.
    pub place: String,
}

impl About<'_> {
    /// The mark by which our sheets are known when they come back.
    fn mark(&self, report: &Report) -> Mark {
        Mark {
            programme: self.pipeline.to_owned(),
            period: report.period.as_ref().map_or(String::new(), |period| period.label.clone()),
            partner: self.code.to_owned(),
        }
    }
}

/// What stands on every sheet of a demonstration.
const DEMONSTRATION: &str = "Demonstration: invented people";

/// What to do, in words for the sender: what the analyst is told is told to the partner directly.
fn fix_for_sender(fix: &str) -> String {
    // What only the lead can do is not asked of the sender.
    let is_for_lead = |clause: &&str| clause.contains("pipeline") || clause.contains("partner's format");
    let clauses: Vec<&str> = fix.split(", or ").filter(|clause| !is_for_lead(clause)).collect();
    let joined = clauses.join(", or ");
    let fix = if joined.is_empty() && !fix.is_empty() { "ask us" } else { joined.as_str() };
    if let Some(rest) = fix.strip_prefix("ask the partner to ") {
        return sentence(&rest.replace("their own ", "your own ").replace("their records", "your records"));
    }
    if let Some(rest) = fix.strip_prefix("ask the partner for ") {
        return sentence(&format!("send us {rest}"));
    }
    match fix.strip_prefix("ask the partner ") {
        Some(rest) => sentence(&format!("tell us {rest}")),
        None => sentence(fix),
    }
}

/// The words with a capital and a full stop.
fn sentence(words: &str) -> String {
    let words = words.trim();
    let mut characters = words.chars();
    let Some(first) = characters.next() else { return String::new() };
    let stop = if words.ends_with(['.', '?', ':']) { "" } else { "." };
    first.to_uppercase().chain(characters).collect::<String>() + stop
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_do_is_told_to_the_sender() {
        let cases = [
            (
                "ask the partner to correct these dates against their own records",
                "Correct these dates against your own records.",
            ),
            ("ask the partner for the workbook itself", "Send us the workbook itself."),
            ("ask the partner which row is meant", "Tell us which row is meant."),
            ("rename the heading", "Rename the heading."),
            ("is it \"Post Code\"?", "Is it \"Post Code\"?"),
            ("", ""),
        ];
        for (fix, expected) in cases {
            assert_eq!(fix_for_sender(fix), expected);
        }
    }
}
