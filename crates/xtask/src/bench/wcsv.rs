//! The work with CSV: checks, pseudonyms and a Parquet file, through the `quarterday` command.

use super::measure::{self, Cost};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What becomes of rows with a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Severity {
    /// All rows go out.
    Note,
    /// Rows with a finding are held.
    Error,
}

/// What a run leaves in the private folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// What the work asks for, which is nothing.
    Nothing,
    /// Copies of what came and all accepted rows, as a run does unless it is told not to.
    All,
}

/// A work folder for one input, ready to be run in as often as wished.
pub(super) struct Work {
    folder: PathBuf,
    binary: PathBuf,
    key: PathBuf,
}

const CODES: [&str; 11] = [
    "type",
    "required",
    "enum",
    "pattern",
    "minimum",
    "maximum",
    "unique-keys",
    "order-of-leaving",
    "order-of-assessment",
    "job-start-missing",
    "encoding",
];

impl Work {
    /// Lays out a pipeline whose one partner has sent this file.
    pub(super) fn prepare(
        root: &Path,
        binary: &Path,
        input: &Path,
        folder: &Path,
        severity: Severity,
        keep: Keep,
    ) -> Result<Self, String> {
        let said = |error: std::io::Error| format!("{}: {error}", folder.display());
        let period = folder.join("period");
        fs::create_dir_all(&period).map_err(said)?;
        let place = period.join("north.csv");
        let input = input.canonicalize().map_err(|error| format!("{}: {error}", input.display()))?;
        let _ = fs::remove_file(&place);
        link(&input, &place).map_err(said)?;
        let severities: Vec<String> = match severity {
            Severity::Note => CODES.iter().map(|code| format!("{code} = \"note\"")).collect(),
            Severity::Error => Vec::new(),
        };
        let text = fs::read_to_string(root.join("crates/xtask/bench/pipeline.toml")).map_err(said)?;
        let schema = fs::read_to_string(root.join("crates/xtask/bench/wcsv.toml")).map_err(said)?;
        let text = text
            .replace("{period}", "period")
            .replace("{schema}", "wcsv.toml")
            .replace("{severities}", &severities.join("\n"))
            .replace("{keep}", if keep == Keep::All { "all" } else { "nothing" });
        fs::write(folder.join("wcsv.toml"), schema).map_err(said)?;
        fs::write(folder.join("pipeline.toml"), text).map_err(said)?;
        Ok(Self {
            folder: folder.to_path_buf(),
            binary: binary.to_path_buf(),
            key: root.join("sample-data/demonstration.key"),
        })
    }

    /// One run, measured. What an earlier one left is removed first.
    pub(super) fn run(&self, threads: Option<usize>) -> Result<Cost, String> {
        for name in ["out", "private"] {
            let _ = fs::remove_dir_all(self.folder.join(name));
        }
        let mut command = Command::new(&self.binary);
        command.arg("run").arg(self.folder.join("pipeline.toml")).arg("--key").arg(&self.key);
        command.arg("--out").arg(self.folder.join("out")).arg("--state").arg(self.folder.join("private"));
        if let Some(threads) = threads {
            command.arg("--threads").arg(threads.to_string());
        }
        measure::run(&mut command, &self.folder.join("log.txt"), &[0])
    }

    fn draft(&self) -> PathBuf {
        self.folder.join("out/bench/2026-Q1/draft")
    }

    /// The return that a run left.
    pub(super) fn parquet(&self) -> PathBuf {
        self.draft().join("reader/return.parquet")
    }

    /// Writes the findings under the names of the work: row, field, rule, rows counted from the first
    /// one of data. Answers their number by rule.
    pub(super) fn findings(&self, into: &Path) -> Result<BTreeMap<String, u64>, String> {
        let said = |error: &dyn std::fmt::Display| format!("{}: {error}", self.draft().display());
        let mut reader = csv::Reader::from_path(self.draft().join("findings.csv")).map_err(|error| said(&error))?;
        let mut out = BufWriter::new(fs::File::create(into).map_err(|error| said(&error))?);
        writeln!(out, "row,field,rule").map_err(|error| said(&error))?;
        let mut counts = BTreeMap::new();
        let mut record = csv::StringRecord::new();
        while reader.read_record(&mut record).map_err(|error| said(&error))? {
            let (code, field) = (&record[0], &record[2]);
            let Some((rule, field)) = rule(code, field) else { continue };
            let row: u64 = record[1].parse().map_err(|_| format!("a finding of `{code}` has no row"))?;
            writeln!(out, "{},{field},{rule}", row - 1).map_err(|error| said(&error))?;
            *counts.entry(rule.to_owned()).or_default() += 1;
        }
        out.flush().map_err(|error| said(&error))?;
        Ok(counts)
    }
}

/// A second name for the file, or a copy where the system makes none.
fn link(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::hard_link(from, to).or_else(|_| fs::copy(from, to).map(|_| ()))
}

/// The work's name for a finding. A blank cell where a code is asked for counts as no code there.
fn rule<'a>(code: &str, field: &'a str) -> Option<(&'static str, &'a str)> {
    const LISTED: [(&str, &str); 8] = [
        ("partner_code", "R07"),
        ("sex", "R08"),
        ("nationality", "R09"),
        ("housing_tenure", "R10"),
        ("english_level", "R11"),
        ("employment_status_at_start", "R12"),
        ("employment_outcome", "R13"),
        ("consent_share", "R14"),
    ];
    const SHAPED: [(&str, &str); 4] = [("brp_number", "R15"), ("nino", "R16"), ("email", "R17"), ("postcode", "R18")];
    const NEEDED: [(&str, &str); 7] = [
        ("partner_ref", "R01"),
        ("forename", "R02"),
        ("surname", "R03"),
        ("date_of_birth", "R04"),
        ("brp_number", "R05"),
        ("start_date", "R06"),
        ("postcode", "R18"),
    ];
    let of = |list: &[(&str, &'static str)]| list.iter().find(|(name, _)| *name == field).map(|(_, rule)| *rule);
    let rule = match code {
        "required" => of(&NEEDED).or_else(|| of(&LISTED)),
        "enum" => of(&LISTED),
        "pattern" => of(&SHAPED),
        "type" if field.ends_with("date") || field == "date_of_birth" => Some("R19"),
        "type" => Some("R20"),
        "minimum" | "maximum" => Some("R21"),
        "order-of-leaving" => Some("R22"),
        "order-of-assessment" => Some("R23"),
        "job-start-missing" => Some("R24"),
        "unique-keys" => return Some(("R25", "brp_number")),
        _ => None,
    };
    rule.map(|rule| (rule, field))
}

/// The findings of a peer, by rule.
pub(super) fn counts(path: &Path) -> Result<BTreeMap<String, u64>, String> {
    let said = |error: csv::Error| format!("{}: {error}", path.display());
    let mut counts = BTreeMap::new();
    for record in csv::Reader::from_path(path).map_err(said)?.into_records() {
        *counts.entry(record.map_err(said)?[2].to_owned()).or_default() += 1;
    }
    Ok(counts)
}
