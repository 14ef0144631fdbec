//! `sent`: freeze a draft return as the version that was sent.

use crate::terminal::Terminal;
use crate::{Ending, Result};
use qd_model::words;
use qd_run::SentRequest;
use std::path::Path;

pub(super) fn sent(folder: &Path, by: &str, state: &Path, terminal: &Terminal) -> Result {
    let outcome = qd_run::sent(&SentRequest { folder, by, state, at: jiff::Timestamp::now() })?;
    let name = format!("`{}` of {}", outcome.name, outcome.period);
    terminal.print(&format!("{name} is frozen as version {} in {}\n", outcome.version, outcome.folder.display()))?;
    if let Some([added, removed, changed]) = outcome.changed {
        let count = |number: u64| words::count(number as usize, "record");
        terminal.print(&format!(
            "Since the version before: {} added, {} removed, {} changed; they are listed in the private folder\n",
            count(added),
            count(removed),
            count(changed)
        ))?;
    }
    terminal.say(&format!("`quarterday verify {}` proves it unchanged, today or in years", outcome.folder.display()));
    Ok(Ending::Clean)
}
