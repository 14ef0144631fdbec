//! The report for a person at a terminal: most serious first, one entry per check and field with its
//! count, its first few cells, what is asked and what to do; at most about a screen unless asked.

use super::{Colour, Extent, Format, Options};
use crate::entries::{self, Cause, Entry, one_line};
use crate::uri;
use anstyle::{AnsiColor, Style};
use qd_model::report::{Report, SourceReport};
use qd_model::{Severity, words};
use std::io::{self, BufWriter, Write};

/// The `human` format.
#[derive(Debug)]
pub(super) struct Human;

/// Headlines on a screen.
const CAUSES: usize = 10;
/// Sources under a headline, and kinds of finding about the same rows.
const LINES: usize = 3;

impl Format for Human {
    fn name(&self) -> &'static str {
        "human"
    }

    fn write(&self, report: &Report, options: &Options<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut page = Page { out: BufWriter::new(out), options };
        let causes = entries::causes(report);
        let shown = page.how_many(causes.len(), CAUSES);
        for cause in &causes[..shown] {
            page.cause(cause)?;
        }
        if let Some(rest) = causes.get(shown..).filter(|rest| !rest.is_empty()) {
            let kinds = if rest.len() == 1 { "kind" } else { "kinds" };
            let findings: usize = rest.iter().map(Cause::findings).sum();
            let findings = words::count(findings, "finding");
            writeln!(page.out, "and {} more {kinds} of finding ({findings}): {MORE}\n", rest.len())?;
        }
        page.not_checked(report)?;
        writeln!(page.out, "{} {}", entries::rows_in_words(report), entries::findings_in_words(report))?;
        page.out.flush()
    }
}

/// How to see what a screen has no room for.
const MORE: &str = "--all shows them, --format json lists every cell";

struct Page<'o, W: Write> {
    out: W,
    options: &'o Options<'o>,
}

