//! The report as `JUnit` XML, as build servers read it: a suite per source, a case per check of the
//! source's schema, whether it found anything or not.

use super::{Format, Options};
use crate::entries::{self, Entry, one_line};
use maud::{Markup, PreEscaped, html};
use qd_model::Severity;
use qd_model::report::{NotChecked, Report, SourceReport};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// The `junit` format.
#[derive(Debug)]
pub(super) struct Junit;

/// How many places a case names.
const PLACES: usize = 100;

impl Format for Junit {
    fn name(&self) -> &'static str {
        "junit"
    }

    fn write(&self, report: &Report, _options: &Options<'_>, out: &mut dyn Write) -> io::Result<()> {
        let entries = entries::with_examples(report, PLACES);
        let mut suites: Vec<Suite<'_>> = report.sources.iter().map(|source| of_source(source, &entries)).collect();
        suites.extend(of_gaps(&report.not_checked));
        let tests: usize = suites.iter().map(Suite::tests).sum();
        let failures: usize = suites.iter().map(Suite::failures).sum();
        let errors: usize = suites.iter().map(Suite::errors).sum();
        let page = html! {
            (PreEscaped("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"))
            testsuites name="quarterday" tests=(tests) failures=(failures) errors=(errors) {
                @for suite in &suites { "\n" (suite.markup()) }
                "\n"
            }
            "\n"
        };
        out.write_all(page.into_string().as_bytes())
    }
}

/// A source, with its checks.
struct Suite<'a> {
    name: String,
    cases: Vec<Case<'a>>,
}

/// One check of a source.
struct Case<'a> {
    name: String,
    class: String,
    entries: Vec<&'a Entry<'a>>,
    /// Why it was not made.
    skipped: Option<&'a str>,
}

fn of_source<'a>(source: &'a SourceReport, entries: &'a [Entry<'a>]) -> Suite<'a> {
    let name = match (&source.source, &source.sheet) {
        (Some(name), Some(sheet)) => format!("{} › {}", one_line(name), one_line(sheet)),
        (Some(name), None) => one_line(name).into_owned(),
        (None, _) => {
            let of = source.partner.iter().chain(&source.table).map(String::as_str).collect::<Vec<_>>();
            if of.is_empty() { "the whole period".to_owned() } else { of.join(" ") }
        }
    };
    let class = source.table.as_ref().or(source.schema.as_ref()).map_or_else(|| "source".to_owned(), Clone::clone);
    // Every check that was compiled for the source has its case, in the order in which it was compiled.
    let mut places: BTreeMap<(&str, Option<&str>), usize> = BTreeMap::new();
    let mut cases: Vec<Case<'_>> = Vec::new();
    for fault in &source.findings.faults {
        places.entry((&fault.code, fault.field.as_deref())).or_insert_with(|| {
            let name = match &fault.field {
                Some(field) => format!("{}: {field}", fault.code),
                None => fault.code.to_string(),
            };
            cases.push(Case { name, class: class.clone(), entries: Vec::new(), skipped: None });
            cases.len() - 1
        });
    }
    for entry in entries.iter().filter(|entry| std::ptr::eq(entry.source, source)) {
        let place = places[&(&*entry.fault.code, entry.fault.field.as_deref())];
        cases[place].entries.push(entry);
    }
    if cases.is_empty() {
        cases.push(Case { name: "read".to_owned(), class, entries: Vec::new(), skipped: None });
    }
    Suite { name, cases }
}

fn of_gaps(gaps: &[NotChecked]) -> Option<Suite<'_>> {
    let cases: Vec<Case<'_>> = gaps
        .iter()
        .map(|gap| Case {
            name: gap.code.clone(),
            class: "not checked".to_owned(),
            entries: Vec::new(),
            skipped: Some(&gap.reason),
        })
        .collect();
    (!cases.is_empty()).then(|| Suite { name: "not checked".to_owned(), cases })
}

