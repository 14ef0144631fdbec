//! Scripts that read an extract into a statistics package with its labels, and with the reasons for
//! which values are missing told apart. To add one: a file in `labels/` and its line in [`ALL`].

mod r;
mod spss;
mod stata;

use qd_disclosure::{ClearedColumn, ClearedTable};
use qd_model::{FieldType, Reason};
use std::fmt::Debug;

/// Writes the script of one package.
pub trait Labels: Sync + Debug {
    /// The word of pipeline files.
    fn name(&self) -> &'static str;
    /// The ending of its scripts.
    fn ending(&self) -> &'static str;
    /// The script that reads a table from a comma-separated file, named relative to the extract's folder.
    fn script(&self, table: &ClearedTable, csv: &str) -> String;
}

/// Every package, in the order of the documentation.
pub static ALL: &[&dyn Labels] = &[&r::R, &stata::Stata, &spss::Spss];

/// The package of that name.
pub fn labels(name: &str) -> Option<&'static dyn Labels> {
    ALL.iter().copied().find(|labels| labels.name() == name)
}

/// The names of all packages.
pub fn label_names() -> Vec<&'static str> {
    ALL.iter().map(|labels| labels.name()).collect()
}

/// What a package needs to know of a column.
struct Variable<'a> {
    column: &'a ClearedColumn,
    /// The column that says why values of this one are missing.
    reasons: Option<&'a str>,
}

impl Variable<'_> {
    fn name(&self) -> &str {
        &self.column.name
    }

    fn title(&self) -> &str {
        &self.column.title
    }

    fn is_coded(&self) -> bool {
        !self.column.categories.is_empty() && self.column.field_type == FieldType::String
    }

    fn is_number(&self) -> bool {
        matches!(self.column.field_type, FieldType::Integer | FieldType::Number | FieldType::Year)
    }

    fn is_date(&self) -> bool {
        self.column.field_type == FieldType::Date
    }

    fn is_truth(&self) -> bool {
        self.column.field_type == FieldType::Boolean
    }

    /// Each code with its label.
    fn codes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.column.categories.iter().map(|category| {
            let label = category.label.as_deref().unwrap_or(&category.value);
            (category.value.as_str(), label)
        })
    }
}

/// A table's columns, without the companions, which are told with the columns that they belong to.
fn variables(table: &ClearedTable) -> Vec<Variable<'_>> {
    let companion = |column: &ClearedColumn| {
        let found = table.columns().iter().find(|other| is_companion(other, column));
        found.map(|other| other.name.as_str())
    };
    let is_own = |column: &&ClearedColumn| column.treatment != COMPANION;
    let columns = table.columns().iter().filter(is_own);
    columns.map(|column| Variable { column, reasons: companion(column) }).collect()
}

fn is_companion(companion: &ClearedColumn, of: &ClearedColumn) -> bool {
    companion.treatment == COMPANION && companion.name.strip_prefix(&of.name) == Some("_missing")
}

/// The treatment of columns that hold reasons.
const COMPANION: &str = "reason";

/// A comment for the head of a script.
fn about(table: &ClearedTable, csv: &str) -> [String; 2] {
    [
        format!("Reads {csv}, the table {} of this extract, with its labels.", table.name()),
        "Run it in the extract's folder. Pseudonymised data is still personal data.".to_owned(),
    ]
}

/// All reasons in order.
fn reasons() -> impl Iterator<Item = Reason> {
    Reason::ALL.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn every_package_in_the_folder_is_listed() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/labels");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .expect("the folder is there")
            .filter_map(|entry| {
                let name = entry.expect("readable").file_name().to_string_lossy().into_owned();
                name.strip_suffix(".rs").map(str::to_owned)
            })
            .collect();
        files.sort();
        let mut listed = label_names();
        listed.sort_unstable();
        assert_eq!(files, listed);
    }

    #[test]
    fn every_script_names_every_column_code_and_reason() {
        let table = sample::with_reasons();
        for labels in ALL {
            let script = labels.script(&table, "csv/people.csv");
            for variable in variables(&table) {
                assert!(script.contains(variable.name()), "{}: {}", labels.name(), variable.name());
                assert!(script.contains(variable.title()), "{}: {}", labels.name(), variable.title());
                for (code, label) in variable.codes() {
                    assert!(script.contains(code) && script.contains(label), "{}: {code}", labels.name());
                }
            }
            for reason in Reason::ALL {
                assert!(script.contains(reason.as_str()), "{}: {}", labels.name(), reason.as_str());
            }
            assert!(script.contains("csv/people.csv"), "{}", labels.name());
            // SPSS writes its texts between apostrophes, which may also stand in its comments.
            let mark = if labels.name() == "spss" { '\'' } else { '"' };
            let quotes: usize =
                script.lines().filter(|line| !line.starts_with("* ")).map(|line| line.matches(mark).count()).sum();
            assert_eq!(quotes % 2, 0, "{}: every quotation mark has its other", labels.name());
        }
    }
}
