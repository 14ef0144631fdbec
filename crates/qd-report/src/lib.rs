//! Findings on their way out: what people and machines read of a report, and what goes back to the
//! partner whose files it is about.
//!
//! Architecture invariant: a value is written only where its [`qd_model::Evidence`] shows it, and
//! never in what goes back to a partner. Nothing here knows a terminal: colours are asked for.

mod entries;
pub mod formats;
mod line;
mod page;
pub mod partner;
mod pieces;
#[cfg(test)]
mod sample;
mod uri;

pub use formats::{ALL, Colour, Extent, Format, Options, by_name};
pub use line::COLUMNS;
pub use page::{Change, Previous, ReturnLine, RunFacts, summary};
pub use partner::{About, Original, SentBack, findings_book, marked_up, message, tones};
