//! A return's counts together with everything that a reader could set against them.

use super::history::{History, Release};
use super::legend::legend;
use super::{Cells, CountCell, Counting, Counts, ReturnFigures, UNKNOWN, rows, timeline, two_way};
use crate::folders;
use crate::indicators::{Definition, Line, Sheet, relations, relations_of};
use crate::outcome::Blocked;
use qd_disclosure::figures::{Before, Gathered, Narrow, Past, Released, ReleasedMean, mean, release};
use qd_model::Period;
use qd_model::pipeline::{Counted, Dimension, Part};
use qd_model::words;
use std::collections::{BTreeMap, BTreeSet};

/// The two sides of a line: this period, and the project so far.
const SIDES: [usize; 2] = [0, 1];

/// A return's lines among everything that readers have.
struct Field {
    gathered: Gathered,
    /// The entries of each line of each sheet, by side.
    lines: Vec<Vec<[Option<usize>; 2]>>,
    /// The entries of each line of each sheet by period.
    timelines: Vec<Vec<timeline::Entries>>,
    /// The entries of the headline of the cover.
    headline: [Option<usize>; 2],
    /// What each entry is called.
    labels: BTreeMap<usize, String>,
}

impl Counting<'_> {
    /// The figures of a recipient whose readers must not be able to work out a small number. What is
    /// released here is added to what later returns are guarded against.
    pub(super) fn protected(&self, history: &mut History) -> ReturnFigures {
        let field = self.field(history);
        match release(field.gathered.figures()) {
            Ok(released) => self.released(&field, &released, history),
            Err(narrow) => ReturnFigures {
                sheets: BTreeMap::new(),
                headline: [String::new(), String::new()],
                is_protected: true,
                blocked: vec![blocked(&field, &narrow)],
                notes: Vec::new(),
                record: folders::json_bytes(&self.record(Some(&self.recipient.counts), &Past::default(), &[])),
            },
        }
    }

    fn released(&self, field: &Field, released: &Released, history: &mut History) -> ReturnFigures {
        let rule = &self.recipient.counts;
        let mut sheets = BTreeMap::new();
        let mut means = Vec::new();
        for ((name, sheet), entries) in self.sheets.iter().zip(&field.lines) {
            let count = |line: usize, side: usize| entries[line][side].map(|entry| released.count(entry));
            let mut means_of = SIDES.map(|side| {
                sheet
                    .lines
                    .iter()
                    .map(|line| self.mean(line, side, count_of(line, 1 - side), history))
                    .collect::<Vec<_>>()
            });
            for (side, all) in means_of.iter_mut().enumerate() {
                for (line, shown) in sheet.lines.iter().zip(all) {
                    if let (Some(ReleasedMean::Value(_)), Some(people)) = (shown, numbers(line, side)) {
                        means.push((self.set(&line.definition.to_string(), side), people.len() as u64));
                    }
                }
            }
            let cells = |side: usize, index: usize, line: &Line| {
                let own = count(index, side);
                let share = line.share_of.and_then(|whole| Some(own?.share_of(count(whole, side)?)));
                Cells { count: CountCell::Protected(own), share, mean: means_of[side][index] }
            };
            let this_period = |index, line: &Line| cells(0, index, line);
            let cumulative = |index, line: &Line| cells(1, index, line);
            let columns = self.columns(sheet, [&this_period, &cumulative]);
            let mut notes = two_way::notes(sheet, self.periods);
            notes.extend(legend(rule, &columns));
            notes.extend(self.opening_note());
            sheets.insert(name.clone(), Counts { columns, legend: notes });
        }
        for ((name, lines), entries) in self.timelines.iter().zip(&field.timelines) {
            let columns = timeline::protected(lines, entries, released);
            let mut notes = legend(rule, &columns);
            notes.extend(timeline::NOTES.map(str::to_owned));
            sheets.insert(name.clone(), Counts { columns, legend: notes });
        }
        let past = field.gathered.record(released);
        let record = folders::json_bytes(&self.record(Some(rule), &past, &means));
        history.releases.push(Release { recipient: self.recipient.code.clone(), past, means });
        let word = |side: usize| {
            field.headline[side].map_or_else(|| UNKNOWN.to_owned(), |entry| released.count(entry).to_string())
        };
        ReturnFigures {
            sheets,
            headline: SIDES.map(word),
            is_protected: true,
            blocked: Vec::new(),
            notes: self.all_one_value(field, released),
            record,
        }
    }

    /// The mean of a line, if it has one. The other side's people are nearly these; so may be those of
    /// earlier releases.
    fn mean(&self, line: &Line, side: usize, other: Option<u64>, history: &History) -> Option<ReleasedMean> {
        let people = numbers(line, side)?;
        let definition = format!("{} @ ", line.definition);
        let earlier = history.releases.iter().flat_map(|release| &release.means);
        let mut others: Vec<u64> =
            earlier.filter(|(set, _)| set.starts_with(&definition)).map(|(_, people)| *people).collect();
        // Of two that differ by a few people only the later one is shown.
        others.extend(other.filter(|_| side == 0));
        Some(mean(people, &others, line.mean.as_ref()?.decimals, Some(&self.recipient.counts)))
    }

    fn field(&self, history: &History) -> Field {
        let mut gathered = Gathered::default();
        for release in &history.releases {
            gathered.past(&release.past, release.recipient == self.recipient.code);
        }
        let mut field =
            Field { gathered, lines: Vec::new(), timelines: Vec::new(), headline: [None; 2], labels: BTreeMap::new() };
        for (_, sheet) in &self.sheets {
            let open = |line| self.open(&mut field, sheet, line);
            let lines = sheet.lines.iter().map(open).collect();
            field.lines.push(lines);
        }
        for (_, lines) in &self.timelines {
            let entries = timeline::open(&mut field.gathered, lines, self.recipient.counts);
            for (line, entries) in lines.iter().zip(&entries) {
                let label = line.of.as_ref().map(|of| format!("{} ({})", line.label, of.period));
                for entry in entries.iter().flatten() {
                    field.labels.entry(*entry).or_insert_with(|| label.clone().unwrap_or_default());
                }
            }
            field.timelines.push(entries);
        }
        self.open_headline(&mut field);
        self.count_rows(&mut field, history);
        self.relate(&mut field);
        field.gathered.follow_rows();
        field
    }

    fn open(&self, field: &mut Field, sheet: &Sheet, line: &Line) -> [Option<usize>; 2] {
        let definition = line.definition.to_string();
        SIDES.map(|side| {
            let count = count_of(line, side).filter(|_| sheet.shows(side))?;
            let set = self.set(&definition, side);
            let entry = if line.is_not_applicable {
                field.gathered.not_applicable(&set)
            } else {
                field.gathered.open(&set, count, self.recipient.counts)
            };
            field.labels.insert(entry, line.label.clone());
            Some(entry)
        })
    }

    /// People this period and in all, where the return has a cover that says so.
    fn open_headline(&self, field: &mut Field) {
        let has_cover = self.spec.files.iter().flat_map(|file| &file.parts).any(|part| matches!(part, Part::Cover(_)));
        let Some(definition) = self.headline_definition().filter(|_| has_cover) else { return };
        let (now, ever) = self.periods.headline();
        for (side, count) in [Some(now), ever].into_iter().enumerate() {
            field.headline[side] = count.map(|count| {
                let entry = field.gathered.open(&self.set(&definition.to_string(), side), count, self.recipient.counts);
                field.labels.entry(entry).or_insert_with(|| "people on the cover".to_owned());
                entry
            });
        }
    }

    fn headline_definition(&self) -> Option<Definition> {
        let people = self.periods.loaded.pipeline.people.as_ref()?;
        Some(Definition::of(&[Counted { table: people.table.clone(), filter: None }]))
    }

    /// What the recipient can count in the rows that it was sent before, and in those that it gets of this
    /// period, whichever return they are in. Of several versions of the same rows the last one counts: what
    /// a correction changes would else be known exactly of every set that it leaves as it was.
    fn count_rows(&self, field: &mut Field, history: &History) {
        let mut rows: BTreeMap<String, u64> = history.rows(&self.recipient.code).cloned().collect();
        let returns = &self.periods.loaded.pipeline.returns;
        for spec in returns.iter().filter(|spec| spec.recipient == self.recipient.code) {
            rows.extend(rows::sent_with(self.periods, spec, self.recipient));
        }
        for (set, people) in rows {
            field.gathered.counted(&set, people);
        }
    }

    /// What holds between the lines of this return, and between everything that was ever counted.
    fn relate(&self, field: &mut Field) {
        for ((_, sheet), entries) in self.sheets.iter().zip(&field.lines) {
            for relation in sheet.groups.iter().flat_map(relations_of) {
                for side in SIDES {
                    let renamed = relation.renamed(|line| entries[line][side]);
                    renamed.map(|relation| field.gathered.relate(relation));
                }
            }
        }
        for ((_, lines), entries) in self.timelines.iter().zip(&field.timelines) {
            for relation in timeline::relations_of(lines, entries) {
                field.gathered.relate(relation);
            }
        }
        self.relate_by_definition(&mut field.gathered);
        let pipeline = &self.periods.loaded.pipeline;
        let mut all: Vec<&Period> = pipeline.whole_periods().filter(|it| it.kind == self.periods.period.kind).collect();
        all.sort_by_key(|period| period.from);
        let labels: Vec<&str> = all.iter().map(|period| period.label.as_str()).collect();
        let before = if self.periods.opening.is_none() { Before::Nothing } else { Before::Something };
        field.gathered.relate_over_time(&labels, before);
    }

    /// What holds at each time between the sets that are counted at it, in this return or in an earlier one,
    /// by what the pipeline says that they are.
    fn relate_by_definition(&self, gathered: &mut Gathered) {
        let definitions = self.periods.definitions();
        for (when, period) in gathered.times() {
            let mut sets = Vec::new();
            let mut counted = Vec::new();
            for (name, definition) in &definitions {
                let set = qd_disclosure::figures::set(name, when, &period);
                if gathered.of(&set).next().is_some() {
                    sets.push(set);
                    counted.push(definition);
                }
            }
            for relation in relations(&counted) {
                gathered.relate_sets(&relation, &sets);
            }
        }
    }

    /// Breakdowns in which everybody is in one category: what the category says is then known of everybody,
    /// however many they are.
    fn all_one_value(&self, field: &Field, released: &Released) -> Vec<String> {
        let mut notes = BTreeSet::new();
        for ((_, sheet), entries) in self.sheets.iter().zip(&field.lines) {
            for group in sheet.groups.iter().filter(|group| group.dimension == Dimension::Additive) {
                for side in SIDES {
                    let count = |line: usize| count_of(&sheet.lines[line], side).unwrap_or(0);
                    let is_shown = entries[group.total][side].is_some_and(|entry| !released.count(entry).is_hidden());
                    let total = count(group.total);
                    if is_shown
                        && total > 0
                        && group.parts.len() > 1
                        && group.parts.iter().any(|part| count(*part) == total)
                    {
                        notes.insert(format!(
                            "\"{}\" by {} ({}): everybody is in one category, so that it is known of each",
                            sheet.lines[group.total].label,
                            group.label,
                            [self.periods.period.label.as_str(), "so far"][side],
                        ));
                    }
                }
            }
        }
        notes.into_iter().collect()
    }
}

fn count_of(line: &Line, side: usize) -> Option<u64> {
    if side == 0 { Some(line.this_period) } else { line.cumulative }
}

/// The numbers of which a line shows the mean.
fn numbers(line: &Line, side: usize) -> Option<&[f64]> {
    let means = line.mean.as_ref()?;
    if side == 0 { Some(&means.this_period) } else { means.cumulative.as_deref() }
}

/// Why a return cannot be written, by the lines of which too much could be worked out.
fn blocked(field: &Field, narrow: &[Narrow]) -> Blocked {
    let labels = narrow.iter().flat_map(|narrow| std::iter::once(narrow.figure).chain(narrow.less));
    let labels: BTreeSet<String> = labels
        .map(|entry| field.labels.get(&entry))
        .map(|label| match label {
            Some(label) => format!("\"{label}\""),
            None => "figures that were sent before".to_owned(),
        })
        .collect();
    let labels: Vec<&str> = labels.iter().map(String::as_str).take(4).collect();
    Blocked {
        code: "small-number".to_owned(),
        count: narrow.len() as u64,
        unblock: format!(
            "leave out or merge categories of {}, since small numbers of people could be worked out from what is shown, \
             or was sent before",
            words::list(&labels)
        ),
    }
}
