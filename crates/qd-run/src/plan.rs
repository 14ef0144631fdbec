//! The plan: which fields of how many people would go to whom, and what stands in the way. Nothing is
//! written.

use crate::changes;
use crate::compute::Computed;
use crate::earlier::earlier;
use crate::figures;
use crate::indicators::{Crowd, Periods};
use crate::load::Loaded;
use crate::outcome::{Plan, PlanLine, PlannedReturn, Since, SinceSent};
use crate::prepared::Prepared;
use crate::released;
use crate::restricted::restricted;
use crate::returns::{self, MadeFor, Making, blocked, tables_of};
use crate::run::{Progress, RunRequest};
use crate::state;
use crate::witnesses;
use qd_disclosure::treatments::{self, Treatment};
use qd_ledger::Ledger;
use qd_model::pipeline::{FieldRelease, Part, ReturnSpec, Rows, TableRelease};
use qd_model::{Mistake, Pipeline, Refusal};
use std::collections::{BTreeMap, BTreeSet};

/// Computes what a run would release, line by line, and what would block it; writes nothing.
pub fn plan(prepared: &Prepared<'_>, request: &RunRequest<'_>, progress: &dyn Progress) -> Result<Plan, Refusal> {
    let loaded = prepared.loaded;
    let ledger = Ledger::read(&prepared.folders.ledger())?;
    witnesses::check(&prepared.folders, &ledger, &prepared.period.label)?;
    let earlier = earlier(prepared, &ledger, progress)?;
    let computed = prepared.compute(
        prepared.period,
        &earlier.people,
        earlier.previous(prepared),
        &earlier.states,
        None,
        progress,
    )?;
    let states = earlier.states.iter().chain(std::iter::once(&computed.state));
    let restricted = restricted(loaded, states, prepared.as_of)?;
    let periods = Periods {
        loaded,
        period: prepared.period,
        now: &computed.state,
        register: &computed.register,
        crowd: Crowd::of(&computed.register, &computed.state, &earlier.states),
        earlier: &earlier.states,
        is_complete: earlier.is_complete,
        as_of: Some(prepared.as_of),
        end: request.end,
        opening: earlier.opening(prepared),
    };
    let making = Making {
        streamed: &[],
        loaded,
        computed: &computed,
        key: &prepared.key,
        figures: &BTreeMap::new(),
        earlier: &earlier.states,
        restricted: &restricted,
        periods: &periods,
        // Rows are looked at here as they stand, whoever turned out to be one person since.
        identities: &[],
        sent: &[],
        before: &BTreeMap::new(),
    };
    let mut lines = Vec::new();
    let mut planned = Vec::new();
    for (spec, period) in loaded.pipeline.due(prepared.period, request.end) {
        let made_for = MadeFor::of(spec, period, prepared.as_of);
        planned.push(PlannedReturn {
            name: made_for.name.clone(),
            recipient: spec.recipient.clone(),
            blocked: blocked(loaded, &computed, spec),
            since: since_sent(prepared, &ledger, &computed, &made_for)?,
            risk: returns::risk(&making, &made_for).map(|risk| risk.in_short()),
            warnings: warnings(loaded, spec),
        });
        let before = last_sent(prepared, &ledger, spec)?;
        lines.extend(before.iter().flat_map(|before| tables_gone(loaded, &made_for, before)));
        for file in &spec.files {
            for part in &file.parts {
                match part {
                    Part::Rows(rows) => {
                        released_rows(loaded, &computed, &made_for, rows, before.as_ref(), &mut lines);
                    }
                    Part::Indicators(indicators) | Part::ByPeriod(indicators) => lines.push(PlanLine {
                        name: made_for.name.clone(),
                        recipient: spec.recipient.clone(),
                        table: indicators.name.clone(),
                        field: "counts of people".to_owned(),
                        released_as: "counts of people".to_owned(),
                        treatment: treatment_of_counts(loaded, &spec.recipient),
                        class: "none".to_owned(),
                        people: computed.state.people.len() as u64,
                        rows: 0,
                        since: None,
                    }),
                    Part::Cover(_) | Part::Open(_) => {}
                    Part::Contacts(contacts) => {
                        let rows = Rows {
                            name: contacts.name.clone(),
                            table: contacts.table.clone(),
                            filter: contacts.filter.clone(),
                            columns: Vec::new(),
                            order: Vec::new(),
                            at: contacts.at.clone(),
                        };
                        released_rows(loaded, &computed, &made_for, &rows, before.as_ref(), &mut lines);
                        if contacts.ids
                            && let Some(last) = lines.last().cloned()
                        {
                            lines.push(PlanLine {
                                field: FieldRelease::PERSON.to_owned(),
                                released_as: "follow_up_id".to_owned(),
                                treatment: "pseudonym of this list's own".to_owned(),
                                class: "direct".to_owned(),
                                since: None,
                                ..last
                            });
                        }
                    }
                }
            }
        }
    }
    Ok(Plan { released: lines, returns: planned })
}

