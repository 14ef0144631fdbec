//! What build servers, editors and shells read, at the binary: formats, exit codes over many files,
//! completions and manual pages.

use crate::command::{Checkout, files};

const SCHEMA: &str = r#"
[[fields]]
name = "ref"
constraints = { required = true }
[[fields]]
name = "level"
constraints = { enum = ["E1", "E2"] }
[quarterday]
"#;

/// A good file, one with two mistakes, and one that is no table.
fn checkout() -> Checkout {
    let checkout = Checkout::new();
    checkout.write("people.toml", SCHEMA);
    checkout.write("in/good.csv", "ref,level\nA,E1\n");
    checkout.write("in/bad, worse.csv", "ref,level\nB,E9\n,E2\n");
    checkout.write("in/no table.csv", b"%PDF-1.7\n");
    checkout
}

fn validate(checkout: &Checkout, format: &str, names: &[&str], code: i32) -> String {
    let mut arguments = vec!["validate", "--schema", "people.toml", "--format", format];
    arguments.extend(names);
    checkout.run(&arguments).ends(code).out
}

#[test]
fn many_files_have_one_report_and_one_exit_code() {
    let checkout = checkout();
    let all = ["in/good.csv", "in/bad, worse.csv", "in/no table.csv"];
    for format in ["human", "json", "csv", "sarif", "junit", "github", "html"] {
        validate(&checkout, format, &all[..1], 0);
        let said = validate(&checkout, format, &all, 1);
        let backwards = [all[2], all[1], all[0]];
        assert_eq!(said, validate(&checkout, format, &backwards, 1), "{format} has one order, however files are named");
    }
}

#[test]
fn sarif_names_each_file_as_it_was_named() {
    let checkout = checkout();
    let text = validate(&checkout, "sarif", &["in/bad, worse.csv"], 1);
    let tree: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let run = &tree["runs"][0];
    let results = run["results"].as_array().expect("results");
    let seen: Vec<String> = results
        .iter()
        .map(|result| {
            let place = &result["locations"][0]["physicalLocation"];
            let uri = place["artifactLocation"]["uri"].as_str().expect("a path");
            format!("{} {uri} {}", result["ruleId"].as_str().expect("a code"), place["region"]["startLine"])
        })
        .collect();
    assert_eq!(seen, ["enum in/bad%2C%20worse.csv 2", "required in/bad%2C%20worse.csv 3"]);
    let help = run["tool"]["driver"]["rules"][0]["help"]["text"].as_str().expect("a page");
    assert!(help.contains("What it looks for"), "a built-in check brings its page: {help}");
}

#[test]
fn annotations_are_one_line_each_and_name_file_and_line() {
    let text = validate(&checkout(), "github", &["in/bad, worse.csv", "in/no table.csv"], 1);
    let annotations: Vec<&str> = text.lines().filter(|line| line.starts_with("::")).collect();
    assert_eq!(annotations.len(), 3, "{text}");
    assert!(annotations[0].starts_with("::error file=in/no table.csv,title=reject[unreadable]::"), "{text}");
    assert!(text.contains("::error file=in/bad%2C worse.csv,line=3,title=error[required]::"), "{text}");
}

#[test]
fn a_case_stands_for_each_check_of_each_file() {
    let text = validate(&checkout(), "junit", &["in/good.csv", "in/bad, worse.csv", "in/no table.csv"], 1);
    assert_eq!(
        text.matches("name=\"enum: level\"").count(),
        2,
        "the check stands for both files that have rows: {text}"
    );
    assert_eq!(text.matches("<failure ").count(), 2, "{text}");
    assert_eq!(text.matches("<error ").count(), 1, "{text}");
}

#[test]
fn everything_is_shown_to_who_asks() {
    let checkout = checkout();
    let headings: Vec<String> = (0..14).map(|at| format!("extra{at}")).collect();
    checkout.write("in/wide.csv", format!("ref,level,{}\nA,E1{}\n", headings.join(","), ",1".repeat(14)));
    let short = validate(&checkout, "human", &["in/wide.csv"], 0);
    assert!(short.contains("--all shows them"), "{short}");
    let full = checkout.run(&["validate", "--schema", "people.toml", "in/wide.csv", "--all"]).ends(0).out;
    assert!(full.contains("extra13") && !full.contains("--all"), "{full}");
}

