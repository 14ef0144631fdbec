//! Gathers the counts of a return and those of every release before it, so that the same count is one.

use super::told::told;
use super::{Figure, Figures, Range, Relation, Released, Standing};
use qd_model::pipeline::CountRule;
use std::collections::{BTreeMap, BTreeSet};

/// Counts by what they count. A count that was the same in an earlier release is the same entry, so that
/// what was known of it is still known.
#[derive(Debug, Clone, Default)]
pub struct Gathered {
    figures: Figures,
    /// The set of people that each entry counts.
    sets: Vec<String>,
    /// The entries of each set of people, by how many they are.
    entries: BTreeMap<String, BTreeMap<u64, usize>>,
    /// What holds between entries, once more, to look it up.
    related: BTreeSet<Relation>,
    /// The entries that the reader can count in rows, by their sets.
    counted: BTreeMap<String, usize>,
}

/// What a release left with its readers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Past {
    /// Its counts.
    pub figures: Vec<PastFigure>,
    /// What held between them, by their place in the list.
    pub relations: Vec<Relation>,
}

/// One count of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastFigure {
    /// The set of people, as the pipeline defines it.
    pub set: String,
    /// How many people there were. Stays in the house.
    pub count: u64,
    /// What stood in the table.
    pub shown: String,
    /// What a reader made of that.
    pub range: Range,
    /// Where it was suppressed for being small: all that a reader must think possible.
    pub guard: Option<Range>,
}

impl Gathered {
    /// Takes in an earlier release. What was small in it stays guarded if its recipient is the reader now.
    pub fn past(&mut self, past: &Past, is_readers_own: bool) {
        let entries: Vec<usize> = past.figures.iter().map(|figure| self.past_figure(figure, is_readers_own)).collect();
        for relation in &past.relations {
            if let Some(relation) = relation.renamed(|figure| entries.get(figure).copied()) {
                self.relate(relation);
            }
        }
    }

    fn past_figure(&mut self, past: &PastFigure, is_readers_own: bool) -> usize {
        let entry = self.entry(&past.set, past.count);
        let figure = &mut self.figures.figures[entry];
        // A range in which the count does not lie would be a mistake, of which a reader learns nothing.
        if past.range.holds(past.count) {
            figure.known = figure.known.and(past.range);
        }
        if let Some(guard) = past.guard.filter(|_| is_readers_own && figure.standing == Standing::Settled) {
            figure.standing = Standing::Guarded(guard);
        }
        entry
    }

    /// Takes in a count that the reader can make from rows.
    pub fn counted(&mut self, set: &str, count: u64) -> usize {
        let entry = self.entry(set, count);
        self.figures.figures[entry].known = Range::of(count, count);
        self.counted.insert(set.to_owned(), entry);
        entry
    }

    /// Works out what follows from counts of rows alone, once all relations are drawn. The reader may have
    /// that, so that nothing is suppressed or blocked for its sake.
    pub fn follow_rows(&mut self) {
        if self.counted.is_empty() {
            return;
        }
        let is_shown =
            |entry: usize| matches!(self.figures.figures[entry].standing, Standing::Open(_) | Standing::NotApplicable);
        // What was counted otherwise in an earlier version says nothing of the sets as they are.
        let is_now = |entry: usize| match self.counted.get(&self.sets[entry]) {
            Some(counted) => *counted == entry,
            None => is_shown(entry) || !self.of(&self.sets[entry]).any(is_shown),
        };
        let counted: BTreeSet<usize> = self.counted.values().copied().collect();
        let told = told(&self.figures, &counted, is_now);
        for (entry, range) in told.counts {
            let known = &mut self.figures.figures[entry].known;
            *known = known.and(range);
        }
        self.figures.told = told.differences;
    }

    /// Takes in a count of the return, and answers its entry.
    pub fn open(&mut self, set: &str, count: u64, rule: CountRule) -> usize {
        let entry = self.entry(set, count);
        self.figures.figures[entry].standing = Standing::Open(rule);
        let others: Vec<usize> = self.of(set).filter(|other| *other != entry).collect();
        self.figures.pairs.extend(others.into_iter().map(|other| (entry, other)));
        entry
    }

    /// Takes in a count of the return that can be of nobody.
    pub fn not_applicable(&mut self, set: &str) -> usize {
        let entry = self.entry(set, 0);
        self.figures.figures[entry].standing = Standing::NotApplicable;
        entry
    }

