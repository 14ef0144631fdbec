//! Which fields of a table anybody asks for once its rows are judged, so that the others need not be
//! held in memory until the run ends.

use crate::load::{Loaded, LoadedTable};
use qd_model::Severity;
use qd_model::pipeline::{Keep, Part};
use qd_model::schema::{Over, Rule};

/// The fields of a table that a run asks for after judging; nothing where that may be any of them:
/// where all is kept for later periods, where somebody may have to explain a query by its values, or
/// where expressions, references or people are looked up in the rows.
pub(crate) fn fields(loaded: &Loaded, table: usize) -> Option<Vec<bool>> {
    let pipeline = &loaded.pipeline;
    let LoadedTable { name, schema, .. } = &loaded.tables[table];
    let has_queries = pipeline.severities.values().any(|severity| *severity == Severity::Query)
        || schema.rules.iter().any(|rule| rule.severity == Severity::Query || !rule.group.is_empty());
    let looks_elsewhere = |rule: &Rule| rule.over != Over::Source;
    let refers = loaded
        .tables
        .iter()
        .any(|table| !table.schema.foreign_keys.is_empty() || table.schema.rules.iter().any(looks_elsewhere));
    let is_asked = pipeline.returns.iter().flat_map(|spec| &spec.files).flat_map(|file| &file.parts).any(|part| {
        let Part::Rows(rows) = part else { return !matches!(part, Part::Cover(_)) };
        rows.filter.is_some()
    });
    if pipeline.outputs.keep == Keep::All || pipeline.people.is_some() || has_queries || refers || is_asked {
        return None;
    }
    let mut wanted = vec![false; schema.fields.len()];
    let mut want = |field: Option<usize>| {
        if let Some(field) = field {
            wanted[field] = true;
        }
    };
    schema.record_key.iter().chain(&schema.primary_key).for_each(|field| want(Some(*field)));
    pipeline.tables[table].period_fields.iter().for_each(|field| want(schema.index_of(field)));
    for release in pipeline.recipients.iter().filter_map(|recipient| recipient.release_of(name)) {
        for field in &release.fields {
            want(schema.index_of(&field.field));
            // Some settings name fields too; a word that happens to be one costs a column at most.
            let words = field.settings.iter().flat_map(|(_, words)| words);
            for (index, other) in schema.fields.iter().enumerate() {
                if words.clone().any(|word| word.contains(&other.name)) {
                    want(Some(index));
                }
            }
        }
    }
    Some(wanted)
}
