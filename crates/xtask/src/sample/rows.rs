//! Draws people, whom of them which partner registers, and every table's rows in each period.

use super::draw::{Context, applies, value};
use super::plan::{Draw, Partner, Per, TablePlan, Values};
use super::{Programme, Record};
use crate::random::Random;
use qd_model::Schema;
use qd_model::period::Period;
use std::collections::{BTreeMap, BTreeSet};

/// One row of a source.
#[derive(Debug, Clone, Default)]
pub(super) struct Row {
    /// Values in canonical form.
    pub(super) record: Record,
    /// Cells that are written as they stand here.
    pub(super) typed: Record,
}

/// A partner's rows of one table in one period, and what is odd about the source.
#[derive(Debug, Clone, Default)]
pub(super) struct Source {
    pub(super) rows: Vec<Row>,
    /// Headings that no schema knows, with texts in turn.
    pub(super) added: Vec<(String, Vec<String>)>,
    /// Fields whose column is left out.
    pub(super) dropped: Vec<String>,
}

/// Sources by period, partner and table.
#[derive(Debug, Default)]
pub(super) struct Made {
    pub(super) sources: BTreeMap<(String, String, String), Source>,
    people: u64,
    registrations: usize,
}

impl Made {
    pub(super) fn describe(&self) -> String {
        let rows: usize = self.sources.values().map(|source| source.rows.len()).sum();
        format!("{} people, {} registrations, {rows} rows", self.people, self.registrations)
    }
}

/// A person at a partner.
struct Registration<'a> {
    person: u64,
    partner: &'a Partner,
    /// Where the person lives: the area of the partner that saw them first.
    home: &'a str,
    /// Periods in which the person is seen, in order.
    seen: Vec<&'a Period>,
    reference: String,
    is_second: bool,
}

/// How one table's rows are drawn, with its fields' ways read.
struct Recipe<'a> {
    table: &'a str,
    plan: TablePlan,
    ways: Vec<(String, Vec<Draw>)>,
}

/// Draws everything.
pub(super) fn generate(programme: &Programme) -> Result<Made, String> {
    let registrations = registrations(programme)?;
    let plan = &programme.plan;
    let recipe = |table| {
        let plan = plan.table(table)?;
        Ok::<_, String>(Recipe { table, ways: plan.draws()?, plan })
    };
    let people = recipe(&plan.people.table)?;
    let tables = programme.pipeline.tables.iter().map(|table| table.name.as_str());
    let others: Vec<Recipe<'_>> =
        tables.filter(|table| *table != people.table).map(recipe).collect::<Result<_, _>>()?;
    let mut made = Made { people: plan.people.distinct, registrations: registrations.len(), sources: BTreeMap::new() };
    for registration in &registrations {
        for period in &registration.seen {
            Scene { programme, registration, period }.rows(&people, &others, &mut made)?;
        }
    }
    for ((_, _, table), source) in &mut made.sources {
        let schema = &programme.schemas[table];
        source.rows.iter_mut().for_each(|row| row.record.retain(|name, _| schema.index_of(name).is_some()));
        once(schema, &mut source.rows);
    }
    Ok(made)
}

/// Keeps the first row of each primary key, in the order of the key.
fn once(schema: &Schema, rows: &mut Vec<Row>) {
    let key = |row: &Row| -> Vec<String> {
        let fields = schema.primary_key.iter().map(|index| &schema.fields[*index].name);
        fields.map(|name| row.record.get(name).cloned().unwrap_or_default()).collect()
    };
    let mut seen = BTreeSet::new();
    rows.retain(|row| seen.insert(key(row)));
    rows.sort_by_key(key);
}

fn registrations(programme: &Programme) -> Result<Vec<Registration<'_>>, String> {
    let (plan, pipeline) = (&programme.plan, &programme.pipeline);
    let mut next: BTreeMap<&str, u64> = plan.partners.iter().map(|p| (p.code.as_str(), p.first)).collect();
    let mut all = Vec::new();
    for person in 0..plan.people.distinct {
        let mut random = Random::of(plan.seed, &["person", &person.to_string()]);
        let labels = random.weighted(plan.people.seen.iter().map(|(run, weight)| (run, *weight)));
        let labels = labels.ok_or("`seen` has no weights")?;
        let mut seen = Vec::new();
        for label in labels.split_whitespace() {
            seen.push(pipeline.period_of(label).ok_or_else(|| format!("there is no period {label}"))?);
        }
        let first = random.weighted(plan.partners.iter().map(|partner| (partner, partner.weight)));
        let first = first.ok_or("no partner has a weight")?;
        let mut partners = vec![first];
        if random.below(100) < plan.people.second_partner {
            // People are mostly sent on to somebody near.
            let near = |partner: &Partner| if partner.area == first.area { 6 } else { 1 };
            let others = plan.partners.iter().filter(|partner| partner.code != first.code);
            partners.extend(random.weighted(others.map(|partner| (partner, partner.weight * near(partner)))));
        }
        for (position, partner) in partners.into_iter().enumerate() {
            let mut seen = seen.clone();
            // A second partner often comes in later.
            if position > 0 && seen.len() > 1 && random.chance(0.6) {
                seen.remove(0);
            }
            let number = next.get_mut(partner.code.as_str()).expect("every partner has a number");
            *number += 1 + random.below(3);
            let reference = format!("{}{:0digits$}", partner.reference, number, digits = partner.digits);
            all.push(Registration { person, partner, home: &first.area, seen, reference, is_second: position > 0 });
        }
    }
    Ok(all)
}

