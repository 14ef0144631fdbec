//! Findings as people read them: one entry per check, field and source, with its count and the first
//! few cells; and entries that have one cause under one headline.

mod causes;
mod wording;

pub(crate) use causes::{Cause, causes};

use qd_model::finding::{Fault, Finding, Hit, column_letters};
use qd_model::report::{Report, SourceReport};
use qd_model::words;
use qd_model::{Class, Severity};
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

/// What one check saw in one field of one source.
pub(crate) struct Entry<'a> {
    pub(crate) source: &'a SourceReport,
    pub(crate) fault: &'a Fault,
    pub(crate) count: usize,
    /// The first few, in order.
    pub(crate) examples: Vec<Finding<'a>>,
    /// The class for which values are withheld, if any is.
    pub(crate) withheld: Option<Class>,
    /// The reason code, where somebody has explained these queries.
    pub(crate) explained: Option<&'a str>,
    /// How often each value occurs that is shown; no more kinds of them than are worth counting.
    pub(crate) values: Values<'a>,
    /// Digest of the rows, by which entries about the same rows know each other.
    rows: u64,
}

/// How many places an entry names.
const EXAMPLES: usize = 5;
/// How many different values of an entry are counted.
const VALUES: usize = 200;
/// How many findings are looked at in one go.
const PIECE: usize = 1 << 15;

/// Every entry, most serious first; then the most frequent first, then in the order of the report.
pub(crate) fn entries(report: &Report) -> Vec<Entry<'_>> {
    with_examples(report, EXAMPLES)
}

/// The same, with so many findings of each.
pub(crate) fn with_examples(report: &Report, examples: usize) -> Vec<Entry<'_>> {
    let mut all: Vec<Entry<'_>> = report.sources.iter().flat_map(|source| of_source(source, examples)).collect();
    all.sort_by_key(|entry| (entry.fault.severity, std::cmp::Reverse(entry.count)));
    all
}

fn of_source(source: &SourceReport, examples: usize) -> Vec<Entry<'_>> {
    // Faults that say the same are one entry, whoever added them.
    let mut known = BTreeMap::new();
    let places: Vec<usize> = source
        .findings
        .faults
        .iter()
        .map(|fault| {
            let next = known.len();
            let key =
                (fault.column, &fault.code, &fault.field, &fault.many, &fault.message, fault.trial, fault.severity);
            *known.entry(key).or_insert(next)
        })
        .collect();
    let part = |hits| Entries::of(source, hits, &places, examples);
    // Pieces are looked at on all cores, some at a time, and what they come to is put together in their order.
    let pieces: Vec<&[Hit]> = source.findings.hits.slices().flat_map(|hits| hits.chunks(PIECE)).collect();
    let mut all = Entries::default();
    for some in pieces.chunks(8 * rayon::current_num_threads()) {
        let parts: Vec<Entries<'_>> = some.par_iter().copied().map(part).collect();
        for part in parts {
            all.join(part, examples);
        }
    }
    all.list.into_iter().map(|(_, entry)| entry).collect()
}

/// Which fault an entry is about, and how it was explained: that is told apart from what is still open.
type Place<'a> = (usize, Option<&'a str>);

/// The entries of some findings, in the order in which they were met.
#[derive(Default)]
struct Entries<'a> {
    list: Vec<(Place<'a>, Entry<'a>)>,
    /// Where in the list the entry of a fault stands that nobody has explained.
    open: Vec<Option<usize>>,
    closed: BTreeMap<Place<'a>, usize>,
}

impl<'a> Entries<'a> {
    /// Those of some hits of a source, whose faults belong in these places.
    fn of(source: &'a SourceReport, hits: &'a [Hit], places: &[usize], examples: usize) -> Self {
        let mut entries = Self::default();
        for (hit, finding) in hits.iter().zip(source.findings.of(hits)) {
            entries.add(source, (places[hit.fault as usize], finding), examples);
        }
        entries
    }

    /// Where an entry stands, or will stand.
    fn at(&mut self, place: Place<'a>) -> usize {
        let next = self.list.len();
        if place.1.is_some() {
            return *self.closed.entry(place).or_insert(next);
        }
        if self.open.len() <= place.0 {
            self.open.resize(place.0 + 1, None);
        }
        *self.open[place.0].get_or_insert(next)
    }

