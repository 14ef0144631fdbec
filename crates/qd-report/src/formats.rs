//! The formats of a findings report. To add one: a file in `formats/`, and its line in [`ALL`].

mod csv;
mod github;
mod html;
mod human;
mod json;
mod junit;
mod sarif;
mod workbook;

use qd_model::Code;
use qd_model::report::Report;
use std::fmt::Debug;
use std::io::{self, Write};
use std::path::Path;

/// Writes a report in one way.
pub trait Format: Sync + Debug {
    /// The word of `--format`.
    fn name(&self) -> &'static str;
    /// Writes the report, which has been sorted (`Report::sort`).
    fn write(&self, report: &Report, options: &Options<'_>, out: &mut dyn Write) -> io::Result<()>;
}

/// Every format, in the order of the documentation.
pub static ALL: &[&dyn Format] = &[
    &human::Human,
    &json::Json,
    &csv::Csv,
    &sarif::Sarif,
    &junit::Junit,
    &github::Github,
    &html::Html,
    &workbook::Workbook,
];

/// The format of that name.
pub fn by_name(name: &str) -> Option<&'static dyn Format> {
    ALL.iter().copied().find(|format| format.name() == name)
}

/// What a report is written with, as its reader asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'a> {
    /// This tool's version.
    pub tool: &'a str,
    /// Columns of the CSV, in order, each one of [`crate::COLUMNS`]; all where empty.
    pub columns: &'a [String],
    /// Whether the human report is coloured.
    pub colour: Colour,
    /// How much of it the human report shows.
    pub extent: Extent,
    /// The folder that relative paths start from, where the reader's terminal follows links to files.
    pub links_from: Option<&'a Path>,
    /// Every built-in code with its page, for formats that explain what they name.
    pub codes: &'a [Code],
}

/// Whether text is coloured with ANSI codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Colour {
    /// Plain text.
    #[default]
    Never,
    /// With colours.
    Always,
}

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Extent {
    /// About a screen; the rest is counted.
    #[default]
    Screen,
    /// Everything.
    Full,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_in_the_folder_is_listed() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/formats");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .expect("the folder is there")
            .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
            .filter_map(|name| name.strip_suffix(".rs").map(str::to_owned))
            .collect();
        files.sort();
        let mut listed: Vec<&str> = ALL.iter().map(|format| format.name()).collect();
        listed.sort_unstable();
        assert_eq!(files, listed);
        assert!(by_name("json").is_some());
        assert!(by_name("xml").is_none());
    }
}
