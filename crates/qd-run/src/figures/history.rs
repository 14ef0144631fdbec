//! What was released before: the figures of every version of every return that was ever sent.

use crate::folders::Folders;
use crate::load::plain;
use qd_disclosure::figures::{Past, PastFigure, Range, Relation};
use qd_model::Refusal;
use qd_model::pipeline::{CountRule, Totals, Zeros};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The file of a sent version that holds its figures.
const FILE: &str = "figures.json";
const FORMAT: &str = "quarterday-figures/1";

/// Every release that readers may have.
#[derive(Debug, Clone, Default)]
pub(crate) struct History {
    pub(crate) releases: Vec<Release>,
    /// What each recipient was shown, in the order of versions.
    shown: Vec<ShownBefore>,
    rows: Vec<Rows>,
    /// What was read, for the manifest.
    pub(crate) read: Vec<Read>,
}

/// The figures of one version, as its recipient has them.
#[derive(Debug, Clone)]
struct ShownBefore {
    recipient: String,
    period: String,
    version: u32,
    figures: Vec<PastFigure>,
}

/// One version of a return.
#[derive(Debug, Clone)]
pub(crate) struct Release {
    pub(crate) recipient: String,
    pub(crate) past: Past,
    /// Sets of people of whom a mean was shown, with how many people it was over.
    pub(crate) means: Vec<(String, u64)>,
}

/// People whom a recipient can count in the rows of one version.
#[derive(Debug, Clone)]
struct Rows {
    recipient: String,
    version: u32,
    people: Vec<(String, u64)>,
}

/// A file of figures that was read.
#[derive(Debug, Clone)]
pub(crate) struct Read {
    pub(crate) period: String,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) blake3: String,
}

/// What stands at the head of a record.
pub(crate) struct Header<'a> {
    pub(crate) pipeline: &'a str,
    pub(crate) period: &'a str,
    pub(crate) name: &'a str,
    pub(crate) recipient: &'a str,
    /// The rule; none where counts went out exactly.
    pub(crate) rule: Option<&'a CountRule>,
}

#[derive(Serialize, Deserialize)]
struct Document {
    figures: String,
    recipient: String,
    rule: Option<Value>,
    counts: Vec<Count>,
    relations: Vec<Link>,
    means: Vec<(String, u64)>,
    /// Sets of people whose rows were sent, each with how many people can be counted in them.
    #[serde(default)]
    rows: Vec<(String, u64)>,
}

#[derive(Serialize, Deserialize)]
struct Count {
    set: String,
    people: u64,
    shown: String,
    low: u64,
    high: Option<u64>,
    small: bool,
    /// Where it is small: the least and the most that a reader must think possible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    open: Option<[u64; 2]>,
}

/// The first is the total, or the part; the others are added up, or are its whole.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Link {
    Sum(Vec<usize>),
    Cover(Vec<usize>),
    Overlap(Vec<usize>),
    Within([usize; 2]),
}

/// A return's figures as they are kept.
pub(crate) fn to_json(header: &Header<'_>, past: &Past, means: &[(String, u64)], rows: &[(String, u64)]) -> Value {
    let rule = header.rule.map(|rule| {
        let zeros = if rule.zeros == Zeros::Show { "show" } else { "suppress" };
        let totals = if rule.totals == Totals::Rounded { "rounded" } else { "recalculated" };
        json!({ "threshold": rule.threshold, "rounding": rule.rounding, "zeros": zeros, "totals": totals })
    });
    let count = |figure: &PastFigure| Count {
        set: figure.set.clone(),
        people: figure.count,
        shown: figure.shown.clone(),
        low: figure.range.low,
        high: figure.range.high,
        small: figure.guard.is_some(),
        open: figure.guard.and_then(|guard| Some([guard.low, guard.high?])),
    };
    let link = |relation: &Relation| {
        let list = |first: &usize, others: &[usize]| std::iter::once(first).chain(others).copied().collect();
        match relation {
            Relation::Sum { total, parts } => Link::Sum(list(total, parts)),
            Relation::Cover { total, parts } => Link::Cover(list(total, parts)),
            Relation::Overlap { total, parts } => Link::Overlap(list(total, parts)),
            Relation::Within { part, whole } => Link::Within([*part, *whole]),
        }
    };
    json!({
        "figures": FORMAT,
        "pipeline": header.pipeline,
        "period": header.period,
        "return": header.name,
        "recipient": header.recipient,
        "rule": rule,
        "counts": past.figures.iter().map(count).collect::<Vec<_>>(),
        "relations": past.relations.iter().map(link).collect::<Vec<_>>(),
        "means": means,
        "rows": rows,
    })
}

