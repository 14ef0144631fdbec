//! Counts of people at the binary: small ones are suppressed, and no later return gives them away.

use crate::command::Checkout;
use serde_json::Value;
use std::collections::BTreeMap;

const SCHEMA: &str = r#"
primaryKey = "ref"
[[fields]]
name = "ref"
constraints = { required = true }
quarterday = { class = "direct" }
[[fields]]
name = "sex"
constraints = { required = true }
categories = ["F", "M", "X"]
[[fields]]
name = "area"
categories = ["East", "West"]
[[fields]]
name = "hours"
type = "number"
[quarterday]
version = "1"
record_key = "ref"
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
[people]
table = "people"
record = "ref"
[retention.short]
rule = "one year from the end"
[[partners]]
code = "north"
name = "North"
sources = [{ table = "people", file = "north*" }]
[recipients.board]
name = "The board"
country = "GB"
basis = "legitimate interests"
threshold = 10
rounding = 1
[[returns]]
name = "counts"
title = "Counts"
recipient = "board"
retention = "short"
[[returns.files]]
format = "xlsx"
path = "counts.xlsx"
[[returns.files.parts]]
part = "indicators"
name = "Counts"
[[returns.files.parts.rows]]
label = "People"
counts = [{ table = "people" }]
mean = { label = "Mean hours", table = "people", field = "hours" }
by = [{ label = "Sex", field = "sex" }, { label = "Area", field = "area" }]
[[returns.files.parts.rows]]
label = "People in the east"
counts = [{ table = "people", where = "area = 'East'" }]
share_of = "People"
"#;

/// A programme of so many people of each sex, all in the east.
fn small(people: &[(&str, usize)]) -> Checkout {
    let checkout = Checkout::new();
    checkout.write("people.toml", SCHEMA);
    checkout.write("small.toml", PIPELINE);
    write(&checkout, people);
    checkout.run(&["key", "new", "small.key"]).ends(0);
    checkout
}

fn write(checkout: &Checkout, people: &[(&str, usize)]) {
    let mut text = "ref,sex,area,hours\n".to_owned();
    for (sex, count) in people {
        text.extend((0..*count).map(|index| format!("{sex}{index},{sex},East,20\n")));
    }
    checkout.write("in/north.csv", text);
}

/// What is shown of each set of people in this period.
fn shown(checkout: &Checkout) -> BTreeMap<String, String> {
    let text = checkout.read("private/small/P1/figures/counts.json");
    let record: Value = serde_json::from_str(&text).expect("JSON");
    let counts = record["counts"].as_array().expect("counts");
    let text = |count: &Value, name: &str| count[name].as_str().expect("a text").to_owned();
    let own = |count: &Value| Some((text(count, "set").strip_suffix(" @ in P1")?.to_owned(), text(count, "shown")));
    counts.iter().filter_map(own).collect()
}

#[test]
fn a_small_count_takes_another_with_it_and_stays_suppressed_in_the_next_version() {
    let checkout = small(&[("F", 31), ("M", 14), ("X", 3)]);
    let run = ["run", "small.toml", "--key", "small.key", "--format", "json"];
    let said = checkout.run(&run).ends(0);
    let first = shown(&checkout);
    let of = |sex: &str| format!("people | sex = {sex}");
    assert_eq!((first["people"].as_str(), first[&of("F")].as_str()), ("48", "31"));
    assert_eq!((first[&of("M")].as_str(), first[&of("X")].as_str()), ("[c]", "[c]"));
    let notes = said.json()["returns"][0]["notes"].to_string();
    assert!(notes.contains("everybody is in one category"), "{notes}");

    // The same workbook in a recipient's hands: the signs stand in it, and no number that gives them away.
    let book = "out/small/P1/draft/counts/counts.xlsx";
    let read = checkout.run(&["read", book, "--sheet", "Counts", "--format", "csv"]).ends(0);
    let cells: Vec<&str> = read.out.split([',', '\n']).map(str::trim).collect();
    for (cell, is_there) in [("[c]", true), ("48", true), ("31", true), ("20", true), ("14", false), ("3", false)] {
        assert_eq!(cells.contains(&cell), is_there, "{cell}: {}", read.out);
    }

    // It is sent, and a person is added: the difference of the versions would be that person.
    let sent = "private/small/sent/P1/counts/v1/figures.json";
    checkout.write(sent, checkout.read("private/small/P1/figures/counts.json"));
    write(&checkout, &[("F", 32), ("M", 14), ("X", 3)]);
    checkout.run(&run).ends(0);
    let second = shown(&checkout);
    assert_eq!((second["people"].as_str(), second[&of("F")].as_str()), ("[c]", "[c]"), "{second:?}");
    let manifest = checkout.read("out/small/P1/draft/manifest.json");
    assert!(manifest.contains("\"version\": \"v1\""), "{manifest}");
}

