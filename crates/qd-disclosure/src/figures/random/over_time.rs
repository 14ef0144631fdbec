//! Returns of several kinds over three periods: cumulative, by period, or both; and rows that can be counted.

use super::{release_once, rule};
use crate::figures::{Before, Gathered, Relation, When, set};
use proptest::prelude::*;
use qd_model::pipeline::CountRule;
use std::collections::BTreeMap;

/// The periods of a programme whose counts are released over time.
const PERIODS: [&str; 3] = ["P1", "P2", "P3"];
/// All of its people, and two sets of them.
const DEFINITIONS: [&str; 3] = ["all", "strand 1", "strand 2"];

/// A person of that programme: their strands, and the periods in which they were there.
#[derive(Debug, Clone)]
struct Stay {
    strands: [bool; 2],
    there: [bool; 3],
}

impl Stay {
    fn is_of(&self, definition: usize) -> bool {
        definition == 0 || self.strands[definition - 1]
    }
}

/// What one return shows at the end of a period.
#[derive(Debug, Clone, Copy)]
enum Contents {
    /// The period, and the project so far.
    Both,
    /// The project so far.
    SoFar,
    /// Each period until then, as is known now.
    ByPeriod,
    /// The rows of everybody in the period, and nothing that tells strands.
    Rows,
}

fn stays() -> impl Strategy<Value = Vec<Stay>> {
    let stay = (any::<[bool; 2]>(), any::<[bool; 3]>()).prop_map(|(strands, there)| Stay { strands, there });
    prop::collection::vec(stay, 0..30)
}

fn returns() -> impl Strategy<Value = Vec<(usize, Contents)>> {
    let contents =
        prop_oneof![Just(Contents::Both), Just(Contents::SoFar), Just(Contents::ByPeriod), Just(Contents::Rows)];
    prop::collection::vec((0..3_usize, contents), 1..5).prop_map(|mut returns| {
        returns.sort_by_key(|(period, _)| *period);
        returns
    })
}

fn people(stays: &[Stay], definition: usize, when: When, period: usize) -> u64 {
    let periods = if when == When::In { period..=period } else { 0..=period };
    let is_there = |stay: &&Stay| stay.is_of(definition) && stay.there[periods.clone()].contains(&true);
    stays.iter().filter(is_there).count() as u64
}

/// What holds between all that was released of these people, written down one by one.
fn all_that_holds(gathered: &Gathered, stays: &[Stay]) -> Vec<Relation> {
    let entry = |definition: usize, when: When, period: usize| {
        let count = people(stays, definition, when, period);
        let mut entries = gathered.of(&set(DEFINITIONS[definition], when, PERIODS[period]));
        entries.find(|entry| gathered.figures().figures[*entry].count == count)
    };
    let mut all = Vec::new();
    let mut within = |part: Option<usize>, whole: Option<usize>| {
        all.extend(part.zip(whole).map(|(part, whole)| Relation::Within { part, whole }));
    };
    for period in 0..3 {
        for definition in 0..3 {
            for later in period..3 {
                within(entry(definition, When::In, period), entry(definition, When::UpTo, later));
                if later > period {
                    within(entry(definition, When::UpTo, period), entry(definition, When::UpTo, later));
                }
            }
            for when in [When::In, When::UpTo] {
                if definition > 0 {
                    within(entry(definition, when, period), entry(0, when, period));
                }
            }
        }
    }
    for definition in 0..3 {
        for last in 0..3 {
            for first in 0..=last {
                let start = (first > 0).then(|| entry(definition, When::UpTo, first - 1));
                let since = (first..=last).map(|period| entry(definition, When::In, period));
                let parts: Option<Vec<usize>> = start.into_iter().chain(since).collect();
                let total = entry(definition, When::UpTo, last);
                all.extend(total.zip(parts).map(|(total, parts)| Relation::Cover { total, parts }));
            }
        }
    }
    all
}

/// Returns of several kinds one after the other, each with all that was released before; halfway, some
/// people turn out not to have been there.
fn release_over_time(
    stays: &[Stay],
    returns: &[(usize, Contents)],
    drop: usize,
    rule: CountRule,
) -> Result<(), String> {
    let mut before = Gathered::default();
    let mut versions: Vec<&[Stay]> = Vec::new();
    let mut rows: BTreeMap<String, u64> = BTreeMap::new();
    let mut was_released = false;
    for (index, (period, contents)) in returns.iter().enumerate() {
        let now = if index < 2 { stays } else { &stays[..stays.len().saturating_sub(drop)] };
        versions.push(now);
        let times: Vec<(When, usize)> = match contents {
            Contents::Both => vec![(When::In, *period), (When::UpTo, *period)],
            Contents::SoFar => vec![(When::UpTo, *period)],
            Contents::ByPeriod => (0..=*period).map(|period| (When::In, period)).collect(),
            Contents::Rows => {
                rows.insert(set(DEFINITIONS[0], When::In, PERIODS[*period]), people(now, 0, When::In, *period));
                continue;
            }
        };
        let mut gathered = before.clone();
        for (set, count) in &rows {
            gathered.counted(set, *count);
        }
        let mut own = Vec::new();
        for (when, period) in times {
            for (definition, name) in DEFINITIONS.iter().enumerate() {
                let count = people(now, definition, when, period);
                own.push(gathered.open(&set(name, when, PERIODS[period]), count, rule));
            }
        }
        for (when, period) in gathered.times() {
            let sets = DEFINITIONS.map(|name| set(name, when, &period));
            for part in [1, 2] {
                gathered.relate_sets(&Relation::Within { part, whole: 0 }, &sets);
            }
        }
        gathered.relate_over_time(&PERIODS, Before::Nothing);
        gathered.follow_rows();
        let mut reader = gathered.figures().clone();
        reader.relations = versions.iter().flat_map(|stays| all_that_holds(&gathered, stays)).collect();
        // Rows by themselves keep nothing from being shown, unless they were of people who were not there.
        let is_first = !was_released && (rows.is_empty() || index < 2 || drop == 0);
        let Some(past) = release_once(&gathered, &own, &rule, &reader, is_first)? else { return Ok(()) };
        before.past(&past, true);
        was_released = true;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn counts_by_period_do_not_bring_back_what_cumulative_ones_suppressed(
        stays in stays(), returns in returns(), drop in 0..4_usize, rule in rule(),
    ) {
        if let Err(why) = release_over_time(&stays, &returns, drop, rule) {
            prop_assert!(false, "{returns:?} {why}");
        }
    }
}
