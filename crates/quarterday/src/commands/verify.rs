//! `verify`: prove that a folder is as it was written.

use crate::terminal::Terminal;
use crate::{Ending, Result};
use qd_model::words;
use std::path::Path;

pub(super) fn verify(folder: &Path, terminal: &Terminal) -> Result {
    let (files, differences) = qd_run::verify(folder)?;
    if differences.is_empty() {
        terminal.print(&format!("{}: {} unchanged\n", folder.display(), words::count(files, "file")))?;
        return Ok(Ending::Clean);
    }
    for difference in &differences {
        terminal.print(&format!("{} {}\n", difference.path, difference.what))?;
    }
    terminal.print(&format!("{}: {}\n", folder.display(), words::count(differences.len(), "difference")))?;
    Ok(Ending::Findings)
}
