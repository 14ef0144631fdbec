//! Periods that are part of another: one run writes the returns of both, and several parts of a return
//! are one text file where the pipeline says so.

use crate::command::Checkout;

const SCHEMA: &str = r#"
primaryKey = "ref"
[quarterday]
version = "1"
record_key = "ref"

[[fields]]
name = "ref"
constraints = { required = true }
quarterday = { class = "direct" }

[[fields]]
name = "began"
type = "date"
quarterday = { class = "indirect" }

[[fields]]
name = "ended"
type = "date"
quarterday = { class = "indirect" }
"#;

const PIPELINE: &str = r#"
name = "small"
title = "A small programme"
lead = "The lead"
period = "Q"

[[periods]]
label = "Q"
from = 2022-07-01
to = 2022-09-30
folder = "in"

[[periods]]
label = "M1"
kind = "month"
from = 2022-07-01
to = 2022-07-31
within = "Q"

[[periods]]
label = "M2"
kind = "month"
from = 2022-08-01
to = 2022-08-31
within = "Q"

[tables.people]
schema = "people.toml"

[people]
table = "people"
record = "ref"

[retention.short]
rule = "one year from the end"

[[partners]]
code = "north"
name = "North"
sources = [{ table = "people", file = "north*" }]

[recipients.funder]
name = "The funder"
country = "GB"
[recipients.funder.release.people]
ref = { treatment = "identified", reason = "the agreement" }
began = "identified"
ended = "identified"

[[returns]]
name = "all"
title = "All"
recipient = "funder"
basis = "contract"
retention = "short"
files = [{ format = "csv", path = "{table}-{period}.csv", parts = [{ part = "rows", table = "people" }] }]

[[returns]]
name = "steps"
title = "Steps"
recipient = "funder"
periods = "month"
basis = "contract"
retention = "short"
[[returns.files]]
format = "csv"
path = "steps-{period}.csv"
[[returns.files.parts]]
part = "rows"
table = "people"
where = "began BETWEEN period_start AND period_end"
order = ["ref"]
columns = [{ heading = "Step", text = "in" }, { heading = "Who", field = "ref" }, { heading = "On", field = "began" }]
[[returns.files.parts]]
part = "rows"
table = "people"
where = "ended BETWEEN period_start AND period_end"
order = ["ref"]
columns = [{ heading = "Step", text = "out" }, { heading = "Who", field = "ref" }, { heading = "On", field = "ended" }]
"#;

const NORTH: &str = "ref,began,ended\nN1,2022-07-05,2022-07-20\nN2,2022-07-31,2022-08-01\nN3,2022-08-31,\n";

fn small() -> Checkout {
    Checkout::small(SCHEMA, PIPELINE, &[("in/north.csv", NORTH)])
}

#[test]
fn one_run_writes_the_returns_of_a_period_and_of_its_parts() {
    let checkout = small();
    let said = checkout.run(&["run", "small.toml", "--key", "small.key", "--format", "json"]).ends(0).json();
    let names: Vec<&str> = said["returns"]
        .as_array()
        .expect("returns")
        .iter()
        .map(|made| made["name"].as_str().expect("a name"))
        .collect();
    assert_eq!(names, ["all", "steps-M1", "steps-M2"]);
    let read = |path: &str| checkout.read(&format!("out/small/Q/draft/{path}"));
    assert_eq!(read("all/people-Q.csv").lines().count(), 4);
    assert_eq!(
        read("steps-M1/steps-M1.csv"),
        "Step,Who,On\r\nin,N1,2022-07-05\r\nin,N2,2022-07-31\r\nout,N1,2022-07-20\r\n"
    );
    assert_eq!(read("steps-M2/steps-M2.csv"), "Step,Who,On\r\nin,N3,2022-08-31\r\nout,N2,2022-08-01\r\n");
    let manifest: serde_json::Value = serde_json::from_str(&read("steps-M2/manifest.json")).expect("JSON");
    assert_eq!((&manifest["return"], &manifest["period"]), (&"steps".into(), &"M2".into()));
    assert_eq!((&manifest["from"], &manifest["to"]), (&"2022-08-01".into(), &"2022-08-31".into()));
    checkout.run(&["verify", "out/small/Q/draft/steps-M2"]).ends(0);
}

#[test]
fn what_cannot_be_made_of_parts_is_refused() {
    type Case = (&'static str, &'static str, &'static str, &'static [&'static str]);
    let cases: &[Case] = &[
        ("no such period", "within = \"Q\"", "within = \"R\"", &["line 13", "no period `R` that has a folder", "Q"]),
        ("its own folder", "within = \"Q\"", "within = \"Q\"\nfolder = \"in\"", &["line 19", "no folder of its own"]),
        ("outside", "to = 2022-08-31", "to = 2022-10-01", &["line 20", "does not lie within Q (1 July 2022"]),
        ("the same kind", "kind = \"month\"", "kind = \"quarter\"", &["M1 is of the same kind as Q"]),
        ("run by itself", "period = \"Q\"", "period = \"M1\"", &["no period `M1`"]),
        (
            "counts of a part",
            "[[returns.files.parts]]\npart = \"rows\"",
            "[[returns.files.parts]]\npart = \"cover\"\n[[returns.files.parts]]\npart = \"rows\"",
            &["`steps` is made for periods that are part of another, and can hold rows only"],
        ),
        (
            "other headings",
            "text = \"out\" }, { heading = \"Who\"",
            "text = \"out\" }, { heading = \"Person\"",
            &["the rows of `people` have other headings than those above them in the same file", "{table}"],
        ),
    ];
    for (what, from, to, expected) in cases {
        let checkout = small();
        checkout.edit("small.toml", from, to);
        let said = checkout.run(&["run", "small.toml", "--key", "small.key"]);
        assert_eq!(said.code, 2, "{what}: {}{}", said.out, said.err);
        for words in *expected {
            assert!(said.err.contains(words), "{what}: no {words:?} in\n{}", said.err);
        }
    }
    let said = small().run(&["run", "small.toml", "--key", "small.key", "--period", "M1"]).ends(2);
    assert!(said.err.contains("is part of Q") && said.err.contains("run Q"), "{}", said.err);
}
