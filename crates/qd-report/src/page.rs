//! The report as a page: one file that needs no other and no network, readable on paper, by keyboard
//! and by a screen reader, in light and in dark.

mod charts;
mod completeness;
mod findings;
mod run;
mod sources;

pub use run::{Change, Previous, ReturnLine, RunFacts};

use crate::entries;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use qd_model::report::Report;
use qd_model::{Severity, words};

/// What a browser may load for the page: its own style, and nothing else.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// The internal page of a run: what came in, what was held and why, and what became of the returns.
pub fn summary(report: &Report, run: &RunFacts<'_>, tool: &str) -> String {
    page(report, Some(run), tool)
}

/// The page of a report; of a whole run where its facts are given.
pub(crate) fn page(report: &Report, run: Option<&RunFacts<'_>>, tool: &str) -> String {
    let causes = entries::causes(report);
    let sections: Vec<Section> = [
        Some(in_short(report)),
        run.map(run::returns),
        Some(sources::what_came_in(report)),
        sources::by_partner(report),
        findings::by_cause(&causes),
        findings::in_full(&causes),
        completeness::of_fields(report),
        run.and_then(|run| run.previous.as_ref()).map(run::change),
        not_checked(report),
    ]
    .into_iter()
    .flatten()
    .collect();
    let title = match (run, report.sources.len()) {
        (Some(run), _) => run.title.to_owned(),
        (None, sources) => format!("Check of {}", words::count(sources, "source")),
    };
    let markup = html! {
        (DOCTYPE)
        html lang="en-GB" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                title { (title) (period_of(report).map_or(String::new(), |period| format!(" · {period}"))) }
                style { (PreEscaped(include_str!("page/style.css"))) }
            }
            body {
                a class="skip" href="#main" { "Skip to the report" }
                header {
                    h1 { (title) }
                    @if let Some(period) = &report.period { p { (period) } }
                    @if let Some(day) = report.as_of { p { "As of " (words::date(day)) } }
                    @if let Some(run) = run {
                        @if run.demonstration { p class="mark" { "Demonstration: invented people" } }
                        p class="mark" { "Internal: for the people who run the programme. It does not leave." }
                    }
                }
                nav aria-label="Parts of the report" {
                    ul { @for section in &sections { li { a href=(format!("#{}", section.id)) { (section.title) } } } }
                }
                main id="main" {
                    @for section in &sections {
                        section aria-labelledby=(section.id) {
                            h2 id=(section.id) { (section.title) }
                            (section.content)
                        }
                    }
                }
                footer {
                    p { "Quarterday " (tool) ". Values of names, documents and special categories are never shown." }
                }
            }
        }
    };
    let mut text = markup.into_string();
    text.push('\n');
    text
}

/// A part of the page.
struct Section {
    id: &'static str,
    title: &'static str,
    content: Markup,
}

fn period_of(report: &Report) -> Option<&str> {
    report.period.as_ref().map(|period| period.label.as_str())
}

fn in_short(report: &Report) -> Section {
    let summary = report.summary();
    let rejected: u64 = report.sources.iter().map(|source| source.rejected).sum();
    let rows = [("accepted", summary.accepted), ("held", summary.held), ("in rejected sources", rejected)];
    let content = html! {
        p { (entries::rows_in_words(report)) " " (entries::findings_in_words(report)) }
        (charts::shares("Rows by what became of them", &rows))
        dl class="tiles" {
            @for severity in Severity::ALL {
                div {
                    dt { (badge(severity)) }
                    dd { (words::thousands(summary.of(severity))) }
                }
            }
        }
        p class="small" {
            "A reject means that a whole source cannot be used; an error holds its row; a query lets the row go on "
            "but blocks the returns that use it until somebody has looked; a note is for information."
        }
    };
    Section { id: "in-short", title: "In short", content }
}

fn not_checked(report: &Report) -> Option<Section> {
    if report.not_checked.is_empty() {
        return None;
    }
    let content = table(
        "Checks that could not be made",
        &["Check", "Why", "Rows"],
        &html! {
            @for gap in &report.not_checked {
                tr { th scope="row" { code { (gap.code) } } td { (gap.reason) } td class="number" { (number(gap.rows)) } }
            }
        },
    );
    Some(Section { id: "not-checked", title: "Not checked", content })
}

/// The severity as a word with a sign of its own, so that colour is never needed to tell it.
fn badge(severity: Severity) -> Markup {
    let sign = match severity {
        Severity::Reject => "✕",
        Severity::Error => "▲",
        Severity::Query => "?",
        Severity::Note => "i",
    };
    html! {
        span class=(format!("badge {}", severity.as_str())) {
            span aria-hidden="true" { (sign) " " } (severity.as_str())
        }
    }
}

