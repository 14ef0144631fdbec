//! `verify`: prove that a folder is as it was written.

use crate::terminal::Terminal;
use crate::{Ending, Result};
use qd_model::words;
use std::path::Path;

pub(super) fn verify(folder: &Path, state: &Path, terminal: &Terminal) -> Result {
    let verified = qd_run::verify(folder, state)?;
    for note in &verified.notes {
        terminal.say(note);
    }
    if verified.differences.is_empty() {
        let mut proved = Vec::new();
        if verified.files > 0 {
            proved.push(words::count(verified.files, "file"));
        }
        if verified.entries > 0 {
            proved.push(format!("{} of the log", words::count(verified.entries, "entry")));
        }
        terminal.print(&format!("{}: {} unchanged\n", folder.display(), words::list(&proved)))?;
        for (programme, number, digest) in verified.heads.iter().filter(|(_, number, _)| *number > 0) {
            terminal.print(&format!("Log of {programme}: the last is {number}, {digest}\n"))?;
        }
        return Ok(Ending::Clean);
    }
    for difference in &verified.differences {
        terminal.print(&format!("{} {}\n", difference.path, difference.what))?;
    }
    terminal.print(&format!("{}: {}\n", folder.display(), words::count(verified.differences.len(), "difference")))?;
    Ok(Ending::Findings)
}
