//! A return that is opened again: as it was drafted or sent, with the definitions and the accepted rows
//! that it was made from.

use super::places::{Behind, Files, Place};
use crate::by_period::{PeriodCount, PeriodLine, Reported, Timeline};
use crate::earlier::keep_while_held;
use crate::figures::History;
use crate::folders::Folders;
use crate::indicators::{Crowd, Periods};
use crate::load::{Loaded, load_kept, plain};
use crate::opening::Opening;
use crate::state::{self, PeriodState};
use crate::verify::{Difference, verify_files};
use jiff::civil::Date;
use qd_ledger::{Ledger, Version};
use qd_link::{Added, Register};
use qd_model::pipeline::{Counted, Indicators, ProjectEnd, ReturnSpec, Span};
use qd_model::{Period, Refusal};
use qd_rules::Constants;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A return and all that it rests on.
pub(super) struct Opened {
    /// The return's folder.
    pub(super) folder: PathBuf,
    /// Its name, which is its folder's.
    pub(super) name: String,
    pub(super) manifest: Value,
    /// The pipeline and the schemas as they were.
    pub(super) loaded: Loaded,
    /// The period whose files it was made from.
    pub(super) period: Period,
    /// The version, where it was sent.
    pub(super) version: Option<u32>,
    pub(super) home: Folders,
    /// What is kept of it privately.
    pub(super) papers: PathBuf,
    pub(super) files: Files,
    now: PeriodState,
    earlier: Vec<PeriodState>,
    /// What was sent last of each period.
    sent: Vec<PeriodState>,
    history: History,
    opening: Option<Opening>,
    is_complete: bool,
    register: Register,
    as_of: Option<Date>,
    /// What the answer must say of its own limits.
    pub(super) notes: Vec<String>,
}

/// Where a return stands: `out/<pipeline>/<period>/draft/<return>` or `…/v1/<return>`.
struct Standing {
    out: PathBuf,
    pipeline: String,
    period: String,
    version: Option<u32>,
    name: String,
}

fn refuse(cause: impl std::fmt::Display) -> Refusal {
    Refusal::new("the return cannot be traced").because(cause)
}

impl Standing {
    fn of(folder: &Path) -> Result<Self, Refusal> {
        let hint = "name the folder of one return, such as out/programme/2022-Q3/v1/funder";
        let whole = std::path::absolute(folder).map_err(|error| refuse(plain(&error)).hint(hint))?;
        let names: Vec<String> = whole
            .ancestors()
            .take(4)
            .filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
            .collect();
        let unknown = || refuse(format!("{} is not the folder of a return", folder.display())).hint(hint);
        let [name, stage, period, pipeline] = names.as_slice() else { return Err(unknown()) };
        let version = match stage.strip_prefix('v').map(str::parse) {
            Some(Ok(version)) => Some(version),
            _ if stage == "draft" => None,
            _ => return Err(unknown()),
        };
        let out = whole.ancestors().nth(4).map(Path::to_path_buf).ok_or_else(unknown)?;
        Ok(Self { out, pipeline: pipeline.clone(), period: period.clone(), version, name: name.clone() })
    }
}

