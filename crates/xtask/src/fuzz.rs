//! `fuzz`: damages real files of a format again and again, and reads each. A panic that no door
//! catches, a file that takes too long and one that takes too much memory are findings; the file is
//! kept, so that it can be read again. Old workbooks are read apart, as the program reads them: this one
//! is its own child then.

mod damage;
mod watch;

use crate::random::Random;
use damage::damage;
use qd_model::{Schema, Syntax};
use qd_source::{Opened, Request};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use watch::Watch;

/// The formats, each with the endings of the files that it begins from.
const FORMATS: [(&str, &[&str]); 8] = [
    ("text", &["csv", "tsv", "txt"]),
    ("xlsx", &["xlsx", "xlsm"]),
    ("xlsb", &["xlsb"]),
    ("xls", &["xls"]),
    ("ods", &["ods"]),
    ("parquet", &["parquet"]),
    ("gzip", &["gz"]),
    ("zip", &["zip"]),
];

/// The largest file to begin from: small ones are damaged more often.
const LARGEST: u64 = 512 << 10;

/// What is asked of `fuzz`.
struct Asked {
    formats: Vec<(&'static str, &'static [&'static str])>,
    seconds: u64,
    seed: u64,
}

/// Runs `fuzz` with its arguments: a format or `all`, `--seconds N` (for each format), `--seed N`.
pub(crate) fn run(root: &Path, arguments: &[&str]) -> Result<String, String> {
    let asked = asked(arguments)?;
    let folder = root.join("target/fuzz");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let schema = std::fs::read_to_string(root.join("sample-data/formats/schema.toml")).map_err(|e| e.to_string())?;
    let schema = Schema::parse(&schema, Syntax::Toml, "formats/people").map_err(|mistakes| format!("{mistakes:?}"))?;
    // A panic behind the door is a finding about the file, and no more.
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !qd_source::is_guarded() {
            usual(panic);
        }
    }));
    qd_source::read_apart(std::env::current_exe().map_err(|error| error.to_string())?);
    let mut said = Vec::new();
    for (format, endings) in asked.formats {
        let mut files = Vec::new();
        collect(&root.join("sample-data/formats"), endings, &mut files);
        collect(&root.join("../shared/corpora"), endings, &mut files);
        files.sort();
        if files.is_empty() {
            return Err(format!("there is no file of the format {format} to begin from"));
        }
        let cases = fuzz(format, &files, &schema, &folder, asked.seconds, asked.seed)?;
        said.push(format!("{format}: {cases} damaged copies of {} files were answered", files.len()));
    }
    Ok(said.join("\n"))
}

/// The child's work, as the program does it: with its limits raised as the parent's are.
pub(crate) fn serve(arguments: &[&str]) -> Result<String, String> {
    if let ["--limits", times] = arguments {
        qd_source::raise_limits(times.parse().map_err(|_| "--limits is a number".to_owned())?);
    }
    qd_source::serve(&mut std::io::stdin().lock(), &mut std::io::stdout().lock())
        .map(|()| String::new())
        .map_err(|error| error.to_string())
}

fn asked(arguments: &[&str]) -> Result<Asked, String> {
    let usage = || {
        let names: Vec<&str> = FORMATS.iter().map(|(name, _)| *name).collect();
        format!(
            "usage: cargo xtask fuzz FORMAT [--seconds N] [--seed N], where FORMAT is all or one of {}",
            names.join(", ")
        )
    };
    let [format, options @ ..] = arguments else { return Err(usage()) };
    let formats: Vec<_> = FORMATS.into_iter().filter(|(name, _)| name == format || *format == "all").collect();
    let mut asked = Asked { formats, seconds: 180, seed: 1 };
    for pair in options.chunks(2) {
        match pair {
            ["--seconds", number] => asked.seconds = number.parse().map_err(|_| usage())?,
            ["--seed", number] => asked.seed = number.parse().map_err(|_| usage())?,
            _ => return Err(usage()),
        }
    }
    if asked.formats.is_empty() { Err(usage()) } else { Ok(asked) }
}

fn collect(folder: &Path, endings: &[&str], files: &mut Vec<PathBuf>) {
    for path in std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            collect(&path, endings, files);
        } else if path.extension().is_some_and(|ending| endings.iter().any(|known| ending.eq_ignore_ascii_case(known)))
            && std::fs::metadata(&path).is_ok_and(|meta| meta.len() <= LARGEST)
        {
            files.push(path);
        }
    }
}

/// Damages and reads files of one format for some seconds; answers how many.
fn fuzz(
    format: &str,
    files: &[PathBuf],
    schema: &Schema,
    folder: &Path,
    seconds: u64,
    seed: u64,
) -> Result<u64, String> {
    let seeds: Vec<Vec<u8>> =
        files.iter().map(std::fs::read).collect::<Result<_, _>>().map_err(|error| error.to_string())?;
    let until = Instant::now() + Duration::from_secs(seconds);
    let place = folder.join(format!("{format}-{}", std::process::id()));
    let watch = Watch::start(&place);
    let mut cases = 0;
    while Instant::now() < until {
        let mut random = Random::of(seed, &[format, &cases.to_string()]);
        let bytes = damage(&seeds, &mut random);
        std::fs::write(&place, &bytes).map_err(|error| error.to_string())?;
        watch.begins();
        let result = catch_unwind(AssertUnwindSafe(|| {
            read(&place, &Request::default());
            read(&place, &Request { schema: Some(schema), ..Request::default() });
        }));
        watch.ends();
        if result.is_err() || Watch::is_too_large() {
            let kept = folder.join(format!("{format}-seed-{seed}-case-{cases}"));
            std::fs::rename(&place, &kept).map_err(|error| error.to_string())?;
            let what = if result.is_err() { "panicked" } else { "took too much memory" };
            return Err(format!("reading {} {what}", kept.display()));
        }
        cases += 1;
    }
    let _ = std::fs::remove_file(&place);
    Ok(cases)
}

/// Reads a file to its end.
fn read(path: &Path, request: &Request<'_>) {
    if let Opened::Table(mut source) = qd_source::open(path, request) {
        let columns = source.shape.columns.len();
        for block in source.blocks() {
            let read = block.read();
            assert_eq!(read.chunk.columns.len(), columns, "chunks are as wide as the table");
        }
        source.finish();
    }
}
