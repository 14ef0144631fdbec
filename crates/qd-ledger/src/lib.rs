//! The ledger of one programme: who is who, what was received, decided, drafted and sent, and a log in
//! which each entry carries the digest of the one before.
//!
//! It is one `SQLite` file that never leaves. Nobody changes it in place: a run copies it
//! ([`Ledger::copy`]), changes the copy in one transaction ([`Change::finish`]), and puts the copy in
//! place together with everything else that the run made. So a run that dies leaves the ledger that
//! was there before, and a copy of the file is always whole.
//!
//! Architecture invariant: the clock is told from outside, and what a return holds never depends on
//! when something was written here.

mod drafts;
mod file;
mod links;
mod log;
mod migrations;
mod people;
mod refuse;
mod runs;
mod submissions;

pub use drafts::{Draft, Version};
pub use file::Change;
pub use links::{Decision, Verdict};
pub use log::{Entry, LogFault};
pub use people::{Identity, IdentityChange, PeriodPeople};
pub use runs::{InForce, Run};
pub use submissions::{Received, Submission};

use rusqlite::Connection;

/// The name of the file in a programme's private folder.
pub const FILE: &str = "ledger.sqlite";

/// A ledger that is read.
pub struct Ledger {
    db: Connection,
}

/// What this room answers: a refusal that says what to do, or the thing.
type Result<T> = std::result::Result<T, qd_model::Refusal>;

/// Runs a statement that asks for rows, and collects what is made of each.
fn rows<T>(
    db: &Connection,
    sql: &str,
    parameters: impl rusqlite::Params,
    make: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>> {
    let found = db
        .prepare_cached(sql)
        .and_then(|mut statement| statement.query_map(parameters, make)?.collect::<rusqlite::Result<Vec<T>>>());
    found.map_err(|error| refuse::database(&error))
}

/// Runs a statement that changes something.
fn execute(db: &Connection, sql: &str, parameters: impl rusqlite::Params) -> Result<()> {
    let done = db.prepare_cached(sql).and_then(|mut statement| statement.execute(parameters));
    done.map(|_| ()).map_err(|error| refuse::database(&error))
}

#[cfg(test)]
mod tests;
