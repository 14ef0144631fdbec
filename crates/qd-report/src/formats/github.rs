//! The report as annotations of a GitHub workflow: a line per fault and source, the most serious
//! first, and no more of a kind than are shown; the rest is counted.

use super::{Format, Options};
use crate::entries::{self, Entry, one_line};
use qd_model::report::Report;
use qd_model::{Severity, words};
use std::io::{self, Write};

/// The `github` format.
#[derive(Debug)]
pub(super) struct Github;

/// A step shows ten annotations of each kind.
const SHOWN: usize = 10;
/// Files of which a row is a line.
const TEXT: [&str; 4] = ["csv", "tsv", "tab", "txt"];

impl Format for Github {
    fn name(&self) -> &'static str {
        "github"
    }

    fn write(&self, report: &Report, _options: &Options<'_>, out: &mut dyn Write) -> io::Result<()> {
        let entries = entries::entries(report);
        for kind in ["error", "warning", "notice"] {
            let of_kind: Vec<&Entry<'_>> = entries.iter().filter(|entry| self::kind(entry) == kind).collect();
            let shown = if of_kind.len() > SHOWN { SHOWN - 1 } else { of_kind.len() };
            for entry in &of_kind[..shown] {
                writeln!(out, "{}", annotation(kind, entry))?;
            }
            if let Some(rest) = of_kind.get(shown..).filter(|rest| !rest.is_empty()) {
                let findings = words::count(rest.iter().map(|entry| entry.count).sum(), "finding");
                let more = format!("{} more of this kind ({findings}): --format json lists every one", rest.len());
                writeln!(out, "::{kind} title=Quarterday::{}", escaped(&more))?;
            }
        }
        for gap in &report.not_checked {
            writeln!(out, "not checked: {}: {}", gap.code, one_line(&gap.reason))?;
        }
        writeln!(out, "{} {}", entries::rows_in_words(report), entries::findings_in_words(report))
    }
}

/// A query that somebody explained stands in nobody's way.
fn kind(entry: &Entry<'_>) -> &'static str {
    match entry.severity() {
        Severity::Reject | Severity::Error => "error",
        Severity::Query if entry.is_open() => "warning",
        Severity::Query | Severity::Note => "notice",
    }
}

fn annotation(kind: &str, entry: &Entry<'_>) -> String {
    let source = entry.source;
    let mut properties = Vec::new();
    if let Some(path) = source.path.as_deref().or(source.source.as_deref()) {
        properties.push(format!("file={}", property(path.trim_start_matches("./"))));
        let ending = path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        let row = entry.examples.first().and_then(|finding| finding.row).or(source.heading_row);
        if let Some(row) = row.filter(|_| TEXT.contains(&ending.as_str())) {
            properties.push(format!("line={row}"));
        }
    }
    properties.push(format!("title={}", property(&format!("{}[{}]", entry.severity().as_str(), entry.fault.code))));
    let mut lines = vec![entry.headline()];
    let sheet = source.sheet.as_deref().map(|sheet| format!("sheet {}", one_line(sheet)));
    let path: Vec<String> = sheet.into_iter().chain(entry.column()).chain(entry.places(|_, place| place)).collect();
    if !path.is_empty() {
        lines.push(format!("where: {}", path.join(", ")));
    }
    if !entry.fault.fix.is_empty() && entry.is_open() {
        lines.push(format!("do: {}", entry.fault.fix));
    }
    format!("::{kind} {}::{}", properties.join(","), escaped(&lines.join("\n")))
}

/// A message, of which a runner reads one line.
fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property, in which a colon and a comma would end it.
fn property(text: &str) -> String {
    escaped(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn written(report: &Report) -> String {
        let mut out = Vec::new();
        Github.write(report, &Options::default(), &mut out).expect("written");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn each_fault_is_one_line_that_a_runner_reads() {
        let expected = r#"::error file="elm".xlsx,title=reject[not-a-workbook]::The file is a PDF, whatever its name says%0Ado: ask the partner for the workbook itself
::error file=data/oak.xlsx,title=error[date-in-the-future]::6 start dates are later than the period's last day%0Awhere: sheet Participants, column F "Start Date", F12, F47, F48, F49, F50 and 1 more%0Ado: ask the partner to correct these dates against their own records
"#;
        let text = written(&sample::report());
        assert!(text.starts_with(expected), "{text}");
        assert!(text.contains("\n::warning title=query[missing-source]::Nothing came"), "{text}");
        assert!(text.contains("\n::notice file=data/oak.xlsx,title=note[tidy]::"), "{text}");
        assert!(text.ends_with("1 reject, 8 errors, 2 queries, 2 notes.\n"), "{text}");
    }

    #[test]
    fn what_a_step_does_not_show_is_counted() {
        let text = written(&sample::many_kinds(SHOWN + 2));
        assert_eq!(text.matches("::notice ").count(), SHOWN);
        assert!(text.contains("::notice title=Quarterday::3 more of this kind (3 findings): "), "{text}");
    }

    #[test]
    fn nothing_that_a_partner_typed_ends_the_line_or_the_property() {
        assert_eq!(property("a,b:c%\r\nd"), "a%2Cb%3Ac%25%0D%0Ad");
        assert_eq!(escaped("50%\n::set-env name=X::y"), "50%25%0A::set-env name=X::y");
    }
}
