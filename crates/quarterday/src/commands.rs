//! The commands, one file each.

mod completions;
mod explain;
mod history;
mod import;
mod init;
mod key;
mod links;
mod man;
mod map;
mod pack;
mod read;
mod run;
mod sample;
mod schema;
mod sent;
mod template;
mod trace;
mod validate;
mod verify;

use crate::Result;
use crate::args::Command;
use crate::terminal::Terminal;
use qd_model::Refusal;
use qd_run::SampleRequest;
use std::path::{Path, PathBuf};

/// Does what was asked.
pub(crate) fn dispatch(command: &Command, terminal: &Terminal) -> Result {
    match command {
        Command::Run(args) => run::run(args, terminal),
        Command::Validate(args) => validate::validate(args, terminal),
        Command::Read(args) => read::read(args, terminal),
        Command::Map(args) => map::map(args, terminal),
        Command::Key { action } => key::key(action, terminal),
        Command::Verify { folder, state } => verify::verify(folder, state, terminal),
        Command::Sent { folder, by, state } => sent::sent(folder, by, state, terminal),
        Command::History { pipeline, state, log, format } => history::history(pipeline, state, *log, *format, terminal),
        Command::Trace { folder, cell, state, format } => trace::trace(folder, cell, state, *format, terminal),
        Command::Sample { pipeline, number, seed, period, state, format } => {
            let request = SampleRequest { period: period.as_deref(), number: *number, seed, state };
            sample::sample(pipeline, &request, *format, terminal)
        }
        Command::Pack { folder, state } => pack::pack(folder, state, terminal),
        Command::Links { pipeline, take, state } => links::links(pipeline, take.as_deref(), state, terminal),
        Command::ImportEarlier(args) => import::import(args, terminal),
        Command::Schema { action } => schema::schema(action, terminal),
        Command::Template(args) => template::template(args),
        Command::Init { folder } => init::init(folder, terminal),
        Command::Completions { shell } => completions::completions(*shell, terminal),
        Command::Man { folder } => man::man(folder, terminal),
        Command::ReadApart => unreachable!("the child was served before there was a terminal"),
        Command::Explain { code } => explain::explain(code.as_deref(), terminal),
    }
}

/// What is said where rules could not be judged through a fault of ours.
fn fault_in_rules(codes: &[String]) -> String {
    format!(
        "This is a fault in Quarterday, not in your file: it could not judge {}\n\
         All else was judged as usual. Tell the people who look after Quarterday which rules these are",
        qd_model::words::list(codes)
    )
}

/// What is written must not be written over what it was made from.
fn spare<'a>(output: &Path, mut inputs: impl Iterator<Item = &'a PathBuf>) -> std::result::Result<(), Refusal> {
    let Ok(real) = output.canonicalize() else { return Ok(()) };
    if inputs.any(|input| input.canonicalize().is_ok_and(|input| input == real)) {
        return Err(Refusal::new(format!("the result would overwrite {}, which it is made from", output.display()))
            .hint("name another file with --output"));
    }
    Ok(())
}
