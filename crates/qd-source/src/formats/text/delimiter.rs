//! Which character separates cells: declared by a `sep=` line, or the one that gives the records of
//! the file's beginning the same number of cells most consistently.

use super::record::{Record, Specials};
use std::collections::BTreeMap;

/// The candidates; the first wins where evidence does not decide.
const CANDIDATES: [u8; 4] = [b',', b'\t', b';', b'|'];

/// A delimiter that the file's first line declares, and how many bytes that line has. Spreadsheet
/// programs do not show the line, so it does not count as a row.
pub(super) fn declared(start: &[u8]) -> (Option<u8>, usize) {
    let prefix = start.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case(b"sep="));
    let end = match start.get(5..) {
        Some([b'\r', b'\n', ..]) => 7,
        Some([b'\r' | b'\n', ..]) => 6,
        Some([]) => 5,
        _ => return (None, 0),
    };
    if prefix && !b"\"\r\n".contains(&start[4]) && start[4].is_ascii() { (Some(start[4]), end) } else { (None, 0) }
}

/// The delimiter by evidence. `whole` says that the text does not break off.
pub(super) fn detect(start: &[u8], whole: bool) -> u8 {
    let mut best = (0.0, 0, CANDIDATES[0]);
    for candidate in CANDIDATES {
        let (share, cells) = consistency(start, whole, candidate);
        if cells > 1 && (share > best.0 || (share >= best.0 && cells > best.1)) {
            best = (share, cells, candidate);
        }
    }
    best.2
}

/// The share of records that have the commonest number of cells (above one), and that number.
fn consistency(start: &[u8], whole: bool, delimiter: u8) -> (f64, usize) {
    let specials = Specials::of(delimiter);
    let mut record = Record::default();
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    let (mut at, mut records) = (0, 0usize);
    while at < start.len() {
        at = record.read(start, at, &specials);
        let is_cut = at >= start.len() && !whole && records > 0;
        if !is_cut && record.cells().iter().any(|cell| !cell.is_empty()) {
            *counts.entry(record.cells().len()).or_default() += 1;
            records += 1;
        }
    }
    let commonest = counts.into_iter().filter(|(cells, _)| *cells > 1).max_by_key(|(cells, count)| (*count, *cells));
    commonest.map_or((0.0, 0), |(cells, count)| (count as f64 / records as f64, cells))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_is_found_by_evidence() {
        for (text, expected) in [
            ("a,b\n1,2\n", b','),
            ("a\tb, c\n1\t2, 3\n4\t5\n", b'\t'),
            ("a;b;c\n1,5;2,5;3,5\n4,5;5,5;6,5\n", b';'),
            ("a|b\n1|x, y\n2|z\n", b'|'),
            ("\"a,b,c\";d\n\"1,2\";3\n", b';'),
            ("Title of the return\n\na;b\n1;2\n3;4\n", b';'),
            ("only\none\ncolumn\n", b','),
            ("", b','),
        ] {
            assert_eq!(char::from(detect(text.as_bytes(), true)), char::from(expected), "{text:?}");
        }
    }

    #[test]
    fn a_line_may_declare_it() {
        assert_eq!(declared(b"sep=;\r\na;b"), (Some(b';'), 7));
        assert_eq!(declared(b"SEP=\t\na\tb"), (Some(b'\t'), 6));
        assert_eq!(declared(b"sep=;"), (Some(b';'), 5));
        assert_eq!(declared(b"separate,b\n"), (None, 0));
        assert_eq!(declared(b"sep"), (None, 0));
    }
}
