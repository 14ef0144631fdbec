//! Counts of distinct people: this period, and over all periods so far.

mod crowd;
mod sets;
mod two_way;

pub(crate) use crowd::{Crowd, People};
pub(crate) use sets::{Definition, Group, relations, relations_of};
pub(crate) use two_way::Shape;

use crate::load::Loaded;
use crate::opening::Opening;
use crate::state::{AcceptedPart, PeriodState};
use arrow::array::{Array, AsArray};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use crowd::Values;
use jiff::civil::Date;
use qd_link::Register;
use qd_model::Period;
use qd_model::period;
use qd_model::pipeline::{Arrangement, Breakdown, Counted, Dimension, Indicators, Mean, Part, ProjectEnd};
use qd_rules::Constants;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The periods that counts are taken over.
pub(crate) struct Periods<'a> {
    pub(crate) loaded: &'a Loaded,
    pub(crate) period: &'a Period,
    pub(crate) now: &'a PeriodState,
    /// The register after the period.
    pub(crate) register: &'a Register,
    /// Everybody whom they know.
    pub(crate) crowd: Crowd,
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
        (now.len(), self.so_far(&Definition::of(&counted), all.as_ref()))
    }

    /// How many people a set has had so far: those of whom there are records, and the opening total.
    fn so_far(&self, definition: &Definition, known: Option<&People>) -> Option<u64> {
        let known = known?.len();
        self.opening.map_or(Some(known), |opening| opening.added_to(&definition.to_string(), known))
    }

    /// Distinct people of this period's rows.
    pub(crate) fn distinct(&self, counted: &[Counted]) -> u64 {
        self.people_now(counted).len()
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
            this_period: now.len(),
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
                let of = |people: &People| values.among(people, category.as_deref());
                let (people, people_so_far) = (of(&now), ever.as_ref().map(of));
                let part = definition.part(breakdown, category.as_deref());
                let (this_period, cumulative) = (people.len(), self.so_far(&part, people_so_far.as_ref()));
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
        self.people_in(0, counted)
    }

    fn people_ever(&self, counted: &[Counted], now: &People) -> Option<People> {
        if !self.is_complete {
            return None;
        }
        let earlier = (1..=self.earlier.len()).map(|state| self.people_in(state, counted));
        Some(earlier.fold(now.clone(), |all, people| all.or(&people)))
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

    /// A state by its number: 0 is the period that is run, 1 the oldest.
    fn state(&self, state: usize) -> &PeriodState {
        if state == 0 { self.now } else { &self.earlier[state - 1] }
    }

    fn people_in(&self, state: usize, counted: &[Counted]) -> People {
        let found = counted.iter().map(|counted| {
            let table = self.loaded.table_index(&counted.table);
            let filter = counted.filter.as_ref().map(|filter| filter.value.clone());
            self.crowd.people((state, table, filter), |_| self.found(state, table, counted))
        });
        found.fold(People::default(), |all, people| all.or(&people))
    }

    /// The people of a state's rows that are counted.
    fn found(&self, state: usize, table: usize, counted: &Counted) -> People {
        let constants = self.constants(self.state(state));
        let filter = self.loaded.filter(&counted.table, counted.filter.as_ref());
        let parts = self.state(state).tables[table].iter();
        let found = parts
            .flat_map(|part| qd_rules::people_of(&self.loaded.tables[table].schema, &part.typed, filter, &constants));
        found.map(|person| self.crowd.number(state, person)).collect()
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
    fn values(&self, breakdown: &Breakdown, counted: &[Counted]) -> Arc<Values> {
        let table = self.table_of(breakdown);
        let schema = &self.loaded.tables[table].schema;
        let field = schema.index_of(&breakdown.field).expect("breakdowns were checked when loading");
        let is_overlapping = breakdown.dimension == Dimension::Overlapping;
        let of_table = counted.iter().filter(|counted| is_of(self.loaded, table, counted));
        let of_table: Vec<&Counted> = of_table.filter(|_| is_overlapping).collect();
        let filters = |counted: &&Counted| counted.filter.as_ref().map(|filter| filter.value.clone());
        let rows = is_overlapping.then(|| of_table.iter().map(filters).collect());
        let asked = (table, field, breakdown.bands.clone(), rows);
        self.crowd.values(asked, |_| self.found_values(breakdown, table, field, &of_table))
    }

    fn found_values(&self, breakdown: &Breakdown, table: usize, field: usize, counted: &[&Counted]) -> Values {
        let schema = &self.loaded.tables[table].schema;
        let is_overlapping = breakdown.dimension == Dimension::Overlapping;
        let mut categories = Categories::new(breakdown, self.period.to);
        let mut is_known = vec![false; self.crowd.len()];
        let mut found: Vec<Vec<u32>> = Vec::new();
        for state in std::iter::once(0).chain((1..=self.earlier.len()).rev()) {
            let constants = self.constants(self.state(state));
            for part in &self.state(state).tables[table] {
                let Some(people) = &part.typed.person else { continue };
                let filters = counted.iter().filter_map(|it| self.loaded.filter(&it.table, it.filter.as_ref()));
                let masks: Vec<_> = filters.map(|filter| filter.filter(schema, &part.typed, &constants)).collect();
                each_text(part, field, |row, text| {
                    if people.is_null(row) || !masks.is_empty() && !masks.iter().any(|mask| mask.value(row)) {
                        return;
                    }
                    let person = self.crowd.number(state, people.value(row));
                    if !is_overlapping && is_known[person as usize] {
                        return;
                    }
                    if let Some(category) = categories.number(text) {
                        is_known[person as usize] = true;
                        found.resize_with(found.len().max(category + 1), Vec::new);
                        found[category].push(person);
                    }
                });
            }
        }
        let people = found.into_iter().map(People::from_iter);
        Values {
            of: categories.labels.into_iter().zip(people).collect(),
            recorded: (0..).zip(is_known).filter(|(_, is_known)| *is_known).map(|(person, _)| person).collect(),
        }
    }

    /// One number for each person counted: that of the person's first row, this period's before earlier ones'.
    fn means(&self, mean: &Mean, now: &People, ever: Option<&People>) -> Means {
        let index = self.loaded.table_index(&mean.table);
        let field = self.loaded.tables[index].schema.index_of(&mean.field).expect("means were checked when loading");
        let add = |numbers: &mut BTreeMap<u32, f64>, state: usize| {
            for part in &self.state(state).tables[index] {
                let Some(people) = &part.typed.person else { continue };
                each_text(part, field, |row, text| {
                    if let (true, Ok(number)) = (people.is_valid(row), text.parse()) {
                        numbers.entry(self.crowd.number(state, people.value(row))).or_insert(number);
                    }
                });
            }
        };
        let mut numbers = BTreeMap::new();
        add(&mut numbers, 0);
        let of = |numbers: &BTreeMap<u32, f64>, people: &People| {
            people.iter().filter_map(|person| numbers.get(&person).copied()).collect()
        };
        let this_period = of(&numbers, now);
        (1..=self.earlier.len()).rev().for_each(|state| add(&mut numbers, state));
        Means {
            label: mean.label.clone(),
            decimals: mean.decimals,
            this_period,
            // Of people in an opening total nothing but their number is known.
            cumulative: ever.filter(|_| self.opening.is_none()).map(|ever| of(&numbers, ever)),
        }
    }
}

/// Whether a count is of a table's rows.
fn is_of(loaded: &Loaded, table: usize, counted: &Counted) -> bool {
    loaded.tables[table].name == counted.table
}

/// Calls with each cell of a field that holds something, as text.
fn each_text(part: &AcceptedPart, field: usize, mut call: impl FnMut(usize, &str)) {
    let column = part.typed.column(field);
    let rows = (0..column.len()).filter(|row| column.is_valid(*row));
    if let Some(text) = column.as_string_view_opt() {
        return rows.for_each(|row| call(row, text.value(row)));
    }
    let options = FormatOptions::default();
    let formatter = ArrayFormatter::try_new(column.as_ref(), &options).expect("every type we keep has a text form");
    rows.for_each(|row| call(row, &formatter.value(row).to_string()));
}

/// The categories that stand in a breakdown's field, numbered as they are met.
struct Categories<'a> {
    breakdown: &'a Breakdown,
    /// The day at which ages are taken.
    at: Date,
    /// The labels of bands of ages, where there are any.
    bands: Vec<String>,
    /// The category of each text that was met; none where it says nothing.
    known: HashMap<String, Option<usize>>,
    labels: Vec<String>,
}

impl<'a> Categories<'a> {
    fn new(breakdown: &'a Breakdown, at: Date) -> Self {
        let bands = if breakdown.bands.is_empty() { Vec::new() } else { band_labels(&breakdown.bands) };
        Self { breakdown, at, bands, known: HashMap::new(), labels: Vec::new() }
    }

    fn number(&mut self, text: &str) -> Option<usize> {
        if let Some(known) = self.known.get(text) {
            return *known;
        }
        let number = self.label(text).map(str::to_owned).map(|label| {
            let known = self.labels.iter().position(|known| *known == label);
            known.unwrap_or_else(|| {
                self.labels.push(label);
                self.labels.len() - 1
            })
        });
        self.known.insert(text.to_owned(), number);
        number
    }

    fn label<'t>(&'t self, text: &'t str) -> Option<&'t str> {
        if text.is_empty() || self.bands.is_empty() {
            return Some(text).filter(|text| !text.is_empty());
        }
        let firsts = &self.breakdown.bands;
        let age = u32::try_from(period::age(text.parse().ok()?, self.at)).ok()?;
        let band = firsts.iter().rposition(|first| *first <= age);
        Some(&self.bands[band.map_or(0, |band| band + usize::from(firsts[0] > 0))])
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
