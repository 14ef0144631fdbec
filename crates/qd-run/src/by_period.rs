//! Counts of people period by period: as each was reported, and as is known now.

use crate::figures::History;
use crate::indicators::{Definition, Periods};
use crate::state::{AcceptedPart, PeriodState};
use arrow::array::BooleanArray;
use jiff::civil::Date;
use qd_disclosure::figures::PastFigure;
use qd_model::Period;
use qd_model::pipeline::{Counted, Indicators};
use qd_rules::Constants;
use std::collections::BTreeSet;

/// The heading of what was reported.
pub(crate) const REPORTED: &str = "As reported";
/// The heading of what is known.
pub(crate) const KNOWN: &str = "As now known";

/// One line of counts by period: a period, or a count in it.
pub(crate) struct PeriodLine {
    /// 0 is a period, 1 a count in it.
    pub(crate) level: u64,
    pub(crate) code: Option<String>,
    pub(crate) label: String,
    /// What is counted; absent where the line is a period.
    pub(crate) of: Option<PeriodCount>,
}

/// A count of people in a period.
pub(crate) struct PeriodCount {
    /// The period's label.
    pub(crate) period: String,
    /// Which count of the sheet it is of.
    pub(crate) indicator: usize,
    pub(crate) definition: Definition,
    pub(crate) reported: Reported,
    /// People as known now; absent where nothing is known of the period.
    pub(crate) known: Option<BTreeSet<String>>,
}

/// What was reported of a period.
pub(crate) enum Reported {
    /// The period was never sent, or not to the recipient.
    Never,
    /// This is what the recipient was sent.
    Sent(PastFigure),
    /// The recipient was not sent it, and others were sent figures over these people.
    Elsewhere(BTreeSet<String>),
    /// The period is the one that is run: the return itself reports it.
    Here(BTreeSet<String>),
}

/// What counts by period are made of.
pub(crate) struct Timeline<'a> {
    pub(crate) periods: &'a Periods<'a>,
    /// What was sent last of each period.
    pub(crate) sent: &'a [PeriodState],
    /// The figures of all that was sent.
    pub(crate) history: &'a History,
    /// Who reads them.
    pub(crate) recipient: &'a str,
}

impl Timeline<'_> {
    /// One line for each period and count. A period's figure as reported is the one that the recipient was
    /// sent last, or of this draft; as known now, a fact counts in the period in which it happened,
    /// whichever period it came with.
    pub(crate) fn lines(&self, indicators: &Indicators) -> Vec<PeriodLine> {
        let periods = self.periods;
        let states: Vec<&PeriodState> = periods.earlier.iter().chain([periods.now]).collect();
        let mut lines = Vec::new();
        for period in periods.loaded.pipeline.before(periods.period).into_iter().chain([periods.period]) {
            let is_known = states.iter().any(|state| state.label == period.label);
            let is_total = periods.opening.is_some_and(|opening| opening.covers(periods.loaded, period));
            let label = match (is_known, is_total) {
                (true, _) => period.to_string(),
                (false, true) => format!("{period}: in the opening totals, of which no records are held"),
                (false, false) => format!("{period}: no records are held of it here"),
            };
            lines.push(PeriodLine { level: 0, code: None, label, of: None });
            let is_now = periods.now.label == period.label;
            let as_of = if is_now { periods.as_of } else { Some(period.to) };
            for (index, indicator) in indicators.rows.iter().enumerate() {
                let definition = Definition::of(&indicator.counts);
                let counting = Counting { periods, period, counted: &indicator.counts, as_of };
                let of = PeriodCount {
                    period: period.label.clone(),
                    indicator: index,
                    reported: self.reported(&counting, &definition),
                    known: is_known.then(|| counting.known(&states)),
                    definition,
                };
                lines.push(PeriodLine {
                    level: 1,
                    code: indicator.code.clone(),
                    label: indicator.label.clone(),
                    of: Some(of),
                });
            }
        }
        lines
    }

    fn reported(&self, counting: &Counting<'_>, definition: &Definition) -> Reported {
        let label = &counting.period.label;
        if self.periods.now.label == *label {
            return Reported::Here(counting.people(self.periods.now, &everything));
        }
        let counted = crate::figures::set(&definition.to_string(), 0, label);
        if let Some(figure) = self.history.shown(self.recipient, label, &counted) {
            return Reported::Sent(figure.clone());
        }
        match self.sent.iter().find(|sent| sent.label == *label) {
            Some(sent) => Reported::Elsewhere(counting.people(sent, &everything)),
            None => Reported::Never,
        }
    }
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
    fn known(&self, states: &[&PeriodState]) -> BTreeSet<String> {
        let mut people = BTreeSet::new();
        for state in states {
            let found = self.people(state, &|part| tells_of(part, &state.label, &self.period.label));
            let current =
                |person: String| self.periods.register.person_of(&person).map_or(person.clone(), str::to_owned);
            people.extend(found.into_iter().map(current));
        }
        people
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
                let count = mask.true_count();
                if count == 0 {
                    continue;
                }
                let some = (count < mask.len()).then(|| part.filter(&mask));
                let typed = some.as_ref().map_or(&part.typed, |some| &some.typed);
                let found = qd_rules::people_of(&loaded.tables[index].schema, typed, filter, &constants);
                people.extend(found.into_iter().map(|person| state.people[person as usize].clone()));
            }
        }
        people
    }
}

/// Which rows that came with one period tell of another, or of the same.
pub(crate) fn tells_of(part: &AcceptedPart, came_with: &str, period: &str) -> BooleanArray {
    if part.facts.is_late.true_count() == 0 {
        // Most parts of most periods tell of nothing but their own.
        return BooleanArray::from(vec![came_with == period; part.typed.len()]);
    }
    if came_with == period {
        return part.facts.is_late.iter().map(|late| late.map(|late| !late)).collect();
    }
    let rows = part.facts.is_late.iter().zip(&part.facts.occurred_in);
    rows.map(|(late, occurred)| Some(late == Some(true) && occurred == Some(period))).collect()
}

fn everything(part: &AcceptedPart) -> BooleanArray {
    std::iter::repeat_n(Some(true), part.typed.len()).collect()
}
