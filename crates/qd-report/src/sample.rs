//! A made-up report that the tests of all formats share.

use jiff::civil::date;
use qd_model::finding::ShowValues;
use qd_model::report::{ColumnReport, Filled, NotChecked, Report, SourceReport};
use qd_model::{Class, Evidence, Fault, Hit, Period, PeriodKind, Severity, SourceFindings};

pub(crate) fn fault(code: &str, severity: Severity, message: &str, fix: &str) -> Fault {
    Fault {
        code: code.into(),
        severity,
        field: None,
        column: None,
        heading: None,
        class: Class::None,
        message: message.into(),
        many: "".into(),
        fix: fix.into(),
        asks: None,
        trial: false,
        leaving: None,
    }
}

fn on_field(fault: Fault, field: &str, column: u32, heading: &str) -> Fault {
    Fault { field: Some(field.into()), column: Some(column), heading: Some(heading.into()), ..fault }
}

/// Two sources that came, one of them rejected, and one that did not come.
pub(crate) fn report() -> Report {
    let mut report = Report {
        as_of: Some(date(2022, 9, 30)),
        period: Some(Period {
            label: "2022-Q3".to_owned(),
            kind: PeriodKind::Quarter,
            from: date(2022, 7, 1),
            to: date(2022, 9, 30),
            within: None,
            folder: "q3".to_owned(),
        }),
        sources: vec![participants(), rejected(), missing()],
        not_checked: vec![NotChecked {
            code: "vanished-participant".to_owned(),
            reason: "no previous period".to_owned(),
            rows: 118,
        }],
    };
    report.sort();
    // The rejected file sorts first by its quotation mark; tests want the usual one first.
    report.sources.sort_by_key(|source| source.is_rejected);
    report
}

fn participants() -> SourceReport {
    let mut findings = SourceFindings::default();
    let late = fault(
        "date-in-the-future",
        Severity::Error,
        "The start date is later than the period's last day",
        "ask the partner to correct these dates against their own records",
    );
    let late = Fault {
        many: "start dates are later than the period's last day".into(),
        asks: Some("a date up to 30 September 2022".into()),
        class: Class::Indirect,
        ..on_field(late, "start_date", 5, "Start\nDate ")
    };
    let late = findings.fault(late);
    for row in [12, 47, 48, 49, 50, 51] {
        let evidence = Some(Evidence::of("2031-01-01", Class::Indirect, ShowValues::Plain));
        findings.hits.push(Hit { row, fault: late, evidence });
    }
    findings.records.insert(12, "k4v1".to_owned());
    let hours = fault("maximum", Severity::Error, "The hours are above 80", "check the hours");
    let hours = findings.fault(on_field(hours, "hours", 6, "+Hours"));
    let evidence = Some(Evidence::of("=90", Class::None, ShowValues::Plain));
    findings.hits.push(Hit { row: 9, fault: hours, evidence });
    let ragged = fault(
        "ragged-row",
        Severity::Error,
        "The row has more cells than there are headings",
        "ask the partner to look at the row",
    );
    let ragged = findings.fault(ragged);
    findings.hits.push(Hit { row: 61, fault: ragged, evidence: None });
    let long =
        fault("long-course", Severity::Query, "The course is longer than a year", "correct the dates, or explain");
    let long = findings.fault(on_field(long, "start_date", 5, "Start\nDate "));
    findings.hits.push(Hit { row: 13, fault: long, evidence: None });
    let trial = Fault { trial: true, ..fault("tidy", Severity::Note, "The course has no level", "") };
    let trial = findings.fault(trial);
    findings.hits.push(Hit { row: 14, fault: trial, evidence: None });
    let unknown = fault(
        "unknown-column",
        Severity::Note,
        "The heading is not in the schema",
        "nothing, or add the field to the schema",
    );
    findings.add(Fault { column: Some(7), heading: Some("Shoe\u{1b}[31m size".into()), ..unknown });
    let columns = [(4, "Reference", "reference"), (5, "Start\nDate ", "start_date"), (6, "+Hours", "hours")];
    SourceReport {
        source: Some("oak.xlsx".to_owned()),
        sheet: Some("Participants".to_owned()),
        partner: Some("north".to_owned()),
        table: Some("participants".to_owned()),
        schema: Some("programme/participants".to_owned()),
        schema_version: Some("2022.3".to_owned()),
        blake3: Some("00ff".to_owned()),
        rows: 120,
        accepted: 115,
        held: 5,
        heading_row: Some(4),
        columns: columns
            .into_iter()
            .map(|(column, heading, field)| ColumnReport {
                column,
                heading: heading.to_owned(),
                field: Some(field.to_owned()),
            })
            .collect(),
        filled: vec![
            Filled { field: "reference".to_owned(), is_required: true, rows: 120 },
            Filled { field: "start_date".to_owned(), is_required: true, rows: 90 },
            Filled { field: "hours".to_owned(), is_required: false, rows: 0 },
        ],
        findings,
        path: Some("data/oak.xlsx".to_owned()),
        ..SourceReport::default()
    }
}

