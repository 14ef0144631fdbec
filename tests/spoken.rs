//! Bad input at the binary: each fault gets its finding or refusal, ends as promised, and loses
//! nothing; the other partners' files go through.

use crate::command::{Checkout, Said};

const SCHEMA: &str = r#"
primaryKey = "ref"

[[fields]]
name = "ref"
title = "Reference"
constraints = { required = true }
quarterday = { class = "direct" }

[[fields]]
name = "born"
title = "Date of birth"
type = "date"
format = "%d/%m/%Y"
constraints = { required = true }
quarterday = { class = "indirect" }

[[fields]]
name = "seen_on"
title = "Seen on"
type = "date"
format = "%d/%m/%Y"
quarterday = { class = "none" }

[quarterday]
version = "1"
record_key = "ref"
not_collected = ["Religion"]
[[quarterday.rules]]
code = "seen-after-the-period"
fields = ["seen_on"]
check = "seen_on <= period_end"
message = "Seen on is later than the period"
"#;

const PIPELINE: &str = r#"
name = "small"
title = "A small programme"
lead = "The lead"
period = "P1"

[[periods]]
label = "P1"
from = 2022-07-01
to = 2022-09-30
folder = "in"

[tables.people]
schema = "people.toml"
period_fields = ["seen_on"]

[people]
table = "people"
record = "ref"

[retention.short]
rule = "one year from the end"

[[partners]]
code = "north"
name = "North"
sources = [{ table = "people", file = "north*" }]

[[partners]]
code = "south"
name = "South"
sources = [{ table = "people", file = "south*" }]

[recipients.funder]
name = "The funder"
country = "GB"
[recipients.funder.release.people]
person = "pseudonym"
born = { treatment = "year", as = "birth_year" }

[[returns]]
name = "list"
title = "A list"
recipient = "funder"
basis = "contract"
retention = "short"
[[returns.files]]
format = "csv"
path = "list.csv"
[[returns.files.parts]]
part = "rows"
table = "people"
"#;

const NORTH: &str = "Reference,Date of birth,Seen on\nN1,01/02/1980,05/07/2022\nN2,03/04/1990,06/07/2022\n";
const SOUTH: &str = "Reference,Date of birth,Seen on\nS1,01/02/1985,05/08/2022\n";

/// A small programme of two partners with good files.
fn small() -> Checkout {
    Checkout::small(SCHEMA, PIPELINE, &[("in/north.csv", NORTH), ("in/south.csv", SOUTH)])
}

fn run(checkout: &Checkout) -> Said {
    checkout.run(&["run", "small.toml", "--key", "small.key", "--format", "json"])
}

/// Codes of the run's findings with their partner, sorted.
fn codes(checkout: &Checkout) -> Vec<String> {
    let report: serde_json::Value =
        serde_json::from_str(&checkout.read("out/small/P1/draft/findings.json")).expect("JSON");
    let mut codes: Vec<String> = report["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|finding| {
            let text = |name: &str| finding[name].as_str().unwrap_or("-");
            format!("{} {} {}", text("partner"), text("severity"), text("code"))
        })
        .collect();
    codes.sort();
    codes
}

fn people(said: &Said) -> u64 {
    said.json()["people"]["this_period"].as_u64().expect("a count")
}

#[test]
fn good_files_raise_nothing() {
    let checkout = small();
    let said = run(&checkout).ends(0);
    assert_eq!(people(&said), 3);
    assert!(codes(&checkout).is_empty(), "{:?}", codes(&checkout));
    let list = checkout.read("out/small/P1/draft/list/list.csv");
    assert_eq!(list.lines().count(), 4, "{list}");
}

