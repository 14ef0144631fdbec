//! The run of one pipeline for one period, from the partners' files to the folders in place.

use crate::compute::{Computed, Context, FileNames, compute};
use crate::explanations::{self, Explanations};
use crate::folders::{self, Folders};
use crate::indicators::Periods;
use crate::load::Loaded;
use crate::manifest::{Facts, manifest};
use crate::outcome::{PeriodPeople, ReturnOutcome, RunOutcome, SourceLine};
use crate::place::{NewFile, Staging};
use crate::returns::{Made, Making, make_all};
use crate::state::{self, PeriodState};
use jiff::civil::Date;
use qd_disclosure::{DomainKey, Key, KeyUse};
use qd_link::Register;
use qd_model::pipeline::{DeclaredState, PartnerFiles};
use qd_model::report::NotChecked;
use qd_model::{Period, Refusal, Severity, words};
use qd_report::About;
use qd_rules::Constants;
use serde_json::json;
use std::path::{Path, PathBuf};

/// What is asked of a run.
#[derive(Debug, Clone)]
pub struct RunRequest<'a> {
    /// The period's label; the pipeline's own where absent.
    pub period: Option<&'a str>,
    /// The day on which the data is judged; the period's last where absent.
    pub as_of: Option<Date>,
    /// The key file; the pipeline's own where absent.
    pub key: Option<&'a Path>,
    /// Who runs it; kept in the private folder.
    pub by: Option<&'a str>,
    /// Folder of what may leave.
    pub out: &'a Path,
    /// Folder of what never leaves.
    pub state: &'a Path,
}

/// Told how far a run is.
pub trait Progress: Sync {
    /// A step begins or goes on: what is being done, how many of how many are done.
    fn step(&self, what: &str, done: usize, total: usize);
}

/// A run that was set up: everything that can be refused before work begins was checked.
pub(crate) struct Prepared<'a> {
    pub(crate) loaded: &'a Loaded,
    pub(crate) period: &'a Period,
    pub(crate) as_of: Date,
    pub(crate) key: Key,
    pub(crate) lead: DomainKey,
    pub(crate) explanations: Explanations,
    pub(crate) folders: Folders,
}

impl<'a> Prepared<'a> {
    pub(crate) fn new(loaded: &'a Loaded, request: &RunRequest<'_>) -> Result<Self, Refusal> {
        let pipeline = &loaded.pipeline;
        let label = request.period.unwrap_or(&pipeline.period);
        let period = pipeline.period_of(label).ok_or_else(|| {
            let labels: Vec<&str> = pipeline.whole_periods().map(|period| period.label.as_str()).collect();
            Refusal::new(format!("the pipeline `{}` has no period \"{label}\"", pipeline.name))
                .hint(format!("its periods are {}", words::list(&labels)))
        })?;
        if let Some(whole) = &period.within {
            return Err(Refusal::new(format!("{period} is part of {whole} and is not run by itself"))
                .hint(format!("run {whole}: that writes the returns of {label} as well")));
        }
        let own = pipeline.key.as_ref().map(|key| loaded.resolve(key));
        let path: PathBuf = request.key.map(Path::to_path_buf).or(own).ok_or_else(|| {
            Refusal::new("nothing was written, because no pseudonym key was named")
                .hint("make one with `quarterday key new FILE`, then name it with `--key FILE` or as `key` in the pipeline")
                .hint("the same key must be used every quarter, or people will look new")
        })?;
        folders::apart(request.out, request.state)?;
        let usage = if pipeline.demonstration { KeyUse::Demonstration } else { KeyUse::Real };
        let key = Key::read(&path, usage, &[request.out])?;
        Ok(Self {
            loaded,
            period,
            as_of: request.as_of.unwrap_or(period.to),
            lead: key.for_lead(&pipeline.name),
            key,
            explanations: explanations::read(loaded)?,
            folders: Folders::of(request.out, request.state, &pipeline.name),
        })
    }

    pub(crate) fn constants(&self) -> Constants {
        Constants { period: Some((self.period.from, self.period.to)), as_of: Some(self.as_of) }
    }

    /// Periods of the same kind before the one that is run, oldest first.
    fn earlier(&self) -> Vec<&'a Period> {
        let mut earlier: Vec<&Period> = self
            .loaded
            .pipeline
            .whole_periods()
            .filter(|period| period.kind == self.period.kind && period.to < self.period.from)
            .collect();
        earlier.sort_by_key(|period| period.from);
        earlier
    }

    /// Computes a period on top of the register of the one before.
    pub(crate) fn compute(
        &self,
        period: &Period,
        register: &Register,
        progress: &dyn Progress,
    ) -> Result<Computed, Refusal> {
        let as_of = if period.label == self.period.label { self.as_of } else { period.to };
        let what = format!("reading {}", period.label);
        compute(&Context {
            loaded: self.loaded,
            period,
            as_of,
            lead: &self.lead,
            register,
            explanations: &self.explanations,
            progress: &|done, total| progress.step(&what, done, total),
        })
    }
}

