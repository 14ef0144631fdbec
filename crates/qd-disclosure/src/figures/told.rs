//! What follows for a reader from counts of rows by themselves, with nothing that is shown.

use super::audit::Reader;
use super::{Difference, Figures, Range, Shown, Standing, is_small};
use std::collections::{BTreeMap, BTreeSet};

/// What rows tell.
pub(super) struct Told {
    /// The range that they leave to small counts, where it is narrower than the rule's.
    pub(super) counts: Vec<(usize, Range)>,
    /// How many values they leave to differences, where those are fewer than would have to be kept.
    pub(super) differences: BTreeMap<(usize, usize), u64>,
}

/// What rows tell of the open counts and of the differences between counts. `counted` can be counted in
/// them, and what holds between counts is followed where `is_now` holds for all of those.
pub(super) fn told(figures: &Figures, counted: &BTreeSet<usize>, is_now: impl Fn(usize) -> bool) -> Told {
    let mut followed = figures.clone();
    followed.relations.retain(|relation| {
        let (head, others) = relation.sides();
        is_now(head) && others.iter().all(|other| is_now(*other))
    });
    let range = |(entry, figure): (usize, &super::Figure)| match figure.standing {
        Standing::NotApplicable => Range::of(0, 0),
        _ if counted.contains(&entry) => Range::of(figure.count, figure.count),
        _ => Range::ANY,
    };
    let ranges: Vec<Range> = figures.figures.iter().enumerate().map(range).collect();
    let reader = Reader::with(&followed, ranges.clone());
    let is_linked = reader.linked_to(counted);
    let mut counts = Vec::new();
    for (entry, figure) in figures.figures.iter().enumerate().filter(|(entry, _)| is_linked(*entry)) {
        let Standing::Open(rule) = figure.standing else { continue };
        if !is_small(figure.count, &rule) {
            continue;
        }
        let rule = Shown::Small.range(&rule);
        let Some(most) = rule.high else { continue };
        let (low, high) = reader.range(&[(entry, 1.0)], (rule.low as i64, most as i64));
        if low <= high {
            let low = if low as u64 > rule.low { low as u64 } else { 0 };
            counts.push((entry, Range { low, high: Some(high as u64).filter(|high| *high < most) }));
        }
    }
    // That a small count is one cannot be hidden, so that no difference can be wider than it leaves.
    let small = ranges.into_iter().zip(&figures.figures).map(|(range, figure)| match figure.standing {
        Standing::Open(rule) if is_small(figure.count, &rule) => range.and(Range::of(0, rule.threshold - 1)),
        _ => range,
    });
    let reader = Reader::with(&followed, small.collect());
    let mut differences = BTreeMap::new();
    for Difference { one, other, values, .. } in figures.differences() {
        if !is_linked(one) && !is_linked(other) {
            continue;
        }
        let truth = figures.figures[one].count as i64 - figures.figures[other].count as i64;
        let window = (truth - values as i64 + 1, truth + values as i64 - 1);
        let (low, high) = reader.range(&[(one, 1.0), (other, -1.0)], window);
        if low <= high && ((high - low + 1) as u64) < values {
            differences.insert((one, other), (high - low + 1) as u64);
        }
    }
    Told { counts, differences }
}

#[cfg(test)]
mod tests {
    use crate::figures::{Before, Gathered, When, release, set};
    use qd_model::pipeline::CountRule;

    const EXACT: CountRule = CountRule {
        threshold: 10,
        rounding: 1,
        zeros: qd_model::pipeline::Zeros::Show,
        totals: qd_model::pipeline::Totals::Rounded,
    };

    /// The people of some periods by rows and by what is shown, in that order.
    fn shown(counted: &[(When, &str, u64)], open: &[(When, &str, u64)], periods: &[&str]) -> Vec<String> {
        let mut gathered = Gathered::default();
        for (when, period, count) in counted {
            gathered.counted(&set("people", *when, period), *count);
        }
        let open: Vec<usize> = open
            .iter()
            .map(|(when, period, count)| gathered.open(&set("people", *when, period), *count, EXACT))
            .collect();
        gathered.relate_over_time(periods, Before::Nothing);
        gathered.follow_rows();
        match release(gathered.figures()) {
            Ok(released) => open.into_iter().map(|entry| released.count(entry).to_string()).collect(),
            Err(narrow) => vec![format!("{narrow:?}")],
        }
    }

    #[test]
    fn rows_of_an_earlier_period_do_not_give_a_later_count_away() {
        let (inside, up_to) = (When::In, When::UpTo);
        let open = [(inside, "Q2", 4), (up_to, "Q2", 52)];
        assert_eq!(shown(&[], &open, &["Q1", "Q2"]), ["[c]", "52"]);
        // 52 so far of whom 48 were in the rows: at least four are new.
        assert_eq!(shown(&[(inside, "Q1", 48)], &open, &["Q1", "Q2"]), ["[c]", "[c]"]);
        // With the rows of both periods between 48 and 52 people follow from them; the rest is kept.
        let both = [(inside, "Q1", 48), (inside, "Q2", 4)];
        assert_eq!(shown(&both, &open, &["Q1", "Q2"]), ["[c]", "[c]"]);
        assert_eq!(shown(&both, &[(inside, "Q2", 4), (up_to, "Q2", 50)], &["Q1", "Q2"]), ["[c]", "[c]"]);
        let many = [(inside, "Q1", 48), (inside, "Q2", 30)];
        assert_eq!(shown(&many, &[(inside, "Q2", 30), (up_to, "Q2", 70)], &["Q1", "Q2"]), ["30", "70"]);
    }

    #[test]
    fn what_rows_tell_exactly_is_nothing_to_protect() {
        let (inside, up_to) = (When::In, When::UpTo);
        // Four people, by their rows.
        assert_eq!(shown(&[(inside, "Q1", 4)], &[(inside, "Q1", 4), (up_to, "Q1", 4)], &["Q1"]), ["[c]", "[c]"]);
        // One person in the rows of the first period, who is not there in the second.
        let open = [(inside, "Q2", 0), (up_to, "Q2", 1)];
        assert_eq!(shown(&[(inside, "Q1", 1)], &open, &["Q1", "Q2"]), ["[c]", "[c]"]);
        // Without rows of the second version the one person more is guarded.
        assert_eq!(shown(&[(inside, "Q1", 48)], &[(inside, "Q1", 49)], &["Q1"]), ["[c]"]);
    }
}
