//! What holds between counts of the same people over time: in one period, in another, and up to its end,
//! whichever return each was shown in.

use super::gathered::with_each;
use super::{Gathered, Relation, Standing};
use std::collections::BTreeSet;

/// When people of a set are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum When {
    /// In a period.
    In,
    /// In the project up to a period's end.
    UpTo,
}

/// What was before the first of some periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// Nothing: the project began with it.
    Nothing,
    /// People of whom no count by period is held.
    Something,
}

/// What stands between a definition and when its people are counted.
const AT: &str = " @ ";

/// The name of a set of people, by its definition and by when they are counted.
pub fn set(definition: &str, when: When, period: &str) -> String {
    let when = match when {
        When::In => "in",
        When::UpTo => "up to",
    };
    format!("{definition}{AT}{when} {period}")
}

/// The definition of a set, and when its people are counted.
fn parsed(set: &str) -> Option<(&str, When, &str)> {
    let (definition, when) = set.rsplit_once(AT)?;
    let inside = when.strip_prefix("in ").map(|period| (When::In, period));
    let (when, period) = inside.or_else(|| Some((When::UpTo, when.strip_prefix("up to ")?)))?;
    Some((definition, when, period))
}

/// The counts of one definition, by period.
struct Course {
    inside: Vec<Vec<usize>>,
    up_to: Vec<Vec<usize>>,
}

impl Course {
    /// Whether no count of the periods before one was released with several numbers.
    fn has_one_version(&self, period: usize) -> bool {
        self.inside[..period].iter().chain(&self.up_to[..period]).all(|entries| entries.len() < 2)
    }
}

impl Gathered {
    /// Every time at which something was counted.
    pub fn times(&self) -> BTreeSet<(When, String)> {
        let time = |set| parsed(set).map(|(_, when, period): (&str, _, &str)| (when, period.to_owned()));
        self.sets().filter_map(time).collect()
    }

    /// Draws what holds over time between all counts of each definition. Whoever is counted in a period or
    /// up to its end is counted up to every later one's; and whoever is counted up to a period was so up
    /// to an earlier one, or in a period since. `periods` are in order.
    pub fn relate_over_time(&mut self, periods: &[&str], before: Before) {
        let definition = |set| parsed(set).map(|(definition, ..): (&str, _, _)| definition.to_owned());
        let definitions: BTreeSet<String> = self.sets().filter_map(definition).collect();
        for definition in definitions {
            let of = |when| periods.iter().map(|period| self.of(&set(&definition, when, period)).collect()).collect();
            let course = Course { inside: of(When::In), up_to: of(When::UpTo) };
            self.relate_within(&course);
            self.relate_covers(&course, before);
        }
    }

    /// Each count within later ones: within all of them where one of the two is shown now, so that their
    /// difference is seen to; else within the next, from which the others follow.
    fn relate_within(&mut self, course: &Course) {
        for later in 0..course.up_to.len() {
            for whole in &course.up_to[later] {
                for earlier in 0..=later {
                    let since = if earlier < later { &course.up_to[earlier][..] } else { &[] };
                    let is_next = |first: usize| course.up_to[first..later].iter().all(Vec::is_empty);
                    let parts = course.inside[earlier].iter().map(|part| (part, is_next(earlier)));
                    let before = since.iter().map(|part| (part, is_next(earlier + 1)));
                    for (part, is_next) in parts.chain(before) {
                        if is_next || self.is_open(*part) || self.is_open(*whole) {
                            self.relate(Relation::Within { part: *part, whole: *whole });
                        }
                    }
                }
            }
        }
    }

