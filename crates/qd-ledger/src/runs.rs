//! The last run of each period, and what was in force in it.

use crate::{Change, Ledger, Result, execute, rows};

/// The last run of a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The period's label.
    pub period: String,
    /// When.
    pub at: String,
    /// Who ran it, if they said so.
    pub by: Option<String>,
    /// The day on which the data was judged.
    pub as_of: String,
    /// Digest of the state that it left.
    pub state: String,
    /// Digest of the pipeline file.
    pub pipeline: String,
    /// The public id of the key.
    pub key: String,
    /// Digest of what the run knew from before: earlier periods' states and people's decisions.
    pub rests_on: String,
}

/// An explanation or a waiver that was in force in a run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct InForce {
    /// "explanation" or "waiver".
    pub kind: &'static str,
    /// The partner's code; blank where it is about all.
    pub partner: String,
    /// The table; blank where it is about none.
    pub table: String,
    /// The finding's code.
    pub code: String,
    /// The keyed digest of the record, or a row and the digest of its file; blank where it is about a
    /// column, a source or whatever comes.
    pub record: String,
    /// The reason code.
    pub reason: String,
}

impl Ledger {
    /// The last run of a period.
    pub fn run(&self, period: &str) -> Result<Option<Run>> {
        let sql = "SELECT period, at, by, as_of, state, pipeline, key, rests_on FROM runs WHERE period = ?";
        let found = rows(&self.db, sql, [period], |row| {
            Ok(Run {
                period: row.get(0)?,
                at: row.get(1)?,
                by: row.get(2)?,
                as_of: row.get(3)?,
                state: row.get(4)?,
                pipeline: row.get(5)?,
                key: row.get(6)?,
                rests_on: row.get(7)?,
            })
        })?;
        Ok(found.into_iter().next())
    }
}

impl Change {
    /// Replaces a period's last run.
    pub fn put_run(&mut self, run: &Run, in_force: &[InForce]) -> Result<()> {
        let Run { period, at, by, as_of, state, pipeline, key, rests_on } = run;
        let sql = "INSERT OR REPLACE INTO runs (period, at, by, as_of, state, pipeline, key, rests_on)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
        execute(&self.db, sql, (period, at, by, as_of, state, pipeline, key, rests_on))?;
        execute(&self.db, "DELETE FROM in_force WHERE period = ?", [period])?;
        let sql = "INSERT INTO in_force (period, kind, partner, \"table\", code, record, reason) VALUES (?, ?, ?, ?, ?, ?, ?)";
        for InForce { kind, partner, table, code, record, reason } in in_force {
            execute(&self.db, sql, (period, kind, partner, table, code, record, reason))?;
        }
        Ok(())
    }
}
