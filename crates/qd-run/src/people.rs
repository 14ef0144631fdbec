//! People: which rows are about whom.

use crate::codes::fault;
use crate::compute::Source;
use crate::load::{Loaded, LoadedTable};
use crate::state::PeriodState;
use arrow::array::{Array, AsArray, UInt32Array};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use qd_disclosure::DomainKey;
use qd_ledger::{Identity, IdentityChange, PeriodPeople};
use qd_link::{Known, Linked, Record, Register};
use qd_model::pipeline::People;
use qd_model::report::SourceReport;
use qd_model::schema::FieldType;
use qd_model::words;
use qd_table::Typed;
use std::borrow::Cow;
use std::collections::HashMap;

/// Two records that may be of one person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Suggestion {
    pub(crate) one: RecordPlace,
    pub(crate) other: RecordPlace,
}

/// Where a record stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RecordPlace {
    pub(crate) partner: String,
    pub(crate) source: String,
    pub(crate) row: u32,
    pub(crate) person: String,
    /// What people name the record by when they decide.
    pub(crate) name: String,
}

/// What linking came to.
pub(crate) struct LinkedPeople {
    /// Person ids; a row's person is an index into them.
    pub(crate) people: Vec<String>,
    pub(crate) register: Register,
    /// What that adds to the register before.
    pub(crate) added: PeriodPeople,
    pub(crate) suggestions: Vec<Suggestion>,
    /// Pairs of records that were found to be of one person: what a person may decide otherwise.
    pub(crate) pairs: Vec<Suggestion>,
    /// How many decisions that records are two people's are contradicted by what else they share.
    pub(crate) contradicted: usize,
}

/// A cell of a typed table as canonical text, blank where it holds nothing.
pub(crate) fn cell_text(typed: &Typed, field: usize, index: usize) -> String {
    let column = typed.column(field);
    if column.is_null(index) {
        return String::new();
    }
    if let Some(text) = column.as_string_view_opt() {
        return text.value(index).to_owned();
    }
    let options = FormatOptions::default();
    let formatter = ArrayFormatter::try_new(column.as_ref(), &options).expect("every type we keep has a text form");
    formatter.value(index).to_string()
}

/// Where an accepted record of the people table stands.
struct Place {
    source: usize,
    chunk: usize,
    index: usize,
}

/// Links the accepted records of the people table, and gives each accepted row its person.
/// `before` is the register after the period before; what was sent of this one may be known besides.
pub(crate) fn link(
    loaded: &Loaded,
    sources: &mut [Source],
    known: &Known<'_>,
    before: &Register,
    lead: &DomainKey,
) -> LinkedPeople {
    let (Some(people), Some(table)) = (&loaded.pipeline.people, loaded.people_table()) else {
        return LinkedPeople {
            people: Vec::new(),
            register: Register::default(),
            added: PeriodPeople::default(),
            suggestions: Vec::new(),
            pairs: Vec::new(),
            contradicted: 0,
        };
    };
    let fields = Fields::of(people, &loaded.tables[table]);
    let (places, cells) = fields.records(sources, table, |source, row| source.held.binary_search(&row).is_err());
    let digest = |kind: &str, parts: &[&str]| lead.pseudonym(kind, parts);
    let linked = qd_link::link(&records(sources, &places, &cells), known, &digest);

    let place_of = |position: usize| {
        let place = &places[position];
        let source = &sources[place.source];
        RecordPlace {
            partner: source.partner.clone(),
            source: source.public.clone(),
            row: source.judged.typed[place.chunk].rows.value(place.index),
            person: linked.people[linked.person_of_record[position] as usize].clone(),
            name: linked.name_of_record[position].clone(),
        }
    };
    let mut suggestions: Vec<Suggestion> = linked
        .suggestions
        .iter()
        .map(|(one, other)| Suggestion { one: place_of(*one), other: place_of(*other) })
        .collect();
    suggestions.sort();
    let pairs = pairs(&linked, &place_of);

    let whose = Whose::of(sources, &places, &cells, &linked);
    let ids = give_people(loaded, sources, &whose, &linked, &digest);
    LinkedPeople {
        added: added(&linked, before, known.period),
        contradicted: linked.contradicted.len(),
        people: ids,
        register: linked.register,
        suggestions,
        pairs,
    }
}

