//! A new programme is TOML alone: made by `init`, run at once, and changed without a line of Rust.

use crate::command::Checkout;

#[test]
fn a_new_programme_runs_at_once() {
    let checkout = Checkout::new();
    checkout.run(&["init", "new"]).ends(0);
    let said = checkout.run(&["run", "new/programme.toml", "--format", "json"]).ends(0);
    let report = said.json();
    // One of the three rows has a date that is not in the calendar, so that there is something to see.
    assert_eq!(report["summary"]["rows"], 3);
    assert_eq!(report["summary"]["held"], 1);
    assert_eq!(report["returns"][0]["people"], 2);
    assert!(checkout.join("out/example/2026-Q1/draft/extract/people.parquet").is_file());
}

#[test]
fn a_new_programme_is_changed_by_editing_toml_alone() {
    let checkout = Checkout::new();
    checkout.run(&["init", "new"]).ends(0);
    // Another partner with a table of its own, a new recipient, and a list for it.
    checkout.write(
        "new/schemas/visits.toml",
        "title = \"Visits\"\n[quarterday]\nversion = \"1\"\nrecord_key = \"reference\"\n\
         [[fields]]\nname = \"reference\"\ntitle = \"Reference\"\nconstraints = { required = true }\nquarterday = { class = \"direct\" }\n\
         [[fields]]\nname = \"hours\"\ntitle = \"Hours\"\ntype = \"number\"\nconstraints = { minimum = 0, maximum = 12 }\nquarterday = { class = \"none\" }\n",
    );
    checkout.write("new/in/2026-Q1/north-visits.csv", "Reference,Hours\nN-001,2.5\nN-002,40\n");
    checkout.edit("new/programme.toml", "file = \"north*\"", "file = \"north.csv\"");
    checkout.edit(
        "new/programme.toml",
        "[recipients.evaluator] ",
        "[[partners.sources]]\ntable = \"visits\"\nfile = \"north-visits.csv\"\n\n\
         [recipients.board]\nname = \"The board\"\ncountry = \"GB\"\n\
         [recipients.board.release.visits]\nperson = { treatment = \"pseudonym\", as = \"who\" }\nhours = \"identified\"\n\n\
         [recipients.evaluator] ",
    );
    checkout.edit(
        "new/programme.toml",
        "[people]  ",
        "[tables.visits]\nschema = \"schemas/visits.toml\"\nrecord = \"reference\"\n\n[people]  ",
    );
    let text = checkout.read("new/programme.toml");
    checkout.write(
        "new/programme.toml",
        format!(
            "{text}\n[[returns]]\nname = \"visits\"\ntitle = \"Visits\"\nrecipient = \"board\"\nbasis = \"contract\"\nretention = \"usual\"\n\
             [[returns.files]]\nformat = \"csv\"\npath = \"visits.csv\"\n[[returns.files.parts]]\npart = \"rows\"\ntable = \"visits\"\n"
        ),
    );
    checkout.run(&["run", "new/programme.toml"]).ends(0);
    let list = checkout.read("out/example/2026-Q1/draft/visits/visits.csv");
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(lines.len(), 2, "the heading and the one visit of a sensible length: {list}");
    assert_eq!(lines[0], "who,hours");
    assert!(lines[1].ends_with(",2.5"), "{list}");
}

#[test]
fn a_folder_with_something_in_it_is_left_alone() {
    let checkout = Checkout::new();
    checkout.write("new/mine.txt", "x");
    checkout.run(&["init", "new"]).ends(2);
    assert_eq!(crate::command::files(&checkout.join("new")).len(), 1);
}
