//! Where rows came from, as a person finds them.

use crate::by_period;
use crate::indicators::Periods;
use crate::state::PeriodState;
use qd_ledger::Ledger;
use qd_model::Refusal;
use qd_model::pipeline::Counted;
use qd_rules::Constants;
use std::collections::{BTreeMap, BTreeSet};

/// A row that stands behind a figure.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The person, by the lead's own pseudonym; blank where the row is about nobody.
    pub person: String,
    /// Label of the period that the row was received for.
    pub period: String,
    /// The partner's code.
    pub partner: String,
    /// The table.
    pub table: String,
    /// The file as the partner named it, or its public name where the ledger does not know it.
    pub file: String,
    /// The sheet, for workbooks.
    pub sheet: Option<String>,
    /// The spreadsheet row, counted from 1.
    pub row: u32,
}

/// The names of the files that sources of some periods came in.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// By period, partner, table, and public name.
    names: BTreeMap<[String; 4], String>,
}

impl Files {
    /// What the ledger has of them.
    pub(super) fn of(ledger: &Ledger, periods: &[&str]) -> Result<Self, Refusal> {
        let mut names = BTreeMap::new();
        for period in periods {
            for received in ledger.received(period)? {
                let it = received.submission;
                // The last that came under a name is the one that its rows are from.
                names.insert([it.period, it.partner, it.table, it.source], it.file);
            }
        }
        Ok(Self { names })
    }

    /// The file's name, or the public name where the ledger does not know it.
    pub(super) fn name(&self, period: &str, partner: &str, table: &str, source: &str) -> String {
        let key = [period, partner, table, source].map(str::to_owned);
        self.names.get(&key).cloned().unwrap_or_else(|| source.to_owned())
    }
}

/// The rows by which people are counted: those of the counted tables that pass their filters.
pub(super) fn behind(
    periods: &Periods<'_>,
    states: &[&PeriodState],
    counted: &[Counted],
    people: &BTreeSet<String>,
    files: &Files,
) -> Vec<Place> {
    let mut places = Vec::new();
    for state in states {
        let behind = Behind { periods, constants: periods.constants(state), counted, files };
        places.extend(behind.all_of(state).into_iter().filter(|place| people.contains(&place.person)));
    }
    places.sort();
    places.dedup();
    places
}

/// How rows that are counted are found.
pub(super) struct Behind<'a> {
    pub(super) periods: &'a Periods<'a>,
    /// What the filters' words for a period mean.
    pub(super) constants: Constants,
    pub(super) counted: &'a [Counted],
    pub(super) files: &'a Files,
}

impl Behind<'_> {
    /// Every counted row of a state.
    pub(super) fn all_of(&self, state: &PeriodState) -> Vec<Place> {
        self.rows(state, None)
    }

    /// The counted rows of a state that tell of a period.
    pub(super) fn told_by(&self, state: &PeriodState, period: &str) -> Vec<Place> {
        self.rows(state, Some(period))
    }

    fn rows(&self, state: &PeriodState, tells_of: Option<&str>) -> Vec<Place> {
        let mut places = Vec::new();
        for counted in self.counted {
            let index = self.periods.loaded.table_index(&counted.table);
            let table = &self.periods.loaded.tables[index];
            let filter = self.periods.loaded.filter(&counted.table, counted.filter.as_ref());
            for part in &state.tables[index] {
                let Some(persons) = &part.typed.person else { continue };
                let mut masks = Vec::new();
                masks.extend(filter.map(|filter| filter.filter(&table.schema, &part.typed, &self.constants)));
                masks.extend(tells_of.map(|period| by_period::tells_of(part, &state.label, period)));
                for (row, person) in persons.iter().enumerate() {
                    let Some(person) = person else { continue };
                    if !masks.iter().all(|mask| mask.value(row)) {
                        continue;
                    }
                    places.push(Place {
                        person: self.periods.current(&state.people[person as usize]).to_owned(),
                        period: state.label.clone(),
                        partner: part.partner.clone(),
                        table: table.name.clone(),
                        file: self.files.name(&state.label, &part.partner, &table.name, &part.source),
                        sheet: part.sheet.clone(),
                        row: part.typed.rows.value(row),
                    });
                }
            }
        }
        places.sort();
        places.dedup();
        places
    }
}
