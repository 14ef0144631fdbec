//! The findings workbook: what was accepted and held, every finding with its cell, and what could
//! not be checked. Holds no value of any cell.

use super::{About, DEMONSTRATION, fix_for_sender, sentence};
use crate::entries::one_line;
use qd_book::{BookError, Cell, Cover, Kind, Layout, Overlong, RowStyle, Section, Tone, Value};
use qd_model::answer::{ALREADY, Column, FINDINGS, NOT_CHECKED, SUMMARY};
use qd_model::finding::{Finding, column_letters};
use qd_model::report::{Report, SourceReport};
use qd_model::{Severity, words};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The sheets, in order.
pub const SHEETS: [&str; 3] = [FINDINGS, SUMMARY, NOT_CHECKED];

const WIDTHS: [f64; Column::ALL.len()] =
    [5.0, 10.0, 18.0, 14.0, 10.0, 18.0, 36.0, 36.0, 14.0, 26.0, 14.0, 12.0, 18.0, 14.0, 15.0, 15.0];
/// What comes after these columns is for typing into, or for programs, and is not printed.
const PRINTED: u16 = Column::Explanation as u16 + 1;

/// The findings workbook of one partner. `report` holds this partner's sources only.
pub fn findings_book(report: &Report, about: &About<'_>) -> Result<Vec<u8>, BookError> {
    let mut book = qd_book::Book::new(about_book(report, about));
    sheets(&mut book, report, about, &Beside::default())?;
    book.finish()
}

/// The workbook beside whose sheets ours will stand.
#[derive(Default)]
pub(super) struct Beside<'a> {
    /// The sheet on which each source of the report stands, in order; none where it is not there.
    pub(super) places: Vec<Option<&'a str>>,
    /// Whether it holds the sender's values.
    pub(super) has_values: bool,
    /// What of it could not be kept as it was.
    pub(super) changed: Vec<String>,
}

/// What the workbook says of itself.
pub(super) fn about_book(report: &Report, about: &About<'_>) -> qd_book::About {
    qd_book::About {
        title: format!("{}: findings for {}", about.programme, about.partner),
        subject: report.period.as_ref().map(ToString::to_string).unwrap_or_default(),
        author: about.lead.to_owned(),
        draft: false,
        banner: about.demonstration.then(|| DEMONSTRATION.to_owned()),
        created: None,
    }
}

/// Adds our sheets.
pub(super) fn sheets(
    book: &mut qd_book::Book,
    report: &Report,
    about: &About<'_>,
    beside: &Beside<'_>,
) -> Result<(), BookError> {
    let mark = about.mark(report).text();
    findings(book, report, about, beside, &mark)?;
    book.cover(&summary(report, about, beside, mark.clone()))?;
    not_checked(book, report, mark)
}

fn summary(report: &Report, about: &About<'_>, beside: &Beside<'_>, mark: String) -> Cover {
    let period = report.period.as_ref().map(ToString::to_string);
    let count = report.summary();
    let files = report.sources.iter().map(|source| (name_of(source), Value::Text(fate(source)))).collect();
    let in_all = [
        ("Rows read", count.rows),
        ("Rows accepted", count.accepted),
        ("Rows held", count.held),
        ("Files rejected", count.rejected_sources),
        ("Errors", count.of(Severity::Error)),
        ("Queries", count.of(Severity::Query)),
        ("Notes", count.of(Severity::Note)),
    ];
    let in_all = in_all.into_iter().map(|(label, count)| (label.to_owned(), Value::Count(count))).collect();
    let meanings = [
        ("Reject", "The whole file could not be used. Send it again once the fault is put right."),
        ("Error", "The row is held: it is not counted until it is put right. Correct your own file and send it again."),
        (
            "Query",
            "The row is counted, but the return waits. Correct it, or say on the sheet \"Findings\" why it is right: \
                   a reason code first, then your own words.",
        ),
        ("Note", "For your information. Nothing needs to be done."),
    ];
    let section = |heading: &str, lines| Section { heading: Some(heading.to_owned()), lines };
    Cover {
        name: SUMMARY.to_owned(),
        title: about.programme.to_owned(),
        subtitle: Some(format!("What we found in the files of {}", about.partner)),
        mark: Some(mark),
        sections: vec![
            Section { heading: None, lines: lines_about(about, period, report) },
            section("Your files", files),
            section("In all", in_all),
            section("Since our last findings", since(report, about)),
            section("What the words mean", meanings.map(|(word, text)| (word.to_owned(), Value::from(text))).to_vec()),
        ],
        notes: notes(beside),
    }
}

