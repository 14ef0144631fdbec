//! Returns: for each recipient, what its profile releases, as the files of its layout.

mod blocked;
mod contacts;
mod cover;
mod extract;
mod labels;
mod manifest;
mod rows;
mod sealed;
pub(crate) mod template;
mod texts;
mod workbook;

pub(crate) use blocked::{blocked, tables_of};
pub(crate) use extract::extract_metadata;
pub(crate) use manifest::RowCounts;
pub(crate) use texts::schema_path;

use crate::audit::{self, RowLineage};
use crate::compute::Computed;
use crate::crosswalk::crosswalk;
use crate::figures::ReturnFigures;
use crate::indicators::Periods;
use crate::load::Loaded;
use crate::outcome::{Blocked, LeftOut, ReturnFile, ReturnOutcome};
use crate::place::{Listed, NewFile};
use crate::released::{Before, Released};
use crate::risk::{self, Floor, ReturnRisk};
use crate::state::PeriodState;
use crate::streams::Streamed;
use blocked::missing_periods;
use jiff::civil::Date;
use qd_disclosure::{ClearedTable, DomainKey, Key};
use qd_ledger::Identity;
use qd_model::pipeline::{FileSpec, Part, Recipient, ReturnSpec};
use qd_model::{Period, Refusal};
use qd_rules::Constants;
use rayon::prelude::*;
pub(crate) use sealed::sealer;
use std::collections::{BTreeMap, BTreeSet};

/// What all returns of a period are made from.
pub(crate) struct Making<'a> {
    pub(crate) loaded: &'a Loaded,
    pub(crate) computed: &'a Computed,
    pub(crate) key: &'a Key,
    /// The counts of each return that has any, by its name.
    pub(crate) figures: &'a BTreeMap<String, ReturnFigures>,
    /// The states of earlier periods, oldest first.
    pub(crate) earlier: &'a [PeriodState],
    /// The ids of people who are in counts, and in no list of rows.
    pub(crate) restricted: &'a BTreeSet<String>,
    /// The periods that counts are taken over.
    pub(crate) periods: &'a Periods<'a>,
    /// People of this period or an earlier one who turned out to be one, or two.
    pub(crate) identities: &'a [Identity],
    /// What was sent last of this period and of earlier ones.
    pub(crate) sent: &'a [PeriodState],
    /// Files that were made while their rows were read.
    pub(crate) streamed: &'a [Streamed],
    /// The last version of each return of this period that was sent, by the return's name.
    pub(crate) before: &'a BTreeMap<String, Before>,
}

/// What a return is made for: the period that is run, or one that is part of it.
pub(crate) struct MadeFor<'a> {
    pub(crate) spec: &'a ReturnSpec,
    pub(crate) period: &'a Period,
    /// What the return and its folder are called: with the period where that is only a part, since
    /// one run then makes the return several times.
    pub(crate) name: String,
    pub(crate) constants: Constants,
}

impl<'a> MadeFor<'a> {
    pub(crate) fn of(spec: &'a ReturnSpec, period: &'a Period, as_of: Date) -> Self {
        let name = match &period.within {
            None => spec.name.clone(),
            Some(_) => format!("{}-{}", spec.name, period.label),
        };
        Self { spec, period, name, constants: Constants { period: Some((period.from, period.to)), as_of: Some(as_of) } }
    }

    /// The path of one of its files.
    pub(crate) fn path(&self, file: &FileSpec, table: &str) -> String {
        file.path.replace("{period}", &self.period.label).replace("{table}", table)
    }
}

/// One return and its files, relative to the draft folder.
pub(crate) struct Made {
    pub(crate) outcome: ReturnOutcome,
    pub(crate) files: Vec<NewFile>,
    /// Files as they will be when the return is sent, where those differ from the draft's.
    pub(crate) finals: Vec<NewFile>,
    /// What stays in the house of it: what is inside a sealed return, its disclosure risk, and where its rows
    /// came from.
    pub(crate) inside: Vec<NewFile>,
}

/// Makes every return that is made for this kind of period or for parts of it, in parallel.
pub(crate) fn make_all(making: &Making<'_>) -> Result<Vec<Made>, Refusal> {
    let due = making.loaded.pipeline.due(&making.computed.period, making.periods.end);
    due.par_iter().map(|(spec, period)| make(making, &MadeFor::of(spec, period, making.computed.as_of))).collect()
}

