//! What was there before: earlier periods' files, or totals alone, taken in without a run of their own.

use crate::compute::{Computed, Source};
use crate::earlier::earlier;
use crate::entered::{enter_period, moment};
use crate::folders::Folders;
use crate::kept::add_private;
use crate::load::{Loaded, plain};
use crate::opening::{self, Opening, TAKEN_IN};
use crate::place::Staging;
use crate::prepared::Prepared;
use crate::run::{Progress, RunRequest};
use crate::state;
use crate::summary::Around;
use jiff::Timestamp;
use qd_ledger::{Change, Ledger};
use qd_model::pipeline::Keep;
use qd_model::{Period, Refusal, words};
use serde_json::json;
use std::path::Path;

/// A period whose files were taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The period's label.
    pub period: String,
    /// How many sources there were.
    pub sources: usize,
    /// Their rows.
    pub rows: u64,
    /// Those that were accepted.
    pub accepted: u64,
    /// Later periods that are held already: they have to be run again.
    pub later: Vec<String>,
}

/// Totals that were taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedTotals {
    /// The last period that they cover.
    pub up_to: String,
    /// How many counts of people.
    pub totals: usize,
    /// Later periods that are held already: they have to be run again.
    pub later: Vec<String>,
}

fn refuse(cause: impl std::fmt::Display) -> Refusal {
    Refusal::new("nothing was taken in").because(cause)
}

fn named(by: Option<&str>) -> Result<&str, Refusal> {
    let by = by.map(str::trim).filter(|by| !by.is_empty());
    by.ok_or_else(|| refuse("nobody is named").hint("say who takes it in with `--by NAME`: it stands in the log"))
}

fn period_named<'a>(loaded: &'a Loaded, label: &str) -> Result<&'a Period, Refusal> {
    let periods: Vec<&str> = loaded.pipeline.whole_periods().map(|period| period.label.as_str()).collect();
    loaded.pipeline.whole_periods().find(|period| period.label == label).ok_or_else(|| {
        refuse(format!("the pipeline `{}` has no period \"{label}\"", loaded.pipeline.name)).hint(format!(
            "its periods are {}; declare an earlier one with its dates and folder",
            words::list(&periods)
        ))
    })
}

/// Later periods of which records are held.
fn later(loaded: &Loaded, home: &Folders, period: &Period) -> Vec<String> {
    let later = loaded.pipeline.whole_periods().filter(|other| other.kind == period.kind && other.from > period.to);
    later.filter(|other| state::is_there(&home.accepted(&other.label))).map(|other| other.label.clone()).collect()
}

/// The earlier periods whose files lie where the pipeline says, and of which nothing is held yet.
pub fn importable(loaded: &Loaded, state: &Path) -> Vec<String> {
    let home = Folders::of(Path::new(""), state, &loaded.pipeline.name);
    let Some(own) = loaded.pipeline.period_of(&loaded.pipeline.period) else { return Vec::new() };
    let is_new =
        |period: &&Period| !state::is_there(&home.accepted(&period.label)) && loaded.resolve(&period.folder).is_dir();
    loaded.pipeline.before(own).into_iter().filter(is_new).map(|period| period.label.clone()).collect()
}

