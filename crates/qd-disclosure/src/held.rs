//! The rows of a cleared table: as the parts that they were cleared in and the order in which they
//! leave, so that a large table is neither copied nor held twice.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions, UInt32Array};
use arrow::compute::{SortColumn, concat, interleave, lexsort_to_indices, take};
use arrow::datatypes::SchemaRef;
use rayon::prelude::*;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// Rows in parts, and their order.
#[derive(Clone)]
pub(crate) struct Held {
    parts: Vec<RecordBatch>,
    /// Part and row of each row that leaves; without it they leave as they stand.
    order: Option<Arc<[Place]>>,
    rows: usize,
    whole: OnceLock<RecordBatch>,
}

/// A part, and a row of it.
type Place = (u32, u32);

impl Held {
    /// Rows that are whole already.
    pub(crate) fn whole(batch: RecordBatch) -> Self {
        let rows = batch.num_rows();
        Self { parts: vec![batch.clone()], order: None, rows, whole: OnceLock::from(batch) }
    }

    /// Rows of several parts, of which there is at least one.
    pub(crate) fn parts(parts: Vec<RecordBatch>) -> Self {
        let rows = parts.iter().map(RecordBatch::num_rows).sum();
        Self { parts, order: None, rows, whole: OnceLock::new() }
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Which row each is, counted from 0 over all parts.
    pub(crate) fn origin(&self) -> Vec<u32> {
        let Some(order) = &self.order else { return (0..self.rows as u32).collect() };
        let starts = self.starts();
        order.iter().map(|(part, row)| starts[*part as usize] + row).collect()
    }

    /// All rows together.
    pub(crate) fn batch(&self) -> &RecordBatch {
        self.whole.get_or_init(|| self.piece(0..self.rows))
    }

    /// Some of the rows.
    fn piece(&self, wanted: Range<usize>) -> RecordBatch {
        let count = wanted.len();
        let columns =
            (0..self.schema().fields().len()).into_par_iter().map(|column| self.values(column, wanted.clone()));
        let options = RecordBatchOptions::new().with_row_count(Some(count));
        RecordBatch::try_new_with_options(self.schema(), columns.collect(), &options)
            .expect("the columns are those of the parts")
    }

    fn schema(&self) -> SchemaRef {
        self.parts[0].schema()
    }

    /// The values of a column for some of the rows.
    pub(crate) fn values(&self, column: usize, wanted: Range<usize>) -> ArrayRef {
        if let Some(whole) = self.whole.get() {
            return whole.column(column).slice(wanted.start, wanted.len());
        }
        if let Some(order) = &self.order {
            return self.gather(column, &order[wanted]);
        }
        let places: Vec<Place> = self.places().skip(wanted.start).take(wanted.len()).collect();
        self.gather(column, &places)
    }

    /// Every row, as the parts stand.
    fn places(&self) -> impl Iterator<Item = Place> + '_ {
        let parts = self.parts.iter().zip(0u32..);
        parts.flat_map(|(part, index)| (0..part.num_rows() as u32).map(move |row| (index, row)))
    }

    fn gather(&self, column: usize, places: &[Place]) -> ArrayRef {
        let arrays: Vec<&dyn Array> = self.parts.iter().map(|part| part.column(column).as_ref()).collect();
        if places.len() == self.rows {
            // Where all rows are wanted, one copy in order and one out of it are quicker than looking each
            // row up in its part.
            let starts = self.starts();
            let rows = places.iter().map(|(part, row)| starts[*part as usize] + row);
            let whole = concat(&arrays).expect("the parts have the same types");
            return take(&whole, &UInt32Array::from_iter_values(rows), None).expect("the places are in the parts");
        }
        let places: Vec<(usize, usize)> = places.iter().map(|(part, row)| (*part as usize, *row as usize)).collect();
        interleave(&arrays, &places).expect("the parts have the same types, and the places are in them")
    }

