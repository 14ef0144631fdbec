//! What was found and why: a line per cause, then each with its places and what to do.

use super::{Section, badge, charts, number, table};
use crate::entries::{Cause, Entry};
use maud::{Markup, html};
use qd_model::words;

/// Causes in full; a page with more would be read by nobody, and the machine formats have them all.
const IN_FULL: usize = 100;
/// Sources under a cause.
const SOURCES: usize = 12;

pub(super) fn by_cause(causes: &[Cause<'_>]) -> Option<Section> {
    if causes.is_empty() {
        return None;
    }
    let most = causes.iter().map(Cause::findings).max().unwrap_or_default() as u64;
    let rows = html! {
        @for (at, cause) in causes.iter().enumerate().take(IN_FULL) {
            tr {
                th scope="row" { a href=(format!("#cause-{}", at + 1)) { (cause.headline()) } }
                td { (badge(cause.lead().fault.severity)) }
                td class="number" { (number(cause.findings() as u64)) }
                td class="number" { (number(cause.entries.len() as u64)) }
                td { (charts::of_most(cause.findings() as u64, most)) }
            }
        }
    };
    let content = html! {
        (table("Each kind of finding, the most serious first", &["What", "Severity", "Findings", "Sources", "Compared"], &rows))
        @if causes.len() > IN_FULL {
            @let rest = causes[IN_FULL..].iter().map(Cause::findings).sum();
            p { "And " (words::count(causes.len() - IN_FULL, "more kind")) " with " (words::count(rest, "finding")) ", which the machine formats list." }
        }
    };
    Some(Section { id: "by-cause", title: "Findings by cause", content })
}

pub(super) fn in_full(causes: &[Cause<'_>]) -> Option<Section> {
    if causes.is_empty() {
        return None;
    }
    let content = html! {
        @for (at, cause) in causes.iter().enumerate().take(IN_FULL) { (full(at + 1, cause)) }
    };
    Some(Section { id: "findings", title: "What was found, and what to do", content })
}

fn full(number: usize, cause: &Cause<'_>) -> Markup {
    let lead = cause.lead();
    let fault = lead.fault;
    html! {
        article class="cause" {
            h3 id=(format!("cause-{number}")) { (badge(fault.severity)) " " (cause.headline()) }
            ul class="places" {
                @for entry in cause.entries.iter().take(SOURCES) { li { (place(entry)) } }
                @if cause.entries.len() > SOURCES {
                    @let rest = cause.entries[SOURCES..].iter().map(|entry| entry.count).sum();
                    li { (words::count(rest, "finding")) " in " (words::count(cause.entries.len() - SOURCES, "more source")) }
                }
            }
            dl {
                @if let Some(beside) = cause.beside_in_words(usize::MAX) { div { dt { "Also" } dd { (beside) } } }
                @if let Some(asks) = lead.asks() { div { dt { "Asked" } dd { (asks) } } }
                @if let Some(reason) = lead.explained { div { dt { "Explained" } dd { (reason) } } }
                @else if !fault.fix.is_empty() { div { dt { "To do" } dd { (fault.fix) } } }
                div { dt { "Code" } dd { code { (fault.code) } @if fault.trial { " (on trial)" } } }
            }
        }
    }
}

fn place(entry: &Entry<'_>) -> Markup {
    html! {
        @if let Some(source) = entry.source_in_words() { (source) }
        @if let Some(places) = entry.places_with_values() { ": " (places) }
        @if let Some(typed) = entry.typed() { "; typed " (typed) }
        @if let Some(class) = entry.withheld { span class="small" { " (values withheld: " (class.phrase()) ")" } }
    }
}
