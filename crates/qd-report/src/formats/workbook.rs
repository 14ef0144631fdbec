//! The findings workbook: every finding with its cell, and no value.

use super::{Format, Options};
use crate::partner::{About, findings_book};
use qd_model::report::Report;
use std::io::{self, Write};

/// A workbook of findings over all files.
#[derive(Debug)]
pub(super) struct Workbook;

impl Format for Workbook {
    fn name(&self) -> &'static str {
        "workbook"
    }

    fn write(&self, report: &Report, _options: &Options<'_>, out: &mut dyn Write) -> io::Result<()> {
        let about = About { programme: "Findings", partner: "these files", ..About::default() };
        let bytes = findings_book(report, &about).map_err(io::Error::other)?;
        out.write_all(&bytes)
    }
}
