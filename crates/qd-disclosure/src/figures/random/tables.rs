//! Tables of two breakdowns with margins, each additive or overlapping, which share a margin and come in
//! several versions.

use super::{release_once, rule};
use crate::figures::{Gathered, Relation, release};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngSeed, TestRunner};
use qd_model::pipeline::CountRule;

/// How many categories a breakdown has: by what the two tables share, and by what each has of its own.
const CATEGORIES: [usize; 3] = [3, 3, 2];

/// A person: the categories of each breakdown that they are in.
type Person = [Vec<bool>; 3];

/// Which breakdowns overlap; in the others a person is in one category.
type Overlaps = [bool; 3];

fn people(overlaps: Overlaps, most: usize) -> impl Strategy<Value = Vec<Person>> {
    let categories = move |side: usize| {
        (0..CATEGORIES[side] + 1, prop::collection::vec(any::<bool>(), CATEGORIES[side])).prop_map(
            move |(one, several)| {
                // Categories of unequal size, as in life.
                let one = one.saturating_sub(1);
                if overlaps[side] { several } else { (0..CATEGORIES[side]).map(|category| category == one).collect() }
            },
        )
    };
    let person =
        (categories(0), categories(1), categories(2)).prop_map(|(shared, first, second)| [shared, first, second]);
    prop::collection::vec(person, 0..most)
}

/// The counts of one version of the two tables on top of what was released before, and their entries.
fn gather(mut gathered: Gathered, people: &[Person], overlaps: Overlaps, rule: CountRule) -> (Gathered, Vec<usize>) {
    let mut own = Vec::new();
    let mut open = |of: &[(usize, usize)]| {
        let is_in = |person: &&Person| of.iter().all(|(side, category)| person[*side][*category]);
        let entry = gathered.open(&format!("{of:?}"), people.iter().filter(is_in).count() as u64, rule);
        own.push(entry);
        entry
    };
    let mut groups: Vec<(usize, Vec<usize>, usize)> = Vec::new();
    for across in [1, 2] {
        let all = open(&[]);
        let [down_margins, across_margins]: [Vec<usize>; 2] =
            [0, across].map(|side| (0..CATEGORIES[side]).map(|category| open(&[(side, category)])).collect());
        let mut columns: Vec<Vec<usize>> = vec![Vec::new(); CATEGORIES[across]];
        for (row, margin) in down_margins.iter().enumerate() {
            let cells: Vec<usize> = (0..CATEGORIES[across]).map(|column| open(&[(0, row), (across, column)])).collect();
            columns.iter_mut().zip(&cells).for_each(|(column, cell)| column.push(*cell));
            groups.push((*margin, cells, across));
        }
        groups.extend(across_margins.iter().zip(columns).map(|(margin, cells)| (*margin, cells, 0)));
        groups.push((all, down_margins, 0));
        groups.push((all, across_margins, across));
    }
    for (total, parts, side) in groups {
        if overlaps[side] {
            for part in &parts {
                gathered.relate(Relation::Within { part: *part, whole: total });
            }
            gathered.relate(Relation::Overlap { total, parts });
        } else {
            gathered.relate(Relation::Sum { total, parts });
        }
    }
    own.sort_unstable();
    own.dedup();
    (gathered, own)
}

fn release_versions(versions: &[Vec<Person>], overlaps: Overlaps, rule: CountRule) -> Result<(), String> {
    let mut before = Gathered::default();
    for (version, people) in versions.iter().enumerate() {
        let (gathered, own) = gather(before.clone(), people, overlaps, rule);
        let past = release_once(&gathered, &own, &rule, gathered.figures(), version == 0)?;
        let Some(past) = past else { return Ok(()) };
        before.past(&past, true);
    }
    Ok(())
}

proptest! {
    // A table takes as long as several of the others. A number of cases that is asked for is kept to.
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: ProptestConfig::default().cases.div_ceil(4),
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_cell_of_a_two_way_table_is_narrower_than_declared(
        (overlaps, people, more) in any::<Overlaps>().prop_flat_map(|overlaps| {
            (Just(overlaps), people(overlaps, 40), people(overlaps, 3))
        }),
        drop in 0..3_usize, rule in rule(),
    ) {
        let mut next = people.clone();
        next.truncate(next.len().saturating_sub(drop));
        next.extend(more);
        if let Err(why) = release_versions(&[people, next], overlaps, rule) {
            prop_assert!(false, "{why}");
        }
    }
}

/// Protection must not be bought with empty tables, nor with blocked ones.
#[test]
fn little_is_hidden_for_the_sake_of_other_counts() {
    let strategy = any::<Overlaps>().prop_flat_map(|overlaps| (Just(overlaps), people(overlaps, 40)));
    let seed = RngSeed::Fixed(1);
    let config = ProptestConfig { rng_seed: seed, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = TestRunner::new(config);
    let (mut shown, mut hidden) = (0_u32, 0_u32);
    for _ in 0..300 {
        let ((overlaps, people), rule) = (&strategy, rule()).new_tree(&mut runner).unwrap().current();
        let (gathered, own) = gather(Gathered::default(), &people, overlaps, rule);
        let released = release(gathered.figures()).expect("a first release is never blocked");
        for entry in own.into_iter().filter(|entry| gathered.figures().figures[*entry].count >= rule.threshold) {
            let is_hidden = released.count(entry).is_hidden();
            (shown, hidden) = (shown + u32::from(!is_hidden), hidden + u32::from(is_hidden));
        }
    }
    assert!(hidden * 100 < (hidden + shown) * 16, "{hidden} of {}", hidden + shown);
}