    /// Each count up to a period's end is covered by one before it and those of the periods since.
    fn relate_covers(&mut self, course: &Course, before: Before) {
        for last in 0..course.up_to.len() {
            for total in &course.up_to[last] {
                let mut since: Vec<Vec<usize>> = vec![Vec::new()];
                for period in (0..=last).rev() {
                    since = with_each(&since, &course.inside[period]);
                    let starts: Vec<Option<usize>> = match period.checked_sub(1) {
                        Some(earlier) => course.up_to[earlier].iter().copied().map(Some).collect(),
                        None if before == Before::Nothing => vec![None],
                        None => Vec::new(),
                    };
                    let mut are_told = !starts.is_empty();
                    for parts in &since {
                        let told = starts.iter().filter(|start| {
                            let parts = start.iter().chain(parts).copied().collect();
                            self.relate(Relation::Cover { total: *total, parts })
                        });
                        are_told &= told.count() > 0;
                    }
                    // What an earlier beginning says follows from this one and its own, unless a count of one
                    // version would have to be covered by those of another.
                    if are_told && course.has_one_version(period) {
                        break;
                    }
                }
            }
        }
    }

    fn is_open(&self, entry: usize) -> bool {
        matches!(self.figures().figures[entry].standing, Standing::Open(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use qd_model::pipeline::CountRule;

    #[test]
    fn sets_are_read_as_they_are_named() {
        for when in [When::In, When::UpTo] {
            let name = set("people where a @ b", when, "2022-Q3");
            assert_eq!(parsed(&name), Some(("people where a @ b", when, "2022-Q3")), "{name}");
        }
        assert_eq!(parsed("people"), None);
    }

    #[test]
    fn counts_by_period_stand_with_cumulative_ones_of_other_returns() {
        let mut gathered = Gathered::default();
        let rule = CountRule::default();
        // Up to the second period from one return; by period from another, which has nothing cumulative.
        let up_to = gathered.counted(&set("people", When::UpTo, "Q2"), 50);
        let first = gathered.open(&set("people", When::In, "Q1"), 40, rule);
        let second = gathered.open(&set("people", When::In, "Q2"), 15, rule);
        gathered.counted(&set("others", When::UpTo, "Q2"), 60);
        gathered.relate_over_time(&["Q1", "Q2"], Before::Nothing);
        let within = |part| Relation::Within { part, whole: up_to };
        let cover = Relation::Cover { total: up_to, parts: vec![second, first] };
        assert_eq!(gathered.figures().relations, [within(first), within(second), cover.clone()]);
        // With people from before, no sum of periods covers them.
        let mut with_before = Gathered::default();
        with_before.counted(&set("people", When::UpTo, "Q2"), 50);
        with_before.open(&set("people", When::In, "Q1"), 40, rule);
        with_before.open(&set("people", When::In, "Q2"), 15, rule);
        with_before.relate_over_time(&["Q1", "Q2"], Before::Something);
        assert!(!with_before.figures().relations.contains(&cover));
    }

    #[test]
    fn a_corrected_count_covers_later_ones_as_the_one_before_did() {
        let mut gathered = Gathered::default();
        let rule = CountRule::default();
        gathered.counted(&set("people", When::In, "Q1"), 5);
        gathered.counted(&set("people", When::UpTo, "Q1"), 5);
        let corrected = gathered.counted(&set("people", When::In, "Q1"), 3);
        let inside = gathered.open(&set("people", When::In, "Q2"), 2, rule);
        let total = gathered.open(&set("people", When::UpTo, "Q2"), 5, rule);
        gathered.relate_over_time(&["Q1", "Q2"], Before::Nothing);
        let cover = Relation::Cover { total, parts: vec![inside, corrected] };
        assert!(gathered.figures().relations.contains(&cover), "{:?}", gathered.figures().relations);
    }

    #[test]
    fn what_was_settled_before_is_a_chain() {
        let mut gathered = Gathered::default();
        let periods = ["Q1", "Q2", "Q3"];
        let up_to: Vec<usize> = periods
            .iter()
            .zip([30, 40, 55])
            .map(|(period, people)| gathered.counted(&set("people", When::UpTo, period), people))
            .collect();
        gathered.relate_over_time(&periods, Before::Nothing);
        let within = |part: usize, whole: usize| Relation::Within { part: up_to[part], whole: up_to[whole] };
        assert_eq!(gathered.figures().relations, [within(0, 1), within(1, 2)]);
    }
}
