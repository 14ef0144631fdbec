//! Rows of cells from a workbook: the block that every workbook format cuts, and its chunk.

use crate::block::{Block, Cut, Plan, ReadBlock, Slot, whole};
use arrow::array::{Array, StringViewArray, StringViewBuilder};
use qd_model::Hit;
use qd_table::{Chunk, Stored, TextColumn};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Rows in a block.
const ROWS: usize = 4096;
/// Fewer rows than this at the end of a sheet are no block of their own.
const TAIL: usize = 64;
/// Bytes of text in a block.
const BYTES: usize = 8 << 20;

/// A cell's value in canonical text, and how it is stored.
#[derive(Debug, Clone, Copy)]
pub(super) struct Value<'a> {
    pub(super) text: &'a str,
    pub(super) stored: Stored,
}

/// Cells of some rows, in the order of the sheet.
pub(crate) struct CellsBlock {
    plan: Arc<Plan>,
    text: String,
    cells: Vec<CellSpan>,
    rows: Vec<u32>,
    hits: Vec<Hit>,
}

/// A cell whose column is read.
struct CellSpan {
    /// Index into the block's rows.
    row: u32,
    /// Column of the chunk.
    column: u32,
    start: u32,
    end: u32,
    stored: Stored,
}

impl CellsBlock {
    pub(super) fn new(plan: Arc<Plan>) -> Self {
        Self { plan, text: String::new(), cells: Vec::new(), rows: Vec::new(), hits: Vec::new() }
    }

    /// Adds a cell that holds something, by its place on the sheet (row counted from 1). A row is one
    /// of the table's once a column with a heading holds something in it.
    pub(super) fn push(&mut self, row: u32, column: u32, value: Value<'_>) {
        if !self.plan.is_data(row) {
            return;
        }
        let slot = self.plan.slots.get(column as usize).copied().unwrap_or(Slot::Unheaded(self.plan.outside));
        if let Slot::Unheaded(fault) = slot {
            if !self.hits.iter().any(|hit| hit.fault == fault) {
                self.hits.push(whole(fault));
            }
            return;
        }
        if self.rows.last() != Some(&row) {
            self.rows.push(row);
        }
        if let Slot::Read(column) = slot {
            let start = self.text.len() as u32;
            self.text.push_str(value.text);
            let (row, end) = (self.rows.len() as u32 - 1, self.text.len() as u32);
            self.cells.push(CellSpan { row, column, start, end, stored: value.stored });
        }
    }

    /// Whether the block should be closed before a cell of this row is added.
    pub(super) fn is_full(&self, row: u32) -> bool {
        (self.rows.len() >= ROWS || self.text.len() >= BYTES) && self.rows.last() != Some(&row)
    }

    /// Whether there are so few rows in the block that they are better read with those before them.
    pub(super) fn is_short(&self) -> bool {
        self.rows.len() < TAIL
    }

    /// Takes in the block that comes after.
    pub(super) fn append(&mut self, next: Self) {
        let (text, rows) = (self.text.len() as u32, self.rows.len() as u32);
        self.text.push_str(&next.text);
        self.cells.extend(next.cells.into_iter().map(|cell| CellSpan {
            row: cell.row + rows,
            start: cell.start + text,
            end: cell.end + text,
            ..cell
        }));
        self.rows.extend(next.rows);
        self.hits.extend(next.hits);
    }

    /// Whether there is nothing in the block.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.hits.is_empty()
    }

    pub(crate) fn plan(&self) -> Arc<Plan> {
        Arc::clone(&self.plan)
    }

    pub(super) fn close(self, is_last: bool) -> Block {
        Block { cut: Cut::Cells(self), is_last }
    }

    pub(crate) fn read(mut self) -> ReadBlock {
        if !self.rows.is_sorted() {
            self.put_in_order();
        }
        let rows = self.rows.len();
        if rows > 0 {
            self.plan.any_row.store(true, Ordering::Relaxed);
        }
        let mut columns: Vec<Column> = (0..self.plan.columns).map(|_| Column::default()).collect();
        for cell in &self.cells {
            let text = &self.text[cell.start as usize..cell.end as usize];
            columns[cell.column as usize].push(cell.row as usize, text, cell.stored);
        }
        let columns = columns.into_iter().map(|column| column.finish(rows)).collect();
        ReadBlock { chunk: Chunk { rows: self.rows, columns }, hits: self.hits }
    }
}

impl CellsBlock {
    /// Puts the rows in the order of their numbers: a damaged sheet may hold them in any.
    fn put_in_order(&mut self) {
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        order.sort_by_key(|row| self.rows[*row]);
        let mut places = vec![0; order.len()];
        for (place, row) in (0..).zip(&order) {
            places[*row] = place;
        }
        self.rows.sort_unstable();
        self.cells.iter_mut().for_each(|cell| cell.row = places[cell.row as usize]);
        self.cells.sort_by_key(|cell| cell.row);
    }
}

/// A column of a chunk while it is built; nothing is kept for a column without a cell.
#[derive(Default)]
struct Column {
    text: StringViewBuilder,
    stored: Vec<Stored>,
}

impl Column {
    fn push(&mut self, row: usize, text: &str, stored: Stored) {
        if self.stored.len() > row {
            // A damaged sheet may hold a cell twice; the first one stands.
            return;
        }
        self.blank(row);
        self.text.append_value(text);
        self.stored.push(stored);
    }

    fn blank(&mut self, until: usize) {
        while self.stored.len() < until {
            self.text.append_null();
            self.stored.push(Stored::Text);
        }
    }

    fn finish(mut self, rows: usize) -> TextColumn {
        if self.stored.is_empty() {
            return TextColumn { text: nulls(rows), stored: None };
        }
        self.blank(rows);
        let typed = self.stored.iter().any(|stored| *stored != Stored::Text);
        TextColumn { text: self.text.finish(), stored: typed.then_some(self.stored) }
    }
}

/// A column in which nothing was read.
pub(super) fn nulls(rows: usize) -> StringViewArray {
    let nulls = StringViewArray::new_null(rows);
    debug_assert_eq!(nulls.null_count(), rows);
    nulls
}
