//! SQL row rules, filters and counts of people over typed rows: the only room that knows Polars.
//!
//! Architecture invariant: no type of Polars or of the SQL parser stands in this room's public
//! functions. Arrow arrays come in and go out; Polars borrows them in between.

mod borrow;
mod expression;
mod people;
pub mod pool;
mod rules;

pub use expression::{Constants, Expression};
pub use people::people_of;
pub use rules::{FAULT, NotJudged, Place, RowRules, RuleOutcome, Vanished, is_guarded};

use qd_model::Code;

/// The built-in codes of this room: none. A schema's own rules carry the codes that the schema
/// gives them, and are explained from the schema file.
pub static CODES: &[Code] = &[];
