//! The terminal: results to standard output, everything else to standard error, colour where it is
//! wanted, progress only where somebody watches.

use crate::args::{Global, When};
use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use qd_model::Refusal;
use qd_run::Progress;
use std::io::{ErrorKind, IsTerminal, Write};
use std::process::ExitCode;

/// Polars reads the size of its pool from here, once.
const POOL_SIZE: &str = "POLARS_MAX_THREADS";

/// Where and how to write.
pub(crate) struct Terminal {
    is_quiet: bool,
    choice: ColorChoice,
    /// Progress lines stand one below the other.
    lines: MultiProgress,
}

impl Terminal {
    pub(crate) fn new(global: &Global) -> Self {
        let choice = match global.color {
            When::Auto => ColorChoice::Auto,
            When::Always => ColorChoice::Always,
            When::Never => ColorChoice::Never,
        };
        Self { is_quiet: global.quiet, choice, lines: MultiProgress::new() }
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.is_quiet
    }

    /// Whether standard output shows colour.
    pub(crate) fn has_colour(&self) -> bool {
        AutoStream::new(std::io::stdout(), self.choice).current_choice() != ColorChoice::Never
    }

    /// Whether standard output is a terminal that opens links.
    pub(crate) fn follows_links(&self) -> bool {
        self.has_colour() && supports_hyperlinks::on(supports_hyperlinks::Stream::Stdout)
    }

    /// Writes a result. A closed pipe means that the reader has seen enough.
    pub(crate) fn print(&self, text: &str) -> Result<(), Refusal> {
        self.with_output(|out| out.write_all(text.as_bytes()))
    }

    /// Gives standard output to a writer of results.
    pub(crate) fn with_output(&self, write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<(), Refusal> {
        let stream = AutoStream::new(std::io::stdout().lock(), self.choice);
        let mut buffered = std::io::BufWriter::with_capacity(1 << 16, stream);
        match write(&mut buffered).and_then(|()| buffered.flush()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(Refusal::new("the result could not be written").because(error))
            }
            _ => Ok(()),
        }
    }

    /// Says something that is not the result.
    pub(crate) fn say(&self, text: &str) {
        if !self.is_quiet {
            let _ = writeln!(AutoStream::new(std::io::stderr().lock(), self.choice), "{text}");
        }
    }

    /// Says why a request was refused.
    pub(crate) fn refuse(&self, refusal: &Refusal) {
        let red = Style::new().fg_color(Some(AnsiColor::Red.into())).bold();
        let text = refusal.to_string();
        let text = text.strip_prefix("Error:").unwrap_or(&text);
        let _ = writeln!(AutoStream::new(std::io::stderr().lock(), self.choice), "{red}Error:{red:#}{text}");
    }

    /// A progress line, on a terminal and only there.
    pub(crate) fn progress(&self) -> Bar {
        let bar = if self.is_quiet || !std::io::stderr().is_terminal() {
            ProgressBar::hidden()
        } else {
            let style =
                ProgressStyle::with_template("{msg} {bar:30} {pos}/{len}").expect("the template is well formed");
            self.lines.add(ProgressBar::new(0).with_style(style))
        };
        Bar(bar)
    }
}

/// A progress line.
pub(crate) struct Bar(ProgressBar);

impl Progress for Bar {
    fn step(&self, what: &str, done: usize, total: usize) {
        self.0.set_message(what.to_owned());
        self.0.set_length(total as u64);
        self.0.set_position(done as u64);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// The one pool's size is read when the program starts, so another size means starting again.
pub(crate) fn restart_with_threads(threads: Option<u16>) -> Option<ExitCode> {
    // What Polars cannot read would end as a fault of ours; it is as if it were not set.
    let is_good = |size: String| size.parse::<u16>().is_ok_and(|size| (1..=1024).contains(&size));
    let is_bad = std::env::var_os(POOL_SIZE).is_some_and(|size| !size.into_string().is_ok_and(is_good));
    let cores = || std::thread::available_parallelism().map_or(1, |cores| cores.get().min(1024) as u16);
    let wanted = if is_bad { threads.unwrap_or_else(cores) } else { threads? }.to_string();
    if std::env::var(POOL_SIZE).is_ok_and(|size| size == wanted) {
        return None;
    }
    let mut command = std::process::Command::new(std::env::current_exe().ok()?);
    command.args(std::env::args_os().skip(1)).env(POOL_SIZE, wanted);
    Some(run_instead(command))
}

#[cfg(unix)]
fn run_instead(mut command: std::process::Command) -> ExitCode {
    use std::os::unix::process::CommandExt;
    let error = command.exec();
    eprintln!("Error: the program could not be started again with that many threads: {error}");
    ExitCode::from(3)
}

#[cfg(not(unix))]
fn run_instead(mut command: std::process::Command) -> ExitCode {
    match command.status() {
        Ok(status) => ExitCode::from(u8::try_from(status.code().unwrap_or(3)).unwrap_or(3)),
        Err(error) => {
            eprintln!("Error: the program could not be started again with that many threads: {error}");
            ExitCode::from(3)
        }
    }
}
