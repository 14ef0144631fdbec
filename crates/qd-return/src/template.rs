//! A return in the recipient's own template: cells by their names and columns under their headings are
//! filled, and all else stays as the recipient made it.

use crate::columns::{self, FileColumn, Headings};
use crate::error::ReturnError;
use crate::values::{Value, Values};
use qd_book::package::{CellEdit, Content, Grid, NamedCell, Package, SheetEdits, UpsetFormula, Written};
use qd_disclosure::{ClearedTable, SIGN};
use qd_model::finding::column_letters;
use qd_model::pipeline::ColumnSpec;
use qd_model::words;
use std::collections::BTreeMap;

/// The largest whole number that a cell holds exactly.
const EXACT: u64 = 1 << 53;
/// A day's.
const MICROSECONDS: f64 = 86_400e6;
/// The longest text of a cell, in UTF-16 code units.
const LONGEST: usize = 32_767;

/// A recipient's own workbook.
pub struct Template {
    package: Package,
    grids: BTreeMap<String, Grid>,
}

/// What goes into a template.
#[derive(Debug)]
pub enum Fill<'a> {
    /// A text about the return itself, in a cell that bears a name.
    Text {
        /// The cell's name.
        cell: &'a str,
        /// The text.
        text: &'a str,
    },
    /// One value of a table of counts, or the sign that stands for it.
    Figure {
        /// The cell's name.
        cell: &'a str,
        /// The table.
        table: &'a ClearedTable,
        /// The line.
        row: usize,
        /// The column's name. The cell stays empty where the table has none.
        column: &'a str,
    },
    /// Rows, in columns under headings.
    Columns {
        /// The sheet.
        sheet: &'a str,
        /// The rows.
        table: &'a ClearedTable,
        /// Its columns with their headings; all of the table's where empty.
        columns: &'a [ColumnSpec],
    },
}

/// A filled template that says in its properties that it is a draft, which is not seen on its sheets.
pub fn as_draft(filled: Vec<u8>) -> Result<Vec<u8>, ReturnError> {
    Ok(qd_book::package::with_status(filled, "Draft")?)
}

impl Template {
    /// Opens a template.
    pub fn open(bytes: Vec<u8>) -> Result<Self, ReturnError> {
        let package = Package::open(bytes)?;
        if package.has_macros() {
            return Err(ReturnError::Template("it holds macros, and a return is a workbook without".to_owned()));
        }
        Ok(Self { package, grids: BTreeMap::new() })
    }

    /// Refuses a name that no cell bears, or one of a cell with a formula.
    pub fn check_cell(&mut self, name: &str) -> Result<(), ReturnError> {
        self.cell(name).map(|_| ())
    }

    /// Refuses a sheet that is not there, or that lacks some of the headings.
    pub fn check_headings(&mut self, sheet: &str, headings: &[&str]) -> Result<(), ReturnError> {
        self.headings(sheet, headings).map(|_| ())
    }

    /// The cell that bears a name.
    pub fn named_cell(&mut self, name: &str) -> Option<NamedCell> {
        self.package.named_cell(name)
    }

    /// Formulas that fail, or come to something else, where cells of some names get a text in place of a number.
    pub fn upset_formulas(&mut self, names: &[&str]) -> Result<Vec<UpsetFormula>, ReturnError> {
        let cells: Vec<NamedCell> = names.iter().filter_map(|name| self.package.named_cell(name)).collect();
        Ok(if cells.is_empty() { Vec::new() } else { self.package.upset_formulas(&cells)? })
    }