/// Takes in the files of a period: those of a folder where one is named, else those that lie where the
/// pipeline says. Nothing is written under what may leave.
pub fn import_files(
    loaded: &Loaded,
    request: &RunRequest<'_>,
    from: Option<&Path>,
    progress: &dyn Progress,
) -> Result<Imported, Refusal> {
    let by = named(request.by)?;
    let label = request
        .period
        .ok_or_else(|| refuse("no period is named").hint("say whose files these are with `--period LABEL`"))?;
    let mut period = period_named(loaded, label)?.clone();
    if loaded.pipeline.outputs.keep != Keep::All {
        return Err(refuse("the pipeline keeps nothing of its periods (`[outputs] keep`)")
            .hint("put the files where the pipeline says: each run reads them there"));
    }
    if let Some(folder) = from {
        let whole =
            std::path::absolute(folder).map_err(|error| refuse(format!("{}: {}", folder.display(), plain(&error))))?;
        if !whole.is_dir() {
            return Err(
                refuse(format!("{} is not a folder", folder.display())).hint("name the folder with the period's files")
            );
        }
        period.folder = whole.to_string_lossy().into_owned();
    }
    let prepared = Prepared::new(loaded, request)?;
    let home = &prepared.folders;
    if state::is_there(&home.accepted(label)) {
        return Err(refuse(format!("records of {label} are held already"))
            .hint(format!("to correct them, put the files where the pipeline says and run {label} again")));
    }
    let mut staging = Staging::begin(&home.private)?;
    let mut ledger = Ledger::copy(&home.ledger(), &staging.beside(qd_ledger::FILE))?;
    if let Some((opening, _)) = Opening::read(home, &ledger)?.filter(|(opening, _)| opening.covers(loaded, &period)) {
        return Err(refuse(format!(
            "opening totals up to {} are held, and would count these people twice",
            opening.up_to
        ))
        .hint("take the totals away first: take in a list that has its headings and no line"));
    }
    let earlier = earlier(&prepared, &ledger, progress)?;
    for computed in &earlier.computed {
        enter(&prepared, computed, &mut ledger, &mut staging, request)?;
    }
    let mut computed =
        prepared.compute(&period, &earlier.people, earlier.previous(&prepared), &earlier.states, None, progress)?;
    if computed.sources.is_empty() {
        return Err(refuse(format!(
            "no file in {} is a source that the pipeline expects",
            loaded.resolve(&period.folder).display()
        ))
        .hint("name the files as the pipeline's partners have them under `file`"));
    }
    computed.keep(loaded, &prepared.key);
    enter(&prepared, &computed, &mut ledger, &mut staging, request)?;
    let imported = Imported {
        period: label.to_owned(),
        sources: computed.sources.len(),
        rows: computed.sources.iter().map(|source| source.judged.rows).sum(),
        accepted: computed.sources.iter().map(Source::accepted).sum(),
        later: later(loaded, home, &period),
    };
    let facts = json!({ "state": computed.state.digest, "sources": imported.sources, "rows": imported.rows,
                        "accepted": imported.accepted });
    ledger.note(&moment(request.at), by, TAKEN_IN, label, &facts.to_string())?;
    staging.add_file(&home.ledger(), ledger.finish()?)?;
    staging.put_in_place()?;
    Ok(imported)
}

fn enter(
    prepared: &Prepared<'_>,
    computed: &Computed,
    ledger: &mut Change,
    staging: &mut Staging,
    request: &RunRequest<'_>,
) -> Result<(), Refusal> {
    let around = Around { earlier: &[], returns: &[], people_so_far: None };
    add_private(prepared, computed, &around, request, Vec::new(), staging)?;
    enter_period(ledger, prepared, computed, &[], "", request)
}

/// Takes in totals as at the end of a period of which, and of those before it, no records are held.
pub fn import_totals(
    loaded: &Loaded,
    state: &Path,
    label: &str,
    list: &Path,
    by: &str,
    at: Timestamp,
) -> Result<ImportedTotals, Refusal> {
    let by = named(Some(by))?;
    let period = period_named(loaded, label)?;
    let home = Folders::of(Path::new(""), state, &loaded.pipeline.name);
    let opening = opening::from_list(loaded, period, list)?;
    let covered = loaded.pipeline.before(period).into_iter().chain([period]);
    let held: Vec<&str> = covered
        .filter(|period| state::is_there(&home.accepted(&period.label)))
        .map(|period| period.label.as_str())
        .collect();
    if !held.is_empty() && !opening.totals.is_empty() {
        return Err(refuse(format!("records of {} are held, and would be counted twice", words::list(&held)))
            .hint("totals are for the time before the first records: name the period before these"));
    }
    let mut staging = Staging::begin(&home.private)?;
    let mut ledger = Ledger::copy(&home.ledger(), &staging.beside(qd_ledger::FILE))?;
    let bytes = opening.bytes();
    let facts =
        json!({ "totals": { "number": opening.totals.len(), "blake3": blake3::hash(&bytes).to_hex().to_string() } });
    ledger.note(&moment(at), by, TAKEN_IN, label, &facts.to_string())?;
    let made = staging.beside("opening.json");
    std::fs::write(&made, &bytes)
        .and_then(|()| std::fs::File::open(&made)?.sync_all())
        .map_err(|error| refuse(format!("{}: {}", made.display(), plain(&error))).hint("make room on the disk"))?;
    staging.add_file(&home.opening(), made)?;
    staging.add_file(&home.ledger(), ledger.finish()?)?;
    staging.put_in_place()?;
    Ok(ImportedTotals { up_to: label.to_owned(), totals: opening.totals.len(), later: later(loaded, &home, period) })
}
