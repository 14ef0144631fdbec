//! What a person who looks at a sheet does not see as it is: hidden rows and columns, merged cells.

use crate::faults;
use qd_model::Fault;

/// How much of a sheet is hidden or merged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Unseen {
    pub(super) rows: u64,
    pub(super) columns: u64,
    pub(super) merged: u64,
    /// Formulas of which no result was saved.
    pub(super) uncalculated: u64,
}

impl Unseen {
    /// The notes that say so.
    pub(super) fn notes(self) -> Vec<Fault> {
        let mut notes = Vec::new();
        if self.rows > 0 || self.columns > 0 {
            notes.push(faults::hidden_parts(self.rows, self.columns));
        }
        if self.merged > 0 {
            notes.push(faults::merged(self.merged));
        }
        if self.uncalculated > 0 {
            notes.push(faults::uncalculated(self.uncalculated));
        }
        notes
    }
}