fn make(making: &Making<'_>, made_for: &MadeFor<'_>) -> Result<Made, Refusal> {
    let spec = made_for.spec;
    let mut outcome = ReturnOutcome {
        name: made_for.name.clone(),
        title: spec.title.clone(),
        recipient: spec.recipient.clone(),
        blocked: blocked(making.loaded, making.computed, spec),
        people: 0,
        rows: 0,
        left_out: Vec::new(),
        files: Vec::new(),
        notes: Vec::new(),
    };
    if spec.is_final && !making.periods.is_complete {
        outcome.blocked.push(missing_periods(making));
    }
    if let Some(figures) = making.figures.get(&made_for.name) {
        outcome.blocked.extend(figures.blocked.iter().cloned());
        outcome.notes.clone_from(&figures.notes);
    }
    outcome.notes.extend(template::note(making.loaded, spec));
    if !outcome.blocked.is_empty() {
        return Ok(Made { outcome, files: Vec::new(), finals: Vec::new(), inside: Vec::new() });
    }
    let folder = made_for.name.clone();
    let maker = Maker::new(making, made_for);
    let mut made = Content::default();
    for (index, file) in spec.files.iter().enumerate() {
        match making.streamed.iter().find(|it| it.of.0 == made_for.name && it.of.1 == index) {
            Some(streamed) => made.rows += streamed.rows,
            None => maker.file(file, &mut made)?,
        }
    }
    let released = made.released.to_file(&made_for.name);
    made.files.extend(crosswalk(making, made_for, maker.recipient, &maker.key)?);
    let risk = risk::of_tables(&making.loaded.pipeline, maker.recipient, &made.tables, made.floor.take());
    outcome.notes.extend(risk.iter().filter_map(ReturnRisk::floor_in_short));
    let paper = |risk: &ReturnRisk| NewFile { path: format!("risk/{folder}.json"), bytes: risk.paper(made_for) };
    let papers: Vec<NewFile> = risk.iter().map(paper).collect();
    if made.rare > 0 {
        let unblock = "let the profile release less of the indirect identifiers, or declare what is done about people \
                       whom too few others look like"
            .to_owned();
        outcome.blocked.push(Blocked { code: "too-few-alike".to_owned(), count: made.rare, unblock });
        return Ok(Made { outcome, files: Vec::new(), finals: Vec::new(), inside: papers });
    }
    outcome.people = made.people.len() as u64;
    outcome.rows = made.rows;
    let large = making.streamed.iter().filter(|streamed| streamed.of.0 == made_for.name);
    let large: Vec<Listed> = large.map(|streamed| streamed.file.listed.clone()).collect();
    let held = held(&made, &large);
    let listed = |files: &[NewFile]| files.iter().map(NewFile::listed).chain(large.iter().cloned()).collect::<Vec<_>>();
    outcome.left_out = made.left_out.into_iter().map(|(reason, people)| LeftOut { reason, people }).collect();
    let in_folder = |(path, bytes): (String, Vec<u8>)| NewFile { path: format!("{folder}/{path}"), bytes };
    let mut files: Vec<NewFile> = made.files.into_iter().map(in_folder).collect();
    let mut finals: Vec<NewFile> = made.finals.into_iter().map(in_folder).collect();
    let mut inside = Vec::new();
    if let Some(seal) = &maker.recipient.seal {
        let sealed = maker.sealed(seal, &folder, files, &finals, &outcome, &held)?;
        (files, finals, inside) = (sealed.outside, sealed.finals, sealed.inside);
    } else {
        let manifest = maker.manifest(&listed(&files), &outcome, &held);
        files.push(NewFile { path: format!("{folder}/manifest.json"), bytes: manifest });
    }
    outcome.files = listed(&files)
        .into_iter()
        .map(|file| ReturnFile { path: format!("draft/{}", file.path), blake3: file.blake3, bytes: file.bytes })
        .collect();
    inside.extend(papers);
    inside.extend(released);
    inside.extend(audit::lineage_file(&made_for.name, &made.lineage, &making.computed.state.people));
    Ok(Made { outcome, files, finals, inside })
}

