//! `completions`: what a shell needs to complete commands and options.

use crate::args::Args;
use crate::terminal::Terminal;
use crate::{Ending, Result};
use clap::{Command, CommandFactory};
use clap_complete::Shell;

pub(super) fn completions(shell: Shell, terminal: &Terminal) -> Result {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut visible(&Args::command()), "quarterday", &mut script);
    terminal.with_output(|out| out.write_all(&script))?;
    Ok(Ending::Clean)
}

/// The command without what is hidden, which a shell would offer all the same.
fn visible(command: &Command) -> Command {
    let shown = command.get_subcommands().filter(|command| !command.is_hide_set()).cloned();
    Command::new("quarterday").args(command.get_arguments().cloned()).subcommands(shown)
}
