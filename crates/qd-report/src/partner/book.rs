//! The findings workbook: what was accepted and held, every finding with its cell, and what could
//! not be checked. Holds no value of any cell.

use super::{About, DEMONSTRATION, fix_for_sender, sentence};
use crate::entries::one_line;
use qd_book::{BookError, Cell, Column, Cover, Kind, Layout, Overlong, RowStyle, Section, Tone, Value};
use qd_model::finding::{Finding, column_letters};
use qd_model::report::{Report, SourceReport};
use qd_model::{Severity, words};
use std::borrow::Cow;

/// The sheets, in order.
pub const SHEETS: [&str; 3] = ["Summary", "Findings", "Not checked"];

/// The headings of the second sheet, in order.
pub const FINDINGS: [&str; 12] = [
    "No.",
    "Severity",
    "File",
    "Sheet",
    "Cell",
    "Column heading",
    "What we found",
    "How to put it right",
    "Reason code",
    "Explanation",
    "Rule",
    "Record",
];
const WIDTHS: [f64; 12] = [6.0, 11.0, 18.0, 15.0, 10.0, 20.0, 42.0, 42.0, 14.0, 30.0, 18.0, 15.0];

/// The findings workbook of one partner. `report` holds this partner's sources only.
pub fn findings_book(report: &Report, about: &About<'_>) -> Result<Vec<u8>, BookError> {
    let title = format!("{}: findings for {}", about.programme, about.partner);
    let mut book = qd_book::Book::new(qd_book::About {
        title,
        subject: report.period.as_ref().map(ToString::to_string).unwrap_or_default(),
        author: about.lead.to_owned(),
        draft: false,
        banner: about.demonstration.then(|| DEMONSTRATION.to_owned()),
        created: None,
    });
    book.cover(&summary(report, about))?;
    findings(&mut book, report)?;
    not_checked(&mut book, report)?;
    book.finish()
}

fn summary(report: &Report, about: &About<'_>) -> Cover {
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
        name: SHEETS[0].to_owned(),
        title: about.programme.to_owned(),
        subtitle: Some(format!("What we found in the files of {}", about.partner)),
        sections: vec![
            Section { heading: None, lines: lines_about(about, period, report) },
            section("Your files", files),
            section("In all", in_all),
            section("What the words mean", meanings.map(|(word, text)| (word.to_owned(), Value::from(text))).to_vec()),
        ],
        notes: vec![
            "This workbook names cells and headings. It holds no value from your files.".to_owned(),
            "Write no names, dates of birth or document numbers in an explanation.".to_owned(),
        ],
    }
}

fn lines_about(about: &About<'_>, period: Option<String>, report: &Report) -> Vec<(String, Value)> {
    let checked = report.as_of.map(words::date);
    let lines = [("From", Some(about.lead.to_owned())), ("Period", period), ("Checked as at", checked)];
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

fn findings(book: &mut qd_book::Book, report: &Report) -> Result<(), BookError> {
    let columns = FINDINGS.iter().zip(WIDTHS).map(|(heading, width)| {
        let kind = if *heading == "No." { Kind::Integer } else { Kind::Text };
        Column::new(*heading, kind).width(width)
    });
    let rows = report.sources.iter().map(|source| source.findings.hits.len()).sum();
    let columns = columns.collect();
    let layout = Layout { columns, rows, lines: Vec::new(), frozen_columns: 2, overlong: Overlong::Cut };
    let mut table = book.table(SHEETS[1], layout)?;
    let mut number = 0;
    for source in &report.sources {
        // One wording per fault, not one per cell.
        let words: Vec<Wording> = source.findings.faults.iter().map(Wording::of).collect();
        for (hit, finding) in source.findings.hits.iter().zip(source.findings.iter()) {
            number += 1;
            finding_row(&mut table, number, source, &finding, &words[hit.fault as usize])?;
        }
    }
    if number == 0 {
        let mut cells = [Cell::Empty; FINDINGS.len()];
        cells[6] = Cell::Toned(Tone::Good, "Nothing was found.");
        table.row(&cells)?;
    }
    table.finish()
}

/// What a fault says, in words for the sender.
struct Wording {
    severity: String,
    what: String,
    fix: String,
    heading: String,
}

impl Wording {
    fn of(fault: &qd_model::Fault) -> Self {
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
    source: &SourceReport,
    finding: &Finding<'_>,
    words: &Wording,
) -> Result<(), BookError> {
    let severity = finding.fault.severity;
    let answer = if severity == Severity::Query { Cell::Toned(Tone::Fill, "") } else { Cell::Empty };
    let (reason, explanation) = match finding.explained {
        Some(reason) => (Cell::Text(reason), Cell::Text("explained already")),
        None => (answer, answer),
    };
    let text = |content: Option<&'_ str>| content.map_or("", |content| content).to_owned();
    let (file, sheet, record) = (text(source.source.as_deref()), text(source.sheet.as_deref()), text(finding.record));
    let place = place(finding);
    table.styled_row(
        RowStyle::Plain,
        &[
            Cell::Integer(number),
            Cell::Toned(severity.into(), &words.severity),
            Cell::Text(&file),
            Cell::Text(&sheet),
            Cell::Text(&place),
            Cell::Text(&words.heading),
            Cell::Text(&words.what),
            Cell::Text(&words.fix),
            reason,
            explanation,
            Cell::Text(&finding.fault.code),
            Cell::Text(&record),
        ],
    )
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

fn not_checked(book: &mut qd_book::Book, report: &Report) -> Result<(), BookError> {
    let columns = vec![
        Column::new("Check", Kind::Text).width(32.0),
        Column::new("Why it was not made", Kind::Text).width(72.0),
        Column::new("Rows", Kind::Count).width(12.0),
    ];
    let mut table = book.table(SHEETS[2], Layout { columns, overlong: Overlong::Cut, ..Layout::default() })?;
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

    const ABOUT: About<'_> = About {
        programme: "Example programme",
        lead: "Lead organisation",
        partner: "North",
        workbook: "north-findings.xlsx",
        demonstration: false,
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
        let rows = sheet(&bytes, SHEETS[1]);
        assert_eq!(rows[0], FINDINGS);
        assert_eq!(rows.len(), 1 + 13);
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
                "date-in-the-future",
                "k4v1"
            ]
        );
        let places: Vec<&str> = rows.iter().map(|row| row[4].as_str()).collect();
        assert!(places.contains(&"row 61") && places.contains(&"column H"), "{places:?}");
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
        let rows = sheet(&findings_book(&sample::report(), &ABOUT).expect("written"), SHEETS[0]);
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
        let findings = sheet(&bytes, SHEETS[1]);
        assert_eq!(findings[0][0], DEMONSTRATION);
        assert_eq!(findings.last().map(|row| row[6].as_str()), Some("Nothing was found."));
        assert_eq!(sheet(&bytes, SHEETS[2]).last().map(|row| row[0].as_str()), Some("Every check was made."));
    }
}
