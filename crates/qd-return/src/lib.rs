//! Returns: rows that may leave, as the files that a recipient gets.
//!
//! Architecture invariant: everything here is written from [`qd_disclosure::ClearedTable`], which
//! only the disclosure room can make. The same table gives the same bytes on any day.

mod codebook;
mod columns;
mod datapackage;
mod error;
pub mod formats;
mod package;
#[cfg(test)]
mod sample;
mod values;

pub use codebook::codebook;
pub use datapackage::datapackage;
pub use error::ReturnError;
pub use formats::csv::{TextPart, text};
pub use formats::parquet::extract;
pub use formats::xlsx::{Document, Sheet, workbook};
pub use formats::{Format, format, format_names};
pub use package::{Package, Resource};

/// What stands on every sheet and document of a demonstration.
pub const DEMONSTRATION: &str = "Demonstration: invented people";
