//! Writes sources as each partner would: its headings, codes, dates and stray spaces, in workbooks
//! and text files.

use super::plan::{Codes, Encoding, Headings, Partner};
use super::rows::{Made, Row, Source};
use super::{Programme, Record};
use crate::random::Random;
use jiff::civil::Date;
use qd_model::pipeline::SourceSpec;
use qd_model::{Field, FieldType, Schema};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A file to write.
pub(super) struct File {
    pub(super) path: PathBuf,
    pub(super) bytes: Vec<u8>,
}

/// A cell as the partner typed it.
enum Cell {
    Text(String),
    Number(f64),
    Date(Date),
    Truth(bool),
    Blank,
}

/// A table as the partner typed it.
struct Sheet {
    name: Option<String>,
    headings: Vec<String>,
    rows: Vec<Vec<Cell>>,
}

/// Every file of every partner and period.
pub(super) fn render(programme: &Programme, made: &Made) -> Result<Vec<File>, String> {
    let mut files = Vec::new();
    let empty = Source::default();
    for period in programme.pipeline.whole_periods() {
        for partner in programme.pipeline.partners_in(period) {
            let Some(habits) = programme.plan.partners.iter().find(|known| known.code == partner.code) else {
                continue;
            };
            let mut sheets: BTreeMap<String, Vec<Sheet>> = BTreeMap::new();
            for spec in &partner.sources {
                let key = (period.label.clone(), partner.code.clone(), spec.table.clone());
                if programme.is_declared(&partner.code, &spec.table, &period.label) {
                    continue;
                }
                // A table without rows is sent all the same, with its headings.
                let source = made.sources.get(&key).unwrap_or(&empty);
                let name = habits.files.get(&spec.file).ok_or_else(|| {
                    format!("`{}` does not say what its file `{}` is called", partner.code, spec.file)
                })?;
                let name = name.replace("{period}", &period.label);
                let schema = &programme.schemas[&spec.table];
                let typist =
                    Typist { seed: programme.plan.seed, habits, spec, schema, file: &name, period: &period.label };
                let sheet = typist.sheet(source, &programme.plan.people.reference);
                sheets.entry(name).or_default().push(sheet);
            }
            for (name, sheets) in sheets {
                let path = programme.folder.join(&period.folder).join(&name);
                let bytes = if name.to_lowercase().ends_with(".xlsx") {
                    workbook(habits, &sheets).map_err(|error| format!("{name}: {error}"))?
                } else {
                    text(habits, &sheets[0])?
                };
                files.push(File { path, bytes });
            }
        }
    }
    Ok(files)
}

/// Types one source.
struct Typist<'a> {
    seed: u64,
    habits: &'a Partner,
    spec: &'a SourceSpec,
    schema: &'a Schema,
    file: &'a str,
    period: &'a str,
}