impl Opened {
    /// Opens a return. `state` is the folder of what never leaves.
    pub(super) fn open(folder: &Path, state: &Path) -> Result<Self, Refusal> {
        let standing = Standing::of(folder)?;
        let manifest = unchanged(folder)?;
        let home = Folders::of(&standing.out, state, &standing.pipeline);
        if !home.ledger().is_file() {
            return Err(refuse(format!("there is no ledger in {}", home.private.display()))
                .hint("name the folder of what never leaves with `--state DIR`, as it was named to `run`"));
        }
        let ledger = Ledger::read(&home.ledger())?;
        let (papers, kept) = match standing.version {
            None => {
                draft_is_current(&ledger, &standing, folder)?;
                (home.papers(&standing.period), home.accepted(&standing.period))
            }
            Some(number) => {
                let version = sent_version(&ledger, &standing, number, folder)?;
                let papers = home.sent(&standing.period, &standing.name, number);
                (papers, home.sent_state(&standing.period, &version.state))
            }
        };
        let loaded = load_kept(&papers.join("definitions"))?;
        let period = loaded.pipeline.period_of(&standing.period).cloned();
        let period = period.ok_or_else(|| refuse(format!("the pipeline has no period {}", standing.period)))?;
        let now = state::read(&kept, None, &loaded, None)?;
        let mut opened = Self {
            as_of: manifest["as_of"].as_str().and_then(|day| day.parse().ok()),
            folder: folder.to_path_buf(),
            name: standing.name,
            version: standing.version,
            files: Files::default(),
            earlier: Vec::new(),
            sent: Vec::new(),
            history: History::read(&home)?,
            opening: None,
            is_complete: true,
            register: Register::default(),
            notes: Vec::new(),
            manifest,
            papers,
            period,
            home,
            loaded,
            now,
        };
        opened.read_earlier(&ledger)?;
        Ok(opened)
    }

    /// Reads earlier periods as the last run of each left them, and who is who.
    fn read_earlier(&mut self, ledger: &Ledger) -> Result<(), Refusal> {
        let mut labels = Vec::new();
        let mut sent = Vec::new();
        let versions = ledger.versions()?;
        let opening = Opening::read(&self.home, ledger)?.map(|(opening, _)| opening);
        self.opening = opening.filter(|opening| !opening.covers(&self.loaded, &self.period));
        if let Some(opening) = &self.opening {
            self.notes.push(opening.note());
        }
        for period in self.loaded.pipeline.before(&self.period) {
            if self.opening.as_ref().is_some_and(|opening| opening.covers(&self.loaded, period)) {
                continue;
            }
            labels.push(period.label.clone());
            let folder = self.home.accepted(&period.label);
            if !state::is_there(&folder) {
                self.is_complete = false;
                continue;
            }
            self.earlier.push(state::read(&folder, None, &self.loaded, None)?);
            let people = ledger.people(&period.label)?;
            let register = std::mem::take(&mut self.register);
            self.register = register.with(&period.label, &Added { new: people.new, moved: people.moved });
        }
        labels.push(self.period.label.clone());
        let people = ledger.people(&self.period.label)?;
        let register = std::mem::take(&mut self.register);
        self.register = register.with(&self.period.label, &Added { new: people.new, moved: people.moved });
        for label in &labels {
            let of_period = versions.iter().filter(|version| version.period == *label);
            let Some(last) = of_period.max_by_key(|version| (&version.at, version.version)) else { continue };
            sent.push(state::read(&self.home.sent_state(label, &last.state), None, &self.loaded, None)?);
        }
        self.earlier = keep_while_held(std::mem::take(&mut self.earlier), &sent, &self.now);
        self.sent = sent;
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        self.files = Files::of(ledger, &labels)?;
        Ok(())
    }

    /// The return's place in its pipeline.
    pub(super) fn spec(&self) -> Result<&ReturnSpec, Refusal> {
        let name = self.manifest["return"].as_str().unwrap_or(&self.name);
        let spec = self.loaded.pipeline.returns.iter().find(|spec| spec.name == name);
        spec.ok_or_else(|| refuse(format!("its pipeline has no return `{name}`")))
    }

    /// Where its rows came from is kept here.
    pub(super) fn lineage(&self) -> PathBuf {
        match self.version {
            None => self.papers.join("lineage").join(format!("{}.parquet", self.name)),
            Some(_) => self.papers.join("lineage.parquet"),
        }
    }

