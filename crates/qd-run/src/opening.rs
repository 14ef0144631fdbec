//! Opening totals: counts of the time before the records that are held here, taken in so that figures of the
//! whole project start right.

use crate::folders::{self, Folders};
use crate::indicators::{Crowd, Line, Periods};
use crate::load::{Loaded, plain};
use crate::state::PeriodState;
use qd_ledger::Ledger;
use qd_link::Register;
use qd_model::pipeline::{Dimension, Part, ProjectEnd};
use qd_model::{Period, Refusal, words};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;

const FORMAT: &str = "quarterday-opening/1";

/// What the log calls it when earlier periods or totals are taken in.
pub(crate) const TAKEN_IN: &str = "import-earlier";

/// Headings of a list of totals.
const HEADINGS: [&str; 4] = ["return", "line", "part", "people"];

/// Counts as at the end of a period, of which no records are held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Opening {
    /// What kind of file it is, as every other file of ours says first.
    #[serde(rename = "opening")]
    format: String,
    /// Label of the last period that they cover.
    pub(crate) up_to: String,
    /// People by whom the pipeline says that they are.
    pub(crate) totals: BTreeMap<String, u64>,
}

impl Opening {
    /// The totals that were taken in, with the digest of their file; none where there are none.
    pub(crate) fn read(home: &Folders, ledger: &Ledger) -> Result<Option<(Self, String)>, Refusal> {
        let path = home.opening();
        let refuse = |cause: &str| {
            Refusal::new("the opening totals cannot be used")
                .because(format!("{}: {cause}", path.display()))
                .hint("restore the file from a copy, or take the totals in again with `quarterday import-earlier`")
        };
        let logged = ledger.log()?.into_iter().rev().find_map(|entry| {
            let facts: serde_json::Value = serde_json::from_str(&entry.facts).ok()?;
            (entry.what == TAKEN_IN).then(|| facts["totals"]["blake3"].as_str().map(str::to_owned))?
        });
        let Some(logged) = logged else { return Ok(None) };
        let bytes = std::fs::read(&path).map_err(|error| refuse(&plain(&error)))?;
        let digest = blake3::hash(&bytes).to_hex().to_string();
        if digest != logged {
            return Err(refuse("it is not what the log says was taken in"));
        }
        let opening: Self = serde_json::from_slice(&bytes).map_err(|_| refuse("it is not readable"))?;
        if opening.format != FORMAT {
            return Err(refuse("it was written by another version of the program"));
        }
        // A list without a line takes earlier totals away.
        Ok((!opening.totals.is_empty()).then_some((opening, digest)))
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        folders::json_bytes(&json!(self))
    }

    /// Whether a period lies within what the totals cover.
    pub(crate) fn covers(&self, loaded: &Loaded, period: &Period) -> bool {
        loaded.pipeline.period_of(&self.up_to).is_some_and(|last| period.kind == last.kind && period.to <= last.to)
    }

    /// A count of the project so far with its opening total; nothing where it has none.
    pub(crate) fn added_to(&self, set: &str, people: u64) -> Option<u64> {
        self.totals.get(set).map(|total| total + people)
    }

    /// What a reader must know of figures that begin with totals.
    pub(crate) fn note(&self) -> String {
        format!(
            "Figures of the project so far begin with opening totals as at the end of {}, of which no records are held: \
             people cannot be linked across them, so that somebody who was counted then and has a record since is \
             counted twice. Where there is no opening total, the figure is blank.",
            self.up_to
        )
    }
}

/// Reads a list of totals: a CSV file with a line for each count of a return. One without a line takes
/// earlier totals away.
pub(crate) fn from_list(loaded: &Loaded, period: &Period, list: &Path) -> Result<Opening, Refusal> {
    let refuse = |cause: String| Refusal::new("no totals were taken in").because(cause);
    let layout = format!("its first line has the headings {}", words::list(&HEADINGS));
    let bytes = std::fs::read(list).map_err(|error| refuse(format!("{}: {}", list.display(), plain(&error))))?;
    let text = String::from_utf8(bytes).map_err(|_| {
        refuse(format!("{} is not text in UTF-8", list.display())).hint("save it as CSV UTF-8 from the spreadsheet")
    })?;
    let mut reader =
        csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let headings = reader.headers().map_err(|error| refuse(error.to_string()).hint(&layout))?.clone();
    let mut places = Vec::new();
    for name in HEADINGS {
        let at = headings.iter().position(|heading| heading == name);
        places.push(at.ok_or_else(|| refuse(format!("{} has no column `{name}`", list.display())).hint(&layout))?);
    }
    let known = Lines::of(loaded, period);
    let mut totals: BTreeMap<String, u64> = BTreeMap::new();
    for record in reader.into_records() {
        let record = record.map_err(|error| refuse(format!("{}: {error}", list.display())).hint(&layout))?;
        let line = record.position().map_or(0, csv::Position::line);
        let wrong = |what: String| refuse(format!("{}, line {line}: {what}", list.display()));
        let cell = |index: usize| record.get(places[index]).unwrap_or_default();
        let set = known.set(cell(0), cell(1), cell(2)).map_err(|(what, hint)| wrong(what).hint(hint))?;
        let people: u64 = cell(3).replace(',', "").parse().map_err(|_| {
            wrong("`people` is not a whole number".to_owned()).hint("write how many people, such as 412")
        })?;
        if totals.insert(set, people).is_some_and(|other| other != people) {
            return Err(wrong("the same people were counted on a line above, with another number".to_owned())
                .hint("lines of several returns that count the same people must agree"));
        }
    }
    known
        .add_up(&totals)
        .map_err(|cause| refuse(cause).hint("correct the list against the return that was sent then"))?;
    Ok(Opening { format: FORMAT.to_owned(), up_to: period.label.clone(), totals })
}

