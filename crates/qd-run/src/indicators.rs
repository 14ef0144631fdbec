//! Counts of distinct people: this period, and over all periods so far.

mod sets;
mod two_way;

pub(crate) use sets::{Definition, Group, relations, relations_of};
pub(crate) use two_way::Shape;

use crate::load::Loaded;
use crate::opening::Opening;
use crate::people::cell_text;
use crate::state::PeriodState;
use jiff::civil::Date;
use qd_link::Register;
use qd_model::Period;
use qd_model::period;
use qd_model::pipeline::{Arrangement, Breakdown, Counted, Dimension, Indicators, Mean, Part, ProjectEnd};
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
    /// Whether the period ends the project.
    pub(crate) end: ProjectEnd,
    /// Totals of the time before the first records, where there are any.
    pub(crate) opening: Option<&'a Opening>,
}

/// A set of people by id.
pub(crate) type People = BTreeSet<String>;

/// The category of people of whom a breakdown's field says nothing.
const NOT_RECORDED: &str = "not recorded";
/// The heading of what is counted over all periods so far.
pub(crate) const SO_FAR: &str = "Project so far";

/// The counts of a sheet.
#[derive(Default)]
pub(crate) struct Sheet {
    pub(crate) lines: Vec<Line>,
    /// Breakdowns: a line and the lines that it is broken down to.
    pub(crate) groups: Vec<Group>,
    /// Which line stands where, if the sheet is a table with two breakdowns.
    pub(crate) shape: Option<Shape>,
}

/// One line of counts.
pub(crate) struct Line {
    /// 0 is a headline, all else is part of the headline above it.
    pub(crate) level: u64,
    pub(crate) code: Option<String>,
    pub(crate) label: String,
    /// Whom it counts.
    pub(crate) definition: Definition,
    pub(crate) this_period: u64,
    pub(crate) cumulative: Option<u64>,
    /// Which indicator of the sheet it is of.
    pub(crate) indicator: usize,
    /// Who they are: in the period, and so far.
    pub(crate) people: People,
    pub(crate) people_so_far: Option<People>,
    pub(crate) target: Option<u64>,
    /// Whether nobody can be in it.
    pub(crate) is_not_applicable: bool,
    /// The line of which it is shown as a share.
    pub(crate) share_of: Option<usize>,
    pub(crate) mean: Option<Means>,
}

/// One number for each person of a line.
pub(crate) struct Means {
    pub(crate) label: String,
    pub(crate) decimals: u32,
    pub(crate) this_period: Vec<f64>,
    pub(crate) cumulative: Option<Vec<f64>>,
}

