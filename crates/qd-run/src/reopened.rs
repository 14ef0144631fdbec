//! Periods that were run or sent before: what a run of one again would correct, and files of earlier
//! ones that nobody has run yet.

use crate::changes::{self, RecordChange};
use crate::codes::fault;
use crate::compute::Computed;
use crate::discover::discover;
use crate::earlier::Earlier;
use crate::prepared::Prepared;
use crate::state;
use qd_ledger::Ledger;
use qd_model::Refusal;
use qd_model::report::SourceReport;
use qd_model::words;
use std::collections::BTreeMap;

/// A run of a period that was sent before: what it would send is a correction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// The last version of each return that was sent, by name.
    pub versions: Vec<qd_ledger::Version>,
    /// What changed since, by reason: records added, removed and changed.
    pub reasons: Vec<(&'static str, [u64; 3])>,
}

/// What a run would correct, where its period was sent before.
pub(crate) fn correction(
    prepared: &Prepared<'_>,
    ledger: &Ledger,
    computed: &Computed,
) -> Result<Option<Correction>, Refusal> {
    let period = &computed.period.label;
    let mut versions: BTreeMap<String, qd_ledger::Version> = BTreeMap::new();
    for version in ledger.versions()?.into_iter().filter(|version| version.period == *period) {
        versions.insert(version.name.clone(), version);
    }
    let Some(last) = versions.values().max_by_key(|version| (&version.at, version.version)) else { return Ok(None) };
    let old = prepared.folders.sent_state(period, &last.state);
    let before = changes::records(&old)?;
    let after = changes::records_of(prepared.loaded, &computed.state);
    let changes: Vec<RecordChange> = changes::compare(&before, &state::inputs(&old)?, &after, &computed.state.inputs);
    let mut reasons = Vec::new();
    for reason in changes::Reason::ALL {
        let those: Vec<RecordChange> = changes.iter().filter(|change| change.reason == reason).cloned().collect();
        if !those.is_empty() {
            reasons.push((reason.as_str(), changes::counts(&those)));
        }
    }
    Ok(Some(Correction { versions: versions.into_values().collect(), reasons }))
}

/// The earlier periods of which the folder no longer holds what was run.
pub(crate) fn changed_since_run(prepared: &Prepared<'_>, earlier: &Earlier) -> Result<Vec<SourceReport>, Refusal> {
    let mut reports = Vec::new();
    let loaded = prepared.loaded;
    let computed_now: Vec<&str> = earlier.computed.iter().map(|made| made.period.label.as_str()).collect();
    for period in prepared.earlier() {
        let kept = earlier.states.iter().find(|state| state.label == period.label && !state.is_kept);
        let Some(kept) = kept.filter(|_| !computed_now.contains(&period.label.as_str())) else { continue };
        if !loaded.resolve(&period.folder).is_dir() {
            continue;
        }
        let mut found: BTreeMap<String, String> = BTreeMap::new();
        for source in discover(loaded, period)?.sources {
            let name = state::input_name(&source.partner.code, &loaded.tables[source.table].name, &source.public);
            // One that cannot be read now is told when the period is run.
            let digest = qd_source::digest(&source.path).map_or_else(|_| String::new(), |(digest, _)| digest);
            found.insert(name, digest);
        }
        let names = found.keys().chain(kept.inputs.keys()).collect::<std::collections::BTreeSet<_>>();
        let differing = names.into_iter().filter(|name| found.get(*name) != kept.inputs.get(*name)).count();
        if differing == 0 {
            continue;
        }
        let sent = earlier.sent.iter().any(|sent| sent.label == period.label);
        let what = if sent { "was sent" } else { "was run" };
        let mut report = SourceReport::default();
        report.findings.add(fault(
            "earlier-period-changed",
            &loaded.pipeline.severities,
            format!(
                "{} of {period} came, changed or went away after it {what}, and {} not in these figures",
                words::count(differing, "source"),
                words::plural(differing, "is"),
            ),
            "sources of earlier periods are not those that were run",
            &format!("run {} again, and then this period", period.label),
        ));
        reports.push(report);
    }
    Ok(reports)
}
