//! One process from start to end: how long, how much of the processors, how much memory.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What a run cost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    /// Seconds by the clock.
    pub(super) wall: f64,
    /// Seconds of all processors together.
    pub(super) cpu: f64,
    /// The most memory that it held, in MB; nothing where the system does not say.
    pub(super) peak: f64,
    /// Cores that other processes kept busy meanwhile.
    pub(super) foreign: f64,
}

/// Ticks of the kernel's clock in a second, on every Linux of today.
const TICKS: f64 = 100.0;

/// Runs a command and measures it; its words are kept in a file, and shown if it fails.
pub(super) fn run(command: &mut Command, log: &Path, good: &[i32]) -> Result<Cost, String> {
    let file = File::create(log).map_err(|error| format!("{}: {error}", log.display()))?;
    let again = file.try_clone().map_err(|error| error.to_string())?;
    let before = busy();
    let start = Instant::now();
    let child = command.stdin(Stdio::null()).stdout(file).stderr(again).spawn();
    let mut child = child.map_err(|error| format!("{} cannot be started: {error}", shown(command)))?;
    let (mut cpu, mut peak) = (0.0, 0.0);
    // Until it is waited for, a process that has ended still says what it used.
    while let Some(seen) = look(child.id()) {
        (cpu, peak) = (seen.cpu, f64::max(peak, seen.peak));
        if seen.ended {
            break;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    let wall = start.elapsed().as_secs_f64();
    if status.code().is_none_or(|code| !good.contains(&code)) {
        let said = fs::read_to_string(log).unwrap_or_default();
        return Err(format!("{} ended with {status}\n{said}", shown(command)));
    }
    Ok(Cost { wall, cpu, peak, foreign: ((busy() - before - cpu) / wall).max(0.0) })
}

/// A command as a person would type it.
fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

struct Seen {
    cpu: f64,
    peak: f64,
    ended: bool,
}

/// A process as Linux shows it under `/proc`; nothing elsewhere.
fn look(id: u32) -> Option<Seen> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name in brackets may hold spaces; what follows it does not.
    let fields: Vec<&str> = stat[stat.rfind(')')? + 1..].split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok());
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|text| text.trim().strip_suffix("kB")?.trim().parse::<f64>().ok());
    Some(Seen {
        cpu: (ticks(11)? + ticks(12)?) / TICKS,
        peak: peak.unwrap_or(0.0) / 1024.0,
        ended: matches!(fields.first(), Some(&("Z" | "X"))),
    })
}

/// Seconds that all processors together have been busy since the machine started.
fn busy() -> f64 {
    let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
    let line = stat.lines().next().unwrap_or_default();
    let ticks: Vec<f64> = line.split_whitespace().skip(1).filter_map(|text| text.parse().ok()).collect();
    let idle: f64 = ticks.iter().skip(3).take(2).sum();
    // Time of guests is counted among the others already.
    (ticks.iter().take(8).sum::<f64>() - idle) / TICKS
}

/// Work inside this process: seconds by the clock, and of all processors together.
pub(super) fn inside(work: impl FnOnce() -> Result<(), String>) -> Result<(f64, f64), String> {
    let used = || look(std::process::id()).map_or(0.0, |seen| seen.cpu);
    let (before, start) = (used(), Instant::now());
    work()?;
    Ok((start.elapsed().as_secs_f64(), used() - before))
}

/// The one in the middle.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => values[odd / 2],
        even => f64::midpoint(values[even / 2 - 1], values[even / 2]),
    }
}