#[test]
fn a_return_of_which_too_much_is_out_already_is_blocked() {
    let checkout = small(&[("F", 31), ("M", 14), ("X", 3)]);
    let run = ["run", "small.toml", "--key", "small.key", "--format", "json"];
    checkout.run(&run).ends(0);
    // As if somebody had sent the exact figures of two of the three.
    let record = checkout.read("private/small/P1/figures/counts.json");
    let mut record: Value = serde_json::from_str(&record).expect("JSON");
    for count in record["counts"].as_array_mut().expect("counts") {
        let people = count["people"].as_u64().expect("a number");
        if people != 3 {
            (count["low"], count["high"], count["small"]) = (people.into(), people.into(), false.into());
        }
    }
    checkout.write("private/small/sent/P1/counts/v1/figures.json", record.to_string());
    let said = checkout.run(&run).ends(1);
    let blocked = said.json()["returns"][0]["blocked"].to_string();
    assert!(blocked.contains("small-number") && blocked.contains("Sex: X"), "{blocked}");
}

#[test]
fn counts_by_period_are_set_against_cumulative_ones_of_other_returns() {
    let checkout = small(&[("F", 40)]);
    let second = "folder = \"in\"\n[[periods]]\nlabel = \"P2\"\nfrom = 2022-10-01\nto = 2022-12-31\nfolder = \"in2\"\n";
    checkout.edit("small.toml", "folder = \"in\"\n", second);
    checkout.edit("small.toml", "period = \"P1\"", "period = \"P2\"");
    let by_period = "[[returns]]\nname = \"course\"\ntitle = \"Course\"\nrecipient = \"board\"\nretention = \"short\"\n[[returns.files]]\nformat = \"xlsx\"\npath = \"course.xlsx\"\n[[returns.files.parts]]\npart = \"by-period\"\nname = \"By period\"\n[[returns.files.parts.rows]]\nlabel = \"People\"\ncounts = [{ table = \"people\" }]\n";
    checkout.write("small.toml", format!("{}\n{by_period}", checkout.read("small.toml")));
    // Four people in the second period, all of them new: 44 so far.
    let text = (40..44).map(|index| format!("F{index},F,East,20\n")).collect::<Vec<_>>().concat();
    checkout.write("in2/north.csv", format!("ref,sex,area,hours\n{text}"));
    checkout.run(&["run", "small.toml", "--key", "small.key", "--format", "json"]).ends(0);
    let shown = |name: &str| -> BTreeMap<String, String> {
        let record: Value =
            serde_json::from_str(&checkout.read(&format!("private/small/P2/figures/{name}.json"))).expect("JSON");
        let text = |count: &Value, name: &str| count[name].as_str().expect("a text").to_owned();
        record["counts"].as_array().expect("counts").iter().map(|it| (text(it, "set"), text(it, "shown"))).collect()
    };
    let (counts, course) = (shown("counts"), shown("course"));
    assert_eq!((counts["people @ in P2"].as_str(), counts["people @ up to P2"].as_str()), ("[c]", "44"));
    // 40 in the first period would leave at least four for the second.
    assert_eq!((course["people @ in P1"].as_str(), course["people @ in P2"].as_str()), ("[c]", "[c]"), "{course:?}");
}

