//! Every page's example is run, so that no page can be wrong about its own check.

use qd_model::{Schema, Syntax};

/// The fenced block of that language.
fn block<'a>(page: &'a str, language: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("```{language}\n")).expect("the page has the block");
    let (block, _) = rest.split_once("```").expect("the block ends");
    block
}

#[test]
fn every_example_finds_what_it_says() {
    for code in qd_check::codes() {
        let expected: Vec<&str> = block(code.page, "text").lines().collect();
        let (case, _, found) = crate::common::judge(block(code.page, "toml"), block(code.page, "csv"));
        assert_eq!(found, expected, "{}", code.name);
        assert!(expected.iter().any(|line| line.ends_with(code.name)), "{} shows itself", code.name);
        for fault in case.checker.faults() {
            let one = &fault.message;
            assert!(one.starts_with(char::is_uppercase) && !one.ends_with('.'), "{one}");
            assert!(fault.many.starts_with(char::is_lowercase), "{}", fault.many);
            assert!(fault.fix.starts_with(char::is_lowercase) && !fault.fix.ends_with('.'), "{}", fault.fix);
        }
    }
}

#[test]
fn no_example_is_a_mistake() {
    for code in qd_check::codes() {
        let schema = Schema::parse(block(code.page, "toml"), Syntax::Toml, "table");
        assert!(schema.is_ok(), "{}: {schema:?}", code.name);
    }
}

#[test]
fn every_feature_of_the_standard_is_read_as_its_page_says() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/features");
    let mut wrong = Vec::new();
    let mut pages = 0;
    for entry in std::fs::read_dir(folder).expect("the folder of features") {
        let path = entry.expect("readable").path();
        // What concerns columns is judged when the file is opened, and shown by whole runs.
        if path.is_dir() {
            continue;
        }
        let page = std::fs::read_to_string(&path).expect("readable");
        let expected: Vec<&str> = block(&page, "text").lines().collect();
        let csv = block(&page, "csv");
        let (_, _, found) = crate::common::judge(block(&page, "toml"), csv);
        pages += 1;
        if found != expected {
            wrong.push(format!("{}: {found:?} and not {expected:?}", path.display()));
        }
        // A page shows what passes as well as what does not.
        let rows = crate::common::records(csv).len() - 1;
        let faulty: std::collections::BTreeSet<&str> =
            expected.iter().filter_map(|line| line.split(' ').next()).collect();
        assert!(!faulty.is_empty() && faulty.len() < rows, "{}", path.display());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(pages >= 35, "every feature has its page");
}
