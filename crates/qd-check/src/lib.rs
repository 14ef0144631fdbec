//! Checks an extract against its schema: text becomes typed rows, and what is wrong becomes findings.
//!
//! Architecture invariant: bad data is not an error. Checking answers findings and cannot fail. A
//! check does not walk the table: it compiles a field's schema into a test, which the one column
//! loop runs, and says how to word what that found.

mod checker;
mod checks;
mod codes;
mod column;
mod digest;
mod foreign;
mod keys;
mod lint;
mod mistakes;
mod read;
mod reads;
mod shape;
mod value;

pub use checker::{Checker, Judged, Settings};
pub use foreign::{foreign_key, foreign_key_fault};
pub use keys::{Across, Keys, PartKeys, across};
pub use lint::warnings;
pub use mistakes::{format_fault, mistakes};
pub use reads::Reads;

use qd_model::Code;

/// Every code of this room: the checks, then the identifier kinds.
pub fn codes() -> Vec<Code> {
    let checks =
        checks::ALL.iter().map(|check| Code { name: check.code(), severity: check.severity(), page: check.page() });
    let kinds = qd_model::kinds::ALL.iter().map(|kind| Code {
        name: kind.name(),
        severity: checks::KIND_SEVERITY,
        page: kind.page(),
    });
    checks.chain(kinds).collect()
}