impl Suite<'_> {
    fn tests(&self) -> usize {
        self.cases.len()
    }

    fn failures(&self) -> usize {
        self.cases.iter().filter(|case| case.stands() && !case.is_rejected()).count()
    }

    fn errors(&self) -> usize {
        self.cases.iter().filter(|case| case.is_rejected()).count()
    }

    fn markup(&self) -> Markup {
        let skipped = self.cases.iter().filter(|case| case.skipped.is_some()).count();
        html! {
            testsuite name=(self.name) tests=(self.tests()) failures=(self.failures()) errors=(self.errors()) skipped=(skipped) {
                @for case in &self.cases { "\n  " (case.markup()) }
                "\n"
            }
        }
    }
}

impl Case<'_> {
    /// Whether it found something that stands in the way.
    fn stands(&self) -> bool {
        self.entries.iter().any(|entry| entry.is_open() && entry.severity() < Severity::Note)
    }

    fn is_rejected(&self) -> bool {
        self.entries.iter().any(|entry| entry.severity() == Severity::Reject)
    }

    fn markup(&self) -> Markup {
        let text = || self.entries.iter().map(|entry| told(entry)).collect::<Vec<_>>().join("\n");
        let headlines = || self.entries.iter().map(|entry| entry.headline()).collect::<Vec<_>>().join("; ");
        let kind = || self.entries.first().map_or("", |entry| entry.severity().as_str());
        html! {
            testcase classname=(self.class) name=(self.name) {
                @if let Some(reason) = self.skipped { skipped message=(one_line(reason)) {} }
                @else if self.is_rejected() { error type=(kind()) message=(headlines()) { (text()) } }
                @else if self.stands() { failure type=(kind()) message=(headlines()) { (text()) } }
                @else if !self.entries.is_empty() { system-out { (text()) } }
            }
        }
    }
}

/// An entry in lines: what, where, what is asked, what to do.
fn told(entry: &Entry<'_>) -> String {
    let mut lines = vec![format!("{}: {}", entry.severity().as_str(), entry.headline())];
    let path: Vec<String> = entry.column().into_iter().chain(entry.places(|_, place| place)).collect();
    if !path.is_empty() {
        lines.push(format!("where: {}", path.join("   ")));
    }
    lines.extend(entry.fault.asks.as_ref().map(|asks| format!("asks: {asks}")));
    lines.extend(entry.explained.map(|reason| format!("explained: {reason}")));
    if !entry.fault.fix.is_empty() && entry.is_open() {
        lines.push(format!("do: {}", entry.fault.fix));
    }
    lines.iter().map(|line| qd_book::printable(line)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn written(report: &Report) -> String {
        let mut out = Vec::new();
        Junit.write(report, &Options::default(), &mut out).expect("written");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn each_source_is_a_suite_and_each_check_a_case() {
        let expected = r#"
<testsuite name="oak.xlsx › Participants" tests="6" failures="4" errors="0" skipped="0">
  <testcase classname="participants" name="date-in-the-future: start_date"><failure type="error" message="6 start dates are later than the period's last day">error: 6 start dates are later than the period's last day
where: column F &quot;Start Date&quot;   F12, F47, F48, F49, F50, F51
asks: a date up to 30 September 2022
do: ask the partner to correct these dates against their own records</failure></testcase>
"#;
        let text = written(&sample::report());
        assert!(text.contains(expected), "{text}");
        assert!(text.contains("<testsuites name=\"quarterday\" tests=\"9\" failures=\"5\" errors=\"1\">"), "{text}");
        assert!(text.contains(
            "<testcase classname=\"not checked\" name=\"vanished-participant\"><skipped message=\"no previous period\"></skipped></testcase>"
        ));
        assert!(text.contains("<system-out>note: The heading is not in the schema"), "a note fails nothing: {text}");
        assert!(!text.contains('\u{1b}') && !text.contains("=90"), "{text}");
    }

    #[test]
    fn a_clean_source_still_has_a_case() {
        assert!(written(&sample::clean()).contains("tests=\"1\" failures=\"0\" errors=\"0\""));
    }
}
