//! A table as a Parquet file, with the title, description and code list of each column in its
//! metadata.

use super::Format;
use crate::error::ReturnError;
use arrow::array::{Array, ArrayRef, AsArray, DictionaryArray, Int32Array, StringArray, StringViewArray};
use arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef};
use qd_disclosure::{ClearedColumn, ClearedTable};
use qd_model::pipeline::Part;
use qd_table::{FIRST_VALUES, ParquetStream};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Write;
use std::ops::Range;
use std::sync::{Arc, Mutex};

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
    let is_listed = |(index, column): (usize, &ClearedColumn)| {
        Codes::of(column).filter(|codes| codes.places(table.values(index, 0..table.rows()).as_string_view()).is_some())
    };
    let codes: Vec<Option<Codes>> = table.columns().iter().enumerate().map(is_listed).collect();
    let schema = described(table, &codes);
    let pieces = |column: usize, rows: Range<usize>| {
        let values = table.values(column, rows);
        vec![match &codes[column] {
            Some(codes) => codes.places(values.as_string_view()).expect("all values of the column are on the list"),
            None => values,
        }]
    };
    let mut bytes = Vec::new();
    qd_table::write_parquet_pieces(&mut bytes, &schema, table.rows(), &pieces, metadata)?;
    Ok(bytes)
}

/// An extract of rows that come in stretches, each of which is written as a row group of its own.
pub struct ExtractStream<W: Write + Send> {
    file: ParquetStream<W>,
    codes: Vec<Option<Codes>>,
    unlisted: Mutex<BTreeSet<usize>>,
}

impl<W: Write + Send> ExtractStream<W> {
    /// Begins an extract, of which this is the first stretch; `metadata` becomes the file's own. Columns
    /// with a code list are written as places in it, but for those named here by their numbers.
    pub fn begin(
        out: W,
        first: &ClearedTable,
        plain: &BTreeSet<usize>,
        metadata: &[(String, String)],
    ) -> Result<Self, ReturnError> {
        let columns = first.columns().iter().enumerate();
        let codes: Vec<Option<Codes>> =
            columns.map(|(index, column)| Codes::of(column).filter(|_| !plain.contains(&index))).collect();
        let schema = described(first, &codes);
        let values = |column| vec![first.values(column, 0..first.rows().min(FIRST_VALUES))];
        let file = ParquetStream::begin(out, &schema, &values, metadata)?;
        Ok(Self { file, codes, unlisted: Mutex::default() })
    }

    /// Encodes a stretch, and writes what can be written by now: stretches stand in the file by their
    /// numbers, and may be done in any order.
    pub fn stretch(&self, number: usize, table: &ClearedTable) -> Result<(), ReturnError> {
        let values = |column: usize| {
            let values = table.values(column, 0..table.rows());
            let Some(codes) = &self.codes[column] else { return vec![values] };
            let places = codes.places(values.as_string_view());
            vec![places.unwrap_or_else(|| {
                self.unlisted.lock().expect("nothing panics while it is held").insert(column);
                codes.blank(table.rows())
            })]
        };
        Ok(self.file.group(number, &values)?)
    }

    /// Ends the file, and gives back what it was written to; or says in which columns there were values
    /// that are not on the code list, for which the file has to be made again, with these plain.
    pub fn finish(self) -> Result<Result<W, BTreeSet<usize>>, ReturnError> {
        let unlisted = self.unlisted.into_inner().expect("nothing panics while it is held");
        if !unlisted.is_empty() {
            return Ok(Err(unlisted));
        }
        Ok(Ok(self.file.finish()?))
    }
}

/// What each column is. String views are written as plain strings, which every reader knows.
fn described(table: &ClearedTable, codes: &[Option<Codes>]) -> SchemaRef {
    let field = |(column, codes): (&ClearedColumn, &Option<Codes>)| {
        let data_type = match qd_table::arrow_type(column.field_type) {
            DataType::Utf8View if codes.is_some() => {
                DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
            }
            DataType::Utf8View => DataType::Utf8,
            other => other,
        };
        Field::new(&column.name, data_type, true).with_metadata(metadata_of(column))
    };
    Arc::new(Schema::new(table.columns().iter().zip(codes).map(field).collect::<Vec<Field>>()))
}

/// The code list of a column of texts.
struct Codes {
    list: Arc<StringArray>,
    /// The list as views, in which a short text stands whole.
    views: StringViewArray,
    by_text: BTreeMap<String, i32>,
}

impl Codes {
    /// Nothing where the column has no list.
    fn of(column: &ClearedColumn) -> Option<Self> {
        let texts = || column.categories.iter().map(|category| category.value.as_str());
        let is_text = qd_table::arrow_type(column.field_type) == DataType::Utf8View;
        (is_text && !column.categories.is_empty()).then(|| Self {
            list: Arc::new(StringArray::from_iter_values(texts())),
            views: StringViewArray::from_iter_values(texts()),
            by_text: texts().map(str::to_owned).zip(0..).collect(),
        })
    }

    /// The texts as places in the list, in its own order, so that readers know the whole list. Nothing
    /// where a text is not on it.
    fn places(&self, texts: &StringViewArray) -> Option<ArrayRef> {
        let place = |index: usize| -> Option<Option<i32>> {
            if texts.is_null(index) {
                return Some(None);
            }
            let view = texts.views()[index];
            let known = self.views.views().iter().position(|other| *other == view).map(|place| place as i32);
            // A view of a long text says where it stands, and not all that it is.
            let known = known.filter(|_| (view as u32) <= 12).or_else(|| self.by_text.get(texts.value(index)).copied());
            known.map(Some)
        };
        let places = (0..texts.len()).map(place).collect::<Option<Int32Array>>()?;
        Some(self.array(places))
    }

    fn blank(&self, rows: usize) -> ArrayRef {
        self.array(Int32Array::new_null(rows))
    }

    fn array(&self, places: Int32Array) -> ArrayRef {
        let array = DictionaryArray::<Int32Type>::try_new(places, self.list.clone());
        Arc::new(array.expect("every place is one of the list"))
    }
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
