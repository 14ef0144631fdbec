//! Who is who, period by period: digests of identifiers and the people they point to.

use crate::{Change, Ledger, Result, execute, rows};

/// What one period said of who is who.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeriodPeople {
    /// Digests that the period saw first, with the person that each points to; sorted.
    pub new: Vec<(String, String)>,
    /// Digests of earlier periods that point to another person since; sorted.
    pub moved: Vec<(String, String)>,
    /// What that means for people who were known; sorted.
    pub identities: Vec<Identity>,
}

/// How a known person turned out to be another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum IdentityChange {
    /// The person is the same as another one, whose id stays.
    Merged,
    /// Some of the person's records are another person's, who has an id of their own now.
    Split,
}

impl IdentityChange {
    /// The word in the ledger and in what recipients get.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Merged => "merged",
            Self::Split => "split",
        }
    }
}

/// One known person who turned out to be another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    /// Which way.
    pub change: IdentityChange,
    /// The id until then.
    pub before: String,
    /// The id since then.
    pub after: String,
}

impl Ledger {
    /// What a period's last run said of who is who.
    pub fn people(&self, period: &str) -> Result<PeriodPeople> {
        let pairs = |table: &str| {
            let sql = format!("SELECT digest, person FROM {table} WHERE period = ? ORDER BY digest");
            rows(&self.db, &sql, [period], |row| Ok((row.get(0)?, row.get(1)?)))
        };
        let sql = "SELECT change, before, after FROM identities WHERE period = ? ORDER BY change, before, after";
        let identities = rows(&self.db, sql, [period], |row| {
            let word: String = row.get(0)?;
            let change = if word == "merged" { IdentityChange::Merged } else { IdentityChange::Split };
            Ok(Identity { change, before: row.get(1)?, after: row.get(2)? })
        })?;
        Ok(PeriodPeople { new: pairs("register")?, moved: pairs("moves")?, identities })
    }

    /// Whom digests pointed to in what was sent of a period: a correction of it keeps to that.
    pub fn published(&self, period: &str) -> Result<Vec<(String, String)>> {
        let sql = "SELECT digest, person FROM published WHERE period = ? ORDER BY digest";
        rows(&self.db, sql, [period], |row| Ok((row.get(0)?, row.get(1)?)))
    }
}

impl Change {
    /// Replaces what a period said of who is who.
    pub fn put_people(&mut self, period: &str, people: &PeriodPeople) -> Result<()> {
        for table in ["register", "moves", "identities"] {
            execute(&self.db, &format!("DELETE FROM {table} WHERE period = ?"), [period])?;
        }
        for (table, pairs) in [("register", &people.new), ("moves", &people.moved)] {
            let sql = format!("INSERT INTO {table} (period, digest, person) VALUES (?, ?, ?)");
            for (digest, person) in pairs {
                execute(&self.db, &sql, (period, digest, person))?;
            }
        }
        let sql = "INSERT INTO identities (period, change, before, after) VALUES (?, ?, ?, ?)";
        for identity in &people.identities {
            execute(&self.db, sql, (period, identity.change.as_str(), &identity.before, &identity.after))?;
        }
        Ok(())
    }

    /// Keeps for good what the last run of a period said of who is who, since it is being sent.
    pub(crate) fn publish_people(&mut self, period: &str) -> Result<()> {
        let sql = "INSERT INTO published (period, digest, person) SELECT period, digest, person FROM register WHERE period = ?
                   ON CONFLICT (period, digest) DO UPDATE SET person = excluded.person";
        execute(&self.db, sql, [period])
    }
}
