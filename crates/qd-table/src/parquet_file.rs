//! Record batches to Parquet bytes and back: the same bytes for the same rows, whatever the threads.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use std::io::Write;

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

/// Writes batches as one Parquet file, zstd-compressed, with key-value metadata in the given order.
/// No minimum and maximum values are written: in an extract they would show values of single people.
pub fn write_parquet(
    out: impl Write + Send,
    schema: &SchemaRef,
    batches: &[RecordBatch],
    metadata: &[(String, String)],
) -> Result<(), ParquetError> {
    let metadata: Vec<KeyValue> =
        metadata.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())).collect();
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_statistics_enabled(EnabledStatistics::None)
        .set_max_row_group_row_count(Some(ROW_GROUP))
        .set_created_by("quarterday".to_owned())
        .set_key_value_metadata((!metadata.is_empty()).then_some(metadata))
        .build();
    let mut writer = ArrowWriter::try_new(out, schema.clone(), Some(properties))?;
    for batch in batches {
        writer.write(batch)?;
    }
    writer.close()?;
    Ok(())
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