#[test]
fn a_two_way_table_hides_two_or_more_cells_in_each_row_and_column() {
    let checkout = small(&[]);
    let cells = [
        ("F", "East", 20),
        ("F", "West", 3),
        ("M", "East", 30),
        ("M", "West", 25),
        ("X", "East", 40),
        ("X", "West", 30),
    ];
    let mut text = "ref,sex,area,hours\n".to_owned();
    for (sex, area, people) in cells {
        text.extend((0..people).map(|index| format!("{sex}{area}{index},{sex},{area},20\n")));
    }
    checkout.write("in/north.csv", text);
    let table = "[[returns.files.parts]]\npart = \"two-way\"\nname = \"Sex by area\"\nlabel = \"People\"\ncounts = [{ table = \"people\" }]\ndown = { label = \"Sex\", field = \"sex\" }\nacross = { label = \"Area\", field = \"area\" }\n";
    checkout.write("small.toml", format!("{}\n{table}", checkout.read("small.toml")));
    checkout.run(&["run", "small.toml", "--key", "small.key", "--format", "json"]).ends(0);
    let book = "out/small/P1/draft/counts/counts.xlsx";
    let read = checkout.run(&["read", book, "--sheet", "Sex by area", "--format", "csv"]).ends(0);
    let rows: Vec<Vec<&str>> = read.out.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows[0], ["Sex", "East", "West", "not recorded", "All"]);
    assert_eq!(rows[1][2], "[c]", "three people: {rows:?}");
    assert_eq!(rows[4][0], "All");
    let hidden = |cells: Vec<&str>| cells.iter().filter(|cell| **cell == "[c]").count();
    for row in &rows[1..] {
        assert_ne!(hidden(row[1..].to_vec()), 1, "{rows:?}");
    }
    for column in 1..5 {
        assert_ne!(hidden(rows[1..].iter().map(|row| row[column]).collect()), 1, "{rows:?}");
    }
    // What is shown is right, and most of it is shown.
    let shown: Vec<&str> =
        rows[1..].iter().flat_map(|row| row[1..].iter().copied()).filter(|it| *it != "[c]").collect();
    assert!(shown.len() >= 9 && shown.contains(&"40") && !shown.contains(&"3"), "{rows:?}");
    let trace = ["trace", "out/small/P1/draft/counts", "Sex by area!C5", "--format", "json"];
    let traced = checkout.run(&trace).ends(0).json();
    assert_eq!((traced["people"].as_u64(), traced["shown"].as_str()), (Some(3), Some("[c]")), "{traced}");
    // A row that is all one value is known of each person in it.
    checkout.write(
        "in/north.csv",
        "ref,sex,area,hours\n".to_owned()
            + &(0..12).map(|it| format!("F{it},F,East,20\n")).collect::<Vec<_>>().concat(),
    );
    let said = checkout.run(&["run", "small.toml", "--key", "small.key", "--format", "json"]).ends(0);
    let notes = said.json()["returns"][0]["notes"].to_string();
    assert!(notes.contains("Sex: F") && notes.contains("by Area"), "{notes}");
}

#[test]
fn a_cell_of_two_overlapping_breakdowns_counts_people_by_any_of_their_records() {
    let checkout = small(&[("F", 12)]);
    let second = "folder = \"in\"\n[[periods]]\nlabel = \"P2\"\nfrom = 2022-10-01\nto = 2022-12-31\nfolder = \"in2\"\n";
    checkout.edit("small.toml", "folder = \"in\"\n", second);
    checkout.edit("small.toml", "period = \"P1\"", "period = \"P2\"");
    let table = "[[returns.files.parts]]\npart = \"two-way\"\nname = \"Both\"\nlabel = \"People\"\nover = \"project\"\ncounts = [{ table = \"people\" }]\ndown = { label = \"Sex\", field = \"sex\", dimension = \"overlapping\" }\nacross = { label = \"Area\", field = \"area\", dimension = \"overlapping\" }\n";
    checkout.write("small.toml", format!("{}\n{table}", checkout.read("small.toml")));
    // The same twelve people, of whom the second period's records say otherwise: no record says F and West.
    let text = (0..12).map(|index| format!("F{index},M,West,20\n")).collect::<Vec<_>>().concat();
    checkout.write("in2/north.csv", format!("ref,sex,area,hours\n{text}"));
    checkout.run(&["run", "small.toml", "--key", "small.key", "--format", "json"]).ends(0);
    let book = "out/small/P2/draft/counts/counts.xlsx";
    let read = checkout.run(&["read", book, "--sheet", "Both", "--format", "csv"]).ends(0);
    let rows: Vec<Vec<&str>> = read.out.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows[0][..3], ["Sex", "East", "West"], "{rows:?}");
    for row in [["F", "12", "12"], ["M", "12", "12"], ["X", "0", "0"]] {
        assert!(rows.iter().any(|own| own[..3] == row), "{row:?}: {rows:?}");
    }
}

#[test]
fn a_recipient_of_rows_gets_no_protected_counts_of_them() {
    let checkout = small(&[("F", 12)]);
    let rows = "[recipients.board.release.people]\nperson = \"pseudonym\"\nsex = \"identified\"\n\n[[returns]]\nname = \"rows\"\ntitle = \"Rows\"\nrecipient = \"board\"\nretention = \"short\"\n[[returns.files]]\nformat = \"csv\"\npath = \"rows.csv\"\nparts = [{ part = \"rows\", table = \"people\" }]\n";
    checkout.edit("small.toml", "[[returns]]", &format!("{rows}\n[[returns]]"));
    let said = checkout.run(&["run", "small.toml", "--key", "small.key"]).ends(2);
    assert!(said.err.contains("row by row") && said.err.contains("exact_counts"), "{}", said.err);
}

