//! Every source that was received, and which one superseded it.

use crate::{Change, Ledger, Result, execute, rows};

/// A source as it is received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The period's label.
    pub period: String,
    /// The partner's code.
    pub partner: String,
    /// The table.
    pub table: String,
    /// Its public name.
    pub source: String,
    /// The file's own name.
    pub file: String,
    /// Digest of its bytes.
    pub digest: String,
}

/// A source that was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The source.
    pub submission: Submission,
    /// When a run first saw it.
    pub at: String,
    /// Whether a newer one took its place.
    pub is_superseded: bool,
    /// What changed since the one before it, as JSON; absent for the first.
    pub changes: Option<String>,
}

impl Ledger {
    /// Everything that was received for a period, by partner, table and order of arrival.
    pub fn received(&self, period: &str) -> Result<Vec<Received>> {
        let sql = "SELECT partner, \"table\", source, file, digest, received, superseded_by IS NOT NULL, changes
                   FROM submissions WHERE period = ? ORDER BY partner, \"table\", id";
        rows(&self.db, sql, [period], |row| {
            Ok(Received {
                submission: Submission {
                    period: period.to_owned(),
                    partner: row.get(0)?,
                    table: row.get(1)?,
                    source: row.get(2)?,
                    file: row.get(3)?,
                    digest: row.get(4)?,
                },
                at: row.get(5)?,
                is_superseded: row.get(6)?,
                changes: row.get(7)?,
            })
        })
    }
}

impl Change {
    /// Takes a source in. The one that held its partner's table until now is superseded; the same
    /// bytes again are nothing new.
    pub fn receive(&mut self, at: &str, submission: &Submission, changes: Option<&str>) -> Result<()> {
        let Submission { period, partner, table, source, file, digest } = submission;
        let sql = "SELECT id, digest FROM submissions
                   WHERE period = ? AND partner = ? AND \"table\" = ? AND superseded_by IS NULL ORDER BY id DESC";
        let current: Vec<(i64, String)> =
            rows(&self.db, sql, (period, partner, table), |row| Ok((row.get(0)?, row.get(1)?)))?;
        if current.iter().any(|(_, other)| other == digest) {
            return Ok(());
        }
        let sql = "INSERT INTO submissions (period, partner, \"table\", source, file, digest, received, changes)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
        execute(&self.db, sql, (period, partner, table, source, file, digest, at, changes))?;
        let new = self.db.last_insert_rowid();
        for (old, _) in current {
            execute(&self.db, "UPDATE submissions SET superseded_by = ? WHERE id = ?", (new, old))?;
        }
        Ok(())
    }
}
