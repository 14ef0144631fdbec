//! What people decided about two records that may be one person's, or are said to be.

use crate::{Change, Ledger, Result, execute, rows};

/// What was decided about two records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// They are one person's.
    Same,
    /// They are two people's.
    Different,
}

impl Verdict {
    /// The word that people write.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Different => "different",
        }
    }

    /// The verdict that a word stands for.
    pub fn of(word: &str) -> Option<Self> {
        [Self::Same, Self::Different].into_iter().find(|verdict| verdict.as_str() == word)
    }
}

/// A decision about two records, each named by a keyed digest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decision {
    /// The smaller digest.
    pub one: String,
    /// The other digest.
    pub other: String,
    /// What was decided.
    pub verdict: Verdict,
    /// Why, as a code.
    pub reason: String,
    /// Who decided.
    pub by: String,
    /// The day of the decision.
    pub date: String,
}

impl Ledger {
    /// The decisions that hold, by digests: of several about the same two records the last one made.
    pub fn decisions(&self) -> Result<Vec<Decision>> {
        let sql = "SELECT one, other, verdict, reason, by, date FROM links
                   WHERE id IN (SELECT max(id) FROM links GROUP BY one, other) ORDER BY one, other";
        rows(&self.db, sql, [], |row| {
            let word: String = row.get(2)?;
            Ok(Decision {
                one: row.get(0)?,
                other: row.get(1)?,
                verdict: Verdict::of(&word).unwrap_or(Verdict::Different),
                reason: row.get(3)?,
                by: row.get(4)?,
                date: row.get(5)?,
            })
        })
    }
}

impl Change {
    /// Adds a decision. An earlier one about the same records stays on record and holds no longer.
    pub fn decide(&mut self, at: &str, decision: &Decision) -> Result<()> {
        let Decision { one, other, verdict, reason, by, date } = decision;
        let (one, other) = if one <= other { (one, other) } else { (other, one) };
        let sql = "INSERT INTO links (one, other, verdict, reason, by, date, at) VALUES (?, ?, ?, ?, ?, ?, ?)";
        execute(&self.db, sql, (one, other, verdict.as_str(), reason, by, date, at))
    }
}
