//! R, without any package: a function that gives a data frame with factors, dates and labels.

use super::{Labels, Variable, about, reasons, variables};
use qd_disclosure::ClearedTable;
use std::fmt::Write;

/// R reads text as it stands; reasons become an attribute beside each column.
#[derive(Debug)]
pub(super) struct R;

impl Labels for R {
    fn name(&self) -> &'static str {
        "r"
    }

    fn ending(&self) -> &'static str {
        "R"
    }

    fn script(&self, table: &ClearedTable, csv: &str) -> String {
        let mut out = String::new();
        write_script(&mut out, table, csv).expect("a string takes every text");
        out
    }
}

fn write_script(out: &mut String, table: &ClearedTable, csv: &str) -> std::fmt::Result {
    for line in about(table, csv) {
        writeln!(out, "# {line}")?;
    }
    let name: String = table.name().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    writeln!(out, "\nread_{name} <- function(folder = \".\") {{")?;
    writeln!(
        out,
        "  data <- utils::read.csv(file.path(folder, {}), colClasses = \"character\", na.strings = \"\", encoding = \"UTF-8\", check.names = FALSE)",
        quoted(csv)
    )?;
    writeln!(out, "  # A text that a spreadsheet would take for a formula has an apostrophe before it.")?;
    writeln!(out, "  data[] <- lapply(data, function(text) sub(\"^'(?=[-=+@])\", \"\", text, perl = TRUE))")?;
    let all: Vec<String> = reasons().map(|reason| quoted(reason.as_str())).collect();
    writeln!(out, "  reasons <- c({})", all.join(", "))?;
    for variable in variables(table) {
        column(out, &variable)?;
    }
    writeln!(out, "  data\n}}\n\n{name} <- read_{name}()")
}

fn column(out: &mut String, variable: &Variable<'_>) -> std::fmt::Result {
    let place = format!("data[[{}]]", quoted(variable.name()));
    if variable.is_coded() {
        let (codes, labels): (Vec<String>, Vec<String>) =
            variable.codes().map(|(code, label)| (quoted(code), quoted(label))).unzip();
        writeln!(
            out,
            "  {place} <- factor({place}, levels = c({}), labels = c({}))",
            codes.join(", "),
            labels.join(", ")
        )?;
    } else if variable.is_number() {
        writeln!(out, "  {place} <- as.numeric({place})")?;
    } else if variable.is_date() {
        writeln!(out, "  {place} <- as.Date({place})")?;
    } else if variable.is_truth() {
        writeln!(out, "  {place} <- {place} == \"true\"")?;
    }
    writeln!(out, "  attr({place}, \"label\") <- {}", quoted(variable.title()))?;
    if let Some(companion) = variable.reasons {
        let companion = format!("data[[{}]]", quoted(companion));
        writeln!(out, "  {companion} <- factor({companion}, levels = reasons)")?;
    }
    Ok(())
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
