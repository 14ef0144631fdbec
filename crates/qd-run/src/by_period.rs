//! Counts of people period by period: as each was reported, and as is known now.

use crate::indicators::Periods;
use crate::state::{AcceptedPart, PeriodState};
use arrow::array::BooleanArray;
use jiff::civil::Date;
use qd_disclosure::{CountColumn, CountValues};
use qd_model::Period;
use qd_model::pipeline::{Counted, Indicators};
use qd_rules::Constants;
use std::collections::BTreeSet;

/// One line for each period and count. A period's figure as reported is the one of the version that was
/// sent last, or of this draft; as known now, a fact counts in the period in which it happened, whichever
/// period it came with.
pub(crate) fn by_period(periods: &Periods<'_>, sent: &[PeriodState], indicators: &Indicators) -> Vec<CountColumn> {
    let mut lines = Lines::default();
    let states: Vec<&PeriodState> = periods.earlier.iter().chain([periods.now]).collect();
    let mut labels: Vec<&str> = Vec::new();
    for state in &states {
        if !labels.contains(&state.label.as_str()) {
            labels.push(&state.label);
        }
    }
    for label in labels {
        let Some(period) = periods.loaded.pipeline.period_of(label) else { continue };
        lines.push(0, None, period.to_string(), None, None);
        let is_now = periods.now.label == label;
        let as_of = if is_now { periods.as_of } else { Some(period.to) };
        for indicator in &indicators.rows {
            let counting = Counting { periods, period, counted: &indicator.counts, as_of };
            let reported = if is_now { Some(periods.now) } else { sent.iter().find(|sent| sent.label == label) };
            let reported = reported.map(|state| counting.people(state, &everything).len() as u64);
            let known = counting.known(&states);
            lines.push(1, indicator.code.clone(), indicator.label.clone(), reported, Some(known));
        }
    }
    lines.columns()
}

/// What is counted in one period.
struct Counting<'a> {
    periods: &'a Periods<'a>,
    period: &'a Period,
    counted: &'a [Counted],
    as_of: Option<Date>,
}

impl Counting<'_> {
    /// Distinct people as known now: of the period's own rows but for those that tell of earlier ones,
    /// and of later periods' rows that tell of this one.
    fn known(&self, states: &[&PeriodState]) -> u64 {
        let mut people = BTreeSet::new();
        for state in states {
            let found = if state.label == self.period.label {
                self.people(state, &|part| part.facts.is_late.iter().map(|late| late.map(|late| !late)).collect())
            } else {
                self.people(state, &|part| {
                    let rows = part.facts.is_late.iter().zip(&part.facts.occurred_in);
                    rows.map(|(late, period)| Some(late == Some(true) && period == Some(&self.period.label))).collect()
                })
            };
            let current =
                |person: String| self.periods.register.person_of(&person).map_or(person.clone(), str::to_owned);
            people.extend(found.into_iter().map(current));
        }
        people.len() as u64
    }

    /// The people of some rows of a state that are counted.
    fn people(&self, state: &PeriodState, rows: &dyn Fn(&AcceptedPart) -> BooleanArray) -> BTreeSet<String> {
        let constants = Constants { period: Some((self.period.from, self.period.to)), as_of: self.as_of };
        let loaded = self.periods.loaded;
        let mut people = BTreeSet::new();
        for counted in self.counted {
            let index = loaded.table_index(&counted.table);
            let filter = loaded.filter(&counted.table, counted.filter.as_ref());
            for part in &state.tables[index] {
                let mask = rows(part);
                if mask.true_count() == 0 {
                    continue;
                }
                let part = part.filter(&mask);
                let found = qd_rules::people_of(&loaded.tables[index].schema, &part.typed, filter, &constants);
                people.extend(found.into_iter().map(|person| state.people[person as usize].clone()));
            }
        }
        people
    }
}

fn everything(part: &AcceptedPart) -> BooleanArray {
    std::iter::repeat_n(Some(true), part.typed.len()).collect()
}

#[derive(Default)]
struct Lines {
    level: Vec<Option<u64>>,
    code: Vec<Option<String>>,
    label: Vec<Option<String>>,
    reported: Vec<Option<u64>>,
    known: Vec<Option<u64>>,
}

impl Lines {
    fn push(&mut self, level: u64, code: Option<String>, label: String, reported: Option<u64>, known: Option<u64>) {
        self.level.push(Some(level));
        self.code.push(code);
        self.label.push(Some(label));
        self.reported.push(reported);
        self.known.push(known);
    }

    fn columns(self) -> Vec<CountColumn> {
        let column =
            |name: &str, title: &str, values| CountColumn { name: name.to_owned(), title: title.to_owned(), values };
        vec![
            column("level", "Level", CountValues::Numbers(self.level)),
            column("code", "Code", CountValues::Words(self.code)),
            column("label", "Period and indicator", CountValues::Words(self.label)),
            column("as_reported", "As reported", CountValues::People(self.reported)),
            column("as_known", "As now known", CountValues::People(self.known)),
        ]
    }
}
