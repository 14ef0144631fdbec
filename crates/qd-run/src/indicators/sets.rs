//! Which sets of people lie within which, as far as their definitions tell every reader.

use qd_disclosure::figures::Relation;
use qd_model::pipeline::{Breakdown, Counted, Dimension};
use std::fmt;

/// A set of people, as the pipeline defines it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Definition {
    /// Tables with their filters: whoever is in one of them is in the set.
    counted: Vec<(String, Option<String>)>,
    /// The categories of breakdowns that they are in as well, in order.
    categories: Vec<String>,
}

/// A line of counts and the lines that it is broken down to.
pub(crate) struct Group {
    pub(crate) label: String,
    pub(crate) total: usize,
    pub(crate) parts: Vec<usize>,
    pub(crate) dimension: Dimension,
}

impl Definition {
    pub(crate) fn of(counted: &[Counted]) -> Self {
        let text = |counted: &Counted| {
            let filter = counted.filter.as_ref().map(|filter| words(&filter.value));
            (counted.table.clone(), filter)
        };
        let mut counted: Vec<(String, Option<String>)> = counted.iter().map(text).collect();
        counted.sort();
        counted.dedup();
        Self { counted, categories: Vec::new() }
    }

    /// Those of the set who are in a category of a breakdown; none for those of whom it is not recorded.
    pub(crate) fn part(&self, breakdown: &Breakdown, category: Option<&str>) -> Self {
        let table = breakdown.table.as_ref().map_or_else(String::new, |table| format!("{table}."));
        let bands: Vec<String> = breakdown.bands.iter().map(ToString::to_string).collect();
        let category = category.map_or_else(|| "not recorded".to_owned(), |category| format!("= {category}"));
        let field =
            if bands.is_empty() { breakdown.field.clone() } else { format!("{} {}", breakdown.field, bands.join(" ")) };
        let mut part = self.clone();
        part.categories.push(format!("{table}{field} {category}"));
        part.categories.sort();
        part
    }

    /// Whether everybody in this set is in the other, by their definitions.
    pub(crate) fn is_within(&self, other: &Self) -> bool {
        let has = |(table, filter): &(String, Option<String>)| {
            let is_like = |(other_table, other_filter): &(String, Option<String>)| {
                table == other_table && (other_filter.is_none() || filter == other_filter)
            };
            other.counted.iter().any(is_like)
        };
        self != other && self.categories == other.categories && self.counted.iter().all(has)
    }

    /// The sets that together are this one: one for each of its tables and filters.
    fn pieces(&self) -> Vec<Self> {
        let piece =
            |one: &(String, Option<String>)| Self { counted: vec![one.clone()], categories: self.categories.clone() };
        if self.counted.len() < 2 { Vec::new() } else { self.counted.iter().map(piece).collect() }
    }
}

/// The definition in words that stay the same for as long as the pipeline says the same.
impl fmt::Display for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (table, filter)) in self.counted.iter().enumerate() {
            let joint = if index == 0 { "" } else { " or " };
            write!(f, "{joint}{table}")?;
            if let Some(filter) = filter {
                write!(f, " where {filter}")?;
            }
        }
        self.categories.iter().try_for_each(|category| write!(f, " | {category}"))
    }
}

/// A filter without superfluous spaces.
fn words(filter: &str) -> String {
    filter.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What holds between sets by their definitions, named by their place in the list.
pub(crate) fn relations(sets: &[&Definition]) -> Vec<Relation> {
    let mut relations = Vec::new();
    for (whole, set) in sets.iter().enumerate() {
        for (part, other) in sets.iter().enumerate() {
            if other.is_within(set) {
                relations.push(Relation::Within { part, whole });
            }
        }
        let pieces = set.pieces();
        let found: Option<Vec<usize>> =
            pieces.iter().map(|piece| sets.iter().position(|other| *other == piece)).collect();
        relations.extend(found.filter(|found| !found.is_empty()).map(|parts| Relation::Cover { total: whole, parts }));
    }
    relations
}

/// What holds in a breakdown.
pub(crate) fn relations_of(group: &Group) -> Vec<Relation> {
    let (total, parts) = (group.total, group.parts.clone());
    match group.dimension {
        Dimension::Additive => vec![Relation::Sum { total, parts }],
        Dimension::Overlapping => {
            let within = parts.iter().map(|part| Relation::Within { part: *part, whole: total });
            let mut relations: Vec<Relation> = within.collect();
            relations.push(Relation::Overlap { total, parts });
            relations
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use qd_model::At;
    use qd_model::schema::Placed;

    fn set(counted: &[(&str, Option<&str>)]) -> Definition {
        let at = || At::Line { line: 1, column: 1 };
        let one = |(table, filter): &(&str, Option<&str>)| Counted {
            table: (*table).to_owned(),
            filter: filter.map(|filter| Placed { value: filter.to_owned(), at: at() }),
        };
        Definition::of(&counted.iter().map(one).collect::<Vec<_>>())
    }

    #[test]
    fn sets_lie_within_each_other_by_their_definitions() {
        let all = set(&[("people", None)]);
        let both = set(&[("people", Some("esol")), ("people", Some("work"))]);
        let (esol, work) = (set(&[("people", Some(" esol "))]), set(&[("people", Some("work"))]));
        let visits = set(&[("visits", None)]);
        assert_eq!(both.to_string(), "people where esol or people where work");
        assert_eq!(
            relations(&[&all, &both, &esol, &work, &visits]),
            [
                Relation::Within { part: 1, whole: 0 },
                Relation::Within { part: 2, whole: 0 },
                Relation::Within { part: 3, whole: 0 },
                Relation::Within { part: 2, whole: 1 },
                Relation::Within { part: 3, whole: 1 },
                Relation::Cover { total: 1, parts: vec![2, 3] },
            ]
        );
    }
}
