//! The benchmark: makes the data, builds the optimised program, sees that all who did the work agree
//! on the findings, and runs them in turn.
//!
//! `cargo xtask bench [ROWS] [--rounds N] [--python PYTHON] [--also NAME=COMMAND]…` measures;
//! `cargo xtask bench wcsv IN OUT` does the work once over a file of your own;
//! `cargo xtask bench workbook` measures how workbooks are written, `cargo xtask bench xlsx-read` how they
//! are read, and `cargo xtask bench kernels` what large files spend their time in, piece by piece.

mod data;
mod measure;
mod wcsv;
mod workbook;
mod xlsx;

use measure::{Cost, median};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use wcsv::{Keep, Severity, Work};

const USAGE: &str = "usage: cargo xtask bench [ROWS] [--rounds N] [--program QUARTERDAY] [--python PYTHON] [--also 'NAME=COMMAND {in} {out}']
       cargo xtask bench wcsv IN OUT
       cargo xtask bench workbook [ROWS] [--rounds N] [--program QUARTERDAY]
       cargo xtask bench xlsx-read [ROWS] [--rounds N] [--program QUARTERDAY]
       cargo xtask bench kernels [FILTER]…
       cargo xtask bench data ROWS SHARE FILE";

/// Does what the arguments after `bench` say.
pub(crate) fn run(root: &Path, arguments: &[&str]) -> Result<String, String> {
    match arguments {
        ["wcsv", input, out] => once(root, Path::new(input), Path::new(out)),
        ["data", rows, share, file] => {
            let rows = rows.parse().map_err(|_| USAGE.to_owned())?;
            let share = share.parse().map_err(|_| USAGE.to_owned())?;
            data::write(rows, share, Path::new(file)).map_err(|error| format!("{file}: {error}"))?;
            Ok(format!("{rows} rows are in {file}"))
        }
        ["workbook", rest @ ..] => {
            let asked = Asked::of(rest, 100_000)?;
            let program = asked.program.map_or_else(|| build(root), Ok)?;
            workbook::compare(root, &workbook::Asked { rows: asked.rows, rounds: asked.rounds, program })
        }
        ["xlsx-read", rest @ ..] => {
            let Asked { rows, rounds, program, .. } = Asked::of(rest, 100_000)?;
            // Whoever names a program has not asked for an optimised build: this one reads then.
            let (program, readers) = match program {
                Some(program) => (program, std::env::current_exe().map_err(|error| error.to_string())?),
                None => (build(root)?, build_readers(root)?),
            };
            xlsx::compare(root, &xlsx::Asked { rows, rounds, program, readers })
        }
        ["kernels", rest @ ..] => {
            // Both are named so that they share what is built with the program that is measured.
            let own = ["bench", "--package", "quarterday", "--package", "xtask", "--bench", "kernels"];
            let rest = [&["--"], rest].concat();
            cargo(root, &own, &rest).map(|()| String::new())
        }
        ["xlsx-reader", who, how, file] => xlsx::serve(root, who, how, Path::new(file)),
        _ => compare(root, &Asked::of(arguments, 1_000_000)?),
    }
}

/// What a comparison is asked for.
struct Asked {
    rows: u64,
    rounds: usize,
    python: Option<String>,
    also: Vec<(String, String)>,
    /// A program that is there already, instead of the optimised one that is built first.
    program: Option<PathBuf>,
}

impl Asked {
    fn of(arguments: &[&str], rows: u64) -> Result<Self, String> {
        let mut asked = Self { rows, rounds: 7, python: None, also: Vec::new(), program: None };
        let mut left = arguments.iter();
        while let Some(word) = left.next() {
            let mut value = || left.next().copied().ok_or_else(|| USAGE.to_owned());
            match *word {
                "--rounds" => asked.rounds = value()?.parse().map_err(|_| USAGE.to_owned())?,
                "--program" => asked.program = Some(PathBuf::from(value()?)),
                "--python" => asked.python = Some(value()?.to_owned()),
                "--also" => {
                    let (name, command) = value()?.split_once('=').ok_or_else(|| USAGE.to_owned())?;
                    asked.also.push((name.to_owned(), command.to_owned()));
                }
                rows => asked.rows = rows.parse().map_err(|_| USAGE.to_owned())?,
            }
        }
        Ok(asked)
    }
}

/// Where cargo keeps what it builds; the benchmark's own things lie in a folder of it.
fn folder(root: &Path) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    target.join("bench")
}

