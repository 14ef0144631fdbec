//! Which counts are shown: small ones are suppressed, and as few others as keep the small ones safe.

use super::rule::Range;
use super::system::{Bounds, NO_LIMIT, System};
use super::{Difference, Figures, Relation, Shown, Standing, is_small, rounded};
use qd_model::pipeline::Totals;

/// What is shown of each count; of those that are not open, what is known. The same counts always give
/// the same answer.
pub fn suppress(figures: &Figures) -> Vec<Shown> {
    let mut choice = Choice::new(figures);
    while let Some(target) = choice.targets.iter().position(|target| !target.is_given_up && !choice.is_safe(target)) {
        match choice.complement(target) {
            Some(figure) => choice.signs[figure] = Shown::Protects,
            // Nothing is left to suppress: the audit will say so.
            None => choice.targets[target].is_given_up = true,
        }
    }
    choice.show_what_need_not_be_hidden();
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
    fn new(figures: &'a Figures) -> Self {
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
        let may_be_nobody = hide_noughts(figures, &mut signs);
        let differences = figures.differences();
        let mut choice = Self {
            system: System::new(figures, &differences),
            parts: recalculated(figures),
            figures,
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
            let shown = if self.parts[entry].is_some() && self.could_be_hidden(entry) {
                Shown::Sum(0).range(&rule)
            } else {
                self.signs[entry].range(&rule)
            };
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
                let before = std::mem::replace(&mut self.signs[*candidate], Shown::Protects);
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

    /// Nought is never suppressed for the sake of another: the sign would say that somebody is there.
    fn could_be_hidden(&self, entry: usize) -> bool {
        let is_shown = |sign: &Shown| matches!(sign, Shown::Number(1..) | Shown::Low);
        let figure = self.figures.figures.get(entry);
        figure.is_some_and(|figure| matches!(figure.standing, Standing::Open(_))) && is_shown(&self.signs[entry])
    }

    /// What is lost with a count: a total is worth more than any part, and many people more than few.
    fn cost(&self, entry: usize) -> (bool, u64, usize) {
        let is_total = self.figures.relations.iter().any(|relation| match relation {
            Relation::Sum { total, .. } | Relation::Cover { total, .. } | Relation::Overlap { total, .. } => {
                *total == entry
            }
            Relation::Within { whole, .. } => *whole == entry,
        });
        (is_total, self.figures.figures[entry].count, entry)
    }

    /// Counts that were suppressed on the way and turned out not to be needed are shown after all, the
    /// dearest first.
    fn show_what_need_not_be_hidden(&mut self) {
        let mut hidden: Vec<usize> = (0..self.signs.len())
            .filter(|entry| {
                let is_open = matches!(self.figures.figures[*entry].standing, Standing::Open(_));
                is_open && self.signs[*entry] == Shown::Protects
            })
            .collect();
        hidden.sort_by_key(|entry| std::cmp::Reverse(self.cost(*entry)));
        for entry in hidden {
            let Standing::Open(rule) = self.figures.figures[entry].standing else { continue };
            self.signs[entry] = rounded(self.figures.figures[entry].count, &rule);
            let is_safe = |target: &Target| target.is_given_up || self.is_safe(target);
            if !self.targets.iter().all(is_safe) {
                self.signs[entry] = Shown::Protects;
            }
        }
    }

    /// Totals that are to add up become the sums of what is shown of their parts; where none of them is
    /// shown, the total is not either.
    fn recalculate(&mut self) {
        for entry in 0..self.signs.len() {
            if let (Some(parts), Shown::Number(1..) | Shown::Low) = (self.parts[entry], self.signs[entry]) {
                let shown: Vec<u64> = parts.iter().filter_map(|part| self.signs[*part].number()).collect();
                let sum = shown.iter().sum();
                self.signs[entry] = if sum == 0 { Shown::Protects } else { Shown::Sum(sum) };
            }
        }
    }
}

/// Suppresses nought among the parts of suppressed small totals, and says which parts those are.
fn hide_noughts(figures: &Figures, signs: &mut [Shown]) -> Vec<bool> {
    loop {
        let hides = figures.small_totals_hide(|total| signs[total] == Shown::Small);
        let is_open = |entry: &usize| matches!(figures.figures[*entry].standing, Standing::Open(_));
        let shown: Vec<usize> = (0..signs.len())
            .filter(|entry| hides[*entry] && is_open(entry) && signs[*entry] == Shown::Number(0))
            .collect();
        if shown.is_empty() {
            return hides;
        }
        for entry in shown {
            signs[entry] = Shown::Small;
        }
    }
}

/// The parts of each total that is shown as their sum: those of its first sum.
fn recalculated(figures: &Figures) -> Vec<Option<&[usize]>> {
    let mut all = vec![None; figures.figures.len()];
    for relation in &figures.relations {
        if let Relation::Sum { total, parts } = relation
            && matches!(figures.figures[*total].standing, Standing::Open(rule) if rule.totals == Totals::Recalculated)
            && all[*total].is_none()
        {
            all[*total] = Some(parts.as_slice());
        }
    }
    all
}
