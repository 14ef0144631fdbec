//! A run that was set up: everything that can be refused before work begins was checked.

use crate::answers::Answer;
use crate::compute::{Computed, Context, compute};
use crate::earlier::KnownPeople;
use crate::explanations::{self, Explanations};
use crate::folders::{self, Folders};
use crate::load::Loaded;
use crate::repeated;
use crate::run::{Progress, RunRequest};
use crate::state::PeriodState;
use crate::streams::Streams;
use jiff::civil::Date;
use qd_disclosure::{DomainKey, Key, KeyUse, Salt};
use qd_link::Known;
use qd_model::pipeline::ProjectEnd;
use qd_model::{Period, Refusal, words};
use qd_rules::Constants;
use std::path::{Path, PathBuf};

/// A run that was set up: everything that can be refused before work begins was checked.
pub struct Prepared<'a> {
    pub(crate) loaded: &'a Loaded,
    pub(crate) period: &'a Period,
    pub(crate) as_of: Date,
    pub(crate) key: Key,
    pub(crate) lead: DomainKey,
    pub(crate) explanations: Explanations,
    /// What partners sent back in our own sheets.
    pub(crate) answers: Vec<Answer>,
    pub(crate) folders: Folders,
}

/// Refuses to end a project before its last period, or one that has no final return.
fn ends_the_project(loaded: &Loaded, period: &Period) -> Result<(), Refusal> {
    let pipeline = &loaded.pipeline;
    if !pipeline.returns.iter().any(|spec| spec.is_final) {
        return Err(Refusal::new(format!("the pipeline `{}` has no final return", pipeline.name)).hint(
            "declare one: a return with `final = true`, for example with the parts indicators, by-period and open",
        ));
    }
    let later = pipeline.whole_periods().find(|other| other.kind == period.kind && other.from > period.to);
    match later {
        None => Ok(()),
        Some(later) => Err(Refusal::new(format!("{period} does not end the project: {later} follows it"))
            .hint("run the last period with `--final`, once its files are in")),
    }
}

impl<'a> Prepared<'a> {
    /// Refuses what a run would refuse before it begins: period, key, folders, explanations. Whoever is asked
    /// for a key's passphrase is asked here, and not again.
    pub fn new(loaded: &'a Loaded, request: &RunRequest<'_>) -> Result<Self, Refusal> {
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
        if request.end == ProjectEnd::Reached {
            ends_the_project(loaded, period)?;
        }
        let own = pipeline.key.as_ref().map(|key| loaded.resolve(key));
        let path: PathBuf = request.key.map(Path::to_path_buf).or(own).ok_or_else(|| {
            Refusal::new("nothing was written, because no pseudonym key was named")
                .hint("make one with `quarterday key new FILE`, then name it with `--key FILE` or as `key` in the pipeline")
                .hint("the same key must be used every quarter, or people will look new")
        })?;
        folders::apart(request.out, request.state)?;
        let usage = if pipeline.demonstration { KeyUse::Demonstration } else { KeyUse::Real };
        let key = Key::read(&path, usage, &[request.out], request.unlock)?;
        let salts = pipeline.recipients.iter().filter_map(|it| Some((it.code.clone(), it.salt.as_ref()?)));
        let salts = salts.map(|(code, file)| Ok((code, Salt::read(&loaded.resolve(&file.value), &[request.out])?)));
        let key = key.with_salts(salts.collect::<Result<_, Refusal>>()?)?;
        Ok(Self {
            loaded,
            period,
            as_of: request.as_of.unwrap_or(period.to),
            lead: key.for_lead(&pipeline.name),
            key,
            explanations: explanations::read(loaded)?,
            answers: Vec::new(),
            folders: Folders::of(request.out, request.state, &pipeline.name),
        })
    }

    /// The name of the pipeline.
    pub fn pipeline_name(&self) -> &'a str {
        &self.loaded.pipeline.name
    }

    pub(crate) fn constants(&self) -> Constants {
        Constants { period: Some((self.period.from, self.period.to)), as_of: Some(self.as_of) }
    }

    /// Periods of the same kind before the one that is run, oldest first.
    pub(crate) fn earlier(&self) -> Vec<&'a Period> {
        self.loaded.pipeline.before(self.period)
    }

    /// Of the states that are known, that of the period right before another one.
    pub(crate) fn before<'s>(&self, period: &Period, states: &'s [PeriodState]) -> Option<&'s PeriodState> {
        let before = self.loaded.pipeline.whole_periods().filter(|it| it.kind == period.kind && it.to < period.from);
        let before = before.max_by_key(|it| it.from)?;
        states.iter().rev().find(|state| state.label == before.label)
    }

    /// Computes a period on top of what is known of people, and of the periods before it.
    pub(crate) fn compute(
        &self,
        period: &Period,
        people: &KnownPeople,
        previous: Option<&PeriodState>,
        earlier: &[PeriodState],
        streams: Option<&Streams<'_>>,
        progress: &dyn Progress,
    ) -> Result<Computed, Refusal> {
        let as_of = if period.label == self.period.label { self.as_of } else { period.to };
        let what = format!("reading {}", period.label);
        let earlier_files = repeated::earlier_files(self, period);
        compute(&Context {
            loaded: self.loaded,
            period,
            as_of,
            lead: &self.lead,
            known_records: &people.records,
            before: &people.before,
            known: Known { register: &people.register, period: &period.label, decided: &people.decided },
            previous,
            earlier,
            explanations: &self.explanations,
            earlier_files: &earlier_files,
            streams,
            progress: &|done, total| progress.step(&what, done, total),
        })
    }
}
