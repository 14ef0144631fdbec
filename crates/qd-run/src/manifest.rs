//! The run's manifest: what went in, what came out, by digest, with counts that reconcile.

use crate::compute::{Computed, public_sheet};
use crate::figures::Read;
use crate::folders;
use crate::load::Loaded;
use crate::outcome::ReturnOutcome;
use crate::place::Listed;
use crate::released::Before;
use crate::returns::RowCounts;
use crate::state::PeriodState;
use qd_disclosure::Key;
use qd_model::pipeline::WaivedRows;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What a manifest is made from.
pub(crate) struct Facts<'a> {
    pub(crate) loaded: &'a Loaded,
    pub(crate) computed: &'a Computed,
    pub(crate) earlier: &'a [PeriodState],
    /// The last period that opening totals cover, and their digest.
    pub(crate) opening: Option<(&'a str, &'a str)>,
    /// Digest of what people decided about records that may be one person's.
    pub(crate) decisions: Option<String>,
    /// The figures of versions sent before, which decided what is suppressed.
    pub(crate) released: &'a [Read],
    /// What was sent last of this period, of which the records are known.
    pub(crate) before: &'a BTreeMap<String, Before>,
    pub(crate) explanations: &'a str,
    pub(crate) key: &'a Key,
    pub(crate) returns: &'a [ReturnOutcome],
    pub(crate) files: &'a [Listed],
}

/// The manifest of a draft folder.
pub(crate) fn manifest(facts: &Facts<'_>) -> Vec<u8> {
    let Facts { loaded, computed, .. } = facts;
    let pipeline = &loaded.pipeline;
    let all_tables: Vec<usize> = (0..loaded.tables.len()).collect();
    let epochs: serde_json::Map<String, Value> =
        pipeline.recipients.iter().map(|recipient| (recipient.code.clone(), json!(recipient.epoch))).collect();
    let manifest = json!({
        "manifest": "quarterday-manifest/1",
        "tool": crate::VERSION,
        "pipeline": pipeline.name,
        "period": computed.period.label,
        "from": computed.period.from.to_string(),
        "to": computed.period.to.to_string(),
        "as_of": computed.as_of.to_string(),
        "demonstration": pipeline.demonstration,
        "pipeline_blake3": loaded.digest,
        "schemas": loaded.tables.iter().map(|table| json!({
            "table": table.name, "schema": table.schema.name, "version": table.schema.version, "blake3": table.digest,
        })).collect::<Vec<_>>(),
        "templates": loaded.templates.iter().map(|(path, bytes)| json!({
            "path": path, "blake3": blake3::hash(bytes).to_hex().to_string(),
        })).collect::<Vec<_>>(),
        "inputs": inputs(loaded, computed),
        "explanations_blake3": if facts.explanations.is_empty() { Value::Null } else { json!(facts.explanations) },
        "waivers": waivers(facts),
        "key": { "id": facts.key.id().to_string(), "epochs": epochs, "normaliser": qd_disclosure::NORMALISER_VERSION },
        "state": facts.earlier.iter().map(in_words)
            .collect::<Vec<_>>(),
        "late": crate::run::late(loaded, &computed.state),
        "decisions_blake3": facts.decisions,
        "released": facts.released.iter().map(|read| json!({
            "period": read.period, "return": read.name, "version": read.version, "blake3": read.blake3,
        })).collect::<Vec<_>>(),
        "sent": facts.before.iter().map(|(name, before)| json!({
            "return": name, "version": before.version, "manifest_blake3": before.manifest, "records_blake3": before.blake3,
        })).collect::<Vec<_>>(),
        "counts": RowCounts::of_tables(computed, &all_tables).json(),
        "returns": facts.returns.iter().map(|outcome| json!({
            "name": outcome.name, "recipient": outcome.recipient, "written": outcome.blocked.is_empty(),
        })).collect::<Vec<_>>(),
        "files": facts.files.iter().map(Listed::json).collect::<Vec<_>>(),
    });
    let mut manifest = manifest;
    if let Some((up_to, digest)) = facts.opening {
        manifest["opening_totals"] = json!({ "up_to": up_to, "blake3": digest });
    }
    folders::json_bytes(&manifest)
}

fn in_words(state: &PeriodState) -> Value {
    let mut said = json!({ "period": state.label, "blake3": state.digest });
    if state.is_kept {
        said["kept"] = json!("records as sent that are held now");
    }
    said
}

/// Every waiver of the pipeline, and how many findings it let pass; null for one that does not hold.
fn waivers(facts: &Facts<'_>) -> Vec<Value> {
    let waivers = facts.loaded.pipeline.waivers.iter().zip(&facts.computed.waived);
    let waivers = waivers.map(|(waiver, used)| {
        json!({
            "rule": waiver.rule.value, "partner": waiver.partner.value, "table": waiver.table,
            "rows": match &waiver.rows {
                WaivedRows::All => json!("all"),
                WaivedRows::Records(records) => json!(records),
                WaivedRows::OfFile { file, rows } => json!({ "file": file, "rows": rows }),
            },
            "reason": waiver.reason, "agreed_by": waiver.agreed_by, "until": waiver.until.to_string(), "findings": used,
        })
    });
    waivers.collect()
}

fn inputs(loaded: &Loaded, computed: &Computed) -> Vec<Value> {
    let mut inputs: Vec<(&str, &str, Value)> = computed
        .sources
        .iter()
        .map(|source| {
            let judged = &source.judged;
            let held = if judged.is_rejected { 0 } else { source.held.len() };
            let rejected = if judged.is_rejected { judged.rows } else { 0 };
            let table = &loaded.tables[source.table].name;
            let input = json!({
                "partner": source.partner, "source": source.public, "sheet": public_sheet(loaded, source), "table": table,
                "blake3": source.digest, "rows": judged.rows, "accepted": source.accepted(), "held": held,
                "rejected": rejected,
            });
            (source.public.as_str(), table.as_str(), input)
        })
        .collect();
    inputs.sort_by_key(|(source, table, _)| (*source, *table));
    inputs.into_iter().map(|(_, _, input)| input).collect()
}
