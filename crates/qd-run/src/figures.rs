//! The figures of returns: counts of people as each recipient may have them, guarded against all that was
//! ever released, and the record that they leave for later ones.

mod history;
mod legend;
mod protect;
mod rows;
mod timeline;
mod two_way;

pub(crate) use history::{History, Read};
pub(crate) use legend::in_short;
pub(crate) use rows::records_of_rows;

use crate::by_period::{PeriodLine, Reported, Timeline};
use crate::folders;
use crate::indicators::{Line, Means, Periods, SO_FAR, Sheet};
use crate::outcome::Blocked;
use crate::state::PeriodState;
use qd_disclosure::figures::{Past, PastFigure, Range, ReleasedMean, ReleasedShare, When, mean};
use qd_disclosure::{CountColumn, CountValues};
use qd_model::pipeline::{CountRule, Indicators, Part, Recipient, ReturnSpec, Span};
use qd_model::words;
use std::collections::BTreeMap;

/// The figures of one return.
pub(crate) struct ReturnFigures {
    /// The columns of each sheet, by the file's path and the sheet's name.
    sheets: BTreeMap<(String, String), Counts>,
    /// People this period and in all, in words.
    pub(crate) headline: [String; 2],
    /// Whether small numbers are suppressed, so that nothing else in the return may tell them.
    pub(crate) is_protected: bool,
    /// Why the return may not be written.
    pub(crate) blocked: Vec<Blocked>,
    /// What the person who sends it should look at.
    pub(crate) notes: Vec<String>,
    /// The record for later releases.
    pub(crate) record: Vec<u8>,
}

/// The counts of a sheet.
pub(crate) struct Counts {
    pub(crate) columns: Vec<CountColumn>,
    /// What a reader must know of them.
    pub(crate) legend: Vec<String>,
}

impl ReturnFigures {
    /// The counts of a sheet that the return has.
    pub(crate) fn counts(&self, path: &str, sheet: &str) -> &Counts {
        self.sheets.get(&(path.to_owned(), sheet.to_owned())).expect("every sheet of counts was counted")
    }
}

/// The figures of every return of the period that has any, by the return's name. A return is guarded
/// against those before it in the pipeline as well, since all of them may be sent.
///
/// `sent` is what was sent last of each period.
pub(crate) fn of_returns(
    periods: &Periods<'_>,
    sent: &[PeriodState],
    history: &History,
) -> BTreeMap<String, ReturnFigures> {
    let pipeline = &periods.loaded.pipeline;
    let mut releases = history.clone();
    let mut all = BTreeMap::new();
    for (spec, period) in pipeline.due(periods.period, periods.end) {
        if !has_figures(spec) || period.label != periods.period.label {
            continue;
        }
        let recipient = pipeline.recipient(&spec.recipient).expect("the pipeline's references were checked");
        let counted = Counting {
            periods,
            spec,
            recipient,
            sheets: sheets(periods, spec),
            timelines: timelines(&Timeline { periods, sent, history, recipient: &recipient.code }, spec),
        };
        let figures = match recipient.exact_counts {
            Some(_) => counted.exact(),
            None => counted.protected(&mut releases),
        };
        all.insert(spec.name.clone(), figures);
    }
    all
}

/// Whether a return has anything but rows.
fn has_figures(spec: &ReturnSpec) -> bool {
    spec.files.iter().flat_map(|file| &file.parts).any(|part| !matches!(part, Part::Rows(_)))
}

/// A return whose figures are made.
struct Counting<'a> {
    periods: &'a Periods<'a>,
    spec: &'a ReturnSpec,
    recipient: &'a Recipient,
    sheets: Vec<((String, String), Sheet)>,
    /// The sheets of counts by period.
    timelines: Vec<((String, String), Vec<PeriodLine>)>,
}

fn sheets(periods: &Periods<'_>, spec: &ReturnSpec) -> Vec<((String, String), Sheet)> {
    let parts = spec.files.iter().flat_map(|file| file.parts.iter().map(move |part| (file, part)));
    let sheet = |(file, part): (&qd_model::pipeline::FileSpec, &Part)| match part {
        Part::Indicators(indicators) => Some((name(&file.path, indicators), periods.sheet(indicators))),
        _ => None,
    };
    parts.filter_map(sheet).collect()
}

