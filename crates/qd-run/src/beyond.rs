//! Rules that look beyond a source: at other tables of the submission, at all partners, and at the
//! period before.

use crate::compute::{Context, Source};
use crate::judge::escalate;
use crate::load::LoadedTable;
use crate::people;
use crate::state::AcceptedPart;
use arrow::array::Array;
use qd_model::finding::{Evidence, Hit, ShowValues};
use qd_model::report::NotChecked;
use qd_model::schema::{Matched, Over, Rule};
use qd_model::{Class, Severity};
use qd_rules::{Constants, NotJudged, Place};
use qd_table::Typed;
use std::collections::BTreeMap;

/// Judges every such rule on the tables as submitted.
pub(crate) fn judge(
    context: &Context<'_>,
    constants: &Constants,
    sources: &mut [Source],
    not_checked: &mut Vec<NotChecked>,
) {
    let tables = || context.loaded.tables.iter().enumerate();
    let by_person = |table: &LoadedTable| {
        let mut rules = table.schema.rules.iter().enumerate();
        rules.any(|(index, rule)| rule.over == Over::People && table.rules.is_in_force(index, constants))
    };
    if tables().any(|(_, table)| by_person(table)) {
        people::link_all(context.loaded, sources, &context.known, context.lead);
    }
    for (at, table) in tables() {
        for (index, rule) in table.schema.rules.iter().enumerate() {
            if rule.over == Over::Source || !table.rules.is_in_force(index, constants) {
                continue;
            }
            let judging = Judging { context, constants, at, table, index, rule };
            match &rule.over {
                Over::Source => {}
                Over::Partners | Over::People => judging.partners(sources, not_checked),
                Over::Table { table, matched } => {
                    judging.beside_table(context.loaded.table_index(&table.value), matched, sources, not_checked);
                }
                Over::Previous(key) => judging.beside_previous(key, sources, not_checked),
                Over::Vanished(key) => judging.vanished(key, sources, not_checked),
            }
        }
    }
}

/// One rule of one table.
struct Judging<'a> {
    context: &'a Context<'a>,
    constants: &'a Constants,
    at: usize,
    table: &'a LoadedTable,
    index: usize,
    rule: &'a Rule,
}

