//! Which character separates cells: declared by a `sep=` line, or the one that gives the records of
//! the file's beginning the same number of cells most consistently.

use super::record::{Dialect, Record, Specials};
use std::collections::BTreeMap;

/// The candidates; the first wins where evidence does not decide.
const CANDIDATES: [u8; 4] = [b',', b'\t', b';', b'|'];
/// Delimiters that are looked for only where none of these fits.
const RARE: [u8; 6] = [b' ', b'^', b'~', b':', b'#', b'\x1f'];

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

/// The dialect by evidence. `whole` says that the text does not break off; a delimiter that the file
/// declares is not doubted.
pub(super) fn detect(start: &[u8], whole: bool, declared: Option<u8>) -> Dialect {
    let sample = Sample { start, whole };
    let signs = Signs::of(start);
    let usual: Vec<u8> = declared.map_or_else(|| CANDIDATES.to_vec(), |delimiter| vec![delimiter]);
    let best = best(usual.iter().flat_map(|delimiter| signs.dialects(*delimiter)), &sample);
    if declared.is_some() {
        return best.map_or_else(|| Dialect::standard(usual[0]), |(dialect, _)| dialect);
    }
    // What hardly ever separates cells must show many of them, in nearly every record, and from the
    // first one on where a usual delimiter would do as well.
    let rare = self::best(RARE.iter().flat_map(|delimiter| signs.dialects(*delimiter)), &sample);
    let rare = rare.filter(|(_, rare)| {
        let is_usual_poor = best.as_ref().is_none_or(|(_, usual)| usual.share <= 0.5);
        let has_more = best.as_ref().is_none_or(|(_, usual)| rare.cells > usual.cells * 2);
        let is_even = rare.cells >= 4 && rare.records >= 3 && rare.share >= 0.9;
        is_even && (is_usual_poor || (has_more && rare.is_even_at_first && rare.stray == 0))
    });
    rare.or(best).map_or_else(|| Dialect::standard(CANDIDATES[0]), |(dialect, _)| dialect)
}

/// The dialect with the best score, if any splits records at all; the first where several are equal.
fn best(dialects: impl Iterator<Item = Dialect>, sample: &Sample<'_>) -> Option<(Dialect, Score)> {
    let mut best: Option<(Dialect, Score)> = None;
    for dialect in dialects {
        let score = sample.score(dialect);
        let wins = best.as_ref().is_none_or(|(than, held)| {
            if dialect.delimiter == than.delimiter {
                score.is_cleaner(held, dialect.quote == than.quote)
            } else {
                score.is_better(held)
            }
        });
        if score.cells > 1 && wins {
            best = Some((dialect, score));
        }
    }
    best
}

/// Which unusual habits a text shows at all, so that the usual one costs one look.
struct Signs {
    single: bool,
    backslash: bool,
    padded: bool,
}

impl Signs {
    fn of(start: &[u8]) -> Self {
        let pairs = |found: fn(u8, u8) -> bool| start.windows(2).any(|pair| found(pair[0], pair[1]));
        Self {
            single: pairs(|before, mark| mark == b'\'' && !before.is_ascii_alphanumeric()) || start.starts_with(b"'"),
            backslash: pairs(|before, mark| before == b'\\' && matches!(mark, b'"' | b'\'')),
            padded: pairs(|before, mark| before == b' ' && matches!(mark, b'"' | b'\'')),
        }
    }

    /// The dialects of a delimiter that are worth a look, the usual one first.
    fn dialects(&self, delimiter: u8) -> Vec<Dialect> {
        let standard = Dialect::standard(delimiter);
        let mut all = vec![standard];
        let mut add = |is_shown: bool, change: fn(Dialect) -> Dialect| {
            if is_shown {
                let changed: Vec<Dialect> = all.iter().map(|dialect| change(*dialect)).collect();
                all.extend(changed);
            }
        };
        add(self.backslash, |dialect| Dialect { backslash: true, ..dialect });
        add(self.padded && delimiter != b' ', |dialect| Dialect { padded: true, ..dialect });
        add(self.single, |dialect| Dialect { quote: b'\'', ..dialect });
        all
    }
}

/// The beginning of a text.
struct Sample<'a> {
    start: &'a [u8],
    whole: bool,
}

