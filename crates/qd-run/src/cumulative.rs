//! One ever-growing sheet: which of its rows are of this period, and which records have gone from it.
//!
//! Only rows that are new, or changed since a period before, count as of the period that is run; the others
//! count in their own. All rows are there while references are judged and people are linked, since a
//! new row may rest on an old one.

use crate::changes::{self, Values};
use crate::codes::fault;
use crate::compute::{Context, Source};
use crate::judge::{filled, filled_cells};
use arrow::array::{BooleanArray, StringArray};
use qd_model::Class;
use qd_model::finding::{Evidence, Hit, ShowValues};
use qd_model::pipeline::Coverage;
use qd_model::report::NotChecked;
use std::collections::{BTreeMap, BTreeSet};

/// What one partner's table gave in the periods before: of each record, what stood in its rows and where
/// it was met last.
#[derive(Default)]
struct Known {
    content: Vec<blake3::Hash>,
    place: String,
}

/// Whether all that a partner sends for a table comes as one ever-growing sheet.
pub(crate) fn is_cumulative(context: &Context<'_>, partner: &str, table: usize) -> bool {
    let table = &context.loaded.tables[table].name;
    let partner = context.loaded.pipeline.partners.iter().find(|other| other.code == partner);
    let mut sources = partner.into_iter().flat_map(|partner| &partner.sources);
    sources.any(|source| source.table == *table && source.coverage == Coverage::Cumulative)
}

/// Works out which rows are as they were: they are marked, and what is said of them is taken back, since it
/// was said in their own period. Records that are not there any more are queries.
pub(crate) fn work_out(
    context: &Context<'_>,
    sources: &mut [Source],
    records: &[Vec<StringArray>],
    not_checked: &mut Vec<NotChecked>,
) {
    let mut groups: BTreeMap<(String, usize), Vec<usize>> = BTreeMap::new();
    for (at, source) in sources.iter().enumerate() {
        if is_cumulative(context, &source.partner, source.table) {
            groups.entry((source.partner.clone(), source.table)).or_default().push(at);
        }
    }
    for ((partner, table), came) in groups {
        let positions: Vec<usize> = came.iter().copied().filter(|at| !sources[*at].judged.is_rejected).collect();
        let mut known = known(context, &partner, table);
        let mut here: BTreeSet<&str> = BTreeSet::new();
        for at in &positions {
            here.extend(records[*at].iter().flat_map(|records| records.iter().flatten()));
        }
        let gone: Vec<(String, String)> = known
            .iter()
            .filter(|(record, _)| !here.contains(record.as_str()))
            .map(|(record, known)| (record.clone(), known.place.clone()))
            .collect();
        for at in &positions {
            mark(context, &mut sources[*at], &records[*at], &mut known);
        }
        if positions.len() < came.len() {
            // Nobody knows which records are missing from what could not be used.
            let reason = "a source of the ever-growing table could not be used".to_owned();
            let rows = gone.len() as u64;
            not_checked.push(NotChecked { code: "disappeared-record".to_owned(), reason, rows });
        } else {
            query(context, &mut sources[positions[0]], gone);
        }
    }
}

/// The records that a partner's table had before, as they stood last.
fn known(context: &Context<'_>, partner: &str, table: usize) -> BTreeMap<String, Known> {
    let name = &context.loaded.tables[table].name;
    let mut known: BTreeMap<String, Known> = BTreeMap::new();
    for state in context.earlier {
        let mut places: BTreeMap<&str, String> = BTreeMap::new();
        for part in state.tables[table].iter().filter(|part| part.partner == partner) {
            for (row, record) in part.typed.rows.values().iter().zip(&part.facts.record) {
                let place = || format!("row {row} of {} in {}", part.source, state.label);
                places.entry(record.unwrap_or_default()).or_insert_with(place);
            }
        }
        for ((of, table, record), rows) in changes::records_of(context.loaded, state) {
            if of != partner || table != *name || record.is_empty() {
                continue;
            }
            let place = places.get(record.as_str()).cloned().unwrap_or_default();
            let known = known.entry(record).or_default();
            // A period holds only the rows of a record that were new or changed then: where a record has
            // one row, the newer takes the older one's place; where it has several, they come together.
            let values = rows.into_content();
            if known.content.len() <= 1 && values.len() == 1 {
                known.content = values;
            } else {
                known.content.extend(values);
            }
            known.place = place;
        }
    }
    known
}

