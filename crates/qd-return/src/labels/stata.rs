//! Stata: a do-file in which codes become numbers with value labels, and reasons `.a` to `.f`.

use super::{Labels, Variable, about, reasons, variables};
use qd_disclosure::ClearedTable;
use qd_model::Reason;
use std::fmt::Write;

/// Names are at most 32 characters there, and labels at most 80.
#[derive(Debug)]
pub(super) struct Stata;

const LONGEST_NAME: usize = 32;
const LONGEST_LABEL: usize = 80;

impl Labels for Stata {
    fn name(&self) -> &'static str {
        "stata"
    }

    fn ending(&self) -> &'static str {
        "do"
    }

    fn script(&self, table: &ClearedTable, csv: &str) -> String {
        let mut out = String::new();
        write_script(&mut out, table, csv).expect("a string takes every text");
        out
    }
}

fn write_script(out: &mut String, table: &ClearedTable, csv: &str) -> std::fmt::Result {
    for line in about(table, csv) {
        writeln!(out, "* {line}")?;
    }
    writeln!(out, "version 16\nclear")?;
    writeln!(
        out,
        "import delimited using \"{csv}\", varnames(1) case(preserve) stringcols(_all) encoding(\"utf-8\") bindquote(strict) maxquotedrows(unlimited)"
    )?;
    for (number, variable) in variables(table).iter().enumerate() {
        column(out, variable, number)?;
    }
    writeln!(out, "compress")
}

fn column(out: &mut String, variable: &Variable<'_>, number: usize) -> std::fmt::Result {
    let name = cut(variable.name(), LONGEST_NAME);
    let set = format!("codes{number}");
    writeln!(out, "\n* {}", variable.title().replace(['\n', '"'], " "))?;
    let is_numeric = variable.is_coded() || variable.is_number() || variable.is_date() || variable.is_truth();
    if variable.is_coded() || variable.is_truth() {
        writeln!(out, "generate long quarterday_new = .")?;
        let codes: Vec<(String, String)> = if variable.is_truth() {
            vec![("false".to_owned(), "No".to_owned()), ("true".to_owned(), "Yes".to_owned())]
        } else {
            variable.codes().map(|(code, label)| (code.to_owned(), label.to_owned())).collect()
        };
        for (at, (code, label)) in codes.iter().enumerate() {
            let at = if variable.is_truth() { at } else { at + 1 };
            writeln!(out, "replace quarterday_new = {at} if {name} == {}", quoted(code))?;
            writeln!(out, "label define {set} {at} {}, add", quoted(&cut(label, LONGEST_LABEL)))?;
        }
    } else if variable.is_date() {
        writeln!(out, "generate long quarterday_new = date({name}, \"YMD\")\nformat quarterday_new %td")?;
    } else if variable.is_number() {
        writeln!(out, "generate double quarterday_new = real({name})")?;
    }
    if is_numeric {
        if let Some(companion) = variable.reasons {
            let companion = cut(companion, LONGEST_NAME);
            for reason in reasons() {
                let (letter, words) = (reason.letter(), reason.as_str());
                writeln!(out, "replace quarterday_new = .{letter} if {companion} == \"{words}\"")?;
            }
            reason_labels(out, &set)?;
            writeln!(out, "drop {companion}")?;
        }
        writeln!(out, "drop {name}\nrename quarterday_new {name}")?;
        if variable.is_coded() || variable.is_truth() || variable.reasons.is_some() && !variable.is_date() {
            writeln!(out, "label values {name} {set}")?;
        }
    }
    writeln!(out, "label variable {name} {}", quoted(&cut(variable.title(), LONGEST_LABEL)))
}

fn reason_labels(out: &mut String, set: &str) -> std::fmt::Result {
    for reason in Reason::ALL {
        writeln!(out, "label define {set} .{} \"{}\", add", reason.letter(), reason.as_str())?;
    }
    Ok(())
}

/// Compound quotation marks let a text hold plain ones; what ends or expands them is taken out.
fn quoted(text: &str) -> String {
    let text: String =
        text.chars().map(|c| if matches!(c, '`' | '"' | '$' | '\n' | '\r') { '\'' } else { c }).collect();
    format!("\"{text}\"")
}

fn cut(text: &str, longest: usize) -> String {
    text.chars().take(longest).collect()
}

#[cfg(test)]
#[path = "../../../../tests/stata/language.rs"]
mod language;

#[cfg(test)]
mod tests {
    use super::language::{Takes, read, variable};
    use super::*;
    use crate::sample;

    fn names(table: &ClearedTable) -> Vec<&str> {
        table.columns().iter().map(|column| column.name.as_str()).collect()
    }

    #[test]
    fn every_line_of_a_script_is_one_that_stata_has() {
        for table in [sample::table(), sample::with_reasons(), sample::pseudonymised()] {
            let script = Stata.script(&table, "labels/people.csv");
            let session = read(&script, &names(&table)).unwrap_or_else(|fault| panic!("{fault}\n{script}"));
            let reasons = table.columns().iter().filter(|column| column.treatment == "reason").count();
            assert!(
                session.variables.len() <= table.columns().len()
                    && session.variables.len() + reasons >= table.columns().len()
            );
            let columns = variables(&table).into_iter().filter(Variable::is_coded);
            for of in columns {
                let codes = of.codes().map(|(code, _)| code.to_owned()).collect();
                assert_eq!(session.takes.get(&variable(of.name())), Some(&Takes::Codes(codes)));
            }
        }
    }

    #[test]
    fn what_stata_would_refuse_is_seen() {
        let table = sample::with_reasons();
        let script = Stata.script(&table, "labels/people.csv");
        assert!(script.contains(".f \"withheld for disclosure\""), "{script}");
        for (from, to) in [
            ("label variable", "label varible"),
            ("rename quarterday_new ", "rename quarterday_old "),
            ("label values ", "label values nobody_"),
            (", add", ""),
            ("= .f if", "= .! if"),
            ("\"refused\"", "\"refused"),
            ("\"refused\"", "\"`refused'\""),
        ] {
            let wrong = script.replacen(from, to, 1);
            assert_ne!(wrong, script, "{from}");
            assert!(read(&wrong, &names(&table)).is_err(), "{to}");
        }
    }
}
