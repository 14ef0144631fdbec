//! The report as a table: one line per finding, RFC 4180, the same names as in JSON.
//!
//! What a partner typed (headings, sheet and file names, values) may begin like a formula. Since
//! this file is opened in spreadsheet programs, such text gets a single quote in front; JSON has it
//! as it was typed.

use super::{Format, Options};
use crate::line::{self, COLUMNS, Item};
use crate::pieces;
use csv::{Terminator, WriterBuilder};
use qd_model::finding::Finding;
use qd_model::report::{Report, SourceReport};
use std::borrow::Cow;
use std::io::{self, Write};

/// The `csv` format.
#[derive(Debug)]
pub(super) struct Csv;

/// The columns with words that a partner typed.
const TYPED: [&str; 4] = ["source", "sheet", "heading", "value"];

impl Format for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn write(&self, report: &Report, options: &Options<'_>, out: &mut dyn Write) -> io::Result<()> {
        let chosen = chosen(options.columns)?;
        out.write_all(&record(chosen.iter().map(|index| COLUMNS[*index]))?)?;
        for source in &report.sources {
            let same = SameInAll::of(&chosen, source)?;
            pieces::write(&source.findings, out, |text, hit, finding| {
                for (place, index) in chosen.iter().enumerate() {
                    if place > 0 {
                        text.push(b',');
                    }
                    match same.get(hit.fault, place) {
                        Some(written) => text.extend_from_slice(written),
                        None => put(text, COLUMNS[*index], &line::item(*index, source, finding))?,
                    }
                }
                // A record of one empty cell would be an empty line.
                if chosen.len() == 1 && text.last().is_none_or(|last| *last == b'\n') {
                    text.extend_from_slice(b"\"\"");
                }
                text.extend_from_slice(b"\r\n");
                Ok(())
            })?;
        }
        out.flush()
    }
}

/// What stands in the findings of one fault always, as it is written: most of what a finding says.
struct SameInAll(Vec<Vec<Option<Vec<u8>>>>);

/// The columns that differ from finding to finding.
const OWN: [&str; 7] = ["row", "cell", "record", "value_digest", "value", "withheld", "explained"];

impl SameInAll {
    fn of(chosen: &[usize], source: &SourceReport) -> io::Result<Self> {
        let of_fault = |fault| {
            let finding =
                Finding { fault, row: None, evidence: None, record: None, value_digest: None, explained: None };
            let cells = chosen.iter().map(|index| {
                let name = COLUMNS[*index];
                let mut text = Vec::new();
                let is_same = !OWN.contains(&name);
                if is_same {
                    put(&mut text, name, &line::item(*index, source, &finding))?;
                }
                Ok(is_same.then_some(text))
            });
            cells.collect()
        };
        source.findings.faults.iter().map(of_fault).collect::<io::Result<_>>().map(Self)
    }

    fn get(&self, fault: u32, place: usize) -> Option<&[u8]> {
        self.0[fault as usize][place].as_deref()
    }
}

/// Writes one cell.
fn put(text: &mut Vec<u8>, column: &str, item: &Item<'_>) -> io::Result<()> {
    match item {
        Item::Absent | Item::Null => {}
        Item::Number(number) => text.extend_from_slice(itoa::Buffer::new().format(*number).as_bytes()),
        item => {
            let cell = cell(column, item);
            // Most cells need no quotes.
            if cell.bytes().any(|byte| matches!(byte, b',' | b'"' | b'\r' | b'\n')) {
                let quoted = record([&*cell])?;
                text.extend_from_slice(quoted.strip_suffix(b"\r\n").unwrap_or(&quoted));
            } else {
                text.extend_from_slice(cell.as_bytes());
            }
        }
    }
    Ok(())
}

/// A record as the library writes it.
fn record<C: AsRef<[u8]>>(cells: impl IntoIterator<Item = C>) -> io::Result<Vec<u8>> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(cells)?;
    writer.into_inner().map_err(|error| io::Error::other(error.to_string()))
}

/// Indexes of the columns that were asked for, in the order that was asked for.
fn chosen(columns: &[String]) -> io::Result<Vec<usize>> {
    if columns.is_empty() {
        return Ok((0..COLUMNS.len()).collect());
    }
    let index = |name: &String| {
        COLUMNS.iter().position(|column| column == name).ok_or_else(|| {
            let known = qd_model::words::list(&COLUMNS);
            io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("findings have no column \"{name}\"; they have {known}"),
            )
        })
    };
    columns.iter().map(index).collect()
}

fn cell<'a>(column: &str, item: &'a Item<'_>) -> Cow<'a, str> {
    match item {
        Item::Absent | Item::Null => "".into(),
        Item::True => "true".into(),
        Item::Number(number) => number.to_string().into(),
        Item::Text(text) if TYPED.contains(&column) && qd_book::looks_like_formula(text) => format!("'{text}").into(),
        Item::Text(text) => text.as_ref().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn written(columns: &[&str]) -> io::Result<String> {
        let columns: Vec<String> = columns.iter().map(ToString::to_string).collect();
        let mut out = Vec::new();
        Csv.write(&sample::report(), &Options { columns: &columns, ..Options::default() }, &mut out)?;
        Ok(String::from_utf8(out).expect("UTF-8"))
    }

    #[test]
    fn every_finding_is_a_record_with_every_name() {
        let text = written(&[]).expect("written");
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        assert_eq!(reader.headers().expect("headings"), COLUMNS.as_slice());
        let records: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("records");
        assert_eq!(records.len(), 13);
        let at = |name: &str| COLUMNS.iter().position(|column| *column == name).expect("a column");
        let f12 = records.iter().find(|record| &record[at("cell")] == "F12").expect("there");
        let shown = ["heading", "value", "withheld"].map(|name| &f12[at(name)]);
        assert_eq!(shown, ["Start\nDate ", "", "indirect"]);
    }

    #[test]
    fn columns_are_chosen_and_what_was_typed_is_no_formula() {
        let text = written(&["cell", "value", "heading", "code"]).expect("written");
        assert!(text.starts_with("cell,value,heading,code\r\n"), "{text}");
        assert!(text.contains("G9,'=90,'+Hours,maximum\r\n"), "{text}");
    }

    #[test]
    fn the_table_is_what_the_library_writes() {
        for columns in [&[][..], &["record"], &["heading"], &["withheld", "value"]] {
            let names: Vec<String> = columns.iter().map(ToString::to_string).collect();
            let chosen = chosen(&names).expect("known");
            let mut expected = record(chosen.iter().map(|index| COLUMNS[*index])).expect("written");
            for source in &sample::report().sources {
                for finding in source.findings.iter() {
                    let cells = chosen
                        .iter()
                        .map(|index| cell(COLUMNS[*index], &line::item(*index, source, &finding)).into_owned());
                    expected.extend(record(cells).expect("written"));
                }
            }
            assert_eq!(written(columns).expect("written").as_bytes(), expected, "{columns:?}");
        }
    }

    #[test]
    fn an_unknown_column_is_named() {
        let error = written(&["cell", "colour"]).expect_err("unknown").to_string();
        assert!(error.contains("\"colour\""), "{error}");
    }
}
