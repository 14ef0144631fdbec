//! Freezes a draft as the version that was sent: read-only, with its digests in the log.

use crate::changes::{self, Reason};
use crate::earlier::still_rests_on;
use crate::entered::moment;
use crate::folders::{self, Folders};
use crate::load::plain;
use crate::place::{NewFile, Staging};
use crate::released;
use crate::state;
use crate::verify::{Difference, verify_files};
use jiff::Timestamp;
use qd_ledger::{Change, Draft, Ledger, Run, Version};
use qd_model::{Refusal, words};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// What is kept beside a version of the log's entry about it.
pub(crate) const WITNESS: &str = "log.json";

/// What is asked.
#[derive(Debug, Clone)]
pub struct SentRequest<'a> {
    /// The draft's folder.
    pub folder: &'a Path,
    /// Who sends it.
    pub by: &'a str,
    /// Folder of what never leaves.
    pub state: &'a Path,
    /// When, for the ledger.
    pub at: Timestamp,
}

/// What was frozen.
#[derive(Debug, Clone)]
pub struct SentOutcome {
    /// The period's label.
    pub period: String,
    /// The return's name.
    pub name: String,
    /// The version.
    pub version: u32,
    /// Where it stands now.
    pub folder: PathBuf,
    /// How many records were added, removed and changed since the version before, where there is one.
    pub changed: Option<[u64; 3]>,
}

/// Where a draft stands, as its folder tells.
struct Place {
    out: PathBuf,
    pipeline: String,
    period: String,
    name: String,
}

/// A draft that may be sent.
struct Sendable {
    manifest: Value,
    run: Run,
    prepared_by: String,
    /// Its files as they will be sent, without the manifest.
    files: Vec<NewFile>,
}

/// Freezes a draft as the next version of its return.
pub fn sent(request: &SentRequest<'_>) -> Result<SentOutcome, Refusal> {
    let by = request.by.trim();
    if by.is_empty() {
        return Err(refuse("nobody is named").hint("say who sends it with `--by NAME`"));
    }
    let place = place_of(request.folder)?;
    let home = Folders::of(&place.out, request.state, &place.pipeline);
    if !home.ledger().is_file() {
        return Err(refuse(format!("there is no ledger in {}", home.private.display()))
            .hint("name the folder of what never leaves with `--state DIR`, as it was named to `run`"));
    }
    let mut staging = Staging::begin(&home.private)?;
    let mut ledger = Ledger::copy(&home.ledger(), &staging.beside(qd_ledger::FILE))?;
    let draft = sendable(request, &place, &home, &ledger, by)?;
    let before = ledger.last_sent(&place.period, &place.name)?;
    let version = before.as_ref().map_or(1, |before| before.version + 1);
    let folder = home.out.join(&place.period).join(format!("v{version}")).join(&place.name);
    let mut files = draft.files;
    let changes = match &before {
        None => None,
        Some(before) => {
            not_the_same(&home, &place, before, &files, &draft.manifest)?;
            let old = home.sent_state(&place.period, &before.state);
            Some(changes::between(&old, &home.accepted(&place.period))?)
        }
    };

    was_drafted_as(version, &home, &place, &draft.manifest)?;
    let at = moment(request.at);
    let mut manifest = draft.manifest;
    // Outside of a sealed return stands what it is sealed for, and nothing of what is inside.
    if !manifest["sealed"].is_string() {
        manifest["status"] = json!("sent");
        manifest["version"] = json!(version);
        manifest["supersedes"] = before
            .as_ref()
            .map_or(Value::Null, |before| json!({ "version": before.version, "manifest_blake3": before.manifest }));
        manifest["changes"] = changes.as_ref().map_or(Value::Null, |changes| summary(changes, &manifest));
    }
    manifest["files"] = files.iter().map(|file| file.listed().json()).collect();
    let manifest = folders::json_bytes(&manifest);
    let digest = blake3::hash(&manifest).to_hex().to_string();
    files.push(NewFile { path: "manifest.json".to_owned(), bytes: manifest });

    let mut papers = papers(&home, &place, changes.as_deref());
    let figures = papers.iter().find(|file| file.path == "figures.json");
    let records = papers.iter().find(|file| file.path == released::FILE);
    let digest_of = |file: &NewFile| blake3::hash(&file.bytes).to_hex().to_string();
    let sent = Version {
        period: place.period.clone(),
        name: place.name.clone(),
        version,
        recipient: text_of(&files, "recipient"),
        manifest: digest.clone(),
        state: draft.run.state.clone(),
        figures: figures.map(digest_of),
        prepared_by: draft.prepared_by,
        sent_by: by.to_owned(),
        at: at.clone(),
    };
    ledger.put_version(&sent)?;
    let facts = json!({ "return": place.name, "version": version, "manifest": digest, "state": draft.run.state,
                        "figures": sent.figures, "released": records.map(digest_of), "prepared_by": sent.prepared_by, "previous": before.map(|before| before.manifest) });
    ledger.note(&at, by, "sent", &place.period, &facts.to_string())?;
    // A witness beside the ledger: a log that is cut short afterwards lacks this entry.
    let (number, digest) = ledger.head()?;
    let witness = folders::json_bytes(&json!({ "entry": number, "digest": digest }));
    papers.insert(0, NewFile { path: WITNESS.to_owned(), bytes: witness });

    let kept = home.sent_state(&place.period, &draft.run.state);
    if !state::is_there(&kept) {
        staging.add(&kept, &copied(&home.accepted(&place.period), state::INDEX)?)?;
    }
    staging.add(&home.sent(&place.period, &place.name, version), &papers)?;
    staging.add_file(&home.ledger(), ledger.finish()?)?;
    staging.add_protected(&folder, &files)?;
    staging.put_in_place()?;
    Ok(SentOutcome {
        period: place.period,
        name: place.name,
        version,
        folder,
        changed: changes.map(|changes| changes::counts(&changes)),
    })
}

