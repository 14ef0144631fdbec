//! Counts of distinct people: this period, and over all periods so far.

use crate::load::Loaded;
use crate::people::cell_text;
use crate::state::PeriodState;
use jiff::civil::Date;
use qd_disclosure::{CountColumn, CountValues};
use qd_link::Register;
use qd_model::Period;
use qd_model::period;
use qd_model::pipeline::{Breakdown, Counted, Indicator, Indicators};
use qd_rules::Constants;
use std::collections::{BTreeMap, BTreeSet};

/// The periods that counts are taken over.
pub(crate) struct Periods<'a> {
    pub(crate) loaded: &'a Loaded,
    pub(crate) period: &'a Period,
    pub(crate) now: &'a PeriodState,
    /// The register after the period.
    pub(crate) register: &'a Register,
    /// Earlier periods that are known, oldest first.
    pub(crate) earlier: &'a [PeriodState],
    /// Whether all earlier periods are among them; else nothing cumulative can be said.
    pub(crate) is_complete: bool,
    pub(crate) as_of: Option<Date>,
}

/// A set of people by id.
type People = BTreeSet<String>;

/// One line of counts.
#[derive(Default)]
struct Lines {
    level: Vec<Option<u64>>,
    code: Vec<Option<String>>,
    label: Vec<Option<String>>,
    this_period: Vec<Option<u64>>,
    cumulative: Vec<Option<u64>>,
    target: Vec<Option<u64>>,
}