impl Typist<'_> {
    fn is_workbook(&self) -> bool {
        self.file.to_lowercase().ends_with(".xlsx")
    }

    fn random(&self, row: &str, field: &str) -> Random {
        Random::of(self.seed, &["typist", &self.habits.code, &self.spec.table, self.period, row, field])
    }

    fn sheet(&self, source: &Source, reference: &str) -> Sheet {
        let mut fields: Vec<&Field> = self
            .schema
            .fields
            .iter()
            .filter(|field| !self.habits.omit.contains(&field.name) && !source.dropped.contains(&field.name))
            .collect();
        if self.habits.shuffled {
            let mut random = Random::of(self.seed, &["columns", &self.habits.code, &self.spec.table]);
            fields.sort_by_cached_key(|_| random.next());
        }
        let mut headings: Vec<String> = fields.iter().map(|field| self.heading(field)).collect();
        headings.extend(source.added.iter().map(|(heading, _)| heading.clone()));
        let rows = source.rows.iter().enumerate().map(|(at, row)| {
            let mut cells: Vec<Cell> = fields.iter().map(|field| self.cell(field, row, at, reference)).collect();
            cells.extend(source.added.iter().map(|(_, texts)| Cell::Text(texts[at % texts.len()].clone())));
            cells
        });
        Sheet { name: self.spec.sheet.clone(), headings, rows: rows.collect() }
    }

    fn heading(&self, field: &Field) -> String {
        if let Some((own, _)) = self.spec.headings.iter().find(|(_, meant)| *meant == field.name) {
            return own.clone();
        }
        match (self.habits.headings, field.aliases.first()) {
            (Headings::Alias, Some(alias)) => alias.clone(),
            (Headings::Name, _) => field.name.clone(),
            _ => field.label().to_owned(),
        }
    }

    fn cell(&self, field: &Field, row: &Row, at: usize, reference: &str) -> Cell {
        if let Some(typed) = row.typed.get(&field.name) {
            return if typed.is_empty() { Cell::Blank } else { self.planted(field, typed) };
        }
        let Some(value) = row.record.get(&field.name) else { return Cell::Blank };
        if field.name == reference && self.habits.reference_is_number && self.is_workbook() {
            return value.parse().map_or_else(|_| Cell::Text(value.clone()), Cell::Number);
        }
        match field.field_type {
            FieldType::Date => self.date(field, value),
            FieldType::Boolean => self.truth(value),
            FieldType::Number | FieldType::Integer | FieldType::Year if self.is_workbook() => {
                value.parse().map_or_else(|_| Cell::Text(value.clone()), Cell::Number)
            }
            _ => Cell::Text(self.untidy(field, self.code(field, value, &row.record), at)),
        }
    }

    /// A planted value: dates are written in the partner's own way where they are good dates.
    fn planted(&self, field: &Field, typed: &str) -> Cell {
        match field.field_type {
            FieldType::Date if typed.parse::<Date>().is_ok() => self.date(field, typed),
            FieldType::Number | FieldType::Integer if self.is_workbook() => {
                typed.parse().map_or_else(|_| Cell::Text(typed.to_owned()), Cell::Number)
            }
            FieldType::Boolean if matches!(typed, "true" | "false") => self.truth(typed),
            _ => Cell::Text(typed.to_owned()),
        }
    }

    fn date(&self, field: &Field, value: &str) -> Cell {
        let Ok(date) = value.parse::<Date>() else { return Cell::Text(value.to_owned()) };
        if self.habits.real_dates && self.is_workbook() {
            return Cell::Date(date);
        }
        let format = self.spec.formats.iter().find(|(name, _)| *name == field.name).map(|(_, format)| format.as_str());
        Cell::Text(match format {
            Some(format) => format
                .replace("%d", &format!("{:02}", date.day()))
                .replace("%m", &format!("{:02}", date.month()))
                .replace("%Y", &format!("{:04}", date.year())),
            None => date.to_string(),
        })
    }

    fn truth(&self, value: &str) -> Cell {
        match &self.habits.yes_no {
            Some((yes, no)) => Cell::Text(if value == "true" { yes.clone() } else { no.clone() }),
            None if self.is_workbook() => Cell::Truth(value == "true"),
            None => Cell::Text(value.to_owned()),
        }
    }

    fn code(&self, field: &Field, value: &str, record: &Record) -> String {
        match self.habits.codes {
            Codes::Code => value.to_owned(),
            Codes::Label => field.category_label(value).to_owned(),
            Codes::Synonym => {
                let words: Vec<&String> =
                    field.synonyms.iter().filter(|(_, meant)| meant == value).map(|(typed, _)| typed).collect();
                // Everybody at one partner has a word of their own, and keeps to it for one person.
                let names: Vec<&str> = record.values().map(String::as_str).take(2).collect();
                let mut random = self.random(&names.join(" "), &field.name);
                random.one(&words).map_or_else(|| field.category_label(value).to_owned(), |word| (*word).clone())
            }
        }
    }

    fn untidy(&self, field: &Field, text: String, at: usize) -> String {
        let mut random = self.random(&at.to_string(), &field.name);
        if random.below(100) >= self.habits.untidy {
            return text;
        }
        match random.below(3) {
            0 => format!("{text} "),
            1 => format!(" {text}"),
            _ => text.replacen(' ', "\u{a0}", 1) + "\u{a0}",
        }
    }
}

