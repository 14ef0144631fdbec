//! A return as a workbook: a cover, counts, rows; formatted as a person would want to receive it.

use super::Format;
use crate::DEMONSTRATION;
use crate::columns::{self, Content, FileColumn, Headings};
use crate::error::ReturnError;
use crate::values::{Value, Values};
use qd_book::{About, Book, Cell, Column, Cover, Kind, Layout, RowStyle, Section};
use qd_disclosure::ClearedTable;
use qd_model::FieldType;
use qd_model::pipeline::{ColumnSpec, Part};
use std::collections::BTreeMap;

/// The `xlsx` format.
#[derive(Debug)]
pub(super) struct Xlsx;

impl Format for Xlsx {
    fn name(&self) -> &'static str {
        "xlsx"
    }

    fn media_type(&self) -> &'static str {
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    }

    fn holds(&self, _part: &Part) -> bool {
        true
    }
}

/// A return as one workbook.
#[derive(Debug)]
pub struct Document<'a> {
    /// Its title.
    pub title: &'a str,
    /// Whether every sheet says that its people are invented.
    pub demonstration: bool,
    /// The sheets, in order.
    pub sheets: Vec<Sheet<'a>>,
}

/// A sheet of a return.
#[derive(Debug)]
pub enum Sheet<'a> {
    /// What the return is, for a reader.
    Cover {
        /// The sheet's name.
        name: &'a str,
        /// The large line on top.
        title: String,
        /// Labels and texts.
        lines: Vec<(String, String)>,
        /// Paragraphs at the end.
        notes: &'a [String],
    },
    /// Counts of people, a line to a row. A column `level` is not shown: 0 is a headline, all else
    /// is part of the headline above it.
    Counts {
        /// The sheet's name.
        name: &'a str,
        /// Lines above the counts.
        notes: Vec<&'a str>,
        /// The counts.
        table: &'a ClearedTable,
    },
    /// Rows of a table.
    Rows {
        /// The sheet's name.
        name: &'a str,
        /// The table.
        table: &'a ClearedTable,
        /// Its columns with their headings; all of the table's where empty.
        columns: &'a [ColumnSpec],
    },
}

/// The column that says how a line of counts looks.
const LEVEL: &str = "level";

/// The bytes of a workbook: as a draft, which says so on its cover and on each printed page, and as it will
/// be sent. Codes with labels are shown as their labels, true and false as "Yes" and "No", dates as dates.
pub fn workbook(document: &Document<'_>) -> Result<[Vec<u8>; 2], ReturnError> {
    let mut book = Book::twice(About {
        title: document.title.to_owned(),
        banner: document.demonstration.then(|| DEMONSTRATION.to_owned()),
        ..About::default()
    });
    for sheet in &document.sheets {
        match sheet {
            Sheet::Cover { name, title, lines, notes } => book.cover(&cover(name, title, lines, notes))?,
            Sheet::Counts { name, notes, table } => counts(&mut book, name, notes, table)?,
            Sheet::Rows { name, table, columns } => rows(&mut book, name, table, columns)?,
        }
    }
    Ok(book.finish_twice()?)
}

fn cover(name: &str, title: &str, lines: &[(String, String)], notes: &[String]) -> Cover {
    let lines = lines.iter().map(|(label, text)| (label.clone(), text.clone().into())).collect();
    Cover {
        name: name.to_owned(),
        title: title.to_owned(),
        sections: vec![Section { heading: None, lines }],
        notes: notes.to_vec(),
        ..Cover::default()
    }
}

