//! Counts by period on their way out: exact for those who may have them, else protected together with
//! all that was ever sent.

use super::{CountCell, counts, set};
use crate::by_period::{KNOWN, PeriodCount, PeriodLine, REPORTED, Reported};
use qd_disclosure::CountColumn;
use qd_disclosure::CountValues;
use qd_disclosure::figures::{Gathered, Relation, Released, ReleasedCount};
use qd_model::pipeline::CountRule;

/// The entries of a line among everything that readers have: as reported here, and as known now.
pub(super) type Entries = [Option<usize>; 2];

/// What a reader must know of the two columns.
pub(super) const NOTES: [&str; 2] = [
    "As reported: what was sent of the period when it was last sent; blank where it was not. As now known: each fact \
     counts in the period in which it happened, whichever period it came with.",
    "A person is counted once in each period, so that periods add up to more than the project.",
];

/// The columns for a recipient who may have exact counts.
pub(super) fn exact(lines: &[PeriodLine]) -> Vec<CountColumn> {
    let reported = |of: &PeriodCount| match &of.reported {
        Reported::Never => None,
        Reported::Sent(figure) => Some(figure.count),
        Reported::Elsewhere(people) | Reported::Here(people) => Some(people.len() as u64),
    };
    let known = |of: &PeriodCount| of.known.as_ref().map(|people| people.len() as u64);
    let cells = |count: &dyn Fn(&PeriodCount) -> Option<u64>| {
        counts_of(lines.iter().map(|line| CountCell::Exact(line.of.as_ref().and_then(count))).collect())
    };
    columns(lines, cells(&reported), cells(&known))
}

/// Adds the counts of a sheet to what is protected, and what holds between those of a period.
pub(super) fn open(gathered: &mut Gathered, lines: &[PeriodLine], rule: CountRule) -> Vec<Entries> {
    let mut entries = Vec::new();
    for line in lines {
        let Some(of) = &line.of else {
            entries.push([None; 2]);
            continue;
        };
        // The count of a period now is the same count that was sent of it, with another number where more
        // is known: what a reader learns from the two is guarded.
        let set = set(&of.definition.to_string(), 0, &of.period);
        let mut open = |people: usize| gathered.open(&set, people as u64, rule);
        let here = if let Reported::Here(people) = &of.reported { Some(open(people.len())) } else { None };
        entries.push([here, of.known.as_ref().map(|people| open(people.len()))]);
    }
    entries
}

/// What holds between a count as reported here and as known.
pub(super) fn relations_of(lines: &[PeriodLine], entries: &[Entries]) -> Vec<Relation> {
    let counted = lines.iter().zip(entries).filter(|(line, _)| line.of.is_some());
    let relation = |(_, entries): (&PeriodLine, &Entries)| match *entries {
        [Some(whole), Some(part)] if whole != part => Some(Relation::Within { part, whole }),
        _ => None,
    };
    counted.filter_map(relation).collect()
}

/// The columns as they were protected. What was sent before stands as it was sent.
pub(super) fn protected(lines: &[PeriodLine], entries: &[Entries], released: &Released) -> Vec<CountColumn> {
    let side = |side: usize| {
        let cells = lines.iter().zip(entries).map(|(line, entries)| {
            let again = match line.of.as_ref().map(|of| &of.reported) {
                Some(Reported::Sent(figure)) if side == 0 => ReleasedCount::again(figure),
                _ => None,
            };
            CountCell::Protected(again.or_else(|| entries[side].map(|entry| released.count(entry))))
        });
        counts_of(cells.collect())
    };
    columns(lines, side(0), side(1))
}

fn counts_of(cells: Vec<CountCell>) -> CountValues {
    counts(cells.into_iter().map(super::Cells::of_count).collect())
}

fn columns(lines: &[PeriodLine], reported: CountValues, known: CountValues) -> Vec<CountColumn> {
    let column =
        |name: &str, title: &str, values| CountColumn { name: name.to_owned(), title: title.to_owned(), values };
    vec![
        column("level", "Level", CountValues::Numbers(lines.iter().map(|line| Some(line.level)).collect())),
        column("code", "Code", CountValues::Words(lines.iter().map(|line| line.code.clone()).collect())),
        column(
            "label",
            "Period and indicator",
            CountValues::Words(lines.iter().map(|line| Some(line.label.clone())).collect()),
        ),
        column("as_reported", REPORTED, reported),
        column("as_known", KNOWN, known),
    ]
}
