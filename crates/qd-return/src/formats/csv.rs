//! A table as a text file: RFC 4180, UTF-8, every value as canonical text.
//!
//! Text that people typed may begin like a formula, and this file is opened in spreadsheet programs:
//! such a value gets a single quote in front. Codes, pseudonyms, dates and numbers are written
//! exactly as they are.

use super::Format;
use crate::columns::{self, Content, FileColumn, Headings};
use crate::error::ReturnError;
use csv::{QuoteStyle, Terminator, WriterBuilder};
use qd_disclosure::ClearedTable;
use qd_model::FieldType;
use qd_model::pipeline::{ColumnSpec, Part};
use std::borrow::Cow;

/// The `csv` format.
#[derive(Debug)]
pub(super) struct Csv;

impl Format for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn media_type(&self) -> &'static str {
        "text/csv"
    }

    fn holds(&self, part: &Part) -> bool {
        matches!(part, Part::Rows(_))
    }
}

/// The bytes of a text file with some columns of a table, all where `columns` is empty. Headings are
/// the layout's, else the names that columns are released as. Codes stay codes.
pub fn text(table: &ClearedTable, columns: &[ColumnSpec]) -> Result<Vec<u8>, ReturnError> {
    let columns = columns::columns(table, columns, Headings::Names)?;
    let mut writer =
        WriterBuilder::new().terminator(Terminator::CRLF).quote_style(QuoteStyle::Necessary).from_writer(Vec::new());
    writer.write_record(columns.iter().map(|column| column.heading))?;
    let typed: Vec<bool> = columns.iter().map(is_typed_by_people).collect();
    for row in 0..table.rows() {
        for (column, typed) in columns.iter().zip(&typed) {
            let value = column.at(row).canonical();
            let value =
                if *typed && qd_book::looks_like_formula(&value) { Cow::Owned(format!("'{value}")) } else { value };
            writer.write_field(value.as_bytes())?;
        }
        writer.write_record(None::<&[u8]>)?;
    }
    Ok(writer.into_inner().expect("writing to memory cannot fail"))
}

/// Whether the column holds free text: neither a code list's values nor a pseudonym.
fn is_typed_by_people(column: &FileColumn<'_>) -> bool {
    match &column.content {
        Content::Constant(_) => false,
        Content::Released(column, _) => {
            let is_text = matches!(
                column.field_type,
                FieldType::String | FieldType::Any | FieldType::List | FieldType::Object | FieldType::Array
            );
            is_text && column.categories.is_empty() && !column.is_pseudonym()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use qd_model::pipeline::ColumnContent;

    fn records(bytes: &[u8]) -> Vec<Vec<String>> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes);
        reader.records().map(|record| record.expect("a record").iter().map(str::to_owned).collect()).collect()
    }

    #[test]
    fn a_table_reads_back_as_canonical_text() {
        let bytes = text(&sample::table(), &[]).expect("written");
        assert!(bytes.ends_with(b"\r\n"));
        assert_eq!(
            records(&bytes),
            [
                ["name", "born", "route", "hours", "pay", "consent", "month", "note"],
                ["'=SUM(A1)", "1990-02-28", "-1", "12", "9.5", "true", "2022-07", "said \"yes\",\nthen left"],
                ["Zoë", "", "", "", "", "", "", "'+44 20"],
            ]
        );
        assert_eq!(bytes, text(&sample::table(), &[]).expect("written"));
    }

    #[test]
    fn a_layout_chooses_columns_and_headings() {
        let spec = |heading: Option<&str>, content| ColumnSpec { heading: heading.map(str::to_owned), content };
        let layout = [
            spec(Some("Way in"), ColumnContent::Released("route".to_owned())),
            spec(None, ColumnContent::Released("hours".to_owned())),
            spec(Some("Project"), ColumnContent::Text("=P1".to_owned())),
        ];
        let written = records(&text(&sample::table(), &layout).expect("written"));
        assert_eq!(written, [["Way in", "hours", "Project"], ["-1", "12", "=P1"], ["", "", "=P1"]]);
    }

    #[test]
    fn a_column_that_is_not_released_is_refused() {
        let content = ColumnContent::Released("surname".to_owned());
        let error = text(&sample::table(), &[ColumnSpec { heading: None, content }]).expect_err("not released");
        assert_eq!(error.to_string(), "the table people has no released column `surname`");
    }
}
