//! The list of what is planted, for people and for tests.

use super::plant::{Finding, Marked};
use std::fmt::Write;

const HEAD: &str = "# Sample data

Everything here is invented and made by `cargo xtask sample-data` from the plans beside this file: the people,
their names and documents, the partners. Telephone numbers are those that Ofcom keeps for drama, e-mail
addresses end in `example.org`, and document numbers begin with letters that the plans choose for the purpose.
The same plan makes the same bytes on any day and machine; nothing here is edited by hand but the plans.

`canaries.toml` lists values that belong to one record only, to see where they turn up again.

Each line of the tables below is a finding that a run over that period must raise. `row` is the row that a
spreadsheet program shows; `-` stands for none, where the whole column or source is meant. A test holds the
lists against the runs.
";

/// The page, from each programme's name, words and planted findings.
pub(super) fn readme(programmes: &[(String, String, Vec<Finding>)]) -> String {
    let mut out = HEAD.to_owned();
    for (name, about, findings) in programmes {
        write!(out, "\n## {name}\n\n{}\n\n", about.trim()).expect("a String takes all text");
        out.push_str("| period | partner | table | row | field | code | severity | count |\n");
        out.push_str("|---|---|---|---|---|---|---|---|\n");
        let mut findings = findings.clone();
        findings.sort_by(|a, b| {
            let key = |f: &Finding| (f.period.clone(), f.partner.clone(), f.table.clone(), f.row, f.code.clone());
            key(a).cmp(&key(b))
        });
        for finding in &findings {
            let row = finding.row.map_or_else(|| "-".to_owned(), |row| row.to_string());
            let field = finding.field.as_deref().unwrap_or("-");
            let Finding { period, partner, table, code, severity, .. } = finding;
            writeln!(out, "| {period} | {partner} | {table} | {row} | {field} | {code} | {severity} | 1 |")
                .expect("a String takes all text");
        }
    }
    out
}

/// The list of values that are found in one place only.
pub(super) fn canaries(all: &[Marked]) -> String {
    let mut out = "# Values that belong to one accepted record only, with the class of their field. Made by\n\
                   # `cargo xtask sample-data`; the leak test looks for them in everything that is written.\n"
        .to_owned();
    for marked in all {
        let Marked { programme, period, partner, table, field, class, value } = marked;
        write!(
            out,
            "\n[[canaries]]\nprogramme = \"{programme}\"\nperiod = \"{period}\"\npartner = \"{partner}\"\n\
             table = \"{table}\"\nfield = \"{field}\"\nclass = \"{class}\"\nvalue = \"{value}\"\n"
        )
        .expect("a String takes all text");
    }
    out
}
