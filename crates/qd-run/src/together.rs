//! The pipelines of one command: small ones side by side, since each waits for the disk or for its own last
//! source while another could work.

use crate::discover::discover;
use crate::outcome::RunOutcome;
use crate::prepared::Prepared;
use crate::run::{Progress, RunRequest, run};
use qd_model::Refusal;
use rayon::prelude::*;
use std::collections::BTreeSet;

/// Up to how many bytes of partners' files runs go side by side. Larger ones fill every processor by
/// themselves, and would only hold their memory at the same time.
const SMALL: u64 = 64 << 20;

/// Runs everything that was prepared, and answers in its order. Large runs go one after the other, and none
/// begins after one that was refused; small ones are done all, whatever becomes of their neighbours. Each is
/// told about through a progress of its own.
pub fn run_all<P: Progress>(
    prepared: Vec<Prepared<'_>>,
    request: &RunRequest<'_>,
    progress: impl Fn() -> P + Sync,
) -> Vec<Result<RunOutcome, Refusal>> {
    if prepared.iter().map(bytes).sum::<u64>() <= SMALL {
        return prepared.into_par_iter().with_max_len(1).map(|one| run(one, request, &progress())).collect();
    }
    let mut outcomes = Vec::new();
    for one in prepared {
        outcomes.push(run(one, request, &progress()));
        if outcomes.last().is_some_and(Result::is_err) {
            break;
        }
    }
    outcomes
}

/// How many bytes partners sent. What cannot be found here is refused when it is run.
fn bytes(prepared: &Prepared<'_>) -> u64 {
    let found = discover(prepared.loaded, prepared.period).map(|found| found.sources).unwrap_or_default();
    let files: BTreeSet<_> = found.into_iter().map(|source| source.path).collect();
    files.iter().filter_map(|file| std::fs::metadata(file).ok()).map(|file| file.len()).sum()
}
