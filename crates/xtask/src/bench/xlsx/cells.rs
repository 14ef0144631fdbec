//! All cells of a table as one number: whoever read another cell, or one less, has another.

use crate::bench::workbook::{EPOCH, Typed};
use std::fmt;

/// How many cells hold something, and which.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) count: u64,
    /// The sum of the cells' own digests, so that their order does not matter.
    digest: u64,
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cells ({:016x})", self.count, self.digest)
    }
}

/// What stands in a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Cell<'a> {
    Text(&'a str),
    Number(f64),
    /// Excel's number of the day.
    Date(f64),
}

impl Sum {
    /// Adds a cell; row and column are counted from 0, the heading row among them.
    pub(super) fn add(&mut self, row: usize, column: usize, cell: Cell<'_>) {
        let mut digest = 0xcbf2_9ce4_8422_2325_u64;
        let mut take = |bytes: &[u8]| {
            for byte in bytes {
                digest = (digest ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
            }
        };
        take(&(row as u64).to_le_bytes());
        take(&(column as u64).to_le_bytes());
        match cell {
            Cell::Text(text) => take(&[b"t", text.as_bytes()].concat()),
            Cell::Number(number) => take(&[&b"n"[..], &number.to_bits().to_le_bytes()].concat()),
            Cell::Date(day) => take(&[&b"d"[..], &day.to_bits().to_le_bytes()].concat()),
        }
        self.count += 1;
        // Sums of digests that are alike in their low bits would hide an exchange of two cells.
        self.digest = self.digest.wrapping_add(digest ^ digest.rotate_left(29).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    }
}

/// The cells as they were written.
pub(super) fn of_rows(rows: &[Vec<Typed>]) -> Sum {
    let mut sum = Sum::default();
    for (row, cells) in (1..).zip(rows) {
        for (column, cell) in cells.iter().enumerate() {
            match cell {
                Typed::Empty => {}
                Typed::Text(text) => sum.add(row, column, Cell::Text(text)),
                Typed::Number(number) => sum.add(row, column, Cell::Number(*number)),
                Typed::Date(days) => sum.add(row, column, Cell::Date(f64::from(days + EPOCH))),
            }
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_cell_or_another_place_is_another_sum() {
        let sum = |cells: &[(usize, usize, Cell<'_>)]| {
            let mut sum = Sum::default();
            for (row, column, cell) in cells {
                sum.add(*row, *column, *cell);
            }
            sum
        };
        let (one, two) = ((1, 0, Cell::Text("1")), (2, 3, Cell::Number(1.0)));
        assert_eq!(sum(&[one, two]), sum(&[two, one]));
        assert_ne!(sum(&[one, two]), sum(&[one]));
        assert_ne!(sum(&[one]), sum(&[(1, 0, Cell::Number(1.0))]));
        assert_ne!(sum(&[two]), sum(&[(2, 3, Cell::Date(1.0))]));
        assert_ne!(sum(&[one, two]), sum(&[(2, 3, Cell::Text("1")), (1, 0, Cell::Number(1.0))]));
    }
}
