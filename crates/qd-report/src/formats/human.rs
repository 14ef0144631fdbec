//! The report for a person at a terminal: most serious first, one entry per check and field with its
//! count, its first few cells, what is asked and what to do; at most about a screen unless asked.

use super::{Colour, Extent, Format, Options};
use crate::entries::{self, Entry, one_line};
use anstyle::{AnsiColor, Style};
use qd_model::finding::Finding;
use qd_model::report::Report;
use qd_model::{Severity, words};
use std::io::{self, BufWriter, Write};

/// The `human` format.
#[derive(Debug)]
pub(super) struct Human;

/// Entries on a screen.
const ENTRIES: usize = 10;
/// Characters of a value that are shown.
const VALUE: usize = 40;

impl Format for Human {
    fn name(&self) -> &'static str {
        "human"
    }

    fn write(&self, report: &Report, options: &Options<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut page = Page { out: BufWriter::new(out), colour: options.colour };
        let entries = entries::entries(report);
        let shown = match options.extent {
            Extent::Full => entries.len(),
            Extent::Screen => ENTRIES.min(entries.len()),
        };
        for entry in &entries[..shown] {
            page.entry(entry)?;
        }
        let rest = entries.len() - shown;
        if rest > 0 {
            let kinds = if rest == 1 { "kind" } else { "kinds" };
            writeln!(page.out, "and {rest} more {kinds} of finding; --format json lists every one\n")?;
        }
        page.not_checked(report, options.extent)?;
        writeln!(page.out, "{} {}", entries::rows_in_words(report), entries::findings_in_words(report))?;
        page.out.flush()
    }
}

struct Page<W: Write> {
    out: W,
    colour: Colour,
}

impl<W: Write> Page<W> {
    fn styled(&self, style: Style, text: &str) -> String {
        match self.colour {
            Colour::Never => text.to_owned(),
            Colour::Always => format!("{}{text}{}", style.render(), style.render_reset()),
        }
    }

    fn entry(&mut self, entry: &Entry<'_>) -> io::Result<()> {
        let fault = entry.fault;
        let state = match (fault.trial, entry.explained) {
            (true, _) => ", on trial".to_owned(),
            (false, Some(reason)) => format!(", explained: {reason}"),
            (false, None) => String::new(),
        };
        let tag =
            self.styled(of_severity(fault.severity), &format!("{}[{}{state}]", fault.severity.as_str(), fault.code));
        writeln!(self.out, "{tag}: {}", entry.headline())?;
        if let Some(place) = place(entry) {
            writeln!(self.out, "  {place}")?;
        }
        if let Some(asks) = asks(entry) {
            self.labelled("asks:", &asks)?;
        }
        if !fault.fix.is_empty() && entry.is_open() {
            self.labelled("do:  ", &fault.fix)?;
        }
        writeln!(self.out)
    }

    fn labelled(&mut self, label: &str, text: &str) -> io::Result<()> {
        let label = self.styled(Style::new().dimmed(), label);
        writeln!(self.out, "  {label} {text}")
    }

    fn not_checked(&mut self, report: &Report, extent: Extent) -> io::Result<()> {
        let all = &report.not_checked;
        let shown = if extent == Extent::Full { all.len() } else { all.len().min(ENTRIES) };
        for entry in &all[..shown] {
            let rows =
                if entry.rows > 0 { format!(" ({})", words::count(entry.rows as usize, "row")) } else { String::new() };
            let label = self.styled(Style::new().bold(), "not checked:");
            writeln!(self.out, "{label} {}{rows}: {}", entry.code, entry.reason)?;
        }
        if all.len() > shown {
            writeln!(self.out, "and {} more not checked; --format json lists every one", all.len() - shown)?;
        }
        if all.is_empty() { Ok(()) } else { writeln!(self.out) }
    }
}

fn of_severity(severity: Severity) -> Style {
    let colour = match severity {
        Severity::Reject | Severity::Error => AnsiColor::Red,
        Severity::Query => AnsiColor::Yellow,
        Severity::Note => AnsiColor::Cyan,
    };
    Style::new().bold().fg_color(Some(colour.into()))
}

/// `oak.xlsx › Participants › column F "Start date"   F12, F47   (values withheld: indirect identifier)`
fn place(entry: &Entry<'_>) -> Option<String> {
    let source = entry.source;
    let mut path = Vec::new();
    match (&source.source, &source.partner, &source.table) {
        (Some(name), _, _) => path.push(one_line(name).into_owned()),
        (None, Some(partner), Some(table)) => path.push(format!("partner {partner}, table {table}")),
        (None, partner, table) => path.extend(partner.iter().chain(table).cloned()),
    }
    path.extend(source.sheet.as_deref().map(|sheet| one_line(sheet).into_owned()));
    path.extend(entry.column());
    let mut parts = Vec::new();
    if !path.is_empty() {
        parts.push(path.join(" › "));
    }
    parts.extend(entry.places(with_value));
    parts.extend(entry.withheld.map(|class| format!("(values withheld: {})", class.phrase())));
    (!parts.is_empty()).then(|| parts.join("   "))
}