    fn add(&mut self, source: &'a SourceReport, (fault, finding): (usize, Finding<'a>), examples: usize) {
        let place = (fault, finding.explained);
        let at = self.at(place);
        if at == self.list.len() {
            self.list.push((place, Entry::of(source, &finding)));
        }
        let entry = &mut self.list[at].1;
        entry.count += 1;
        entry.rows = entry.rows.wrapping_add(mixed(finding.row.unwrap_or_default()));
        if let Some(value) = finding.evidence.and_then(qd_model::Evidence::shown) {
            entry.values.add(value, 1, usize::MAX);
        }
        entry.withheld = entry.withheld.max(finding.evidence.and_then(qd_model::Evidence::withheld));
        if entry.examples.len() < examples {
            entry.examples.push(finding);
        }
    }

    /// Takes in what was met after all that is here.
    fn join(&mut self, later: Self, examples: usize) {
        for (place, mut entry) in later.list {
            let at = self.at(place);
            if at == self.list.len() {
                entry.values = entry.values.first();
                self.list.push((place, entry));
                continue;
            }
            let known = &mut self.list[at].1;
            known.count += entry.count;
            known.rows = known.rows.wrapping_add(entry.rows);
            known.values.join(entry.values);
            known.withheld = known.withheld.max(entry.withheld);
            let room = examples - known.examples.len();
            known.examples.extend(entry.examples.into_iter().take(room));
        }
    }
}