/// What became of the findings that the partner had in hand: a finding is known by its record, and by
/// its place where it has none.
fn since(report: &Report, about: &About<'_>) -> Vec<(String, Value)> {
    if about.sent_back.is_empty() {
        return Vec::new();
    }
    let key = |table: &str, rule: &str, record: &str, place: &str| {
        let place = if record.is_empty() { place } else { record };
        [table, rule, place].map(str::to_owned)
    };
    let before: BTreeSet<[String; 3]> =
        about.sent_back.iter().map(|line| key(&line.table, &line.rule, &line.record, &line.place)).collect();
    let mut now = BTreeSet::new();
    for source in &report.sources {
        let table = source.table.as_deref().unwrap_or_default();
        let open = source.findings.iter().filter(|finding| finding.explained.is_none());
        now.extend(
            open.map(|finding| key(table, &finding.fault.code, finding.record.unwrap_or_default(), &place(&finding))),
        );
    }
    let counts = [
        ("Put right or explained", before.difference(&now).count()),
        ("Still open", before.intersection(&now).count()),
        ("New", now.difference(&before).count()),
    ];
    counts.into_iter().map(|(label, count)| (label.to_owned(), Value::Count(count as u64))).collect()
}

fn notes(beside: &Beside<'_>) -> Vec<String> {
    let mut notes = vec![if beside.has_values {
        "This is your own workbook: it holds personal data. Keep it and send it as you would the file that you sent us."
    } else {
        "This workbook names cells and headings. It holds no value from your files."
    }];
    if beside.has_values {
        notes.push(
            "Cells with a finding are coloured: red and pink for what must be put right, yellow for a query, blue for a \
             note. Correct them here and send the whole workbook back. Our sheets and notes may stay.",
        );
    }
    notes.push("Write no names, dates of birth or document numbers in an explanation.");
    notes.into_iter().map(str::to_owned).chain(beside.changed.iter().cloned()).collect()
}

fn lines_about(about: &About<'_>, period: Option<String>, report: &Report) -> Vec<(String, Value)> {
    let checked = report.as_of.map(words::date);
    let lead = Some(about.lead.to_owned()).filter(|lead| !lead.is_empty());
    let lines = [("From", lead), ("Period", period), ("Checked as at", checked)];
    lines.into_iter().filter_map(|(label, text)| Some((label.to_owned(), Value::Text(text?)))).collect()
}

fn name_of(source: &SourceReport) -> String {
    let name = source.source.as_deref().or(source.table.as_deref()).unwrap_or("A file");
    match &source.sheet {
        Some(sheet) => format!("{}, sheet {}", one_line(name), one_line(sheet)),
        None => one_line(name).into_owned(),
    }
}

fn fate(source: &SourceReport) -> String {
    if source.source.is_none() {
        return "Nothing came".to_owned();
    }
    let rows = words::count(source.rows as usize, "row");
    if source.is_rejected {
        return format!("{rows}: the file was rejected");
    }
    format!("{rows}: {} accepted, {} held", words::thousands(source.accepted), words::thousands(source.held))
}

fn findings(
    book: &mut qd_book::Book,
    report: &Report,
    about: &About<'_>,
    beside: &Beside<'_>,
    mark: &str,
) -> Result<(), BookError> {
    let columns = Column::ALL.into_iter().zip(WIDTHS).map(|(column, width)| {
        let kind = match column {
            Column::Number => Kind::Integer,
            Column::Date => Kind::Date,
            _ => Kind::Text,
        };
        let column_of_sheet = qd_book::Column::new(column.heading(), kind).width(width);
        if column == Column::Reason { column_of_sheet.choices(about.reasons) } else { column_of_sheet }
    });
    let columns = columns.collect();
    let lines = vec![mark.to_owned()];
    let (printed_columns, overlong) = (Some(PRINTED), Overlong::Cut);
    let layout = Layout { columns, lines, frozen_columns: 2, printed_columns, overlong };
    let mut table = book.table(FINDINGS, layout)?;
    // One wording per fault, not one per cell.
    let worded = report.sources.iter().zip(0..).map(|(source, index): (_, usize)| {
        let words: Vec<Wording> = source.findings.faults.iter().map(Wording::of).collect();
        (OnSheet::of(source, beside.places.get(index).copied().flatten()), words)
    });
    let worded: Vec<(OnSheet<'_>, Vec<Wording>)> = worded.collect();
    let mut number = 0;
    // What has to be put right comes first, so that no number of notes hides it.
    for severity in [Severity::Reject, Severity::Error, Severity::Query, Severity::Note] {
        for (on, words) in &worded {
            let findings = &on.source.findings;
            let all = findings.hits.iter().zip(findings.iter());
            for (hit, finding) in all.filter(|(_, finding)| finding.fault.severity == severity) {
                number += 1;
                finding_row(&mut table, number, on, &finding, &words[hit.fault as usize])?;
            }
        }
    }
    if number == 0 {
        let mut cells = [Cell::Empty; Column::ALL.len()];
        cells[Column::What as usize] = Cell::Toned(Tone::Good, "Nothing was found.");
        table.row(&cells)?;
    }
    table.finish()
}

/// A source, and the sheet on which it stands in the same workbook.
struct OnSheet<'a> {
    source: &'a SourceReport,
    sheet: Option<&'a str>,
    /// The first column of its table, to which findings about a whole row lead.
    first: u32,
}

