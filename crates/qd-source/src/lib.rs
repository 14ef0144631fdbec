//! A partner's file, as text cells with their places: which format it is, where its table stands,
//! which column is which field, and then its rows, block by block, fast and in bounded memory.
//!
//! Architecture invariant: bad data is not an error. [`open`] always answers, with a [`Source`] whose
//! rows can be read or with a [`Rejection`] that says why not. Libraries that parse files enter here
//! and nowhere else, and a panic in one of them becomes that file's finding. Cells of a column that
//! no field claims never leave this room.

#![cfg_attr(test, allow(clippy::unwrap_used))] // A test that cannot go on may stop.

mod apart;
mod block;
mod choose;
mod codes;
mod digest;
mod faults;
mod formats;
mod guard;
mod headings;
mod layout;
mod own;
mod place;
mod sample;
mod source;
mod tail;
#[cfg(test)]
mod tests;
mod watch;
mod whole;

pub use apart::{CHILD, read_apart, serve};
pub use block::{Block, Blocks, ReadBlock};
pub use codes::CODES;
pub use digest::digest;
pub use formats::limits::raise_limits;
pub use guard::is_guarded;
pub use own::{AnswerLine, answers, is_answer, own_sheets};
pub use place::Place;
pub use source::{Look, Opened, Rejection, Request, Source, open, open_to_judge};
pub use whole::{Unreadable, Whole, WholeSheet, whole};
