//! Entries that have one cause, under one headline: the same fault in several sources, and several
//! faults of the same rows.

use super::{Entry, entries, one_line};
use qd_model::report::Report;
use qd_model::{Severity, words};
use std::collections::BTreeMap;

/// One headline: the same fault wherever it was seen, and what else the same rows have.
pub(crate) struct Cause<'a> {
    /// One per source, the most frequent first.
    pub(crate) entries: Vec<Entry<'a>>,
    /// Other entries about exactly the same rows: a shifted line or an empty form is one mistake.
    pub(crate) beside: Vec<Entry<'a>>,
}

/// Severity, schema, code, field, words without a heading, whether on trial, reason code.
type Says<'a> = (Severity, Option<&'a str>, &'a str, Option<&'a str>, String, bool, Option<&'a str>);

/// In how many rows two faults must go together for it to be no accident.
const SAME_ROWS: usize = 10;

/// Every cause, most serious first; then the most frequent first, then in the order of the report.
pub(crate) fn causes(report: &Report) -> Vec<Cause<'_>> {
    let mut all: Vec<Cause<'_>> = Vec::new();
    let mut known = BTreeMap::new();
    for mut cause in with_their_rows(entries(report)) {
        // What stands for several faults of one source is not mixed with another source's.
        if cause.beside.is_empty() {
            let place = *known.entry(cause.lead().says()).or_insert(all.len());
            if let Some(same) = all.get_mut(place) {
                same.entries.append(&mut cause.entries);
                continue;
            }
        }
        all.push(cause);
    }
    all.sort_by_key(|cause| (cause.lead().fault.severity, std::cmp::Reverse(cause.count())));
    all
}

/// Puts entries about exactly the same rows of a source under the first of them, the most serious.
fn with_their_rows(entries: Vec<Entry<'_>>) -> Vec<Cause<'_>> {
    let mut all: Vec<Cause<'_>> = Vec::new();
    let mut known = BTreeMap::new();
    for entry in entries {
        if entry.count >= SAME_ROWS {
            let key = (std::ptr::from_ref(entry.source), entry.count, entry.rows);
            let place = *known.entry(key).or_insert(all.len());
            if let Some(same) = all.get_mut(place) {
                same.beside.push(entry);
                continue;
            }
        }
        all.push(Cause { entries: vec![entry], beside: Vec::new() });
    }
    all
}

impl<'a> Cause<'a> {
    /// The first entry, which has the words of all.
    pub(crate) fn lead(&self) -> &Entry<'a> {
        &self.entries[0]
    }

    /// How many findings the headline counts.
    pub(crate) fn count(&self) -> usize {
        self.entries.iter().map(|entry| entry.count).sum()
    }

    /// How many findings there are, those beside it included.
    pub(crate) fn findings(&self) -> usize {
        self.count() + self.beside.iter().map(|entry| entry.count).sum::<usize>()
    }

    /// The sentence that says what was seen, without a full stop.
    pub(crate) fn headline(&self) -> String {
        let lead = self.lead();
        let count = self.count();
        let words = if count == 1 || lead.fault.many.is_empty() {
            lead.fault.message.to_string()
        } else {
            format!("{} {}", words::thousands(count as u64), lead.fault.many)
        };
        // Where partners call the field by other names, ours stands for all of them.
        let heading = |entry: &Entry<'a>| entry.fault.heading.clone();
        match (heading(lead), &lead.fault.field) {
            (Some(own), Some(field)) if self.entries.iter().any(|entry| heading(entry).as_ref() != Some(&own)) => {
                one_line(&words.replace(&format!("\"{}\"", own.trim()), &format!("`{field}`"))).into_owned()
            }
            _ => one_line(&words).into_owned(),
        }
    }
}

impl<'a> Entry<'a> {
    /// What the entry says apart from its source and its source's own headings: what two entries
    /// with one cause have in common.
    fn says(&self) -> Says<'a> {
        let fault = self.fault;
        let heading = fault.heading.as_deref().filter(|_| fault.field.is_some()).map(str::trim);
        let words = match heading {
            Some(heading) if !heading.is_empty() => fault.message.replace(&format!("\"{heading}\""), "\"\""),
            _ => fault.message.to_string(),
        };
        // What is about a whole row or file is the same whichever schema it was held against.
        let schema = self.source.schema.as_deref().filter(|_| fault.field.is_some());
        (fault.severity, schema, &fault.code, fault.field.as_deref(), words, fault.trial, self.explained)
    }
}
