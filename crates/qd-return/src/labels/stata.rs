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
mod tests {
    //! There is no Stata here. What follows reads a do-file by the rules of Stata's language as far as our
    //! scripts use it: commands, names, quotation, what each line may say, and that every variable and label
    //! exists where it is used. It shows that a script is well-formed, and not that Stata has run it.

    use super::*;
    use crate::sample;
    use std::collections::{BTreeMap, BTreeSet};

    /// The words of a line: a quoted text is one, with its quotation marks.
    fn words(line: &str) -> Result<Vec<String>, String> {
        let (mut words, mut word, mut is_inside) = (Vec::new(), String::new(), false);
        for c in line.chars() {
            match c {
                '"' => {
                    word.push(c);
                    is_inside = !is_inside;
                }
                ' ' | ',' | '=' | '(' | ')' if !is_inside => {
                    if !word.is_empty() {
                        words.push(std::mem::take(&mut word));
                    }
                    if c != ' ' {
                        words.push(c.to_string());
                    }
                }
                '`' | '$' => return Err("a macro would be expanded".to_owned()),
                c if c.is_control() => return Err("a control character".to_owned()),
                c => word.push(c),
            }
        }
        if is_inside {
            return Err("a text that does not end".to_owned());
        }
        if !word.is_empty() {
            words.push(word);
        }
        Ok(words)
    }

    fn is_name(word: &str) -> bool {
        const RESERVED: [&str; 12] =
            ["_all", "_n", "_N", "_cons", "if", "in", "using", "with", "byte", "int", "long", "double"];
        let starts = word.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_');
        starts
            && word.chars().all(|c| c.is_alphanumeric() || c == '_')
            && word.chars().count() <= 32
            && !RESERVED.contains(&word)
    }

    /// A text between quotation marks, of at most so many characters.
    fn text(word: &str, longest: usize) -> Option<&str> {
        let inside = word.strip_prefix('"')?.strip_suffix('"')?;
        (inside.chars().count() <= longest && !inside.contains('"')).then_some(inside)
    }

    fn is_missing(word: &str) -> bool {
        matches!(word.as_bytes(), [b'.', b'a'..=b'z'])
    }

    #[derive(Default)]
    struct Session {
        variables: BTreeMap<String, bool>,
        /// Value labels, and what each names.
        labels: BTreeMap<String, BTreeSet<String>>,
    }

    impl Session {
        fn is_text(&self, name: &str) -> Option<bool> {
            self.variables.get(name).copied()
        }

        fn line(&mut self, line: &str) -> Result<(), String> {
            let words = words(line)?;
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let good = match words.as_slice() {
                ["version", number] => number.parse::<u32>().is_ok(),
                ["clear" | "compress"] => true,
                ["import", "delimited", "using", file, ",", ..] => text(file, 260).is_some(),
                ["generate", "long" | "double", name, "=", "."] => {
                    self.variables.insert((*name).to_owned(), false).is_none() && is_name(name)
                }
                ["generate", "double", name, "=", "real", "(", of, ")"]
                | ["generate", "long", name, "=", "date", "(", of, ",", "\"YMD\"", ")"] => {
                    self.is_text(of) == Some(true) && self.variables.insert((*name).to_owned(), false).is_none()
                }
                ["format", name, "%td"] => self.is_text(name) == Some(false),
                ["replace", name, "=", value, "if", of, "=", "=", code] => {
                    (value.parse::<i64>().is_ok() || is_missing(value))
                        && self.is_text(name) == Some(false)
                        && self.is_text(of) == Some(true)
                        && text(code, 2045).is_some()
                }
                ["label", "define", set, value, label, ",", "add"] => {
                    let is_new = self.labels.entry((*set).to_owned()).or_default().insert((*value).to_owned());
                    is_new
                        && is_name(set)
                        && (value.parse::<i64>().is_ok() || is_missing(value))
                        && text(label, 32_000).is_some()
                }
                ["label", "values", name, set] => self.is_text(name) == Some(false) && self.labels.contains_key(*set),
                ["label", "variable", name, label] => self.variables.contains_key(*name) && text(label, 80).is_some(),
                ["drop", name] => self.variables.remove(*name).is_some(),
                ["rename", old, new] => {
                    let is_text = self.variables.remove(*old).ok_or("no such variable")?;
                    is_name(new) && self.variables.insert((*new).to_owned(), is_text).is_none()
                }
                _ => false,
            };
            if good {
                Ok(())
            } else {
                Err("not what Stata's language has, or of something that is not there".to_owned())
            }
        }
    }

    /// Reads a script to its end; all columns of the text file come in as texts.
    fn read(script: &str, table: &ClearedTable) -> Result<Session, String> {
        let mut session = Session::default();
        for column in table.columns() {
            let name = cut(&column.name, LONGEST_NAME);
            if !is_name(&name) || session.variables.insert(name, true).is_some() {
                return Err(format!("{}: no name of a variable, or two of one", column.name));
            }
        }
        for (number, line) in script.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with("* "))
        {
            session.line(line).map_err(|fault| format!("line {}: {fault}: {line}", number + 1))?;
        }
        Ok(session)
    }

    #[test]
    fn every_line_of_a_script_is_one_that_stata_has() {
        for table in [sample::table(), sample::with_reasons(), sample::pseudonymised()] {
            let script = Stata.script(&table, "labels/people.csv");
            let session = read(&script, &table).unwrap_or_else(|fault| panic!("{fault}\n{script}"));
            let reasons = table.columns().iter().filter(|column| column.treatment == "reason").count();
            assert!(
                session.variables.len() <= table.columns().len()
                    && session.variables.len() + reasons >= table.columns().len()
            );
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
            assert!(read(&wrong, &table).is_err(), "{to}");
        }
    }
}
