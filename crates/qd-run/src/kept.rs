//! What a period leaves in the private folder, beside its drafts.

use crate::compute::{Computed, Source};
use crate::folders;
use crate::load::{Loaded, plain};
use crate::people::{RecordPlace, Suggestion};
use crate::place::{MadeFile, NewFile, Spool, Staging};
use crate::prepared::Prepared;
use crate::run::RunRequest;
use crate::summary::{Around, summary};
use qd_model::Refusal;
use qd_model::pipeline::Keep;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

/// The list of what was received, beside the copies.
const SOURCES: &str = "sources.json";

/// A file of more bytes is copied piece by piece; smaller ones are written all at once, side by side.
const LARGE: u64 = 16 << 20;

/// How much of a large file is in memory while it is copied.
const PIECE: usize = 1 << 20;

/// The folder of the copies that newer ones superseded.
const SUPERSEDED: &str = "superseded";

/// Stages what a period leaves in the private folder. `of_returns` is what stays in the house of its
/// returns: their figures, where their rows came from, their files as they will be when they are sent, where
/// those differ, what is inside sealed ones, and partners' marked copies.
pub(crate) fn add_private(
    prepared: &Prepared<'_>,
    computed: &Computed,
    around: &Around<'_>,
    request: &RunRequest<'_>,
    of_returns: Vec<NewFile>,
    staging: &mut Staging,
) -> Result<(), Refusal> {
    let label = &computed.period.label;
    if prepared.loaded.pipeline.outputs.keep == Keep::All {
        staging.add(&prepared.folders.accepted(label), &computed.kept)?;
        let (files, large) = copies(computed, &prepared.folders.sources(label), staging)?;
        staging.add_with(&prepared.folders.sources(label), &files, large)?;
    }
    let mut papers = papers(computed, request);
    papers.splice(0..0, of_returns);
    let findings = crate::resubmitted::findings_csv(prepared, computed);
    papers.insert(0, NewFile { path: crate::resubmitted::FINDINGS.to_owned(), bytes: findings });
    papers.splice(0..0, definitions(prepared.loaded)?);
    papers.insert(0, summary(prepared, computed, around));
    staging.add(&prepared.folders.papers(label), &papers)
}

/// Copies of the files as received, except those with a quarantined column. What they supersede stays
/// beside them. Large ones are made already.
fn copies(computed: &Computed, folder: &Path, staging: &Staging) -> Result<(Vec<NewFile>, Vec<MadeFile>), Refusal> {
    let mut files: Vec<NewFile> = superseded(computed, folder);
    let mut large = Vec::new();
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
        if std::fs::metadata(&source.path).is_ok_and(|file| file.len() > LARGE) {
            let spool = staging.spool(&format!("copy-{}-{}", computed.period.label, large.len()))?;
            large.push(copied(source, spool)?);
            continue;
        }
        let bytes = std::fs::read(&source.path).map_err(|error| gone(source, &error))?;
        if blake3::hash(&bytes).to_hex().to_string() != source.digest {
            return Err(changed(source));
        }
        files.push(NewFile { path: source.file.clone(), bytes });
    }
    files.push(NewFile { path: SOURCES.to_owned(), bytes: folders::json_bytes(&index.into()) });
    Ok((files, large))
}

/// A copy that is made piece by piece, so that it takes no memory.
fn copied(source: &Source, mut spool: Spool) -> Result<MadeFile, Refusal> {
    let mut file = File::open(&source.path).map_err(|error| gone(source, &error))?;
    let mut piece = vec![0; PIECE];
    loop {
        let read = file.read(&mut piece).map_err(|error| gone(source, &error))?;
        if read == 0 {
            break;
        }
        spool.write_all(&piece[..read]).map_err(|error| spool.refusal(&error))?;
    }
    let made = spool.finish(source.file.clone())?;
    if made.listed.blake3 == source.digest { Ok(made) } else { Err(changed(source)) }
}

fn gone(source: &Source, error: &std::io::Error) -> Refusal {
    Refusal::new("a partner's file went away while it was being used")
        .because(format!("{}: {}", source.path.display(), plain(error)))
        .hint("put it back, and run again")
}

fn changed(source: &Source) -> Refusal {
    Refusal::new("a partner's file changed while it was being used")
        .because(source.path.display())
        .hint("close it where it is open, and run again")
}

