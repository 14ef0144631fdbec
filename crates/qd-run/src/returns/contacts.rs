//! Lists of people to contact: who may be on one, by which way, and how many are left out and why.

use super::{Content, Maker};
use crate::audit::RowLineage;
use crate::people::cell_text;
use crate::state::PeriodState;
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::datatypes::Date32Type;
use qd_disclosure::{Clearance, ClearedTable, Reasons};
use qd_model::period;
use qd_model::pipeline::{Consent, Contacts, FileSpec, Keep, TableRelease};
use qd_model::schema::Placed;
use qd_table::Typed;
use std::collections::{BTreeMap, BTreeSet};

/// People by the lead's ids, which are the same in every period.
type People = BTreeSet<String>;

/// A row of a person and the way by which that person is contacted.
struct Chosen<'a> {
    part: usize,
    row: usize,
    way: &'a str,
}

impl Maker<'_> {
    /// The list, and in `content` who is on it and who is not.
    pub(super) fn contacts(&self, contacts: &Contacts, file: &FileSpec, content: &mut Content) -> ClearedTable {
        let now = &self.making.computed.state;
        let mut people = People::new();
        self.collect(now, &contacts.table, contacts.filter.as_ref(), &mut people);
        let mut leave = |people: &mut People, reason: &str, gone: &People| {
            let before = people.len();
            people.retain(|person| !gone.contains(person));
            if before > people.len() {
                content.left_out.push((reason.to_owned(), (before - people.len()) as u64));
            }
        };
        leave(&mut people, "the use of their data is restricted", self.making.restricted);
        for out in &contacts.leave_out {
            leave(&mut people, &out.reason, &self.ever(&out.table, out.filter.as_ref()));
        }
        if let Some(consent) = &contacts.consent {
            let consented = self.consented(consent);
            let without = people.difference(&consented).cloned().collect();
            leave(&mut people, "have not consented, or no longer do", &without);
        }
        let ways = self.ways(contacts);
        let other: People =
            people.iter().filter(|person| matches!(ways.get(*person), Some(Way::Another))).cloned().collect();
        leave(&mut people, "chose another way, or none", &other);
        let silent = people.iter().filter(|person| !matches!(ways.get(*person), Some(Way::By(_)))).cloned().collect();
        leave(&mut people, "no way to reach them is recorded", &silent);
        let chosen: Vec<&Chosen<'_>> = ways
            .iter()
            .filter(|(person, _)| people.contains(*person))
            .filter_map(|(_, way)| if let Way::By(chosen) = way { Some(chosen) } else { None })
            .collect();
        self.list(contacts, chosen, file, content)
    }

    /// What the list shows of the rows that were chosen.
    fn list(
        &self,
        contacts: &Contacts,
        mut chosen: Vec<&Chosen<'_>>,
        file: &FileSpec,
        content: &mut Content,
    ) -> ClearedTable {
        let making = self.making;
        let index = making.loaded.table_index(&contacts.table);
        let schema = &making.loaded.tables[index].schema;
        let parts = &making.computed.state.tables[index];
        chosen.sort_by_key(|chosen| (chosen.part, chosen.row));
        let typed: Vec<(usize, Typed)> = (0..parts.len())
            .map(|at| {
                let mut keep = vec![false; parts[at].typed.len()];
                chosen.iter().filter(|chosen| chosen.part == at).for_each(|chosen| keep[chosen.row] = true);
                (at, parts[at].typed.filter(&BooleanArray::from(keep)))
            })
            .collect();
        for (_, typed) in &typed {
            content.rows += typed.len() as u64;
            content.people.extend(typed.person.iter().flat_map(|person| person.iter().flatten()));
        }
        let given: Vec<qd_disclosure::Rows<'_>> = typed
            .iter()
            .map(|(at, typed)| qd_disclosure::Rows {
                partner: &parts[*at].partner,
                period: &self.period.label,
                typed,
                records: None,
            })
            .collect();
        let clearance = Clearance {
            schema,
            release: &self.basic(contacts),
            key: &self.key,
            period: (self.period.from, self.period.to),
            lookups: &making.loaded.lookups,
            reasons: Reasons::Left,
        };
        let cleared = qd_disclosure::clear(&clearance, &given, &making.computed.state.people);
        let ways: Vec<&str> = chosen.iter().map(|chosen| chosen.way).collect();
        let person = |chosen: &&Chosen<'_>| {
            let person = parts[chosen.part].typed.person.as_ref().expect("who is on the list was found by it");
            making.computed.state.people[person.value(chosen.row) as usize].as_str()
        };
        let people: Vec<&str> = chosen.iter().map(person).collect();
        let own = Some((&self.key, people.as_slice()));
        let list = qd_disclosure::clear_contacts(&cleared, contacts, schema, &ways, own);
        let rows: Vec<&Typed> = typed.iter().map(|(_, typed)| typed).collect();
        let path = self.path(file, &contacts.table);
        let part = (contacts.name.as_str(), contacts.table.as_str());
        if making.loaded.pipeline.outputs.keep == Keep::All {
            content.lineage.push(RowLineage::of(path, part, parts, &rows, &list));
        }
        list
    }

    /// The part of the recipient's profile that the list needs.
    fn basic(&self, contacts: &Contacts) -> TableRelease {
        let release = self.recipient.release_of(&contacts.table).expect("releases were checked when loading");
        let is_needed = |name: &str| contacts.released().any(|needed| needed == name);
        let fields = release.fields.iter().filter(|field| is_needed(&field.released_as)).cloned().collect();
        TableRelease { table: release.table.clone(), fields }
    }

    /// The way of each person in the period's rows.
    fn ways<'b>(&self, contacts: &'b Contacts) -> BTreeMap<String, Way<'b>> {
        let loaded = self.making.loaded;
        let index = loaded.table_index(&contacts.table);
        let schema = &loaded.tables[index].schema;
        let state = &self.making.computed.state;
        let release = self.basic(contacts);
        let field_of = |released_as: &String| {
            let field = release.fields.iter().find(|field| field.released_as == *released_as)?;
            schema.index_of(&field.field)
        };
        let channel = schema.index_of(&contacts.channel).expect("the list was checked when loading");
        let mut ways: BTreeMap<String, Way<'b>> = BTreeMap::new();
        for (part, accepted) in state.tables[index].iter().enumerate() {
            let Some(person) = &accepted.typed.person else { continue };
            for row in (0..accepted.typed.len()).filter(|row| person.is_valid(*row)) {
                let code = cell_text(&accepted.typed, channel, row);
                let known = contacts.channels.iter().find(|(known, _)| *known == code);
                let way = match known {
                    None if code.is_empty() => continue,
                    None => Way::Another,
                    Some((way, columns)) => {
                        let has_detail = columns
                            .iter()
                            .filter_map(field_of)
                            .any(|field| !cell_text(&accepted.typed, field, row).is_empty());
                        if !has_detail {
                            continue;
                        }
                        Way::By(Chosen { part, row, way })
                    }
                };
                let id = &state.people[person.value(row) as usize];
                match (ways.get(id), &way) {
                    // Whoever told anybody not to be contacted is not contacted.
                    (None, _) | (Some(_), Way::Another) => drop(ways.insert(id.clone(), way)),
                    (Some(_), Way::By(_)) => {}
                }
            }
        }
        ways
    }

    /// Whose consent was given by the day of judging, and not withdrawn since.
    fn consented(&self, consent: &Consent) -> People {
        let loaded = self.making.loaded;
        let index = loaded.table_index(&consent.table);
        let schema = &loaded.tables[index].schema;
        let as_of = period::days(self.making.computed.as_of);
        let filter = loaded.filter(&consent.table, consent.filter.as_ref());
        let (given, withdrawn) = (schema.index_of(&consent.given), schema.index_of(&consent.withdrawn));
        let (Some(given), Some(withdrawn)) = (given, withdrawn) else { return People::new() };
        let mut last: BTreeMap<&str, (Option<i32>, Option<i32>)> = BTreeMap::new();
        for state in self.states() {
            for part in &state.tables[index] {
                let Some(person) = &part.typed.person else { continue };
                let mask = filter.map(|filter| filter.filter(schema, &part.typed, &self.constants));
                let day = |field: usize, row: usize| {
                    let days: &ArrayRef = part.typed.column(field);
                    let days = days.as_primitive::<Date32Type>();
                    days.is_valid(row).then(|| days.value(row)).filter(|day| *day <= as_of)
                };
                for row in 0..part.typed.len() {
                    let is_wanted = mask.as_ref().is_none_or(|mask| mask.is_valid(row) && mask.value(row));
                    if !is_wanted || person.is_null(row) {
                        continue;
                    }
                    let entry = last.entry(&state.people[person.value(row) as usize]).or_default();
                    entry.0 = entry.0.max(day(given, row));
                    entry.1 = entry.1.max(day(withdrawn, row));
                }
            }
        }
        let stands = |(given, withdrawn): &(Option<i32>, Option<i32>)| given.is_some() && withdrawn < given;
        last.into_iter().filter(|(_, days)| stands(days)).map(|(person, _)| person.to_owned()).collect()
    }

    /// People with such a row in this period or any earlier one.
    fn ever(&self, table: &str, filter: Option<&Placed<String>>) -> People {
        let mut people = People::new();
        self.states().for_each(|state| self.collect(state, table, filter, &mut people));
        people
    }

    fn states(&self) -> impl Iterator<Item = &PeriodState> {
        self.making.earlier.iter().chain(std::iter::once(&self.making.computed.state))
    }

    fn collect(&self, state: &PeriodState, table: &str, filter: Option<&Placed<String>>, people: &mut People) {
        let loaded = self.making.loaded;
        let index = loaded.table_index(table);
        let filter = loaded.filter(table, filter);
        for part in &state.tables[index] {
            let found = qd_rules::people_of(&loaded.tables[index].schema, &part.typed, filter, &self.constants);
            people.extend(found.into_iter().map(|person| state.people[person as usize].clone()));
        }
    }
}

/// What is known of how a person wants to be contacted.
enum Way<'a> {
    /// By one of the list's ways, of which there is a detail.
    By(Chosen<'a>),
    /// By none of the list's ways.
    Another,
}
