//! An extract: one Parquet file per table, a descriptor and a codebook, and scripts that label it.

use super::cover::not_included;
use super::labels::labelled;
use super::{Content, MadeFor, Maker};
use jiff::civil::Date;
use qd_disclosure::KeyId;
use qd_model::pipeline::{Below, FileSpec, Part, Pipeline, Recipient};
use qd_model::words;
use qd_return::{Package, Resource};

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
        let package = Package {
            name: format!("{}-{}-{}", pipeline.name, self.spec.name, self.period.label.to_lowercase()),
            title: &self.spec.title,
            recipient: &self.recipient.name,
            demonstration: pipeline.demonstration,
            key_id: self.making.key.id().to_string(),
            epoch: self.recipient.epoch,
            normaliser_version: qd_disclosure::NORMALISER_VERSION.to_string(),
            notes,
            resources,
        };
        let filled = |path: &str| path.replace("{period}", &self.period.label);
        let mut written = Vec::new();
        if let Some(path) = &file.datapackage {
            written.push((filled(path), qd_return::datapackage(&package).into_bytes()));
        }
        for path in &file.codebook {
            let is_page = path.to_lowercase().ends_with(".html");
            let text = if is_page { qd_return::codebook_html(&package) } else { qd_return::codebook(&package) };
            written.push((filled(path), text.into_bytes()));
        }
        if !file.labels.is_empty() {
            for (_, table, _) in &tables {
                written.extend(labelled(file, table)?);
            }
        }
        content.files.extend(tables.into_iter().map(|(path, _, bytes)| (path, bytes)));
        content.files.extend(written);
        Ok(())
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