/// Gives every row of the tables as submitted, held or not, the person that it would be linked to, for
/// rules that look at a person's rows. What is accepted is linked anew by [`link`].
pub(crate) fn link_all(loaded: &Loaded, sources: &mut [Source], known: &Known<'_>, lead: &DomainKey) {
    let (Some(people), Some(table)) = (&loaded.pipeline.people, loaded.people_table()) else { return };
    let fields = Fields::of(people, &loaded.tables[table]);
    let (places, cells) = fields.records(sources, table, |_, _| true);
    let digest = |kind: &str, parts: &[&str]| lead.pseudonym(kind, parts);
    let linked = qd_link::link(&records(sources, &places, &cells), known, &digest);
    let whose = Whose::of(sources, &places, &cells, &linked);
    give_people(loaded, sources, &whose, &linked, &digest);
}

/// What linking sees of some rows.
fn records<'a>(sources: &'a [Source], places: &[Place], cells: &'a [Cells]) -> Vec<Record<'a>> {
    let record = |(place, cells): (&Place, &'a Cells)| Record {
        partner: &sources[place.source].partner,
        record: &cells.record,
        strong: cells.strong.iter().map(|(name, values)| (name.as_str(), borrowed(values))).collect(),
        suggest: cells.suggest.clone(),
    };
    places.iter().zip(cells).map(record).collect()
}

/// Pairs of records of one person, each with that person's first; sorted.
fn pairs(linked: &Linked, place_of: &dyn Fn(usize) -> RecordPlace) -> Vec<Suggestion> {
    let mut first: HashMap<u32, usize> = HashMap::new();
    let mut pairs = Vec::new();
    for (position, person) in linked.person_of_record.iter().enumerate() {
        let one = *first.entry(*person).or_insert(position);
        if linked.name_of_record[one] != linked.name_of_record[position] {
            pairs.push(Suggestion { one: place_of(one), other: place_of(position) });
        }
    }
    pairs.sort();
    pairs
}

/// Calls the people of earlier periods as the register does now, where some who were one person turned
/// out to be two: which of the two a row is of, its partner's reference tells.
pub(crate) fn relabel(loaded: &Loaded, states: &mut [PeriodState], register: &Register, lead: &DomainKey) {
    let Some(people) = &loaded.pipeline.people else { return };
    for state in states {
        let mut index: HashMap<String, u32> = state.people.iter().cloned().zip(0..).collect();
        for (at, parts) in state.tables.iter_mut().enumerate() {
            let own = loaded.pipeline.tables[at].record.as_deref();
            let name = if loaded.people_table() == Some(at) { Some(people.record.as_str()) } else { own };
            let Some(field) = name.and_then(|name| loaded.tables[at].schema.index_of(name)) else { continue };
            for part in parts {
                let Some(before) = part.typed.person.take() else { continue };
                let person = |row: usize| {
                    let known = before.is_valid(row).then(|| before.value(row))?;
                    let reference = cell_text(&part.typed, field, row);
                    let now = register.person_of(&lead.pseudonym("reference", &[&part.partner, &reference]));
                    let Some(now) = now.filter(|_| !reference.is_empty()) else { return Some(known) };
                    let next = index.len() as u32;
                    Some(*index.entry(now.to_owned()).or_insert(next))
                };
                let after: UInt32Array = (0..part.typed.len()).map(person).collect();
                part.typed.person = Some(after);
            }
        }
        let mut people: Vec<(u32, String)> = index.into_iter().map(|(person, at)| (at, person)).collect();
        people.sort_unstable();
        state.people = people.into_iter().map(|(_, person)| person).collect();
    }
}

