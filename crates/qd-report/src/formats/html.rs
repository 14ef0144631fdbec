//! The report as a page for a browser, on screen and on paper.

use super::{Format, Options};
use crate::page;
use qd_model::report::Report;
use std::io::{self, Write};

/// The `html` format.
#[derive(Debug)]
pub(super) struct Html;

impl Format for Html {
    fn name(&self) -> &'static str {
        "html"
    }

    fn write(&self, report: &Report, options: &Options<'_>, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(page::page(report, None, options.tool).as_bytes())
    }
}
