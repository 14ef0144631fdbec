//! Which counts are shown: small ones are suppressed, and as few others as keep the small ones safe.

use super::rule::Range;
use super::system::{Bounds, NO_LIMIT, System};
use super::{Difference, Figures, Relation, Shown, Standing, is_small, rounded};
use qd_model::pipeline::Totals;

/// How far suppression goes. Each step costs more than the one before it, and hides what that one could not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Counts of people are suppressed for the sake of small ones. Noughts are shown, but among the parts of
    /// small totals.
    People,
    /// Noughts are suppressed as well, where no count of people that is left makes a small one safe.
    Noughts,
    /// Everything that is linked to a count that is still not safe is suppressed, noughts too, and what need
    /// not be is shown again.
    Linked,
    /// The same, and nothing is shown again.
    All,
}

/// What is shown of each count; of those that are not open, what is known. The same counts always give
/// the same answer.
pub fn suppress(figures: &Figures, reach: Reach) -> Vec<Shown> {
    let mut choice = Choice::new(figures, reach);
    while let Some(target) = choice.targets.iter().position(|target| !target.is_given_up && !choice.is_safe(target)) {
        match choice.complement(target) {
            Some(figure) => choice.hide(figure),
            // Nothing is left to suppress: the next step will see to it, or the audit will say so.
            None => choice.targets[target].is_given_up = true,
        }
    }
    if reach >= Reach::Linked {
        choice.hide_all_linked();
    }
    if reach != Reach::All {
        choice.show_what_need_not_be_hidden();
    }
    choice.recalculate();
    choice.signs
}

/// What must stay open, and how far.
struct Target {
    /// Index of a count, or of a difference behind all counts.
    entry: usize,
    open: Open,
    is_given_up: bool,
}

/// How far something must stay open.
enum Open {
    /// All of a range.
    Range(i64, i64),
    /// So many values in a row, the true one among them.
    Values(i64),
}

struct Choice<'a> {
    figures: &'a Figures,
    reach: Reach,
    differences: Vec<Difference>,
    system: System,
    signs: Vec<Shown>,
    /// Parts of small totals, of which a reader cannot say that somebody is in them.
    may_be_nobody: Vec<bool>,
    /// Totals that are shown as the sum of their parts.
    parts: Vec<Option<&'a [usize]>>,
    targets: Vec<Target>,
}

impl<'a> Choice<'a> {
    fn new(figures: &'a Figures, reach: Reach) -> Self {
        let mut signs: Vec<Shown> = figures
            .figures
            .iter()
            .map(|figure| match figure.standing {
                Standing::Open(rule) if is_small(figure.count, &rule) => Shown::Small,
                Standing::Open(rule) => rounded(figure.count, &rule),
                Standing::NotApplicable => Shown::NotApplicable,
                Standing::Settled | Standing::Guarded(_) => Shown::Protects,
            })
            .collect();
        let may_be_nobody = hide_noughts(figures, &mut signs, Shown::Small);
        let differences = figures.differences();
        let mut choice = Self {
            system: System::new(figures, &differences),
            parts: recalculated(figures),
            figures,
            reach,
            differences,
            signs,
            may_be_nobody,
            targets: Vec::new(),
        };
        choice.targets = choice.to_guard();
        choice
    }

    fn to_guard(&self) -> Vec<Target> {
        let mut targets = Vec::new();
        let mut target = |entry, open| targets.push(Target { entry, open, is_given_up: false });
        for (entry, sign) in self.signs.iter().enumerate() {
            if let Some((low, high)) = self.figures.guarded(entry, *sign) {
                target(entry, Open::Range(low, high));
            }
        }
        for (index, difference) in self.differences.iter().enumerate() {
            target(self.figures.figures.len() + index, Open::Values(difference.values as i64));
        }
        targets
    }

    /// What a reader has for each count if this is what is shown.
    fn bounds(&self) -> Bounds {
        let ranges = self.figures.figures.iter().enumerate().map(|(entry, figure)| {
            let Standing::Open(rule) = figure.standing else {
                let none = figure.standing == Standing::NotApplicable;
                return if none { Range::of(0, 0) } else { figure.known };
            };
            let is_added_up =
                self.parts[entry].is_some() && matches!(self.signs[entry], Shown::Number(1..) | Shown::Low);
            let shown = if is_added_up { Shown::Sum(0).range(&rule) } else { self.signs[entry].range(&rule) };
            let low = if self.may_be_nobody[entry] { 0 } else { shown.low };
            Range { low, ..shown }.and(figure.known)
        });
        let (mut low, mut high): (Vec<i64>, Vec<i64>) =
            ranges.map(|range| (range.low as i64, range.high.map_or(NO_LIMIT, |high| high as i64))).unzip();
        for difference in &self.differences {
            low.push(if difference.is_within { 0 } else { -NO_LIMIT });
            high.push(NO_LIMIT);
        }
        Bounds { low, high }
    }