    /// The entries of a set of people: one for each number that it was released with.
    pub fn of(&self, set: &str) -> impl Iterator<Item = usize> + use<'_> {
        self.entries.get(set).into_iter().flat_map(|counts| counts.values().copied())
    }

    /// The sets that are counted, each as often as it was released with another number.
    pub(super) fn sets(&self) -> impl Iterator<Item = &str> {
        self.sets.iter().map(String::as_str)
    }

    /// Adds what holds between entries, where it is true of them. Whether it is.
    pub fn relate(&mut self, relation: Relation) -> bool {
        let is_true = self.figures.holds(&relation);
        if is_true && !self.related.contains(&relation) {
            self.related.insert(relation.clone());
            self.figures.relations.push(relation);
        }
        is_true
    }

    /// Adds what holds between sets, which the relation names by their place in the list: between all
    /// entries of each.
    pub fn relate_sets(&mut self, relation: &Relation, sets: &[String]) {
        let of = |gathered: &Self, set: usize| -> Vec<usize> { gathered.of(&sets[set]).collect() };
        let (head, others) = relation.sides();
        let heads = of(self, head);
        let others = others.iter().fold(vec![Vec::new()], |chosen, other| with_each(&chosen, &of(self, *other)));
        for head in heads {
            for others in &others {
                self.relate(relation.with_sides(head, others));
            }
        }
    }

    /// The counts, with what holds between them.
    pub fn figures(&self) -> &Figures {
        &self.figures
    }

    /// What the release of the open counts leaves with its readers.
    pub fn record(&self, released: &Released) -> Past {
        let mut places = BTreeMap::new();
        let mut past = Past::default();
        for (entry, figure) in self.figures.figures.iter().enumerate() {
            if matches!(figure.standing, Standing::Open(_) | Standing::NotApplicable) {
                places.insert(entry, past.figures.len());
                past.figures.push(PastFigure {
                    set: self.sets[entry].clone(),
                    count: figure.count,
                    shown: released.count(entry).to_string(),
                    range: released.range(entry),
                    guard: released.guard(entry),
                });
            }
        }
        let own = self.figures.relations.iter();
        past.relations = own.filter_map(|relation| relation.renamed(|entry| places.get(&entry).copied())).collect();
        past
    }

    fn entry(&mut self, set: &str, count: u64) -> usize {
        let (figures, sets) = (&mut self.figures.figures, &mut self.sets);
        *self.entries.entry(set.to_owned()).or_default().entry(count).or_insert_with(|| {
            figures.push(Figure { count, standing: Standing::Settled, known: Range::ANY });
            sets.push(set.to_owned());
            figures.len() - 1
        })
    }
}

/// Each list with each of some entries behind it: all ways of taking one entry of every set, as far as a
/// reader would try them.
pub(super) fn with_each(lists: &[Vec<usize>], entries: &[usize]) -> Vec<Vec<usize>> {
    const MOST: usize = 64;
    let with = |list: &Vec<usize>, entry: usize| list.iter().copied().chain([entry]).collect();
    lists.iter().flat_map(|list| entries.iter().map(move |entry| with(list, *entry))).take(MOST).collect()
}

impl Relation {
    /// The same kind of relation between other counts.
    fn with_sides(&self, head: usize, others: &[usize]) -> Self {
        match self {
            Self::Sum { .. } => Self::Sum { total: head, parts: others.to_vec() },
            Self::Cover { .. } => Self::Cover { total: head, parts: others.to_vec() },
            Self::Overlap { .. } => Self::Overlap { total: head, parts: others.to_vec() },
            Self::Within { .. } => Self::Within { part: head, whole: others[0] },
        }
    }

    /// The same relation under other indices, if each count has one.
    pub fn renamed(&self, name: impl Fn(usize) -> Option<usize>) -> Option<Self> {
        let names = |parts: &[usize]| parts.iter().map(|part| name(*part)).collect::<Option<Vec<usize>>>();
        Some(match self {
            Self::Sum { total, parts } => Self::Sum { total: name(*total)?, parts: names(parts)? },
            Self::Cover { total, parts } => Self::Cover { total: name(*total)?, parts: names(parts)? },
            Self::Overlap { total, parts } => Self::Overlap { total: name(*total)?, parts: names(parts)? },
            Self::Within { part, whole } => Self::Within { part: name(*part)?, whole: name(*whole)? },
        })
    }
}
