//! An extract as a whole: its files, and what a reader must know about them.

use qd_disclosure::ClearedTable;
use qd_model::words;

/// An extract: one file per table, and what it is.
#[derive(Debug)]
pub struct Package<'a> {
    /// A name for programs: lower-case letters, digits, `-`, `.` and `_`; what else it holds is
    /// written as `-`.
    pub name: String,
    /// A title for people.
    pub title: &'a str,
    /// Who receives it.
    pub recipient: &'a str,
    /// Whether all people are invented.
    pub demonstration: bool,
    /// The public name of the key that pseudonyms are made with.
    pub key_id: String,
    /// The epoch of the recipient's pseudonyms.
    pub epoch: u32,
    /// The version of how identifiers are normalised.
    pub normaliser_version: String,
    /// What else a reader should know: labels and texts.
    pub notes: Vec<(String, String)>,
    /// Which version it is, where it is told.
    pub version: Option<PackageVersion>,
    /// Its files.
    pub resources: Vec<Resource<'a>>,
}

/// Which version of an extract it is.
#[derive(Debug, Clone)]
pub struct PackageVersion {
    /// Counted from 1.
    pub number: u32,
    /// The version whose place it takes, with the digest of that version's manifest.
    pub supersedes: Option<(u32, String)>,
    /// Since that one: how many records were added, changed and withdrawn, and how many of the withdrawn
    /// are to be deleted; none where that is not known.
    pub changes: Option<[u64; 4]>,
    /// Tables that were in that one and are released no longer.
    pub withdrawn: Vec<String>,
}

impl PackageVersion {
    /// What a reader is told: labels and texts.
    pub(crate) fn lines(&self) -> Vec<(&'static str, String)> {
        let mut lines = vec![("Version", self.number.to_string())];
        let Some((before, manifest)) = &self.supersedes else { return lines };
        let takes_place = format!("version {before}, of which the manifest has the BLAKE3 digest {manifest}");
        lines.push(("Supersedes", takes_place));
        let changes = self.changes.map_or_else(
            || "not known record by record: put this version in the place of the other as a whole".to_owned(),
            |[added, changed, withdrawn, delete]| {
                format!(
                    "{} added, {changed} changed, {withdrawn} withdrawn, of which {delete} to delete",
                    words::count(added as usize, "record")
                )
            },
        );
        lines.push(("Changes since", changes));
        if !self.withdrawn.is_empty() {
            let tables = words::list(&self.withdrawn);
            lines.push(("No longer released", format!("{tables}: delete what earlier versions hold of it")));
        }
        lines
    }
}

/// A file of an extract.
#[derive(Debug)]
pub struct Resource<'a> {
    /// Its path, relative to the descriptor.
    pub path: &'a str,
    /// What it holds.
    pub table: &'a ClearedTable,
    /// The digest of its bytes, in hexadecimal.
    pub blake3: String,
}

/// What every reader of an extract is told.
pub(crate) const STILL_PERSONAL: &str = "Pseudonymised data is still personal data: the UK GDPR applies to it in full. \
Keep it as the agreement says, do not try to find out who a person is, and do not pass it on.";

impl Package<'_> {
    /// Whether any column says why values of another are missing.
    pub(crate) fn has_reasons(&self) -> bool {
        self.resources.iter().flat_map(|resource| resource.table.columns()).any(|column| column.treatment == "reason")
    }

    /// Whether any file holds pseudonyms.
    pub(crate) fn has_pseudonyms(&self) -> bool {
        let mut columns = self.resources.iter().flat_map(|resource| resource.table.columns());
        columns.any(qd_disclosure::ClearedColumn::is_pseudonym)
    }
}
