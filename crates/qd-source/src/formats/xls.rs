//! Old Excel workbooks (.xls), which the library reads whole. That is done apart (see [`crate::apart`]),
//! and what comes back is read from here like any other workbook.

mod answer;
mod extent;

pub(crate) use answer::{answer, is_whole};

use super::head::Head;
use super::input::Input;
use super::unseen::Unseen;
use super::values::Text;
use super::workbook::{Cells, CellsBook, Place, Workbook, guarded};
use super::{Book, Format, NotSeen, Sheet, limits};
use crate::apart;
use crate::faults::{self, Trouble};
use crate::place::Named;
use answer::{Answer, Said};
use qd_model::Fault;

const NAME: &str = "old Excel workbook";

/// Old Excel workbooks.
pub(super) struct Xls;

impl Format for Xls {
    fn name(&self) -> &'static str {
        "xls"
    }

    fn recognises(&self, head: &Head) -> bool {
        head.starts_with(super::head::COMPOUND)
    }

    fn open(&self, input: &Input) -> Result<Box<dyn Book>, Trouble> {
        let bytes = limits::whole_xls(input)?;
        guarded(NAME, || extent::check(&bytes))?;
        let book = XlsBook::of(apart::answer(bytes)?)?;
        let sheets = book.sheets.iter().map(|found| found.sheet.clone()).collect();
        Ok(Box::new(CellsBook::new(book, sheets)))
    }
}

struct XlsBook {
    answer: Vec<u8>,
    sheets: Vec<Found>,
    names: Vec<Named>,
}

/// A sheet in the answer.
struct Found {
    sheet: Sheet,
    /// Where its cells begin.
    start: usize,
    /// Whether its cells could not be read.
    is_damaged: bool,
    unseen: Unseen,
}

impl XlsBook {
    fn of(answer: Vec<u8>) -> Result<Self, Trouble> {
        let (mut sheets, mut names): (Vec<Found>, Vec<Named>) = (Vec::new(), Vec::new());
        let mut reader = Answer::new(&answer, 0);
        loop {
            match reader.next() {
                Some(Said::Sheet { name, is_hidden }) => {
                    let sheet = Sheet { name: Some(name.to_owned()), hidden: is_hidden };
                    let unseen = Unseen::default();
                    sheets.push(Found { sheet, start: reader.at(), is_damaged: false, unseen });
                }
                Some(Said::DamagedSheet) => {
                    if let Some(sheet) = sheets.last_mut() {
                        sheet.is_damaged = true;
                    }
                }
                Some(Said::Merged(count)) => {
                    if let Some(sheet) = sheets.last_mut() {
                        sheet.unseen.merged = count.into();
                    }
                }
                Some(Said::Name { name, refers }) => names.extend(Named::referring(name.to_owned(), refers)),
                Some(Said::Cell { .. }) => {}
                Some(Said::Protected) => return Err(faults::protected()),
                Some(Said::End) => break,
                Some(Said::Damaged) | None => return Err(faults::damaged(NAME)),
            }
        }
        Ok(Self { answer, sheets, names })
    }
}

impl Workbook for XlsBook {
    const NAME: &'static str = NAME;

    fn cells<'a>(&'a mut self, sheet: usize, _name: &str) -> Result<Box<dyn Cells + Send + 'a>, Trouble> {
        let found = &self.sheets[sheet];
        if found.is_damaged {
            return Err(faults::damaged(NAME));
        }
        let mut answer = Answer::new(&self.answer, found.start);
        Ok(Box::new(move |text: &mut Text| -> Result<Option<Place>, Trouble> {
            let Some(Said::Cell { row, column, stored, text: said }) = answer.next() else { return Ok(None) };
            text.set_text(said, stored);
            Ok(Some((row, column)))
        }))
    }
    fn named_areas(&mut self) -> Vec<Named> {
        self.names.clone()
    }

    fn sheet_notes(&mut self, sheet: usize, _name: &str) -> Vec<Fault> {
        self.sheets[sheet].unseen.notes()
    }

    fn not_seen(&self) -> &'static [NotSeen] {
        &[
            ("hidden", "hidden rows and columns cannot be seen in an old Excel workbook (.xls)"),
            ("uncalculated", "whether a formula was calculated cannot be seen in an old Excel workbook (.xls)"),
        ]
    }
}
