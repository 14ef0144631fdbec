//! Reads a do-file by the rules of Stata's language as far as our scripts use it, since there is no Stata here:
//! commands, names, quotation, what each line may say, and that every variable and label exists where it is
//! used. It shows that a script is well-formed, and not that Stata has run it.

use std::collections::{BTreeMap, BTreeSet};

/// The longest name of a variable.
const LONGEST_NAME: usize = 32;

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
        && word.chars().count() <= LONGEST_NAME
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

/// What a script makes of the texts of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Takes {
    /// These, and nothing else.
    Codes(BTreeSet<String>),
    /// Days.
    Days,
    /// Numbers.
    Numbers,
}

/// What is there after a line of a script.
#[derive(Default)]
pub(crate) struct Session {
    /// Variables, and whether each is a text.
    pub(crate) variables: BTreeMap<String, bool>,
    /// Value labels, and what each names.
    labels: BTreeMap<String, BTreeSet<String>>,
    /// What becomes of the texts of columns that are not left as they are.
    pub(crate) takes: BTreeMap<String, Takes>,
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
                let takes = if words[1] == "double" { Takes::Numbers } else { Takes::Days };
                self.takes.insert((*of).to_owned(), takes);
                self.is_text(of) == Some(true) && self.variables.insert((*name).to_owned(), false).is_none()
            }
            ["format", name, "%td"] => self.is_text(name) == Some(false),
            ["replace", name, "=", value, "if", of, "=", "=", code] => {
                let own = self.takes.entry((*of).to_owned()).or_insert_with(|| Takes::Codes(BTreeSet::new()));
                if let (Takes::Codes(codes), Some(code)) = (own, text(code, 2045)) {
                    codes.insert(code.to_owned());
                }
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
        if good { Ok(()) } else { Err("not what Stata's language has, or of something that is not there".to_owned()) }
    }
}

/// What a column is called in Stata.
pub(crate) fn variable(column: &str) -> String {
    column.chars().take(LONGEST_NAME).collect()
}

/// Reads a script to its end; all columns of the text file come in as texts, under names cut to Stata's length.
pub(crate) fn read(script: &str, columns: &[&str]) -> Result<Session, String> {
    let mut session = Session::default();
    for column in columns {
        let name = variable(column);
        if !is_name(&name) || session.variables.insert(name, true).is_some() {
            return Err(format!("{column}: no name of a variable, or two of one"));
        }
    }
    for (number, line) in script.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with("* ")) {
        session.line(line).map_err(|fault| format!("line {}: {fault}: {line}", number + 1))?;
    }
    Ok(session)
}