/// What it is, what is done to the small programme, the findings it raises, how many people are
/// left, and how the run ends.
type Fault = (&'static str, fn(&Checkout), &'static [&'static str], u64, i32);

const FAULTS: &[Fault] = &[
    ("a missing file", |it| remove(it, "in/south.csv"), &["south query missing-source"], 2, 1),
    (
        "two files for one table",
        |it| it.write("in/north 2.csv", NORTH),
        &["north reject two-files", "north reject two-files"],
        1,
        0,
    ),
    (
        "a file that is not what its name says",
        |it| it.write("in/north.csv", b"%PDF-1.7\n%\xe2\xe3\n"),
        &["north reject unreadable"],
        1,
        0,
    ),
    ("an empty file", |it| it.write("in/north.csv", ""), &["north reject unreadable"], 1, 0),
    (
        "an unknown heading",
        |it| it.write("in/north.csv", NORTH.replace("Seen on", "Shoe size")),
        &["north note unknown-column"],
        3,
        0,
    ),
    (
        "a duplicate heading",
        |it| it.write("in/north.csv", NORTH.replace("Seen on", "Date of birth")),
        &["north reject duplicate-heading"],
        1,
        0,
    ),
    (
        "a missing heading",
        |it| it.write("in/north.csv", NORTH.replace("Date of birth", "Birthday")),
        &["north note unknown-column", "north reject missing-column"],
        1,
        0,
    ),
    ("a nil return", |it| it.write("in/north.csv", "Reference,Date of birth,Seen on\n"), &["north note no-rows"], 1, 0),
    (
        "a wrong period",
        |it| it.write("in/north.csv", NORTH.replace("/07/2022", "/05/2022")),
        &["north reject wrong-period"],
        1,
        0,
    ),
    (
        "strays and lock files",
        |it| {
            it.write("in/~$north.csv", "x");
            it.write("in/minutes.docx", "x");
            it.write("in/.DS_Store", "x");
        },
        &["- note stray-file"],
        3,
        0,
    ),
    (
        "a cell that is no date",
        |it| it.write("in/north.csv", NORTH.replace("01/02/1980", "soon")),
        &["north error type"],
        2,
        0,
    ),
    (
        "one reference twice",
        |it| it.write("in/north.csv", NORTH.replace("N2", "N1")),
        &["north error primary-key", "north error primary-key"],
        1,
        0,
    ),
    (
        "a rule that does not hold",
        |it| it.write("in/north.csv", NORTH.replace("06/07/2022", "06/10/2022")),
        &["north error seen-after-the-period"],
        2,
        0,
    ),
    (
        "a column that must not arrive",
        |it| it.write("in/north.csv", NORTH.replace("Seen on", "religion")),
        &["north query not-collected"],
        3,
        1,
    ),
];

#[test]
fn each_fault_gets_its_finding_and_the_others_go_through() {
    for (what, change, expected, left, code) in FAULTS {
        let checkout = small();
        change(&checkout);
        let said = run(&checkout);
        assert_eq!(said.code, *code, "{what}: {}{}", said.out, said.err);
        assert_eq!(codes(&checkout), *expected, "{what}");
        assert_eq!(people(&said), *left, "{what}");
    }
}

fn remove(checkout: &Checkout, path: &str) {
    std::fs::remove_file(checkout.join(path)).expect("it was there");
}

#[test]
fn a_quarantined_column_is_in_no_store_and_its_file_is_not_kept() {
    let checkout = small();
    checkout.write("in/north.csv", NORTH.replace("Seen on", "Religion").replace("05/07/2022", "Zoroquill"));
    run(&checkout).ends(1);
    for folder in ["out", "private"] {
        for (name, bytes) in crate::command::files(&checkout.join(folder)) {
            assert!(!bytes.windows(9).any(|window| window == b"Zoroquill"), "{folder}/{name} holds the value");
        }
    }
    assert!(!checkout.join("private/small/sources/P1/north.csv").exists());
    assert!(checkout.join("private/small/sources/P1/south.csv").exists());
}

#[test]
fn an_explained_query_no_longer_blocks() {
    let checkout = small();
    remove(&checkout, "in/south.csv");
    run(&checkout).ends(1);
    checkout.write(
        "small.explanations.csv",
        "period,partner,table,rule,record,reason_code,words,by,date\nP1,south,people,missing-source,,no-activity,,JT,2022-10-03\n",
    );
    run(&checkout).ends(0);
}

/// What is done to the small programme, the command, and the words that the refusal must hold.
#[test]
fn each_mistake_in_what_was_asked_is_a_refusal_that_changes_nothing() {
    type Case = (&'static str, fn(&Checkout), &'static [&'static str], &'static [&'static str]);
    let usual: &[&str] = &["run", "small.toml", "--key", "small.key"];
    let cases: &[Case] = &[
        ("no pipeline", |_| {}, &["run", "gone.toml"], &["gone.toml cannot be read"]),
        ("no key", |_| {}, &["run", "small.toml"], &["no pseudonym key", "key new"]),
        ("no such key", |_| {}, &["run", "small.toml", "--key", "gone.key"], &["key"]),
        (
            "an unknown period",
            |_| {},
            &["run", "small.toml", "--key", "small.key", "--period", "P9"],
            &["no period \"P9\"", "P1"],
        ),
        (
            "a mistake in the pipeline",
            |it| it.edit("small.toml", "name = \"The funder\"", "nam = \"The funder\""),
            usual,
            &["line", "column", "`nam`", "did you mean `name`"],
        ),
        (
            "a mistake in a rule",
            |it| it.edit("people.toml", "seen_on <= period_end", "seen_no <= period_end"),
            usual,
            &["people.toml, line 32", "`seen_no`", "`seen_on`"],
        ),
        (
            "a field that is not there",
            |it| it.edit("small.toml", "born = {", "birn = {"),
            usual,
            &["small.toml, line", "birn", "born"],
        ),
        (
            "a table without its schema",
            |it| it.edit("small.toml", "people.toml", "persons.toml"),
            usual,
            &["persons.toml cannot be read"],
        ),
        (
            "a missing folder",
            |it| it.edit("small.toml", "folder = \"in\"", "folder = \"inn\""),
            usual,
            &["folder of period P1"],
        ),
        (
            "private within what may leave",
            |_| {},
            &["run", "small.toml", "--key", "small.key", "--out", "o", "--state", "o/private"],
            &["would share a folder", "lie within each other"],
        ),
        (
            "a name that is no folder",
            |it| it.edit("small.toml", "name = \"small\"", "name = \"../small\""),
            usual,
            &["small.toml, line 2", "cannot be the name of a folder"],
        ),
        (
            "a code that is not there",
            |it| it.edit("small.toml", "[people]", "[severities]\nmising-column = \"note\"\n\n[people]"),
            usual,
            &["no code `mising-column`", "did you mean `missing-column`"],
        ),
        (
            "a severity that cannot be",
            |it| it.edit("small.toml", "[people]", "[severities]\nmissing-column = \"note\"\n\n[people]"),
            usual,
            &["`missing-column` cannot be milder than reject"],
        ),
        (
            "two files with one path",
            |it| it.edit("small.toml", "path = \"list.csv\"", "path = \"manifest.json\""),
            usual,
            &["would be written to \"manifest.json\""],
        ),
        (
            "an explanation of another period",
            |it| {
                it.write(
                    "small.explanations.csv",
                    "period,partner,table,rule,record,reason_code,words,by,date\nP2,south,people,x,,y,,JT,2022-10-03\n",
                );
            },
            usual,
            &["line 2", "no period \"P2\"", "did you mean \"P1\""],
        ),
        (
            "a file of nobody's pattern alone",
            |it| it.edit("small.toml", "file = \"south*\"", "file = \"*\""),
            usual,
            &["two partners"],
        ),
    ];
    for (what, change, arguments, expected) in cases {
        let checkout = small();
        change(&checkout);
        let said = checkout.run(arguments);
        assert_eq!(said.code, 2, "{what}: {}{}", said.out, said.err);
        for words in *expected {
            assert!(said.err.contains(words), "{what}: no {words:?} in\n{}", said.err);
        }
        assert!(!checkout.join("out").exists(), "{what}: nothing was written");
    }
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let checkout = small();
    let open = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(checkout.join("small.key"), open).expect("set");
    let said = run(&checkout).ends(2);
    assert!(said.err.contains("Hint:"), "{}", said.err);
    let private = checkout.join("private");
    assert!(!private.exists() || crate::command::files(&private).is_empty());
}

#[test]
fn a_run_replaces_the_drafts_whole() {
    let checkout = small();
    run(&checkout).ends(0);
    let before = crate::command::files(&checkout.join("out"));
    remove(&checkout, "out/small/P1/draft/list/list.csv");
    checkout.write("out/small/P1/draft/list/junk.txt", "x");
    run(&checkout).ends(0);
    crate::command::assert_same(&before, &crate::command::files(&checkout.join("out")));
}

#[test]
fn another_key_than_that_of_earlier_periods_is_refused() {
    let checkout = small();
    checkout.edit(
        "small.toml",
        "[[periods]]",
        "[[periods]]\nlabel = \"P0\"\nfrom = 2022-04-01\nto = 2022-06-30\nfolder = \"before\"\n\n[[periods]]",
    );
    checkout.write("before/north.csv", NORTH.replace("/07/2022", "/05/2022"));
    checkout.write("before/south.csv", SOUTH.replace("/08/2022", "/05/2022"));
    let said = run(&checkout).ends(0);
    assert_eq!(said.json()["people"]["cumulative"], 3, "the same references are the same people");
    checkout.run(&["key", "new", "other.key"]).ends(0);
    let said = checkout.run(&["run", "small.toml", "--key", "other.key"]).ends(2);
    assert!(said.err.contains("not the one that earlier periods were made with"), "{}", said.err);
}

#[test]
fn a_person_stays_the_same_over_a_period_that_is_not_known() {
    let checkout = small();
    // An earlier period of which nothing is there: no cumulative figure, and still the same people.
    checkout.edit(
        "small.toml",
        "[[periods]]",
        "[[periods]]\nlabel = \"P0\"\nfrom = 2022-04-01\nto = 2022-06-30\nfolder = \"gone\"\n\n[[periods]]",
    );
    let said = run(&checkout).ends(0);
    assert!(said.json()["people"]["cumulative"].is_null());
    assert!(
        checkout.read("out/small/P1/draft/findings.json").contains("\"cumulative\""),
        "it is said under not_checked"
    );
}

#[test]
fn blank_references_do_not_make_one_person_of_several() {
    let checkout = small();
    checkout.edit("people.toml", "primaryKey = \"ref\"", "");
    checkout.edit(
        "people.toml",
        "constraints = { required = true }\nquarterday = { class = \"direct\" }",
        "quarterday = { class = \"direct\" }",
    );
    checkout.write("in/north.csv", "Reference,Date of birth,Seen on\n,01/02/1980,05/07/2022\n,03/04/1990,06/07/2022\n");
    assert_eq!(people(&run(&checkout).ends(0)), 3);
}

#[test]
fn what_a_partner_typed_as_an_unknown_heading_does_not_leave() {
    let checkout = small();
    checkout.write("in/north.csv", NORTH.replace("Seen on", "Zanzibarova MW123456A"));
    run(&checkout).ends(0);
    let findings = checkout.read("out/small/P1/draft/findings.json");
    assert!(!findings.contains("Zanzibarova") && findings.contains("column C"), "{findings}");
}

#[test]
fn a_file_whose_headings_nobody_knows_is_not_kept() {
    let checkout = small();
    checkout.write("in/north.csv", "Religion,Foo,Bar\nZoroquill,1,2\n");
    run(&checkout);
    for (name, bytes) in crate::command::files(&checkout.join("private")) {
        assert!(!bytes.windows(9).any(|window| window == b"Zoroquill"), "private/{name} holds the value");
    }
}

#[test]
fn a_rejected_source_holds_nobody_up() {
    let checkout = small();
    checkout.edit("small.toml", "period = \"P1\"\n", "period = \"P1\"\nhold_limit = \"1%\"\n");
    // Of another period, and with a row that would be held besides.
    checkout.write("in/north.csv", NORTH.replace("/07/2022", "/05/2022").replace("01/02/1980", "soon"));
    let said = run(&checkout).ends(0);
    assert_eq!(said.json()["summary"]["rejected_sources"], 1);
}

#[test]
fn a_report_is_not_written_over_what_it_is_about() {
    let checkout = small();
    let said =
        checkout.run(&["validate", "in/north.csv", "--schema", "people.toml", "--output", "in/north.csv"]).ends(2);
    assert!(said.err.contains("would overwrite"), "{}", said.err);
    assert_eq!(checkout.read("in/north.csv"), NORTH);
}

#[test]
fn nothing_is_written_for_one_pipeline_if_another_is_refused() {
    let checkout = small();
    checkout.run(&["run", "pipelines/wwri.toml", "small.toml"]).ends(2);
    assert!(!checkout.join("out").exists());
}

#[test]
fn the_private_folder_is_for_its_owner_alone() {
    let checkout = small();
    run(&checkout).ends(0);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(checkout.join("private/small")).expect("there").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{mode:o}");
    }
}

#[test]
fn verify_finds_a_changed_byte() {
    let checkout = small();
    run(&checkout).ends(0);
    checkout.run(&["verify", "out/small/P1/draft"]).ends(0);
    checkout.run(&["verify", "out/small/P1/draft/list"]).ends(0);
    let list = checkout.read("out/small/P1/draft/list/list.csv");
    checkout.write("out/small/P1/draft/list/list.csv", list.replacen('1', "2", 1));
    let said = checkout.run(&["verify", "out/small/P1/draft"]).ends(1);
    assert!(said.out.contains("list/list.csv has changed"), "{}", said.out);
}

#[test]
fn a_closed_pipe_ends_it_quietly() {
    let checkout = small();
    let mut child = checkout
        .command(&["explain"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the binary runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}
