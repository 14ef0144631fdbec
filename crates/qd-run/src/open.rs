//! What is still open of a period: rows that are held, and queries that nobody has answered.

use crate::compute::Source;
use crate::load::Loaded;
use crate::state::PeriodState;
use arrow::array::StringArray;
use qd_disclosure::{CountColumn, CountValues};
use qd_model::Severity;
use qd_model::report::SourceReport;
use std::collections::{BTreeMap, BTreeSet};

/// Something that is open in a period.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct OpenLine {
    pub(crate) kind: OpenKind,
    /// The partner's code; blank where it is about none.
    pub(crate) partner: String,
    /// The table; blank where it is about none.
    pub(crate) table: String,
    /// The finding's code; blank where a row is held.
    pub(crate) code: String,
    /// Keyed digest of the record; blank where it is about a source.
    pub(crate) record: String,
}

/// What is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum OpenKind {
    /// A row that is not in the figures.
    Held,
    /// A source that could not be used.
    Rejected,
    /// A query that nobody has answered.
    Query,
}

impl OpenKind {
    const ALL: [Self; 3] = [Self::Held, Self::Rejected, Self::Query];

    fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Rejected => "rejected",
            Self::Query => "query",
        }
    }
}

/// What the lines of the sheet are called, in their order.
const TITLES: [&str; 5] = [
    "Rows held and not in the figures",
    "Sources that could not be used",
    "Queries without an answer",
    "Queries that were explained",
    "Nothing is open",
];
const EXPLAINED: usize = 3;
const NOTHING: usize = 4;

/// What a period leaves open.
pub(crate) fn of(
    loaded: &Loaded,
    sources: &[Source],
    records: &[Vec<StringArray>],
    general: &[SourceReport],
) -> Vec<OpenLine> {
    let mut lines = Vec::new();
    for (source, records) in sources.iter().zip(records) {
        let line = |kind, code: &str, record: &str| OpenLine {
            kind,
            partner: source.partner.clone(),
            table: loaded.tables[source.table].name.clone(),
            code: code.to_owned(),
            record: record.to_owned(),
        };
        if source.judged.is_rejected {
            lines.push(line(OpenKind::Rejected, "", ""));
            continue;
        }
        for (typed, records) in source.judged.typed.iter().zip(records) {
            let rows = typed.rows.values().iter().zip(records);
            let held = rows.filter(|(row, _)| source.held.binary_search(row).is_ok());
            lines.extend(held.map(|(_, record)| line(OpenKind::Held, "", record.unwrap_or_default())));
        }
        for finding in source.judged.findings.iter() {
            if finding.fault.severity == Severity::Query && finding.explained.is_none() {
                lines.push(line(OpenKind::Query, &finding.fault.code, finding.record.unwrap_or_default()));
            }
        }
    }
    for report in general {
        let open = report.findings.iter().filter(|it| it.fault.severity == Severity::Query && it.explained.is_none());
        lines.extend(open.map(|finding| OpenLine {
            kind: OpenKind::Query,
            partner: report.partner.clone().unwrap_or_default(),
            table: report.table.clone().unwrap_or_default(),
            code: finding.fault.code.to_string(),
            record: String::new(),
        }));
    }
    lines.sort();
    lines
}

/// What is open, as a file.
pub(crate) fn to_csv(lines: &[OpenLine]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["kind", "partner", "table", "code", "record"]).expect("writing to memory cannot fail");
    for OpenLine { kind, partner, table, code, record } in lines {
        writer.write_record([kind.as_str(), partner, table, code, record]).expect("writing to memory cannot fail");
    }
    writer.into_inner().expect("writing to memory cannot fail")
}

