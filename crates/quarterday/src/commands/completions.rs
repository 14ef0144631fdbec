//! `completions`: what a shell needs to complete commands and options.

use crate::args::Args;
use crate::terminal::Terminal;
use crate::{Ending, Result};
use clap::CommandFactory;
use clap_complete::Shell;

pub(super) fn completions(shell: Shell, terminal: &Terminal) -> Result {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "quarterday", &mut script);
    terminal.with_output(|out| out.write_all(&script))?;
    Ok(Ending::Clean)
}