    /// The periods that its counts were taken over.
    pub(super) fn periods(&self) -> Periods<'_> {
        Periods {
            loaded: &self.loaded,
            period: &self.period,
            now: &self.now,
            register: &self.register,
            crowd: Crowd::of(&self.register, &self.now, &self.earlier),
            earlier: &self.earlier,
            is_complete: self.is_complete,
            as_of: self.as_of,
            end: ProjectEnd::Ahead,
            opening: self.opening.as_ref(),
        }
    }

    /// Its counts by period, line by line.
    pub(super) fn lines_by_period(&self, indicators: &Indicators) -> Result<Vec<PeriodLine>, Refusal> {
        let recipient = &self.spec()?.recipient;
        let periods = self.periods();
        let timeline = Timeline { periods: &periods, sent: &self.sent, history: &self.history, recipient };
        Ok(timeline.lines(indicators))
    }

    /// The rows by which a period's people are counted: those that were sent of it, or those that tell of it
    /// as known now.
    pub(super) fn rows_of_period(&self, of: &PeriodCount, counted: &[Counted], side: Side) -> Vec<Place> {
        let periods = self.periods();
        let constants = |label: &str| {
            let period = self.loaded.pipeline.period_of(label);
            let as_of = if label == self.period.label { self.as_of } else { period.map(|period| period.to) };
            Constants { period: period.map(|period| (period.from, period.to)), as_of }
        };
        let behind = Behind { periods: &periods, constants: constants(&of.period), counted, files: &self.files };
        match side {
            Side::Known => {
                self.states(Span::Project).into_iter().flat_map(|it| behind.told_by(it, &of.period)).collect()
            }
            Side::Reported if matches!(of.reported, Reported::Here(_)) => behind.all_of(&self.now),
            Side::Reported => {
                let sent = self.sent.iter().filter(|sent| sent.label == of.period);
                sent.flat_map(|sent| behind.all_of(sent)).collect()
            }
        }
    }

    /// The accepted rows of the period, and of those before it where `so_far` is asked.
    pub(super) fn states(&self, span: Span) -> Vec<&PeriodState> {
        match span {
            Span::Period => vec![&self.now],
            Span::Project => self.earlier.iter().chain([&self.now]).collect(),
        }
    }
}

/// Which of the two counts of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// As it was reported.
    Reported,
    /// As it is known now.
    Known,
}

/// The manifest of a folder that is as it was written.
fn unchanged(folder: &Path) -> Result<Value, Refusal> {
    let (_, differences) = verify_files(folder)?;
    if !differences.is_empty() {
        let mut refusal = refuse("it is not as it was written");
        for Difference { path, what } in &differences {
            refusal = refusal.because(format!("{path} {what}"));
        }
        return Err(refusal.hint("trace the folder that was written, not a copy that was worked on"));
    }
    let path = folder.join("manifest.json");
    let bytes = std::fs::read(&path).map_err(|error| refuse(format!("{}: {}", path.display(), plain(&error))))?;
    serde_json::from_slice(&bytes).map_err(|_| refuse(format!("{} is not a manifest", path.display())))
}

fn digest_of_manifest(folder: &Path) -> Option<String> {
    let bytes = std::fs::read(folder.join("manifest.json")).ok()?;
    Some(blake3::hash(&bytes).to_hex().to_string())
}

/// A draft rests on the last run of its period, which must be the one that made it.
fn draft_is_current(ledger: &Ledger, standing: &Standing, folder: &Path) -> Result<(), Refusal> {
    let drafts = ledger.drafts(&standing.period)?;
    let draft = drafts.into_iter().find(|draft| draft.name == standing.name);
    let is_current =
        draft.is_some_and(|draft| draft.manifest.is_some() && draft.manifest == digest_of_manifest(folder));
    if is_current {
        return Ok(());
    }
    Err(refuse("the draft is not what the last run of its period wrote").hint("run the period again, then trace"))
}

fn sent_version(ledger: &Ledger, standing: &Standing, number: u32, folder: &Path) -> Result<Version, Refusal> {
    let versions = ledger.versions()?.into_iter();
    let mut of_return =
        versions.filter(|it| it.period == standing.period && it.name == standing.name && it.version == number);
    let found = of_return.next().filter(|it| digest_of_manifest(folder).as_ref() == Some(&it.manifest));
    found.ok_or_else(|| {
        refuse(format!("the ledger knows no such version {number} of `{}`", standing.name))
            .hint("name the folder of what never leaves with `--state DIR`, as it was named to `sent`")
    })
}
