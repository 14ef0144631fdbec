//! SPSS, and its free twin PSPP: a syntax file in which codes become numbers with value labels, and
//! reasons user-missing values.

use super::{Labels, Variable, about, reasons, variables};
use qd_disclosure::{ClearedColumn, ClearedTable};
use qd_model::Reason;
use std::fmt::Write;

/// User-missing values lie far below anything that is counted.
#[derive(Debug)]
pub(super) struct Spss;

const MISSING: i32 = -999_990;
const LONGEST_LABEL: usize = 120;

impl Labels for Spss {
    fn name(&self) -> &'static str {
        "spss"
    }

    fn ending(&self) -> &'static str {
        "sps"
    }

    fn script(&self, table: &ClearedTable, csv: &str) -> String {
        let mut out = String::new();
        write_script(&mut out, table, csv).expect("a string takes every text");
        out
    }
}

fn number(reason: Reason) -> i32 {
    MISSING - i32::from(reason.number())
}

fn write_script(out: &mut String, table: &ClearedTable, csv: &str) -> std::fmt::Result {
    for line in about(table, csv) {
        writeln!(out, "* {}.", line.trim_end_matches('.'))?;
    }
    writeln!(out, "\nGET DATA /TYPE=TXT /FILE={} /ENCODING='UTF-8' /ARRANGEMENT=DELIMITED", quoted(csv))?;
    writeln!(out, "  /FIRSTCASE=2 /DELIMITERS=',' /QUALIFIER='\"' /VARIABLES=")?;
    // Everything is read as text first, so that a blank and a reason can be told apart.
    let columns: Vec<String> =
        table.columns().iter().enumerate().map(|(at, column)| format!("    t{at} A{}", width(column))).collect();
    writeln!(out, "{}.", columns.join("\n"))?;
    let place = |name: &str| table.index_of(name).expect("it is one of the table's columns");
    let mut kept = Vec::new();
    for variable in variables(table) {
        let name = variable.name();
        column(out, &variable, place(name), variable.reasons.map(place))?;
        kept.push(name.to_owned());
    }
    writeln!(out, "\nMATCH FILES /FILE=* /KEEP={}.\nEXECUTE.", kept.join("\n  "))
}

fn column(out: &mut String, variable: &Variable<'_>, at: usize, companion: Option<usize>) -> std::fmt::Result {
    let name = variable.name();
    writeln!(out)?;
    let is_numeric = variable.is_coded() || variable.is_truth() || variable.is_number() || variable.is_date();
    let mut labels: Vec<(i64, String)> = Vec::new();
    if variable.is_coded() || variable.is_truth() {
        let codes: Vec<(i64, String, String)> = if variable.is_truth() {
            vec![(0, "false".to_owned(), "No".to_owned()), (1, "true".to_owned(), "Yes".to_owned())]
        } else {
            let codes = variable.codes().enumerate();
            codes.map(|(at, (code, label))| (at as i64 + 1, code.to_owned(), label.to_owned())).collect()
        };
        writeln!(out, "NUMERIC {name} (F8.0).")?;
        for (number, code, label) in codes {
            writeln!(out, "IF (t{at} EQ {}) {name} = {number}.", quoted(&code))?;
            labels.push((number, label));
        }
    } else if variable.is_date() {
        writeln!(out, "NUMERIC {name} (EDATE10).")?;
        writeln!(
            out,
            "IF (t{at} NE '') {name} = DATE.DMY(NUMBER(SUBSTR(t{at}, 9, 2), F2.0), NUMBER(SUBSTR(t{at}, 6, 2), F2.0), NUMBER(SUBSTR(t{at}, 1, 4), F4.0))."
        )?;
    } else if variable.is_number() {
        let is_whole = !matches!(variable.column.field_type, qd_model::FieldType::Number);
        writeln!(out, "NUMERIC {name} ({}).", if is_whole { "F12.0" } else { "F12.4" })?;
        writeln!(out, "IF (t{at} NE '') {name} = NUMBER(t{at}, F40.0).")?;
    } else {
        writeln!(out, "STRING {name} (A{}).\nCOMPUTE {name} = t{at}.", width(variable.column))?;
    }
    // A date that far below would be before the calendar; its reasons stay unsaid.
    if let Some(companion) = companion.filter(|_| is_numeric && !variable.is_date()) {
        for reason in reasons() {
            writeln!(out, "IF (t{companion} EQ '{}') {name} = {}.", reason.as_str(), number(reason))?;
            labels.push((i64::from(number(reason)), reason.as_str().to_owned()));
        }
        let (first, last) = (number(Reason::NotAsked), number(Reason::Withheld));
        writeln!(out, "MISSING VALUES {name} ({last} THRU {first}).")?;
    }
    writeln!(out, "VARIABLE LABELS {name} {}.", quoted(&cut(variable.title())))?;
    if !labels.is_empty() {
        let labels: Vec<String> =
            labels.iter().map(|(number, label)| format!("  {number} {}", quoted(&cut(label)))).collect();
        writeln!(out, "VALUE LABELS {name}\n{}.", labels.join("\n"))?;
    }
    Ok(())
}

/// How many bytes a column's texts may take.
fn width(column: &ClearedColumn) -> usize {
    let longest = column.categories.iter().map(|category| category.value.len()).max();
    longest.unwrap_or(if column.is_pseudonym() { qd_disclosure::PSEUDONYM_LENGTH } else { 120 }).max(8)
}

fn quoted(text: &str) -> String {
    // Either mark is doubled or none: an apostrophe is the one that labels have.
    format!("'{}'", text.replace('\'', "''").replace(['\n', '\r'], " "))
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST_LABEL).collect()
}
