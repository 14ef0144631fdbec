//! The answer to a partner: a workbook with every finding and no value, and a message to send with it.
//!
//! A report that is answered from holds this partner's sources only, each under its file's own name.

mod book;
mod message;

pub use book::{FINDINGS, SHEETS, findings_book};
pub use message::message;

/// What an answer says besides the findings.
#[derive(Debug, Clone, Copy, Default)]
pub struct About<'a> {
    /// The programme's title.
    pub programme: &'a str,
    /// Who leads the programme, and answers.
    pub lead: &'a str,
    /// The partner's name.
    pub partner: &'a str,
    /// The name of the findings workbook, as the message calls it.
    pub workbook: &'a str,
    /// Whether all people are invented.
    pub demonstration: bool,
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
    match fix.strip_prefix("ask the partner for ") {
        Some(rest) => sentence(&format!("send us {rest}")),
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
            ("rename the heading", "Rename the heading."),
            ("is it \"Post Code\"?", "Is it \"Post Code\"?"),
            ("", ""),
        ];
        for (fix, expected) in cases {
            assert_eq!(fix_for_sender(fix), expected);
        }
    }
}