fn workbook(habits: &Partner, sheets: &[Sheet]) -> Result<Vec<u8>, rust_xlsxwriter::XlsxError> {
    let mut book = Workbook::new();
    // Written on the same day in every run, so that the bytes are the same.
    let made = ExcelDateTime::from_ymd(2022, 10, 3)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&made));
    for sheet in sheets {
        write_sheet(book.add_worksheet(), habits, sheet)?;
    }
    book.save_to_buffer()
}

fn write_sheet(page: &mut Worksheet, habits: &Partner, sheet: &Sheet) -> Result<(), rust_xlsxwriter::XlsxError> {
    let bold = Format::new().set_bold();
    let day = Format::new().set_num_format("dd/mm/yyyy");
    page.set_name(sheet.name.as_deref().unwrap_or("Sheet1"))?;
    for (at, line) in habits.above.iter().enumerate() {
        if !line.is_empty() {
            page.write_string(at as u32, 0, line)?;
        }
    }
    let top = habits.above.len() as u32;
    for (column, heading) in sheet.headings.iter().enumerate() {
        page.write_string_with_format(top, column as u16, heading, &bold)?;
        page.set_column_width(column as u16, 16)?;
    }
    for (at, row) in sheet.rows.iter().enumerate() {
        let at = top + 1 + at as u32;
        for (column, cell) in row.iter().enumerate() {
            let column = column as u16;
            match cell {
                Cell::Text(text) => page.write_string(at, column, text)?,
                Cell::Number(number) => page.write_number(at, column, *number)?,
                Cell::Truth(truth) => page.write_boolean(at, column, *truth)?,
                Cell::Date(date) => {
                    let date = ExcelDateTime::from_ymd(date.year() as u16, date.month() as u8, date.day() as u8)?;
                    page.write_datetime_with_format(at, column, &date, &day)?
                }
                Cell::Blank => continue,
            };
        }
    }
    Ok(())
}

fn text(habits: &Partner, sheet: &Sheet) -> Result<Vec<u8>, String> {
    let delimiter = habits.delimiter.unwrap_or(',') as u8;
    let mut writer =
        csv::WriterBuilder::new().delimiter(delimiter).terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let plain = |cell: &Cell| match cell {
        Cell::Text(text) => text.clone(),
        Cell::Number(number) => number.to_string(),
        Cell::Truth(truth) => truth.to_string(),
        Cell::Date(date) => date.to_string(),
        Cell::Blank => String::new(),
    };
    let records =
        std::iter::once(sheet.headings.clone()).chain(sheet.rows.iter().map(|row| row.iter().map(plain).collect()));
    for record in records {
        writer.write_record(&record).map_err(|error| error.to_string())?;
    }
    let bytes = writer.into_inner().map_err(|error| error.to_string())?;
    let text = String::from_utf8(bytes).map_err(|error| error.to_string())?;
    Ok(match habits.encoding {
        Encoding::Utf8 => text.into_bytes(),
        Encoding::Utf8Bom => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        Encoding::Windows1252 => text.chars().map(windows_1252).collect::<Result<_, _>>()?,
    })
}

/// The byte of a character: Latin-1's, and the few others that the samples have.
fn windows_1252(c: char) -> Result<u8, String> {
    match c {
        '\u{20ac}' => Ok(0x80),
        '\u{2018}' => Ok(0x91),
        '\u{2019}' => Ok(0x92),
        '\u{2013}' => Ok(0x96),
        // Letters that the old system does not have, as its users write them.
        'ı' => Ok(b'i'),
        'ğ' => Ok(b'g'),
        'ş' => Ok(b's'),
        '\u{0}'..='\u{7f}' | '\u{a0}'..='\u{ff}' => Ok(c as u32 as u8),
        other => Err(format!("Windows-1252 has no {other:?}")),
    }
}
