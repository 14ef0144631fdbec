//! A table as a Parquet file, with the title, description and code list of each column in its
//! metadata.

use super::Format;
use crate::error::ReturnError;
use arrow::array::{ArrayRef, AsArray, DictionaryArray, Int32Array, StringArray, StringViewArray};
use arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef};
use qd_disclosure::{ClearedColumn, ClearedTable};
use qd_model::pipeline::Part;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
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
    let schema = described(table);
    let pieces = |column: usize, rows: Range<usize>| vec![written(table, &schema, column, rows)];
    let mut bytes = Vec::new();
    qd_table::write_parquet_pieces(&mut bytes, &schema, table.rows(), &pieces, metadata)?;
    Ok(bytes)
}

/// What each column is. String views are written as plain strings, which every reader knows.
fn described(table: &ClearedTable) -> SchemaRef {
    let field = |(index, column): (usize, &ClearedColumn)| {
        let data_type = match qd_table::arrow_type(column.field_type) {
            DataType::Utf8View if is_listed(table, index) => {
                DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
            }
            DataType::Utf8View => DataType::Utf8,
            other => other,
        };
        Field::new(&column.name, data_type, true).with_metadata(metadata_of(column))
    };
    Arc::new(Schema::new(table.columns().iter().enumerate().map(field).collect::<Vec<Field>>()))
}

/// Whether all values of a column are on its code list.
fn is_listed(table: &ClearedTable, column: usize) -> bool {
    let of = &table.columns()[column];
    !of.categories.is_empty() && listed(of, table.values(column, 0..table.rows()).as_string_view()).is_some()
}

/// The values of a column for some of the rows, of the type that it is described with.
fn written(table: &ClearedTable, schema: &Schema, column: usize, rows: Range<usize>) -> ArrayRef {
    let values = table.values(column, rows);
    match schema.field(column).data_type() {
        DataType::Dictionary(..) => listed(&table.columns()[column], values.as_string_view())
            .expect("a column is described so only where every value is on the list"),
        _ => values,
    }
}

/// The values of a code list as places in it, in its own order, so that readers know the whole list.
/// Nothing where a value is not on the list.
fn listed(column: &ClearedColumn, texts: &StringViewArray) -> Option<ArrayRef> {
    if column.categories.is_empty() {
        return None;
    }
    let places: BTreeMap<&str, i32> = column.categories.iter().map(|it| it.value.as_str()).zip(0..).collect();
    let keys: Vec<Option<i32>> = texts
        .iter()
        .map(|text| text.map_or(Some(None), |text| places.get(text).map(|place| Some(*place))))
        .collect::<Option<_>>()?;
    let codes = StringArray::from_iter_values(column.categories.iter().map(|category| &category.value));
    let array = DictionaryArray::<Int32Type>::try_new(Int32Array::from(keys), Arc::new(codes));
    Some(Arc::new(array.expect("every place is one of the list")))
}

/// Each code with its label, as JSON, in the order of the list.
fn codes(column: &ClearedColumn) -> String {
    let codes: serde_json::Map<String, serde_json::Value> = column
        .categories
        .iter()
        .map(|category| (category.value.clone(), category.label.as_deref().unwrap_or(&category.value).into()))
        .collect();
    serde_json::Value::Object(codes).to_string()
}

/// Written in the order of its keys, so that it is the same in every file.
fn metadata_of(column: &ClearedColumn) -> HashMap<String, String> {
    let mut metadata = HashMap::from([
        ("title".to_owned(), column.title.clone()),
        ("type".to_owned(), column.field_type.as_str().to_owned()),
        ("treatment".to_owned(), column.treatment.clone()),
    ]);
    if !column.categories.is_empty() {
        metadata.insert("codes".to_owned(), codes(column));
    }
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
        for (read, released) in back.columns().iter().zip(table.batch().columns()) {
            let plain = arrow::compute::cast(read, released.data_type()).expect("a text is a text");
            assert_eq!(&plain, released);
        }
        let born = schema.field_with_name("born").expect("there");
        assert_eq!(born.metadata().get("title").map(String::as_str), Some("Date of birth"));
        let route = schema.field_with_name("route").expect("there");
        assert_eq!(route.metadata().get("codes").map(String::as_str), Some(r#"{"-1":"Entry 1","2":"2"}"#));
        assert!(matches!(route.data_type(), DataType::Dictionary(..)), "{route:?}");
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
