//! Record batches to Parquet bytes and back: the same bytes for the same rows, whatever the threads.

use arrow::array::{ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, compute_leaves};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use rayon::prelude::*;
use std::collections::HashSet;
use std::io::Write;
use std::ops::Range;

/// What the Parquet library says of a file.
#[derive(Debug, thiserror::Error)]
pub enum ParquetError {
    /// From the format.
    #[error(transparent)]
    Parquet(#[from] parquet::errors::ParquetError),
    /// From the columns.
    #[error(transparent)]
    Arrow(#[from] arrow::error::ArrowError),
    /// From the file.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Rows in one row group. Row groups are cut by row number, never by thread.
const ROW_GROUP: usize = 128 * 1024;

/// How many values are looked at to see whether a column repeats itself.
const LOOKED_AT: usize = 2048;

/// Writes batches as one Parquet file, zstd-compressed, with key-value metadata in the given order.
/// No minimum and maximum values are written: in an extract they would show values of single people.
pub fn write_parquet(
    out: impl Write + Send,
    schema: &SchemaRef,
    batches: &[RecordBatch],
    metadata: &[(String, String)],
) -> Result<(), ParquetError> {
    let rows = batches.iter().map(RecordBatch::num_rows).sum();
    let pieces = |column: usize, wanted: Range<usize>| {
        let mut start = 0;
        let mut pieces = Vec::new();
        for batch in batches {
            let end = start + batch.num_rows();
            let (from, to) = (wanted.start.max(start), wanted.end.min(end));
            if from < to {
                pieces.push(batch.column(column).slice(from - start, to - from));
            }
            start = end;
        }
        pieces
    };
    write_parquet_pieces(out, schema, rows, &pieces, metadata)
}

/// Answers the values of a column for a range of rows, in one piece or several.
pub type Pieces<'a> = dyn Fn(usize, Range<usize>) -> Vec<ArrayRef> + Sync + 'a;

/// The same of rows that are made as they are wanted. Columns are encoded and compressed on all
/// threads, and no more of them is held than is being written.
pub fn write_parquet_pieces(
    out: impl Write + Send,
    schema: &SchemaRef,
    rows: usize,
    pieces: &Pieces<'_>,
    metadata: &[(String, String)],
) -> Result<(), ParquetError> {
    let metadata: Vec<KeyValue> =
        metadata.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())).collect();
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_statistics_enabled(EnabledStatistics::None)
        // Pages are cut by their size alone: many small ones would each be compressed anew.
        .set_data_page_row_count_limit(ROW_GROUP)
        .set_created_by("quarterday".to_owned())
        .set_key_value_metadata((!metadata.is_empty()).then_some(metadata));
    for column in manifold(schema, pieces, rows) {
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(vec![column]), false);
    }
    let writer = ArrowWriter::try_new(out, schema.clone(), Some(properties.build()))?;
    let (mut file, factory) = writer.into_serialized_writer()?;
    let groups: Vec<(usize, Range<usize>)> =
        (0..rows).step_by(ROW_GROUP).map(|start| start..rows.min(start + ROW_GROUP)).enumerate().collect();
    for some in groups.chunks(rayon::current_num_threads()) {
        let encoded: Vec<Result<Vec<ArrowColumnChunk>, ParquetError>> = some
            .par_iter()
            .map(|(index, range)| encode(schema, factory.create_column_writers(*index)?, pieces, range))
            .collect();
        for columns in encoded {
            let mut group = file.next_row_group()?;
            for column in columns? {
                column.append_to_row_group(&mut group)?;
            }
            group.close()?;
        }
    }
    file.close()?;
    Ok(())
}

/// Encodes and compresses the columns of a row group.
fn encode(
    schema: &SchemaRef,
    writers: Vec<ArrowColumnWriter>,
    pieces: &Pieces<'_>,
    rows: &Range<usize>,
) -> Result<Vec<ArrowColumnChunk>, ParquetError> {
    let encode = |(column, mut writer): (usize, ArrowColumnWriter)| {
        for piece in pieces(column, rows.clone()) {
            for leaf in compute_leaves(schema.field(column), &piece)? {
                writer.write(&leaf)?;
            }
        }
        Ok(writer.close()?)
    };
    // Every column of ours is a plain one, and has one writer.
    writers.into_par_iter().enumerate().map(encode).collect()
}

/// Columns of texts that hardly ever repeat themselves, by their first values: a dictionary of them
/// would be as long as they are.
fn manifold(schema: &SchemaRef, pieces: &Pieces<'_>, rows: usize) -> Vec<String> {
    let is_manifold = |column: &usize| {
        let mut seen = HashSet::new();
        let mut count = 0;
        for array in pieces(*column, 0..rows.min(LOOKED_AT)) {
            let mut look = |text: Option<&str>| {
                if let Some(text) = text {
                    count += 1;
                    seen.insert(text.to_owned());
                }
            };
            match array.data_type() {
                DataType::Utf8View => array.as_string_view().iter().for_each(&mut look),
                DataType::Utf8 => array.as_string::<i32>().iter().for_each(&mut look),
                _ => {}
            }
        }
        count > LOOKED_AT / 8 && seen.len() * 4 > count * 3
    };
    (0..schema.fields().len()).filter(is_manifold).map(|column| schema.field(column).name().clone()).collect()
}

/// Reads a whole Parquet file.
pub fn read_parquet(path: &std::path::Path) -> Result<(SchemaRef, Vec<RecordBatch>), ParquetError> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(path)?)?;
    let schema = builder.schema().clone();
    let batches = builder.build()?.collect::<Result<Vec<_>, _>>()?;
    Ok((schema, batches))
}

/// A Parquet file that is read batch by batch, so that its size costs no memory.
pub struct ParquetBatches {
    /// The file's columns.
    pub schema: SchemaRef,
    batches: ParquetRecordBatchReader,
}

/// Opens a Parquet file to be read batch by batch.
pub fn parquet_batches(path: &std::path::Path) -> Result<ParquetBatches, ParquetError> {
    const BATCH: usize = 1024;
    let builder = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(path)?)?;
    let schema = builder.schema().clone();
    Ok(ParquetBatches { schema, batches: builder.with_batch_size(BATCH).build()? })
}

impl Iterator for ParquetBatches {
    type Item = Result<RecordBatch, ParquetError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.batches.next().map(|batch| batch.map_err(ParquetError::from))
    }
}