/// How well a dialect fits.
#[derive(Debug)]
struct Score {
    /// The share of records that have the commonest number of cells (above one).
    share: f64,
    /// That number.
    cells: usize,
    records: usize,
    /// Records in which words follow a closing quotation mark, or in which a mark never closes.
    stray: usize,
    /// Cells in quotation marks.
    quoted: usize,
    /// Whether the first record has the commonest number of cells.
    is_even_at_first: bool,
}

impl Score {
    /// Against another delimiter: more even records, then more cells.
    fn is_better(&self, other: &Self) -> bool {
        self.share > other.share || (self.share >= other.share && self.cells > other.cells)
    }

    /// Against another way to quote with the same delimiter: fewer marks in the wrong place without
    /// less even records; or more cells in marks, of the same kind or where the other kind is not used.
    fn is_cleaner(&self, other: &Self, is_same_mark: bool) -> bool {
        if self.stray != other.stray {
            return self.stray < other.stray && self.share >= other.share;
        }
        if self.stray > 0 || self.share < other.share {
            return false;
        }
        let is_evener = self.share > other.share + 0.02;
        let is_used = if is_same_mark { self.quoted > other.quoted } else { other.quoted == 0 };
        is_evener || (is_used && self.quoted >= self.records.max(3) / 2)
    }
}

impl Sample<'_> {
    fn score(&self, dialect: Dialect) -> Score {
        let specials = Specials::of(dialect);
        let mut record = Record::default();
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        let (mut at, mut records, mut stray, mut quoted, mut first) = (0, 0usize, 0, 0, None);
        while at < self.start.len() {
            let begins = at;
            at = record.read(self.start, at, &specials);
            let is_cut = at >= self.start.len() && !self.whole && records > 0;
            if !is_cut && record.cells().iter().any(|cell| !cell.is_empty()) {
                *counts.entry(record.cells().len()).or_default() += 1;
                records += 1;
                first = first.or(Some(record.cells().len()));
                // A record that takes in very many lines is a mark that never closes.
                let lines = || memchr::memchr_iter(b'\n', &self.start[begins..at]).count();
                stray += usize::from(record.is_stray() || (record.quoted_cells() > 0 && lines() > 100));
                quoted += record.quoted_cells();
            }
        }
        let commonest =
            counts.into_iter().filter(|(cells, _)| *cells > 1).max_by_key(|(cells, count)| (*count, *cells));
        let (share, cells) = commonest.map_or((0.0, 0), |(cells, count)| (count as f64 / records as f64, cells));
        Score { share, cells, records, stray, quoted, is_even_at_first: first == Some(cells) }
    }
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
            assert_eq!(char::from(detect(text.as_bytes(), true, None).delimiter), char::from(expected), "{text:?}");
        }
    }

    #[test]
    fn other_dialects_are_found_by_evidence() {
        let standard = Dialect::standard(b',');
        for (text, expected) in [
            ("a,b\n\"x \\\"y\\\", z\",2\n3,4\n", Dialect { backslash: true, ..standard }),
            ("a,b\n\"C:\\dir\\\",2\n3,4\n", standard),
            ("'a','b'\n'1, 2','3'\n'4','5'\n", Dialect { quote: b'\'', ..standard }),
            ("a,b\n'Abd,1\nO'Brien,2\n", standard),
            ("\"a\", \"b\"\n\"1, 2\", \"3\"\n\"4\", \"5\"\n", Dialect { padded: true, ..standard }),
            ("a b c d\n1 2 3 4\n\"5 6\" 7 8 9\n", Dialect::standard(b' ')),
            ("first name\nZoe Ashdown\nNoor Khan\n", standard),
            ("a~b~c~d\n1~2~3~4\n5~6~7~8\n", Dialect::standard(b'~')),
            ("a^b^c^d^e\n1^2, 3^4^5^6\n1^2, 3^4^5^6\n", Dialect::standard(b'^')),
            ("start,end\n09:30:00,10:30:00\n09:30:00,10:30:00\n", standard),
            ("09:30:00:00\n10:30:00:00\n", standard),
        ] {
            assert_eq!(detect(text.as_bytes(), true, None), expected, "{text:?}");
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