impl Periods<'_> {
    /// Distinct people with an accepted record: in this period, and in all if that is known.
    pub(crate) fn headline(&self) -> (u64, Option<u64>) {
        let Some(people) = &self.loaded.pipeline.people else { return (0, None) };
        let counted = [Counted { table: people.table.clone(), filter: None }];
        let now = self.people_now(&counted);
        let all = self.people_ever(&counted, &now);
        (now.len() as u64, all.map(|all| all.len() as u64))
    }

    /// The counts of a sheet, as columns.
    pub(crate) fn counts(&self, indicators: &Indicators) -> Vec<CountColumn> {
        let mut lines = Lines::default();
        for indicator in &indicators.rows {
            self.indicator(indicator, &mut lines);
        }
        let column = |name: &str, title: &str, values: CountValues| CountColumn {
            name: name.to_owned(),
            title: title.to_owned(),
            values,
        };
        vec![
            column("level", "Level", CountValues::Numbers(lines.level)),
            column("code", "Code", CountValues::Words(lines.code)),
            column("label", "Indicator", CountValues::Words(lines.label)),
            column("this_period", &self.period.label, CountValues::People(lines.this_period)),
            column("cumulative", "Project so far", CountValues::People(lines.cumulative)),
            column("target", "Target", CountValues::Numbers(lines.target)),
        ]
    }

    fn indicator(&self, indicator: &Indicator, lines: &mut Lines) {
        let now = self.people_now(&indicator.counts);
        let ever = self.people_ever(&indicator.counts, &now);
        lines.level.push(Some(0));
        lines.code.push(indicator.code.clone());
        lines.label.push(Some(indicator.label.clone()));
        lines.this_period.push(Some(now.len() as u64));
        lines.cumulative.push(ever.as_ref().map(|ever| ever.len() as u64));
        lines.target.push(indicator.target);
        for breakdown in &indicator.by {
            let values = self.values(breakdown);
            for (category, label) in self.categories(breakdown) {
                let of = |people: &People| {
                    people.iter().filter(|person| values.get(*person) == category.as_ref()).count() as u64
                };
                lines.level.push(Some(1));
                lines.code.push(None);
                lines.label.push(Some(format!("{}: {label}", breakdown.label)));
                lines.this_period.push(Some(of(&now)));
                lines.cumulative.push(ever.as_ref().map(of));
                lines.target.push(None);
            }
        }
    }

    fn people_now(&self, counted: &[Counted]) -> People {
        self.people_in(self.now, counted)
    }

    fn people_ever(&self, counted: &[Counted], now: &People) -> Option<People> {
        let mut all = now.clone();
        if !self.is_complete {
            return None;
        }
        for state in self.earlier {
            // Two people of an earlier period can turn out to be one: the register knows.
            let people = self.people_in(state, counted);
            all.extend(people.into_iter().map(|person| self.current(&person).to_owned()));
        }
        Some(all)
    }

    /// The id that a person has now: a person's first id stays a digest of that person for good.
    fn current<'b>(&'b self, person: &'b str) -> &'b str {
        self.register.person_of(person).unwrap_or(person)
    }

    fn people_in(&self, state: &PeriodState, counted: &[Counted]) -> People {
        // "In the period" means a state's own period, not the one that is run.
        let period = self.loaded.pipeline.period_of(&state.label);
        let constants = Constants {
            period: period.map(|period| (period.from, period.to)),
            as_of: if state.label == self.period.label { self.as_of } else { period.map(|period| period.to) },
        };
        let mut people = People::new();
        for counted in counted {
            let index = self.loaded.table_index(&counted.table);
            let filter = self.loaded.filter(&counted.table, counted.filter.as_ref());
            for part in &state.tables[index] {
                let found = qd_rules::people_of(&self.loaded.tables[index].schema, &part.typed, filter, &constants);
                people.extend(found.into_iter().map(|person| state.people[person as usize].clone()));
            }
        }
        people
    }

    /// The categories of a breakdown with their labels, the unknown last. A category is what
    /// [`Periods::values`] gives.
    fn categories(&self, breakdown: &Breakdown) -> Vec<(Option<String>, String)> {
        let schema = &self.loaded.tables[self.people_index()].schema;
        let field = schema.field(&breakdown.field).expect("breakdowns were checked when loading");
        let mut categories: Vec<(Option<String>, String)> = if breakdown.bands.is_empty() {
            let label = |value: &String| field.category_label(value).to_owned();
            field.categories.iter().map(|category| (Some(category.value.clone()), label(&category.value))).collect()
        } else {
            band_labels(&breakdown.bands).into_iter().map(|label| (Some(label.clone()), label)).collect()
        };
        categories.push((None, "not recorded".to_owned()));
        categories
    }

    /// Each person's category: from this period's first record that has one, else from the latest
    /// earlier period's. Ages are taken at this period's last day for all periods, so that a
    /// cumulative count has each person in one band.
    fn values(&self, breakdown: &Breakdown) -> BTreeMap<String, String> {
        let index = self.people_index();
        let field = self.loaded.tables[index].schema.index_of(&breakdown.field);
        let field = field.expect("breakdowns were checked when loading");
        let mut values = BTreeMap::new();
        let states = std::iter::once(self.now).chain(self.earlier.iter().rev());
        for state in states {
            for part in &state.tables[index] {
                let Some(people) = &part.typed.person else { continue };
                for (row, person) in people.iter().enumerate() {
                    let Some(person) = person else { continue };
                    let text = cell_text(&part.typed, field, row);
                    if let Some(value) = self.category(breakdown, &text) {
                        let person = self.current(&state.people[person as usize]).to_owned();
                        values.entry(person).or_insert(value);
                    }
                }
            }
        }
        values
    }

    fn category(&self, breakdown: &Breakdown, text: &str) -> Option<String> {
        if text.is_empty() {
            return None;
        }
        if breakdown.bands.is_empty() {
            return Some(text.to_owned());
        }
        let age = u32::try_from(period::age(text.parse().ok()?, self.period.to)).ok()?;
        let band = breakdown.bands.iter().rposition(|first| *first <= age);
        let labels = band_labels(&breakdown.bands);
        Some(band.map_or_else(|| labels[0].clone(), |band| labels[band + usize::from(breakdown.bands[0] > 0)].clone()))
    }

    fn people_index(&self) -> usize {
        self.loaded.people_table().expect("breakdowns need a people table, which was checked when loading")
    }
}

/// "under 16", "16-17", "18-24", …, "65+": the bands that begin at these ages.
fn band_labels(bands: &[u32]) -> Vec<String> {
    let mut labels = Vec::new();
    if bands[0] > 0 {
        labels.push(format!("under {}", bands[0]));
    }
    for (index, first) in bands.iter().enumerate() {
        labels.push(match bands.get(index + 1) {
            Some(next) if next - first == 1 => first.to_string(),
            Some(next) => format!("{first}-{}", next - 1),
            None => format!("{first}+"),
        });
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::band_labels;

    #[test]
    fn bands_are_named_by_their_ages() {
        assert_eq!(band_labels(&[0, 16, 18, 25]), ["0-15", "16-17", "18-24", "25+"]);
        assert_eq!(band_labels(&[16, 17]), ["under 16", "16", "17+"]);
    }
}