/// Every count of a pipeline's returns.
struct Lines {
    /// Return, headline's code, headline, part, and whom they are.
    lines: Vec<(String, Option<String>, String, String, String)>,
    /// A total and the parts that it is the sum of.
    sums: Vec<(String, Vec<String>)>,
}

impl Lines {
    fn of(loaded: &Loaded, period: &Period) -> Self {
        let now = PeriodState {
            label: period.label.clone(),
            tables: loaded.tables.iter().map(|_| Vec::new()).collect(),
            ..PeriodState::default()
        };
        let periods = Periods {
            loaded,
            period,
            now: &now,
            register: &Register::default(),
            crowd: Crowd::of(&Register::default(), &now, &[]),
            earlier: &[],
            is_complete: true,
            as_of: None,
            end: ProjectEnd::Ahead,
            opening: None,
        };
        let (mut lines, mut sums) = (Vec::new(), Vec::new());
        for spec in &loaded.pipeline.returns {
            for part in spec.files.iter().flat_map(|file| &file.parts) {
                let Part::Indicators(indicators) = part else { continue };
                let sheet = periods.sheet(indicators);
                let set = |line: &Line| line.definition.to_string();
                for line in &sheet.lines {
                    let own = &indicators.rows[line.indicator];
                    let part = if line.level == 0 { "" } else { line.label.as_str() };
                    lines.push((spec.name.clone(), own.code.clone(), own.label.clone(), part.to_owned(), set(line)));
                }
                for group in sheet.groups.iter().filter(|group| group.dimension == Dimension::Additive) {
                    let parts = group.parts.iter().map(|part| set(&sheet.lines[*part])).collect();
                    sums.push((set(&sheet.lines[group.total]), parts));
                }
            }
        }
        Self { lines, sums }
    }

    /// Whom a line of a list counts; else what is wrong, and what to do.
    fn set(&self, name: &str, line: &str, part: &str) -> Result<String, (String, String)> {
        let all = |names: Vec<&str>| {
            let mut names = names;
            names.dedup();
            words::list(&names)
        };
        let of_return: Vec<_> = self.lines.iter().filter(|known| known.0 == name).collect();
        if of_return.is_empty() {
            let names = self.lines.iter().map(|known| known.0.as_str()).collect();
            return Err((format!("no return \"{name}\" has counts"), format!("those that have are {}", all(names))));
        }
        let is_line = |known: &&&(String, Option<String>, String, String, String)| {
            known.1.as_deref() == Some(line) || known.2 == line
        };
        let of_line: Vec<_> = of_return.iter().filter(is_line).collect();
        if of_line.is_empty() {
            let names = of_return.iter().map(|known| known.1.as_deref().unwrap_or(&known.2)).collect();
            return Err((format!("`{name}` has no line \"{line}\""), format!("its lines are {}", all(names))));
        }
        let found = of_line.iter().find(|known| known.3 == part).map(|known| known.4.clone());
        found.ok_or_else(|| {
            let names: Vec<&str> = of_line.iter().map(|known| known.3.as_str()).filter(|it| !it.is_empty()).collect();
            let hint = if names.is_empty() {
                "leave `part` blank".to_owned()
            } else {
                format!("its parts are {}", all(names))
            };
            (format!("the line \"{line}\" has no part \"{part}\""), hint)
        })
    }

    /// Whether parts add up to their totals, as far as they are there.
    fn add_up(&self, totals: &BTreeMap<String, u64>) -> Result<(), String> {
        for (total, parts) in &self.sums {
            let Some(total) = totals.get(total) else { continue };
            let given: Vec<u64> = parts.iter().filter_map(|part| totals.get(part).copied()).collect();
            let sum: u64 = given.iter().sum();
            // What nobody was counted in may be left out.
            if sum > *total || (given.len() == parts.len() && sum != *total) {
                return Err(format!(
                    "parts add up to {}, and their total is {}",
                    words::thousands(sum),
                    words::thousands(*total)
                ));
            }
        }
        Ok(())
    }
}