    fn is_safe(&self, target: &Target) -> bool {
        let bounds = self.bounds();
        let can_be = |value| self.system.can_be(&bounds, target.entry, value);
        match target.open {
            Open::Range(low, high) => can_be(low) && can_be(high),
            Open::Values(values) => {
                let truth = self.system.truth(target.entry);
                (0..values).any(|below| can_be(truth - below) && can_be(truth - below + values - 1))
            }
        }
    }

    /// The count whose suppression costs least and makes the target safe; where no single one does, the
    /// one that costs least. Counts that stand in a sum with the target come first.
    fn complement(&mut self, target: usize) -> Option<usize> {
        let mut seen = vec![false; self.system_size()];
        let mut ring = vec![self.targets[target].entry];
        seen[ring[0]] = true;
        while !ring.is_empty() {
            let mut next = Vec::new();
            for entry in &ring {
                for neighbour in self.system.neighbours(*entry) {
                    if !std::mem::replace(&mut seen[neighbour], true) {
                        next.push(neighbour);
                    }
                }
            }
            let mut candidates: Vec<usize> =
                next.iter().copied().filter(|entry| self.could_be_hidden(*entry)).collect();
            candidates.sort_by_key(|entry| self.cost(*entry));
            for candidate in &candidates {
                let hidden = self.hidden(*candidate);
                let before = std::mem::replace(&mut self.signs[*candidate], hidden);
                let is_safe = self.is_safe(&self.targets[target]);
                self.signs[*candidate] = before;
                if is_safe {
                    return Some(*candidate);
                }
            }
            if let Some(cheapest) = candidates.first() {
                return Some(*cheapest);
            }
            ring = next;
        }
        None
    }

    fn system_size(&self) -> usize {
        self.figures.figures.len() + self.differences.len()
    }

    /// While noughts are shown, none is suppressed for the sake of another count: the sign would say that
    /// somebody is there.
    fn could_be_hidden(&self, entry: usize) -> bool {
        self.is_open(entry)
            && match self.signs[entry] {
                Shown::Number(0) => self.reach >= Reach::Noughts,
                Shown::Number(_) | Shown::Low => true,
                _ => false,
            }
    }

    fn is_open(&self, entry: usize) -> bool {
        let figure = self.figures.figures.get(entry);
        figure.is_some_and(|figure| matches!(figure.standing, Standing::Open(_)))
    }

    /// The sign of a shown count once it is suppressed.
    fn hidden(&self, entry: usize) -> Shown {
        if self.figures.figures[entry].count == 0 { Shown::SmallOrNobody } else { Shown::Protects }
    }

    /// Suppresses a count. A nought looks like a small total then, so that the noughts that it is made of
    /// have to be suppressed as they are below those.
    fn hide(&mut self, entry: usize) {
        self.signs[entry] = self.hidden(entry);
        if self.signs[entry] == Shown::SmallOrNobody {
            hide_noughts(self.figures, &mut self.signs, Shown::SmallOrNobody);
        }
    }

    /// Suppresses everything that is linked to a target that was given up. Of none of it a reader can say
    /// then that somebody is in it.
    fn hide_all_linked(&mut self) {
        let mut seen = vec![false; self.system_size()];
        let given_up = self.targets.iter().filter(|target| target.is_given_up);
        let mut waiting: Vec<usize> = given_up.map(|target| target.entry).collect();
        while let Some(entry) = waiting.pop() {
            if std::mem::replace(&mut seen[entry], true) {
                continue;
            }
            waiting.extend(self.system.neighbours(entry));
            if self.is_open(entry) {
                let is_few = matches!(self.signs[entry], Shown::Small | Shown::SmallOrNobody | Shown::Number(0));
                self.signs[entry] = if is_few { Shown::SmallOrNobody } else { Shown::ProtectsOrNobody };
            }
        }
        for target in 0..self.targets.len() {
            self.targets[target].is_given_up = !self.is_safe(&self.targets[target]);
        }
    }

    /// What is lost with a count: that nobody is there is worth most, since it is exact; a total is worth
    /// more than any part, and many people more than few.
    fn cost(&self, entry: usize) -> (bool, bool, u64, usize) {
        let is_total = self.figures.relations.iter().any(|relation| match relation {
            Relation::Sum { total, .. } | Relation::Cover { total, .. } | Relation::Overlap { total, .. } => {
                *total == entry
            }
            Relation::Within { whole, .. } => *whole == entry,
        });
        let count = self.figures.figures[entry].count;
        (count == 0, is_total, count, entry)
    }

