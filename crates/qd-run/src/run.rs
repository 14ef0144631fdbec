//! The run of one pipeline for one period, from the partners' files to the folders in place.

use crate::answers;
use crate::codes::fault;
use crate::compute::{Computed, FileNames};
use crate::earlier::{Earlier, earlier};
use crate::entered::{enter_drafts, enter_period};
use crate::figures::{self, History, ReturnFigures};
use crate::indicators::{Crowd, Periods};
use crate::kept::add_private;
use crate::load::Loaded;
use crate::manifest::{Facts, manifest};
use crate::outcome::{PeriodPeople, ReturnOutcome, RunOutcome, SourceLine, Trial};
use crate::partner_files::{Marked, marked_files, partner_files};
use crate::people;
use crate::place::{MadeFile, NewFile, Staging};
use crate::prepared::Prepared;
use crate::released;
use crate::reopened::{changed_since_run, correction};
use crate::restricted::restricted;
use crate::resubmitted::since_before;
use crate::returns::{Making, make_all};
use crate::state::PeriodState;
use crate::streams::{self, Streamed, Streams};
use crate::summary::Around;
use crate::witnesses;
use jiff::Timestamp;
use jiff::civil::Date;
use qd_disclosure::Unlock;
use qd_ledger::{Identity, IdentityChange, Ledger};
use qd_model::finding::Hit;
use qd_model::pipeline::{DeclaredState, Keep, PartnerFiles, ProjectEnd};
use qd_model::{Refusal, Severity};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What is asked of a run.
#[derive(Debug, Clone)]
pub struct RunRequest<'a> {
    /// The period's label; the pipeline's own where absent.
    pub period: Option<&'a str>,
    /// The day on which the data is judged; the period's last where absent.
    pub as_of: Option<Date>,
    /// The key file; the pipeline's own where absent.
    pub key: Option<&'a Path>,
    /// Where the passphrase of a wrapped key comes from.
    pub unlock: &'a dyn Unlock,
    /// Whether the period ends the project, so that its final returns are made too.
    pub end: ProjectEnd,
    /// Who runs it; kept in the private folder.
    pub by: Option<&'a str>,
    /// When, for the ledger; nothing that leaves holds it.
    pub at: Timestamp,
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

/// Runs what was prepared for a period and puts everything in place.
pub fn run(
    mut prepared: Prepared<'_>,
    request: &RunRequest<'_>,
    progress: &dyn Progress,
) -> Result<RunOutcome, Refusal> {
    let loaded = prepared.loaded;
    answers::take_in(&mut prepared)?;
    let mut staging = Staging::begin(&prepared.folders.private)?;
    let mut ledger = Ledger::copy(&prepared.folders.ledger(), &staging.beside(qd_ledger::FILE))?;
    witnesses::check(&prepared.folders, &ledger, &prepared.period.label)?;
    let mut earlier = earlier(&prepared, &ledger, progress)?;
    for computed in &earlier.computed {
        let around = Around { earlier: &earlier.states, returns: &[], people_so_far: None };
        add_private(&prepared, computed, &around, request, Vec::new(), &mut staging)?;
        enter_period(&mut ledger, &prepared, computed, &[], "", request)?;
    }
    let streamable = streams::streamable(&prepared, request.end);
    let planned = streams::planned(&prepared, &streamable);
    let streams = Streams::new(loaded, &staging, &planned)?;
    let mut computed = compute(&prepared, &earlier, &streams, progress)?;
    if loaded.pipeline.outputs.keep == Keep::All {
        computed.keep(loaded, &prepared.key);
    }
    computed.general.extend(changed_since_run(&prepared, &earlier)?);
    let resubmitted = since_before(&prepared, &ledger, &computed)?;
    let correction = correction(&prepared, &ledger, &computed)?;
    earlier.keep_while_held(&computed.state);
    list_kept(loaded, &mut computed, &earlier.sent_records());
    computed.not_checked.extend(earlier.not_checked.iter().cloned());

    progress.step("making the returns", 0, 1);
    let identities: Vec<Identity> = earlier.identities.iter().chain(&computed.people.identities).cloned().collect();
    if identities.iter().any(|identity| identity.change == IdentityChange::Split) {
        people::relabel(loaded, &mut earlier.states, &computed.register, &prepared.lead);
    }
    let constants = prepared.constants();
    let periods = Periods {
        loaded,
        period: prepared.period,
        now: &computed.state,
        register: &computed.register,
        crowd: Crowd::of(&computed.register, &computed.state, &earlier.states),
        earlier: &earlier.states,
        is_complete: earlier.is_complete,
        as_of: constants.as_of,
        end: request.end,
        opening: earlier.opening(&prepared),
    };
    let history = History::read(&prepared.folders)?;
    let figures = figures::of_returns(&periods, &earlier.sent, &history);
    let states = earlier.states.iter().chain(std::iter::once(&computed.state));
    let restricted = restricted(loaded, states, prepared.as_of)?;
    let streamed = streams.finish(&computed)?;
    let before = released::last_sent(&prepared.folders, &ledger, &prepared.period.label)?;
    let making = Making {
        loaded,
        streamed: &streamed,
        computed: &computed,
        key: &prepared.key,
        figures: &figures,
        earlier: &earlier.states,
        restricted: &restricted,
        periods: &periods,
        identities: &identities,
        sent: &earlier.sent,
        before: &before,
    };
    let mut drafted = draft(&prepared, &making, &earlier, &history, &staging)?;
    let written = streamed.into_iter().filter(|streamed| is_written(&drafted.returns, streamed));
    drafted.made.extend(written.map(|streamed| streamed.file).collect::<Vec<_>>());
    let (this_period, cumulative) = periods.headline();

    progress.step("putting files in place", 0, 1);
    enter_period(&mut ledger, &prepared, &computed, &resubmitted, &earlier.digest(), request)?;
    enter_drafts(&mut ledger, &computed, &drafted, request)?;
    let Drafted { returns, files, made, finals, inside } = drafted;
    let around = Around { earlier: &earlier.states, returns: &returns, people_so_far: cumulative };
    let in_the_house = of_returns(finals, &figures, figures::records_of_rows(&periods), inside);
    add_private(&prepared, &computed, &around, request, in_the_house, &mut staging)?;
    staging.add_file(&prepared.folders.ledger(), ledger.finish()?)?;
    // The drafts come last: once they are in place, all that they rest on is too.
    staging.add_with(&prepared.folders.draft(&prepared.period.label), &files, made)?;
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
        page: prepared.folders.papers(&prepared.period.label).join("summary.html"),
        made_first: earlier.computed.into_iter().map(|computed| computed.period.label).collect(),
        has_partner_files: loaded.pipeline.outputs.partner_files != PartnerFiles::None,
        trials: trials(loaded, &computed),
        faulty_rules: faulty_rules(&computed),
        late: late(loaded, &computed.state),
        resubmitted,
        correction,
        strays: computed.strays,
    })
}

