//! The audit before a release: what a reader can work out of each suppressed count by linear programming,
//! from nothing but the signs that are shown and what holds between them.

use super::{Difference, Figures, Range, Shown};
use microlp::{ComparisonOp, OptimizationDirection, Problem, Solution, Variable};
use std::collections::BTreeSet;

/// Something that a reader can work out more closely than was declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Narrow {
    /// The suppressed count, or the larger of the two whose difference it is.
    pub figure: usize,
    /// The other of the two.
    pub less: Option<usize>,
    /// The least that a reader must think possible.
    pub declared: (i64, i64),
    /// What a reader can work out.
    pub found: (i64, i64),
}

/// Room for the rounding of the solver: far less than one person.
const TOLERANCE: f64 = 1e-4;
const BOTH: [OptimizationDirection; 2] = [OptimizationDirection::Minimize, OptimizationDirection::Maximize];

/// Everything that a reader can work out more closely than was declared, if `shown` is what is shown.
pub fn audit(figures: &Figures, shown: &[Shown]) -> Vec<Narrow> {
    let reader = Reader::new(figures, shown);
    let guarded = shown.iter().enumerate();
    let guarded: Vec<(usize, (i64, i64))> =
        guarded.filter_map(|(figure, sign)| Some((figure, figures.guarded(figure, *sign)?))).collect();
    let mut open = vec![[false; 2]; figures.figures.len()];
    for group in reader.groups() {
        let group: Vec<(usize, (i64, i64))> =
            guarded.iter().copied().filter(|(figure, _)| reader.group[*figure] == group).collect();
        reader.reach_together(&group, &mut open);
    }
    let mut all = Vec::new();
    for (figure, declared) in guarded.into_iter().filter(|(figure, _)| open[*figure] != [true; 2]) {
        let found = reader.range(&[(figure, 1.0)], declared);
        if found.0 > declared.0 || found.1 < declared.1 {
            all.push(Narrow { figure, less: None, declared, found });
        }
    }
    for Difference { one, other, values, .. } in figures.differences() {
        let (truth, values) = (figures.figures[one].count as i64 - figures.figures[other].count as i64, values as i64);
        let window = (truth - values + 1, truth + values - 1);
        let found = reader.range(&[(one, 1.0), (other, -1.0)], window);
        if found.1 - found.0 + 1 < values {
            all.push(Narrow { figure: one, less: Some(other), declared: window, found });
        }
    }
    all
}

/// What a reader has: a range for each count, and what holds between counts that are linked.
pub(super) struct Reader<'a> {
    figures: &'a Figures,
    ranges: Vec<Range>,
    /// The group of linked counts that each is in.
    group: Vec<usize>,
}

impl<'a> Reader<'a> {
    fn new(figures: &'a Figures, shown: &[Shown]) -> Self {
        let ranges = figures.ranges(shown).into_iter().zip(&figures.figures);
        Self::with(figures, ranges.map(|(range, figure)| range.and(figure.known)).collect())
    }

    /// A reader who has these ranges, and no others.
    pub(super) fn with(figures: &'a Figures, ranges: Vec<Range>) -> Self {
        Self { figures, ranges, group: groups(figures) }
    }

    /// Whether a count is linked to one of some.
    pub(super) fn linked_to(&self, some: &BTreeSet<usize>) -> impl Fn(usize) -> bool {
        let groups: BTreeSet<usize> = some.iter().map(|entry| self.group[*entry]).collect();
        move |entry| groups.contains(&self.group[entry])
    }

    fn groups(&self) -> impl Iterator<Item = usize> {
        self.group.iter().copied().enumerate().filter(|(figure, group)| figure == group).map(|(_, group)| group)
    }

    /// Notes which counts of a group can be at the ends of their ranges, all at once as far as possible:
    /// one solution proves it of many.
    fn reach_together(&self, targets: &[(usize, (i64, i64))], open: &mut [[bool; 2]]) {
        let weights: Vec<(usize, f64)> = targets.iter().map(|(figure, _)| (*figure, 1.0)).collect();
        for (side, direction) in BOTH.into_iter().enumerate() {
            let Some((solution, variables)) = self.solve(&weights, None, direction) else { continue };
            for (figure, (low, high)) in targets {
                let end = [*low, *high][side] as f64;
                let number = variables[*figure].map(|variable| solution.var_value(variable));
                open[*figure][side] |= number.is_some_and(|number| (number - end).abs() < TOLERANCE);
            }
        }
    }

    /// The least and the most whole number that a sum of counts can be, looked for within a window.
    pub(super) fn range(&self, terms: &[(usize, f64)], window: (i64, i64)) -> (i64, i64) {
        let [least, most] =
            BOTH.map(|direction| self.solve(terms, Some(window), direction).map(|(solution, _)| solution.objective()));
        match (least, most) {
            (Some(least), Some(most)) => ((least - TOLERANCE).ceil() as i64, (most + TOLERANCE).floor() as i64),
            // What cannot be solved is not known to be safe.
            _ => (1, 0),
        }
    }

    fn solve(
        &self,
        terms: &[(usize, f64)],
        window: Option<(i64, i64)>,
        direction: OptimizationDirection,
    ) -> Option<(Solution, Vec<Option<Variable>>)> {
        let mut problem = Problem::new(direction);
        let groups: Vec<usize> = terms.iter().map(|(term, _)| self.group[*term]).collect();
        let is_asked = |figure: usize| groups.contains(&self.group[figure]);
        let variables: Vec<Option<Variable>> = (0..self.ranges.len())
            .map(|figure| {
                let range = self.ranges[figure];
                let high = range.high.map_or(f64::INFINITY, |high| high as f64);
                let weight = terms.iter().find(|(term, _)| *term == figure).map_or(0.0, |(_, weight)| *weight);
                is_asked(figure).then(|| problem.add_var(weight, (range.low as f64, high)))
            })
            .collect();
        let of = |figure: &usize| variables[*figure].expect("linked counts are in one group");
        if let Some((low, high)) = window {
            let asked: Vec<(Variable, f64)> = terms.iter().map(|(figure, weight)| (of(figure), *weight)).collect();
            problem.add_constraint(asked.as_slice(), ComparisonOp::Ge, low as f64);
            problem.add_constraint(asked.as_slice(), ComparisonOp::Le, high as f64);
        }
        for relation in &self.figures.relations {
            let (head, others) = relation.sides();
            if is_asked(head) {
                let operator = if relation.is_sum() { ComparisonOp::Eq } else { ComparisonOp::Le };
                let others = others.iter().map(|other| (of(other), -1.0));
                let terms: Vec<(Variable, f64)> = std::iter::once((of(&head), 1.0)).chain(others).collect();
                problem.add_constraint(terms.as_slice(), operator, 0.0);
            }
        }
        let solution = problem.solve().ok()?.into_solution().ok()?;
        Some((solution, variables))
    }
}

/// Numbers each group of linked counts by its first.
fn groups(figures: &Figures) -> Vec<usize> {
    let mut group: Vec<usize> = (0..figures.figures.len()).collect();
    for relation in &figures.relations {
        let (head, others) = relation.sides();
        for other in others {
            let (one, other) = (first(&group, head), first(&group, *other));
            group[one.max(other)] = one.min(other);
        }
    }
    (0..group.len()).map(|figure| first(&group, figure)).collect()
}

/// The first of the group that a count is in so far.
fn first(group: &[usize], figure: usize) -> usize {
    let mut figure = figure;
    while group[figure] != figure {
        figure = group[figure];
    }
    figure
}
