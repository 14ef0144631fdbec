//! An extract: one Parquet file per table, a descriptor and a codebook, and scripts that label it.

use super::cover::not_included;
use super::labels::labelled;
use super::{Content, MadeFor, Maker};
use crate::released::Released;
use jiff::civil::Date;
use qd_disclosure::{Became, ClearedTable, KeyId, RecordChange};
use qd_model::pipeline::{Below, FileSpec, Part, Pipeline, Recipient, TableRelease};
use qd_model::words;
use qd_return::{Package, PackageVersion, Resource};
use std::collections::BTreeSet;

impl Maker<'_> {
    /// An extract: one Parquet file per table, a descriptor and a codebook.
    pub(super) fn extract(&self, file: &FileSpec, content: &mut Content) -> Result<(), qd_return::ReturnError> {
        let (pipeline, as_of) = (&self.making.loaded.pipeline, self.making.computed.as_of);
        let metadata = extract_metadata(pipeline, self.made_for, self.recipient, as_of, &self.making.key.id());
        let mut tables = Vec::new();
        for part in &file.parts {
            let Part::Rows(rows) = part else { continue };
            let table = self.rows(rows, file, content);
            let bytes = qd_return::extract(&table, &metadata)?;
            tables.push((self.path(file, &rows.table), table, bytes));
        }
        let own = tables.len();
        let gone = self.no_longer_released(file);
        let changes = file.changes.as_ref().and_then(|path| Some((path, self.changes(&tables, &gone, content)?)));
        let mut counts = None;
        if let Some((path, (changes, counted))) = changes {
            counts = Some(counted);
            let bytes = qd_return::extract(&changes, &[metadata, self.version_metadata()].concat())?;
            let path = path.replace("{period}", &self.period.label);
            content.unversioned.insert(path.clone(), None);
            tables.push((path, changes, bytes));
        }
        let resources: Vec<Resource<'_>> = tables
            .iter()
            .map(|(path, table, bytes)| Resource { path, table, blake3: blake3::hash(bytes).to_hex().to_string() })
            .collect();
        let mut notes = vec![
            ("Period".to_owned(), self.period.to_string()),
            ("As of".to_owned(), words::date(self.making.computed.as_of)),
            ("Lawful basis".to_owned(), self.spec.basis.clone()),
            ("Retention".to_owned(), self.retention()),
            ("Not included".to_owned(), not_included(self.making.loaded, self.making.computed, self.spec)),
        ];
        if let Some(floor) = &self.recipient.floor {
            let text = format!(
                "at least {} people look alike by the indirect identifiers of the people table; where fewer did, these were {}",
                floor.people,
                if floor.below == Below::Generalise { "made coarser or left blank" } else { "left blank" }
            );
            notes.push(("People who look alike".to_owned(), text));
        }
        let mut package = Package {
            name: format!("{}-{}-{}", pipeline.name, self.spec.name, self.period.label.to_lowercase()),
            title: &self.spec.title,
            recipient: &self.recipient.name,
            demonstration: pipeline.demonstration,
            key_id: self.making.key.id().to_string(),
            epoch: self.recipient.epoch,
            normaliser_version: qd_disclosure::NORMALISER_VERSION.to_string(),
            notes,
            version: Some(PackageVersion {
                number: self.version(),
                supersedes: self.before.map(|before| (before.version, before.manifest.clone())),
                changes: counts,
                withdrawn: gone.into_iter().map(|release| release.table).collect(),
            }),
            resources,
        };
        let filled = |path: &str| path.replace("{period}", &self.period.label);
        let about = |package: &Package<'_>| -> Vec<(String, Vec<u8>)> {
            let codebooks = file.codebook.iter().map(|path| {
                let is_page = path.to_lowercase().ends_with(".html");
                let text = if is_page { qd_return::codebook_html(package) } else { qd_return::codebook(package) };
                (filled(path), text.into_bytes())
            });
            let descriptor = file.datapackage.iter();
            let descriptor = descriptor.map(|path| (filled(path), qd_return::datapackage(package).into_bytes()));
            descriptor.chain(codebooks).collect()
        };
        let mut written = about(&package);
        package.version = None;
        package.resources.truncate(own);
        content.unversioned.extend(about(&package).into_iter().map(|(path, bytes)| (path, Some(bytes))));
        if !file.labels.is_empty() {
            for (_, table, _) in &tables[..own] {
                written.extend(labelled(file, table)?);
            }
        }
        content.files.extend(tables.into_iter().map(|(path, _, bytes)| (path, bytes)));
        content.files.extend(written);
        Ok(())
    }

    /// What became of each record of some tables since the version that was sent last, and how many were
    /// added, changed, withdrawn, and are to be deleted. Nothing where it is not known what was sent.
    fn changes(
        &self,
        tables: &[(String, ClearedTable, Vec<u8>)],
        gone: &[TableRelease],
        content: &Content,
    ) -> Option<(ClearedTable, [u64; 4])> {
        let nothing = Released::default();
        let before = match self.before {
            None => &nothing,
            Some(before) => before.released.as_ref()?,
        };
        let names = tables.iter().map(|(_, table, _)| table.name());
        let names: BTreeSet<&str> = names.chain(gone.iter().map(|release| release.table.as_str())).collect();
        let is_gone = |table: &str| gone.iter().find(|release| release.table == table);
        let (held, restricted) = (&self.making.computed.state.held, self.making.restricted);
        let changes = content.released.since(before, &names);
        let told: Vec<RecordChange<'_>> = changes
            .iter()
            .map(|change| RecordChange {
                release: is_gone(&change.table)
                    .or_else(|| self.recipient.release_of(&change.table))
                    .expect("what is compared is released, or was"),
                record: Some(change.record.as_str()).filter(|record| !record.is_empty()),
                person: Some(change.person.as_str()).filter(|person| !person.is_empty()),
                became: change.became,
                // What is put right may come back, and what is restricted is kept and not used. A table that is
                // released no longer does not come back.
                delete: change.became == Became::Withdrawn
                    && (is_gone(&change.table).is_some() || !held.contains(&change.record))
                    && !restricted.contains(&change.person),
            })
            .collect();
        let count = |is: &dyn Fn(&&RecordChange<'_>) -> bool| told.iter().filter(is).count() as u64;
        let [added, altered, withdrawn] = Became::ALL.map(|became| count(&|change| change.became == became));
        let counts = [added, altered, withdrawn, count(&|change| change.delete)];
        Some((qd_disclosure::clear_record_changes(&told, &self.key), counts))
    }

    /// Tables of which the version that was sent last released records, and the return releases none any
    /// longer, as they were released then. The first of the files that tell of changes tells of them.
    fn no_longer_released(&self, file: &FileSpec) -> Vec<TableRelease> {
        let is_told_here =
            self.spec.files.iter().find(|own| own.changes.is_some()).is_some_and(|own| own.at == file.at);
        let Some(before) = self.before.filter(|_| is_told_here) else { return Vec::new() };
        let now = |table: &&str| {
            let mut parts = self.spec.files.iter().flat_map(|file| &file.parts);
            parts.any(|part| matches!(part, Part::Rows(rows) if rows.table == **table))
        };
        let recipient = before.pipeline.as_ref().and_then(|pipeline| pipeline.recipient(&self.recipient.code));
        let tables = before.released.iter().flat_map(Released::tables).filter(|table| !now(table));
        tables
            .map(|table| {
                let own = recipient.and_then(|recipient| recipient.release_of(table)).cloned();
                own.unwrap_or_else(|| TableRelease { table: table.to_owned(), fields: Vec::new() })
            })
            .collect()
    }

    fn version_metadata(&self) -> Vec<(String, String)> {
        let mut pairs = vec![("quarterday.version".to_owned(), self.version().to_string())];
        let before = self.before.map(|before| ("quarterday.supersedes".to_owned(), before.version.to_string()));
        pairs.extend(before);
        pairs
    }
}

/// What an extract says of itself.
pub(crate) fn extract_metadata(
    pipeline: &Pipeline,
    made_for: &MadeFor<'_>,
    recipient: &Recipient,
    as_of: Date,
    key: &KeyId,
) -> Vec<(String, String)> {
    let pair = |key: &str, value: String| (format!("quarterday.{key}"), value);
    vec![
        pair("programme", pipeline.name.clone()),
        pair("return", made_for.spec.name.clone()),
        pair("recipient", recipient.code.clone()),
        pair("period", made_for.period.label.clone()),
        pair("as_of", as_of.to_string()),
        pair("key_id", key.to_string()),
        pair("epoch", recipient.epoch.to_string()),
        pair("normaliser", qd_disclosure::NORMALISER_VERSION.to_string()),
        pair("demonstration", pipeline.demonstration.to_string()),
        pair("tool", crate::VERSION.to_owned()),
    ]
}
