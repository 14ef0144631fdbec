//! Mistakes in a schema or pipeline file: what is wrong, exactly where, and what to write instead.

use std::cell::RefCell;
use std::fmt;

/// A place inside a schema or pipeline file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum At {
    /// TOML: line and column, both counted from 1.
    Line {
        /// Counted from 1.
        line: u32,
        /// Counted from 1, in characters.
        column: u32,
    },
    /// JSON: a JSON Pointer (RFC 6901).
    Pointer(String),
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { line, column } => write!(f, "line {line}, column {column}"),
            Self::Pointer(pointer) if pointer.is_empty() => f.write_str("the whole file"),
            Self::Pointer(pointer) => f.write_str(pointer),
        }
    }
}

impl At {
    /// The same place, `characters` further on, for a mistake inside a TOML string.
    #[must_use]
    pub fn shifted(&self, characters: u32) -> Self {
        match self {
            Self::Line { line, column } => Self::Line { line: *line, column: column + characters },
            Self::Pointer(pointer) => Self::Pointer(pointer.clone()),
        }
    }
}

/// One mistake in a schema or pipeline file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where it is.
    pub at: At,
    /// What is wrong, as one sentence without a full stop.
    pub what: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Mistake {
    /// A mistake without a hint.
    pub fn new(at: &At, what: impl Into<String>) -> Self {
        Self { at: at.clone(), what: what.into(), hint: None }
    }

    /// The same mistake with what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Collects mistakes while a file is read, so that all of them are shown at once.
#[derive(Debug, Default)]
pub struct Mistakes(RefCell<Vec<Mistake>>);

impl Mistakes {
    /// Notes one.
    pub fn push(&self, mistake: Mistake) {
        self.0.borrow_mut().push(mistake);
    }

    /// Whether any has been noted.
    pub fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    /// All of them, in the order of the file.
    pub fn into_vec(self) -> Vec<Mistake> {
        let mut all = self.0.into_inner();
        all.sort_by(|a, b| a.at.cmp(&b.at));
        all.dedup();
        all
    }
}
