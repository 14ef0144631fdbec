//! Record batches to Parquet bytes and back: the same bytes for the same rows, whatever the threads.

use arrow::array::{ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::io::Write;
use std::ops::Range;
use std::sync::Mutex;

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

/// How many values of a column are looked at to see whether it repeats itself.
pub const FIRST_VALUES: usize = 2048;

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
    let first = |column: usize| pieces(column, 0..rows.min(FIRST_VALUES));
    let stream = ParquetStream::begin(out, schema, &first, metadata)?;
    let groups: Vec<(usize, Range<usize>)> =
        (0..rows).step_by(ROW_GROUP).map(|start| start..rows.min(start + ROW_GROUP)).enumerate().collect();
    for some in groups.chunks(rayon::current_num_threads()) {
        some.par_iter().try_for_each(|(index, range)| stream.group(*index, &|column| pieces(column, range.clone())))?;
    }
    stream.finish().map(|_| ())
}

/// A Parquet file that is written row group by row group, each on the thread that has its rows. Groups
/// may be done in any order: they stand in the file by their numbers.
pub struct ParquetStream<W: Write + Send> {
    schema: SchemaRef,
    factory: ArrowRowGroupWriterFactory,
    out: Mutex<Out<W>>,
}

/// The file, and what cannot be written yet.
struct Out<W: Write + Send> {
    file: SerializedFileWriter<W>,
    next: usize,
    waiting: BTreeMap<usize, Vec<ArrowColumnChunk>>,
}

impl<W: Write + Send> ParquetStream<W> {
    /// Begins a file. By the first values of each column it is decided whether it gets a dictionary.
    pub fn begin(
        out: W,
        schema: &SchemaRef,
        first: &dyn Fn(usize) -> Vec<ArrayRef>,
        metadata: &[(String, String)],
    ) -> Result<Self, ParquetError> {
        let metadata: Vec<KeyValue> =
            metadata.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())).collect();
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
            .set_statistics_enabled(EnabledStatistics::None)
            // Pages are cut by their size alone: many small ones would each be compressed anew.
            .set_data_page_row_count_limit(ROW_GROUP)
            .set_created_by("quarterday".to_owned())
            .set_key_value_metadata((!metadata.is_empty()).then_some(metadata));
        for column in manifold(schema, first) {
            // In such columns there is little for a compressor to find, and a lazier one finds it as well.
            let column = ColumnPath::from(vec![column]);
            properties = properties
                .set_column_dictionary_enabled(column.clone(), false)
                .set_column_compression(column, Compression::ZSTD(ZstdLevel::try_new(1)?));
        }
        let writer = ArrowWriter::try_new(out, schema.clone(), Some(properties.build()))?;
        let (file, factory) = writer.into_serialized_writer()?;
        let out = Mutex::new(Out { file, next: 0, waiting: BTreeMap::new() });
        Ok(Self { schema: schema.clone(), factory, out })
    }

    /// Encodes and compresses a row group, column by column, and writes what can be written by now.
    pub fn group(&self, index: usize, values: &(dyn Fn(usize) -> Vec<ArrayRef> + Sync)) -> Result<(), ParquetError> {
        let writers = self.factory.create_column_writers(index)?;
        let encode = |(column, mut writer): (usize, ArrowColumnWriter)| {
            for piece in values(column) {
                for leaf in compute_leaves(self.schema.field(column), &piece)? {
                    writer.write(&leaf)?;
                }
            }
            writer.close()
        };
        // Every column of ours is a plain one, and has one writer.
        let columns = writers.into_par_iter().enumerate().map(encode).collect::<Result<Vec<_>, _>>()?;
        self.out.lock().expect("nothing panics while it is held").take(index, columns)
    }

    /// Ends the file, of which all row groups are there, and gives back what it was written to.
    pub fn finish(self) -> Result<W, ParquetError> {
        let out = self.out.into_inner().expect("nothing panics while it is held");
        debug_assert!(out.waiting.is_empty(), "a row group is missing");
        Ok(out.file.into_inner()?)
    }
}

impl<W: Write + Send> Out<W> {
    fn take(&mut self, index: usize, columns: Vec<ArrowColumnChunk>) -> Result<(), ParquetError> {
        self.waiting.insert(index, columns);
        while let Some(columns) = self.waiting.remove(&self.next) {
            let mut group = self.file.next_row_group()?;
            for column in columns {
                column.append_to_row_group(&mut group)?;
            }
            group.close()?;
            self.next += 1;
        }
        Ok(())
    }
}

/// Columns of texts that hardly ever repeat themselves, by their first values: a dictionary of them
/// would be as long as they are.
fn manifold(schema: &SchemaRef, first: &dyn Fn(usize) -> Vec<ArrayRef>) -> Vec<String> {
    let is_manifold = |column: &usize| {
        let arrays = first(*column);
        let mut texts: Vec<&str> = Vec::new();
        for array in &arrays {
            match array.data_type() {
                DataType::Utf8View => texts.extend(array.as_string_view().iter().flatten()),
                DataType::Utf8 => texts.extend(array.as_string::<i32>().iter().flatten()),
                _ => {}
            }
        }
        let count = texts.len();
        if count <= FIRST_VALUES / 8 {
            return false;
        }
        texts.sort_unstable();
        texts.dedup();
        texts.len() * 4 > count * 3
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
