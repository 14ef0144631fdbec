//! What a run enters in the ledger: who is who, what was received, what was in force, what was drafted,
//! and a line in the log.

use crate::compute::Computed;
use crate::outcome::ReturnOutcome;
use crate::prepared::Prepared;
use crate::resubmitted::Resubmission;
use crate::run::{Drafted, RunRequest};
use qd_ledger::{Change, Draft, InForce, Run, Submission};
use qd_model::pipeline::WaivedRows;
use qd_model::{Refusal, Severity};
use serde_json::{Map, Value, json};

/// A moment as the ledger holds it: in universal time, to the second.
pub(crate) fn moment(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Enters a period: who is who in it, what was received for it, and what was in force.
pub(crate) fn enter_period(
    ledger: &mut Change,
    prepared: &Prepared<'_>,
    computed: &Computed,
    resubmitted: &[Resubmission],
    rests_on: &str,
    request: &RunRequest<'_>,
) -> Result<(), Refusal> {
    let period = &computed.period.label;
    let at = moment(request.at);
    ledger.put_people(period, &computed.people)?;
    for source in &computed.sources {
        let submission = Submission {
            period: period.clone(),
            partner: source.partner.clone(),
            table: prepared.loaded.tables[source.table].name.clone(),
            source: source.public.clone(),
            file: source.file.clone(),
            digest: source.digest.clone(),
        };
        let is_its = |it: &&Resubmission| it.partner == submission.partner && it.table == submission.table;
        let changes = resubmitted.iter().find(is_its).map(|it| serde_json::to_string(it).expect("a plain structure"));
        ledger.receive(&at, &submission, changes.as_deref())?;
    }
    let run = Run {
        period: period.clone(),
        at: at.clone(),
        by: request.by.map(str::to_owned),
        as_of: computed.as_of.to_string(),
        state: computed.state.digest.clone(),
        pipeline: prepared.loaded.digest.clone(),
        key: prepared.key.id().to_string(),
        rests_on: rests_on.to_owned(),
    };
    ledger.put_run(&run, &in_force(prepared, computed))
}

/// Enters what was drafted of a period, and notes the run in the log.
pub(crate) fn enter_drafts(
    ledger: &mut Change,
    computed: &Computed,
    drafted: &Drafted,
    request: &RunRequest<'_>,
) -> Result<(), Refusal> {
    let period = &computed.period.label;
    let drafts: Vec<Draft> = drafted.returns.iter().map(|outcome| draft(outcome, drafted)).collect();
    ledger.put_drafts(period, &drafts)?;
    let written: Map<String, Value> = drafts.iter().map(|draft| (draft.name.clone(), json!(draft.manifest))).collect();
    let rows: u64 = computed.sources.iter().map(|source| source.judged.rows).sum();
    let accepted: u64 = computed.sources.iter().map(crate::compute::Source::accepted).sum();
    let findings = |severity: Severity| -> usize {
        computed.sources.iter().map(|source| source.judged.findings.count(severity)).sum()
    };
    let facts = json!({
        "state": computed.state.digest, "sources": computed.sources.len(), "rows": rows, "accepted": accepted,
        "errors": findings(Severity::Error), "queries": findings(Severity::Query), "returns": written,
    });
    ledger.note(&moment(request.at), request.by.unwrap_or_default(), "run", period, &facts.to_string())?;
    Ok(())
}

fn draft(outcome: &ReturnOutcome, drafted: &Drafted) -> Draft {
    let folder = format!("{}/", outcome.name);
    let digest = |bytes: &[u8]| blake3::hash(bytes).to_hex().to_string();
    let manifest = drafted.files.iter().find(|file| file.path.strip_prefix(&folder) == Some("manifest.json"));
    let finals = drafted.finals.iter().filter_map(|file| Some((file.path.strip_prefix(&folder)?, &file.bytes)));
    let finals: Map<String, Value> = finals.map(|(path, bytes)| (path.to_owned(), json!(digest(bytes)))).collect();
    let reasons = outcome.blocked.iter().map(|reason| format!("{} ({})", reason.unblock, reason.code));
    Draft {
        name: outcome.name.clone(),
        recipient: outcome.recipient.clone(),
        manifest: manifest.map(|file| digest(&file.bytes)),
        finals: Value::from(finals).to_string(),
        blocked: reasons.collect::<Vec<_>>().join("; "),
    }
}

/// Every explanation that fits a finding of the period, and every waiver that holds.
fn in_force(prepared: &Prepared<'_>, computed: &Computed) -> Vec<InForce> {
    let mut all = Vec::new();
    let of_sources = computed.sources.iter().map(|source| {
        let table = prepared.loaded.tables[source.table].name.as_str();
        (source.partner.as_str(), table, &source.judged.findings)
    });
    let of_others = computed.general.iter().map(|report| {
        let text = |text: &'_ Option<String>| text.clone().unwrap_or_default();
        (text(&report.partner), text(&report.table), &report.findings)
    });
    let of_sources = of_sources.map(|(partner, table, findings)| (partner.to_owned(), table.to_owned(), findings));
    for (partner, table, findings) in of_sources.chain(of_others) {
        for finding in findings.iter() {
            let Some(reason) = finding.explained else { continue };
            all.push(InForce {
                kind: "explanation",
                partner: partner.clone(),
                table: table.clone(),
                code: finding.fault.code.to_string(),
                record: finding.record.unwrap_or_default().to_owned(),
                reason: reason.to_owned(),
            });
        }
    }
    let waivers = prepared.loaded.pipeline.waivers.iter().zip(&computed.waived);
    for (waiver, _) in waivers.filter(|(_, used)| used.is_some()) {
        let entry = |record: String| InForce {
            kind: "waiver",
            partner: waiver.partner.value.clone(),
            table: waiver.table.clone().unwrap_or_default(),
            code: waiver.rule.value.clone(),
            record,
            reason: waiver.reason.clone(),
        };
        match &waiver.rows {
            WaivedRows::All => all.push(entry(String::new())),
            WaivedRows::Records(records) => all.extend(records.iter().cloned().map(entry)),
            WaivedRows::OfFile { file, rows } => {
                all.extend(rows.iter().map(|row| entry(format!("row {row} of {file}"))));
            }
        }
    }
    all.sort();
    all.dedup();
    all
}
