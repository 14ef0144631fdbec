//! A return's workbook of our own looks, and the table of each part of any workbook.

use super::{Content, Maker};
use crate::open::{self, Numbers};
use crate::state::PeriodState;
use qd_disclosure::{ClearedTable, CountColumn};
use qd_model::Refusal;
use qd_model::pipeline::{FileSpec, Part};
use qd_return::{Document, Sheet};

impl Maker<'_> {
    /// The table of each part of a workbook that has one.
    pub(super) fn tables(&self, file: &FileSpec, content: &mut Content) -> Result<Vec<Option<ClearedTable>>, Refusal> {
        let mut tables: Vec<Option<ClearedTable>> = Vec::new();
        for part in &file.parts {
            tables.push(match part {
                Part::Cover(_) => None,
                Part::Indicators(indicators) | Part::ByPeriod(indicators) => {
                    let counts = self.figures.map(|figures| figures.counts(&file.path, &indicators.name));
                    let columns = counts.expect("what has counts has figures").columns.clone();
                    Some(qd_disclosure::clear_counts(&indicators.name, columns, self.recipient)?)
                }
                Part::Open(open) => Some(qd_disclosure::clear_counts(&open.name, self.open(), self.recipient)?),
                Part::Rows(rows) => Some(self.rows(rows, file, content)),
                Part::Contacts(contacts) => Some(self.contacts(contacts, file, content)),
            });
        }
        Ok(tables)
    }

    /// A workbook, as a draft and as it will be sent.
    pub(super) fn workbook(
        &self,
        file: &FileSpec,
        content: &mut Content,
    ) -> Result<Result<[Vec<u8>; 2], qd_return::ReturnError>, Refusal> {
        // The tables live until the workbook is written; the sheets borrow them.
        let tables = self.tables(file, content)?;
        let (people, rows) = (content.people.len(), content.rows);
        let sheets: Vec<Sheet<'_>> = file
            .parts
            .iter()
            .zip(&tables)
            .map(|(part, table)| match (part, table) {
                (Part::Indicators(indicators) | Part::ByPeriod(indicators), Some(table)) => {
                    let counts = self.figures.map(|figures| figures.counts(&file.path, &indicators.name));
                    let legend = counts.map_or(&[][..], |counts| &counts.legend);
                    let notes = indicators.note.iter().chain(legend).map(String::as_str).collect();
                    Sheet::Counts { name: &indicators.name, notes, table }
                }
                (Part::Open(open), Some(table)) => {
                    let notes = open.note.iter().map(String::as_str).collect();
                    Sheet::Counts { name: &open.name, notes, table }
                }
                (Part::Rows(rows), Some(table)) => Sheet::Rows { name: &rows.name, table, columns: &rows.columns },
                (Part::Contacts(contacts), Some(table)) => Sheet::Rows { name: &contacts.name, table, columns: &[] },
                (Part::Cover(cover), _) => self.cover(cover, file, people, rows),
                (Part::Indicators(_) | Part::ByPeriod(_) | Part::Open(_) | Part::Rows(_) | Part::Contacts(_), None) => {
                    unreachable!("every such part has its table")
                }
            })
            .collect();
        let document =
            Document { title: &self.spec.title, demonstration: self.making.loaded.pipeline.demonstration, sheets };
        Ok(qd_return::workbook(&document))
    }

    /// What is open over all periods.
    fn open(&self) -> Vec<CountColumn> {
        let is_protected = self.figures.is_none_or(|figures| figures.is_protected);
        let numbers = if is_protected { Numbers::Left } else { Numbers::Shown };
        let states: Vec<&PeriodState> = self.making.earlier.iter().chain([&self.making.computed.state]).collect();
        open::columns(&states, numbers)
    }
}