impl<'a> OnSheet<'a> {
    fn of(source: &'a SourceReport, sheet: Option<&'a str>) -> Self {
        Self { source, sheet, first: first_column(source) }
    }

    /// Where a click on a finding's place leads.
    fn target(&self, finding: &Finding<'_>) -> Option<String> {
        let (row, column) = place_of(self.source, finding, self.first)?;
        Some(format!("{}{row}", column_letters(column)))
    }
}

/// The first column of a source's table.
pub(super) fn first_column(source: &SourceReport) -> u32 {
    source.columns.iter().map(|column| column.column).min().unwrap_or(0)
}

/// The cell at which a finding is shown: its own; the first of its row; the heading of its column.
pub(super) fn place_of(source: &SourceReport, finding: &Finding<'_>, first: u32) -> Option<(u32, u32)> {
    match (finding.row, finding.fault.column) {
        (Some(row), column) => Some((row, column.unwrap_or(first))),
        (None, Some(column)) => source.heading_row.map(|row| (row, column)),
        (None, None) => None,
    }
}

/// What a fault says, in words for the sender.
pub(super) struct Wording {
    pub(super) severity: String,
    pub(super) what: String,
    pub(super) fix: String,
    heading: String,
}

impl Wording {
    pub(super) fn of(fault: &qd_model::Fault) -> Self {
        let trial = if fault.trial { " (on trial)" } else { "" };
        let severity = sentence(fault.severity.as_str());
        Self {
            severity: format!("{}{trial}", severity.trim_end_matches('.')),
            what: sentence(&fault.message),
            fix: fix_for_sender(&fault.fix),
            heading: fault.heading.as_deref().unwrap_or_default().to_owned(),
        }
    }
}

fn finding_row(
    table: &mut qd_book::TableSheet<'_>,
    number: i64,
    on: &OnSheet<'_>,
    finding: &Finding<'_>,
    words: &Wording,
) -> Result<(), BookError> {
    let severity = finding.fault.severity;
    let text = |content: Option<&'_ str>| content.map_or("", |content| content).to_owned();
    let source = on.source;
    let (file, sheet) = (text(source.source.as_deref()), text(source.sheet.as_deref()));
    let place = place(finding);
    let target = on.sheet.zip(on.target(finding));
    let cells = Column::ALL.map(|column| match column {
        Column::Number => Cell::Integer(number),
        Column::Severity => Cell::Toned(severity.into(), &words.severity),
        Column::File => Cell::Text(&file),
        Column::Sheet => Cell::Text(&sheet),
        Column::Cell => match &target {
            Some((sheet, target)) => Cell::Link(&place, sheet, target),
            None => Cell::Text(&place),
        },
        Column::Heading => Cell::Text(&words.heading),
        Column::What => Cell::Text(&words.what),
        Column::Fix => Cell::Text(&words.fix),
        Column::Reason => finding.explained.map_or_else(|| answer(severity), Cell::Text),
        Column::Explanation if finding.explained.is_some() => Cell::Text(ALREADY),
        Column::By | Column::Date if finding.explained.is_some() => Cell::Empty,
        Column::Explanation | Column::By | Column::Date => answer(severity),
        Column::Rule => Cell::Text(&finding.fault.code),
        Column::Table => Cell::Text(source.table.as_deref().unwrap_or_default()),
        Column::Record => Cell::Text(finding.record.unwrap_or_default()),
        Column::Value => Cell::Text(finding.value_digest.unwrap_or_default()),
    });
    table.styled_row(RowStyle::Plain, &cells)
}

/// A cell in which the reader of a query is asked to write.
fn answer(severity: Severity) -> Cell<'static> {
    if severity == Severity::Query { Cell::Toned(Tone::Fill, "") } else { Cell::Empty }
}