impl Periods<'_> {
    /// Distinct people with an accepted record: in this period, and in all if that is known.
    pub(crate) fn headline(&self) -> (u64, Option<u64>) {
        let Some(people) = &self.loaded.pipeline.people else { return (0, None) };
        let counted = [Counted { table: people.table.clone(), filter: None }];
        let now = self.people_now(&counted);
        let all = self.people_ever(&counted, &now);
        (now.len() as u64, self.so_far(&Definition::of(&counted), all.as_ref()))
    }

    /// How many people a set has had so far: those of whom there are records, and the opening total.
    fn so_far(&self, definition: &Definition, known: Option<&People>) -> Option<u64> {
        let known = known?.len() as u64;
        self.opening.map_or(Some(known), |opening| opening.added_to(&definition.to_string(), known))
    }

    /// Distinct people of this period's rows.
    pub(crate) fn distinct(&self, counted: &[Counted]) -> u64 {
        self.people_now(counted).len() as u64
    }

    /// The counts of a sheet.
    pub(crate) fn sheet(&self, indicators: &Indicators) -> Sheet {
        if let Arrangement::TwoWay(span) = indicators.arrangement {
            return self.two_way(&indicators.rows[0], span);
        }
        let mut sheet = Sheet::default();
        for number in 0..indicators.rows.len() {
            self.indicator(indicators, number, &mut sheet);
        }
        let shares = indicators.rows.iter().filter_map(|row| row.share_of.as_ref().map(|of| (row, &of.value)));
        for (row, of) in shares {
            let line = |wanted: &dyn Fn(&Line) -> bool| {
                sheet.lines.iter().position(|line| line.level == 0 && wanted(line)).expect("shares were checked")
            };
            let whole = line(&|line| line.code.as_ref() == Some(of) || line.label == *of);
            let own = line(&|line| line.label == row.label && line.code == row.code);
            sheet.lines[own].share_of = Some(whole);
        }
        sheet
    }

    /// Every set of people that a return of the pipeline counts, by its definition in words.
    pub(crate) fn definitions(&self) -> BTreeMap<String, Definition> {
        let pipeline = &self.loaded.pipeline;
        let headline = pipeline.people.iter().map(|people| Counted { table: people.table.clone(), filter: None });
        let mut all: Vec<Definition> = headline.map(|counted| Definition::of(&[counted])).collect();
        let parts = pipeline.returns.iter().flat_map(|spec| &spec.files).flat_map(|file| &file.parts);
        for part in parts {
            let (Part::Indicators(indicators) | Part::ByPeriod(indicators)) = part else { continue };
            for row in &indicators.rows {
                let whole = Definition::of(&row.counts);
                for by in &row.by {
                    let categories = self.categories(by).into_iter();
                    all.extend(categories.map(|(category, _)| whole.part(by, category.as_deref())));
                }
                if matches!(indicators.arrangement, Arrangement::TwoWay(_)) {
                    all.extend(self.cells(&whole, &row.by).into_iter().map(|(_, cell)| cell));
                }
                all.push(whole);
            }
        }
        all.into_iter().map(|definition| (definition.to_string(), definition)).collect()
    }

    fn indicator(&self, indicators: &Indicators, number: usize, sheet: &mut Sheet) {
        let indicator = &indicators.rows[number];
        let now = self.people_now(&indicator.counts);
        let ever = self.people_ever(&indicator.counts, &now);
        let definition = Definition::of(&indicator.counts);
        let total = sheet.lines.len();
        sheet.lines.push(Line {
            level: 0,
            code: indicator.code.clone(),
            label: indicator.label.clone(),
            this_period: now.len() as u64,
            cumulative: self.so_far(&definition, ever.as_ref()),
            indicator: number,
            people: now.clone(),
            people_so_far: ever.clone(),
            target: indicator.target,
            is_not_applicable: false,
            share_of: None,
            mean: indicator.mean.as_ref().map(|mean| self.means(mean, &now, ever.as_ref())),
            definition: definition.clone(),
        });
        for breakdown in &indicator.by {
            let values = self.values(breakdown, &indicator.counts);
            let mut parts = Vec::new();
            for (category, label) in self.categories(breakdown) {
                let is_in = |person: &&String| is_in(&values, person, category.as_deref());
                let of = |people: &People| people.iter().filter(is_in).cloned().collect::<People>();
                let (people, people_so_far) = (of(&now), ever.as_ref().map(of));
                let part = definition.part(breakdown, category.as_deref());
                let (this_period, cumulative) = (people.len() as u64, self.so_far(&part, people_so_far.as_ref()));
                // Where a value is required, nobody lacks one; a line that says so would only be in the way.
                let is_empty = this_period == 0 && cumulative.is_none_or(|count| count == 0);
                if category.is_none() && is_empty && self.is_required(breakdown) {
                    continue;
                }
                parts.push(sheet.lines.len());
                sheet.lines.push(Line {
                    level: 1,
                    code: None,
                    label: format!("{}: {label}", breakdown.label),
                    definition: part,
                    this_period,
                    cumulative,
                    indicator: number,
                    people,
                    people_so_far,
                    target: None,
                    is_not_applicable: is_empty && category.is_some_and(|it| breakdown.not_applicable.contains(&it)),
                    share_of: None,
                    mean: None,
                });
            }
            sheet.groups.push(Group { label: breakdown.label.clone(), total, parts, dimension: breakdown.dimension });
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
    pub(crate) fn current<'b>(&'b self, person: &'b str) -> &'b str {
        self.register.person_of(person).unwrap_or(person)
    }

    /// What "in the period" means for a state: its own period, not the one that is run.
    pub(crate) fn constants(&self, state: &PeriodState) -> Constants {
        let period = self.loaded.pipeline.period_of(&state.label);
        Constants {
            period: period.map(|period| (period.from, period.to)),
            as_of: if state.label == self.period.label { self.as_of } else { period.map(|period| period.to) },
        }
    }

    fn people_in(&self, state: &PeriodState, counted: &[Counted]) -> People {
        let constants = self.constants(state);
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
        let field = self.field(breakdown);
        let mut categories: Vec<(Option<String>, String)> = if breakdown.bands.is_empty() {
            let label = |value: &String| field.category_label(value).to_owned();
            field.categories.iter().map(|category| (Some(category.value.clone()), label(&category.value))).collect()
        } else {
            band_labels(&breakdown.bands).into_iter().map(|label| (Some(label.clone()), label)).collect()
        };
        categories.push((None, NOT_RECORDED.to_owned()));
        categories
    }

    fn field(&self, breakdown: &Breakdown) -> &qd_model::Field {
        let schema = &self.loaded.tables[self.table_of(breakdown)].schema;
        schema.field(&breakdown.field).expect("breakdowns were checked when loading")
    }

    fn is_required(&self, breakdown: &Breakdown) -> bool {
        self.field(breakdown).constraints.required
    }

    /// The table whose rows say which category a person is in.
    fn table_of(&self, breakdown: &Breakdown) -> usize {
        match &breakdown.table {
            Some(table) => self.loaded.table_index(table),
            None => self.loaded.people_table().expect("breakdowns need a people table, which was checked when loading"),
        }
    }

    /// Each person's categories. Where a person is in one only, it is that of this period's first record
    /// that has one, else of the latest earlier period's. Ages are taken at this period's last day for all
    /// periods, so that a cumulative count has each person in one band. Where categories overlap, a person
    /// is in each that any of the counted rows names.
    fn values(&self, breakdown: &Breakdown, counted: &[Counted]) -> Values {
        let index = self.table_of(breakdown);
        let schema = &self.loaded.tables[index].schema;
        let field = schema.index_of(&breakdown.field).expect("breakdowns were checked when loading");
        let is_overlapping = breakdown.dimension == Dimension::Overlapping;
        let mut values = Values::new();
        let states = std::iter::once(self.now).chain(self.earlier.iter().rev());
        for state in states {
            let constants = self.constants(state);
            for part in &state.tables[index] {
                let Some(people) = &part.typed.person else { continue };
                let filters = counted.iter().filter(|counted| self.loaded.tables[index].name == counted.table);
                let masks: Vec<_> = filters
                    .filter_map(|counted| self.loaded.filter(&counted.table, counted.filter.as_ref()))
                    .map(|filter| filter.filter(schema, &part.typed, &constants))
                    .collect();
                for (row, person) in people.iter().enumerate() {
                    let Some(person) = person else { continue };
                    if is_overlapping && !masks.is_empty() && !masks.iter().any(|mask| mask.value(row)) {
                        continue;
                    }
                    let text = cell_text(&part.typed, field, row);
                    if let Some(value) = self.category(breakdown, &text) {
                        let person = self.current(&state.people[person as usize]).to_owned();
                        let known = values.entry(person).or_default();
                        if is_overlapping || known.is_empty() {
                            known.insert(value);
                        }
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

    /// One number for each person counted: that of the person's first row, this period's before earlier ones'.
    fn means(&self, mean: &Mean, now: &People, ever: Option<&People>) -> Means {
        let index = self.loaded.table_index(&mean.table);
        let field = self.loaded.tables[index].schema.index_of(&mean.field).expect("means were checked when loading");
        let add = |numbers: &mut BTreeMap<String, f64>, state: &PeriodState| {
            for part in &state.tables[index] {
                let Some(people) = &part.typed.person else { continue };
                for (row, person) in people.iter().enumerate() {
                    let Some(person) = person else { continue };
                    if let Ok(number) = cell_text(&part.typed, field, row).parse() {
                        let person = self.current(&state.people[person as usize]).to_owned();
                        numbers.entry(person).or_insert(number);
                    }
                }
            }
        };
        let mut numbers = BTreeMap::new();
        add(&mut numbers, self.now);
        let of = |numbers: &BTreeMap<String, f64>, people: &People| {
            people.iter().filter_map(|person| numbers.get(person).copied()).collect()
        };
        let this_period = of(&numbers, now);
        self.earlier.iter().rev().for_each(|state| add(&mut numbers, state));
        Means {
            label: mean.label.clone(),
            decimals: mean.decimals,
            this_period,
            // Of people in an opening total nothing but their number is known.
            cumulative: ever.filter(|_| self.opening.is_none()).map(|ever| of(&numbers, ever)),
        }
    }
}

/// Each person's categories of a breakdown.
type Values = BTreeMap<String, BTreeSet<String>>;

/// Whether a person is in a category; none is that of people of whom nothing is recorded.
fn is_in(values: &Values, person: &str, category: Option<&str>) -> bool {
    match (values.get(person), category) {
        (Some(values), Some(category)) => values.contains(category),
        (found, category) => found.is_none() && category.is_none(),
    }
}

/// The labels of a breakdown's lines, as the pipeline and its schemas tell them.
pub(crate) fn part_labels(loaded: &Loaded, breakdown: &Breakdown) -> Vec<String> {
    let people = loaded.pipeline.people.as_ref().map(|people| &people.table);
    let Some(table) = breakdown.table.as_ref().or(people) else { return Vec::new() };
    let Some(field) = loaded.table(table).schema.field(&breakdown.field) else { return Vec::new() };
    let categories = field.categories.iter().map(|category| field.category_label(&category.value).to_owned());
    let bands = if breakdown.bands.is_empty() { Vec::new() } else { band_labels(&breakdown.bands) };
    let all = categories.chain(bands).chain([NOT_RECORDED.to_owned()]);
    all.map(|label| format!("{}: {label}", breakdown.label)).collect()
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