/// One registration in one period.
struct Scene<'a> {
    programme: &'a Programme,
    registration: &'a Registration<'a>,
    period: &'a Period,
}

impl Scene<'_> {
    fn key(&self, table: &str) -> (String, String, String) {
        (self.period.label.clone(), self.registration.partner.code.clone(), table.to_owned())
    }

    /// Whether the partner sends a table in this period.
    fn sends(&self, table: &str) -> bool {
        let code = &self.registration.partner.code;
        let partner = self.programme.pipeline.partners.iter().find(|partner| partner.code == *code);
        !self.programme.is_declared(code, table, &self.period.label)
            && partner.is_some_and(|partner| partner.sources.iter().any(|source| source.table == table))
    }

    /// The stream of a value, which depends only on what the value is for.
    fn random(&self, table: &str, number: usize, field: &str, per: Per) -> Random {
        let person = self.registration.person.to_string();
        let (partner, period) = match per {
            Per::Person => ("", ""),
            Per::Registration => (self.registration.partner.code.as_str(), ""),
            Per::Period => (self.registration.partner.code.as_str(), self.period.label.as_str()),
        };
        let number = number.to_string();
        Random::of(self.programme.plan.seed, &[table, field, &person, partner, period, &number])
    }

    fn words(&self) -> BTreeMap<&'static str, String> {
        let pipeline = &self.programme.pipeline;
        let partner = pipeline.partners.iter().find(|partner| partner.code == self.registration.partner.code);
        let first = self.registration.seen[0];
        let mut words = BTreeMap::from([
            ("n", self.registration.person.to_string()),
            // As wide as the number in a document that nobody else has.
            ("number", format!("{:06}", self.registration.person)),
            ("partner", self.registration.partner.code.clone()),
            ("home", self.registration.home.to_owned()),
            ("reference", self.registration.reference.clone()),
            ("period", self.period.label.clone()),
            ("period_start", self.period.from.to_string()),
            ("period_end", self.period.to.to_string()),
            ("first_period", first.label.clone()),
            ("first_start", first.from.to_string()),
            ("first_end", first.to.to_string()),
            ("last_period", self.registration.seen.last().unwrap_or(&first).label.clone()),
        ]);
        if let Some(from) = partner.and_then(|partner| partner.from) {
            words.insert("partner_from", from.to_string());
        }
        let tables = partner.map_or(String::new(), |partner| {
            partner.sources.iter().map(|source| source.table.as_str()).collect::<Vec<_>>().join(" ")
        });
        words.insert("tables", tables);
        words
    }

    /// The person's row, and the rows of other tables that belong to it.
    fn rows(&self, people: &Recipe<'_>, others: &[Recipe<'_>], made: &mut Made) -> Result<(), String> {
        let reference = &self.programme.plan.people.reference;
        let mut record = self.record(people, 0, None)?;
        record.insert(reference.clone(), self.registration.reference.clone());
        if self.registration.is_second {
            self.respell(&mut record);
        }
        let wanted = |recipe: &&Recipe<'_>| {
            let fits = |(name, values): (&String, &Values)| values.hold(record.get(name).map(String::as_str));
            self.sends(recipe.table) && recipe.plan.when.iter().all(fits)
        };
        for recipe in others.iter().filter(wanted) {
            for (number, chance) in recipe.plan.chances.iter().enumerate() {
                if self.random(recipe.table, number, "chance", Per::Period).chance(*chance) {
                    let mut row = self.record(recipe, number, Some(&record))?;
                    row.insert(reference.clone(), self.registration.reference.clone());
                    self.add(recipe.table, row, made);
                }
            }
        }
        self.add(people.table, record, made);
        Ok(())
    }

    fn add(&self, table: &str, record: Record, made: &mut Made) {
        made.sources.entry(self.key(table)).or_default().rows.push(Row { record, typed: Record::new() });
    }

    fn record(&self, recipe: &Recipe<'_>, number: usize, parent: Option<&Record>) -> Result<Record, String> {
        let table = recipe.table;
        let mut row = Record::new();
        let words = self.words();
        for (field, ways) in &recipe.ways {
            if let Some(always) = self.registration.partner.always.get(field) {
                row.insert(field.clone(), always.clone());
                continue;
            }
            for way in ways {
                let per = if parent.is_some() { Per::Period } else { way.per };
                let mut random = self.random(table, number, field, per);
                let context = Context { row: &row, parent, words: &words, lists: &self.programme.plan.lists };
                if !applies(way, &context, &mut random) {
                    continue;
                }
                let value = value(way, &context, &mut random).map_err(|what| format!("{table}, {field}: {what}"))?;
                if let Some(value) = value {
                    row.insert(field.clone(), value);
                    break;
                }
            }
        }
        Ok(row)
    }

    /// A second partner may spell a name in another way.
    fn respell(&self, record: &mut Record) {
        let plan = &self.programme.plan;
        let mut random = self.random("spelling", 0, "", Per::Registration);
        if random.below(100) >= plan.people.other_spelling {
            return;
        }
        for value in record.values_mut() {
            if let Some(other) = plan.spellings.get(value) {
                value.clone_from(other);
            }
        }
    }
}