/// A table that scrolls by itself where the page is narrow, also by keyboard. Columns whose heading
/// is a word of numbers stand to the right.
fn table(caption: &str, headings: &[&str], rows: &Markup) -> Markup {
    html! {
        div class="scroll" role="group" aria-label=(caption) tabindex="0" {
            table {
                caption { (caption) }
                thead {
                    tr {
                        @for heading in headings {
                            th scope="col" class=[NUMBERS.contains(heading).then_some("number")] { (heading) }
                        }
                    }
                }
                tbody { (rows) }
            }
        }
    }
}

/// Headings of columns that hold numbers.
const NUMBERS: [&str; 18] = [
    "Rows",
    "Accepted",
    "Held",
    "Reject",
    "Error",
    "Query",
    "Note",
    "Findings",
    "Sources",
    "People",
    "Files",
    "Before",
    "Now",
    "Change",
    "Filled in",
    "Of rows",
    "Per cent",
    "All",
];

/// A nought is easier to overlook than to read, which is what it is there for.
fn number(value: u64) -> Markup {
    if value == 0 {
        return html! { span aria-hidden="true" { "·" } span class="aside" { "0" } };
    }
    html! { (words::thousands(value)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    /// What has to be so for the page to be read by everybody, as far as text can tell; a browser
    /// and a validator see the rest by hand.
    fn check(page: &str) {
        assert!(page.starts_with("<!DOCTYPE html><html lang=\"en-GB\">"), "{page}");
        for outside in ["<script", "<link", "<img", "src=", "url(h", "@import", "href=\"http", " style=\""] {
            assert!(!page.contains(outside), "the page stands alone: {outside}");
        }
        for (open, close) in [("<table", "</table>"), ("<section", "</section>"), ("<svg", "</svg>")] {
            assert_eq!(page.matches(open).count(), page.matches(close).count(), "{open}");
        }
        assert_eq!(page.matches("<h1").count(), 1, "one title");
        assert_eq!(page.matches("<table").count(), page.matches("<caption>").count(), "each table has a caption");
        assert_eq!(page.matches("<th>").count(), 0, "each heading of a table says what it heads");
        for link in page.match_indices("href=\"#").map(|(at, found)| &page[at + found.len()..]) {
            let id = link.split('"').next().expect("a link ends");
            assert_eq!(page.matches(&format!("id=\"{id}\"")).count(), 1, "#{id} is there once");
        }
    }

    #[test]
    fn a_page_is_whole_whatever_it_reports() {
        for report in [sample::report(), sample::clean(), Report::default(), sample::flood(4000), sample::shifted(120)]
        {
            check(&page(&report, None, "0.1.0"));
        }
    }

    #[test]
    fn what_a_partner_typed_stays_text() {
        let mut report = sample::report();
        report.sources[0].source = Some("<b>oak</b>\u{1b}.xlsx".to_owned());
        report.sources[0].partner = Some("a\"b".to_owned());
        let text = page(&report, None, "0.1.0");
        check(&text);
        assert!(text.contains("&lt;b&gt;oak&lt;/b&gt;␛.xlsx") && !text.contains('\u{1b}'), "{text}");
    }

    #[test]
    fn a_run_says_what_became_of_its_returns_and_what_changed() {
        let line = |name: &'static str, blocked: &[&str]| ReturnLine {
            name: name.to_owned(),
            recipient: "funder".to_owned(),
            people: 3,
            rows: 4,
            files: 2,
            blocked: blocked.iter().map(|reason| (*reason).to_owned()).collect(),
        };
        let facts = RunFacts {
            title: "Example programme",
            demonstration: true,
            people: (1, Some(2)),
            returns: vec![line("list", &[]), line("statistics", &["correct or explain 2 queries (long-course)"])],
            previous: Some(Previous {
                label: "2022-Q2".to_owned(),
                people: 4,
                lines: vec![Change {
                    partner: "north".to_owned(),
                    table: "participants".to_owned(),
                    before: 10,
                    now: 115,
                }],
            }),
        };
        let text = page(&sample::report(), Some(&facts), "0.1.0");
        check(&text);
        for said in ["1 person this period, 2 in the project so far", "correct or explain 2 queries", "+105", "2022-Q2"]
        {
            assert!(text.contains(said), "{said}: {text}");
        }
    }
}