/// Builds the program as one would build it to give it away. The first time takes long, since every
/// library is built once more.
fn build(root: &Path) -> Result<PathBuf, String> {
    cargo(root, &["build", "--quiet", "--release", "--package", "quarterday"], &[])?;
    Ok(folder(root).join("release/quarterday"))
}

/// Builds this program in the same way, beside the other, so that both share what is built.
fn build_readers(root: &Path) -> Result<PathBuf, String> {
    cargo(root, &["build", "--quiet", "--release", "--package", "quarterday", "--package", "xtask"], &[])?;
    Ok(folder(root).join("release/xtask"))
}

/// Has cargo do something in the folder of what is optimised; what it does it with may take words of its own.
fn cargo(root: &Path, arguments: &[&str], own: &[&str]) -> Result<(), String> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).arg("--target-dir").arg(folder(root)).args(own);
    let status = command.current_dir(root).status().map_err(|error| format!("cargo cannot be started: {error}"))?;
    if status.success() { Ok(()) } else { Err("what is measured cannot be built".to_owned()) }
}

/// The work once: `OUT/findings.csv` and `OUT/return.parquet`, and what it took.
fn once(root: &Path, input: &Path, out: &Path) -> Result<String, String> {
    let binary = build(root)?;
    let work = Work::prepare(root, &binary, input, &out.join("work"), Severity::Note, Keep::Nothing)?;
    let cost = work.run(None)?;
    let counts = work.findings(&out.join("findings.csv"))?;
    let parquet = out.join("return.parquet");
    fs::copy(work.parquet(), &parquet).map_err(|error| format!("{}: {error}", parquet.display()))?;
    let findings: u64 = counts.values().sum();
    Ok(format!("{:.2} s, {:.2} s of processors, {:.0} MB at most, {findings} findings", cost.wall, cost.cpu, cost.peak))
}

/// One that takes part.
struct Runner<'a> {
    name: String,
    run: Box<dyn Fn() -> Result<Cost, String> + 'a>,
    costs: Vec<Cost>,
}

fn compare(root: &Path, asked: &Asked) -> Result<String, String> {
    let folder = folder(root).join("wcsv");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let binary = asked.program.clone().map_or_else(|| build(root), Ok)?;
    let input = folder.join(format!("in-{}.csv", asked.rows));
    if !input.exists() {
        data::write(asked.rows, 0.02, &input).map_err(|error| format!("{}: {error}", input.display()))?;
    }
    let spoilt = folder.join(format!("in-{}-spoilt.csv", asked.rows));
    if !spoilt.exists() {
        data::write(asked.rows, 0.2, &spoilt).map_err(|error| format!("{}: {error}", spoilt.display()))?;
    }
    let prepare = |name: &str, input: &Path, severity, keep| {
        Work::prepare(root, &binary, input, &folder.join(name), severity, keep)
    };
    let plain = prepare("note", &input, Severity::Note, Keep::Nothing)?;
    let held = prepare("error", &input, Severity::Error, Keep::Nothing)?;
    let faulty = prepare("spoilt", &spoilt, Severity::Note, Keep::Nothing)?;
    let kept = prepare("kept", &input, Severity::Note, Keep::All)?;
    let peers = peers(root, asked, &input, &folder);

    plain.run(None)?;
    let counts = plain.findings(&folder.join("note/findings.csv"))?;
    let mut agree = agreement(&counts, &peers)?;
    let threads = same_bytes(&plain)?;
    let _ = writeln!(agree, "{threads}");

    let mut runners: Vec<Runner<'_>> = [
        ("quarterday", &plain),
        ("quarterday, rules at error", &held),
        ("quarterday, a fifth of the cells faulty", &faulty),
        ("quarterday, and all is kept in private/", &kept),
    ]
    .into_iter()
    .map(|(name, work)| Runner { name: name.to_owned(), run: Box::new(|| work.run(None)), costs: Vec::new() })
    .collect();
    for peer in &peers {
        runners.push(Runner { name: peer.name.clone(), run: Box::new(|| peer.run()), costs: Vec::new() });
    }
    // The first round warms everything up and is not counted.
    for round in 0..=asked.rounds {
        for runner in &mut runners {
            let cost = (runner.run)()?;
            eprintln!("round {round}: {} {:.2} s", runner.name, cost.wall);
            if round > 0 {
                runner.costs.push(cost);
            }
        }
    }
    Ok(format!("{agree}\n{}", table(&runners)))
}