impl<W: Write> Page<'_, W> {
    fn styled(&self, style: Style, text: &str) -> String {
        match self.options.colour {
            Colour::Never => text.to_owned(),
            Colour::Always => format!("{}{text}{}", style.render(), style.render_reset()),
        }
    }

    /// How many of `all` are shown, if about a screen has room for `some`.
    fn how_many(&self, all: usize, some: usize) -> usize {
        match self.options.extent {
            Extent::Full => all,
            Extent::Screen => all.min(some),
        }
    }

    fn cause(&mut self, cause: &Cause<'_>) -> io::Result<()> {
        let lead = cause.lead();
        let fault = lead.fault;
        let state = match (fault.trial, lead.explained) {
            (true, _) => ", on trial".to_owned(),
            (false, Some(reason)) => format!(", explained: {reason}"),
            (false, None) => String::new(),
        };
        let tag =
            self.styled(of_severity(fault.severity), &format!("{}[{}{state}]", fault.severity.as_str(), fault.code));
        writeln!(self.out, "{tag}: {}", cause.headline())?;
        let shown = self.how_many(cause.entries.len(), LINES);
        for entry in &cause.entries[..shown] {
            self.entry(entry)?;
        }
        if let Some(rest) = cause.entries.get(shown..).filter(|rest| !rest.is_empty()) {
            let findings = rest.iter().map(|entry| entry.count).sum();
            let sources = words::count(rest.len(), "more source");
            writeln!(self.out, "  and {} in {sources}", words::count(findings, "finding"))?;
        }
        if let Some(beside) = cause.beside_in_words(self.how_many(usize::MAX, LINES)) {
            self.labelled("also:", &beside)?;
        }
        if let Some(asks) = lead.asks() {
            self.labelled("asks:", &asks)?;
        }
        if !fault.fix.is_empty() && lead.is_open() {
            self.labelled("do:  ", &fault.fix)?;
        }
        writeln!(self.out)
    }

    fn entry(&mut self, entry: &Entry<'_>) -> io::Result<()> {
        let file = entry.source.source.as_deref().map(|name| self.linked(entry.source, one_line(name).into_owned()));
        let withheld = entry.withheld.map(|class| format!("(values withheld: {})", class.phrase()));
        let parts = [entry.path_from(file), entry.places_with_values(), withheld];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if !parts.is_empty() {
            writeln!(self.out, "  {}", parts.join("   "))?;
        }
        match entry.typed() {
            Some(typed) => self.labelled("typed:", &typed),
            None => Ok(()),
        }
    }

    fn labelled(&mut self, label: &str, text: &str) -> io::Result<()> {
        let label = self.styled(Style::new().dimmed(), label);
        writeln!(self.out, "  {label} {text}")
    }

    /// A line per reason, since one blank cell can keep many rules from being judged.
    fn not_checked(&mut self, report: &Report) -> io::Result<()> {
        let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
        for gap in &report.not_checked {
            let rows =
                if gap.rows > 0 { format!(" ({})", words::count(gap.rows as usize, "row")) } else { String::new() };
            let said = format!("{}{rows}", gap.code);
            match reasons.iter_mut().find(|(reason, _)| *reason == gap.reason) {
                Some((_, codes)) => codes.push(said),
                None => reasons.push((&gap.reason, vec![said])),
            }
        }
        let shown = self.how_many(reasons.len(), CAUSES);
        let label = self.styled(Style::new().bold(), "not checked:");
        for (reason, codes) in &reasons[..shown] {
            let some = self.how_many(codes.len(), LINES);
            let mut said = codes[..some].to_vec();
            if codes.len() > some {
                said.push(format!("{} more", codes.len() - some));
            }
            writeln!(self.out, "{label} {}: {}", words::list(&said), one_line(reason))?;
        }
        if reasons.len() > shown {
            writeln!(self.out, "and {} more not checked: {MORE}", reasons.len() - shown)?;
        }
        if reasons.is_empty() { Ok(()) } else { writeln!(self.out) }
    }

    /// The name as a link that opens the file, where the reader's terminal follows links.
    fn linked(&self, source: &SourceReport, name: String) -> String {
        match (self.options.links_from, &source.path) {
            (Some(folder), Some(path)) => {
                let target = uri::of_file(&folder.join(path));
                format!("\u{1b}]8;;{target}\u{1b}\\{name}\u{1b}]8;;\u{1b}\\")
            }
            _ => name,
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use qd_model::report::NotChecked;

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
        let report = sample::many_kinds(CAUSES + 2);
        let short = written(&report, &Options::default());
        assert!(short.contains("\nand 2 more kinds of finding (2 findings): --all shows them"), "{short}");
        let full = written(&report, &Options { extent: Extent::Full, ..Options::default() });
        assert!(full.contains("kind-11") && !full.contains("more kinds"), "{full}");
    }

    #[test]
    fn a_flood_with_one_cause_is_one_headline() {
        let report = sample::flood(4000);
        let expected = r#"error[enum]: 4,000 values under `level` are not in the list of the schema
  ash.csv › column C "Level"   C2, C3, C4, C5, C6 and 2,995 more
  typed: "L0" ×1,000, "L1" ×1,000, "L2" ×1,000
  oak.csv › column C "ESOL level"   C2, C3, C4, C5, C6 and 995 more
  typed: "L0" ×334, "L1" ×333, "L2" ×333
  asks: field level
  do:   use this year's codes

note[encoding]: The file is not in UTF-8
  oak.csv

"#;
        let text = written(&report, &Options::default());
        assert!(text.starts_with(expected), "{text}");
    }

    #[test]
    fn what_is_wrong_with_the_same_rows_stands_together() {
        let text = written(&sample::shifted(120), &Options::default());
        let expected = r"error[ragged-row]: The row has more cells than there are headings
  oak.csv   rows 2, 3, 4, 5, 6 and 115 more
  also: the same 120 rows have type in start and enum in level
  do:   look at the row

error[maximum]: The hours are above 80
";
        assert!(text.starts_with(expected), "{text}");
    }

    #[test]
    fn what_was_not_checked_for_one_reason_is_one_line() {
        let mut report = sample::clean();
        for code in ["a", "b", "c", "d", "e"] {
            let reason = "a field could not be read".to_owned();
            report.not_checked.push(NotChecked { code: code.to_owned(), reason, rows: 2 });
        }
        let text = written(&report, &Options::default());
        let expected = "not checked: a (2 rows), b (2 rows), c (2 rows) and 2 more: a field could not be read\n";
        assert!(text.starts_with(expected), "{text}");
    }

    #[test]
    fn a_name_is_a_link_where_the_terminal_follows_links() {
        let options = Options { links_from: Some(std::path::Path::new("/home/it")), ..Options::default() };
        let text = written(&sample::report(), &options);
        assert!(
            text.contains("\u{1b}]8;;file:///home/it/data/oak.xlsx\u{1b}\\oak.xlsx\u{1b}]8;;\u{1b}\\ ›"),
            "{text:?}"
        );
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