/// Whether the return is written that a file was made for: that may be known only after its rows were read.
fn is_written(returns: &[ReturnOutcome], streamed: &Streamed) -> bool {
    returns.iter().any(|outcome| outcome.name == streamed.of.0 && outcome.blocked.is_empty())
}

/// Reads and judges the period that is run.
fn compute(
    prepared: &Prepared<'_>,
    earlier: &Earlier,
    streams: &Streams<'_>,
    progress: &dyn Progress,
) -> Result<Computed, Refusal> {
    let previous = earlier.previous(prepared);
    prepared.compute(prepared.period, &earlier.people, previous, &earlier.states, Some(streams), progress)
}

/// What stays in the house of returns: their files as they will be when they are sent, their figures, and
/// what is inside sealed ones.
fn of_returns(
    finals: Vec<NewFile>,
    figures: &BTreeMap<String, ReturnFigures>,
    rows: BTreeMap<String, Vec<u8>>,
    inside: Vec<NewFile>,
) -> Vec<NewFile> {
    let record = |(name, bytes): (String, Vec<u8>)| NewFile { path: format!("figures/{name}.json"), bytes };
    let figures = figures.iter().map(|(name, figures)| (name.clone(), figures.record.clone())).chain(rows);
    let finals = finals.into_iter().map(|file| NewFile { path: format!("final/{}", file.path), ..file });
    finals.chain(figures.map(record)).chain(inside).collect()
}

/// What rules on trial would do, partner by partner.
fn trials(loaded: &Loaded, computed: &Computed) -> Vec<Trial> {
    let mut trials: BTreeMap<(String, String, String), Trial> = BTreeMap::new();
    for source in &computed.sources {
        let table = &loaded.tables[source.table];
        if !source.judged.findings.faults.iter().any(|fault| fault.trial) {
            continue;
        }
        for finding in source.judged.findings.iter().filter(|finding| finding.fault.trial) {
            let rule = table.schema.rules.iter().find(|rule| *rule.code == *finding.fault.code);
            let key = (finding.fault.code.to_string(), table.name.clone(), source.partner.clone());
            let trial = trials.entry(key).or_insert_with_key(|(code, table, partner)| Trial {
                code: code.clone(),
                severity: rule.map_or(Severity::Note, |rule| rule.severity),
                table: table.clone(),
                partner: partner.clone(),
                findings: 0,
            });
            trial.findings += 1;
        }
    }
    trials.into_values().collect()
}

/// Codes of rules that could not be judged through a fault of ours.
fn faulty_rules(computed: &Computed) -> Vec<String> {
    let faults = computed.not_checked.iter().filter(|gap| gap.reason == qd_rules::FAULT);
    let mut codes: Vec<String> = faults.map(|gap| gap.code.clone()).collect();
    codes.sort();
    codes.dedup();
    codes
}

