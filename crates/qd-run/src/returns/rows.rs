//! The rows of a return: those that its part asks for, as the recipient's profile releases them.

use super::{Content, Maker};
use crate::audit::RowLineage;
use arrow::array::BooleanArray;
use qd_disclosure::{Clearance, ClearedTable, Reasons};
use qd_model::pipeline::{FileSpec, Keep, Rows};
use qd_table::Typed;
use std::borrow::Cow;

impl Maker<'_> {
    /// The rows without those of people the use of whose data is restricted.
    pub(super) fn without_restricted<'b>(&self, typed: Cow<'b, Typed>) -> Cow<'b, Typed> {
        let (restricted, people) = (self.making.restricted, &self.making.computed.state.people);
        let Some(person) = typed.person.as_ref().filter(|_| !restricted.is_empty()) else { return typed };
        let may =
            |person: Option<u32>| Some(person.is_none_or(|person| !restricted.contains(&people[person as usize])));
        let keep: BooleanArray = person.iter().map(may).collect();
        Cow::Owned(typed.filter(&keep))
    }

    /// The rows of a part, as the recipient's profile releases them.
    pub(super) fn rows(&self, rows: &Rows, file: &FileSpec, content: &mut Content) -> ClearedTable {
        let making = self.making;
        let index = making.loaded.table_index(&rows.table);
        let schema = &making.loaded.tables[index].schema;
        let filter = making.loaded.filter(&rows.table, rows.filter.as_ref());
        let state = &making.computed.state;
        let parts: Vec<(&str, Cow<'_, Typed>)> = state.tables[index]
            .iter()
            .map(|part| {
                let typed = match filter {
                    None => Cow::Borrowed(&part.typed),
                    Some(filter) => {
                        let mask: BooleanArray = filter.filter(schema, &part.typed, &self.constants);
                        Cow::Owned(part.typed.filter(&mask))
                    }
                };
                (part.partner.as_str(), self.without_restricted(typed))
            })
            .collect();
        for (_, typed) in &parts {
            content.rows += typed.len() as u64;
            content.people.extend(typed.person.iter().flat_map(|person| person.iter().flatten()));
        }
        let period = self.period;
        let clearance = Clearance {
            schema,
            release: self.recipient.release_of(&rows.table).expect("releases were checked when loading"),
            key: &self.key,
            period: (period.from, period.to),
            lookups: &making.loaded.lookups,
            reasons: file_reasons(file),
        };
        let given: Vec<qd_disclosure::Rows<'_>> = parts
            .iter()
            .map(|(partner, typed)| qd_disclosure::Rows { partner, period: &period.label, typed })
            .collect();
        let cleared = qd_disclosure::clear(&clearance, &given, &state.people);
        let cleared = self.floored(rows, cleared, content);
        if cleared.is_pseudonymised() && !content.tables.iter().any(|table| table.name() == cleared.name()) {
            content.tables.push(cleared.clone());
        }
        let order: Vec<usize> = rows.order.iter().filter_map(|name| cleared.index_of(name)).collect();
        let cleared = if order.is_empty() { cleared } else { cleared.sort(&order) };
        if making.loaded.pipeline.outputs.keep == Keep::All {
            let typed: Vec<&Typed> = parts.iter().map(|(_, typed)| typed.as_ref()).collect();
            let path = self.path(file, &rows.table);
            content.lineage.push(RowLineage::of(
                path,
                (&rows.name, &rows.table),
                &state.tables[index],
                &typed,
                &cleared,
            ));
        }
        cleared
    }

    /// The rows under the recipient's floor, where it has one: it is about the people table.
    fn floored(&self, rows: &Rows, table: ClearedTable, content: &mut Content) -> ClearedTable {
        let people = self.making.loaded.pipeline.people.as_ref();
        let Some(floor) = self.recipient.floor.as_ref().filter(|_| people.is_some_and(|it| it.table == rows.table))
        else {
            return table;
        };
        match qd_disclosure::risk::floored(table, floor) {
            Ok(floored) => floored.table,
            Err(refused) => {
                let (table, rare) = *refused;
                content.rare += rare;
                table
            }
        }
    }
}

/// Whether a file says beside its columns why values are missing.
fn file_reasons(file: &FileSpec) -> Reasons {
    if file.missing_reasons { Reasons::Beside } else { Reasons::Left }
}
