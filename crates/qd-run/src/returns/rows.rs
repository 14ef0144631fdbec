//! The rows of a return: those that its part asks for, as the recipient's profile releases them.

use super::{Content, Maker};
use crate::audit::RowLineage;
use crate::released::Given;
use crate::risk::Floor;
use arrow::array::{AsArray, BooleanArray, StringArray};
use qd_disclosure::{Clearance, ClearedTable, Reasons};
use qd_model::pipeline::{FileSpec, Keep, Rows};
use qd_table::Typed;
use std::borrow::Cow;

impl Maker<'_> {
    /// Which rows are of nobody the use of whose data is restricted; none where all are.
    fn unrestricted(&self, typed: &Typed) -> Option<BooleanArray> {
        let (restricted, people) = (self.making.restricted, &self.making.computed.state.people);
        let person = typed.person.as_ref().filter(|_| !restricted.is_empty())?;
        let may =
            |person: Option<u32>| Some(person.is_none_or(|person| !restricted.contains(&people[person as usize])));
        Some(person.iter().map(may).collect())
    }

    /// The rows of a part, as the recipient's profile releases them.
    pub(super) fn rows(&self, rows: &Rows, file: &FileSpec, content: &mut Content) -> ClearedTable {
        let making = self.making;
        let index = making.loaded.table_index(&rows.table);
        let schema = &making.loaded.tables[index].schema;
        let filter = making.loaded.filter(&rows.table, rows.filter.as_ref());
        let state = &making.computed.state;
        let parts: Vec<(&str, Cow<'_, Typed>, Cow<'_, StringArray>)> = state.tables[index]
            .iter()
            .map(|part| {
                let asked = filter.map(|filter| filter.filter(schema, &part.typed, &self.constants));
                let (typed, records) = kept(Cow::Borrowed(&part.typed), Cow::Borrowed(&part.facts.record), asked);
                let unrestricted = self.unrestricted(&typed);
                let (typed, records) = kept(typed, records, unrestricted);
                (part.partner.as_str(), typed, records)
            })
            .collect();
        for (_, typed, _) in &parts {
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
            .map(|(partner, typed, records)| {
                let records = Some(records.as_ref());
                qd_disclosure::Rows { partner, period: &period.label, typed, records }
            })
            .collect();
        let cleared = qd_disclosure::clear(&clearance, &given, &state.people);
        let cleared = self.floored(rows, cleared, content);
        if cleared.is_pseudonymised() && !content.tables.iter().any(|table| table.name() == cleared.name()) {
            content.tables.push(cleared.clone());
        }
        let order: Vec<usize> = rows.order.iter().filter_map(|name| cleared.index_of(name)).collect();
        let cleared = if order.is_empty() { cleared } else { cleared.sort(&order) };
        if file.changes.is_some() {
            let given: Vec<Given<'_>> = parts.iter().map(|(_, typed, records)| Given { typed, records }).collect();
            content.released.add(&cleared, &given, &state.people);
        }
        if making.loaded.pipeline.outputs.keep == Keep::All {
            let typed: Vec<&Typed> = parts.iter().map(|(_, typed, _)| typed.as_ref()).collect();
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
        // Whom it hits is told of the rows as they were: afterwards nobody stands out.
        let before = qd_disclosure::risk::risk(&[&table], &rows.table, floor.people);
        match qd_disclosure::risk::floored(table, floor) {
            Ok(floored) => {
                let hit = before.map(|risk| risk.cost).unwrap_or_default();
                content.floor = Some(Floor { blanked: floored.blanked, coarser: floored.coarser, hit });
                floored.table
            }
            Err(refused) => {
                let (table, rare) = *refused;
                content.rare += rare;
                table
            }
        }
    }
}

/// The rows for which a mask is true, with the records that they are of.
fn kept<'b>(
    typed: Cow<'b, Typed>,
    records: Cow<'b, StringArray>,
    keep: Option<BooleanArray>,
) -> (Cow<'b, Typed>, Cow<'b, StringArray>) {
    let Some(keep) = keep else { return (typed, records) };
    let filtered = arrow::compute::filter(records.as_ref(), &keep).expect("the mask is as long as the rows");
    (Cow::Owned(typed.filter(&keep)), Cow::Owned(filtered.as_string().clone()))
}

/// Whether a file says beside its columns why values are missing.
fn file_reasons(file: &FileSpec) -> Reasons {
    if file.missing_reasons { Reasons::Beside } else { Reasons::Left }
}
