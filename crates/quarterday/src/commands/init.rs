//! `init`: a new programme in a folder of its own.

use crate::terminal::Terminal;
use crate::{Ending, Result};
use std::path::Path;

pub(super) fn init(folder: &Path, terminal: &Terminal) -> Result {
    for path in qd_run::init(folder)? {
        terminal.print(&format!("{}\n", path.display()))?;
    }
    let pipeline = folder.join("programme.toml");
    terminal.say(&format!("Run it with `quarterday run {}`, then edit what is marked EDIT", pipeline.display()));
    terminal.say("Keep a copy of programme.key in a safe place apart from the data");
    Ok(Ending::Clean)
}
