//! What a period leaves in the private folder, beside its drafts.

use crate::compute::Computed;
use crate::folders;
use crate::place::{NewFile, Staging};
use crate::prepared::Prepared;
use crate::run::RunRequest;
use crate::state;
use qd_model::Refusal;
use serde_json::json;

/// Stages what a period leaves in the private folder.
pub(crate) fn add_private(
    prepared: &Prepared<'_>,
    computed: &Computed,
    request: &RunRequest<'_>,
    staging: &mut Staging,
) -> Result<(), Refusal> {
    let label = &computed.period.label;
    let files = state::to_files(&computed.state, prepared.loaded, &prepared.key);
    let files: Vec<NewFile> = files.into_iter().map(|(path, bytes)| NewFile { path, bytes }).collect();
    staging.add(&prepared.folders.accepted(label), &files)?;
    staging.add(&prepared.folders.sources(label), &copies(computed)?)?;
    staging.add(&prepared.folders.papers(label), &papers(computed, request))
}

/// Copies of the files as received, except those with a quarantined column.
fn copies(computed: &Computed) -> Result<Vec<NewFile>, Refusal> {
    let mut files: Vec<NewFile> = Vec::new();
    let mut index = serde_json::Map::new();
    for source in &computed.sources {
        let quarantined = computed.sources.iter().any(|other| other.path == source.path && other.judged.is_quarantined);
        let known = index.contains_key(&source.file);
        index.insert(
            source.file.clone(),
            json!({ "source": source.public, "blake3": source.digest, "kept": !quarantined }),
        );
        if quarantined || known {
            continue;
        }
        let bytes = std::fs::read(&source.path).map_err(|error| {
            Refusal::new("a partner's file went away while it was being used")
                .because(format!("{}: {}", source.path.display(), crate::load::plain(&error)))
                .hint("put it back, and run again")
        })?;
        if blake3::hash(&bytes).to_hex().to_string() != source.digest {
            return Err(Refusal::new("a partner's file changed while it was being used")
                .because(source.path.display())
                .hint("close it where it is open, and run again"));
        }
        files.push(NewFile { path: source.file.clone(), bytes });
    }
    files.push(NewFile { path: "sources.json".to_owned(), bytes: folders::json_bytes(&index.into()) });
    Ok(files)
}

/// The internal papers of a period: suggested matches for a person to decide, and who ran it.
fn papers(computed: &Computed, request: &RunRequest<'_>) -> Vec<NewFile> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let headings = ["partner", "source", "row", "person", "other_partner", "other_source", "other_row", "other_person"];
    writer.write_record(headings).expect("writing to memory cannot fail");
    for pair in &computed.suggestions {
        let (one, other) = (&pair.one, &pair.other);
        let (row, other_row) = (one.row.to_string(), other.row.to_string());
        let cells =
            [&one.partner, &one.source, &row, &one.person, &other.partner, &other.source, &other_row, &other.person];
        writer.write_record(cells).expect("writing to memory cannot fail");
    }
    let matches = writer.into_inner().expect("writing to memory cannot fail");
    let run = json!({ "run": "quarterday-papers/1", "period": computed.period.label, "as_of": computed.as_of.to_string(), "by": request.by });
    vec![
        NewFile { path: "suggested-matches.csv".to_owned(), bytes: matches },
        NewFile { path: "run.json".to_owned(), bytes: folders::json_bytes(&run) },
    ]
}