fn timelines(timeline: &Timeline<'_>, spec: &ReturnSpec) -> Vec<((String, String), Vec<PeriodLine>)> {
    let parts = spec.files.iter().flat_map(|file| file.parts.iter().map(move |part| (file, part)));
    let lines = |(file, part): (&qd_model::pipeline::FileSpec, &Part)| match part {
        Part::ByPeriod(indicators) => Some((name(&file.path, indicators), timeline.lines(indicators))),
        _ => None,
    };
    parts.filter_map(lines).collect()
}

fn name(path: &str, indicators: &Indicators) -> (String, String) {
    (path.to_owned(), indicators.name.clone())
}

/// What a cell of counts becomes: its count this period and in all.
type Values<'a> = [&'a dyn Fn(usize, &Line) -> Cells; 2];

/// A count with its share and mean.
struct Cells {
    count: CountCell,
    share: Option<ReleasedShare>,
    mean: Option<ReleasedMean>,
}

impl Cells {
    fn of_count(count: CountCell) -> Self {
        Self { count, share: None, mean: None }
    }

    /// How much of a target is reached; nothing where there is no target, or the count is not known.
    fn of_target(&self, target: Option<u64>) -> Option<ReleasedShare> {
        match self.count {
            CountCell::Exact(count) => Some(of_number(count?, target?)),
            CountCell::Protected(count) => Some(count?.share_of_number(target?)),
        }
    }
}

/// A count on its way out.
enum CountCell {
    Exact(Option<u64>),
    Protected(Option<qd_disclosure::figures::ReleasedCount>),
}

impl Counting<'_> {
    /// The figures of a recipient who may have them exactly.
    fn exact(&self) -> ReturnFigures {
        let (now, ever) = self.periods.headline();
        let mut past = Past::default();
        let mut sheets = BTreeMap::new();
        for (name, sheet) in &self.sheets {
            let cells =
                |count: &dyn Fn(&Line) -> Option<u64>, means: &dyn Fn(&Means) -> Option<Vec<f64>>, line: &Line| {
                    let own = count(line);
                    let share = line.share_of.map(|whole| exact_share(own, count(&sheet.lines[whole])));
                    let numbers = line.mean.as_ref().and_then(|mean| Some((means(mean)?, mean.decimals)));
                    let mean = numbers.map(|(numbers, decimals)| mean(&numbers, &[], decimals, None));
                    Cells { count: CountCell::Exact(own), share, mean }
                };
            let this_period =
                |_, line: &Line| cells(&|line| Some(line.this_period), &|mean| Some(mean.this_period.clone()), line);
            let cumulative = |_, line: &Line| cells(&|line| line.cumulative, &|mean| mean.cumulative.clone(), line);
            let columns = self.columns(sheet, [&this_period, &cumulative]);
            let mut legend = two_way::notes(sheet, self.periods);
            legend.extend(self.opening_note());
            sheets.insert(name.clone(), Counts { columns, legend });
            for line in &sheet.lines {
                for (side, count) in [Some(line.this_period), line.cumulative].into_iter().enumerate() {
                    let Some(count) = count.filter(|_| sheet.shows(side)) else { continue };
                    past.figures.push(exact_figure(self.set(&line.definition.to_string(), side), count));
                }
            }
        }
        for (name, lines) in &self.timelines {
            let legend = timeline::NOTES.map(str::to_owned).to_vec();
            sheets.insert(name.clone(), Counts { columns: timeline::exact(lines), legend });
            for of in lines.iter().filter_map(|line| line.of.as_ref()) {
                let Reported::Here(people) = &of.reported else { continue };
                let (count, set) = (people.len() as u64, set(&of.definition.to_string(), 0, &of.period));
                if !past.figures.iter().any(|figure| figure.set == set) {
                    past.figures.push(exact_figure(set, count));
                }
            }
        }
        let cumulative = ever.map_or_else(|| UNKNOWN.to_owned(), words::thousands);
        ReturnFigures {
            sheets,
            headline: [words::thousands(now), cumulative],
            is_protected: false,
            blocked: Vec::new(),
            notes: Vec::new(),
            record: folders::json_bytes(&self.record(None, &past, &[])),
        }
    }

    /// What is said of figures that begin with totals.
    fn opening_note(&self) -> Vec<String> {
        self.periods.opening.iter().map(|opening| opening.note()).collect()
    }

    /// The columns of a sheet. Those that would be empty in every row are left out.
    fn columns(&self, sheet: &Sheet, values: Values<'_>) -> Vec<CountColumn> {
        if let Some(shape) = &sheet.shape {
            let side = values[side_of(shape.span)];
            return two_way::columns(shape, &|line| side(line, &sheet.lines[line]).count);
        }
        let column = |name: &str, title: &str, values: CountValues| CountColumn {
            name: name.to_owned(),
            title: title.to_owned(),
            values,
        };
        let lines = &sheet.lines;
        let words = |of: &dyn Fn(&Line) -> Option<String>| CountValues::Words(lines.iter().map(of).collect());
        let mut of_target = Vec::new();
        let mut columns = vec![
            column("level", "Level", CountValues::Numbers(lines.iter().map(|line| Some(line.level)).collect())),
            column("label", "Indicator", words(&|line| Some(line.label.clone()))),
        ];
        if lines.iter().any(|line| line.code.is_some()) {
            columns.insert(1, column("code", "Code", words(&|line| line.code.clone())));
        }
        let period = self.periods.period.label.as_str();
        let titles = [("this_period", period, period), ("cumulative", SO_FAR, "so far")];
        for ((name, title, short), values) in titles.into_iter().zip(values) {
            let cells: Vec<Cells> = lines.iter().enumerate().map(|(index, line)| values(index, line)).collect();
            // A target is for the whole project, so that the last of the two is measured against it.
            of_target = lines.iter().zip(&cells).map(|(line, cells)| cells.of_target(line.target)).collect();
            let (shares, means): (Vec<_>, Vec<_>) = cells.iter().map(|cells| (cells.share, cells.mean)).unzip();
            columns.push(column(name, title, counts(cells)));
            if shares.iter().any(Option::is_some) {
                columns.push(column(&format!("{name}_share"), &format!("Share, {short}"), CountValues::Shares(shares)));
            }
            if means.iter().any(Option::is_some) {
                let label = lines.iter().find_map(|line| line.mean.as_ref()).map_or("Mean", |mean| &mean.label);
                columns.push(column(&format!("{name}_mean"), &format!("{label}, {short}"), CountValues::Means(means)));
            }
        }
        if lines.iter().any(|line| line.target.is_some()) {
            let targets = lines.iter().map(|line| line.target).collect();
            columns.push(column("target", "Target", CountValues::Numbers(targets)));
            columns.push(column("of_target", "Share of target", CountValues::Shares(of_target)));
        }
        columns
    }

    /// What a count is of: a set of people, in a period or up to its end.
    fn set(&self, definition: &str, side: usize) -> String {
        set(definition, side, &self.periods.period.label)
    }

    fn record(&self, rule: Option<&CountRule>, past: &Past, means: &[(String, u64)]) -> serde_json::Value {
        history::to_json(
            &history::Header {
                pipeline: &self.periods.loaded.pipeline.name,
                period: &self.periods.period.label,
                name: &self.spec.name,
                recipient: &self.recipient.code,
                rule,
            },
            past,
            means,
            &rows::sent_with(self.periods, self.spec, self.recipient),
        )
    }
}