fn counts(book: &mut Book, name: &str, notes: &[&str], table: &ClearedTable) -> Result<(), ReturnError> {
    let level = table.index_of(LEVEL).map(|index| Values::of(table, index)).transpose()?;
    let all = columns::columns(table, &[], Headings::Titles)?;
    let (signs, all): (Vec<_>, Vec<_>) = all.into_iter().partition(|column| column.sign_of().is_some());
    let shown: Vec<FileColumn<'_>> = all.into_iter().filter(|column| !column.is_named(LEVEL)).collect();
    // A sign stands in the cell of the number that it stands for.
    let signs: Vec<Option<&FileColumn<'_>>> = shown
        .iter()
        .map(|column| signs.iter().find(|sign| sign.sign_of().is_some_and(|name| column.is_named(name))))
        .collect();
    let kinds: Vec<Kind> = shown.iter().map(FileColumn::kind_of_count).collect();
    let counts: Vec<bool> = kinds.iter().map(|kind| *kind != Kind::Text).collect();
    let columns = shown.iter().zip(kinds).map(|(column, kind)| Column::new(column.heading, kind));
    let lines = notes.iter().map(|note| (*note).to_owned()).collect();
    let layout = Layout { columns: columns.collect(), lines, ..Layout::default() };
    let mut sheet = book.table(name, layout)?;
    for row in 0..table.rows() {
        let mut cells: Vec<Cell<'_>> = Vec::with_capacity(shown.len());
        for (column, sign) in shown.iter().zip(&signs) {
            cells.push(cell(match (column.at(row), sign) {
                (Value::Nothing, Some(sign)) => sign.at(row),
                (value, _) => value,
            }));
        }
        let is_headline = level.as_ref().is_none_or(|level| level.at(row) == Value::Integer(0));
        let has_counts = cells.iter().zip(&counts).any(|(cell, is_count)| *is_count && *cell != Cell::Empty);
        let style = match (is_headline, has_counts) {
            (true, _) => RowStyle::Strong,
            (false, false) => RowStyle::Group,
            (false, true) => RowStyle::Part,
        };
        sheet.styled_row(style, &cells)?;
    }
    Ok(sheet.finish()?)
}

fn rows(book: &mut Book, name: &str, table: &ClearedTable, layout: &[ColumnSpec]) -> Result<(), ReturnError> {
    let columns = columns::columns(table, layout, Headings::Titles)?;
    let labels: Vec<BTreeMap<&str, &str>> = columns.iter().map(FileColumn::labels).collect();
    let specs = columns.iter().zip(&labels).map(|(column, labels)| Column::new(column.heading, column.kind(labels)));
    let layout = Layout { columns: specs.collect(), frozen_columns: 1, ..Layout::default() };
    let mut sheet = book.table(name, layout)?;
    let mut cells = Vec::with_capacity(columns.len());
    for row in 0..table.rows() {
        cells.clear();
        for (column, labels) in columns.iter().zip(&labels) {
            let value = column.at(row);
            let label = if labels.is_empty() { None } else { labels.get(value.canonical().as_ref()) };
            cells.push(label.map_or_else(|| cell(value), |label| Cell::Text(label)));
        }
        sheet.row(&cells)?;
    }
    Ok(sheet.finish()?)
}

impl<'a> FileColumn<'a> {
    fn is_named(&self, name: &str) -> bool {
        matches!(&self.content, Content::Released(column, _) if column.name == name)
    }

    /// The column for whose empty cells this one's stand.
    fn sign_of(&self) -> Option<&'a str> {
        match self.content {
            Content::Released(column, _) if column.treatment == qd_disclosure::SIGN => Some(&column.field),
            _ => None,
        }
    }

    /// How a column of a table of counts is shown.
    fn kind_of_count(&self) -> Kind {
        match &self.content {
            Content::Released(column, _) if column.treatment == "share" => Kind::Share,
            Content::Released(column, _) if column.field_type == FieldType::Number => Kind::Number,
            Content::Released(column, _) if column.field_type == FieldType::Integer => Kind::Count,
            _ => Kind::Text,
        }
    }

    /// The labels of the column's codes.
    pub(crate) fn labels(&self) -> BTreeMap<&'a str, &'a str> {
        match self.content {
            Content::Constant(_) => BTreeMap::new(),
            Content::Released(column, _) => column
                .categories
                .iter()
                .filter_map(|category| Some((category.value.as_str(), category.label.as_deref()?)))
                .collect(),
        }
    }

    fn kind(&self, labels: &BTreeMap<&str, &str>) -> Kind {
        match &self.content {
            Content::Released(column, _) if labels.is_empty() => match column.field_type {
                FieldType::Integer | FieldType::Year => Kind::Integer,
                FieldType::Number => Kind::Number,
                FieldType::Date => Kind::Date,
                FieldType::Yearmonth => Kind::Month,
                FieldType::Datetime => Kind::DateTime,
                FieldType::Time => Kind::Time,
                _ => Kind::Text,
            },
            _ => Kind::Text,
        }
    }
}