impl History {
    /// Reads the figures of all versions that were sent, in order of period, return and version.
    pub(crate) fn read(folders: &Folders) -> Result<Self, Refusal> {
        let mut history = Self::default();
        for period in inner(&folders.private.join("sent"))? {
            for name in inner(&period)? {
                for version in inner(&name)? {
                    let path = version.join(FILE);
                    if path.is_file() {
                        history.take_in(&path, [&period, &name, &version])?;
                    }
                }
            }
        }
        Ok(history)
    }

    /// What a recipient was shown last of a set of people, in a return of a period.
    pub(crate) fn shown(&self, recipient: &str, period: &str, set: &str) -> Option<&PastFigure> {
        let its = self.shown.iter().filter(|shown| shown.recipient == recipient && shown.period == period);
        let figure = |shown: &'_ ShownBefore| shown.figures.iter().position(|figure| figure.set == set);
        let last = its.filter_map(|shown| Some((shown, figure(shown)?))).max_by_key(|(shown, _)| shown.version)?;
        Some(&last.0.figures[last.1])
    }

    /// What a recipient can count in the rows that were sent before: of each set the last version last.
    pub(super) fn rows(&self, recipient: &str) -> impl Iterator<Item = &(String, u64)> {
        let mut its: Vec<&Rows> = self.rows.iter().filter(|rows| rows.recipient == recipient).collect();
        its.sort_by_key(|rows| rows.version);
        its.into_iter().flat_map(|rows| &rows.people)
    }

    fn take_in(&mut self, path: &Path, place: [&PathBuf; 3]) -> Result<(), Refusal> {
        let refuse = |cause: &str| {
            Refusal::new("the figures of a return that was sent cannot be used")
                .because(format!("{}: {cause}", path.display()))
                .hint("restore the file from a copy: without it, nobody can tell what readers could work out")
        };
        let bytes = std::fs::read(path).map_err(|error| refuse(&plain(&error)))?;
        let document: Document = serde_json::from_slice(&bytes).map_err(|_| refuse("it is not readable"))?;
        if document.figures != FORMAT {
            return Err(refuse("it was written by another version of the program"));
        }
        let [period, name, version] =
            place.map(|path| path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()));
        let number = version.strip_prefix('v').and_then(|number| number.parse().ok()).unwrap_or_default();
        let (recipient, people) = (document.recipient.clone(), document.rows.clone());
        self.rows.push(Rows { recipient, version: number, people });
        self.shown.push(ShownBefore {
            recipient: document.recipient.clone(),
            period: period.clone(),
            version: number,
            figures: document.counts.iter().map(figure).collect(),
        });
        self.read.push(Read { period, name, version, blake3: blake3::hash(&bytes).to_hex().to_string() });
        // Whoever may have exact counts may have all of them; a reader of protected ones has none of those.
        if document.rule.is_some() {
            let release = release(document).ok_or_else(|| refuse("its relations lead nowhere"))?;
            self.releases.push(release);
        }
        Ok(())
    }
}

fn figure(count: &Count) -> PastFigure {
    let range = Range { low: count.low, high: count.high };
    PastFigure {
        set: count.set.clone(),
        count: count.people,
        shown: count.shown.clone(),
        range,
        guard: count.small.then(|| count.open.map_or(range, |[low, high]| Range::of(low, high))),
    }
}

fn release(document: Document) -> Option<Release> {
    let counts = document.counts.len();
    let relation = |link: Link| {
        let known = |list: &[usize]| list.iter().all(|index| *index < counts);
        let split = |list: Vec<usize>| {
            let (first, others) = list.split_first()?;
            known(&list).then(|| (*first, others.to_vec()))
        };
        Some(match link {
            Link::Sum(list) => split(list).map(|(total, parts)| Relation::Sum { total, parts })?,
            Link::Cover(list) => split(list).map(|(total, parts)| Relation::Cover { total, parts })?,
            Link::Overlap(list) => split(list).map(|(total, parts)| Relation::Overlap { total, parts })?,
            Link::Within(pair) if known(&pair) => Relation::Within { part: pair[0], whole: pair[1] },
            Link::Within(_) => return None,
        })
    };
    let relations = document.relations.into_iter().map(relation).collect::<Option<Vec<Relation>>>()?;
    let figures = document.counts.iter().map(figure).collect();
    Some(Release { recipient: document.recipient, past: Past { figures, relations }, means: document.means })
}

/// The folders within a folder, in order; none where it is not there.
fn inner(folder: &Path) -> Result<Vec<PathBuf>, Refusal> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| {
            Refusal::new("what was sent before cannot be read").because(format!(
                "{}: {}",
                folder.display(),
                plain(&error)
            ))
        })?;
        if entry.path().is_dir() {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}
