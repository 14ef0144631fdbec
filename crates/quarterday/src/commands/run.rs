//! `run`: a period's partner files in, returns out.

mod json;
mod summary;

use crate::args::{Run, RunFormat};
use crate::passphrase::Ask;
use crate::terminal::Terminal;
use crate::{Ending, Result};
use qd_model::Refusal;
use qd_model::pipeline::ProjectEnd;
use qd_run::{Loaded, Prepared, RunRequest};

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
    let prepared: Vec<Prepared<'_>> =
        loaded.iter().map(|pipeline| Prepared::new(pipeline, &request)).collect::<std::result::Result<_, _>>()?;
    if args.plan {
        return plan(&prepared, &request, args, terminal);
    }
    let done = qd_run::run_all(prepared, &request, || terminal.progress());
    // What was made is told of, whatever became of the rest, and so is each refusal.
    let (mut outcomes, mut refusals) = (Vec::new(), Vec::new());
    for outcome in done {
        match outcome {
            Ok(outcome) => outcomes.push(outcome),
            Err(refusal) => refusals.push(refusal),
        }
    }
    match args.format {
        RunFormat::Human => {
            for outcome in &outcomes {
                terminal.print(&summary::of_run(outcome, args.by.as_deref(), terminal.is_quiet()))?;
            }
        }
        RunFormat::Json if outcomes.is_empty() => {}
        RunFormat::Json => terminal.print(&json::of_runs(&outcomes))?,
    }
    if let Some(last) = refusals.pop() {
        for refusal in refusals {
            terminal.refuse(&refusal);
        }
        return Err(last);
    }
    if let Some(faulty) = outcomes.iter().map(|outcome| &outcome.faulty_rules).find(|faulty| !faulty.is_empty()) {
        terminal.say(&super::fault_in_rules(faulty));
        return Ok(Ending::Fault);
    }
    let complete = outcomes.iter().all(qd_run::RunOutcome::is_complete);
    Ok(if complete { Ending::Clean } else { Ending::Findings })
}

fn plan(prepared: &[Prepared<'_>], request: &RunRequest<'_>, args: &Run, terminal: &Terminal) -> Result {
    let mut plans = Vec::new();
    for one in prepared {
        let progress = terminal.progress();
        plans.push((one.pipeline_name(), qd_run::plan(one, request, &progress)?));
    }
    terminal.print(&match args.format {
        RunFormat::Human => summary::of_plans(&plans),
        RunFormat::Json => json::of_plans(&plans),
    })?;
    terminal.say("Nothing was written");
    Ok(Ending::Clean)
}
