//! Random programmes of a few people: whatever is shown, a reader who tries every whole number cannot
//! narrow a suppressed count. The reader here shares nothing with the rooms that suppress and audit.

use super::{Figures, Gathered, Relation, Shown, Standing, release, suppress};
use proptest::prelude::*;
use qd_model::pipeline::{CountRule, Totals, Zeros};

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

fn rule() -> impl Strategy<Value = CountRule> {
    let zeros = prop_oneof![Just(Zeros::Show), Just(Zeros::Suppress)];
    let totals = prop_oneof![3 => Just(Totals::Rounded), 1 => Just(Totals::Recalculated)];
    (2..=6_u64, prop_oneof![Just(1_u64), Just(3), Just(5)], zeros, totals)
        .prop_map(|(threshold, rounding, zeros, totals)| CountRule { threshold, rounding, zeros, totals })
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
        relations.push(Relation::Cover { total, parts: strands });
        totals.push(all);
    }
    relations
        .extend(totals[0].iter().zip(&totals[1]).map(|(part, whole)| Relation::Within { part: *part, whole: *whole }));
    for relation in relations {
        gathered.relate(relation);
    }
    (gathered, own)
}

/// What a reader has of an entry, found by trying every count that has the same sign.
fn range(count: u64, shown: Shown, rule: &CountRule, may_be_nobody: bool) -> (i64, i64) {
    const MOST: u64 = 60;
    let least = i64::from(rule.zeros == Zeros::Show && !may_be_nobody);
    match shown {
        Shown::Small => (least, rule.threshold as i64 - 1),
        Shown::Protects | Shown::Sum(_) => (least, MOST as i64),
        Shown::NotApplicable => (0, 0),
        _ => {
            let sign = |count: u64| {
                let is_small = count < rule.threshold && (count > 0 || rule.zeros == Zeros::Suppress);
                let (down, up) = (count / rule.rounding * rule.rounding, count.div_ceil(rule.rounding) * rule.rounding);
                let nearest = if count - down < up - count { down } else { up };
                (is_small, nearest)
            };
            let like: Vec<u64> = (u64::from(count > 0)..=MOST).filter(|other| sign(*other) == sign(count)).collect();
            if count == 0 { (0, 0) } else { (like[0] as i64, like[like.len() - 1] as i64) }
        }
    }
}

/// A reader who tries every number: entry after entry, going back where a sum no longer fits.
struct Trying<'a> {
    figures: &'a Figures,
    left: u32,
}

impl Trying<'_> {
    /// What is left of the ranges if every sum is to fit; nothing where one cannot.
    fn narrowed(&self, mut ranges: Vec<(i64, i64)>) -> Option<Vec<(i64, i64)>> {
        loop {
            let before = ranges.clone();
            for relation in &self.figures.relations {
                let (head, others) = match relation {
                    Relation::Sum { total, parts } | Relation::Cover { total, parts } => (*total, parts.as_slice()),
                    Relation::Within { part, whole } => (*part, std::slice::from_ref(whole)),
                };
                let least: i64 = others.iter().map(|other| ranges[*other].0).sum();
                let most: i64 = others.iter().map(|other| ranges[*other].1).sum();
                let is_sum = matches!(relation, Relation::Sum { .. });
                let of = ranges[head];
                ranges[head] = (if is_sum { of.0.max(least) } else { of.0 }, of.1.min(most));
                for other in others {
                    let own = ranges[*other];
                    let low = own.0.max(of.0 - (most - own.1));
                    ranges[*other] = (low, if is_sum { own.1.min(of.1 - (least - own.0)) } else { own.1 });
                }
            }
            if ranges.iter().any(|(low, high)| low > high) {
                return None;
            }
            if ranges == before {
                return Some(ranges);
            }
        }
    }

    fn finds(&mut self, ranges: Vec<(i64, i64)>) -> bool {
        let Some(ranges) = self.narrowed(ranges) else { return false };
        let Some(entry) = ranges.iter().position(|(low, high)| low < high) else { return true };
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        let (low, high) = ranges[entry];
        let truth = (self.figures.figures[entry].count as i64).clamp(low, high);
        // From the true number outwards, so that what there is to find is found soon.
        let mut numbers: Vec<i64> = (low..=high).collect();
        numbers.sort_by_key(|number| (number - truth).abs());
        numbers.into_iter().any(|number| {
            let mut tried = ranges.clone();
            tried[entry] = (number, number);
            self.finds(tried)
        })
    }
}

/// Tries a table: what is suppressed must be able to be all that was declared.
fn check(figures: &Figures, ranges: &[(i64, i64)], declared: &[(usize, i64, i64)]) -> Result<(), String> {
    for (entry, low, high) in declared {
        for value in [*low, *high] {
            let mut ranges = ranges.to_vec();
            ranges[*entry] = (value, value);
            let mut reader = Trying { figures, left: 20_000 };
            if !reader.finds(ranges) {
                return Err(format!("entry {entry} cannot be {value} of {low} to {high}; {} tries left", reader.left));
            }
        }
    }
    Ok(())
}

fn small_totals(figures: &Figures, shown: &[Shown]) -> Vec<bool> {
    let mut parts_of_small = vec![false; shown.len()];
    for relation in &figures.relations {
        if let Relation::Sum { total, parts } = relation
            && shown[*total] == Shown::Small
        {
            for part in parts {
                parts_of_small[*part] = true;
            }
        }
    }
    parts_of_small
}

/// Releases versions of a table one after the other; each is tried with all that was released before.
fn release_versions(versions: &[Vec<Person>], rule: CountRule, has_second: bool) -> Result<(), String> {
    let mut before = Gathered::default();
    for (version, people) in versions.iter().enumerate() {
        let (gathered, own) = gather(before.clone(), people, rule, has_second);
        let figures = gathered.figures();
        let released = match release(figures) {
            Ok(released) => released,
            Err(narrow) if version == 0 => return Err(format!("{narrow:?}\n{figures:?}")),
            // What is out already can leave nothing to hide behind; then nothing is released.
            Err(_) => return Ok(()),
        };
        let shown = suppress(figures);
        let nobody = small_totals(figures, &shown);
        let mut ranges: Vec<(i64, i64)> = figures
            .figures
            .iter()
            .map(|figure| (figure.known.low as i64, figure.known.high.map_or(60, |high| high.min(60) as i64)))
            .collect();
        // What was suppressed in an earlier version must stay as open as it was.
        let guarded = figures.figures.iter().enumerate().filter(|(_, figure)| figure.standing == Standing::Guarded);
        let mut declared: Vec<(usize, i64, i64)> =
            guarded.map(|(entry, _)| (entry, ranges[entry].0, ranges[entry].1)).collect();
        for entry in own {
            let (low, high) = range(figures.figures[entry].count, shown[entry], &rule, nobody[entry]);
            let known = ranges[entry];
            ranges[entry] = (low.max(known.0), high.min(known.1));
            let is_nobody = figures.figures[entry].count == 0 && rule.zeros == Zeros::Show;
            if shown[entry] == Shown::Small && !is_nobody {
                let least = i64::from(rule.zeros == Zeros::Show);
                declared.push((entry, least.max(known.0), high.min(known.1)));
            }
        }
        check(figures, &ranges, &declared).map_err(|why| format!("{why}\n{figures:?}\n{shown:?}"))?;
        before.past(&gathered.record(&released), true);
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