    /// Counts that were suppressed on the way and turned out not to be needed are shown after all, the
    /// dearest first.
    fn show_what_need_not_be_hidden(&mut self) {
        let is_in_the_way = |entry: &usize| match self.signs[*entry] {
            Shown::Protects | Shown::ProtectsOrNobody => self.is_open(*entry),
            Shown::SmallOrNobody => self.figures.figures[*entry].count == 0,
            _ => false,
        };
        let mut hidden: Vec<usize> = (0..self.signs.len()).filter(is_in_the_way).collect();
        hidden.sort_by_key(|entry| std::cmp::Reverse(self.cost(*entry)));
        for entry in hidden {
            let Standing::Open(rule) = self.figures.figures[entry].standing else { continue };
            let shown = rounded(self.figures.figures[entry].count, &rule);
            if shown == Shown::Number(0) && self.is_below_a_small_total(entry) {
                continue;
            }
            let before = std::mem::replace(&mut self.signs[entry], shown);
            let is_safe = |target: &Target| target.is_given_up || self.is_safe(target);
            if !self.targets.iter().all(is_safe) {
                self.signs[entry] = before;
            }
        }
    }

    fn is_below_a_small_total(&self, entry: usize) -> bool {
        self.figures.small_totals_hide(|total| is_few(self.signs[total]))[entry]
    }

    /// Totals that are to add up become the sums of what is shown of their parts, from the cells upwards, so
    /// that a grand total adds up both ways; where none of the parts is shown, the total is not either.
    fn recalculate(&mut self) {
        let mut is_done = vec![false; self.signs.len()];
        for entry in 0..self.signs.len() {
            self.recalculate_one(entry, &mut is_done);
        }
    }

    fn recalculate_one(&mut self, entry: usize, is_done: &mut [bool]) {
        if std::mem::replace(&mut is_done[entry], true) {
            return;
        }
        let Some(parts) = self.parts[entry] else { return };
        for part in parts {
            self.recalculate_one(*part, is_done);
        }
        if let Shown::Number(1..) | Shown::Low = self.signs[entry] {
            let sum = parts.iter().filter_map(|part| self.signs[*part].number()).sum();
            self.signs[entry] = if sum == 0 { Shown::Protects } else { Shown::Sum(sum) };
        }
    }
}

/// Whether a reader takes a suppressed count for a small one.
fn is_few(sign: Shown) -> bool {
    matches!(sign, Shown::Small | Shown::SmallOrNobody)
}

/// Suppresses nought among the parts of suppressed small totals, and says which parts those are.
fn hide_noughts(figures: &Figures, signs: &mut [Shown], hidden: Shown) -> Vec<bool> {
    loop {
        let hides = figures.small_totals_hide(|total| is_few(signs[total]));
        let is_open = |entry: &usize| matches!(figures.figures[*entry].standing, Standing::Open(_));
        let shown: Vec<usize> = (0..signs.len())
            .filter(|entry| hides[*entry] && is_open(entry) && signs[*entry] == Shown::Number(0))
            .collect();
        if shown.is_empty() {
            return hides;
        }
        for entry in shown {
            signs[entry] = hidden;
        }
    }
}

/// The parts of each total that is shown as their sum. Of several breakdowns of the same total it is the one
/// whose parts are added up themselves, so that a table adds up both ways; else the first.
fn recalculated(figures: &Figures) -> Vec<Option<&[usize]>> {
    let is_shown =
        |entry: &usize| matches!(figures.figures[*entry].standing, Standing::Open(_) | Standing::NotApplicable);
    let is_recalculated = |total: usize| match figures.figures[total].standing {
        Standing::Open(rule) => rule.totals == Totals::Recalculated,
        _ => false,
    };
    let sums = figures.relations.iter().filter_map(|relation| match relation {
        // What was counted in an earlier version is not part of what is shown now.
        Relation::Sum { total, parts } if is_recalculated(*total) && parts.iter().all(is_shown) => {
            Some((*total, parts.as_slice()))
        }
        _ => None,
    });
    let sums: Vec<(usize, &[usize])> = sums.collect();
    let mut all = vec![None; figures.figures.len()];
    for (total, parts) in &sums {
        all[*total].get_or_insert(*parts);
    }
    let is_total: Vec<bool> = all.iter().map(Option::is_some).collect();
    let deep = |parts: &[usize]| parts.iter().all(|part| is_total[*part]);
    for (total, parts) in sums.iter().rev().filter(|(_, parts)| deep(parts)) {
        all[*total] = Some(*parts);
    }
    all
}
