//! The formats of returns. To add one: a file in `formats/`, its line in [`ALL`], and a function that
//! writes it.

pub(crate) mod csv;
pub(crate) mod parquet;
pub(crate) mod xlsx;

use qd_model::pipeline::Part;
use std::fmt::Debug;

/// Knows what a format can hold.
pub trait Format: Sync + Debug {
    /// The word of pipeline files, and the ending of its files.
    fn name(&self) -> &'static str;
    /// Its media type.
    fn media_type(&self) -> &'static str;
    /// Whether a file of the format can hold a part.
    fn holds(&self, part: &Part) -> bool;
}

/// Every format, in the order of the documentation.
pub static ALL: &[&dyn Format] = &[&xlsx::Xlsx, &parquet::Parquet, &csv::Csv];

/// The format of that name.
pub fn format(name: &str) -> Option<&'static dyn Format> {
    ALL.iter().copied().find(|format| format.name() == name)
}

/// The names of all formats.
pub fn format_names() -> Vec<&'static str> {
    ALL.iter().map(|format| format.name()).collect()
}

/// The format of a file, by the ending of its name.
pub(crate) fn of_path(path: &str) -> Option<&'static dyn Format> {
    path.rsplit_once('.').and_then(|(_, ending)| format(ending))
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
        let mut listed = format_names();
        listed.sort_unstable();
        assert_eq!(files, listed);
        assert_eq!(of_path("tables/people.csv").map(Format::media_type), Some("text/csv"));
        assert!(of_path("people").is_none());
    }
}