/// How many rows of each table tell of an earlier period and were not known then, by that period.
pub(crate) fn late(loaded: &Loaded, state: &PeriodState) -> BTreeMap<String, BTreeMap<String, u64>> {
    let mut late: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    for (table, parts) in loaded.tables.iter().zip(&state.tables) {
        for part in parts {
            let facts = &part.facts;
            for (period, _) in
                facts.occurred_in.iter().zip(facts.is_late.iter()).filter(|(_, late)| *late == Some(true))
            {
                let of_table = late.entry(table.name.clone()).or_default();
                *of_table.entry(period.unwrap_or_default().to_owned()).or_default() += 1;
            }
        }
    }
    late
}

/// Lists the records that are held now and were sent before: cumulative figures keep them as sent.
fn list_kept(loaded: &Loaded, computed: &mut Computed, sent: &BTreeSet<&str>) {
    for (source, records) in computed.sources.iter_mut().zip(&computed.records) {
        if source.judged.is_rejected {
            continue;
        }
        let rows = source
            .judged
            .typed
            .iter()
            .zip(records)
            .flat_map(|(typed, records)| typed.rows.values().iter().zip(records));
        let is_kept = |row: &u32, record: Option<&str>| {
            source.held.binary_search(row).is_ok() && record.is_some_and(|record| sent.contains(record))
        };
        let kept: Vec<u32> = rows.filter(|(row, record)| is_kept(row, *record)).map(|(row, _)| *row).collect();
        if kept.is_empty() {
            continue;
        }
        let fault = source.judged.findings.fault(fault(
            "kept-as-sent",
            &loaded.pipeline.severities,
            "This record was sent before and is held now: figures of the whole project keep it as it was sent"
                .to_owned(),
            "records were sent before and are held now; figures of the whole project keep them as they were sent",
            "put right what holds the row",
        ));
        source.judged.findings.hits.extend(kept.into_iter().map(|row| Hit { row, fault, evidence: None }));
        source.judged.findings.sort();
    }
}

/// What a run drafts.
pub(crate) struct Drafted {
    pub(crate) returns: Vec<ReturnOutcome>,
    pub(crate) files: Vec<NewFile>,
    /// Large ones, which are in the staging folder already.
    pub(crate) made: Vec<MadeFile>,
    /// Files of returns as they will be when they are sent, where those differ.
    pub(crate) finals: Vec<NewFile>,
    /// What is inside sealed ones, and partners' marked copies.
    pub(crate) inside: Vec<NewFile>,
}

/// Everything of a draft folder: returns, what goes back to partners, findings, and the manifest.
fn draft(
    prepared: &Prepared<'_>,
    making: &Making<'_>,
    earlier: &Earlier,
    history: &History,
    staging: &Staging,
) -> Result<Drafted, Refusal> {
    let (loaded, computed) = (prepared.loaded, making.computed);
    let mut returns = Vec::new();
    let (mut files, mut finals, mut inside) = (Vec::new(), Vec::new(), Vec::new());
    // Findings take as long to write as a return where there are many of them.
    let (made, findings) = rayon::join(|| make_all(making), || findings_files(loaded, computed, staging));
    for made in made? {
        returns.push(made.outcome);
        files.extend(made.files);
        finals.extend(made.finals);
        inside.extend(made.inside);
    }
    let marked = marked_files(prepared, computed)?;
    files.extend(partner_files(prepared, computed, &marked)?);
    inside.extend(marked.into_iter().flat_map(Marked::inside));
    let made = findings?;
    let streamed = making.streamed.iter().filter(|streamed| is_written(&returns, streamed));
    let large = streamed.map(|streamed| &streamed.file).chain(&made);
    let listed = files.iter().map(NewFile::listed).chain(large.map(|file| file.listed.clone()));
    let facts = Facts {
        loaded,
        computed,
        earlier: &earlier.states,
        opening: earlier.opening.as_ref().map(|(opening, digest)| (opening.up_to.as_str(), digest.as_str())),
        decisions: earlier.people.decisions_digest(),
        released: &history.read,
        before: making.before,
        explanations: &prepared.explanations.digest,
        key: &prepared.key,
        returns: &returns,
        files: &listed.collect::<Vec<_>>(),
    };
    let manifest = manifest(&facts);
    files.push(NewFile { path: "manifest.json".to_owned(), bytes: manifest });
    Ok(Drafted { returns, files, made, finals, inside })
}

/// The findings of all partners, in every format that the pipeline asks for. There may be millions of
/// them, so they are written as they are put into words.
fn findings_files(loaded: &Loaded, computed: &Computed, staging: &Staging) -> Result<Vec<MadeFile>, Refusal> {
    let report = computed.report(loaded, FileNames::Public, None);
    let options = qd_report::Options {
        tool: crate::VERSION,
        columns: &loaded.pipeline.outputs.columns,
        ..qd_report::Options::default()
    };
    let write = |name: &String| {
        let format = qd_report::by_name(name).expect("the formats of findings were checked when loading");
        let path = format!("findings.{name}");
        let mut spool = staging.spool(&path)?;
        format.write(&report, &options, &mut spool).map_err(|error| spool.refusal(&error))?;
        spool.finish(path)
    };
    loaded.pipeline.outputs.findings.iter().map(write).collect()
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