/// Someone else who does the work, or less than it.
struct Peer {
    name: String,
    words: Vec<String>,
    out: PathBuf,
}

impl Peer {
    fn run(&self) -> Result<Cost, String> {
        let mut command = Command::new(&self.words[0]);
        measure::run(command.args(&self.words[1..]), &self.out.with_extension("log"), &[0])
    }

    fn findings(&self) -> PathBuf {
        self.out.join("findings.csv")
    }
}

/// Those that are installed: scripts beside the schema, if there is a Python to run them, and what
/// was named.
fn peers(root: &Path, asked: &Asked, input: &Path, folder: &Path) -> Vec<Peer> {
    let mut peers = Vec::new();
    let scripts = [
        ("Polars' bare copy, no checks", "bare_copy", "import polars"),
        ("Polars", "polars_whole", "import polars_hash"),
    ];
    for (name, script, needs) in scripts {
        let Some(python) = &asked.python else { continue };
        let has = Command::new(python).args(["-c", needs]).output().is_ok_and(|output| output.status.success());
        if !has {
            eprintln!("{name} is left out: {python} cannot `{needs}`");
            continue;
        }
        let path = root.join(format!("crates/xtask/bench/peers/{script}.py"));
        let out = folder.join(format!("peer-{script}"));
        let words = [python.clone(), shown(&path), shown(input), shown(&out)];
        peers.push(Peer { name: name.to_owned(), words: words.to_vec(), out });
    }
    for (index, (name, command)) in asked.also.iter().enumerate() {
        let out = folder.join(format!("also-{index}"));
        let fill = |word: &str| word.replace("{in}", &shown(input)).replace("{out}", &shown(&out));
        peers.push(Peer { name: name.clone(), words: command.split_whitespace().map(fill).collect(), out });
    }
    peers
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Runs each peer once and compares what it found, rule by rule.
fn agreement(counts: &BTreeMap<String, u64>, peers: &[Peer]) -> Result<String, String> {
    let total: u64 = counts.values().sum();
    let mut text = String::new();
    for peer in peers {
        let _ = fs::remove_file(peer.findings());
        peer.run()?;
        if !peer.findings().exists() {
            continue;
        }
        let theirs = wcsv::counts(&peer.findings())?;
        if theirs != *counts {
            return Err(format!("{} found something else:\n{theirs:?}\nbeside\n{counts:?}", peer.name));
        }
        let _ = writeln!(text, "{} agrees on all {total} findings, rule by rule", peer.name);
    }
    if text.is_empty() {
        let _ = writeln!(text, "{total} findings; no peer was there to agree");
    }
    Ok(text)
}

/// One thread must leave the same bytes as many.
fn same_bytes(work: &Work) -> Result<String, String> {
    let read = || fs::read(work.parquet()).map_err(|error| format!("{}: {error}", work.parquet().display()));
    let many = read()?;
    work.run(Some(1))?;
    if read()? == many {
        Ok("The return has the same bytes on one thread as on many".to_owned())
    } else {
        Err("the return differs between one thread and many".to_owned())
    }
}

fn table(runners: &[Runner<'_>]) -> String {
    let mut text = String::from("| what | seconds (least-most) | of processors | MB at most | others' cores |");
    for runner in runners {
        let _ = write!(text, " ÷ {} |", runner.name.split(',').next().unwrap_or_default());
    }
    let _ = write!(text, "\n|---|---|---|---|---|{}", "---|".repeat(runners.len()));
    for runner in runners {
        let of = |get: fn(&Cost) -> f64| runner.costs.iter().map(get).collect::<Vec<f64>>();
        let wall = of(|cost| cost.wall);
        let least = wall.iter().copied().fold(f64::INFINITY, f64::min);
        let most = wall.iter().copied().fold(0.0, f64::max);
        let _ = write!(
            text,
            "\n| {} | {:.2} ({least:.2}-{most:.2}) | {:.2} | {:.0} | {:.2} |",
            runner.name,
            median(wall),
            median(of(|cost| cost.cpu)),
            of(|cost| cost.peak).into_iter().fold(0.0, f64::max),
            median(of(|cost| cost.foreign))
        );
        for other in runners {
            let pairs = runner.costs.iter().zip(&other.costs).map(|(one, two)| one.wall / two.wall);
            let _ = write!(text, " {:.2} |", median(pairs.collect()));
        }
    }
    text
}