/// The cell, the row, the column, or nothing.
fn place(finding: &Finding<'_>) -> Cow<'static, str> {
    match (finding.cell(), finding.row, finding.fault.column) {
        (Some(cell), _, _) => cell.into(),
        (None, Some(row), _) => format!("row {row}").into(),
        (None, None, Some(column)) => format!("column {}", column_letters(column)).into(),
        (None, None, None) => "".into(),
    }
}

fn not_checked(book: &mut qd_book::Book, report: &Report, mark: String) -> Result<(), BookError> {
    let columns = vec![
        qd_book::Column::new("Check", Kind::Text).width(32.0),
        qd_book::Column::new("Why it was not made", Kind::Text).width(72.0),
        qd_book::Column::new("Rows", Kind::Count).width(12.0),
    ];
    let layout = Layout { columns, lines: vec![mark], overlong: Overlong::Cut, ..Layout::default() };
    let mut table = book.table(NOT_CHECKED, layout)?;
    for entry in &report.not_checked {
        let rows = if entry.rows > 0 { Cell::Integer(entry.rows as i64) } else { Cell::Empty };
        table.row(&[Cell::Text(&entry.code), Cell::Text(&sentence(&entry.reason)), rows])?;
    }
    if report.not_checked.is_empty() {
        table.row(&[Cell::Toned(Tone::Good, "Every check was made."), Cell::Empty, Cell::Empty])?;
    }
    table.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use calamine::{Reader, Xlsx};
    use qd_model::answer::Mark;

    const ABOUT: About<'_> = About {
        programme: "Example programme",
        pipeline: "example",
        lead: "Lead organisation",
        partner: "North",
        code: "north",
        workbook: "north-findings.xlsx",
        sealed: "",
        demonstration: false,
        sent_back: &[],
        reasons: &[],
    };

    fn sheet(bytes: &[u8], name: &str) -> Vec<Vec<String>> {
        let mut book: Xlsx<_> = Xlsx::new(std::io::Cursor::new(bytes)).expect("a workbook");
        let range = book.worksheet_range(name).expect("the sheet is there");
        range.rows().map(|row| row.iter().map(ToString::to_string).collect()).collect()
    }

    #[test]
    fn every_finding_is_listed_with_its_cell_and_no_value() {
        let report = sample::report();
        let bytes = findings_book(&report, &ABOUT).expect("written");
        let rows = sheet(&bytes, FINDINGS);
        let mark = Mark::parse(&rows[0][0]).expect("the sheet is marked as ours");
        assert_eq!(
            (mark.programme.as_str(), mark.period.as_str(), mark.partner.as_str()),
            ("example", "2022-Q3", "north")
        );
        assert_eq!(rows[2], Column::ALL.map(Column::heading));
        assert_eq!(rows.len(), 3 + 13);
        let f12 = rows.iter().find(|row| row[4] == "F12").expect("there");
        assert_eq!(
            f12[1..],
            [
                "Error",
                "oak.xlsx",
                "Participants",
                "F12",
                "Start\nDate ",
                "The start date is later than the period's last day.",
                "Correct these dates against your own records.",
                "",
                "",
                "",
                "",
                "date-in-the-future",
                "participants",
                "k4v1",
                ""
            ]
        );
        let places: Vec<&str> = rows.iter().map(|row| row[4].as_str()).collect();
        assert!(places.contains(&"row 61") && places.contains(&"column H"), "{places:?}");
        let worst_first = ["Reject", "Error", "Query", "Note"];
        let order: Vec<usize> = rows[3..]
            .iter()
            .map(|row| worst_first.iter().position(|word| row[1].starts_with(word)).expect("a severity"))
            .collect();
        assert!(order.is_sorted() && order.first() < order.last(), "{order:?}");
        for name in SHEETS {
            for row in sheet(&bytes, name) {
                let shown = row.iter().any(|cell| cell.contains("=90") || cell.contains("2031"));
                assert!(!shown, "a value in {row:?}");
            }
        }
        assert_eq!(bytes, findings_book(&report, &ABOUT).expect("written"));
    }

    #[test]
    fn the_summary_says_what_became_of_each_file() {
        let rows = sheet(&findings_book(&sample::report(), &ABOUT).expect("written"), SUMMARY);
        let value = |label: &str| rows.iter().find(|row| row[0] == label).map(|row| row[1].as_str());
        assert_eq!(value("oak.xlsx, sheet Participants"), Some("120 rows: 115 accepted, 5 held"));
        assert_eq!(value("\"elm\".xlsx"), Some("10 rows: the file was rejected"));
        assert_eq!(value("activities"), Some("Nothing came"));
        assert_eq!(value("Rows held"), Some("5"));
        assert_eq!(value("Period"), Some("2022-Q3 (1 July 2022 to 30 September 2022)"));
    }

    #[test]
    fn a_clean_submission_says_so() {
        let bytes = findings_book(&sample::clean(), &About { demonstration: true, ..ABOUT }).expect("written");
        let findings = sheet(&bytes, FINDINGS);
        assert_eq!(findings[0][0], DEMONSTRATION);
        assert_eq!(findings.last().map(|row| row[6].as_str()), Some("Nothing was found."));
        assert_eq!(sheet(&bytes, NOT_CHECKED).last().map(|row| row[0].as_str()), Some("Every check was made."));
    }
}
