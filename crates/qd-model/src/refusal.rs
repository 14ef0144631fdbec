//! A refusal: what was asked cannot be done, why, and what to do instead (exit code 2).

use crate::mistake::Mistake;
use std::fmt;

/// Nothing was changed. Says what, why and what to do; never holds a person's data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What could not be done, as a person would say it: no capital, no full stop.
    pub what: String,
    /// What caused it, outermost first.
    pub because: Vec<String>,
    /// What to do, one line each.
    pub hints: Vec<String>,
}

impl Refusal {
    /// A refusal that says what could not be done.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), because: Vec::new(), hints: Vec::new() }
    }

    /// Adds a cause.
    #[must_use]
    pub fn because(mut self, cause: impl fmt::Display) -> Self {
        self.because.push(cause.to_string());
        self
    }

    /// Adds something to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The refusal of a schema or pipeline file with mistakes in it, each with its place.
    pub fn of_mistakes(file: &str, mistakes: &[Mistake]) -> Self {
        let count = crate::words::count(mistakes.len(), "mistake");
        let mut refusal = Self::new(format!("{file} has {count} to mend"));
        for mistake in mistakes {
            let hint = mistake.hint.as_ref().map_or(String::new(), |hint| format!(" ({hint})"));
            refusal.because.push(format!("{file}, {}: {}{hint}", mistake.at, mistake.what));
        }
        refusal
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error: {}", self.what)?;
        for cause in &self.because {
            write!(f, "\n  {cause}")?;
        }
        for (index, hint) in self.hints.iter().enumerate() {
            let lead = if index == 0 { "Hint:" } else { "     " };
            write!(f, "\n{lead} {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Refusal {}
