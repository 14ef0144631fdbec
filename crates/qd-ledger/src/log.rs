//! The log: who did what and when, in entries of which each carries the digest of the one before.

use crate::{Change, Ledger, Result, execute, rows};

/// One entry of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Counted from 1.
    pub number: u32,
    /// When, as the command line told it.
    pub at: String,
    /// Who, as they named themselves; blank where nobody did.
    pub by: String,
    /// What was done, in one word.
    pub what: String,
    /// The period that it was done for; may be blank.
    pub period: String,
    /// Counts and digests, as JSON; never a value from a partner's file.
    pub facts: String,
    /// The digest of the entry before; blank for the first.
    pub before: String,
    /// The digest of this entry with all of the above.
    pub digest: String,
}

/// Where the log is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFault {
    /// The number of the entry.
    pub number: u32,
    /// What is the matter: "has changed", "is missing", "does not follow the one before".
    pub what: &'static str,
}

impl Entry {
    /// Digest over every part, each preceded by its length, so that none can run into the next.
    fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"quarterday-log/1").update(&self.number.to_le_bytes());
        for part in [&self.at, &self.by, &self.what, &self.period, &self.facts, &self.before] {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }
}

impl Ledger {
    /// The log, oldest entry first.
    pub fn log(&self) -> Result<Vec<Entry>> {
        let sql = "SELECT number, at, by, what, period, facts, before, digest FROM log ORDER BY number";
        rows(&self.db, sql, [], |row| {
            Ok(Entry {
                number: row.get(0)?,
                at: row.get(1)?,
                by: row.get(2)?,
                what: row.get(3)?,
                period: row.get(4)?,
                facts: row.get(5)?,
                before: row.get(6)?,
                digest: row.get(7)?,
            })
        })
    }

    /// The number and digest of the last entry that was written.
    pub fn head(&self) -> Result<(u32, String)> {
        let found = rows(&self.db, "SELECT number, digest FROM head", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(found.into_iter().next().unwrap_or_default())
    }

    /// Every place where the log is not as it was written: an entry that was changed, taken out or put
    /// elsewhere.
    pub fn check_log(&self) -> Result<Vec<LogFault>> {
        let entries = self.log()?;
        let (last, head) = self.head()?;
        let mut faults = Vec::new();
        let (mut number, mut before) = (0, String::new());
        for entry in &entries {
            for missing in number + 1..entry.number {
                faults.push(LogFault { number: missing, what: "is missing" });
            }
            if entry.digest() != entry.digest {
                faults.push(LogFault { number: entry.number, what: "has changed" });
            } else if entry.number == number + 1 && entry.before != before {
                faults.push(LogFault { number: entry.number, what: "does not follow the one before" });
            }
            number = entry.number;
            before.clone_from(&entry.digest);
        }
        for missing in number + 1..=last {
            faults.push(LogFault { number: missing, what: "is missing" });
        }
        if number > last || (number == last && before != head) {
            faults.push(LogFault { number, what: "is not the one that was written last" });
        }
        Ok(faults)
    }
}

impl Change {
    /// Adds an entry to the log, and answers its digest.
    pub fn note(&mut self, at: &str, by: &str, what: &str, period: &str, facts: &str) -> Result<String> {
        let (last, before) = self.head()?;
        let mut entry = Entry {
            number: last + 1,
            at: at.to_owned(),
            by: by.to_owned(),
            what: what.to_owned(),
            period: period.to_owned(),
            facts: facts.to_owned(),
            before,
            digest: String::new(),
        };
        entry.digest = entry.digest();
        let Entry { number, at, by, what, period, facts, before, digest } = &entry;
        let sql =
            "INSERT INTO log (number, at, by, what, period, facts, before, digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
        execute(&self.db, sql, (number, at, by, what, period, facts, before, digest))?;
        let sql = "INSERT INTO head (only_one, number, digest) VALUES (1, ?1, ?2)
                   ON CONFLICT (only_one) DO UPDATE SET number = ?1, digest = ?2";
        execute(&self.db, sql, (number, digest))?;
        Ok(entry.digest)
    }
}
