//! Findings: what a check saw, and where. Kept compactly per source (a fault once, a hit per cell),
//! and read one by one as [`Finding`]s.

mod hits;

pub use hits::Hits;

use crate::class::Class;
use crate::code::Severity;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The value behind a finding, or why it is not shown. Only [`Evidence::of`] makes one, so that the
/// field's class is always asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence(Inner);

/// There may be millions of values, and most are short: those need no memory of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Inner {
    /// The first so many of these bytes.
    Short(u8, [u8; SHORT]),
    /// A box of a box, since a thin pointer leaves a hit at 24 bytes.
    Long(Box<Box<str>>),
    Withheld(Class),
}

/// How long a value without memory of its own may be.
const SHORT: usize = 14;

/// Whether values of indirect identifiers may be shown, as the person at the terminal asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ShowValues {
    /// Only values of fields without a class are shown.
    #[default]
    Plain,
    /// Values of indirect identifiers are shown too. Direct ones and special category data never are.
    Indirect,
}

impl Evidence {
    /// The value where the class allows it to be shown, else the class that withholds it.
    pub fn of(value: &str, class: Class, show: ShowValues) -> Self {
        if class != Class::None && !(class == Class::Indirect && show == ShowValues::Indirect) {
            return Self(Inner::Withheld(class));
        }
        let mut short = [0; SHORT];
        Self(match short.get_mut(..value.len()) {
            Some(place) => {
                place.copy_from_slice(value.as_bytes());
                Inner::Short(value.len() as u8, short)
            }
            None => Inner::Long(Box::new(value.into())),
        })
    }

    /// The value, if it is shown.
    pub fn shown(&self) -> Option<&str> {
        match &self.0 {
            Inner::Short(length, bytes) => std::str::from_utf8(&bytes[..usize::from(*length)]).ok(),
            Inner::Long(value) => Some(value),
            Inner::Withheld(_) => None,
        }
    }

    /// The class that withholds the value, if it is withheld.
    pub fn withheld(&self) -> Option<Class> {
        match self.0 {
            Inner::Short(..) | Inner::Long(_) => None,
            Inner::Withheld(class) => Some(class),
        }
    }
}

/// What one check says of one field (or row rule, or source) wherever it fires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The finding's code.
    pub code: Arc<str>,
    /// Its severity, after the pipeline's changes.
    pub severity: Severity,
    /// The field, where the fault is about one.
    pub field: Option<Arc<str>>,
    /// The column in the source, counted from 0.
    pub column: Option<u32>,
    /// The heading as the partner typed it.
    pub heading: Option<Arc<str>>,
    /// Class of the field, for the words "values withheld".
    pub class: Class,
    /// One finding's message, a sentence with a capital and without a full stop.
    pub message: Arc<str>,
    /// The message for several, after their count: "3 cells are blank…" has "cells are blank…".
    pub many: Arc<str>,
    /// What to do today.
    pub fix: Arc<str>,
    /// What the schema asks, for the human report: "number between 1 and 80".
    pub asks: Option<Arc<str>>,
    /// On trial: reported as a note, marked as such.
    pub trial: bool,
    /// What is said instead in what leaves, where the words repeat a name that its sender chose.
    pub leaving: Option<Arc<Leaving>>,
}

/// A fault's words without the names that a sender chose, such as those of sheets: they can name people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaving {
    /// One finding's message.
    pub message: Arc<str>,
    /// The message for several, after their count.
    pub many: Arc<str>,
    /// What to do today.
    pub fix: Arc<str>,
}

impl Fault {
    /// The same fault as it is told to others than the file's own sender.
    #[must_use]
    pub fn as_it_leaves(mut self) -> Self {
        if let Some(leaving) = self.leaving.take() {
            self.message = Arc::clone(&leaving.message);
            self.many = Arc::clone(&leaving.many);
            self.fix = Arc::clone(&leaving.fix);
        }
        self
    }
}

/// One place where a fault was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The spreadsheet row, counted from 1; 0 where the fault is about the column or the file.
    pub row: u32,
    /// Index into the source's faults.
    pub fault: u32,
    /// The value, or why it is not shown; absent where there is no value to speak of.
    pub evidence: Option<Evidence>,
}

/// All findings of one source.
#[derive(Debug, Clone, Default)]
pub struct SourceFindings {
    /// What was seen, once per check and field.
    pub faults: Vec<Fault>,
    /// Where it was seen. Sorted by [`SourceFindings::sort`].
    pub hits: Hits,
    /// The keyed digest of the record key of rows with a finding, in a run.
    pub records: BTreeMap<u32, String>,
    /// Reason codes of the queries that somebody has explained, by row and fault.
    pub explained: BTreeMap<(u32, u32), String>,
    /// The keyed digest of the record key where a fault is about a record that the source does not
    /// have, by fault.
    pub absent: BTreeMap<u32, String>,
    /// The keyed digest of the values behind a query, by row and fault: as long as it stays, an
    /// explanation holds.
    pub digests: BTreeMap<(u32, u32), String>,
}

impl SourceFindings {
    /// Adds a fault and answers its index.
    pub fn fault(&mut self, fault: Fault) -> u32 {
        self.faults.push(fault);
        self.faults.len() as u32 - 1
    }

    /// Adds one finding about the column or the file.
    pub fn add(&mut self, fault: Fault) {
        let fault = self.fault(fault);
        self.hits.push(Hit { row: 0, fault, evidence: None });
    }

