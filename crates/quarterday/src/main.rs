//! The command line: arguments, terminal and exit codes. All work is done in the rooms below.
//!
//! Architecture invariant: only this crate prints, exits, reads the environment or knows a
//! terminal's width.

mod args;
mod commands;
mod passphrase;
mod terminal;

use clap::Parser;
use qd_model::Refusal;
use std::process::ExitCode;

/// Many small allocations from several threads are what reading partners' files comes down to.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How a command ended, where it was not refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Nothing stands in the way.
    Clean,
    /// There is something to mend.
    Findings,
    /// A rule fell over through a fault of ours; the report has said the rest.
    Fault,
}

fn main() -> ExitCode {
    install_panic_message();
    let args = match args::Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // Help and version are answers, and go to standard output; the rest is a refusal.
            let code = if error.use_stderr() { 2 } else { 0 };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    qd_run::raise_limits(args.global.limits);
    if matches!(args.command, args::Command::ReadApart) {
        let served = qd_run::serve(&mut std::io::stdin().lock(), &mut std::io::stdout().lock());
        return if served.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(3) };
    }
    if let Ok(program) = std::env::current_exe() {
        qd_run::read_apart(program);
    }
    if let Some(code) = terminal::restart_with_threads(args.global.threads) {
        return code;
    }
    let terminal = terminal::Terminal::new(&args.global);
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        qd_rules::pool::install(|| commands::dispatch(&args.command, &terminal))
    }));
    match result {
        Ok(Ok(Ending::Clean)) => ExitCode::SUCCESS,
        Ok(Ok(Ending::Findings)) => ExitCode::from(1),
        Ok(Err(refusal)) => {
            terminal.refuse(&refusal);
            ExitCode::from(2)
        }
        // What there is to say has been said, by the report or by the hook.
        Ok(Ok(Ending::Fault)) | Err(_) => ExitCode::from(3),
    }
}

/// What a fault of ours looks like. The panic's own text is left out, since it could hold what was
/// in a file; its place in our source is enough to mend it.
fn install_panic_message() {
    std::panic::set_hook(Box::new(|panic| {
        // A library that stumbles over a partner's file is caught, and becomes that file's finding.
        // The same goes for a rule that falls over: the report names it, and shows what the others found.
        if qd_run::is_reading() || qd_rules::is_guarded() {
            return;
        }
        let place = panic.location().map_or_else(String::new, |place| format!(" ({}:{})", place.file(), place.line()));
        eprintln!("This is a fault in Quarterday, not in your file{place}");
        eprintln!(
            "Nothing that was there before has been changed. Tell the people who look after Quarterday where it happened"
        );
    }));
}

/// A command's result.
pub(crate) type Result = std::result::Result<Ending, Refusal>;
