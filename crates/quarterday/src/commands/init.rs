//! `init`: a new programme in a folder of its own.

use crate::terminal::Terminal;
use crate::{Ending, Result};
use std::path::Path;

pub(super) fn init(folder: &Path, terminal: &Terminal) -> Result {
    for path in qd_run::init(folder)? {
        terminal.print(&format!("{}\n", path.display()))?;
    }
    terminal.say(&format!("Go to {} and run it with `quarterday run programme.toml`", folder.display()));
    terminal.say("Then edit what is marked EDIT");
    terminal.say("Keep a copy of programme.key in a safe place apart from the data");
    Ok(Ending::Clean)
}