/// The disclosure risk of a return's rows, where they are under pseudonyms.
pub(crate) fn risk(making: &Making<'_>, made_for: &MadeFor<'_>) -> Option<ReturnRisk> {
    let maker = Maker::new(making, made_for);
    let mut content = Content::default();
    for file in &made_for.spec.files {
        for part in &file.parts {
            if let Part::Rows(rows) = part {
                maker.rows(rows, file, &mut content);
            }
        }
    }
    risk::of_tables(&making.loaded.pipeline, maker.recipient, &content.tables, content.floor.take())
}

/// What a return's files hold so far.
#[derive(Default)]
struct Content {
    files: Vec<(String, Vec<u8>)>,
    /// Those that do not say that they are drafts.
    finals: Vec<(String, Vec<u8>)>,
    people: BTreeSet<u32>,
    rows: u64,
    /// Why people are not on a list of people to contact, and how many.
    left_out: Vec<(String, u64)>,
    /// Tables under pseudonyms, whose risk is told.
    tables: Vec<ClearedTable>,
    /// What the recipient's floor did to them.
    floor: Option<Floor>,
    /// People whom too few others look like, where the recipient may get none such.
    rare: u64,
    /// Where each row came from.
    lineage: Vec<RowLineage>,
    /// What extracts release of each record.
    released: Released,
    /// Files that say which version they are of: as they would be without, or not at all.
    unversioned: BTreeMap<String, Option<Vec<u8>>>,
}

/// The digest of what a return holds, whatever its version: a return that holds what was sent already
/// corrects nothing.
fn held(content: &Content, large: &[Listed]) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut add = |path: &str, digest: &str| {
        hasher.update(&(path.len() as u64).to_le_bytes()).update(path.as_bytes()).update(digest.as_bytes());
    };
    for (path, bytes) in &content.files {
        let is_it = |(other, _): &&(String, Vec<u8>)| other == path;
        let bytes = match (content.unversioned.get(path), content.finals.iter().find(is_it)) {
            (Some(None), _) => continue,
            (Some(Some(bytes)), _) | (None, Some((_, bytes))) => bytes,
            (None, None) => bytes,
        };
        add(path, blake3::hash(bytes).to_hex().as_str());
    }
    for listed in large {
        add(&listed.path, &listed.blake3);
    }
    hasher.finalize().to_hex().to_string()
}

/// Makes the files of one return.
struct Maker<'a> {
    making: &'a Making<'a>,
    made_for: &'a MadeFor<'a>,
    spec: &'a ReturnSpec,
    period: &'a Period,
    constants: Constants,
    recipient: &'a Recipient,
    key: DomainKey,
    figures: Option<&'a ReturnFigures>,
    /// The version that was sent last, where there is one.
    before: Option<&'a Before>,
}

impl<'a> Maker<'a> {
    fn new(making: &'a Making<'a>, made_for: &'a MadeFor<'a>) -> Self {
        let MadeFor { spec, period, constants, .. } = *made_for;
        let pipeline = &making.loaded.pipeline;
        let recipient = pipeline.recipient(&spec.recipient).expect("the pipeline's references were checked");
        let key = making.key.for_recipient(&pipeline.name, &recipient.code, recipient.epoch);
        let figures = making.figures.get(&made_for.name);
        let before = making.before.get(&made_for.name);
        Self { making, made_for, spec, period, constants, recipient, key, figures, before }
    }

    fn file(&self, file: &FileSpec, content: &mut Content) -> Result<(), Refusal> {
        let fault = |error: &dyn std::fmt::Display| {
            Refusal::new(format!("the return `{}` cannot be written", self.spec.name)).because(error)
        };
        match file.format.as_str() {
            "xlsx" if file.template.is_some() => {
                let [draft, sent] = self.template(file, content)?.map_err(|error| fault(&error))?;
                content.files.push((self.path(file, ""), draft));
                content.finals.push((self.path(file, ""), sent));
            }
            "xlsx" => {
                let [draft, sent] = self.workbook(file, content)?.map_err(|error| fault(&error))?;
                content.files.push((self.path(file, ""), draft));
                content.finals.push((self.path(file, ""), sent));
            }
            "csv" => self.texts(file, content).map_err(|error| fault(&error))?,
            _ => self.extract(file, content).map_err(|error| fault(&error))?,
        }
        Ok(())
    }

    /// The version that the return will be once it is sent.
    fn version(&self) -> u32 {
        self.before.map_or(1, |before| before.version + 1)
    }

    fn path(&self, file: &FileSpec, table: &str) -> String {
        self.made_for.path(file, table)
    }
}
