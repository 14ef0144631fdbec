//! What is to be changed on one sheet of a workbook that someone else made.

use crate::cell::Tone;
use std::collections::BTreeMap;

/// Changes of one sheet. Rows are counted from 1 and columns from 0.
#[derive(Debug, Clone, Default)]
pub struct SheetEdits {
    /// Changes by row and column. Cells that the sheet does not hold are added.
    pub cells: BTreeMap<(u32, u32), CellEdit>,
    /// Notes by row and column; a cell that has one already keeps its own.
    pub notes: BTreeMap<(u32, u32), Note>,
    /// Columns of which nothing may stay.
    pub emptied: Vec<Emptied>,
}

/// What becomes of a cell.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CellEdit {
    /// What stands in it.
    pub content: Content,
    /// Its background; all else of its format stays.
    pub tone: Option<Tone>,
    /// For a cell that the sheet does not hold yet: the number of the style that it gets, where that is not
    /// its row's or its column's.
    pub style: Option<u32>,
}

/// What becomes of what stands in a cell.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Content {
    /// It stays.
    #[default]
    Keep,
    /// Nothing stays.
    Empty,
    /// Something else takes its place.
    Write(Written),
}

/// A value that is written into a cell which keeps its format.
#[derive(Debug, Clone, PartialEq)]
pub enum Written {
    /// Text, never a formula.
    Text(String),
    /// A number; dates are days counted as Excel does.
    Number(f64),
}

/// A note on a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The bold line on top.
    pub title: String,
    /// What follows.
    pub text: String,
}

/// A column that is emptied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Emptied {
    /// Counted from 0.
    pub column: u32,
    /// Rows up to this one stay: the headings, and what is above them.
    pub below: u32,
}