/// Earlier periods' states, and which had to be computed because they were missing.
pub(crate) struct Earlier {
    /// Those that are known, oldest first.
    pub(crate) states: Vec<PeriodState>,
    /// Whether all are known, so that cumulative figures can be given.
    pub(crate) is_complete: bool,
    /// Periods that were computed now, to be kept.
    pub(crate) computed: Vec<Computed>,
    pub(crate) not_checked: Vec<NotChecked>,
}

/// Reads the states of earlier periods; computes those that are missing where their files are there.
pub(crate) fn earlier(prepared: &Prepared<'_>, progress: &dyn Progress) -> Result<Earlier, Refusal> {
    let mut states: Vec<PeriodState> = Vec::new();
    let mut computed = Vec::new();
    let mut not_checked = Vec::new();
    for period in prepared.earlier() {
        let folder = prepared.folders.accepted(&period.label);
        if state::is_there(&folder) {
            states.push(state::read(&folder, prepared.loaded, &prepared.key)?);
            continue;
        }
        if !prepared.loaded.resolve(&period.folder).is_dir() {
            let reason = format!("no files and no kept state of {}", period.label);
            not_checked.push(NotChecked { code: "cumulative".to_owned(), reason, rows: 0 });
            // People stay who they are over the gap: the last register that is known goes on.
            continue;
        }
        let empty = Register::default();
        let register = states.last().map_or(&empty, |state| &state.register);
        let mut made = prepared.compute(period, register, progress)?;
        made.state.digest = state_digest(&made.state, prepared.loaded, &prepared.key);
        // The state is used for this run and kept for later ones; both see the same rows.
        let kept = PeriodState {
            label: made.state.label.clone(),
            people: made.state.people.clone(),
            tables: made
                .state
                .tables
                .iter()
                .map(|parts| parts.iter().map(state::AcceptedPart::share).collect())
                .collect(),
            register: made.state.register.clone(),
            digest: made.state.digest.clone(),
        };
        states.push(kept);
        computed.push(made);
    }
    Ok(Earlier { states, is_complete: not_checked.is_empty(), computed, not_checked })
}

impl Earlier {
    /// The register after the last period that is known.
    pub(crate) fn register(&self) -> Register {
        self.states.last().map_or_else(Register::default, |state| state.register.clone())
    }
}

fn state_digest(state: &PeriodState, loaded: &Loaded, key: &Key) -> String {
    let files = state::to_files(state, loaded, key);
    let (_, index) = files.last().expect("the index is always there");
    blake3::hash(index).to_hex().to_string()
}

/// Refuses what a run would refuse before it begins: period, key, folders, explanations.
pub fn check(loaded: &Loaded, request: &RunRequest<'_>) -> Result<(), Refusal> {
    Prepared::new(loaded, request).map(|_| ())
}

/// Runs a pipeline for a period and puts everything in place.
pub fn run(loaded: &Loaded, request: &RunRequest<'_>, progress: &dyn Progress) -> Result<RunOutcome, Refusal> {
    let prepared = Prepared::new(loaded, request)?;
    let mut staging = Staging::begin(&prepared.folders.private)?;
    let earlier = earlier(&prepared, progress)?;
    for computed in &earlier.computed {
        add_private(&prepared, computed, request, &mut staging)?;
    }
    let mut computed = prepared.compute(prepared.period, &earlier.register(), progress)?;
    computed.not_checked.extend(earlier.not_checked.iter().cloned());

    progress.step("making the returns", 0, 1);
    let constants = prepared.constants();
    let periods = Periods {
        loaded,
        period: prepared.period,
        now: &computed.state,
        earlier: &earlier.states,
        is_complete: earlier.is_complete,
        as_of: constants.as_of,
    };
    let making = Making { loaded, computed: &computed, periods: &periods, key: &prepared.key };
    let (returns, files) = draft(&prepared, &making, &earlier.states)?;
    let (this_period, cumulative) = periods.headline();

    progress.step("putting files in place", 0, 1);
    add_private(&prepared, &computed, request, &mut staging)?;
    // The drafts come last: once they are in place, all that they rest on is too.
    staging.add(&prepared.folders.draft(&prepared.period.label), &files)?;
    staging.put_in_place()?;
    let report = computed.report(loaded, FileNames::Own, None);
    Ok(RunOutcome {
        pipeline: loaded.pipeline.name.clone(),
        title: loaded.pipeline.title.clone(),
        period: prepared.period.clone(),
        as_of: prepared.as_of,
        demonstration: loaded.pipeline.demonstration,
        summary: report.summary(),
        people: PeriodPeople { this_period, cumulative },
        sources: source_lines(loaded, &computed),
        returns,
        report,
        draft: prepared.folders.draft(&prepared.period.label),
        made_first: earlier.computed.into_iter().map(|computed| computed.period.label).collect(),
        has_partner_files: loaded.pipeline.outputs.partner_files != PartnerFiles::None,
        strays: computed.strays,
    })
}