/// The return by which the board gets whose rows there are, and nothing else of them.
const ROWS: &str = "[recipients.board.release.people]\nperson = \"pseudonym\"\n\n[[returns]]\nname = \"rows\"\ntitle = \"Rows\"\nrecipient = \"board\"\nretention = \"short\"\n[[returns.files]]\nformat = \"csv\"\npath = \"rows.csv\"\nparts = [{ part = \"rows\", table = \"people\" }]\n";

/// What is shown in a period's counts, by set.
fn shown_in(checkout: &Checkout, period: &str) -> BTreeMap<String, String> {
    let text = checkout.read(&format!("private/small/{period}/figures/counts.json"));
    let record: Value = serde_json::from_str(&text).expect("JSON");
    let text = |count: &Value, name: &str| count[name].as_str().expect("a text").to_owned();
    record["counts"].as_array().expect("counts").iter().map(|it| (text(it, "set"), text(it, "shown"))).collect()
}

#[test]
fn rows_that_were_sent_of_an_earlier_period_do_not_give_later_counts_away() {
    let run = |checkout: &Checkout, period: &str| {
        checkout.run(&["run", "small.toml", "--key", "small.key", "--period", period, "--by", "Ann"]).ends(0);
    };
    let second = "folder = \"in\"\n[[periods]]\nlabel = \"P2\"\nfrom = 2022-10-01\nto = 2022-12-31\nfolder = \"in2\"\n";
    let up_to_now = |are_sent: bool| {
        let checkout = small(&[("F", 48)]);
        checkout.edit("small.toml", "folder = \"in\"\n", second);
        // Five people in the second period, all of them new: 53 so far.
        let text = (48..53).map(|index| format!("F{index},F,East,20\n")).collect::<Vec<_>>().concat();
        checkout.write("in2/north.csv", format!("ref,sex,area,hours\n{text}"));
        checkout.edit("small.toml", "[[returns]]", &format!("{ROWS}\n[[returns]]"));
        run(&checkout, "P1");
        let record: Value = serde_json::from_str(&checkout.read("private/small/P1/figures/rows.json")).expect("JSON");
        assert_eq!(record["rows"], serde_json::json!([["people @ in P1", 48]]));
        if are_sent {
            checkout.run(&["sent", "out/small/P1/draft/rows", "--by", "Ben"]).ends(0);
        }
        // From now on the board gets no rows.
        checkout.edit("small.toml", ROWS, "");
        run(&checkout, "P2");
        let shown = shown_in(&checkout, "P2");
        assert_eq!(shown["people @ in P2"], "[c]");
        shown["people @ up to P2"].clone()
    };
    assert_eq!(up_to_now(false), "53");
    // 53 so far, of whom the board holds 48 row by row, would leave five or more for the second period.
    assert_eq!(up_to_now(true), "[c]");
}

#[test]
fn a_small_number_of_rows_that_the_reader_has_blocks_nothing() {
    let checkout = small(&[("F", 4)]);
    checkout.edit("small.toml", "[[returns]]", &format!("{ROWS}\n[[returns]]"));
    // Four people this period are four so far, and the board has their rows: no sign could hide that.
    checkout.run(&["run", "small.toml", "--key", "small.key"]).ends(0);
    let shown = shown_in(&checkout, "P1");
    assert_eq!((shown["people @ in P1"].as_str(), shown["people @ up to P1"].as_str()), ("[c]", "[c]"), "{shown:?}");
}

#[test]
fn a_record_of_before_rows_were_kept_is_read() {
    let run = ["run", "small.toml", "--key", "small.key"];
    let checkout = small(&[("F", 31), ("M", 14), ("X", 3)]);
    checkout.run(&run).ends(0);
    let record = checkout.read("private/small/P1/figures/counts.json");
    let mut record: Value = serde_json::from_str(&record).expect("JSON");
    assert_eq!(record.as_object_mut().expect("an object").remove("rows"), Some(serde_json::json!([])));
    checkout.write("private/small/sent/P1/counts/v1/figures.json", record.to_string());
    write(&checkout, &[("F", 32), ("M", 14), ("X", 3)]);
    checkout.run(&run).ends(0);
    assert_eq!(shown(&checkout)["people"], "[c]", "the difference of the versions is guarded as before");
}