    /// How many rows there are before each part.
    fn starts(&self) -> Vec<u32> {
        let start = |next: &mut u32, part: &RecordBatch| {
            let start = *next;
            *next += part.num_rows() as u32;
            Some(start)
        };
        self.parts.iter().scan(0, start).collect()
    }

    /// Rows in the order of one column, which holds texts, then of all others.
    pub(crate) fn ordered(self, leading: usize) -> Self {
        let mut entries: Vec<(Option<u64>, u32, u32)> = self
            .parts
            .par_iter()
            .enumerate()
            .flat_map_iter(|(part, batch)| {
                let texts = batch.column(leading).as_string_view().clone();
                (0..batch.num_rows() as u32).map(move |row| {
                    let text = texts.is_valid(row as usize).then(|| start(texts.value(row as usize)));
                    (text, part as u32, row)
                })
            })
            .collect();
        entries.par_sort_unstable();
        let mut order: Vec<Place> = entries.iter().map(|(_, part, row)| (*part, *row)).collect();
        self.settle(leading, &entries, &mut order);
        Self { order: Some(order.into()), whole: OnceLock::new(), ..self }
    }

    /// Orders rows of which the leading text begins alike by the rest of it, then by all other columns.
    fn settle(&self, leading: usize, entries: &[(Option<u64>, u32, u32)], order: &mut [Place]) {
        let mut tied: Vec<usize> = Vec::new();
        let mut groups: Vec<u32> = Vec::new();
        let mut at = 0;
        for group in entries.chunk_by(|one, other| one.0 == other.0) {
            if group.len() > 1 {
                tied.extend(at..at + group.len());
                groups.extend(std::iter::repeat_n(at as u32, group.len()));
            }
            at += group.len();
        }
        let places: Vec<Place> = tied.iter().map(|at| order[*at]).collect();
        let others = (0..self.schema().fields().len()).filter(|column| *column != leading);
        let columns = std::iter::once(leading).chain(others).map(|column| self.gather(column, &places));
        let by: Vec<SortColumn> = std::iter::once(Arc::new(UInt32Array::from(groups)) as ArrayRef)
            .chain(columns)
            .map(|values| SortColumn { values, options: None })
            .collect();
        let settled = lexsort_to_indices(&by, None).expect("every released type has an order");
        for (at, from) in tied.iter().zip(settled.values()) {
            order[*at] = places[*from as usize];
        }
    }
}

/// The first eight bytes of a text as a number that is ordered as texts are.
fn start(text: &str) -> u64 {
    let mut bytes = [0; 8];
    let length = text.len().min(8);
    bytes[..length].copy_from_slice(&text.as_bytes()[..length]);
    u64::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Int64Array, StringViewArray};
    use arrow::datatypes::{DataType, Field, Schema};
    use proptest::prelude::*;

    fn part(rows: &[(Option<String>, Option<i64>)]) -> RecordBatch {
        let schema = Schema::new(vec![
            Field::new("number", DataType::Int64, true),
            Field::new("text", DataType::Utf8View, true),
        ]);
        let numbers: Int64Array = rows.iter().map(|row| row.1).collect();
        let texts: StringViewArray = rows.iter().map(|row| row.0.as_deref()).collect();
        RecordBatch::try_new(Arc::new(schema), vec![Arc::new(numbers), Arc::new(texts)]).expect("fits")
    }

    proptest! {
        #[test]
        fn the_order_is_that_of_texts_and_then_of_numbers(
            rows in prop::collection::vec((prop::option::of("(same begin)?[a-c]{0,3}"), prop::option::of(0i64..3)), 1..60),
            cut in 0usize..60,
            from in 0usize..60,
        ) {
            let (one, two) = rows.split_at(cut.min(rows.len()));
            let held = Held::parts(vec![part(one), part(two)]).ordered(1);
            let mut expected = rows.clone();
            expected.sort();
            let from = from.min(rows.len());
            prop_assert_eq!(held.piece(from..rows.len()), part(&expected[from..]));
            prop_assert_eq!(held.batch(), &part(&expected));
        }
    }
}
