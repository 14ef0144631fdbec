//! The codebook of an extract: Markdown for the person who analyses it.

use crate::DEMONSTRATION;
use crate::package::{Package, PackageVersion, Resource, STILL_PERSONAL};
use qd_disclosure::ClearedColumn;
use qd_model::{Reason, words};
use std::fmt::Write;

/// The text of a codebook.
pub fn codebook(package: &Package<'_>) -> String {
    let mut out = String::new();
    head(&mut out, package).expect("a string takes every text");
    for resource in &package.resources {
        table(&mut out, resource).expect("a string takes every text");
    }
    out
}

fn head(out: &mut String, package: &Package<'_>) -> std::fmt::Result {
    writeln!(out, "# {}\n", inline(package.title))?;
    if package.demonstration {
        writeln!(out, "**{DEMONSTRATION}.**\n")?;
    }
    writeln!(out, "For {}.\n", inline(package.recipient))?;
    if package.has_pseudonyms() {
        writeln!(out, "{STILL_PERSONAL}\n")?;
    }
    writeln!(out, "| | |\n|---|---|")?;
    for (label, text) in &package.notes {
        writeln!(out, "| {} | {} |", inline(label), inline(text))?;
    }
    for (label, text) in package.version.iter().flat_map(PackageVersion::lines) {
        writeln!(out, "| {label} | {} |", inline(&text))?;
    }
    if package.has_pseudonyms() {
        writeln!(out, "| Key | `{}`, epoch {} |", package.key_id, package.epoch)?;
        writeln!(out, "| Normaliser | version {} |", inline(&package.normaliser_version))?;
    }
    writeln!(out, "| Weights | there are no weights: every accepted record is here once |")?;
    if package.has_pseudonyms() {
        writeln!(
            out,
            "\nThe same person has the same pseudonym in every table, and in every extract of the same key and \
                       epoch. Blank stays blank. Rows are ordered by pseudonym."
        )?;
    }
    if package.has_reasons() {
        let reasons = words::list(&Reason::ALL.map(Reason::as_str));
        return writeln!(
            out,
            "\nA column `…_missing` says why the value before its name is not there: {reasons}. Blank there too means \
             that nobody said."
        );
    }
    writeln!(out, "\nAn empty value means that nothing was recorded.")
}

fn table(out: &mut String, resource: &Resource<'_>) -> std::fmt::Result {
    let table = resource.table;
    writeln!(out, "\n## {}\n", inline(table.name()))?;
    let rows = words::count(table.rows(), "row");
    writeln!(out, "`{}`: {rows}, {}.\n", resource.path, words::count(table.columns().len(), "column"))?;
    writeln!(out, "| column | title | type | treatment | what it holds |\n|---|---|---|---|---|")?;
    for column in table.columns() {
        let (name, title, treatment) = (code(&column.name), inline(&column.title), inline(&column.treatment));
        let holds = column.description.as_deref().map_or(String::new(), inline);
        writeln!(out, "| {name} | {title} | {} | {treatment} | {holds} |", column.field_type.as_str())?;
    }
    // The reasons are the same beside every column, and are told once.
    for column in table.columns().iter().filter(|column| !column.categories.is_empty() && column.treatment != "reason")
    {
        codes(out, column)?;
    }
    Ok(())
}

fn codes(out: &mut String, column: &ClearedColumn) -> std::fmt::Result {
    writeln!(out, "\nCodes of {}:\n\n| code | meaning |\n|---|---|", code(&column.name))?;
    for category in &column.categories {
        let label = category.label.as_deref().unwrap_or(&category.value);
        writeln!(out, "| {} | {} |", code(&category.value), inline(label))?;
    }
    Ok(())
}

/// A name or code as it is typed: inside back-ticks nothing is escaped but the bar of the table.
fn code(text: &str) -> String {
    format!("`{}`", text.replace('`', "'").replace('|', "\\|"))
}

/// Text inside a line or a cell of a Markdown table.
fn inline(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.split_whitespace().collect::<Vec<_>>().join(" ").chars() {
        if matches!(c, '|' | '\\' | '<' | '*' | '_' | '`' | '[') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn the_codebook_explains_every_column_and_code() {
        let table = sample::table();
        let text = codebook(&sample::package(&table));
        for part in [
            "# An extract\n",
            "| Version | 2 |\n| Supersedes | version 1, of which the manifest has the BLAKE3 digest 11ee |",
            "| Changes since | 1 record added, 2 changed, 3 withdrawn, of which 1 to delete |",
            "**Demonstration: invented people.**",
            "For A study.",
            "| Period | 2022-Q3 \\| July to September |",
            "## people\n\n`people.parquet`: 2 rows, 8 columns.",
            "| `born` | Date of birth | date | identified |  |",
            "Codes of `route`:\n\n| code | meaning |\n|---|---|\n| `-1` | Entry 1 |\n| `2` | 2 |",
        ] {
            assert!(text.contains(part), "no {part:?} in:\n{text}");
        }
        assert!(!text.contains("epoch"), "there is no pseudonym here:\n{text}");
    }

    #[test]
    fn pseudonyms_are_still_personal_data() {
        let table = sample::pseudonymised();
        let text = codebook(&sample::package(&table));
        assert!(text.contains("still personal data"), "{text}");
        assert!(text.contains("| Key | `abc`, epoch 1 |\n| Normaliser | version 1 |"), "{text}");
    }
}
