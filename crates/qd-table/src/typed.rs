//! Rows read as their schema's types.

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, RecordBatch, RecordBatchOptions, UInt8Array, UInt32Array, new_null_array,
};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::{DataType, Field, Schema as ArrowSchema, TimeUnit, UInt8Type};
use qd_model::{FieldType, Schema};
use std::sync::Arc;

/// Rows with one Arrow array per field of the schema, in the schema's order; a field without a
/// column, an empty cell and an unreadable cell are null.
#[derive(Debug, Clone)]
pub struct Typed {
    /// The values.
    pub batch: RecordBatch,
    /// The spreadsheet row of each row, counted from 1.
    pub rows: UInt32Array,
    /// Per field: which cells hold something that could not be read as the field's type (or that
    /// failed the field's own kind), so that other checks stay silent about them. `None` where all
    /// could be read.
    pub unreadable: Vec<Option<BooleanBuffer>>,
    /// Per field: why empty cells are empty, as numbers of [`qd_model::Reason`]; 0 where nobody said.
    /// `None` where nothing is known of any cell.
    pub reasons: Vec<Option<UInt8Array>>,
    /// The person of each row, once linked: an index into the run's register of people.
    pub person: Option<UInt32Array>,
}

impl Typed {
    /// The number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows for which `keep` is true, in order.
    pub fn filter(&self, keep: &BooleanArray) -> Self {
        let batch = arrow::compute::filter_record_batch(&self.batch, keep).expect("the mask is as long as the batch");
        let take = |array: &dyn Array| arrow::compute::filter(array, keep).expect("the mask is as long as the array");
        let numbers = |array: &UInt32Array| {
            take(array).as_any().downcast_ref::<UInt32Array>().expect("filtering keeps the type").clone()
        };
        let unreadable = self.unreadable.iter().map(|bits| {
            let bits = BooleanArray::new(bits.clone()?, None);
            let kept = take(&bits);
            Some(kept.as_any().downcast_ref::<BooleanArray>().expect("filtering keeps the type").values().clone())
        });
        let reasons = self
            .reasons
            .iter()
            .map(|reasons| reasons.as_ref().map(|reasons| take(reasons).as_primitive::<UInt8Type>().clone()));
        Self {
            reasons: reasons.collect(),
            unreadable: unreadable.collect(),
            rows: numbers(&self.rows),
            person: self.person.as_ref().map(numbers),
            batch,
        }
    }

    /// The same rows with the values of some fields only; all others are blank, and cost nothing.
    pub fn only(&self, wanted: &[bool]) -> Self {
        let mut blanks: Vec<ArrayRef> = Vec::new();
        let mut blank = |data_type: &DataType| {
            let known = blanks.iter().find(|array| array.data_type() == data_type).cloned();
            known.unwrap_or_else(|| {
                blanks.push(new_null_array(data_type, self.len()));
                blanks[blanks.len() - 1].clone()
            })
        };
        let columns = self.batch.columns().iter().zip(wanted);
        let columns =
            columns.map(|(column, wanted)| if *wanted { column.clone() } else { blank(column.data_type()) }).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(self.len()));
        let batch = RecordBatch::try_new_with_options(self.batch.schema(), columns, &options)
            .expect("every column keeps its type and length");
        Self { batch, ..self.clone() }
    }

    /// Several tables of the same schema one after the other.
    pub fn concat(schema: &Arc<ArrowSchema>, parts: &[Self]) -> Self {
        let batch = arrow::compute::concat_batches(schema, parts.iter().map(|part| &part.batch))
            .expect("all parts have the schema");
        let rows: Vec<u32> = parts.iter().flat_map(|part| part.rows.values().iter().copied()).collect();
        let unreadable = (0..schema.fields().len()).map(|field| {
            parts.iter().any(|part| part.unreadable[field].is_some()).then(|| {
                parts
                    .iter()
                    .flat_map(|part| {
                        let bits = part.unreadable[field].clone();
                        let bits = bits.unwrap_or_else(|| BooleanBuffer::new_unset(part.len()));
                        bits.iter().collect::<Vec<_>>()
                    })
                    .collect::<BooleanBuffer>()
            })
        });
        let reasons = (0..schema.fields().len()).map(|field| {
            parts.iter().any(|part| part.reasons[field].is_some()).then(|| {
                let of = |part: &Self| -> Vec<u8> {
                    part.reasons[field]
                        .as_ref()
                        .map_or_else(|| vec![0; part.len()], |reasons| reasons.values().to_vec())
                };
                UInt8Array::from(parts.iter().flat_map(of).collect::<Vec<u8>>())
            })
        });
        let reasons = reasons.collect();
        let linked = !parts.is_empty() && parts.iter().all(|part| part.person.is_some());
        let person =
            linked.then(|| parts.iter().filter_map(|part| part.person.as_ref()).flat_map(UInt32Array::iter).collect());
        Self { unreadable: unreadable.collect(), reasons, rows: rows.into(), person, batch }
    }

    /// Nothing known of why any cell of that many fields is empty.
    pub fn no_reasons(fields: usize) -> Vec<Option<UInt8Array>> {
        vec![None; fields]
    }

    /// The column of a field.
    pub fn column(&self, field: usize) -> &ArrayRef {
        self.batch.column(field)
    }

    /// The Arrow schema of a table's typed rows: one nullable column per field, under its name.
    pub fn arrow_schema(schema: &Schema) -> Arc<ArrowSchema> {
        let fields: Vec<Field> =
            schema.fields.iter().map(|field| Field::new(&field.name, arrow_type(field.field_type), true)).collect();
        Arc::new(ArrowSchema::new(fields))
    }
}

/// The Arrow type in which a field's values are kept. Types without an Arrow twin are kept as their
/// canonical text; a year and month is its first day.
pub fn arrow_type(field_type: FieldType) -> DataType {
    match field_type {
        FieldType::Integer => DataType::Int64,
        FieldType::Number => DataType::Float64,
        FieldType::Boolean => DataType::Boolean,
        FieldType::Date | FieldType::Yearmonth => DataType::Date32,
        FieldType::Datetime => DataType::Timestamp(TimeUnit::Microsecond, None),
        FieldType::Time => DataType::Time64(TimeUnit::Microsecond),
        FieldType::Year => DataType::Int32,
        FieldType::String
        | FieldType::Object
        | FieldType::Array
        | FieldType::List
        | FieldType::Duration
        | FieldType::Geopoint
        | FieldType::Geojson
        | FieldType::Any => DataType::Utf8View,
    }
}
