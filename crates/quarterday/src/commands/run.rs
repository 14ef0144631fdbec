//! `run`: a period's partner files in, returns out.

mod json;
mod summary;

use crate::args::{Run, RunFormat};
use crate::passphrase::Ask;
use crate::terminal::Terminal;
use crate::{Ending, Result};
use qd_model::Refusal;
use qd_model::pipeline::ProjectEnd;
use qd_run::{Loaded, RunRequest};

pub(super) fn run(args: &Run, terminal: &Terminal) -> Result {
    // All pipelines are loaded and checked before the first one runs.
    let loaded: Vec<Loaded> =
        args.pipelines.iter().map(|path| qd_run::load(path)).collect::<std::result::Result<_, _>>()?;
    for (index, pipeline) in loaded.iter().enumerate() {
        if loaded[..index].iter().any(|earlier| earlier.pipeline.name == pipeline.pipeline.name) {
            return Err(Refusal::new(format!("two of the pipelines are named `{}`", pipeline.pipeline.name))
                .hint("their returns would overwrite each other; give one another `name`"));
        }
    }
    let unlock = Ask::new(args.passphrase_file.as_deref());
    let request = RunRequest {
        period: args.period.as_deref(),
        as_of: args.as_of,
        key: args.key.as_deref(),
        unlock: &unlock,
        end: if args.is_final { ProjectEnd::Reached } else { ProjectEnd::Ahead },
        by: args.by.as_deref(),
        at: jiff::Timestamp::now(),
        out: &args.out,
        state: &args.state,
    };
    for pipeline in &loaded {
        qd_run::check(pipeline, &request)?;
    }
    if args.plan {
        return plan(&loaded, &request, args, terminal);
    }
    let mut outcomes = Vec::new();
    for pipeline in &loaded {
        let progress = terminal.progress();
        let outcome = qd_run::run(pipeline, &request, &progress)?;
        drop(progress);
        if args.format == RunFormat::Human {
            terminal.print(&summary::of_run(&outcome, args.by.as_deref(), terminal.is_quiet()))?;
        }
        outcomes.push(outcome);
    }
    if args.format == RunFormat::Json {
        terminal.print(&json::of_runs(&outcomes))?;
    }
    if let Some(faulty) = outcomes.iter().map(|outcome| &outcome.faulty_rules).find(|faulty| !faulty.is_empty()) {
        terminal.say(&super::fault_in_rules(faulty));
        return Ok(Ending::Fault);
    }
    let complete = outcomes.iter().all(qd_run::RunOutcome::is_complete);
    Ok(if complete { Ending::Clean } else { Ending::Findings })
}

fn plan(loaded: &[Loaded], request: &RunRequest<'_>, args: &Run, terminal: &Terminal) -> Result {
    let mut plans = Vec::new();
    for pipeline in loaded {
        let progress = terminal.progress();
        plans.push((pipeline.pipeline.name.as_str(), qd_run::plan(pipeline, request, &progress)?));
    }
    terminal.print(&match args.format {
        RunFormat::Human => summary::of_plans(&plans),
        RunFormat::Json => json::of_plans(&plans),
    })?;
    terminal.say("Nothing was written");
    Ok(Ending::Clean)
}