/// What [`to_csv`] wrote, or nothing where it is something else.
pub(crate) fn from_csv(bytes: &[u8]) -> Option<Vec<OpenLine>> {
    let mut lines = Vec::new();
    for record in csv::Reader::from_reader(bytes).into_records() {
        let record = record.ok()?;
        let cell = |at: usize| record.get(at).map(str::to_owned);
        let kind = OpenKind::ALL.into_iter().find(|kind| record.get(0) == Some(kind.as_str()))?;
        lines.push(OpenLine { kind, partner: cell(1)?, table: cell(2)?, code: cell(3)?, record: cell(4)? });
    }
    Some(lines)
}

/// How many people's numbers a reader may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Numbers {
    /// As they are.
    Shown,
    /// Not at all, nor by partner: numbers of rows would tell numbers of people.
    Left,
}

/// A line of the sheet: its kind, period, partner, table, finding, and the reason that was given.
type Key = (usize, usize, String, String, String, String);

/// The sheet of what is open over some periods, oldest first, and of what was explained. A held row of
/// which the record was accepted since, in its own period or a later one, is not open any more.
pub(crate) fn columns(states: &[&PeriodState], numbers: Numbers) -> Vec<CountColumn> {
    let states: Vec<&&PeriodState> = states.iter().filter(|state| !state.is_kept).collect();
    let mut lines: BTreeMap<Key, u64> = BTreeMap::new();
    let mut add = |kind: usize, at: usize, partner: &str, table: &str, code: &str, reason: &str| {
        let partner = if numbers == Numbers::Shown { partner } else { "" };
        let text = str::to_owned;
        *lines.entry((kind, at, text(partner), text(table), text(code), text(reason))).or_default() += 1;
    };
    for (at, state) in states.iter().enumerate() {
        let since: BTreeSet<&str> = states[at..].iter().flat_map(|later| later.records()).collect();
        for line in &state.open {
            let is_settled = line.kind == OpenKind::Held && since.contains(line.record.as_str());
            if !is_settled {
                add(line.kind as usize, at, &line.partner, &line.table, &line.code, "");
            }
        }
        for it in &state.explanations {
            add(EXPLAINED, at, &it.partner, &it.table, &it.rule, &it.reason_code);
        }
    }
    let nothing = (NOTHING, usize::MAX, String::new(), String::new(), String::new(), String::new());
    if lines.is_empty() {
        lines.insert(nothing, 0);
    }
    let word = |text: &String| (!text.is_empty()).then(|| text.clone());
    let column = |name: &str, title: &str, of: &dyn Fn(&Key) -> Option<String>| CountColumn {
        name: name.to_owned(),
        title: title.to_owned(),
        values: CountValues::Words(lines.keys().map(of).collect()),
    };
    let mut columns = vec![
        CountColumn {
            name: "level".to_owned(),
            title: "Level".to_owned(),
            values: CountValues::Numbers(lines.keys().map(|_| Some(1)).collect()),
        },
        column("what", "What", &|key| Some(TITLES[key.0].to_owned())),
        column("period", "Period", &|key| states.get(key.1).map(|state| state.label.clone())),
        column("table", "Table", &|key| word(&key.3)),
        column("finding", "Finding", &|key| word(&key.4)),
        column("reason", "Reason given", &|key| word(&key.5)),
    ];
    if numbers == Numbers::Shown {
        columns.insert(3, column("partner", "Partner", &|key| word(&key.2)));
        columns.push(CountColumn {
            name: "number".to_owned(),
            title: "Number".to_owned(),
            values: CountValues::Numbers(lines.values().map(|count| Some(*count)).collect()),
        });
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_is_read_as_it_was_written() {
        let line = |kind, code: &str, record: &str| OpenLine {
            kind,
            partner: "north".to_owned(),
            table: "people".to_owned(),
            code: code.to_owned(),
            record: record.to_owned(),
        };
        let lines = vec![line(OpenKind::Held, "", "abc"), line(OpenKind::Query, "late-start", "abd")];
        assert_eq!(from_csv(&to_csv(&lines)), Some(lines));
        assert_eq!(from_csv(b"kind,partner,table,code,record\nother,a,b,c,d\n"), None);
    }
}
