//! A sealed return: one file that only its recipient can open, and a manifest that says nothing else.

use super::Maker;
use crate::folders;
use crate::load::Loaded;
use crate::outcome::ReturnOutcome;
use crate::place::{Listed, NewFile};
use qd_disclosure::{Passphrase, Sealer};
use qd_model::Refusal;
use qd_model::pipeline::Seal;
use serde_json::{Value, json};

/// A return once it is sealed.
pub(super) struct Sealed {
    /// The sealed draft and its manifest.
    pub(super) outside: Vec<NewFile>,
    /// The sealed file as it will be when the return is sent.
    pub(super) finals: Vec<NewFile>,
    /// The clear copies of both, for the private folder.
    pub(super) inside: Vec<NewFile>,
}

impl Maker<'_> {
    /// Seals a return's files, whose paths begin with the return's folder. `finals` are those that will
    /// be others when the return is sent.
    pub(super) fn sealed(
        &self,
        seal: &Seal,
        folder: &str,
        files: Vec<NewFile>,
        finals: &[NewFile],
        outcome: &ReturnOutcome,
        held: &str,
    ) -> Result<Sealed, Refusal> {
        let sealer = sealer(self.making.loaded, seal, &self.recipient.code)?;
        let name = if folder.ends_with(&self.period.label) {
            format!("{folder}.zip.age")
        } else {
            format!("{folder}-{}.zip.age", self.period.label)
        };
        let as_sent: Vec<NewFile> = files
            .iter()
            .map(|file| {
                let other = finals.iter().find(|other| other.path == file.path).unwrap_or(file);
                NewFile { path: other.path.clone(), bytes: other.bytes.clone() }
            })
            .collect();
        let draft = self.listed(folder, (files, held), outcome, "draft");
        let sent = self.listed(folder, (as_sent, held), outcome, "sent");
        let bytes = sealer.seal(&archive(folder, &draft));
        let manifest = json!({
            "manifest": "quarterday-sealed-return/1",
            "recipient": self.recipient.code,
            "sealed": "age",
            "files": [{ "path": name, "bytes": bytes.len(), "blake3": blake3::hash(&bytes).to_hex().to_string() }],
        });
        let path = format!("{folder}/{name}");
        let finals = vec![NewFile { path: path.clone(), bytes: sealer.seal(&archive(folder, &sent)) }];
        let outside = vec![
            NewFile { path, bytes },
            NewFile { path: format!("{folder}/manifest.json"), bytes: folders::json_bytes(&manifest) },
        ];
        let kept =
            |place: &'static str| move |file: NewFile| NewFile { path: format!("{place}/{}", file.path), ..file };
        let inside = draft.into_iter().map(kept("sealed")).chain(sent.into_iter().map(kept("sealed-final"))).collect();
        Ok(Sealed { outside, finals, inside })
    }

    /// The files with the manifest that lists them.
    fn listed(
        &self,
        folder: &str,
        (mut files, held): (Vec<NewFile>, &str),
        outcome: &ReturnOutcome,
        status: &str,
    ) -> Vec<NewFile> {
        let inside: Vec<Listed> = files.iter().map(NewFile::listed).collect();
        let mut manifest: Value =
            serde_json::from_slice(&self.manifest(&inside, outcome, held)).expect("a manifest is JSON");
        manifest["status"] = status.into();
        files.push(NewFile { path: format!("{folder}/manifest.json"), bytes: folders::json_bytes(&manifest) });
        files
    }
}

/// What seals for somebody, who is named where that cannot be done.
pub(crate) fn sealer(loaded: &Loaded, seal: &Seal, code: &str) -> Result<Sealer, Refusal> {
    if let Some(file) = &seal.passphrase_file {
        return Ok(Sealer::with_passphrase(&Passphrase::read(&loaded.resolve(file))?));
    }
    Sealer::to_keys(seal.keys.iter().map(String::as_str))
        .map_err(|wrong| Refusal::new(format!("what goes to `{code}` cannot be sealed")).because(wrong))
}

/// The files as one, each under its path in the return's folder.
fn archive(folder: &str, files: &[NewFile]) -> Vec<u8> {
    let own = |path: &str| path.strip_prefix(folder).unwrap_or(path).trim_start_matches('/').to_owned();
    let entries: Vec<(String, &[u8])> = files.iter().map(|file| (own(&file.path), file.bytes.as_slice())).collect();
    qd_return::archive(&entries)
}
