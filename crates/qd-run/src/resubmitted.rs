//! What changed since a partner sent the file before: records and findings, for the eyes of the lead.

use crate::changes::{self, Kind};
use crate::compute::Computed;
use crate::prepared::Prepared;
use qd_ledger::Ledger;
use qd_model::{Refusal, Severity};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The list of a run's findings that is kept, so that the next one can tell what became of them.
pub(crate) const FINDINGS: &str = "findings.csv";

/// What changed in one partner's table since the file before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resubmission {
    /// The partner's code.
    pub partner: String,
    /// The table.
    pub table: String,
    /// Accepted records that the file before did not have, or had held.
    pub added: u64,
    /// Accepted records of the file before that are not there now, or are held.
    pub removed: u64,
    /// Accepted records of which a field differs.
    pub changed: u64,
    /// Findings of the file before that are gone.
    pub fixed: u64,
    /// Findings that both have.
    pub still_open: u64,
    /// Findings that are new.
    pub new: u64,
}

/// What a finding is known by from one file to the next.
type Key = (String, String, String, String);

/// What changed since the file before, for each source that superseded one. The same files again give
/// the same answer, which the ledger keeps.
pub(crate) fn since_before(
    prepared: &Prepared<'_>,
    ledger: &Ledger,
    computed: &Computed,
) -> Result<Vec<Resubmission>, Refusal> {
    let period = &computed.period.label;
    let received = ledger.received(period)?;
    let mut all = Vec::new();
    let mut new: BTreeSet<(String, String)> = BTreeSet::new();
    for source in &computed.sources {
        let table = &prepared.loaded.tables[source.table].name;
        let of_source =
            received.iter().filter(|it| it.submission.partner == source.partner && it.submission.table == *table);
        let current: Vec<_> = of_source.filter(|it| !it.is_superseded).collect();
        match current.iter().find(|it| it.submission.digest == source.digest) {
            Some(known) => all.extend(known.changes.as_deref().and_then(|text| serde_json::from_str(text).ok())),
            None if !current.is_empty() => {
                new.insert((source.partner.clone(), table.clone()));
            }
            None => {}
        }
    }
    // What the run before left is only compared with: where it cannot be read there is nothing to say, and
    // it is not read where every file is as it was.
    let folder = prepared.folders.accepted(period);
    let before = if new.is_empty() { None } else { changes::records(&folder).ok() };
    let Some(before) = before else {
        all.sort_by(|a: &Resubmission, b| (&a.partner, &a.table).cmp(&(&b.partner, &b.table)));
        return Ok(all);
    };
    let after = changes::records_of(prepared.loaded, &computed.state);
    let differing = changes::differing(&before, &after);
    let old = kept_findings(prepared, period);
    for (partner, table) in new {
        let count = |kind: Kind| {
            let is_its =
                |(key, it): &&((String, String, String), Kind)| key.0 == partner && key.1 == table && *it == kind;
            differing.iter().filter(is_its).count() as u64
        };
        let now = findings(prepared, computed, &partner, &table);
        let empty = BTreeMap::new();
        let then = old.get(&(partner.clone(), table.clone())).unwrap_or(&empty);
        let both = |one: &BTreeMap<Key, u64>, other: &BTreeMap<Key, u64>| -> (u64, u64) {
            let shared: u64 = one.iter().map(|(key, count)| (*count).min(other.get(key).copied().unwrap_or(0))).sum();
            (shared, one.values().sum::<u64>() - shared)
        };
        let (still_open, fixed) = both(then, &now);
        all.push(Resubmission {
            added: count(Kind::Added),
            removed: count(Kind::Removed),
            changed: count(Kind::Changed),
            fixed,
            still_open,
            new: both(&now, then).1,
            partner,
            table,
        });
    }
    all.sort_by(|a, b| (&a.partner, &a.table).cmp(&(&b.partner, &b.table)));
    Ok(all)
}

/// The findings of a partner's table that somebody has to do something about.
fn findings(prepared: &Prepared<'_>, computed: &Computed, partner: &str, table: &str) -> BTreeMap<Key, u64> {
    let mut found = BTreeMap::new();
    for (own, key) in all_findings(prepared, computed) {
        if own.0 == partner && own.1 == table {
            *found.entry(key).or_default() += 1;
        }
    }
    found
}

fn all_findings<'a>(
    prepared: &'a Prepared<'_>,
    computed: &'a Computed,
) -> impl Iterator<Item = ((&'a str, &'a str), Key)> {
    computed.sources.iter().flat_map(move |source| {
        let own = (source.partner.as_str(), prepared.loaded.tables[source.table].name.as_str());
        let findings = source.judged.findings.iter().filter(|finding| finding.fault.severity != Severity::Note);
        findings.map(move |finding| {
            let explained = finding.explained.map_or("", |_| "explained");
            let key = (
                finding.fault.code.to_string(),
                finding.fault.field.as_deref().unwrap_or_default().to_owned(),
                finding.record.unwrap_or_default().to_owned(),
                explained.to_owned(),
            );
            (own, key)
        })
    })
}

/// The findings of a run as they are kept, without values and places.
pub(crate) fn findings_csv(prepared: &Prepared<'_>, computed: &Computed) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let headings = ["partner", "table", "code", "field", "record", "explained"];
    writer.write_record(headings).expect("writing to memory cannot fail");
    for ((partner, table), (code, field, record, explained)) in all_findings(prepared, computed) {
        let cells = [partner, table, &code, &field, &record, &explained];
        writer.write_record(cells).expect("writing to memory cannot fail");
    }
    writer.into_inner().expect("writing to memory cannot fail")
}

/// The findings that the run before kept, by partner and table.
fn kept_findings(prepared: &Prepared<'_>, period: &str) -> BTreeMap<(String, String), BTreeMap<Key, u64>> {
    let mut kept: BTreeMap<(String, String), BTreeMap<Key, u64>> = BTreeMap::new();
    let Ok(bytes) = std::fs::read(prepared.folders.papers(period).join(FINDINGS)) else { return kept };
    for record in csv::Reader::from_reader(bytes.as_slice()).into_records().map_while(Result::ok) {
        let cell = |at: usize| record.get(at).unwrap_or_default().to_owned();
        let own = kept.entry((cell(0), cell(1))).or_default();
        *own.entry((cell(2), cell(3), cell(4), cell(5))).or_default() += 1;
    }
    kept
}
