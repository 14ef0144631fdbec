//! A table as a text file: RFC 4180, UTF-8, every value as canonical text.
//!
//! Text that people typed may begin like a formula, and this file is opened in spreadsheet programs:
//! such a value gets a single quote in front. Codes, pseudonyms, dates and numbers are written
//! exactly as they are.

use super::Format;
use crate::columns::{self, Content, FileColumn, Headings};
use crate::error::ReturnError;
use csv::{QuoteStyle, Terminator, Writer, WriterBuilder};
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

/// Rows of one table in a text file.
#[derive(Debug, Clone, Copy)]
pub struct TextPart<'a> {
    /// The rows.
    pub table: &'a ClearedTable,
    /// Their columns with their headings; all of the table's where empty.
    pub columns: &'a [ColumnSpec],
}

/// The bytes of a text file with the rows of one table, or of several, one after the other under the
/// same headings. Headings are the layout's, else the names that columns are released as. Codes stay
/// codes.
pub fn text(parts: &[TextPart<'_>]) -> Result<Vec<u8>, ReturnError> {
    let mut writer =
        WriterBuilder::new().terminator(Terminator::CRLF).quote_style(QuoteStyle::Necessary).from_writer(Vec::new());
    let mut headings: Option<Vec<&str>> = None;
    for part in parts {
        let columns = columns::columns(part.table, part.columns, Headings::Names)?;
        let own: Vec<&str> = columns.iter().map(|column| column.heading).collect();
        match &headings {
            None => {
                writer.write_record(&own)?;
                headings = Some(own);
            }
            Some(first) if *first == own => {}
            Some(_) => return Err(ReturnError::OtherHeadings { table: part.table.name().to_owned() }),
        }
        write_rows(&mut writer, &columns, part.table.rows())?;
    }
    Ok(writer.into_inner().expect("writing to memory cannot fail"))
}

fn write_rows(writer: &mut Writer<Vec<u8>>, columns: &[FileColumn<'_>], rows: usize) -> Result<(), ReturnError> {
    let typed: Vec<bool> = columns.iter().map(is_typed_by_people).collect();
    for row in 0..rows {
        for (column, typed) in columns.iter().zip(&typed) {
            let value = column.at(row).canonical();
            let value =
                if *typed && qd_book::looks_like_formula(&value) { Cow::Owned(format!("'{value}")) } else { value };
            writer.write_field(value.as_bytes())?;
        }
        writer.write_record(None::<&[u8]>)?;
    }
    Ok(())
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

    fn written(columns: &[ColumnSpec]) -> Result<Vec<u8>, ReturnError> {
        text(&[TextPart { table: &sample::table(), columns }])
    }

    #[test]
    fn a_table_reads_back_as_canonical_text() {
        let bytes = written(&[]).expect("written");
        assert!(bytes.ends_with(b"\r\n"));
        assert_eq!(
            records(&bytes),
            [
                ["name", "born", "route", "hours", "pay", "consent", "month", "note"],
                ["'=SUM(A1)", "1990-02-28", "-1", "12", "9.5", "true", "2022-07", "said \"yes\",\nthen left"],
                ["Zoë", "", "", "", "", "", "", "'+44 20"],
            ]
        );
        assert_eq!(bytes, written(&[]).expect("written"));
    }

    #[test]
    fn a_layout_chooses_columns_and_headings() {
        let spec = |heading: Option<&str>, content| ColumnSpec { heading: heading.map(str::to_owned), content };
        let layout = [
            spec(Some("Way in"), ColumnContent::Released("route".to_owned())),
            spec(None, ColumnContent::Released("hours".to_owned())),
            spec(Some("Project"), ColumnContent::Text("=P1".to_owned())),
        ];
        let read = records(&written(&layout).expect("written"));
        assert_eq!(read, [["Way in", "hours", "Project"], ["-1", "12", "=P1"], ["", "", "=P1"]]);
    }

    #[test]
    fn a_column_that_is_not_released_is_refused() {
        let content = ColumnContent::Released("surname".to_owned());
        let error = written(&[ColumnSpec { heading: None, content }]).expect_err("not released");
        assert_eq!(error.to_string(), "the table people has no released column `surname`");
    }

    #[test]
    fn parts_of_the_same_headings_follow_one_another() {
        let table = sample::table();
        let spec = |heading: &str, content| ColumnSpec { heading: Some(heading.to_owned()), content };
        let one = [
            spec("Step", ColumnContent::Text("1".to_owned())),
            spec("What", ColumnContent::Released("route".to_owned())),
        ];
        let two = [
            spec("Step", ColumnContent::Text("2".to_owned())),
            spec("What", ColumnContent::Released("hours".to_owned())),
        ];
        let parts = [TextPart { table: &table, columns: &one }, TextPart { table: &table, columns: &two }];
        let written = records(&text(&parts).expect("written"));
        assert_eq!(written, [["Step", "What"], ["1", "-1"], ["1", ""], ["2", "12"], ["2", ""]]);
        let other = [TextPart { table: &table, columns: &one }, TextPart { table: &table, columns: &one[..1] }];
        let error = text(&other).expect_err("other headings");
        assert_eq!(error.to_string(), "the rows of people have other headings than those above them in the same file");
        assert!(text(&[]).expect("nothing").is_empty());
    }
}
