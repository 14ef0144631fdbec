//! Parquet files, batch by batch; each column's values as canonical text.

use super::head::Head;
use super::input::Input;
use super::values::{Text, without_midnight};
use super::workbook::{Cells, CellsBook, Place, Workbook, guarded};
use super::{Book, Format, Sheet, limits};
use crate::faults::{self, Trouble};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float64Type};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use qd_table::{ParquetBatches, Stored};
use std::path::{Path, PathBuf};

const NAME: &str = "Parquet file";
/// The most rows: a small file can say that a value comes billions of times.
const ROWS: u32 = 20_000_000;

/// Parquet files.
pub(super) struct Parquet;

impl Format for Parquet {
    fn name(&self) -> &'static str {
        "parquet"
    }

    fn recognises(&self, head: &Head) -> bool {
        head.starts_with(b"PAR1")
    }

    fn open(&self, input: &Input) -> Result<Box<dyn Book>, Trouble> {
        let Input::File(path, _) = input else {
            let fix = "unpack it and give the Parquet file itself: it is compressed already";
            return Err(faults::unreadable("is a Parquet file in a packed file", fix));
        };
        guarded(NAME, || batches(path))?;
        Ok(Box::new(CellsBook::new(ParquetBook(path.clone()), vec![Sheet::default()])))
    }
}

fn batches(path: &Path) -> Result<ParquetBatches, Trouble> {
    qd_table::parquet_batches(path).map_err(|_| damaged())
}

fn damaged() -> Trouble {
    let fix = "write the file again, uncompressed or compressed with zstd";
    faults::unreadable("is a Parquet file that is damaged, or compressed in a way that is not read", fix)
}

struct ParquetBook(PathBuf);

impl Workbook for ParquetBook {
    const NAME: &'static str = NAME;

    fn cells<'a>(&'a mut self, _sheet: usize, _name: &str) -> Result<Box<dyn Cells + Send + 'a>, Trouble> {
        let batches = batches(&self.0)?;
        let headings = batches.schema.fields().iter().map(|field| field.name().clone()).collect();
        Ok(Box::new(ParquetCells { batches, headings, next: 0, columns: Vec::new(), rows: 0, row: 0, before: 1 }))
    }
}

/// The cells of a file: its headings are row 1.
struct ParquetCells {
    batches: ParquetBatches,
    headings: Vec<String>,
    /// The next cell of the row, or of the headings.
    next: usize,
    columns: Vec<Column>,
    rows: usize,
    row: usize,
    /// How many rows came before this batch.
    before: u32,
}

/// A column of a batch.
struct Column {
    values: Values,
    stored: Stored,
}

enum Values {
    Numbers(ArrayRef),
    Texts(Vec<Option<String>>),
}

impl Cells for ParquetCells {
    fn next(&mut self, text: &mut Text) -> Result<Option<Place>, Trouble> {
        loop {
            if self.before == 1 && self.columns.is_empty() && self.next < self.headings.len() {
                self.next += 1;
                if text.set_text(&self.headings[self.next - 1], Stored::Text) {
                    return Ok(Some((1, self.next as u32 - 1)));
                }
                continue;
            }
            if self.row < self.rows && self.next < self.columns.len() {
                self.next += 1;
                if self.columns[self.next - 1].give(self.row, text) {
                    return Ok(Some((self.before + self.row as u32 + 1, self.next as u32 - 1)));
                }
                continue;
            }
            self.next = 0;
            self.row += 1;
            if self.row >= self.rows && !self.read_batch()? {
                return Ok(None);
            }
        }
    }
}

impl ParquetCells {
    fn read_batch(&mut self) -> Result<bool, Trouble> {
        self.before = self.before.saturating_add(self.rows as u32);
        let most = limits::of(u64::from(ROWS));
        if u64::from(self.before) > most {
            return Err(faults::too_large(&format!("is a Parquet file of more than {most} rows, which is the limit")));
        }
        let Some(batch) = self.batches.next() else { return Ok(false) };
        let batch: RecordBatch = batch.map_err(|_| damaged())?;
        self.columns = batch.columns().iter().map(column).collect::<Result<_, _>>()?;
        (self.rows, self.row) = (batch.num_rows(), 0);
        Ok(true)
    }
}

impl Column {
    /// Gives the value of a row out; false where there is none.
    fn give(&self, row: usize, text: &mut Text) -> bool {
        match &self.values {
            Values::Numbers(array) => {
                array.is_valid(row) && text.set_number(array.as_primitive::<Float64Type>().value(row))
            }
            Values::Texts(texts) => texts[row].as_deref().is_some_and(|value| text.set_text(value, self.stored)),
        }
    }
}

fn column(array: &ArrayRef) -> Result<Column, Trouble> {
    let kind = match array.data_type() {
        DataType::Dictionary(_, kind) => kind.as_ref(),
        kind => kind,
    };
    let stored = match kind {
        DataType::Boolean => Stored::Boolean,
        DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) | DataType::Time32(_) | DataType::Time64(_) => {
            Stored::Date
        }
        _ if kind.is_numeric() => Stored::Number,
        _ => Stored::Text,
    };
    if kind.is_floating() {
        let numbers = arrow::compute::cast(array, &DataType::Float64).map_err(|_| damaged())?;
        return Ok(Column { values: Values::Numbers(numbers), stored });
    }
    let options = FormatOptions::default().with_display_error(false);
    let formatter = ArrayFormatter::try_new(array, &options).map_err(|_| damaged())?;
    let text = |row| {
        let shown = formatter.value(row).try_to_string().map_err(|_| damaged())?;
        Ok(match stored {
            Stored::Date => without_midnight(&shown).to_owned(),
            Stored::Number => without_zeros(&shown).to_owned(),
            _ => shown,
        })
    };
    let texts = (0..array.len()).map(|row| array.is_valid(row).then(|| text(row)).transpose());
    Ok(Column { values: Values::Texts(texts.collect::<Result<_, Trouble>>()?), stored })
}

/// A decimal number without zeros that say nothing.
fn without_zeros(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}
