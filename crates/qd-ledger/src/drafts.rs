//! What the last run of each period drafted, and every version that was sent.

use crate::{Change, Ledger, Result, execute, rows};

/// A return that the last run of a period drafted, or could not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The return's name.
    pub name: String,
    /// The recipient's code.
    pub recipient: String,
    /// Digest of its manifest; absent where it was blocked.
    pub manifest: Option<String>,
    /// Digests of those of its files that will be others when it is sent, as JSON by path.
    pub finals: String,
    /// Why it was blocked, in words; empty if it was not.
    pub blocked: String,
}

/// A return as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The period's label.
    pub period: String,
    /// The return's name.
    pub name: String,
    /// Counted from 1.
    pub version: u32,
    /// The recipient's code.
    pub recipient: String,
    /// Digest of its manifest.
    pub manifest: String,
    /// Digest of the state that it was made from.
    pub state: String,
    /// Digest of the figures that it released, where it has any.
    pub figures: Option<String>,
    /// Who ran it.
    pub prepared_by: String,
    /// Who sent it.
    pub sent_by: String,
    /// When it was sent.
    pub at: String,
}

impl Ledger {
    /// What the last run of a period drafted, by name.
    pub fn drafts(&self, period: &str) -> Result<Vec<Draft>> {
        let sql = "SELECT name, recipient, manifest, finals, blocked FROM drafts WHERE period = ? ORDER BY name";
        rows(&self.db, sql, [period], |row| {
            Ok(Draft {
                name: row.get(0)?,
                recipient: row.get(1)?,
                manifest: row.get(2)?,
                finals: row.get(3)?,
                blocked: row.get(4)?,
            })
        })
    }

    /// Every version that was sent, by period, name and number.
    pub fn versions(&self) -> Result<Vec<Version>> {
        let sql = "SELECT period, name, version, recipient, manifest, state, figures, prepared_by, sent_by, at
                   FROM versions ORDER BY period, name, version";
        rows(&self.db, sql, [], |row| {
            Ok(Version {
                period: row.get(0)?,
                name: row.get(1)?,
                version: row.get(2)?,
                recipient: row.get(3)?,
                manifest: row.get(4)?,
                state: row.get(5)?,
                figures: row.get(6)?,
                prepared_by: row.get(7)?,
                sent_by: row.get(8)?,
                at: row.get(9)?,
            })
        })
    }

    /// The version of a return that was sent last.
    pub fn last_sent(&self, period: &str, name: &str) -> Result<Option<Version>> {
        let versions = self.versions()?;
        Ok(versions.into_iter().rfind(|version| version.period == period && version.name == name))
    }
}

impl Change {
    /// Replaces what the last run of a period drafted.
    pub fn put_drafts(&mut self, period: &str, drafts: &[Draft]) -> Result<()> {
        execute(&self.db, "DELETE FROM drafts WHERE period = ?", [period])?;
        let sql = "INSERT INTO drafts (period, name, recipient, manifest, finals, blocked) VALUES (?, ?, ?, ?, ?, ?)";
        for Draft { name, recipient, manifest, finals, blocked } in drafts {
            execute(&self.db, sql, (period, name, recipient, manifest, finals, blocked))?;
        }
        Ok(())
    }

    /// Adds a version that is being sent, and keeps for good what its period said of who is who.
    pub fn put_version(&mut self, sent: &Version) -> Result<()> {
        let Version { period, name, version, recipient, manifest, state, figures, prepared_by, sent_by, at } = sent;
        let sql = "INSERT INTO versions (period, name, version, recipient, manifest, state, figures, prepared_by, sent_by, at)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let values = (period, name, version, recipient, manifest, state, figures, prepared_by, sent_by, at);
        execute(&self.db, sql, values)?;
        self.publish_people(period)
    }
}
