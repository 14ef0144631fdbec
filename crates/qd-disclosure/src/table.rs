//! Rows that may leave, and what each of their columns is.

use crate::held::Held;
use arrow::array::{Array, ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions, UInt32Array};
use arrow::compute::{SortColumn, lexsort_to_indices};
use arrow::datatypes::{Field, Schema as ArrowSchema, SchemaRef};
use qd_model::schema::Category;
use qd_model::{Class, FieldType};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// Rows that went through a recipient's disclosure profile. Return files are written from nothing
/// else, and no other room can make one:
///
/// ```
/// fn rows(table: &qd_disclosure::ClearedTable) -> usize { table.batch().num_rows() }
/// ```
///
/// ```compile_fail
/// fn forge(batch: arrow::array::RecordBatch) -> qd_disclosure::ClearedTable {
///     qd_disclosure::ClearedTable { name: String::new(), columns: Vec::new(), batch }
/// }
/// ```
///
/// ```compile_fail
/// fn swap(table: &mut qd_disclosure::ClearedTable, batch: arrow::array::RecordBatch) { table.batch = batch }
/// ```
#[derive(Clone)]
pub struct ClearedTable {
    name: String,
    columns: Vec<ClearedColumn>,
    held: Box<Held>,
    /// Which of the rows that were cleared each row is, where that is not the order in which they are held.
    origin: Option<Arc<[u32]>>,
}

/// A released column, for headings, codebooks and descriptors.
#[derive(Debug, Clone, PartialEq)]
pub struct ClearedColumn {
    /// The name that it is released as.
    pub name: String,
    /// A title for people.
    pub title: String,
    /// What it holds.
    pub description: Option<String>,
    /// The type of the released values.
    pub field_type: FieldType,
    /// The code list of the released values, in order.
    pub categories: Vec<Category>,
    /// The treatment's name; `count` for counts of people.
    pub treatment: String,
    /// The class of the field before its treatment.
    pub class: Class,
    /// The field that it was made from; `person`, `partner` and `period` stand for themselves.
    pub field: String,
}

impl ClearedColumn {
    /// Whether the column holds pseudonyms, or digests that stand for identifiers like them.
    pub fn is_pseudonym(&self) -> bool {
        ["pseudonym", "open-pseudonymiser"].contains(&self.treatment.as_str())
    }
}

impl ClearedTable {
    pub(crate) fn new(name: &str, columns: Vec<ClearedColumn>, batch: RecordBatch) -> Self {
        debug_assert_eq!(columns.len(), batch.num_columns());
        Self { name: name.to_owned(), columns, held: Box::new(Held::whole(batch)), origin: None }
    }

    /// Rows that come in several parts.
    pub(crate) fn of_parts(name: &str, columns: Vec<ClearedColumn>, parts: Vec<RecordBatch>) -> Self {
        debug_assert!(parts.iter().all(|part| part.num_columns() == columns.len()));
        Self { name: name.to_owned(), columns, held: Box::new(Held::parts(parts)), origin: None }
    }

    /// Which of the rows that were cleared each row is, counted from 0 over all that were given. It never
    /// leaves: it tells the lead where a released row came from.
    pub fn origin(&self) -> Vec<u32> {
        self.origin.as_ref().map_or_else(|| self.held.origin(), |origin| origin.to_vec())
    }

    /// The table's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The rows. Columns are in the order of [`ClearedTable::columns`], each of the Arrow type of its
    /// field type.
    pub fn batch(&self) -> &RecordBatch {
        self.held.batch()
    }

    /// The values of a column for some of the rows, in the order in which they leave. A large table is
    /// written piece by piece, so that it need never be held as a whole.
    pub fn values(&self, column: usize, rows: Range<usize>) -> ArrayRef {
        self.held.values(column, rows)
    }

    /// What each column is.
    pub fn columns(&self) -> &[ClearedColumn] {
        &self.columns
    }

