//! An extract's table for statistics packages: as text, with the script of each that reads it with its labels.

use super::schema_path;
use qd_disclosure::ClearedTable;
use qd_model::pipeline::FileSpec;
use qd_return::TextPart;

/// The table as text, and the script of each package that reads it with its labels.
pub(super) fn labelled(
    file: &FileSpec,
    table: &ClearedTable,
) -> Result<Vec<(String, Vec<u8>)>, qd_return::ReturnError> {
    let csv = format!("labels/{}.csv", table.name());
    let parts = [TextPart { table, columns: &[] }];
    let mut files = vec![(schema_path(&csv), qd_return::table_schema(&parts)?.into_bytes())];
    files.push((csv.clone(), qd_return::text(&parts)?));
    for name in &file.labels {
        let labels = qd_return::labels(name).expect("the packages were checked when loading");
        let path = format!("labels/{}.{}", table.name(), labels.ending());
        files.push((path, labels.script(table, &csv).into_bytes()));
    }
    Ok(files)
}
