//! The internal page of a period: what came in, what was held and why, what became of it, and what
//! changed since the period before. It stays in the private folder.

use crate::compute::{Computed, FileNames};
use crate::load::Loaded;
use crate::outcome::{PeriodPeople, ReturnOutcome};
use crate::place::NewFile;
use crate::prepared::Prepared;
use crate::state::PeriodState;
use arrow::datatypes::UInt32Type;
use qd_report::{Change, Previous, ReturnLine, RunFacts};
use std::collections::{BTreeMap, BTreeSet};

/// What the page of a period is made from, besides the period.
pub(crate) struct Around<'a> {
    /// The states of the periods that are known, oldest first; those before this one count.
    pub(crate) earlier: &'a [PeriodState],
    /// The returns; none where only the period's state was made.
    pub(crate) returns: &'a [ReturnOutcome],
    /// People in all periods so far, where that is known.
    pub(crate) people_so_far: Option<u64>,
}

/// The page, among the papers of the period.
pub(crate) fn summary(prepared: &Prepared<'_>, computed: &Computed, around: &Around<'_>) -> NewFile {
    let loaded = prepared.loaded;
    let report = computed.report(loaded, FileNames::Own, None);
    let is_before = |state: &&PeriodState| state.label != computed.period.label;
    let before = around.earlier.iter().take_while(is_before).filter(|state| !state.is_kept).last();
    let people = PeriodPeople { this_period: people_in(loaded, &computed.state), cumulative: around.people_so_far };
    let facts = RunFacts {
        title: &loaded.pipeline.title,
        demonstration: loaded.pipeline.demonstration,
        people: (people.this_period, people.cumulative),
        returns: around.returns.iter().map(line).collect(),
        previous: before.map(|before| Previous {
            label: before.label.clone(),
            people: people_in(loaded, before),
            lines: changes(loaded, before, &computed.state),
        }),
    };
    let page = qd_report::summary(&report, &facts, crate::VERSION);
    NewFile { path: "summary.html".to_owned(), bytes: page.into_bytes() }
}

fn line(outcome: &ReturnOutcome) -> ReturnLine {
    let blocked = outcome.blocked.iter().map(|reason| format!("{} ({})", reason.unblock, reason.code));
    ReturnLine {
        name: outcome.name.clone(),
        recipient: outcome.recipient.clone(),
        people: outcome.people,
        rows: outcome.rows,
        files: outcome.files.len() as u64,
        blocked: blocked.collect(),
    }
}

/// Distinct people with an accepted record in the people table.
fn people_in(loaded: &Loaded, state: &PeriodState) -> u64 {
    let Some(table) = loaded.people_table() else { return 0 };
    let parts = state.tables[table].iter().filter_map(|part| part.typed.person.as_ref());
    let people: BTreeSet<u32> = parts.flat_map(arrow::array::PrimitiveArray::<UInt32Type>::iter).flatten().collect();
    people.len() as u64
}

/// Accepted rows of each partner's table in two periods.
fn changes(loaded: &Loaded, before: &PeriodState, now: &PeriodState) -> Vec<Change> {
    let mut rows: BTreeMap<(&str, usize), [u64; 2]> = BTreeMap::new();
    for (which, state) in [before, now].into_iter().enumerate() {
        for (table, parts) in state.tables.iter().enumerate() {
            for part in parts {
                rows.entry((&part.partner, table)).or_default()[which] += part.typed.len() as u64;
            }
        }
    }
    let change = |((partner, table), [before, now]): ((&str, usize), [u64; 2])| Change {
        partner: partner.to_owned(),
        table: loaded.tables[table].name.clone(),
        before,
        now,
    };
    rows.into_iter().map(change).collect()
}