/// Whose each record of the people table is: by its place, and by partner and reference, by which other
/// tables find their people. A blank reference leads nowhere.
#[derive(Default)]
struct Whose {
    at: HashMap<(usize, usize, usize), u32>,
    by_reference: HashMap<(String, String), u32>,
}

impl Whose {
    fn of(sources: &[Source], places: &[Place], cells: &[Cells], linked: &Linked) -> Self {
        let mut whose = Self::default();
        for ((place, cells), person) in places.iter().zip(cells).zip(&linked.person_of_record) {
            whose.at.insert((place.source, place.chunk, place.index), *person);
            if !cells.record.is_empty() {
                whose.by_reference.insert((sources[place.source].partner.clone(), cells.record.clone()), *person);
            }
        }
        whose
    }
}

/// Gives every row its person, and answers the ids that the rows' people are indexes into.
fn give_people(
    loaded: &Loaded,
    sources: &mut [Source],
    whose: &Whose,
    linked: &Linked,
    digest: &dyn Fn(&str, &[&str]) -> String,
) -> Vec<String> {
    let mut ids = linked.people.clone();
    let mut index: HashMap<String, u32> = ids.iter().cloned().zip(0..).collect();
    // One whom this period's people table does not have, or has held, may be known from before.
    let mut known_before = |partner: &str, reference: &str| {
        let id = linked.register.person_of(&digest("reference", &[partner, reference]))?;
        Some(*index.entry(id.to_owned()).or_insert_with(|| {
            ids.push(id.to_owned());
            ids.len() as u32 - 1
        }))
    };
    for (at, source) in sources.iter_mut().enumerate() {
        let name = loaded.pipeline.tables[source.table].record.as_deref();
        let field = name.and_then(|name| loaded.tables[source.table].schema.index_of(name));
        let is_people = loaded.people_table() == Some(source.table);
        for (chunk, typed) in source.judged.typed.iter_mut().enumerate() {
            let mut person = |index: usize| match field {
                _ if is_people => whose.at.get(&(at, chunk, index)).copied(),
                Some(field) => {
                    let key = (source.partner.clone(), cell_text(typed, field, index));
                    let found = whose.by_reference.get(&key).copied();
                    found.or_else(|| if key.1.is_empty() { None } else { known_before(&key.0, &key.1) })
                }
                None => None,
            };
            let person: UInt32Array = (0..typed.len()).map(&mut person).collect();
            typed.person = Some(person);
        }
    }
    ids
}

/// What a period adds to the register, with what that means for people who were known.
fn added(linked: &Linked, before: &Register, period: &str) -> PeriodPeople {
    let qd_link::Added { new, moved } = linked.register.added_to(before, period);
    let identity =
        |change, before: &str, after: &str| Identity { change, before: before.to_owned(), after: after.to_owned() };
    let merged = linked.merges.iter().map(|merge| identity(IdentityChange::Merged, &merge.given_up, &merge.kept));
    let split = linked.splits.iter().map(|split| identity(IdentityChange::Split, &split.from, &split.to));
    let mut identities: Vec<Identity> = merged.chain(split).collect();
    identities.sort();
    PeriodPeople { new, moved, identities }
}

fn borrowed(values: &[String]) -> Vec<Cow<'_, str>> {
    values.iter().map(|value| Cow::Borrowed(value.as_str())).collect()
}

/// The fields of the people table that linking reads.
struct Fields {
    record: usize,
    strong: Vec<(String, Vec<(usize, LinkKey)>)>,
    suggest: Vec<(usize, FieldType)>,
}

/// How a strong identifier's value is cut to the part that tells people apart.
type LinkKey = Option<&'static dyn qd_model::kinds::Kind>;