/// A row's part in the digest of rows, which their sum is, so that their order does not matter.
fn mixed(row: u32) -> u64 {
    let row = (u64::from(row) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (row ^ row >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

impl<'a> Entry<'a> {
    fn of(source: &'a SourceReport, finding: &Finding<'a>) -> Self {
        Self {
            source,
            fault: finding.fault,
            count: 0,
            examples: Vec::new(),
            withheld: None,
            explained: finding.explained,
            values: Values::default(),
            rows: 0,
        }
    }
}

/// Values in the order in which they were met, with their numbers. Each piece counts all of its own, so
/// that those which are kept in the end were counted in every piece.
#[derive(Default)]
pub(crate) struct Values<'a> {
    list: Vec<(&'a str, usize)>,
    at: HashMap<&'a str, usize>,
}

impl<'a> Values<'a> {
    /// Counts a value, if it is known or among the first so many.
    fn add(&mut self, value: &'a str, times: usize, most: usize) {
        if let Some(at) = self.at.get(value) {
            self.list[*at].1 += times;
        } else if self.list.len() < most {
            self.at.insert(value, self.list.len());
            self.list.push((value, times));
        }
    }

    /// Takes in what was met later.
    fn join(&mut self, later: Self) {
        later.list.into_iter().for_each(|(value, times)| self.add(value, times, VALUES));
    }

    /// Those that are worth counting.
    fn first(self) -> Self {
        let mut first = Self::default();
        first.join(self);
        first
    }

    /// The most frequent first; of equally frequent ones in alphabetical order.
    pub(crate) fn most_frequent(&self) -> Vec<(&'a str, usize)> {
        let mut values = self.list.clone();
        values.sort_unstable_by_key(|(value, times)| (std::cmp::Reverse(*times), *value));
        values
    }
}

impl Entry<'_> {
    /// The sentence that says what was seen, without a full stop.
    pub(crate) fn headline(&self) -> String {
        if self.count == 1 || self.fault.many.is_empty() {
            return one_line(&self.fault.message).into_owned();
        }
        format!("{} {}", words::thousands(self.count as u64), one_line(&self.fault.many))
    }

    /// The column as a reader finds it: `column F "Start date"`.
    pub(crate) fn column(&self) -> Option<String> {
        let letters = self.fault.column.map(|column| format!("column {}", column_letters(column)));
        let heading = self.fault.heading.as_deref().map(|heading| format!("\"{}\"", one_line(heading)));
        match (letters, heading) {
            (Some(letters), Some(heading)) => Some(format!("{letters} {heading}")),
            (letters, heading) => letters.or(heading),
        }
    }

    /// The first few places: `F12, F47 and 3 more`, or `rows 12 and 47`.
    pub(crate) fn places(&self, show: impl Fn(&Finding<'_>, String) -> String) -> Option<String> {
        let rows: Vec<&Finding<'_>> = self.examples.iter().filter(|finding| finding.row.is_some()).collect();
        if rows.is_empty() {
            return None;
        }
        let place = |finding: &Finding<'_>| {
            let row = finding.row.map_or(String::new(), |row| row.to_string());
            show(finding, finding.cell().unwrap_or(row))
        };
        let places: Vec<String> = rows.iter().map(|finding| place(finding)).collect();
        let lead = match (self.fault.column, self.count) {
            (Some(_), _) => "",
            (None, 1) => "row ",
            (None, _) => "rows ",
        };
        let rest = self.count - places.len();
        let more = if rest > 0 { format!(" and {} more", words::thousands(rest as u64)) } else { String::new() };
        Some(format!("{lead}{}{more}", places.join(", ")))
    }

    /// Whether somebody still has to do something about it.
    pub(crate) fn is_open(&self) -> bool {
        self.explained.is_none()
    }

    pub(crate) fn severity(&self) -> Severity {
        self.fault.severity
    }
}

/// What a partner typed, on one line and with nothing that a terminal would obey.
pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
    let is_plain = !text.contains(['\n', '\r', '\t']) && text.trim() == text;
    let text =
        if is_plain { Cow::Borrowed(text) } else { Cow::Owned(text.split_whitespace().collect::<Vec<_>>().join(" ")) };
    match qd_book::printable(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(changed) => Cow::Owned(changed),
    }
}

/// "412 rows read from 3 sources: 401 accepted, 11 held." in words, with what was rejected.
pub(crate) fn rows_in_words(report: &Report) -> String {
    let summary = report.summary();
    let from = words::count(summary.sources as usize, "source");
    if summary.sources == 0 {
        return "Nothing was read.".to_owned();
    }
    if summary.rows == 0 {
        return format!("No rows were read from {from}.");
    }
    let mut parts = vec![
        format!("{} accepted", words::thousands(summary.accepted)),
        format!("{} held", words::thousands(summary.held)),
    ];
    let rejected: u64 = report.sources.iter().map(|source| source.rejected).sum();
    if rejected > 0 {
        let sources = words::count(summary.rejected_sources as usize, "rejected source");
        parts.push(format!("{} in {sources}", words::thousands(rejected)));
    }
    format!("{} read from {from}: {}.", words::count(summary.rows as usize, "row"), parts.join(", "))
}

/// "13 errors, 2 queries, 5 notes."
pub(crate) fn findings_in_words(report: &Report) -> String {
    let summary = report.summary();
    let counted: Vec<String> = Severity::ALL
        .into_iter()
        .filter(|severity| summary.of(*severity) > 0)
        .map(|severity| words::count(summary.of(severity) as usize, severity.as_str()))
        .collect();
    if counted.is_empty() { "No findings.".to_owned() } else { format!("{}.", counted.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use qd_model::Evidence;
    use qd_model::finding::ShowValues;

    #[test]
    fn values_are_counted_in_all_pieces_however_many_there_are() {
        let mut source = sample::report().sources.swap_remove(0);
        source.findings.hits = Vec::new().into();
        let mut values: Vec<String> = Vec::new();
        for piece in 0..4u32 {
            // What came first comes again in each piece, behind more values than are counted.
            let others = (0..300u32).map(|other| format!("{piece}-{other}"));
            values.extend(others.chain((0..40).map(|_| "0-250".to_owned())).chain((0..30).map(|_| "0-7".to_owned())));
            let rows = 1000 * piece + 1..;
            let hits = rows.zip(&values[370 * piece as usize..]).map(|(row, value)| Hit {
                row,
                fault: 0,
                evidence: Some(Evidence::of(value, Class::None, ShowValues::Plain)),
            });
            source.findings.hits.add_piece(hits.collect());
        }
        source.findings.sort();
        let entries = of_source(&source, EXAMPLES);
        let [entry] = entries.as_slice() else { panic!("one fault is one entry") };
        assert_eq!(entry.count, values.len());
        let frequent = entry.values.most_frequent();
        assert_eq!(frequent.len(), VALUES);
        assert_eq!(frequent[..3], [("0-7", 121), ("0-0", 1), ("0-1", 1)]);
    }
}