fn refuse(cause: impl std::fmt::Display) -> Refusal {
    Refusal::new("nothing was frozen").because(cause)
}

/// Reads from a draft's folder whose it is: `out/<pipeline>/<period>/draft/<return>`.
fn place_of(folder: &Path) -> Result<Place, Refusal> {
    let hint = "name the folder of one return in a draft, such as out/programme/2022-Q3/draft/funder";
    let whole = std::path::absolute(folder).map_err(|error| refuse(plain(&error)).hint(hint))?;
    let mut names = whole.ancestors();
    let mut next = || {
        let path = names.next()?;
        Some(path.file_name()?.to_string_lossy().into_owned())
    };
    let found = (|| Some((next()?, next()?, next()?, next()?)))();
    let Some((name, draft, period, pipeline)) = found.filter(|(_, draft, _, _)| draft == "draft") else {
        return Err(refuse(format!("{} is not the folder of a draft", folder.display())).hint(hint));
    };
    debug_assert_eq!(draft, "draft");
    let out = whole.ancestors().nth(4).unwrap_or(Path::new(".")).to_path_buf();
    // A path that was given relative to here is shown so in messages.
    let shown = folder.ancestors().nth(4).filter(|path| !path.as_os_str().is_empty()).map(Path::to_path_buf);
    Ok(Place { out: shown.unwrap_or(out), pipeline, period, name })
}

