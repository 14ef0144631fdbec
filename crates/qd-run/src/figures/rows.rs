//! What a recipient can count in the rows of a return: distinct people, where each row says whose it is.

use super::history::{self, Header};
use crate::folders;
use crate::indicators::{Definition, Periods};
use qd_disclosure::figures::Past;
use qd_model::pipeline::{Counted, FieldRelease, Part, Recipient, ReturnSpec, TableRelease};
use std::collections::BTreeMap;

/// Sets of people of the period whom a recipient can count in the rows of a return, with how many they are.
pub(super) fn sent_with(periods: &Periods<'_>, spec: &ReturnSpec, recipient: &Recipient) -> Vec<(String, u64)> {
    let has_person = |release: &TableRelease| {
        release.fields.iter().any(|field| field.field == FieldRelease::PERSON && field.treatment != "drop")
    };
    let mut sets = BTreeMap::new();
    for part in spec.files.iter().flat_map(|file| &file.parts) {
        let Part::Rows(rows) = part else { continue };
        if recipient.release_of(&rows.table).is_some_and(has_person) {
            let counted = [Counted { table: rows.table.clone(), filter: rows.filter.clone() }];
            let set = super::set(&Definition::of(&counted).to_string(), 0, &periods.period.label);
            sets.insert(set, periods.distinct(&counted));
        }
    }
    sets.into_iter().collect()
}

/// The records of returns of the period that have rows and no figures, by the return's name: whoever gets
/// protected counts later may have counted these people before.
pub(crate) fn records_of_rows(periods: &Periods<'_>) -> BTreeMap<String, Vec<u8>> {
    let pipeline = &periods.loaded.pipeline;
    let mut records = BTreeMap::new();
    for (spec, period) in pipeline.due(periods.period, periods.end) {
        if super::has_figures(spec) || period.label != periods.period.label {
            continue;
        }
        let recipient = pipeline.recipient(&spec.recipient).expect("the pipeline's references were checked");
        let rows = sent_with(periods, spec, recipient);
        if rows.is_empty() {
            continue;
        }
        let header = Header {
            pipeline: &pipeline.name,
            period: &period.label,
            name: &spec.name,
            recipient: &recipient.code,
            rule: None,
        };
        let record = history::to_json(&header, &Past::default(), &[], &rows);
        records.insert(spec.name.clone(), folders::json_bytes(&record));
    }
    records
}