fn warnings(loaded: &Loaded, spec: &ReturnSpec) -> Vec<Mistake> {
    let own = loaded.warnings.iter().filter(|(name, _)| *name == spec.name);
    own.map(|(_, warning)| warning.clone()).collect()
}

/// What changed in the tables of a return since its last version was sent.
fn since_sent(
    prepared: &Prepared<'_>,
    ledger: &Ledger,
    computed: &Computed,
    made_for: &MadeFor<'_>,
) -> Result<Option<SinceSent>, Refusal> {
    let loaded = prepared.loaded;
    let label = &prepared.period.label;
    let Some(last) = ledger.last_sent(label, &made_for.name)? else { return Ok(None) };
    let sent = state::read(&prepared.folders.sent_state(label, &last.state), None, loaded, Some(&prepared.key))?;
    let tables = tables_of(loaded, made_for.spec);
    let mut changes = changes::between_states(loaded, &sent, &computed.state);
    changes.retain(|change| tables.contains(&loaded.table_index(&change.table)));
    Ok(Some(SinceSent { version: last.version, changed: changes::counts(&changes) }))
}

/// What is done to counts for a recipient.
fn treatment_of_counts(loaded: &Loaded, recipient: &str) -> String {
    let recipient = loaded.pipeline.recipient(recipient).expect("the pipeline's references were checked");
    if recipient.exact_counts.is_some() { "exact counts".to_owned() } else { figures::in_short(&recipient.counts) }
}

/// Each field of a table of which the return had rows when it was last sent, and has none any longer.
fn tables_gone(loaded: &Loaded, made_for: &MadeFor<'_>, before: &Pipeline) -> Vec<PlanLine> {
    fn tables(spec: &ReturnSpec) -> BTreeSet<&str> {
        let mut tables = BTreeSet::new();
        for part in spec.files.iter().flat_map(|file| &file.parts) {
            match part {
                Part::Rows(rows) => tables.extend([rows.table.as_str()]),
                Part::Contacts(contacts) => tables.extend([contacts.table.as_str()]),
                Part::Cover(_) | Part::Indicators(_) | Part::ByPeriod(_) | Part::Open(_) => {}
            }
        }
        tables
    }
    let spec = made_for.spec;
    let (was, recipient) = (before.returns.iter().find(|was| was.name == spec.name), before.recipient(&spec.recipient));
    let Some((was, recipient)) = was.zip(recipient) else { return Vec::new() };
    let gone = tables(was).into_iter().filter(|table| !tables(spec).contains(table));
    let line = |(table, field): (&str, &FieldRelease)| PlanLine {
        name: made_for.name.clone(),
        recipient: spec.recipient.clone(),
        table: table.to_owned(),
        field: field.setting("value").unwrap_or(&field.field).to_owned(),
        released_as: field.released_as.clone(),
        treatment: field.treatment.clone(),
        class: class_of(loaded, table, field).to_owned(),
        people: 0,
        rows: 0,
        since: Some(Since::Gone),
    };
    let fields = gone.filter_map(|table| Some((table, recipient.release_of(table)?)));
    fields.flat_map(|(table, release)| released(release).map(move |field| (table, field))).map(line).collect()
}

/// The class of a released field.
fn class_of<'a>(loaded: &'a Loaded, table: &str, field: &FieldRelease) -> &'a str {
    let table = loaded.tables.iter().find(|own| own.name == table);
    let field_of = |name: &str| table.and_then(|table| table.schema.field(name));
    match field.field.as_str() {
        FieldRelease::PERSON => "direct",
        FieldRelease::PARTNER => "none",
        FieldRelease::RECORD if field_of(FieldRelease::RECORD).is_none() => "direct",
        name => field_of(name).map_or("none", |field| field.class.as_str()),
    }
}