/// Everything of a draft folder: returns, what goes back to partners, findings, and the manifest.
fn draft(
    prepared: &Prepared<'_>,
    making: &Making<'_>,
    earlier: &[PeriodState],
) -> Result<(Vec<ReturnOutcome>, Vec<NewFile>), Refusal> {
    let (loaded, computed) = (prepared.loaded, making.computed);
    let mut returns = Vec::new();
    let mut files = Vec::new();
    for Made { outcome, files: made } in make_all(making)? {
        returns.push(outcome);
        files.extend(made);
    }
    files.extend(partner_files(prepared, computed)?);
    let report = computed.report(loaded, FileNames::Public, None);
    for name in &loaded.pipeline.outputs.findings {
        let format = qd_report::by_name(name).expect("the formats of findings were checked when loading");
        let options = qd_report::Options {
            tool: crate::VERSION,
            columns: &loaded.pipeline.outputs.columns,
            ..qd_report::Options::default()
        };
        let mut bytes = Vec::new();
        format.write(&report, &options, &mut bytes).expect("writing to memory cannot fail");
        files.push(NewFile { path: format!("findings.{name}"), bytes });
    }
    let facts = Facts {
        loaded,
        computed,
        earlier,
        explanations: &prepared.explanations.digest,
        key: &prepared.key,
        returns: &returns,
        files: &files,
    };
    let manifest = manifest(&facts);
    files.push(NewFile { path: "manifest.json".to_owned(), bytes: manifest });
    Ok((returns, files))
}

/// What goes back to each partner: a workbook of findings without values, and a message to paste.
fn partner_files(prepared: &Prepared<'_>, computed: &Computed) -> Result<Vec<NewFile>, Refusal> {
    let pipeline = &prepared.loaded.pipeline;
    if pipeline.outputs.partner_files == PartnerFiles::None {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for partner in pipeline.partners_in(prepared.period) {
        let report = computed.report(prepared.loaded, FileNames::Own, Some(&partner.code));
        let about = About {
            programme: &pipeline.title,
            partner: &partner.name,
            lead: &pipeline.lead,
            workbook: "findings.xlsx",
            demonstration: pipeline.demonstration,
        };
        let book = qd_report::findings_book(&report, &about).map_err(|error| {
            Refusal::new(format!("the findings for `{}` cannot be written", partner.code)).because(error)
        })?;
        let path = |name: &str| format!("partners/{}/{name}", partner.code);
        files.push(NewFile { path: path("findings.xlsx"), bytes: book });
        files.push(NewFile { path: path("message.txt"), bytes: qd_report::message(&report, &about).into_bytes() });
    }
    Ok(files)
}

/// Stages what a period leaves in the private folder.
fn add_private(
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

fn source_lines(loaded: &Loaded, computed: &Computed) -> Vec<SourceLine> {
    let mut lines: Vec<SourceLine> = computed
        .sources
        .iter()
        .map(|source| SourceLine {
            partner: source.partner.clone(),
            table: loaded.tables[source.table].name.clone(),
            file: Some(source.file.clone()),
            absent: None,
            rows: source.judged.rows,
            accepted: source.accepted(),
            held: if source.judged.is_rejected { 0 } else { source.held.len() as u64 },
            is_rejected: source.judged.is_rejected,
            findings: Severity::ALL.map(|severity| source.judged.findings.count(severity) as u64),
        })
        .collect();
    lines.extend(computed.absent.iter().map(|absent| SourceLine {
        partner: absent.partner.clone(),
        table: absent.table.clone(),
        file: None,
        absent: Some(match absent.declared {
            None => "not received",
            Some(DeclaredState::Nil) => "declared nil",
            Some(DeclaredState::Late) => "declared late",
        }),
        rows: 0,
        accepted: 0,
        held: 0,
        is_rejected: false,
        findings: [0, 0, u64::from(absent.declared.is_none()), u64::from(absent.declared.is_some())],
    }));
    let order = |line: &SourceLine| {
        let partner = loaded.pipeline.partners.iter().position(|partner| partner.code == line.partner);
        (partner, loaded.table_index(&line.table))
    };
    lines.sort_by_key(order);
    lines
}
