//! A count by two breakdowns at once: cells in rows and columns, with a margin for each and all people.

use super::crowd::Values;
use super::{Definition, Group, Line, People, Periods, Sheet};
use qd_model::pipeline::{Breakdown, Indicator, Span};
use std::sync::Arc;

/// Which line of a sheet stands where in its table.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub(crate) span: Span,
    /// What the table is broken down by: down, and across.
    pub(crate) by: [String; 2],
    /// The headings of the columns; that of the margin comes last.
    pub(crate) columns: Vec<String>,
    /// The label of each row with the lines of its cells; the margin comes last, in rows and in columns.
    pub(crate) rows: Vec<(String, Vec<usize>)>,
}

/// What the margins are called: categories may overlap, so that they need not be a total.
pub(crate) const ALL: &str = "All";

/// A category of a breakdown (none where nothing is recorded), with its label.
type Category = (Option<String>, String);

impl Periods<'_> {
    /// The sheet of a two-way table.
    pub(super) fn two_way(&self, indicator: &Indicator, span: Span) -> Sheet {
        let mut table = Table::new(self, indicator);
        let [down, across] = table.categories.clone();
        let mut groups = vec![(0, Vec::new(), 0), (0, Vec::new(), 1)];
        let mut rows = Vec::new();
        let total = table.line(None, None);
        let margins: Vec<usize> = across.iter().map(|column| table.line(None, Some(column))).collect();
        let mut cells_of: Vec<Vec<usize>> = vec![Vec::new(); across.len()];
        for row in &down {
            let margin = table.line(Some(row), None);
            let cells: Vec<usize> = across.iter().map(|column| table.line(Some(row), Some(column))).collect();
            cells_of.iter_mut().zip(&cells).for_each(|(column, cell)| column.push(*cell));
            groups[0].1.push(margin);
            groups.push((margin, cells.clone(), 1));
            rows.push((row.1.clone(), cells.into_iter().chain([margin]).collect()));
        }
        groups[1].1.clone_from(&margins);
        groups.extend(margins.iter().zip(cells_of).map(|(margin, cells)| (*margin, cells, 0)));
        rows.push((ALL.to_owned(), margins.into_iter().chain([total]).collect()));
        let by = &indicator.by;
        let group = |(total, parts, by_which): (usize, Vec<usize>, usize)| Group {
            label: by[by_which].label.clone(),
            total,
            parts,
            dimension: by[by_which].dimension,
        };
        Sheet {
            lines: table.lines,
            groups: groups.into_iter().map(group).collect(),
            shape: Some(Shape {
                span,
                by: [by[0].label.clone(), by[1].label.clone()],
                columns: across.into_iter().map(|(_, label)| label).chain([ALL.to_owned()]).collect(),
                rows,
            }),
        }
    }

    /// The sets of people in the cells of a two-way table, each with its two categories.
    pub(super) fn cells(&self, whole: &Definition, by: &[Breakdown]) -> Vec<([Option<String>; 2], Definition)> {
        let [down, across] = [&by[0], &by[1]].map(|by| self.categories(by));
        let cell = |row: &Category, column: &Category| {
            let set = whole.part(&by[0], row.0.as_deref()).part(&by[1], column.0.as_deref());
            ([row.0.clone(), column.0.clone()], set)
        };
        down.iter().flat_map(|row| across.iter().map(move |column| cell(row, column))).collect()
    }
}

/// A table while its lines are made.
struct Table<'a> {
    periods: &'a Periods<'a>,
    indicator: &'a Indicator,
    definition: Definition,
    now: People,
    ever: Option<People>,
    values: [Arc<Values>; 2],
    categories: [Vec<Category>; 2],
    lines: Vec<Line>,
}

impl<'a> Table<'a> {
    fn new(periods: &'a Periods<'a>, indicator: &'a Indicator) -> Self {
        let now = periods.people_now(&indicator.counts);
        let ever = periods.people_ever(&indicator.counts, &now);
        let by = [&indicator.by[0], &indicator.by[1]];
        let values = by.map(|by| periods.values(by, &indicator.counts));
        // Where a value is required, nobody lacks one; a row that says so would only be in the way.
        let is_missing = |side: usize| {
            let mut people = [Some(&now), ever.as_ref()].into_iter().flatten();
            !periods.is_required(by[side]) || people.any(|people| !values[side].among(people, None).is_empty())
        };
        let categories = [0, 1].map(|side| {
            let mut categories = periods.categories(by[side]);
            categories.retain(|(category, _)| category.is_some() || is_missing(side));
            categories
        });
        let definition = Definition::of(&indicator.counts);
        Self { periods, indicator, definition, now, ever, values, categories, lines: Vec::new() }
    }

    /// Adds the line of a cell, of a margin, or of all.
    fn line(&mut self, row: Option<&Category>, column: Option<&Category>) -> usize {
        let mut definition = self.definition.clone();
        let mut labels = Vec::new();
        let mut is_not_applicable = false;
        for (category, by) in [row, column].into_iter().zip(&self.indicator.by) {
            let Some((category, label)) = category else { continue };
            definition = definition.part(by, category.as_deref());
            labels.push(format!("{}: {label}", by.label));
            is_not_applicable |= category.as_ref().is_some_and(|category| by.not_applicable.contains(category));
        }
        let of = |people: &People| {
            let sides = [row, column].into_iter().zip(&self.values);
            let sides = sides.filter_map(|(side, values)| Some((side?, values)));
            sides.fold(people.clone(), |people, ((category, _), values)| values.among(&people, category.as_deref()))
        };
        let (people, people_so_far) = (of(&self.now), self.ever.as_ref().map(of));
        let cumulative = self.periods.so_far(&definition, people_so_far.as_ref());
        let is_empty = people.is_empty() && cumulative.is_none_or(|count| count == 0);
        self.lines.push(Line {
            level: labels.len() as u64,
            code: None,
            label: if labels.is_empty() { self.indicator.label.clone() } else { labels.join(", ") },
            definition,
            this_period: people.len(),
            cumulative,
            indicator: 0,
            people,
            people_so_far,
            target: None,
            is_not_applicable: is_not_applicable && is_empty,
            share_of: None,
            mean: None,
        });
        self.lines.len() - 1
    }
}

impl Shape {
    /// The line that stands in a row, counted from 0, under a heading.
    pub(crate) fn line(&self, row: usize, heading: &str) -> Option<usize> {
        let column = self.columns.iter().position(|own| own == heading)?;
        self.rows.get(row).map(|(_, lines)| lines[column])
    }
}
