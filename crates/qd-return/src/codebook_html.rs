//! The codebook of an extract as a page for people who do not read Markdown: one file, nothing loaded.

use crate::DEMONSTRATION;
use crate::package::{Package, PackageVersion, Resource, STILL_PERSONAL};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use qd_disclosure::ClearedColumn;
use qd_model::{Reason, words};

const STYLE: &str = "\
:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}\
table{border-collapse:collapse;margin:1rem 0;width:100%}caption{text-align:left;font-weight:600;padding:.3rem 0}\
th,td{border-bottom:1px solid #8886;padding:.35rem .6rem;text-align:left;vertical-align:top}code{font-size:.95em}\
.notice{border-left:.3rem solid #b58900;padding:.4rem 1rem;margin:1rem 0}@media print{body{max-width:none;font-size:11pt}}";

/// The text of the page.
pub fn codebook_html(package: &Package<'_>) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en-GB" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (package.title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    h1 { (package.title) }
                    @if package.demonstration { p { strong { (DEMONSTRATION) "." } } }
                    p { "For " (package.recipient) "." }
                    @if package.has_pseudonyms() { p.notice role="note" { (STILL_PERSONAL) } }
                    (about(package))
                    nav aria-label="Tables" {
                        ul {
                            @for resource in &package.resources {
                                li { a href={ "#" (anchor(resource)) } { (resource.table.name()) } }
                            }
                        }
                    }
                    @for resource in &package.resources { (table(resource)) }
                }
            }
        }
    };
    page.into_string()
}

fn about(package: &Package<'_>) -> Markup {
    html! {
        table {
            caption { "About this extract" }
            tbody {
                @for (label, text) in &package.notes { tr { th scope="row" { (label) } td { (text) } } }
                @for (label, text) in package.version.iter().flat_map(PackageVersion::lines) {
                    tr { th scope="row" { (label) } td { (text) } }
                }
                @if package.has_pseudonyms() {
                    tr { th scope="row" { "Key" } td { code { (package.key_id) } ", epoch " (package.epoch) } }
                    tr { th scope="row" { "Normaliser" } td { "version " (package.normaliser_version) } }
                }
                tr { th scope="row" { "Weights" } td { "There are no weights: every person who was accepted is here once per record." } }
            }
        }
        @if package.has_pseudonyms() {
            p { "The same person has the same pseudonym in every table, and in every extract of the same key and epoch. Rows are ordered by pseudonym." }
        }
        @if package.has_reasons() {
            p { "A column " code { "…_missing" } " says why the value before its name is not there: " (words::list(&Reason::ALL.map(Reason::as_str))) ". Blank there too means that nobody said." }
        } @else {
            p { "An empty value means that nothing was recorded." }
        }
    }
}

fn anchor(resource: &Resource<'_>) -> String {
    format!("table-{}", resource.table.name().replace(' ', "-"))
}

fn table(resource: &Resource<'_>) -> Markup {
    let table = resource.table;
    html! {
        section aria-labelledby=(anchor(resource)) {
            h2 id=(anchor(resource)) { (table.name()) }
            p { code { (resource.path) } ": " (words::count(table.rows(), "row")) ", " (words::count(table.columns().len(), "column")) "." }
            table {
                caption { "Columns of " (table.name()) }
                thead { tr { @for heading in ["Column", "Title", "Type", "Treatment", "What it holds"] { th scope="col" { (heading) } } } }
                tbody {
                    @for column in table.columns() {
                        tr {
                            th scope="row" { code { (column.name) } }
                            td { (column.title) }
                            td { (column.field_type.as_str()) }
                            td { (column.treatment) }
                            td { (column.description.as_deref().unwrap_or_default()) }
                        }
                    }
                }
            }
            @for column in table.columns().iter().filter(|column| has_codes(column)) { (codes(column)) }
        }
    }
}

/// The reasons are the same beside every column, and are told once.
fn has_codes(column: &ClearedColumn) -> bool {
    !column.categories.is_empty() && column.treatment != "reason"
}

fn codes(column: &ClearedColumn) -> Markup {
    html! {
        table {
            caption { "Codes of " code { (column.name) } }
            thead { tr { th scope="col" { "Code" } th scope="col" { "Meaning" } } }
            tbody {
                @for category in &column.categories {
                    tr { th scope="row" { code { (category.value) } } td { (category.label.as_deref().unwrap_or(&category.value)) } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn the_page_explains_every_column_and_code() {
        let table = sample::table();
        let page = codebook_html(&sample::package(&table));
        for part in [
            "<h1>An extract</h1>",
            "Demonstration: invented people",
            "There are no weights",
            "<code>route</code>",
            "Entry 1",
        ] {
            assert!(page.contains(part), "no {part:?} in:\n{page}");
        }
        assert!(page.contains("2022-Q3 | July to September") && !page.contains("<script"));
        let table = sample::pseudonymised();
        assert!(codebook_html(&sample::package(&table)).contains("still personal data"));
    }
}