    /// The template with all that is given. Every formula is computed when a program opens it.
    pub fn filled(mut self, fills: &[Fill<'_>]) -> Result<Vec<u8>, ReturnError> {
        let mut edits: BTreeMap<String, SheetEdits> = BTreeMap::new();
        for fill in fills {
            match fill {
                Fill::Text { cell, text } => self.put(cell, Value::Text(text), &mut edits)?,
                Fill::Figure { cell, table, row, column } => {
                    let value = figure(table, *row, column)?;
                    self.put(cell, value, &mut edits)?;
                }
                Fill::Columns { sheet, table, columns } => self.columns(sheet, table, columns, &mut edits)?,
            }
        }
        self.package.compute_when_opened();
        for (sheet, edits) in edits {
            self.package.edit(&sheet, edits);
        }
        Ok(self.package.finish()?)
    }

    fn grid(&mut self, sheet: &str) -> Result<&Grid, ReturnError> {
        if !self.grids.contains_key(sheet) {
            let grid = self.package.grid(sheet)?;
            let grid = grid.ok_or_else(|| ReturnError::Template(format!("the template has no sheet \"{sheet}\"")))?;
            self.grids.insert(sheet.to_owned(), grid);
        }
        Ok(&self.grids[sheet])
    }

    fn cell(&mut self, name: &str) -> Result<NamedCell, ReturnError> {
        let Some(cell) = self.package.named_cell(name) else {
            return Err(ReturnError::Template(format!("the template has no cell of the name \"{name}\"")));
        };
        if self.grid(&cell.sheet)?.is_formula(cell.at) {
            let what = format!("the template computes the cell \"{name}\" by a formula, which would be lost");
            return Err(ReturnError::Template(what));
        }
        Ok(cell)
    }

    fn headings(&mut self, sheet: &str, headings: &[&str]) -> Result<qd_book::package::Headings, ReturnError> {
        self.grid(sheet)?.headings(headings).map_err(|missing| {
            let missing: Vec<String> = missing.iter().map(|heading| format!("\"{heading}\"")).collect();
            let missing: Vec<&str> = missing.iter().map(String::as_str).collect();
            let word = if missing.len() == 1 { "heading" } else { "headings" };
            let what = format!("no row of the template's sheet \"{sheet}\" has the {word} {}", words::list(&missing));
            ReturnError::Template(what)
        })
    }

    fn put(
        &mut self,
        name: &str,
        value: Value<'_>,
        edits: &mut BTreeMap<String, SheetEdits>,
    ) -> Result<(), ReturnError> {
        let NamedCell { sheet, at } = self.cell(name)?;
        let style = self.grid(&sheet)?.style(at).unwrap_or(0);
        if let Some(written) = self.written(value, None, style) {
            self.add(&sheet, at, CellEdit { content: Content::Write(written), ..CellEdit::default() }, edits)?;
        }
        Ok(())
    }

    fn columns(
        &mut self,
        sheet: &str,
        table: &ClearedTable,
        layout: &[ColumnSpec],
        edits: &mut BTreeMap<String, SheetEdits>,
    ) -> Result<(), ReturnError> {
        let columns = columns::columns(table, layout, Headings::Names)?;
        let wanted: Vec<&str> = columns.iter().map(|column| column.heading).collect();
        let place = self.headings(sheet, &wanted)?;
        if table.rows() > place.room as usize {
            let what = format!(
                "the template's sheet \"{sheet}\" has room for {} below its headings, and the return has {}",
                words::count(place.room as usize, "row"),
                words::thousands(table.rows() as u64)
            );
            return Err(ReturnError::Template(what));
        }
        let labels: Vec<BTreeMap<&str, &str>> = columns.iter().map(FileColumn::labels).collect();
        for ((column, labels), at) in columns.iter().zip(&labels).zip(&place.columns) {
            // Rows that the template has not laid out look like its first.
            let first = self.grid(sheet)?.style((place.first, *at));
            for row in 0..table.rows() {
                let here = (place.first + row as u32, *at);
                let style = self.grid(sheet)?.style(here).or(first);
                if let Some(written) = self.written(column.at(row), Some(labels), style.unwrap_or(0)) {
                    let edit = CellEdit { content: Content::Write(written), style: first, ..CellEdit::default() };
                    self.add(sheet, here, edit, edits)?;
                }
            }
        }
        Ok(())
    }

    fn add(
        &self,
        sheet: &str,
        at: (u32, u32),
        edit: CellEdit,
        edits: &mut BTreeMap<String, SheetEdits>,
    ) -> Result<(), ReturnError> {
        if let Content::Write(Written::Text(text)) = &edit.content
            && text.encode_utf16().count() > LONGEST
        {
            let cell = format!("{}{}", column_letters(at.1), at.0);
            return Err(qd_book::BookError::TextTooLong { sheet: sheet.to_owned(), cell }.into());
        }
        let sheet = self.package.sheet_called(sheet).expect("its cells were read").to_owned();
        edits.entry(sheet).or_default().cells.insert(at, edit);
        Ok(())
    }

    /// A value as a cell of that style takes it: days are numbers only where they are shown as days.
    fn written(&self, value: Value<'_>, labels: Option<&BTreeMap<&str, &str>>, style: u32) -> Option<Written> {
        if let Some(label) = labels.and_then(|labels| labels.get(value.canonical().as_ref())) {
            return Some(Written::Text((*label).to_owned()));
        }
        let is_day = self.package.shows_dates(style);
        let day = |days: f64| Written::Number(self.package.day(days));
        Some(match value {
            Value::Nothing => return None,
            Value::Integer(number) if number.unsigned_abs() <= EXACT => Written::Number(number as f64),
            Value::Number(number) => Written::Number(number),
            Value::Boolean(flag) => Written::Text(if flag { "Yes" } else { "No" }.to_owned()),
            Value::Date(days) | Value::Month(days) if is_day => day(f64::from(days)),
            Value::DateTime(at) if is_day => day(at as f64 / MICROSECONDS),
            Value::Time(at) if is_day => Written::Number(at as f64 / MICROSECONDS),
            other => Written::Text(other.canonical().into_owned()),
        })
    }
}

/// A figure, or the sign that says why there is none.
fn figure<'a>(table: &'a ClearedTable, row: usize, column: &str) -> Result<Value<'a>, ReturnError> {
    let Some(index) = table.index_of(column) else { return Ok(Value::Nothing) };
    let value = Values::of(table, index)?.at(row);
    let sign = table.columns().iter().position(|own| own.treatment == SIGN && own.field == column);
    match sign {
        Some(sign) if value == Value::Nothing => Ok(Values::of(table, sign)?.at(row)),
        _ => Ok(value),
    }
}
