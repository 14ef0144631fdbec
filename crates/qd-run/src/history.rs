//! What was received, run and sent of a programme, period by period, for the eyes of the lead.

use crate::folders::Folders;
use crate::load::Loaded;
use qd_ledger::{Entry, Ledger, Received, Run, Version};
use qd_model::{Period, Refusal};
use std::path::Path;

/// All that the ledger has of a programme.
#[derive(Debug, Clone)]
pub struct History {
    /// The pipeline's short name.
    pub pipeline: String,
    /// Its full name.
    pub title: String,
    /// Periods of which something is known, oldest first.
    pub periods: Vec<PeriodHistory>,
    /// The log, oldest entry first.
    pub log: Vec<Entry>,
}

/// What is known of one period.
#[derive(Debug, Clone)]
pub struct PeriodHistory {
    /// The period.
    pub period: Period,
    /// Its last run.
    pub run: Option<Run>,
    /// What was received for it.
    pub received: Vec<Received>,
    /// What was sent of it.
    pub versions: Vec<Version>,
}

/// Reads a programme's history. `state` is the folder of what never leaves.
pub fn history(loaded: &Loaded, state: &Path) -> Result<History, Refusal> {
    let pipeline = &loaded.pipeline;
    let path = Folders::of(Path::new(""), state, &pipeline.name).ledger();
    if !path.is_file() {
        return Err(Refusal::new(format!("nothing is known of `{}` yet", pipeline.name))
            .because(format!("there is no {}", path.display()))
            .hint("run the pipeline, or name the folder of what never leaves with `--state DIR`"));
    }
    let ledger = Ledger::read(&path)?;
    let versions = ledger.versions()?;
    let mut periods: Vec<PeriodHistory> = Vec::new();
    for period in pipeline.whole_periods() {
        let known = PeriodHistory {
            run: ledger.run(&period.label)?,
            received: ledger.received(&period.label)?,
            versions: versions.iter().filter(|version| version.period == period.label).cloned().collect(),
            period: period.clone(),
        };
        if known.run.is_some() || !known.received.is_empty() {
            periods.push(known);
        }
    }
    periods.sort_by_key(|known| known.period.from);
    Ok(History { pipeline: pipeline.name.clone(), title: pipeline.title.clone(), periods, log: ledger.log()? })
}