fn released_rows(
    loaded: &Loaded,
    computed: &Computed,
    made_for: &MadeFor<'_>,
    rows: &Rows,
    before: Option<&Pipeline>,
    lines: &mut Vec<PlanLine>,
) {
    let index = loaded.table_index(&rows.table);
    let schema = &loaded.tables[index].schema;
    let filter = loaded.filter(&rows.table, rows.filter.as_ref());
    let (spec, constants) = (made_for.spec, made_for.constants);
    let (mut people, mut count) = (BTreeSet::new(), 0);
    for part in &computed.state.tables[index] {
        people.extend(qd_rules::people_of(schema, &part.typed, filter, &constants));
        count += match filter {
            None => part.typed.len(),
            Some(filter) => filter.filter(schema, &part.typed, &constants).true_count(),
        } as u64;
    }
    let recipient = loaded.pipeline.recipient(&spec.recipient).expect("the pipeline's references were checked");
    let release: &TableRelease = recipient.release_of(&rows.table).expect("releases were checked when loading");
    let before = before.map(|before| {
        let release = before.recipient(&spec.recipient).and_then(|recipient| recipient.release_of(&rows.table));
        release.map_or_else(Vec::new, |release| released(release).collect::<Vec<_>>())
    });
    let line = |field: &FieldRelease, since: Option<Since>| {
        let is_gone = since == Some(Since::Gone);
        PlanLine {
            name: made_for.name.clone(),
            recipient: spec.recipient.clone(),
            table: rows.table.clone(),
            field: field.setting("value").unwrap_or(&field.field).to_owned(),
            released_as: field.released_as.clone(),
            treatment: match treatments::by_name(&field.treatment).and_then(Treatment::caution) {
                Some(_) => format!("{} (weaker than a pseudonym)", field.treatment),
                None => field.treatment.clone(),
            },
            class: class_of(loaded, &rows.table, field).to_owned(),
            people: if is_gone { 0 } else { people.len() as u64 },
            rows: if is_gone { 0 } else { count },
            since,
        }
    };
    for field in released(release) {
        lines.push(line(field, before.as_ref().map(|before| since(field, before))));
    }
    let is_gone = |old: &&FieldRelease| released(release).all(|field| field.released_as != old.released_as);
    for old in before.iter().flatten().copied().filter(is_gone) {
        lines.push(line(old, Some(Since::Gone)));
    }
}

fn released(release: &TableRelease) -> impl Iterator<Item = &FieldRelease> {
    release.fields.iter().filter(|field| field.treatment != "drop")
}

/// How a field compares with what was released before.
fn since(field: &FieldRelease, before: &[&FieldRelease]) -> Since {
    const WORDS: [&str; 3] = ["title", "description", "reason"];
    let Some(old) = before.iter().find(|old| old.released_as == field.released_as) else { return Since::New };
    let own = |field: &FieldRelease| {
        let settings = field.settings.iter().filter(|(name, _)| !WORDS.contains(&name.as_str()));
        settings.cloned().collect::<Vec<_>>()
    };
    if (&old.field, &old.treatment) != (&field.field, &field.treatment) {
        Since::Was(format!("{} of {}", old.treatment, old.field))
    } else if own(old) != own(field) {
        Since::Was(format!("{} with other settings", old.treatment))
    } else {
        Since::Same
    }
}

/// The pipeline as it was when a return was last sent, if it ever was.
fn last_sent(prepared: &Prepared<'_>, ledger: &Ledger, spec: &ReturnSpec) -> Result<Option<Pipeline>, Refusal> {
    let periods = &prepared.loaded.pipeline.periods;
    let is_its = |name: &str| {
        name == spec.name || periods.iter().any(|period| name == format!("{}-{}", spec.name, period.label))
    };
    let versions = ledger.versions()?;
    let Some(last) = versions.iter().rfind(|version| is_its(&version.name)) else { return Ok(None) };
    Ok(released::pipeline_of(&prepared.folders, last))
}
