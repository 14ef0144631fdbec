//! A return's own manifest: what it is, how many rows it was made from, and the digest of each file.

use super::{Maker, tables_of};
use crate::compute::Computed;
use crate::folders;
use crate::load::Loaded;
use crate::outcome::ReturnOutcome;
use crate::place::Listed;
use qd_disclosure::treatments;
use qd_model::pipeline::{Part, ReturnSpec};
use serde_json::{Value, json};
use std::collections::BTreeSet;

impl Maker<'_> {
    /// The return's own manifest: what it is, and the digest of each of its files.
    pub(super) fn manifest(&self, files: &[Listed], outcome: &ReturnOutcome, held: &str) -> Vec<u8> {
        let computed = self.making.computed;
        let counts = RowCounts::of(self.making.loaded, computed, self.spec);
        let is_protected = self.figures.is_some_and(|figures| figures.is_protected);
        // Where small numbers are suppressed, no other number may tell them; rows can be counted anyway.
        let unless_protected = |value| if is_protected { Value::Null } else { value };
        let own = |path: &str| path.split_once('/').map_or(path, |(_, rest)| rest).to_owned();
        let files: Vec<Value> =
            files.iter().map(|file| Listed { path: own(&file.path), ..file.clone() }.json()).collect();
        let manifest = json!({
            "manifest": "quarterday-return/1",
            "tool": crate::VERSION,
            "pipeline": self.making.loaded.pipeline.name,
            "return": self.spec.name,
            "recipient": self.recipient.code,
            "country": self.recipient.country.value,
            "period": self.period.label,
            "from": self.period.from.to_string(),
            "to": self.period.to.to_string(),
            "as_of": computed.as_of.to_string(),
            "status": "draft",
            "version": self.version(),
            "supersedes": self.before.map(|before| json!({ "version": before.version, "manifest_blake3": before.manifest })),
            "content_blake3": held,
            "demonstration": self.making.loaded.pipeline.demonstration,
            "basis": self.spec.basis,
            "retention": self.spec.retention,
            "key": { "id": self.making.key.id().to_string(), "epoch": self.recipient.epoch,
                     "normaliser": qd_disclosure::NORMALISER_VERSION },
            "people": outcome.people,
            "rows": outcome.rows,
            "counts": unless_protected(counts.json()),
            "files": files,
        });
        let mut manifest = manifest;
        if let Some(opening) = self.making.periods.opening {
            manifest["opening_totals"] = json!(opening.up_to);
        }
        let weaker = self.weaker();
        if !weaker.is_empty() {
            manifest["weaker"] = weaker.into();
        }
        folders::json_bytes(&manifest)
    }

    /// Columns that leave under something weaker than a pseudonym, each with what that means.
    fn weaker(&self) -> Vec<Value> {
        let tables: BTreeSet<&str> = self.spec.files.iter().flat_map(|file| &file.parts).filter_map(rows_of).collect();
        let releases = tables.into_iter().filter_map(|table| self.recipient.release_of(table));
        let fields = releases.flat_map(|release| release.fields.iter().map(move |field| (&release.table, field)));
        let told = fields.filter_map(|(table, field)| {
            let caution = treatments::by_name(&field.treatment)?.caution()?;
            Some(json!({ "table": table, "column": field.released_as, "treatment": field.treatment, "caution": caution }))
        });
        told.collect()
    }
}

/// The table of which a part has the rows.
fn rows_of(part: &Part) -> Option<&str> {
    if let Part::Rows(rows) = part { Some(&rows.table) } else { None }
}

/// Rows of the sources that a return draws on. They reconcile: rows = accepted + held + rejected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct RowCounts {
    pub(crate) rows: u64,
    pub(crate) accepted: u64,
    pub(crate) held: u64,
    pub(crate) rejected: u64,
}

impl RowCounts {
    pub(super) fn of(loaded: &Loaded, computed: &Computed, spec: &ReturnSpec) -> Self {
        Self::of_tables(computed, &tables_of(loaded, spec))
    }

    pub(crate) fn of_tables(computed: &Computed, tables: &[usize]) -> Self {
        let mut counts = Self::default();
        for source in computed.sources.iter().filter(|source| tables.contains(&source.table)) {
            counts.rows += source.judged.rows;
            counts.accepted += source.accepted();
            if source.judged.is_rejected {
                counts.rejected += source.judged.rows;
            } else {
                counts.held += source.held.len() as u64;
            }
        }
        counts
    }

    pub(crate) fn json(self) -> serde_json::Value {
        json!({ "rows": self.rows, "accepted": self.accepted, "held": self.held, "rejected": self.rejected })
    }
}