/// Marks the rows of a source that are as they were.
fn mark(context: &Context<'_>, source: &mut Source, records: &[StringArray], known: &mut BTreeMap<String, Known>) {
    let (mut unchanged, mut changed) = (Vec::new(), 0);
    for (typed, records) in source.judged.typed.iter().zip(records) {
        let values = Values::of(&typed.batch);
        for (index, record) in records.iter().enumerate() {
            let Some(known) = record.and_then(|record| known.get_mut(record)) else { continue };
            let digest = values.digest(index);
            match known.content.iter().position(|content| *content == digest) {
                // Each row that was there before stands for one that is there now.
                Some(at) => {
                    known.content.swap_remove(at);
                    unchanged.push(typed.rows.value(index));
                }
                None => changed += 1,
            }
        }
    }
    unchanged.sort_unstable();
    let (all, as_before) = (source.judged.rows, unchanged.len() as u64);
    source.unchanged = unchanged;
    take_back(source);
    let message = format!(
        "The sheet holds all periods: of its rows, {} are new, {changed} changed and {as_before} as they were in a period before, where they count",
        all - as_before - changed
    );
    source.judged.findings.add(fault(
        "rows-as-before",
        &context.loaded.pipeline.severities,
        message,
        "sheets hold all periods",
        "nothing; the pipeline says of this source `coverage = \"cumulative\"`",
    ));
    source.judged.findings.sort();
}

/// Takes back what is said of rows that are as they were.
fn take_back(source: &mut Source) {
    let Source { judged, unchanged, .. } = source;
    judged.findings.hits.retain(|hit| hit.row == 0 || unchanged.binary_search(&hit.row).is_err());
}

/// Asks after every record that is not there any more, by its digest and where it stood. The digest of what
/// is behind the query is that of the record, so that an explanation holds for as long as it stays away.
fn query(context: &Context<'_>, source: &mut Source, gone: Vec<(String, String)>) {
    for (record, place) in gone {
        let index = source.judged.findings.fault(fault(
            "disappeared-record",
            &context.loaded.pipeline.severities,
            "A record of a period before is not in the sheet any more, which should hold all periods".to_owned(),
            "records of periods before are not in the sheet any more, which should hold all periods",
            "ask the partner whether the row was deleted by mistake; if it was meant, explain the query",
        ));
        source.judged.findings.digests.insert((0, index), context.lead.pseudonym("value", &[&record]));
        source.judged.findings.absent.insert(index, record);
        let evidence = Some(Evidence::of(&place, Class::None, ShowValues::Plain));
        source.judged.findings.hits.push(Hit { row: 0, fault: index, evidence });
    }
    source.judged.findings.sort();
}

/// Leaves out the rows that are as they were, now that all which rests on them is judged.
pub(crate) fn leave_out(context: &Context<'_>, sources: &mut [Source], records: &mut [Vec<StringArray>]) {
    for (source, records) in sources.iter_mut().zip(records).filter(|(source, _)| !source.unchanged.is_empty()) {
        take_back(source);
        let is_new = |row: &u32| Some(source.unchanged.binary_search(row).is_err());
        let masks: Vec<BooleanArray> =
            source.judged.typed.iter().map(|typed| typed.rows.values().iter().map(is_new).collect()).collect();
        for ((typed, records), mask) in source.judged.typed.iter_mut().zip(records).zip(&masks) {
            *typed = typed.filter(mask);
            *records = records.iter().zip(mask).filter(|(_, keep)| *keep == Some(true)).map(|(text, _)| text).collect();
        }
        source.judged.rows -= source.unchanged.len() as u64;
        source.held = source.judged.held();
        let parts: Vec<Vec<u64>> = source.judged.typed.iter().map(filled_cells).collect();
        source.judged.filled = filled(&context.loaded.tables[source.table].schema, &parts);
    }
}
