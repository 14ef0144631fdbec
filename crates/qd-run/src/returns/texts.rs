//! A return's text files, each with the Table Schema that says what is in it.

use super::{Content, Maker};
use qd_disclosure::ClearedTable;
use qd_model::pipeline::{FileSpec, Part, Rows};
use qd_return::TextPart;

impl Maker<'_> {
    /// Text files: parts whose path comes out the same are one file, in the order of the pipeline.
    pub(super) fn texts(&self, file: &FileSpec, content: &mut Content) -> Result<(), qd_return::ReturnError> {
        let mut files: Vec<(String, Vec<(ClearedTable, &Rows)>)> = Vec::new();
        for part in &file.parts {
            let Part::Rows(rows) = part else { continue };
            let (path, table) = (self.path(file, &rows.table), self.rows(rows, file, content));
            match files.iter_mut().find(|(other, _)| *other == path) {
                Some((_, parts)) => parts.push((table, rows)),
                None => files.push((path, vec![(table, rows)])),
            }
        }
        for (path, parts) in files {
            let parts: Vec<TextPart<'_>> =
                parts.iter().map(|(table, rows)| TextPart { table, columns: &rows.columns }).collect();
            content.files.push((schema_path(&path), qd_return::table_schema(&parts)?.into_bytes()));
            content.files.push((path, qd_return::text(&parts)?));
        }
        Ok(())
    }
}

/// The path of the Table Schema beside a text file.
pub(crate) fn schema_path(path: &str) -> String {
    format!("{}.schema.json", path.strip_suffix(".csv").unwrap_or(path))
}
