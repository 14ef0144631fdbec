//! What came in, and what was found in it by partner.

use super::{Section, charts, number, table};
use crate::entries::one_line;
use maud::{Markup, html};
use qd_model::Severity;
use qd_model::report::{Report, SourceReport};
use std::collections::BTreeMap;

pub(super) fn what_came_in(report: &Report) -> Section {
    let has_partners = report.sources.iter().any(|source| source.partner.is_some());
    let mut headings = vec!["Source", "Table", "Rows", "Accepted", "Held", "Reject", "Error", "Query", "Note"];
    if has_partners {
        headings.insert(0, "Partner");
    }
    let mut sources: Vec<&SourceReport> = report.sources.iter().collect();
    // What belongs to no partner comes last.
    sources.sort_by_key(|source| (source.partner.is_none(), &source.partner, &source.source));
    let rows = html! {
        @for source in sources {
            tr {
                @if has_partners { td { (source.partner.as_deref().unwrap_or("–")) } }
                th scope="row" { (name(source)) }
                td { (source.table.as_deref().or(source.schema.as_deref()).unwrap_or_default()) }
                @for count in [source.rows, source.accepted, source.held] { td class="number" { (number(count)) } }
                @for severity in Severity::ALL {
                    td class="number" { (number(source.findings.count(severity) as u64)) }
                }
            }
        }
    };
    let content = if report.sources.is_empty() {
        html! { p { "Nothing was read." } }
    } else {
        table("Sources with their rows and findings", &headings, &rows)
    };
    Section { id: "sources", title: "What came in", content }
}

fn name(source: &SourceReport) -> Markup {
    let Some(file) = &source.source else {
        // What is found between files, and about files that did not come, stands in none of them.
        return if source.partner.is_some() {
            html! { "not received" }
        } else {
            html! { "between files and partners" }
        };
    };
    html! {
        (one_line(file))
        @if let Some(sheet) = &source.sheet { " › " (one_line(sheet)) }
        @if source.is_rejected { " (rejected)" }
    }
}

pub(super) fn by_partner(report: &Report) -> Option<Section> {
    let mut partners: BTreeMap<&str, [u64; 4]> = BTreeMap::new();
    for source in &report.sources {
        let Some(partner) = &source.partner else { continue };
        let counts = partners.entry(partner).or_default();
        for severity in Severity::ALL {
            counts[severity as usize] += source.findings.count(severity) as u64;
        }
    }
    if partners.len() < 2 {
        return None;
    }
    let total = |counts: &[u64; 4]| counts.iter().sum::<u64>();
    let most = partners.values().map(total).max().unwrap_or_default();
    let rows = html! {
        @for (partner, counts) in &partners {
            tr {
                th scope="row" { (partner) }
                @for count in counts { td class="number" { (number(*count)) } }
                td class="number" { (number(total(counts))) }
                td { (charts::of_most(total(counts), most)) }
            }
        }
    };
    let headings = ["Partner", "Reject", "Error", "Query", "Note", "All", "Compared"];
    let content = table("Findings of each partner by severity", &headings, &rows);
    Some(Section { id: "by-partner", title: "Findings by partner", content })
}