/// A count that goes out as it is.
fn exact_figure(set: String, count: u64) -> PastFigure {
    PastFigure { set, count, shown: words::thousands(count), range: Range::of(count, count), guard: None }
}

/// The side of a line on which it is counted over a span.
fn side_of(span: Span) -> usize {
    match span {
        Span::Period => 0,
        Span::Project => 1,
    }
}

impl Sheet {
    /// Whether the figures of a side stand on the sheet.
    fn shows(&self, side: usize) -> bool {
        self.shape.as_ref().is_none_or(|shape| side_of(shape.span) == side)
    }
}

/// What stands where a cumulative figure cannot be given.
const UNKNOWN: &str = "not known: an earlier period is missing";

/// A set of people in a period (side 0) or up to its end (side 1).
pub(crate) fn set(definition: &str, side: usize, period: &str) -> String {
    qd_disclosure::figures::set(definition, [When::In, When::UpTo][side], period)
}

fn counts(cells: Vec<Cells>) -> CountValues {
    let (mut exact, mut protected) = (Vec::new(), Vec::new());
    for cells in cells {
        match cells.count {
            CountCell::Exact(count) => exact.push(count),
            CountCell::Protected(count) => protected.push(count),
        }
    }
    if protected.is_empty() { CountValues::People(exact) } else { CountValues::Protected(protected) }
}

fn of_number(part: u64, whole: u64) -> ReleasedShare {
    if whole == 0 { ReleasedShare::NotApplicable } else { ReleasedShare::Percent((200 * part + whole) / (2 * whole)) }
}

fn exact_share(part: Option<u64>, whole: Option<u64>) -> ReleasedShare {
    match (part, whole) {
        (Some(part), Some(whole)) => of_number(part, whole),
        _ => ReleasedShare::NotApplicable,
    }
}