/// The cell, and its value where that is shown.
fn with_value(finding: &Finding<'_>, place: String) -> String {
    let Some(value) = finding.evidence.and_then(qd_model::Evidence::shown) else { return place };
    let value = one_line(value);
    let cut: String = value.chars().take(VALUE).collect();
    let ellipsis = if cut.len() < value.len() { "…" } else { "" };
    format!("{place} \"{cut}{ellipsis}\"")
}

/// `a date up to 30 September 2022 (programme/participants 2022.3, field start_date)`
fn asks(entry: &Entry<'_>) -> Option<String> {
    let schema = entry.source.schema.as_ref().map(|schema| match &entry.source.schema_version {
        Some(version) => format!("{schema} {version}"),
        None => schema.clone(),
    });
    let field = entry.fault.field.as_ref().map(|field| format!("field {field}"));
    let by: Vec<String> = schema.into_iter().chain(field.clone()).collect();
    match &entry.fault.asks {
        Some(asks) if by.is_empty() => Some(asks.to_string()),
        Some(asks) => Some(format!("{asks} ({})", by.join(", "))),
        None => field.map(|_| by.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn written(report: &Report, options: &Options<'_>) -> String {
        let mut out = Vec::new();
        Human.write(report, options, &mut out).expect("written");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn a_report_reads_as_a_person_would_say_it() {
        let expected = r#"reject[not-a-workbook]: The file is a PDF, whatever its name says
  "elm".xlsx
  do:   ask the partner for the workbook itself

error[date-in-the-future]: 6 start dates are later than the period's last day
  oak.xlsx › Participants › column F "Start Date"   F12, F47, F48, F49, F50 and 1 more   (values withheld: indirect identifier)
  asks: a date up to 30 September 2022 (programme/participants 2022.3, field start_date)
  do:   ask the partner to correct these dates against their own records

error[maximum]: The hours are above 80
  oak.xlsx › Participants › column G "+Hours"   G9 "=90"
  asks: programme/participants 2022.3, field hours
  do:   check the hours

error[ragged-row]: The row has more cells than there are headings
  oak.xlsx › Participants   row 61
  do:   ask the partner to look at the row

query[missing-source]: Nothing came for the table activities
  partner north, table activities
  do:   ask for the file, or declare it

query[long-course]: The course is longer than a year
  oak.xlsx › Participants › column F "Start Date"   F13
  asks: programme/participants 2022.3, field start_date
  do:   correct the dates, or explain

note[unknown-column]: The heading is not in the schema
  oak.xlsx › Participants › column H "Shoe␛[31m size"
  do:   nothing, or add the field to the schema

note[tidy, on trial]: The course has no level
  oak.xlsx › Participants   row 14

not checked: vanished-participant (118 rows): no previous period

130 rows read from 2 sources: 115 accepted, 5 held, 10 in 1 rejected source. 1 reject, 8 errors, 2 queries, 2 notes.
"#;
        assert_eq!(written(&sample::report(), &Options::default()), expected);
    }

    #[test]
    fn what_does_not_fit_a_screen_is_counted() {
        let report = sample::many_kinds(ENTRIES + 2);
        let short = written(&report, &Options::default());
        assert!(short.contains("\nand 2 more kinds of finding; --format json lists every one\n"), "{short}");
        let full = written(&report, &Options { extent: Extent::Full, ..Options::default() });
        assert!(full.contains("kind-11") && !full.contains("more kinds"), "{full}");
    }

    #[test]
    fn a_clean_file_takes_one_line() {
        assert_eq!(written(&Report::default(), &Options::default()), "Nothing was read. No findings.\n");
        let clean = sample::clean();
        assert_eq!(
            written(&clean, &Options::default()),
            "1 row read from 1 source: 1 accepted, 0 held. No findings.\n"
        );
    }

    #[test]
    fn colour_only_adds_codes() {
        let coloured = written(&sample::report(), &Options { colour: Colour::Always, ..Options::default() });
        assert!(coloured.contains("\u{1b}[1m\u{1b}[31merror[maximum]\u{1b}[0m: The hours"), "{coloured}");
        let mut plain = String::new();
        let mut rest = coloured.as_str();
        while let Some((before, after)) = rest.split_once('\u{1b}') {
            plain.push_str(before);
            rest = after.split_once('m').expect("a code ends in m").1;
        }
        plain.push_str(rest);
        assert_eq!(plain, written(&sample::report(), &Options::default()));
    }
}
