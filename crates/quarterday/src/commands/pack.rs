//! `pack`: one folder with all that an auditor needs to follow a return.

use crate::terminal::Terminal;
use crate::{Ending, Result};
use qd_model::words;
use qd_run::PackRequest;
use std::path::Path;

pub(super) fn pack(folder: &Path, state: &Path, terminal: &Terminal) -> Result {
    let packed = qd_run::pack(&PackRequest { folder, state })?;
    terminal.print(&format!(
        "Packed {} into {}\n{} lead from figures and rows to files, sheets and rows: lineage.csv\n",
        words::count(packed.files, "file"),
        packed.folder.display(),
        words::count(packed.lines, "line"),
    ))?;
    for note in &packed.notes {
        terminal.print(&format!("note: {note}\n"))?;
    }
    terminal.say("It holds people's own data, and stays with the lead: show it, and do not send it");
    Ok(Ending::Clean)
}
