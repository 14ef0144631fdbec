//! Random programmes of a few people: whatever is shown, a reader who tries every whole number cannot
//! narrow a suppressed count. The reader here shares nothing with the rooms that suppress and audit.

mod over_time;
mod tables;
mod versions;

use super::{Figures, Gathered, Past, Range, Relation, Shown, Standing, release};
use proptest::prelude::*;
use qd_model::pipeline::{CountRule, Totals, Zeros};

fn rule() -> impl Strategy<Value = CountRule> {
    let zeros = prop_oneof![Just(Zeros::Show), Just(Zeros::Suppress)];
    let totals = prop_oneof![3 => Just(Totals::Rounded), 1 => Just(Totals::Recalculated)];
    (2..=6_u64, prop_oneof![Just(1_u64), Just(3), Just(5)], zeros, totals)
        .prop_map(|(threshold, rounding, zeros, totals)| CountRule { threshold, rounding, zeros, totals })
}

/// What a reader has of an entry, found by trying every count that has the same sign.
fn range(count: u64, shown: Shown, rule: &CountRule, may_be_nobody: bool) -> (i64, i64) {
    const MOST: u64 = 60;
    let least = i64::from(rule.zeros == Zeros::Show && !may_be_nobody);
    match shown {
        Shown::Small => (least, rule.threshold as i64 - 1),
        Shown::Protects | Shown::Sum(_) => (least, MOST as i64),
        Shown::SmallOrNobody => (0, rule.threshold as i64 - 1),
        Shown::ProtectsOrNobody => (0, MOST as i64),
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
    /// How often the reader began anew. What is tried first is different each time, since whoever begins
    /// wrongly may try for a very long time.
    attempt: u64,
}

impl Trying<'_> {
    /// What is left of the ranges if every sum is to fit; nothing where one cannot.
    fn narrowed(&self, mut ranges: Vec<(i64, i64)>) -> Option<Vec<(i64, i64)>> {
        loop {
            let before = ranges.clone();
            for relation in &self.figures.relations {
                let (head, others) = match relation {
                    Relation::Sum { total, parts }
                    | Relation::Cover { total, parts }
                    | Relation::Overlap { total, parts } => (*total, parts.as_slice()),
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
        // Where least is left to choose, least has to be tried.
        let open = ranges.iter().enumerate().filter(|(_, (low, high))| low < high);
        let by_room = open.min_by_key(|(entry, (low, high))| (high - low, self.whim(*entry, 0)));
        let Some((entry, _)) = by_room else { return true };
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        let (low, high) = ranges[entry];
        let truth = (self.figures.figures[entry].count as i64).clamp(low, high);
        // From the true number outwards, so that what there is to find is found soon.
        let mut numbers: Vec<i64> = (low..=high).collect();
        numbers.sort_by_key(|number| (number - truth).abs() + self.whim(entry, *number));
        numbers.into_iter().any(|number| {
            let mut tried = ranges.clone();
            tried[entry] = (number, number);
            self.finds(tried)
        })
    }

    /// Nothing at first; then some small number that is another one each time.
    fn whim(&self, entry: usize, number: i64) -> i64 {
        let mixed = (entry as u64 + 1) * 31 + self.attempt * 1009 + number as u64;
        let mixed = (mixed ^ (mixed >> 7)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        if self.attempt == 0 { 0 } else { ((mixed >> 40) % (2 + self.attempt)) as i64 }
    }
}

/// Tries a table: what is suppressed must be able to be all that was declared.
fn check(figures: &Figures, ranges: &[(i64, i64)], declared: &[(usize, i64, i64)]) -> Result<(), String> {
    for (entry, low, high) in declared {
        for value in [*low, *high] {
            let mut ranges = ranges.to_vec();
            ranges[*entry] = (value, value);
            let can_be = (0..40).find_map(|attempt| {
                let mut reader = Trying { figures, left: 1_000, attempt };
                let finds = reader.finds(ranges.clone());
                // Without a number left to try, it is certain.
                (finds || reader.left > 0).then_some(finds)
            });
            match can_be {
                Some(true) => {}
                Some(false) => return Err(format!("entry {entry} cannot be {value} of {low} to {high}")),
                None => return Err(format!("whether entry {entry} can be {value} was not found out")),
            }
        }
    }
    Ok(())
}

fn small_totals(figures: &Figures, shown: &[Shown]) -> Vec<bool> {
    let mut parts_of_small = vec![false; shown.len()];
    for relation in &figures.relations {
        if let Relation::Sum { total, parts } | Relation::Overlap { total, parts } = relation
            && matches!(shown[*total], Shown::Small | Shown::SmallOrNobody)
        {
            for part in parts {
                parts_of_small[*part] = true;
            }
        }
    }
    parts_of_small
}

/// One release on top of those before it: `own` are its entries, `reader` what the reader knows to hold.
/// Answers what it leaves, or nothing where the audit let nothing out.
fn release_once(
    gathered: &Gathered,
    own: &[usize],
    rule: &CountRule,
    reader: &Figures,
    is_first: bool,
) -> Result<Option<Past>, String> {
    let figures = gathered.figures();
    let released = match release(figures) {
        Ok(released) => released,
        Err(narrow) if is_first => return Err(format!("{narrow:?}\n{figures:?}")),
        // What is out already can leave nothing to hide behind; then nothing is released.
        Err(_) => return Ok(None),
    };
    let shown = released.signs().to_vec();
    let nobody = small_totals(figures, &shown);
    // A nought that is shown below a suppressed small total would tell the size of the others.
    if let Some(nought) = own.iter().find(|entry| nobody[**entry] && shown[**entry] == Shown::Number(0)) {
        return Err(format!("entry {nought} is shown to be nought\n{figures:?}\n{shown:?}"));
    }
    let mut ranges: Vec<(i64, i64)> = figures
        .figures
        .iter()
        .map(|figure| (figure.known.low as i64, figure.known.high.map_or(60, |high| high.min(60) as i64)))
        .collect();
    // What was suppressed in an earlier version must stay as open as it was.
    let guarded = figures.figures.iter().enumerate().filter_map(|(entry, figure)| match figure.standing {
        Standing::Guarded(guard) => Some((entry, guard.and(figure.known))),
        _ => None,
    });
    let high = |range: Range| range.high.expect("a small count has a most") as i64;
    let mut declared: Vec<(usize, i64, i64)> =
        guarded.map(|(entry, guard)| (entry, guard.low as i64, high(guard))).collect();
    for entry in own.iter().copied() {
        let (low, high) = range(figures.figures[entry].count, shown[entry], rule, nobody[entry]);
        let known = ranges[entry];
        ranges[entry] = (low.max(known.0), high.min(known.1));
        let is_nobody = figures.figures[entry].count == 0 && rule.zeros == Zeros::Show;
        if matches!(shown[entry], Shown::Small | Shown::SmallOrNobody) && !is_nobody {
            let least = i64::from(rule.zeros == Zeros::Show);
            declared.push((entry, least.max(known.0), high.min(known.1)));
        }
    }
    check(reader, &ranges, &declared).map_err(|why| format!("{why}\n{reader:?}\n{shown:?}"))?;
    Ok(Some(gathered.record(&released)))
}