/// One record's values.
struct Cells {
    record: String,
    strong: Vec<(String, Vec<String>)>,
    suggest: Option<String>,
}

impl Fields {
    fn of(people: &People, table: &LoadedTable) -> Self {
        let index = |name: &String| table.schema.index_of(name).expect("the fields were checked when loading");
        Self {
            record: index(&people.record),
            strong: people
                .strong
                .iter()
                .map(|strong| {
                    let fields = strong.fields.iter().map(index);
                    (strong.name.clone(), fields.map(|field| (field, table.schema.fields[field].kind)).collect())
                })
                .collect(),
            suggest: people
                .suggest
                .iter()
                .map(index)
                .map(|field| (field, table.schema.fields[field].field_type))
                .collect(),
        }
    }

    /// The wanted records of the people table's sources that can be used, with their places.
    fn records(
        &self,
        sources: &[Source],
        table: usize,
        is_wanted: impl Fn(&Source, u32) -> bool,
    ) -> (Vec<Place>, Vec<Cells>) {
        let (mut places, mut cells) = (Vec::new(), Vec::new());
        let used = |(_, source): &(usize, &Source)| source.table == table && !source.judged.is_rejected;
        for (at, source) in sources.iter().enumerate().filter(used) {
            for (chunk, typed) in source.judged.typed.iter().enumerate() {
                for (index, row) in typed.rows.values().iter().enumerate() {
                    if is_wanted(source, *row) {
                        places.push(Place { source: at, chunk, index });
                        cells.push(self.cells(typed, index));
                    }
                }
            }
        }
        (places, cells)
    }

    fn cells(&self, typed: &Typed, index: usize) -> Cells {
        // Every record has an entry for every strong identifier; a blank one counts as not given.
        let strong = self.strong.iter().map(|(name, fields)| {
            let values: Vec<String> = fields
                .iter()
                .map(|(field, kind)| {
                    let text = cell_text(typed, *field, index);
                    kind.map_or_else(|| text.clone(), |kind| kind.link_key(&text).to_owned())
                })
                .collect();
            (name.clone(), values)
        });
        let suggest: Vec<String> = self
            .suggest
            .iter()
            .map(|(field, field_type)| {
                let text = cell_text(typed, *field, index);
                if *field_type == FieldType::String { words::fold(&text) } else { text }
            })
            .collect();
        let complete = !suggest.is_empty() && suggest.iter().all(|value| !value.is_empty());
        Cells {
            record: cell_text(typed, self.record, index),
            strong: strong.collect(),
            suggest: complete.then(|| suggest.join("\u{1f}")),
        }
    }
}

/// The findings about people as a whole: matches for a person to decide, and decisions that do not hold.
pub(crate) fn reports(loaded: &Loaded, linked: &LinkedPeople) -> Vec<SourceReport> {
    let mut reports = Vec::new();
    let mut add = |code: &str, message: String, many: &str, fix: &str| {
        let mut report = SourceReport::default();
        report.findings.add(fault(code, &loaded.pipeline.severities, message, many, fix));
        reports.push(report);
    };
    let suggested = linked.suggestions.len();
    if suggested > 0 {
        let verb = words::plural(suggested, "has");
        add(
            "suggested-match",
            format!(
                "{} of records {verb} the same name and date of birth and no document number in common",
                words::count(suggested, "pair")
            ),
            "pairs of records may be one person",
            "ask the partners, then decide in the list of suggested matches in the period's private folder and give it to `quarterday links`",
        );
    }
    if linked.contradicted > 0 {
        let verb = words::plural(linked.contradicted, "is");
        add(
            "contradicted-decision",
            format!(
                "{} that two records are different people's {verb} contradicted by a document number that both lead to",
                words::count(linked.contradicted, "decision")
            ),
            "decisions are contradicted by document numbers",
            "look at the records again, and decide anew with `quarterday links`",
        );
    }
    reports
}
