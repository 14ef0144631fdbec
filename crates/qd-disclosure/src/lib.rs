//! What leaves, and how: keys and pseudonyms, treatments of fields, and the one place where a
//! [`ClearedTable`] is made, which is all that return files are written from.
//!
//! Architecture invariant: no other room sees key bytes, and no other room can make a
//! [`ClearedTable`]. What a profile does not name, and what it names wrongly, does not leave.

#![cfg_attr(test, allow(clippy::unwrap_used))] // A test that cannot go on may stop.

mod changed;
mod clear;
mod contacts;
mod counts;
pub mod figures;
mod held;
mod keys;
mod lookups;
mod profile;
mod record_changes;
pub mod risk;
mod seal;
mod table;
pub mod treatments;

#[cfg(test)]
mod laws;
#[cfg(test)]
mod samples;

pub use changed::{Changed, clear_changed};
pub use clear::{Clearance, ClearedPart, Clearing, Reasons, Rows, clear};
pub use contacts::{clear_contacts, contact_mistakes};
pub use counts::{CountColumn, CountValues, SIGN, clear_counts};
pub use keys::{
    DomainKey, Key, KeyId, KeyUse, NoPassphrase, PSEUDONYM_LENGTH, Passphrase, SHORTEST_PASSPHRASE, Salt, Unlock,
    write_private,
};
pub use lookups::Lookups;
pub use profile::{PERIOD, columns, mistakes, profile_conflicts};
pub use record_changes::{Became, RecordChange, clear_record_changes};
pub use seal::Sealer;
pub use table::{ClearedColumn, ClearedTable};

/// The version of everything that decides which text a pseudonym is made of: how kinds normalise,
/// which part of them counts, and how parts are joined. Pseudonyms of different versions need not match.
pub const NORMALISER_VERSION: u32 = 1;
