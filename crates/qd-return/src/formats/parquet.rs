//! A table as a Parquet file, with the title, description and code list of each column in its
//! metadata.

use super::Format;
use crate::error::ReturnError;
use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{DataType, Field, Schema};
use qd_disclosure::{ClearedColumn, ClearedTable};
use qd_model::pipeline::Part;
use std::collections::HashMap;
use std::sync::Arc;

/// The `parquet` format.
#[derive(Debug)]
pub(super) struct Parquet;

impl Format for Parquet {
    fn name(&self) -> &'static str {
        "parquet"
    }

    fn media_type(&self) -> &'static str {
        "application/vnd.apache.parquet"
    }

    fn holds(&self, part: &Part) -> bool {
        matches!(part, Part::Rows(_))
    }
}

/// The bytes of a Parquet file with all columns of a table. `metadata` becomes the file's own.
pub fn extract(table: &ClearedTable, metadata: &[(String, String)]) -> Result<Vec<u8>, ReturnError> {
    let batch = described(table)?;
    let mut bytes = Vec::new();
    qd_table::write_parquet(&mut bytes, &batch.schema(), &[batch], metadata)?;
    Ok(bytes)
}

/// The rows with what each column is. String views become plain strings, which every reader knows.
fn described(table: &ClearedTable) -> Result<RecordBatch, ReturnError> {
    let mut fields = Vec::new();
    let mut arrays: Vec<ArrayRef> = Vec::new();
    for (column, array) in table.columns().iter().zip(table.batch().columns()) {
        let array = match array.data_type() {
            DataType::Utf8View => arrow::compute::cast(array, &DataType::Utf8)?,
            _ => array.clone(),
        };
        fields.push(Field::new(&column.name, array.data_type().clone(), true).with_metadata(metadata_of(column)));
        arrays.push(array);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(table.rows()));
    Ok(RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)?)
}

/// Written in the order of its keys, so that it is the same in every file.
fn metadata_of(column: &ClearedColumn) -> HashMap<String, String> {
    let mut metadata = HashMap::from([
        ("title".to_owned(), column.title.clone()),
        ("type".to_owned(), column.field_type.as_str().to_owned()),
        ("treatment".to_owned(), column.treatment.clone()),
    ]);
    if let Some(description) = &column.description {
        metadata.insert("description".to_owned(), description.clone());
    }
    metadata
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_table_reads_back_equal_with_what_its_columns_are() {
        let table = sample::table();
        let metadata = [("quarterday.period".to_owned(), "2022-Q3".to_owned())];
        let bytes = extract(&table, &metadata).expect("written");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("people.parquet");
        std::fs::write(&path, &bytes).expect("written");
        let (schema, batches) = qd_table::read_parquet(&path).expect("readable");
        let back = arrow::compute::concat_batches(&schema, &batches).expect("one schema");
        assert_eq!(back.columns(), described(&table).expect("described").columns());
        let born = schema.field_with_name("born").expect("there");
        assert_eq!(born.metadata().get("title").map(String::as_str), Some("Date of birth"));
        assert_eq!(schema.metadata().get("quarterday.period").map(String::as_str), Some("2022-Q3"));
    }

    #[test]
    fn the_same_table_gives_the_same_bytes() {
        let first = extract(&sample::table(), &[]).expect("written");
        for _ in 0..20 {
            assert_eq!(extract(&sample::table(), &[]).expect("written"), first);
        }
    }
}
