//! References between tables, and rows that are held because what they refer to is held.

use crate::codes::fault;
use crate::compute::Source;
use crate::load::Loaded;
use qd_model::finding::{Hit, ShowValues};
use qd_model::report::NotChecked;
use qd_model::schema::ForeignKey;
use qd_table::Typed;

/// Judges every foreign key on the tables as submitted, then holds what refers to held rows, and so
/// on until nothing changes.
pub(crate) fn hold(loaded: &Loaded, sources: &mut [Source], not_checked: &mut Vec<NotChecked>) {
    for (table, schema) in loaded.tables.iter().map(|table| &table.schema).enumerate() {
        for key in &schema.foreign_keys {
            match referred_table(loaded, table, key) {
                Some(referred) => judge_key(loaded, sources, &Reference { table, key, referred }),
                None => not_checked.push(NotChecked {
                    code: "foreign-key".to_owned(),
                    reason: format!("this pipeline has no table `{}`", key.resource.as_deref().unwrap_or_default()),
                    rows: 0,
                }),
            }
        }
    }
    // Each round can only hold more rows; a chain of references is as long as there are tables.
    for _ in 0..=loaded.tables.len() {
        let mut held_more = false;
        for (table, schema) in loaded.tables.iter().map(|table| &table.schema).enumerate() {
            for key in &schema.foreign_keys {
                if let Some(referred) = referred_table(loaded, table, key) {
                    held_more |= hold_with(loaded, sources, &Reference { table, key, referred });
                }
            }
        }
        if !held_more {
            break;
        }
    }
    for source in sources {
        source.judged.findings.sort();
    }
}

/// A foreign key between two tables of the pipeline, by their indexes.
struct Reference<'a> {
    table: usize,
    key: &'a ForeignKey,
    referred: usize,
}

fn referred_table(loaded: &Loaded, table: usize, key: &ForeignKey) -> Option<usize> {
    match &key.resource {
        None => Some(table),
        Some(name) => loaded.tables.iter().position(|other| other.name == *name),
    }
}

/// Positions of the sources that a source's key may refer to.
fn referred_sources(sources: &[Source], reference: &Reference<'_>, partner: &str) -> Vec<usize> {
    let wanted = |source: &Source| {
        source.table == reference.referred && (reference.key.all_partners || source.partner == partner)
    };
    (0..sources.len())
        .filter(|position| wanted(&sources[*position]) && !sources[*position].judged.is_rejected)
        .collect()
}

fn judge_key(loaded: &Loaded, sources: &mut [Source], reference: &Reference<'_>) {
    let schema = &loaded.tables[reference.table].schema;
    for position in 0..sources.len() {
        if sources[position].table != reference.table || sources[position].judged.is_rejected {
            continue;
        }
        let others = referred_sources(sources, reference, &sources[position].partner);
        // Where nothing came to refer to, the rows are held with what is not there instead.
        if others.is_empty() {
            continue;
        }
        let referred: Vec<&Typed> = others.iter().flat_map(|other| &sources[*other].judged.typed).collect();
        let rows = qd_check::foreign_key(
            schema,
            reference.key,
            &sources[position].judged.typed,
            &loaded.tables[reference.referred].schema,
            &referred,
        );
        if rows.is_empty() {
            continue;
        }
        let settings =
            qd_check::Settings { formats: &[], severities: &loaded.pipeline.severities, show: ShowValues::Plain };
        let source = &mut sources[position];
        let fault = qd_check::foreign_key_fault(schema, reference.key, &source.judged.shape, &settings);
        let fault = source.judged.findings.fault(fault);
        source.judged.findings.hits.extend(rows.iter().map(|row| Hit { row: *row, fault, evidence: None }));
        source.held = source.judged.held();
    }
}

/// Holds rows whose reference leads to no accepted row. Answers whether any row was held anew.
fn hold_with(loaded: &Loaded, sources: &mut [Source], reference: &Reference<'_>) -> bool {
    let mut held_more = false;
    let referred_name = &loaded.tables[reference.referred].name;
    for position in 0..sources.len() {
        if sources[position].table != reference.table || sources[position].judged.is_rejected {
            continue;
        }
        let others = referred_sources(sources, reference, &sources[position].partner);
        let accepted: Vec<Typed> = others.iter().flat_map(|other| sources[*other].accepted_rows()).collect();
        let accepted: Vec<&Typed> = accepted.iter().collect();
        let rows = qd_check::foreign_key(
            &loaded.tables[reference.table].schema,
            reference.key,
            &sources[position].judged.typed,
            &loaded.tables[reference.referred].schema,
            &accepted,
        );
        let source = &mut sources[position];
        let rows: Vec<u32> = rows.into_iter().filter(|row| source.held.binary_search(row).is_err()).collect();
        if rows.is_empty() {
            continue;
        }
        held_more = true;
        let reason = if others.is_empty() {
            format!("This row belongs to a record of {referred_name}, of which nothing was accepted from this partner")
        } else {
            format!("This row belongs to a record of {referred_name} that is held")
        };
        let found = fault(
            "held-with",
            &loaded.pipeline.severities,
            reason,
            &format!("rows belong to records of {referred_name} that are not accepted"),
            &format!("correct the records of {referred_name}; these rows then go on by themselves"),
        );
        let fault = source.judged.findings.fault(found);
        source.judged.findings.hits.extend(rows.iter().map(|row| Hit { row: *row, fault, evidence: None }));
        // What is held stays held even where the pipeline makes the finding itself milder: a row
        // whose record is not accepted belongs to nobody.
        source.held.extend(rows);
        source.held.sort_unstable();
    }
    held_more
}