#[test]
fn shells_and_man_get_every_command() {
    let checkout = checkout();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = checkout.run(&["completions", shell]).ends(0).out;
        assert!(script.contains("validate") && script.contains("show-values"), "{shell}: {script}");
        assert!(!script.contains("read-apart"), "{shell} offers what is not for people");
    }
    checkout.run(&["man", "pages/man1"]).ends(0);
    let pages = files(&checkout.join("pages/man1"));
    let names: Vec<&str> = pages.iter().map(|(name, _)| name.as_str()).collect();
    for name in ["quarterday.1", "quarterday-run.1", "quarterday-schema-check.1"] {
        assert!(names.contains(&name), "{names:?}");
    }
    assert!(!names.iter().any(|name| name.contains("-help") || name.contains("apart")), "{names:?}");
    for (name, page) in &pages {
        assert!(page.starts_with(b".ie"), "{name} is a manual page");
    }
}

#[test]
fn a_plan_says_what_stands_in_the_way_and_what_changed_since_it_was_sent() {
    let checkout = Checkout::new();
    checkout.run(&["init", "new"]).ends(0);
    let run = ["run", "new/programme.toml", "--by", "A. Preparer"];
    let plan = || checkout.run(&["run", "new/programme.toml", "--plan", "--format", "json"]).ends(0).json();
    checkout.run(&run).ends(0);
    let before = plan();
    assert_eq!(before["returns"][0]["blocked"], serde_json::Value::Null);
    assert_eq!(before["returns"][0]["since_sent"], serde_json::Value::Null, "nothing was sent yet");
    checkout.run(&["sent", "out/example/2026-Q1/draft/extract", "--by", "B. Sender"]).ends(0);
    let change = |plan: &serde_json::Value| {
        let since = &plan["returns"][0]["since_sent"];
        ["version", "added", "removed", "changed"].map(|name| since[name].as_u64().expect("a number"))
    };
    assert_eq!(change(&plan()), [1, 0, 0, 0]);
    checkout.edit("new/in/2026-Q1/north.csv", "30/02/1970", "28/02/1970");
    checkout.edit("new/in/2026-Q1/north.csv", "Course", "Found work");
    assert_eq!(change(&plan()), [1, 1, 0, 1], "the held row was put right, and an outcome changed");
    let said = checkout.run(&["run", "new/programme.toml", "--plan"]).ends(0).out;
    assert!(said.contains("since version 1 was sent, 1 record added, 0 records removed, 1 record changed"), "{said}");
    // A partner of whom nothing came is a query, which blocks.
    let text = checkout.read("new/programme.toml");
    let partner =
        "[[partners]]\ncode = \"south\"\nname = \"South\"\nsources = [{ table = \"people\", file = \"south*\" }]\n";
    checkout.write("new/programme.toml", format!("{text}\n{partner}"));
    let blocked = plan();
    assert_eq!(blocked["returns"][0]["blocked"][0]["code"], "missing-source", "{blocked}");
    let said = checkout.run(&["run", "new/programme.toml", "--plan"]).ends(0).out;
    assert!(said.contains("would be BLOCKED\n  correct or explain 1 query (missing-source)"), "{said}");
}

#[test]
fn a_period_leaves_a_page_for_the_people_who_run_it() {
    let checkout = Checkout::new();
    checkout.run(&["init", "new"]).ends(0);
    checkout.run(&["run", "new/programme.toml"]).ends(0);
    let page = checkout.read("private/example/2026-Q1/summary.html");
    for said in
        ["3 rows read from 1 source", "cannot be read as a date", "Returns with their counts", "Completeness of people"]
    {
        assert!(page.contains(said), "{said} is not in {page}");
    }
    // Values of names, document numbers and dates of birth are in the file, and not on the page.
    for value in ["MW000001A", "30/02/1970", "Another", "NR3 1AA"] {
        assert!(!page.contains(value), "the page shows a value");
    }
}