impl Judging<'_> {
    /// Positions of the sources of a table, of one partner where one is named, that can be judged.
    fn sources_of(sources: &[Source], table: usize, partner: Option<&str>) -> Vec<usize> {
        let wanted = |source: &Source| {
            source.table == table
                && !source.judged.is_rejected
                && partner.is_none_or(|partner| source.partner == partner)
        };
        (0..sources.len()).filter(|at| wanted(&sources[*at])).collect()
    }

    /// Partners of which a source of the table came, whatever became of it.
    fn partners_of(&self, sources: &[Source]) -> Vec<String> {
        let mut partners: Vec<String> =
            sources.iter().filter(|source| source.table == self.at).map(|source| source.partner.clone()).collect();
        partners.sort();
        partners.dedup();
        partners
    }

    fn left(&self, reason: &str, rows: u64) -> NotChecked {
        NotChecked { code: self.rule.code.clone(), reason: reason.to_owned(), rows }
    }

    fn leave(&self, not_judged: Option<NotJudged>, not_checked: &mut Vec<NotChecked>) {
        not_checked.extend(not_judged.map(|gap| self.left(gap.reason, gap.rows)));
    }

    fn partners(&self, sources: &mut [Source], not_checked: &mut Vec<NotChecked>) {
        let positions = Self::sources_of(sources, self.at, None);
        let (owners, parts) = parts(sources, &positions);
        let (places, not_judged) = self.table.rules.judge_partners(self.index, &parts, self.constants);
        let rows = rows(&owners, &parts, &places);
        self.leave(not_judged, not_checked);
        self.add(sources, rows);
    }

    fn beside_table(&self, other: usize, matched: &Matched, sources: &mut [Source], not_checked: &mut Vec<NotChecked>) {
        let schema = &self.context.loaded.tables[other].schema;
        let key: Vec<usize> = matched.other.iter().filter_map(|name| schema.index_of(name)).collect();
        let nothing = Typed::concat(&Typed::arrow_schema(schema), &[]);
        for partner in self.partners_of(sources) {
            let own = Self::sources_of(sources, self.at, Some(&partner));
            let others = Self::sources_of(sources, other, Some(&partner));
            let (owners, here) = parts(sources, &own);
            if others.is_empty() && !here.is_empty() {
                let reason = format!("no table `{}` of the same partner", self.context.loaded.tables[other].name);
                not_checked.push(self.left(&reason, count(&here)));
                continue;
            }
            let came = sources.iter().filter(|source| source.table == other && source.partner == partner).count();
            if others.len() < came && self.table.rules.counts_others(self.index) {
                // Nobody knows what all of them would come to.
                let reason = format!("not all of the table `{}` could be used", self.context.loaded.tables[other].name);
                not_checked.push(self.left(&reason, count(&here)));
                continue;
            }
            let (_, mut beside) = parts(sources, &others);
            if beside.is_empty() {
                beside.push(&nothing);
            }
            let (places, not_judged) =
                self.table.rules.judge_beside(self.index, (&here, &matched.own), (&beside, &key), self.constants);
            let rows = rows(&owners, &here, &places);
            self.leave(not_judged, not_checked);
            self.add(sources, rows);
        }
    }

    /// What the partner's accepted rows of the period before are.
    fn before(&self, partner: &str) -> Option<Vec<&AcceptedPart>> {
        let tables = &self.context.previous?.tables;
        Some(tables.get(self.at).into_iter().flatten().filter(|part| part.partner == partner).collect())
    }

    fn beside_previous(&self, key: &[usize], sources: &mut [Source], not_checked: &mut Vec<NotChecked>) {
        for partner in self.partners_of(sources) {
            let own = Self::sources_of(sources, self.at, Some(&partner));
            let (owners, here) = parts(sources, &own);
            let Some(before) = self.before(&partner) else {
                not_checked.push(self.left(NO_PREVIOUS, count(&here)));
                continue;
            };
            let before: Vec<&Typed> = before.iter().map(|part| &part.typed).collect();
            let (places, not_judged) =
                self.table.rules.judge_beside(self.index, (&here, key), (&before, key), self.constants);
            let rows = rows(&owners, &here, &places);
            self.leave(not_judged, not_checked);
            self.add(sources, rows);
        }
    }

    fn vanished(&self, key: &[usize], sources: &mut [Source], not_checked: &mut Vec<NotChecked>) {
        let Some(previous) = self.context.previous else {
            let positions = Self::sources_of(sources, self.at, None);
            not_checked.push(self.left(NO_PREVIOUS, count(&parts(sources, &positions).1)));
            return;
        };
        let mut partners: Vec<&str> =
            previous.tables.get(self.at).into_iter().flatten().map(|part| part.partner.as_str()).collect();
        partners.dedup();
        for partner in partners {
            let before = self.before(partner).unwrap_or_default();
            let typed: Vec<&Typed> = before.iter().map(|part| &part.typed).collect();
            let own = Self::sources_of(sources, self.at, Some(partner));
            let came = sources.iter().filter(|source| source.table == self.at && source.partner == partner).count();
            // Where nothing came, or not all could be used, nobody knows who is missing from it.
            if own.is_empty() || own.len() < came {
                not_checked.push(self.left("the table did not come, or could not be used", count(&typed)));
                continue;
            }
            let (_, here) = parts(sources, &own);
            let gone = self.table.rules.judge_vanished(self.index, key, &here, &typed, self.constants);
            self.leave(gone.not_judged, not_checked);
            let places = gone.places.iter().map(|place| vanished(&previous.label, before[place.part], place.row));
            let places: Vec<(String, String)> = places.collect();
            self.add_vanished(&mut sources[own[0]], places);
        }
    }

    /// One finding for each record that is not sent any more; where it stood is its evidence.
    fn add_vanished(&self, source: &mut Source, places: Vec<(String, String)>) {
        let loaded = self.context.loaded;
        let mut fault = self.table.rules.fault_of(self.index, &source.judged.shape, &loaded.pipeline.severities);
        escalate(&mut fault, self.rule, places.len() as u64, source.judged.rows);
        fault.many = format!("records of the period before: {}", self.rule.message).into();
        let findings = &mut source.judged.findings;
        for (record, place) in places {
            let index = findings.fault(fault.clone());
            if !record.is_empty() {
                findings.absent.insert(index, record);
            }
            let evidence = Some(Evidence::of(&place, Class::None, ShowValues::Plain));
            findings.hits.push(Hit { row: 0, fault: index, evidence });
        }
        findings.sort();
        source.judged.is_rejected |= source.judged.findings.count(Severity::Reject) > 0;
    }

    fn add(&self, sources: &mut [Source], rows: BTreeMap<usize, Vec<u32>>) {
        for (position, rows) in rows {
            let source = &mut sources[position];
            let severities = &self.context.loaded.pipeline.severities;
            let mut fault = self.table.rules.fault_of(self.index, &source.judged.shape, severities);
            escalate(&mut fault, self.rule, rows.len() as u64, source.judged.rows);
            let findings = &mut source.judged.findings;
            let index = findings.fault(fault);
            findings.hits.extend(rows.into_iter().map(|row| Hit { row, fault: index, evidence: None }));
            findings.sort();
            source.judged.is_rejected |= source.judged.findings.count(Severity::Reject) > 0;
        }
    }
}

const NO_PREVIOUS: &str = "no previous period";

/// The keyed digest of a record of the period before, and where it stood.
fn vanished(label: &str, part: &AcceptedPart, row: usize) -> (String, String) {
    let records = &part.facts.record;
    let record = if records.is_valid(row) { records.value(row).to_owned() } else { String::new() };
    (record, format!("row {} of {} in {label}", part.typed.rows.value(row), part.source))
}

/// The chunks of some sources, and whose each is.
fn parts<'a>(sources: &'a [Source], positions: &[usize]) -> (Vec<usize>, Vec<&'a Typed>) {
    positions.iter().flat_map(|at| sources[*at].judged.typed.iter().map(move |typed| (*at, typed))).unzip()
}

fn count(parts: &[&Typed]) -> u64 {
    parts.iter().map(|part| part.len() as u64).sum()
}

/// Spreadsheet rows by source.
fn rows(owners: &[usize], parts: &[&Typed], places: &[Place]) -> BTreeMap<usize, Vec<u32>> {
    let mut rows: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
    for place in places {
        rows.entry(owners[place.part]).or_default().push(parts[place.part].rows.value(place.row));
    }
    rows
}
