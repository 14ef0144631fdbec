//! The disclosure risk of a return's extracts, for the papers of the house and for plans.

use crate::folders;
use crate::returns::MadeFor;
use qd_disclosure::ClearedTable;
use qd_disclosure::risk::{Classes, Cost, Risk, risk, unique_by};
use qd_model::pipeline::{FieldRelease, Pipeline, Recipient};
use qd_model::words::{self, thousands};
use serde_json::{Value, json};
use std::fmt::Write;

/// How many should look alike, where the recipient declares nothing.
const USUAL: u64 = 5;
/// What whoever attacks an extract is taken to know.
const ASSUMES: &str = "that a person is in the extract, and what every column made of an indirect identifier says of them; \
                       for the second count, also the sequence of all dates";

/// What a recipient's floor did to its rows.
pub(crate) struct Floor {
    /// People whose indirect identifiers were left blank.
    pub(crate) blanked: u64,
    /// Columns that were made coarser.
    pub(crate) coarser: Vec<String>,
    /// Whom it hits: people of each value, and how many of them too few others looked like before.
    pub(crate) hit: Vec<Cost>,
}

/// The risk of a return, and what it shares with other recipients.
pub(crate) struct ReturnRisk {
    risk: Risk,
    floor: Option<Floor>,
    alike: u64,
    /// Other recipients of rows with pseudonyms, the columns that both get, and how many are unique by them.
    shared: Vec<(String, Vec<String>, u64)>,
}

/// The risk of a return's tables; nothing where they are not under pseudonyms.
pub(crate) fn of_tables(
    pipeline: &Pipeline,
    recipient: &Recipient,
    tables: &[ClearedTable],
    floor: Option<Floor>,
) -> Option<ReturnRisk> {
    let people = &pipeline.people.as_ref()?.table;
    let alike = recipient.floor.as_ref().map_or(USUAL, |floor| floor.people);
    let tables: Vec<&ClearedTable> = tables.iter().collect();
    let risk = risk(&tables, people, alike)?;
    let own = tables.iter().find(|table| table.name() == people)?;
    let others = pipeline.recipients.iter().filter(|other| other.code != recipient.code);
    let shared = others.filter_map(|other| shared_with(recipient, other, own)).collect();
    Some(ReturnRisk { risk, floor, alike, shared })
}

/// The columns of the people table that another recipient gets just so, and how many are unique by them.
fn shared_with(recipient: &Recipient, other: &Recipient, table: &ClearedTable) -> Option<(String, Vec<String>, u64)> {
    let (own, others) = (recipient.release_of(table.name())?, other.release_of(table.name())?);
    let is_alike = |one: &FieldRelease, other: &FieldRelease| {
        let same = one.treatment == other.treatment && one.settings == other.settings;
        // Whoever has the value itself has every coarser one.
        one.field == other.field && (same || other.treatment == "identified")
    };
    let both = own.fields.iter().filter(|field| others.fields.iter().any(|other| is_alike(field, other)));
    let is_own = |field: &FieldRelease| {
        field.field == FieldRelease::PERSON || ["pseudonym", "open-pseudonymiser"].contains(&field.treatment.as_str())
    };
    let both: Vec<&FieldRelease> = both.filter(|field| !is_own(field)).collect();
    let columns: Vec<usize> = both.iter().filter_map(|field| table.index_of(&field.released_as)).collect();
    let names: Vec<String> = columns.iter().map(|index| table.columns()[*index].name.clone()).collect();
    (!columns.is_empty()).then(|| (other.code.clone(), names, unique_by(table, &columns)))
}

impl ReturnRisk {
    /// A line for a plan.
    pub(crate) fn in_short(&self) -> String {
        let risk = &self.risk;
        let known: Vec<&str> = risk.known.iter().map(String::as_str).collect();
        let known = if known.is_empty() { "nothing".to_owned() } else { words::list(&known) };
        let mut line = format!(
            "of {} people {} are unique by {known}, and {} look like fewer than {} others; with the dates of what \
             happened to them {} are unique",
            thousands(risk.people),
            thousands(risk.classes.unique),
            thousands(risk.classes.small),
            self.alike - 1,
            thousands(risk.with_events.unique),
        );
        for (other, _, unique) in &self.shared {
            write!(line, "; by what `{other}` gets too, {} are", thousands(*unique)).expect("a text can always grow");
        }
        line
    }

    /// What the floor did, where it did something.
    pub(crate) fn floor_in_short(&self) -> Option<String> {
        let floor = self.floor.as_ref().filter(|floor| floor.blanked > 0 || !floor.coarser.is_empty())?;
        let coarser: Vec<&str> = floor.coarser.iter().map(String::as_str).collect();
        let all = thousands(self.risk.people);
        let blanked =
            format!("the indirect identifiers of {} of {all} people are left blank", thousands(floor.blanked));
        let why = format!("since fewer than {} looked alike", self.alike);
        Some(match coarser.as_slice() {
            [] => format!("{blanked}, {why}"),
            coarser => format!("{} made coarser for everybody, and then {blanked}, {why}", words::list(coarser)),
        })
    }

    /// The paper that stays in the house.
    pub(crate) fn paper(&self, made_for: &MadeFor<'_>) -> Vec<u8> {
        let risk = &self.risk;
        let classes = |classes: &Classes| {
            json!({ "unique": classes.unique, "in_small_classes": classes.small, "smallest_class": classes.smallest,
                    "classes": classes.classes })
        };
        let diversity: Vec<Value> = risk
            .diversity
            .iter()
            .map(|of| json!({ "column": of.column, "least_values": of.least, "people_told": of.told }))
            .collect();
        let costs = |costs: &[Cost]| -> Vec<Value> {
            let cost = |of: &Cost| json!({ "column": of.column, "value": of.value, "people": of.people, "in_small_classes": of.small });
            costs.iter().map(cost).collect()
        };
        let floor = self.floor.as_ref().map(|floor| {
            json!({ "people_left_blank": floor.blanked, "made_coarser": floor.coarser, "hits": costs(&floor.hit) })
        });
        let shared: Vec<Value> = self
            .shared
            .iter()
            .map(|(other, columns, unique)| json!({ "recipient": other, "columns": columns, "unique": unique }))
            .collect();
        folders::json_bytes(&json!({
            "risk": "quarterday-risk/1",
            "return": made_for.name,
            "recipient": made_for.spec.recipient,
            "period": made_for.period.label,
            "assumes_that_is_known": ASSUMES,
            "alike": self.alike,
            "people": risk.people,
            "by_columns": { "columns": risk.known, "classes": classes(&risk.classes) },
            "with_dates": { "columns": risk.events, "classes": classes(&risk.with_events) },
            "special_fields": diversity,
            "suppression_would_hit": costs(&risk.cost),
            "floor": floor,
            "with_other_recipients": shared,
        }))
    }
}