    /// The index of a column, by the name that it is released as.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.held.rows()
    }

    /// Whether rows are in the order of pseudonyms.
    pub fn is_pseudonymised(&self) -> bool {
        self.leading().is_some()
    }

    /// Some of the columns, in the order given. Rows stay in their order.
    pub fn select(&self, columns: &[usize]) -> Self {
        let whole = self.batch();
        let fields: Vec<Field> = columns.iter().map(|index| whole.schema().field(*index).clone()).collect();
        let arrays = columns.iter().map(|index| whole.column(*index).clone()).collect();
        let chosen = columns.iter().map(|index| self.columns[*index].clone()).collect();
        Self::new(&self.name, chosen, batch(schema_of(fields), arrays, self.rows())).with_origin(self.origin())
    }

    /// The same rows with other values in one column.
    pub(crate) fn with_column(&self, column: usize, values: ArrayRef) -> Self {
        let whole = self.batch();
        let mut arrays = whole.columns().to_vec();
        arrays[column] = values;
        let fields = whole.schema().fields().iter().map(|field| field.as_ref().clone()).collect();
        Self::new(&self.name, self.columns.clone(), batch(schema_of(fields), arrays, self.rows()))
            .with_origin(self.origin())
    }

    /// The same table, of which it is known where each row came from.
    fn with_origin(self, origin: Vec<u32>) -> Self {
        Self { origin: Some(origin.into()), ..self }
    }

    /// The rows for which `keep` is true, in order.
    pub fn filter(&self, keep: &BooleanArray) -> Self {
        let kept = arrow::compute::filter_record_batch(self.batch(), keep).expect("the mask is as long as the table");
        let origin = self.origin().into_iter().zip(keep.iter()).filter(|(_, keep)| *keep == Some(true));
        Self::new(&self.name, self.columns.clone(), kept).with_origin(origin.map(|(row, _)| row).collect())
    }

    /// Rows ordered by some columns, then as they were. Where there is a pseudonym it comes first all
    /// the same, so that no order of rows tells what the source's was.
    pub fn sort(&self, columns: &[usize]) -> Self {
        let leading = self.leading().filter(|leading| !columns.contains(leading));
        let key = |column: usize| SortColumn { values: self.batch().column(column).clone(), options: None };
        let mut by: Vec<SortColumn> = leading.into_iter().chain(columns.iter().copied()).map(key).collect();
        let rows = u32::try_from(self.rows()).expect("a table has fewer rows than 2^32");
        by.push(SortColumn { values: Arc::new(UInt32Array::from_iter_values(0..rows)), options: None });
        let order = lexsort_to_indices(&by, None).expect("every released type has an order");
        let sorted = arrow::compute::take_record_batch(self.batch(), &order).expect("the order is of this table");
        let origin = self.origin();
        let origin = order.values().iter().map(|row| origin[*row as usize]).collect();
        Self::new(&self.name, self.columns.clone(), sorted).with_origin(origin)
    }

    /// Rows in the order of the pseudonym, then of all other columns, where there is one.
    pub(crate) fn without_source_order(mut self) -> Self {
        if let Some(leading) = self.leading() {
            self.held = Box::new(self.held.ordered(leading));
        }
        self
    }

    /// The column that orders a pseudonymised table: the person's, else the first pseudonym.
    fn leading(&self) -> Option<usize> {
        let person = |column: &ClearedColumn| column.field == qd_model::pipeline::FieldRelease::PERSON;
        let of_person = self.columns.iter().position(|column| column.is_pseudonym() && person(column));
        of_person.or_else(|| self.columns.iter().position(ClearedColumn::is_pseudonym))
    }
}

/// Shows no value, wherever it is printed.
impl fmt::Debug for ClearedTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        f.debug_struct("ClearedTable")
            .field("name", &self.name)
            .field("columns", &names)
            .field("rows", &self.rows())
            .finish_non_exhaustive()
    }
}

/// The schema of some columns.
pub(crate) fn schema_of(fields: Vec<Field>) -> SchemaRef {
    Arc::new(ArrowSchema::new(fields))
}

/// A batch that knows its rows even where it has no column.
pub(crate) fn batch(schema: SchemaRef, arrays: Vec<ArrayRef>, rows: usize) -> RecordBatch {
    debug_assert!(arrays.iter().all(|array| array.len() == rows));
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(schema, arrays, &options)
        .expect("the columns fit their types and are of one length")
}
