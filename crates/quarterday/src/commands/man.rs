//! `man`: a manual page for each command.

use crate::args::Args;
use crate::terminal::Terminal;
use crate::{Ending, Result};
use clap::{Command, CommandFactory};
use qd_model::{Refusal, words};
use std::path::Path;

pub(super) fn man(folder: &Path, terminal: &Terminal) -> Result {
    let refuse = |error: std::io::Error| {
        Refusal::new(format!("the manual pages cannot be written to {}", folder.display())).because(error)
    };
    std::fs::create_dir_all(folder).map_err(refuse)?;
    let mut command = without_help(Args::command());
    command.build();
    clap_mangen::generate_to(command, folder).map_err(refuse)?;
    let pages = std::fs::read_dir(folder).map_err(refuse)?.flatten();
    let pages = pages.filter(|page| page.file_name().to_string_lossy().starts_with("quarterday")).count();
    terminal.say(&format!("{} in {}; `man -l FILE` shows one", words::count(pages, "manual page"), folder.display()));
    Ok(Ending::Clean)
}

/// `help COMMAND` shows the same pages again.
fn without_help(command: Command) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    names
        .into_iter()
        .fold(command.disable_help_subcommand(true), |command, name| command.mut_subcommand(name, without_help))
}
