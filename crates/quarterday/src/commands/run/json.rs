//! A run's result for programs.

use qd_model::report::Summary;
use qd_run::{Blocked, Correction, Plan, Resubmission, ReturnOutcome, RunOutcome, SinceSent};
use serde_json::{Value, json};

/// One run as an object, several as an array.
pub(super) fn of_runs(outcomes: &[RunOutcome]) -> String {
    let runs: Vec<Value> = outcomes.iter().map(run).collect();
    text(&one_or_all(runs))
}

/// One plan as an object, several as an array.
pub(super) fn of_plans(plans: &[(&str, Plan)]) -> String {
    let plans = plans.iter().map(|(pipeline, plan)| {
        let lines: Vec<Value> = plan
            .released
            .iter()
            .map(|line| {
                json!({ "return": line.name, "recipient": line.recipient, "table": line.table, "field": line.field,
                        "released_as": line.released_as, "treatment": line.treatment, "class": line.class,
                        "people": line.people, "rows": line.rows,
                        "since_last_sent": line.since.as_ref().map(qd_run::Since::words) })
            })
            .collect();
        let returns: Vec<Value> =
            plan.returns
                .iter()
                .map(|made| {
                    let since = made.since.map(|SinceSent { version, changed: [added, removed, changed] }| {
                    json!({ "version": version, "added": added, "removed": removed, "changed": changed })
                });
                    let warnings = made.warnings.iter().map(
                        |warning| json!({ "at": warning.at.to_string(), "what": warning.what, "hint": warning.hint }),
                    );
                    json!({ "name": made.name, "recipient": made.recipient, "blocked": blocked(&made.blocked),
                        "since_sent": since, "risk": made.risk, "warnings": warnings.collect::<Vec<_>>() })
                })
                .collect();
        json!({ "report": "quarterday-plan/1", "pipeline": pipeline, "returns": returns, "released": lines })
    });
    text(&one_or_all(plans.collect()))
}

fn one_or_all(mut values: Vec<Value>) -> Value {
    if values.len() == 1 { values.remove(0) } else { Value::Array(values) }
}

fn text(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("a plain structure");
    text.push('\n');
    text
}

fn run(outcome: &RunOutcome) -> Value {
    json!({
        "report": "quarterday-run/1",
        "pipeline": outcome.pipeline,
        "period": outcome.period.label,
        "as_of": outcome.as_of.to_string(),
        "summary": summary(&outcome.summary),
        "late": outcome.late,
        "resubmitted": outcome.resubmitted.iter().map(resubmission).collect::<Vec<_>>(),
        "correction": outcome.correction.as_ref().map(correction),
        "people": { "this_period": outcome.people.this_period, "cumulative": outcome.people.cumulative },
        "returns": outcome.returns.iter().map(return_of).collect::<Vec<_>>(),
        "trials": outcome.trials.iter().map(|trial| json!({
            "code": trial.code, "severity": trial.severity.as_str(), "table": trial.table, "partner": trial.partner,
            "findings": trial.findings,
        })).collect::<Vec<_>>(),
    })
}

fn resubmission(it: &Resubmission) -> Value {
    json!({ "partner": it.partner, "table": it.table, "added": it.added, "removed": it.removed, "changed": it.changed,
            "fixed": it.fixed, "still_open": it.still_open, "new": it.new })
}

fn correction(it: &Correction) -> Value {
    let versions = it.versions.iter().map(|version| json!({ "return": version.name, "version": version.version }));
    let changes = it.reasons.iter().map(|(reason, [added, removed, changed])| {
        json!({ "reason": reason, "added": added, "removed": removed, "changed": changed })
    });
    json!({ "versions": versions.collect::<Vec<_>>(), "changes": changes.collect::<Vec<_>>() })
}

fn summary(summary: &Summary) -> Value {
    let [reject, error, query, note] = summary.findings;
    json!({ "sources": summary.sources, "rows": summary.rows, "accepted": summary.accepted, "held": summary.held,
            "rejected_sources": summary.rejected_sources,
            "reject": reject, "error": error, "query": query, "note": note })
}

/// Null, or what stands in the way of a return.
fn blocked(reasons: &[Blocked]) -> Value {
    if reasons.is_empty() {
        return Value::Null;
    }
    reasons
        .iter()
        .map(|reason| json!({ "code": reason.code, "count": reason.count, "unblock": reason.unblock }))
        .collect()
}

fn return_of(outcome: &ReturnOutcome) -> Value {
    let files: Vec<Value> = outcome
        .files
        .iter()
        .map(|file| json!({ "path": file.path, "blake3": file.blake3, "bytes": file.bytes }))
        .collect();
    json!({
        "name": outcome.name, "recipient": outcome.recipient,
        "blocked": blocked(&outcome.blocked),
        "people": outcome.people, "rows": outcome.rows,
        "left_out": outcome.left_out.iter().map(|out| json!({ "reason": out.reason, "people": out.people })).collect::<Vec<_>>(),
        "files": files, "notes": outcome.notes,
    })
}
