//! The crosswalk of a return: people whom its recipient knows under one pseudonym, and who turned out to
//! be somebody else, or two.

use crate::returns::{MadeFor, Making};
use qd_disclosure::{Changed, DomainKey};
use qd_ledger::Identity;
use qd_model::Refusal;
use qd_model::pipeline::{FieldRelease, Part, Recipient};
use qd_return::TextPart;
use std::collections::BTreeSet;

/// The file's name.
const FILE: &str = "crosswalk.csv";

/// The crosswalk file of a return, where there is anything to say: for recipients who get people's
/// pseudonyms, of people whom they were given before.
pub(crate) fn crosswalk(
    making: &Making<'_>,
    made_for: &MadeFor<'_>,
    recipient: &Recipient,
    key: &DomainKey,
) -> Result<Option<(String, Vec<u8>)>, Refusal> {
    let loaded = making.loaded;
    let tables: BTreeSet<usize> = made_for
        .spec
        .files
        .iter()
        .flat_map(|file| &file.parts)
        .filter_map(|part| match part {
            Part::Rows(rows) => Some(&rows.table),
            _ => None,
        })
        .filter(|table| {
            let release = recipient.release_of(table);
            release.is_some_and(|release| {
                let is_person =
                    |field: &FieldRelease| field.field == FieldRelease::PERSON && field.treatment == "pseudonym";
                release.fields.iter().any(is_person)
            })
        })
        .map(|table| loaded.table_index(table))
        .collect();
    if tables.is_empty() || making.identities.is_empty() {
        return Ok(None);
    }
    let mut given: BTreeSet<&str> = BTreeSet::new();
    for state in making.periods.earlier.iter().chain(making.sent) {
        for part in tables.iter().flat_map(|table| &state.tables[*table]) {
            let people = part.typed.person.iter().flat_map(|person| person.iter().flatten());
            given.extend(people.map(|person| state.people[person as usize].as_str()));
        }
    }
    let of_given = |identity: &&Identity| given.contains(identity.before.as_str());
    let changed: Vec<Changed<'_>> = making
        .identities
        .iter()
        .filter(of_given)
        .map(|it| Changed { what: it.change.as_str(), before: &it.before, after: &it.after })
        .collect();
    if changed.is_empty() {
        return Ok(None);
    }
    let table = qd_disclosure::clear_changed(&changed, key);
    let bytes = qd_return::text(&[TextPart { table: &table, columns: &[] }]).map_err(|error| {
        Refusal::new(format!("the crosswalk of `{}` cannot be written", made_for.name)).because(error)
    })?;
    Ok(Some((FILE.to_owned(), bytes)))
}
