//! A table as it was read, written for programs.

use super::ReadTable;
use arrow::array::{ArrayRef, RecordBatch, StringViewArray};
use arrow::datatypes::{DataType, Field, Schema};
use qd_model::finding::column_letters;
use serde_json::json;
use std::io::{Error, Result, Write};
use std::sync::Arc;

impl ReadTable {
    /// Writes RFC 4180: a line of headings, then one record per row.
    pub fn write_csv(&self, out: &mut dyn Write) -> Result<()> {
        let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
        csv.write_record(self.columns.iter().map(|column| self.name_of(column))).map_err(Error::other)?;
        for piece in &self.pieces {
            for row in 0..piece.rows.len() {
                let cells = (0..self.columns.len()).map(|column| piece.cell(row, column).unwrap_or_default());
                csv.write_record(cells).map_err(Error::other)?;
            }
        }
        csv.flush()
    }

    /// Writes the table with the place of every row and column, one row on a line.
    pub fn write_json(&self, out: &mut dyn Write) -> Result<()> {
        let columns: Vec<_> = self
            .columns
            .iter()
            .map(|column| {
                json!({ "column": column_letters(column.column), "heading": column.heading, "field": column.field })
            })
            .collect();
        let heading_row = (self.heading_row > 0).then_some(self.heading_row);
        writeln!(out, "{{ \"source\": {},", json!(self.source))?;
        writeln!(out, "  \"sheet\": {},", json!(self.sheet))?;
        writeln!(out, "  \"heading_row\": {},", json!(heading_row))?;
        writeln!(out, "  \"columns\": {},", json!(columns))?;
        write!(out, "  \"rows\": [")?;
        let mut separator = "\n    ";
        for piece in &self.pieces {
            for (row, number) in piece.rows.iter().enumerate() {
                let cells: Vec<Option<&str>> = (0..self.columns.len()).map(|column| piece.cell(row, column)).collect();
                write!(out, "{separator}{{ \"row\": {number}, \"cells\": {} }}", serde_json::to_string(&cells)?)?;
                separator = ",\n    ";
            }
        }
        writeln!(out, " ],")?;
        writeln!(out, "  \"notes\": {} }}", json!(self.notes))
    }

    /// Writes Parquet, every column as text.
    pub fn write_parquet(&self, out: &mut (dyn Write + Send)) -> Result<()> {
        let fields: Vec<Field> =
            self.columns.iter().map(|column| Field::new(self.name_of(column), DataType::Utf8View, true)).collect();
        let schema = Arc::new(Schema::new(fields));
        let mut batches = Vec::new();
        if !self.columns.is_empty() {
            for piece in &self.pieces {
                let column = |column: usize| -> ArrayRef {
                    let cells = (0..piece.rows.len()).map(|row| piece.cell(row, column));
                    Arc::new(cells.collect::<StringViewArray>())
                };
                let columns = (0..self.columns.len()).map(column).collect();
                batches.push(RecordBatch::try_new(schema.clone(), columns).map_err(Error::other)?);
            }
        }
        qd_table::write_parquet(out, &schema, &batches, &[]).map_err(Error::other)
    }
}