    /// Takes in another set of findings about the same source.
    pub fn extend(&mut self, other: Self) {
        let offset = self.faults.len() as u32;
        self.faults.extend(other.faults);
        self.hits.extend(other.hits.into_iter().map(|hit| Hit { fault: hit.fault + offset, ..hit }));
        self.records.extend(other.records);
        self.explained
            .extend(other.explained.into_iter().map(|((row, fault), reason)| ((row, fault + offset), reason)));
        self.absent.extend(other.absent.into_iter().map(|(fault, record)| (fault + offset, record)));
        self.digests.extend(other.digests.into_iter().map(|((row, fault), digest)| ((row, fault + offset), digest)));
    }

    /// Puts hits in the order of every report: row, column (absent first), code, then wording.
    pub fn sort(&mut self) {
        self.hits.sort(&ranks(&self.faults));
    }

    /// How many findings have a severity.
    pub fn count(&self, severity: Severity) -> usize {
        let has: Vec<bool> = self.faults.iter().map(|fault| fault.severity == severity).collect();
        if has.contains(&true) { self.hits.iter().filter(|hit| has[hit.fault as usize]).count() } else { 0 }
    }

    /// The rows that have a finding of a severity, in rising order.
    pub fn rows_with(&self, severity: Severity) -> Vec<u32> {
        let has: Vec<bool> = self.faults.iter().map(|fault| fault.severity == severity).collect();
        if !has.contains(&true) {
            return Vec::new();
        }
        let hits = self.hits.iter().filter(|hit| hit.row > 0 && has[hit.fault as usize]);
        let mut rows: Vec<u32> = hits.map(|hit| hit.row).collect();
        rows.sort_unstable();
        rows.dedup();
        rows
    }

    /// The severity of a hit.
    pub fn severity(&self, hit: &Hit) -> Severity {
        self.faults[hit.fault as usize].severity
    }

    /// The keyed digest of the record key that a hit is about.
    pub fn record_of(&self, hit: &Hit) -> Option<&str> {
        self.records.get(&hit.row).or_else(|| self.absent.get(&hit.fault)).map(String::as_str)
    }

    /// The findings one by one, in order.
    pub fn iter(&self) -> impl Iterator<Item = Finding<'_>> {
        self.of(&self.hits)
    }

    /// The same for some of the hits.
    pub fn of<'a>(&'a self, hits: impl IntoIterator<Item = &'a Hit>) -> impl Iterator<Item = Finding<'a>> {
        hits.into_iter().map(|hit| Finding {
            fault: &self.faults[hit.fault as usize],
            row: (hit.row > 0).then_some(hit.row),
            evidence: hit.evidence.as_ref(),
            record: self.record_of(hit),
            value_digest: self.digests.get(&(hit.row, hit.fault)).map(String::as_str),
            explained: self.explained.get(&(hit.row, hit.fault)).map(String::as_str),
        })
    }
}

/// The place of each fault among those of one row.
pub fn ranks(faults: &[Fault]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..faults.len() as u32).collect();
    order.sort_by(|a, b| {
        let key = |index: &u32| {
            let fault = &faults[*index as usize];
            (fault.column, &fault.code, &fault.field, &fault.message)
        };
        key(a).cmp(&key(b))
    });
    let mut rank = vec![0u32; order.len()];
    for (position, fault) in order.iter().enumerate() {
        rank[*fault as usize] = position as u32;
    }
    rank
}

/// One finding, as reports read it.
#[derive(Debug, Clone, Copy)]
pub struct Finding<'a> {
    /// What was seen.
    pub fault: &'a Fault,
    /// The spreadsheet row, counted from 1.
    pub row: Option<u32>,
    /// The value, or why it is not shown.
    pub evidence: Option<&'a Evidence>,
    /// The keyed digest of the record key.
    pub record: Option<&'a str>,
    /// The keyed digest of the values behind a query.
    pub value_digest: Option<&'a str>,
    /// The reason code, where somebody has explained this query.
    pub explained: Option<&'a str>,
}

impl Finding<'_> {
    /// The cell as a spreadsheet names it, for example "F12".
    pub fn cell(&self) -> Option<String> {
        Some(format!("{}{}", column_letters(self.fault.column?), self.row?))
    }
}

/// The letters of a column counted from 0: A, B, … Z, AA, AB …
pub fn column_letters(column: u32) -> String {
    let mut left = u64::from(column) + 1;
    let mut letters = Vec::new();
    while left > 0 {
        left -= 1;
        letters.push(b'A' + (left % 26) as u8);
        left /= 26;
    }
    letters.reverse();
    letters.into_iter().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_lettered_as_spreadsheets_do() {
        let letters: Vec<String> = [0, 25, 26, 701, 702, 16383].into_iter().map(column_letters).collect();
        assert_eq!(letters, ["A", "Z", "AA", "ZZ", "AAA", "XFD"]);
    }

    #[test]
    fn direct_and_special_values_are_never_shown() {
        for class in [Class::Direct, Class::Special] {
            assert_eq!(Evidence::of("secret", class, ShowValues::Indirect).shown(), None);
        }
        assert_eq!(Evidence::of("x", Class::Indirect, ShowValues::Plain).withheld(), Some(Class::Indirect));
        assert_eq!(Evidence::of("x", Class::Indirect, ShowValues::Indirect).shown(), Some("x"));
        assert_eq!(Evidence::of("x", Class::None, ShowValues::Plain).shown(), Some("x"));
    }

    #[test]
    fn values_of_every_length_are_shown_as_they_are() {
        for value in ["", "14 bytes at mo", "15 bytes and so", "Zoë Ångström", "a value that is longer than most are"]
        {
            assert_eq!(Evidence::of(value, Class::None, ShowValues::Plain).shown(), Some(value));
        }
        assert_eq!(size_of::<Hit>(), 24, "there may be millions");
    }
}
