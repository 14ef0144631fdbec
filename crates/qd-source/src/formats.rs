//! The formats that are read, each recognised by its content and never by its name.

pub(crate) mod cells;
mod gzip;
mod head;
pub(crate) mod input;
pub(crate) mod limits;
mod ods;
mod parquet;
mod strangers;
pub(crate) mod text;
mod unseen;
mod values;
mod workbook;
pub(crate) mod xls;
mod xlsb;
pub(crate) mod xlsx;
mod zip;

use crate::block::{Block, Plan};
use crate::faults::{self, Trouble};
use crate::place::Named;
use crate::sample::Sample;
use crate::source::Look;
use head::Head;
use input::Input;
use qd_model::Fault;
use std::path::Path;
use std::sync::Arc;

/// A format that is read.
trait Format: Sync {
    /// Its name, which is also the name of its file here.
    #[cfg_attr(not(test), expect(dead_code, reason = "so far only the registry's own test asks"))]
    fn name(&self) -> &'static str;
    /// Whether a file that begins so is of this format.
    fn recognises(&self, head: &Head) -> bool;
    /// Opens a file that was recognised.
    fn open(&self, input: &Input) -> Result<Box<dyn Book>, Trouble>;
}

/// Every format that is read. The first that recognises a file reads it; text comes last, since it
/// recognises by what is absent.
static ALL: &[&dyn Format] =
    &[&xlsx::Xlsx, &xlsb::Xlsb, &xls::Xls, &ods::Ods, &parquet::Parquet, &gzip::Gzip, &zip::Zip, &text::Text];

/// What cannot be looked for in a format: the code of the finding, and why.
pub(crate) type NotSeen = (&'static str, &'static str);

/// A file of some format, as sheets of rows.
pub(crate) trait Book: Send {
    /// Its sheets; a text file has a single one without a name.
    fn sheets(&self) -> &[Sheet];
    /// What its sheets are called where their own names must not be repeated: this word and their number.
    fn sheet_word(&self) -> &'static str {
        "sheet"
    }
    /// The first rows of a sheet.
    fn sample(&mut self, sheet: usize) -> Result<Sample, Trouble>;
    /// What is to be said of the file as a whole.
    fn notes(&self) -> Vec<Fault> {
        Vec::new()
    }
    /// What is to be said of a sheet as a whole.
    fn sheet_notes(&mut self, _sheet: usize) -> Vec<Fault> {
        Vec::new()
    }
    /// The same, as far as it is known only once the blocks were read.
    fn late_notes(&self) -> Vec<Fault> {
        Vec::new()
    }
    /// What cannot be looked for on a sheet, because of the file's format.
    fn not_seen(&self, _sheet: usize) -> &'static [NotSeen] {
        &[]
    }
    /// Names that stand for cells: Excel tables and named ranges.
    fn named_areas(&mut self) -> Vec<Named> {
        Vec::new()
    }
    /// The rows of a sheet, in order.
    fn blocks<'a>(&'a mut self, sheet: usize, plan: Arc<Plan>) -> Box<dyn Iterator<Item = Block> + Send + 'a>;
    /// Whether only the beginning of the text was looked at for its encoding.
    fn is_encoding_assumed(&self) -> bool {
        false
    }
    /// Why the blocks ended before the sheet did.
    fn trouble(&self) -> Option<&Fault>;
}

/// A sheet of a workbook.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sheet {
    pub(crate) name: Option<String>,
    pub(crate) hidden: bool,
}

/// Recognises a file and opens it.
pub(crate) fn open(path: &Path, look: Look) -> Result<Box<dyn Book>, Trouble> {
    open_input(&Input::file(path, look))
}

/// The same for what a packed file holds.
fn open_input(input: &Input) -> Result<Box<dyn Book>, Trouble> {
    let head = Head::of(input).map_err(|error| faults::machine(&error))?;
    if let Some(fault) = strangers::recognise(input, &head) {
        return Err(fault);
    }
    match ALL.iter().find(|format| format.recognises(&head)) {
        Some(format) => format.open(input),
        None => Err(faults::stranger("is of a kind that is not known here, and is neither a workbook nor text", None)),
    }
}

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn every_format_in_the_folder_is_listed() {
        let names: Vec<&str> = ALL.iter().map(|format| format.name()).collect();
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/formats");
        let helpers = ["cells", "head", "input", "limits", "strangers", "unseen", "values", "workbook"];
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .filter_map(|entry| {
                entry.unwrap().file_name().into_string().unwrap().strip_suffix(".rs").map(str::to_owned)
            })
            .filter(|name| !helpers.contains(&name.as_str()))
            .collect();
        files.sort();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        assert_eq!(files, sorted);
        assert_eq!(names.last(), Some(&"text"), "text recognises by what is absent, so it is asked last");
    }
}