/// Everything for which a draft may not be sent is asked here.
fn sendable(
    request: &SentRequest<'_>,
    place: &Place,
    home: &Folders,
    ledger: &Change,
    by: &str,
) -> Result<Sendable, Refusal> {
    let again = format!("run {} again with `--by NAME`, look through the draft, then send it", place.period);
    let run = ledger.run(&place.period)?;
    let draft = ledger.drafts(&place.period)?.into_iter().find(|draft| draft.name == place.name);
    let (Some(run), Some(draft)) = (run, draft) else {
        return Err(refuse(format!("no run of {} has drafted `{}`", place.period, place.name)).hint(again));
    };
    let Some(known) = &draft.manifest else {
        return Err(refuse(format!("`{}` is blocked", place.name)).because(&draft.blocked).hint(again));
    };
    let path = request.folder.join("manifest.json");
    let bytes =
        std::fs::read(&path).map_err(|error| refuse(format!("{}: {}", path.display(), plain(&error))).hint(&again))?;
    if blake3::hash(&bytes).to_hex().to_string() != *known {
        return Err(refuse(format!("{} is not what the last run wrote", path.display())).hint(again));
    }
    let manifest: Value = serde_json::from_slice(&bytes)
        .map_err(|_| refuse(format!("{} is not a manifest", path.display())).hint(&again))?;
    let (_, differences) = verify_files(request.folder)?;
    if !differences.is_empty() {
        let mut refusal = refuse("the draft is not as the run wrote it");
        for Difference { path, what } in &differences {
            refusal = refusal.because(format!("{path} {what}"));
        }
        return Err(refusal.hint(again));
    }
    let Some(prepared_by) = run.by.clone() else {
        return Err(
            refuse("nobody is named for the run that made the draft, and two people must have seen it").hint(again)
        );
    };
    if words::fold(&prepared_by) == words::fold(by) {
        return Err(refuse(format!("{prepared_by} made the draft, and somebody else must send it"))
            .hint("have a second person look through the draft and send it with their own name"));
    }
    let is_as_it_was = state::kept_digest(&home.accepted(&place.period)).as_ref() == Some(&run.state);
    if !is_as_it_was || !still_rests_on(home, ledger, &run.rests_on)? {
        return Err(refuse(format!("what {} rests on has changed since the draft was made", place.period)).hint(again));
    }
    let files =
        final_files(request.folder, &home.papers(&place.period).join("final").join(&place.name), &draft, &manifest)?;
    Ok(Sendable { manifest, run, prepared_by, files })
}

/// The files of a draft as they will be sent: those that do not say that they are drafts, where there
/// are such.
fn final_files(folder: &Path, finals: &Path, draft: &Draft, manifest: &Value) -> Result<Vec<NewFile>, Refusal> {
    let digests: Value = serde_json::from_str(&draft.finals).unwrap_or_default();
    let mut files = Vec::new();
    for listed in manifest["files"].as_array().into_iter().flatten() {
        let Some(path) = listed["path"].as_str() else { continue };
        let (from, digest) = match digests[path].as_str() {
            Some(digest) => (finals.join(path), Some(digest)),
            None => (folder.join(path), listed["blake3"].as_str()),
        };
        let bytes = std::fs::read(&from).map_err(|error| refuse(format!("{}: {}", from.display(), plain(&error))))?;
        if Some(blake3::hash(&bytes).to_hex().as_str()) != digest {
            return Err(
                refuse(format!("{} is not what the last run wrote", from.display())).hint("run the period again")
            );
        }
        files.push(NewFile { path: path.to_owned(), bytes });
    }
    Ok(files)
}

/// Refuses to send what was sent already.
fn not_the_same(
    home: &Folders,
    place: &Place,
    before: &Version,
    files: &[NewFile],
    draft: &Value,
) -> Result<(), Refusal> {
    let folder = home.out.join(&place.period).join(format!("v{}", before.version)).join(&place.name);
    let Ok(bytes) = std::fs::read(folder.join("manifest.json")) else { return Ok(()) };
    let manifest: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let now: Vec<Value> = files.iter().map(|file| file.listed().json()).collect();
    // What is sealed twice is two ciphertexts; what is inside can be compared.
    let inside = |path: PathBuf| std::fs::read(path).ok();
    let was_inside = inside(home.sent(&place.period, &place.name, before.version).join(INSIDE));
    let is_inside = inside(inside_now(home, place));
    // Files say which version they are of; what they hold besides has a digest of its own.
    let held = |bytes: Option<Vec<u8>>| {
        let manifest: Value = serde_json::from_slice(&bytes?).ok()?;
        manifest["content_blake3"].as_str().map(str::to_owned)
    };
    let (was_held, is_held) = (held(was_inside), held(is_inside));
    let is_alike = manifest["content_blake3"].is_string() && manifest["content_blake3"] == draft["content_blake3"];
    if manifest["files"] == Value::from(now) || is_alike || was_held.is_some_and(|was| is_held == Some(was)) {
        return Err(refuse(format!("it is what was sent as version {} already", before.version))
            .because(folder.display())
            .hint("there is nothing to correct: send that version again if the recipient needs it"));
    }
    Ok(())
}

