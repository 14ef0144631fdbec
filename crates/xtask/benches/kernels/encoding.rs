//! Columns as Parquet, encoded and compressed.

use crate::{ROWS, hashing, mixed};
use arrow::array::{ArrayRef, Date32Array, RecordBatch, StringViewArray};
use arrow::datatypes::{DataType, Field, Schema};
use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use std::sync::Arc;

fn encoded(bencher: Bencher<'_, '_>, values: ArrayRef, as_written: DataType, bytes: usize) {
    let schema = Arc::new(Schema::new(vec![Field::new("column", values.data_type().clone(), true)]));
    let batch = RecordBatch::try_new(Arc::clone(&schema), vec![values]).expect("one column");
    let written = Arc::new(Schema::new(vec![Field::new("column", as_written, true)]));
    let column = |_: usize, rows: std::ops::Range<usize>| vec![batch.column(0).slice(rows.start, rows.len())];
    bencher.counter(BytesCount::new(bytes)).bench_local(|| {
        let mut out = Vec::new();
        qd_table::write_parquet_pieces(&mut out, &written, batch.num_rows(), &column, &[]).expect("memory has room");
        black_box(out)
    });
}

/// A column of pseudonyms, which are most of what leaves.
#[divan::bench]
fn pseudonym_column(bencher: Bencher<'_, '_>) {
    let pseudonyms = hashing::pseudonyms();
    let bytes = pseudonyms.iter().map(String::len).sum();
    encoded(bencher, Arc::new(StringViewArray::from_iter_values(pseudonyms)), DataType::Utf8, bytes);
}

/// A column of a few codes.
#[divan::bench]
fn code_column(bencher: Bencher<'_, '_>) {
    let codes: Vec<&str> =
        (0..ROWS).map(|row| ["SOC_RENT", "PRIV_RENT", "HOSTEL"][(mixed(row) % 3) as usize]).collect();
    let bytes = codes.iter().map(|code| code.len()).sum();
    encoded(bencher, Arc::new(StringViewArray::from_iter_values(codes)), DataType::Utf8, bytes);
}

#[divan::bench]
fn date_column(bencher: Bencher<'_, '_>) {
    let days = Date32Array::from_iter_values((0..ROWS).map(|row| (mixed(row) % 20_000) as i32));
    encoded(bencher, Arc::new(days), DataType::Date32, ROWS * 4);
}
