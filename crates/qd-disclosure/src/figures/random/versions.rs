//! Tables with a total, two breakdowns and strands, this period and so far, in two versions.

use super::{release_once, rule};
use crate::figures::{Gathered, Relation};
use proptest::prelude::*;
use qd_model::pipeline::CountRule;

/// One person: a category of each of two questions, strands, and in which periods they were there.
#[derive(Debug, Clone)]
struct Person {
    first: usize,
    second: usize,
    strands: [bool; 2],
    before: bool,
    now: bool,
}

fn person() -> impl Strategy<Value = Person> {
    (0..4_usize, 0..3_usize, any::<[bool; 2]>(), 0..3_u8).prop_map(|(first, second, strands, when)| Person {
        // Categories of unequal size, as in life.
        first: first.saturating_sub(1),
        second: second.saturating_sub(1),
        strands,
        before: when > 0,
        now: when < 2,
    })
}

/// The counts of one version of the table on top of what was released before, and the entries of its own.
fn gather(mut gathered: Gathered, people: &[Person], rule: CountRule, has_second: bool) -> (Gathered, Vec<usize>) {
    let mut own = Vec::new();
    let mut open = |name: String, is_in: &dyn Fn(&Person) -> bool| {
        let count = people.iter().filter(|person| is_in(person)).count() as u64;
        let entry = gathered.open(&name, count, rule);
        own.push(entry);
        entry
    };
    let mut relations = Vec::new();
    let mut totals = Vec::new();
    for (when, is_now) in [("now", true), ("ever", false)] {
        let there = move |person: &Person| if is_now { person.now } else { person.now || person.before };
        let total = open(when.to_owned(), &there);
        let first: Vec<usize> =
            (0..3).map(|value| open(format!("{when} first {value}"), &|p| there(p) && p.first == value)).collect();
        let mut all = vec![total];
        all.extend(&first);
        relations.push(Relation::Sum { total, parts: first });
        if has_second {
            let second: Vec<usize> = (0..2)
                .map(|value| open(format!("{when} second {value}"), &|p| there(p) && p.second == value))
                .collect();
            all.extend(&second);
            relations.push(Relation::Sum { total, parts: second });
        }
        let mut strands: Vec<usize> =
            (0..2).map(|index| open(format!("{when} strand {index}"), &|p| there(p) && p.strands[index])).collect();
        strands.push(open(format!("{when} no strand"), &|p| there(p) && p.strands == [false; 2]));
        all.extend(&strands);
        relations.extend(strands.iter().map(|part| Relation::Within { part: *part, whole: total }));
        relations.push(Relation::Overlap { total, parts: strands });
        totals.push(all);
    }
    relations
        .extend(totals[0].iter().zip(&totals[1]).map(|(part, whole)| Relation::Within { part: *part, whole: *whole }));
    for relation in relations {
        gathered.relate(relation);
    }
    (gathered, own)
}

/// Releases versions of a table one after the other; each is tried with all that was released before.
fn release_versions(versions: &[Vec<Person>], rule: CountRule, has_second: bool) -> Result<(), String> {
    let mut before = Gathered::default();
    for (version, people) in versions.iter().enumerate() {
        let (gathered, own) = gather(before.clone(), people, rule, has_second);
        let Some(past) = release_once(&gathered, &own, &rule, gathered.figures(), version == 0)? else { return Ok(()) };
        before.past(&past, true);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_suppressed_count_is_narrower_than_declared(
        people in prop::collection::vec(person(), 0..40), rule in rule(), has_second in any::<bool>(),
        drop in 0..4_usize, more in prop::collection::vec(person(), 0..3),
    ) {
        let mut next = people.clone();
        next.truncate(next.len().saturating_sub(drop));
        next.extend(more);
        if let Err(why) = release_versions(&[people, next], rule, has_second) {
            prop_assert!(false, "{why}");
        }
    }
}
