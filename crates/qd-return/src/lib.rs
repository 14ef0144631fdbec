//! Returns: rows that may leave, as the files that a recipient gets.
//!
//! Architecture invariant: everything here is written from [`qd_disclosure::ClearedTable`], which
//! only the disclosure room can make. The same table gives the same bytes on any day.

mod archive;
mod codebook;
mod codebook_html;
mod columns;
mod datapackage;
mod error;
pub mod formats;
pub mod labels;
mod package;
#[cfg(test)]
mod sample;
mod template;
mod values;

pub use archive::archive;
pub use codebook::codebook;
pub use codebook_html::codebook_html;
pub use datapackage::{datapackage, table_schema};
pub use error::ReturnError;
pub use formats::csv::{TextPart, text};
pub use formats::parquet::{ExtractStream, extract};
pub use formats::xlsx::{Document, Sheet, workbook};
pub use formats::{Format, format, format_names};
pub use labels::{Labels, label_names, labels};
pub use package::{Package, PackageVersion, Resource};
pub use template::{Fill, Template, as_draft};

/// What stands on every sheet and document of a demonstration.
pub const DEMONSTRATION: &str = "Demonstration: invented people";