/// Copies of what was received before and is not what is received now.
fn superseded(computed: &Computed, folder: &Path) -> Vec<NewFile> {
    let mut files = Vec::new();
    let mut older = BTreeMap::new();
    let index = std::fs::read(folder.join(SOURCES)).ok().and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    for (file, known) in index.as_ref().and_then(Value::as_object).into_iter().flatten() {
        if let (Some(digest), Ok(bytes)) = (known["blake3"].as_str(), std::fs::read(folder.join(file))) {
            older
                .insert(format!("{SUPERSEDED}/{}/{file}", &digest[..digest.len().min(16)]), (digest.to_owned(), bytes));
        }
    }
    for (path, (digest, bytes)) in older {
        // A copy that somebody changed is no copy of what was received.
        let is_copy = blake3::hash(&bytes).to_hex().to_string() == digest;
        if is_copy && !computed.sources.iter().any(|source| source.digest == digest) {
            files.push(NewFile { path, bytes });
        }
    }
    let mut kept = Vec::new();
    // A folder that is not there yet has nothing to keep.
    let _ = crate::verify::list(&folder.join(SUPERSEDED), &format!("{SUPERSEDED}/"), &mut kept);
    kept.sort_unstable();
    for path in kept {
        if let Ok(bytes) = std::fs::read(folder.join(&path))
            && !files.iter().any(|file| file.path == path)
        {
            files.push(NewFile { path, bytes });
        }
    }
    files
}

/// The pipeline, its explanations and its schemas as they were used, for whoever asks years later.
fn definitions(loaded: &Loaded) -> Result<Vec<NewFile>, Refusal> {
    let read = |path: &Path, digest: Option<&str>| {
        let refuse = |cause: String| {
            Refusal::new("a file of the programme changed while it was being used")
                .because(format!("{}: {cause}", path.display()))
                .hint("save it, and run again")
        };
        let bytes = std::fs::read(path).map_err(|error| refuse(plain(&error)))?;
        if digest.is_some_and(|digest| blake3::hash(&bytes).to_hex().to_string() != digest) {
            return Err(refuse("it is not what was read before".to_owned()));
        }
        Ok(bytes)
    };
    let ending =
        |path: &Path| path.extension().map_or_else(String::new, |ending| format!(".{}", ending.to_string_lossy()));
    let pipeline = format!("definitions/pipeline{}", ending(&loaded.path));
    let mut files = vec![NewFile { path: pipeline, bytes: read(&loaded.path, Some(&loaded.digest))? }];
    for (spec, table) in loaded.pipeline.tables.iter().zip(&loaded.tables) {
        let path = loaded.resolve(&spec.schema.value);
        let name = format!("definitions/schemas/{}{}", table.name, ending(&path));
        files.push(NewFile { path: name, bytes: read(&path, Some(&table.digest))? });
    }
    let explanations = loaded.path.with_extension("explanations.csv");
    if explanations.is_file() {
        files.push(NewFile { path: "definitions/explanations.csv".to_owned(), bytes: read(&explanations, None)? });
    }
    Ok(files)
}

/// The internal papers of a period: matches for a person to decide, suggested and made, and who ran it.
fn papers(computed: &Computed, request: &RunRequest<'_>) -> Vec<NewFile> {
    let run = json!({ "run": "quarterday-papers/1", "period": computed.period.label, "as_of": computed.as_of.to_string(), "by": request.by });
    vec![
        NewFile { path: "suggested-matches.csv".to_owned(), bytes: pairs(&computed.suggestions) },
        NewFile { path: "linked-records.csv".to_owned(), bytes: pairs(&computed.pairs) },
        NewFile { path: "run.json".to_owned(), bytes: folders::json_bytes(&run) },
    ]
}

/// A list of pairs of records that a person can fill in.
fn pairs(pairs: &[Suggestion]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(crate::links::HEADINGS).expect("writing to memory cannot fail");
    for Suggestion { one, other } in pairs {
        // What a person fills in stands first, so that it is seen.
        let mut cells = vec![String::new(); 4];
        for place in [one, other] {
            let RecordPlace { partner, source, row, person, name } = place;
            cells.extend([partner.clone(), source.clone(), row.to_string(), person.clone(), name.clone()]);
        }
        writer.write_record(cells).expect("writing to memory cannot fail");
    }
    writer.into_inner().expect("writing to memory cannot fail")
}