/// Refuses to send a draft that says that it is another version than it would be.
fn was_drafted_as(version: u32, home: &Folders, place: &Place, draft: &Value) -> Result<(), Refusal> {
    let inside = || serde_json::from_slice::<Value>(&std::fs::read(inside_now(home, place)).ok()?).ok();
    let drafted = draft["version"].as_u64().or_else(|| inside()?["version"].as_u64());
    match drafted.filter(|drafted| *drafted != u64::from(version)) {
        None => Ok(()),
        Some(drafted) => {
            Err(refuse(format!("the draft says that it is version {drafted}, and it would be version {version}"))
                .hint(format!("run {} again with `--by NAME`, look through the draft, then send it", place.period)))
        }
    }
}

/// The list of what was inside a sealed version, as it is kept.
const INSIDE: &str = "inside.json";

/// The list of what is inside a sealed return as it will be sent.
fn inside_now(home: &Folders, place: &Place) -> PathBuf {
    home.papers(&place.period).join("sealed-final").join(&place.name).join("manifest.json")
}

fn text_of(files: &[NewFile], name: &str) -> String {
    let manifest = files.last().and_then(|file| serde_json::from_slice::<Value>(&file.bytes).ok());
    manifest.and_then(|manifest| manifest[name].as_str().map(str::to_owned)).unwrap_or_default()
}

/// What the recipient is told of the changes since the version before: reasons always, and numbers of
/// records where the return is of single records, since there they tell nothing more.
fn summary(changes: &[changes::RecordChange], manifest: &Value) -> Value {
    let of_records = manifest["rows"].as_u64().is_some_and(|rows| rows > 0);
    let reasons = Reason::ALL.iter().filter(|reason| changes.iter().any(|change| change.reason == **reason));
    let lines: Vec<Value> = reasons
        .map(|reason| {
            let mut line = json!({ "reason": reason.as_str() });
            if of_records {
                let those: Vec<changes::RecordChange> =
                    changes.iter().filter(|change| change.reason == *reason).cloned().collect();
                for (kind, count) in changes::Kind::ALL.iter().zip(changes::counts(&those)) {
                    line[kind.as_str()] = json!(count);
                }
            }
            line
        })
        .collect();
    Value::from(lines)
}

/// What is kept of a version besides its files: the definitions that it was made with, the figures that
/// it releases, and the list of records that changed.
fn papers(home: &Folders, place: &Place, changes: Option<&[changes::RecordChange]>) -> Vec<NewFile> {
    let from = home.papers(&place.period);
    let mut names = Vec::new();
    // A run before this version left none.
    let _ = crate::verify::list(&from.join("definitions"), "definitions/", &mut names);
    names.sort_unstable();
    let mut files: Vec<NewFile> = names
        .into_iter()
        .filter_map(|path| Some(NewFile { bytes: std::fs::read(from.join(&path)).ok()?, path }))
        .collect();
    if let Ok(bytes) = std::fs::read(from.join("figures").join(format!("{}.json", place.name))) {
        files.push(NewFile { path: "figures.json".to_owned(), bytes });
    }
    if let Ok(bytes) = std::fs::read(from.join("lineage").join(format!("{}.parquet", place.name))) {
        files.push(NewFile { path: "lineage.parquet".to_owned(), bytes });
    }
    if let Ok(bytes) = std::fs::read(from.join("released").join(format!("{}.parquet", place.name))) {
        files.push(NewFile { path: released::FILE.to_owned(), bytes });
    }
    if let Ok(bytes) = std::fs::read(inside_now(home, place)) {
        files.push(NewFile { path: INSIDE.to_owned(), bytes });
    }
    if let Ok(bytes) = std::fs::read(from.join("run.json")) {
        files.push(NewFile { path: "run.json".to_owned(), bytes });
    }
    files.push(NewFile { path: "changes.csv".to_owned(), bytes: changes::to_csv(changes.unwrap_or_default()) });
    files
}

/// Every file of a folder with its bytes, one of them last.
fn copied(folder: &Path, last: &str) -> Result<Vec<NewFile>, Refusal> {
    let fault = |error: std::io::Error| refuse(format!("{}: {}", folder.display(), plain(&error)));
    let mut names = Vec::new();
    crate::verify::list(folder, "", &mut names).map_err(fault)?;
    names.sort_by_key(|name| (name == last, name.clone()));
    let read = |path: String| Ok(NewFile { bytes: std::fs::read(folder.join(&path)).map_err(fault)?, path });
    names.into_iter().map(read).collect()
}