fn cell(value: Value<'_>) -> Cell<'_> {
    match value {
        Value::Nothing => Cell::Empty,
        Value::Text(text) => Cell::Text(text),
        Value::Integer(number) => Cell::Integer(number),
        Value::Number(number) => Cell::Number(number),
        Value::Boolean(flag) => Cell::Boolean(flag),
        Value::Date(days) | Value::Month(days) => Cell::Date(days),
        Value::DateTime(at) => Cell::DateTime(at),
        Value::Time(at) => Cell::Time(at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use calamine::{Data, Reader};

    fn document<'a>(tables: &'a (ClearedTable, ClearedTable), notes: &'a [String]) -> Document<'a> {
        let lines = vec![("Period".to_owned(), "2022-Q3".to_owned()), ("=Label".to_owned(), "-5".to_owned())];
        Document {
            title: "Return & figures",
            demonstration: true,
            sheets: vec![
                Sheet::Cover { name: "Cover", title: "A return".to_owned(), lines, notes },
                Sheet::Counts { name: "Counts", notes: vec!["Distinct people"], table: &tables.1 },
                Sheet::Rows { name: "People", table: &tables.0, columns: &[] },
            ],
        }
    }

    fn sheet(bytes: &[u8], name: &str) -> Vec<Vec<Data>> {
        let mut book: calamine::Xlsx<_> = calamine::Xlsx::new(std::io::Cursor::new(bytes)).expect("a workbook");
        let range = book.worksheet_range(name).expect("the sheet is there");
        range.rows().map(<[Data]>::to_vec).collect()
    }

    fn texts(row: &[Data]) -> Vec<String> {
        row.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn rows_read_back_with_labels_and_real_dates() {
        let tables = (sample::table(), sample::counts());
        let [bytes, _] = workbook(&document(&tables, &[])).expect("written");
        let rows = sheet(&bytes, "People");
        assert_eq!(texts(&rows[0])[0], DEMONSTRATION);
        assert_eq!(texts(&rows[2]), ["Name", "Date of birth", "Route", "Hours", "Pay", "Consent", "Month", "Note"]);
        let first = &rows[3];
        assert_eq!(first[0], Data::String("=SUM(A1)".to_owned()));
        let Data::DateTime(born) = &first[1] else { panic!("not a date: {:?}", first[1]) };
        assert_eq!(born.to_ymd_hms_milli(), (1990, 2, 28, 0, 0, 0, 0));
        assert_eq!(first[2], Data::String("Entry 1".to_owned()));
        assert_eq!((&first[3], &first[4]), (&Data::Float(12.0), &Data::Float(9.5)));
        assert_eq!(first[5], Data::String("Yes".to_owned()));
        assert!(matches!(first[6], Data::DateTime(_)), "{:?}", first[6]);
        assert_eq!(texts(&rows[4]), ["Zoë", "", "", "", "", "", "", "+44 20"]);
    }

    #[test]
    fn counts_are_numbers_and_their_level_is_not_shown() {
        let tables = (sample::table(), sample::counts());
        let [_, sent] = workbook(&document(&tables, &[])).expect("written");
        let rows = sheet(&sent, "Counts");
        let shown: Vec<Vec<String>> = rows.iter().map(|row| texts(row)).collect();
        assert_eq!(shown[0][0], DEMONSTRATION);
        assert_eq!(shown[1][0], "Distinct people");
        assert_eq!(shown[3], ["Code", "Indicator", "2022-Q3", "Target"]);
        assert_eq!(shown[4], ["C2", "People helped", "1796", "1164"]);
        assert_eq!(shown[5], ["", "Sex: Female", "900", ""]);
    }

    #[test]
    fn the_cover_says_what_the_return_is() {
        let tables = (sample::table(), sample::counts());
        let notes = ["A note.".to_owned()];
        let [bytes, sent] = workbook(&document(&tables, &notes)).expect("written");
        let cover: Vec<Vec<String>> = sheet(&bytes, "Cover").iter().map(|row| texts(row)).collect();
        let text = cover.concat().join("|");
        assert!(text.contains("DRAFT: not yet sent") && text.contains(DEMONSTRATION), "{text}");
        assert!(text.contains("=Label|-5") && text.contains("A note."), "{text}");
        let sent_cover: Vec<Vec<String>> = sheet(&sent, "Cover").iter().map(|row| texts(row)).collect();
        assert_eq!(sent_cover.concat().join("|"), text.replace("DRAFT: not yet sent, and may still change||", ""));
        assert_eq!([bytes, sent], workbook(&document(&tables, &notes)).expect("written"));
    }
}
