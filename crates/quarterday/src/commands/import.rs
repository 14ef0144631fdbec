//! `import-earlier`: earlier periods' files, or totals alone, taken in.

use crate::args::ImportEarlier;
use crate::passphrase::Ask;
use crate::terminal::Terminal;
use crate::{Ending, Result};
use qd_model::pipeline::ProjectEnd;
use qd_model::{Refusal, words};
use qd_run::{Loaded, RunRequest};

pub(super) fn import(args: &ImportEarlier, terminal: &Terminal) -> Result {
    let loaded = qd_run::load(&args.pipeline)?;
    if let Some(list) = &args.totals {
        let period = args.period.as_deref().ok_or_else(|| {
            Refusal::new("nothing was taken in, because no period is named")
                .hint("say up to which period's end the totals count with `--period LABEL`")
        })?;
        let taken = qd_run::import_totals(&loaded, &args.state, period, list, &args.by, jiff::Timestamp::now())?;
        terminal.print(&if taken.totals == 0 {
            "The opening totals were taken away\n".to_owned()
        } else {
            format!(
                "{} as at the end of {} taken in: figures of the whole project begin with them\n\
                 Only counts are held of that time, so people cannot be linked across it; returns say so\n",
                words::count(taken.totals, "opening total"),
                taken.up_to
            )
        })?;
        run_again(&taken.later, terminal);
        return Ok(Ending::Clean);
    }
    let periods = match &args.period {
        Some(period) => vec![period.clone()],
        None if args.from.is_some() => {
            return Err(Refusal::new("nothing was taken in, because no period is named")
                .hint("say whose files these are with `--period LABEL`"));
        }
        None => qd_run::importable(&loaded, &args.state),
    };
    if periods.is_empty() {
        terminal.print("Nothing new: every earlier period whose files are there is held already\n")?;
    }
    for period in &periods {
        files(&loaded, args, period, terminal)?;
    }
    Ok(Ending::Clean)
}

fn files(loaded: &Loaded, args: &ImportEarlier, period: &str, terminal: &Terminal) -> std::result::Result<(), Refusal> {
    let unlock = Ask::new(args.passphrase_file.as_deref());
    let request = RunRequest {
        period: Some(period),
        as_of: None,
        key: args.key.as_deref(),
        unlock: &unlock,
        end: ProjectEnd::Ahead,
        by: Some(&args.by),
        at: jiff::Timestamp::now(),
        out: &args.out,
        state: &args.state,
    };
    let progress = terminal.progress();
    let taken = qd_run::import_files(loaded, &request, args.from.as_deref(), &progress)?;
    drop(progress);
    terminal.print(&format!(
        "{}: {} with {} taken in, {} accepted\n",
        taken.period,
        words::count(taken.sources, "source"),
        words::count(taken.rows as usize, "row"),
        words::thousands(taken.accepted)
    ))?;
    run_again(&taken.later, terminal);
    Ok(())
}

fn run_again(later: &[String], terminal: &Terminal) {
    if !later.is_empty() {
        let names: Vec<&str> = later.iter().map(String::as_str).collect();
        let order = if names.len() > 1 { ", in this order" } else { "" };
        terminal.say(&format!("Run {} again{order}: what was taken in was not known then", words::list(&names)));
    }
}