fn rejected() -> SourceReport {
    let mut findings = SourceFindings::default();
    findings.add(fault(
        "not-a-workbook",
        Severity::Reject,
        "The file is a PDF, whatever its name says",
        "ask the partner for the workbook itself",
    ));
    SourceReport {
        source: Some("\"elm\".xlsx".to_owned()),
        partner: Some("north".to_owned()),
        table: Some("outcomes".to_owned()),
        rows: 10,
        rejected: 10,
        is_rejected: true,
        findings,
        ..SourceReport::default()
    }
}

fn missing() -> SourceReport {
    let mut findings = SourceFindings::default();
    findings.add(fault(
        "missing-source",
        Severity::Query,
        "Nothing came for the table activities",
        "ask for the file, or declare it",
    ));
    SourceReport {
        partner: Some("north".to_owned()),
        table: Some("activities".to_owned()),
        findings,
        ..SourceReport::default()
    }
}

/// A source with one finding of each of many kinds.
pub(crate) fn many_kinds(count: usize) -> Report {
    let mut findings = SourceFindings::default();
    for kind in 0..count {
        findings.add(fault(&format!("kind-{kind:02}"), Severity::Note, "Something was seen", ""));
    }
    let source =
        SourceReport { source: Some("oak.csv".to_owned()), rows: 1, accepted: 1, findings, ..Default::default() };
    let mut report = Report { sources: vec![source], ..Report::default() };
    report.sort();
    report
}

/// Two sources of one schema with a flood of values that no longer are in a code list, and one row
/// that is wrong besides.
pub(crate) fn flood(count: usize) -> Report {
    let source = |name: &str, heading: &str, count: usize| {
        let mut findings = SourceFindings::default();
        let message = format!("The value under \"{heading}\" is not in the list of the schema");
        let list = Fault {
            many: format!("values under \"{heading}\" are not in the list of the schema").into(),
            ..on_field(fault("enum", Severity::Error, &message, "use this year's codes"), "level", 2, heading)
        };
        let list = findings.fault(list);
        for row in 0..count as u32 {
            let evidence = Some(Evidence::of(&format!("L{}", row % 3), Class::None, ShowValues::Plain));
            findings.hits.push(Hit { row: row + 2, fault: list, evidence });
        }
        let (rows, source) = (count as u64, Some(name.to_owned()));
        SourceReport { source, rows, held: rows, findings, ..SourceReport::default() }
    };
    let mut report = Report::default();
    report.sources.push(source("ash.csv", "Level", count - count / 4));
    report.sources.push(source("oak.csv", "ESOL level", count / 4));
    report.sources[1].findings.add(fault("encoding", Severity::Note, "The file is not in UTF-8", ""));
    report.sort();
    report
}

/// Rows in which everything stands one column too far to the right, and one other mistake.
pub(crate) fn shifted(rows: u32) -> Report {
    let mut findings = SourceFindings::default();
    let error = |code: &str, message: &str| fault(code, Severity::Error, message, "look at the row");
    let faults = [
        on_field(error("type", "The cell is no date"), "start", 1, "Start"),
        on_field(error("enum", "The code is not in the list"), "level", 2, "Level"),
        error("ragged-row", "The row has more cells than there are headings"),
    ];
    for found in faults {
        let fault = findings.fault(found);
        findings.hits.extend((0..rows).map(|row| Hit { row: row + 2, fault, evidence: None }));
    }
    let hours = findings.fault(on_field(error("maximum", "The hours are above 80"), "hours", 3, "Hours"));
    findings.hits.push(Hit { row: 7, fault: hours, evidence: None });
    let source = SourceReport { source: Some("oak.csv".to_owned()), findings, ..SourceReport::default() };
    let mut report = Report { sources: vec![source], ..Report::default() };
    report.sort();
    report
}

/// A source without a finding.
pub(crate) fn clean() -> Report {
    many_kinds(0)
}
