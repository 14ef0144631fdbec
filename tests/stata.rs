//! The label scripts for Stata that the sample programmes write, read by the rules of its language, each beside
//! the table that it is for.

mod language;

use crate::command::{Checkout, files, pipelines};
use language::{Takes, read, variable};

/// Whether a text is one of those of which the script makes something.
fn takes(takes: &Takes, text: &str) -> bool {
    match takes {
        Takes::Codes(codes) => codes.contains(text),
        Takes::Days => text.parse::<jiff::civil::Date>().is_ok(),
        Takes::Numbers => text.parse::<f64>().is_ok(),
    }
}

#[test]
fn every_script_of_the_samples_is_one_that_stata_has_and_knows_every_value() {
    let checkout = Checkout::new();
    let paths: Vec<String> = pipelines().iter().map(|name| format!("pipelines/{name}.toml")).collect();
    let arguments: Vec<&str> = ["run", "--quiet"].into_iter().chain(paths.iter().map(String::as_str)).collect();
    checkout.run(&arguments).ends(0);
    let (mut scripts, mut values) = (0, 0);
    for (path, script) in files(&checkout.join("out")) {
        let Some(stem) = path.strip_suffix(".do") else { continue };
        let script = String::from_utf8(script).expect("text");
        let table = checkout.read(&format!("out/{stem}.csv"));
        let mut table = csv::Reader::from_reader(table.as_bytes());
        let columns: Vec<String> = table.headers().expect("headings").iter().map(str::to_owned).collect();
        let names: Vec<&str> = columns.iter().map(String::as_str).collect();
        let session = read(&script, &names).unwrap_or_else(|fault| panic!("{path}: {fault}"));
        assert!(!session.variables.contains_key("quarterday_new"), "{path} leaves a variable of its own");
        scripts += 1;
        for record in table.records() {
            for (name, text) in names.iter().zip(&record.expect("a record")) {
                let Some(own) = session.takes.get(&variable(name)).filter(|_| !text.is_empty()) else { continue };
                assert!(takes(own, text), "{path}: {text:?} of {name} would be lost");
                values += 1;
            }
        }
    }
    assert!(scripts > 5 && values > 1_000, "{scripts} scripts, {values} values");
}
