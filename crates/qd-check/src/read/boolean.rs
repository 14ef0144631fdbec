//! Reading true and false.

use qd_model::{Field, words};
use qd_table::Stored;

const TRUE: [&str; 4] = ["true", "True", "TRUE", "1"];
const FALSE: [&str; 4] = ["false", "False", "FALSE", "0"];

/// The words that a field takes for true and false.
#[derive(Debug, Clone)]
pub(crate) struct Booleans {
    yes: Vec<String>,
    no: Vec<String>,
    /// Whether any capitals will do, as in schemas of ours without words of their own.
    is_loose: bool,
}

impl Booleans {
    pub(crate) fn of(field: &Field, is_ours: bool) -> Self {
        let is_default = field.true_values == TRUE && field.false_values == FALSE;
        if is_ours && is_default {
            let owned = |words: [&str; 4]| words.map(str::to_owned).to_vec();
            let (yes, no) = (owned(["yes", "y", "true", "1"]), owned(["no", "n", "false", "0"]));
            return Self { yes, no, is_loose: true };
        }
        Self { yes: field.true_values.clone(), no: field.false_values.clone(), is_loose: false }
    }

    pub(crate) fn read(&self, text: &str) -> Option<bool> {
        let is_in = |words: &[String]| {
            words.iter().any(|word| word == text || (self.is_loose && word.eq_ignore_ascii_case(text)))
        };
        if is_in(&self.yes) {
            Some(true)
        } else if is_in(&self.no) {
            Some(false)
        } else {
            None
        }
    }

    pub(crate) fn read_stored(&self, text: &str, stored: Stored) -> Option<bool> {
        if stored == Stored::Boolean { canonical(text) } else { self.read(text) }
    }

    pub(crate) fn expects(&self) -> String {
        if self.is_loose {
            return "yes or no".to_owned();
        }
        let quoted: Vec<String> = self.yes.iter().chain(&self.no).map(|word| format!("\"{word}\"")).collect();
        format!("one of {}", words::list(&quoted))
    }
}

/// Our own words for true and false.
pub(crate) fn canonical(text: &str) -> Option<bool> {
    match text {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}
