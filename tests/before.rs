//! What was there before a programme came to Quarterday: earlier quarters' files, or totals alone.

use crate::command::{Checkout, files};
use crate::quarters::{EVENTS, PEOPLE, PIPELINE};

/// A programme of which the files of three quarters lie there, and those of the first elsewhere.
fn world() -> Checkout {
    let checkout = Checkout::small(PEOPLE, PIPELINE, &[("events.toml", EVENTS)]);
    let quarters = [
        ("old", "2022-02-01", "N1"),
        ("q2", "2022-05-01", "N2"),
        ("q3", "2022-08-01", "N1"),
        ("q4", "2022-11-01", "N4"),
    ];
    for (folder, day, reference) in quarters {
        for (partner, other) in [("north", "A"), ("south", "S1")] {
            let reference = if partner == "north" { reference } else { other };
            let people = format!("ref,name,born,permit,joined\n{reference},Ada {reference},1980-02-01,,{day}\n");
            checkout.write(&format!("{folder}/{partner}-people.csv"), people);
            let events = format!("event,ref,happened\n{folder}-{partner},{reference},{day}\n");
            checkout.write(&format!("{folder}/{partner}-events.csv"), events);
        }
    }
    checkout
}

fn import<'a>(rest: &[&'a str]) -> Vec<&'a str> {
    [&["import-earlier", "small.toml", "--by", "Ann"][..], rest].concat()
}

/// People this period and so far, as a run says.
fn people(checkout: &Checkout, period: &str) -> (Option<u64>, Option<u64>) {
    let said = checkout.run(&["run", "small.toml", "--period", period, "--by", "Ann", "--format", "json"]);
    let people = &said.json()["people"];
    (people["this_period"].as_u64(), people["cumulative"].as_u64())
}

#[test]
fn earlier_files_count_as_if_they_had_been_there() {
    let (imported, there) = (world(), world());
    std::fs::rename(there.join("old"), there.join("q1")).expect("moved");
    assert_eq!(people(&imported, "Q2"), (Some(2), None), "nothing is known of the first quarter");
    let said = imported.run(&import(&["--period", "Q1", "--from", "old"])).ends(0);
    assert!(said.out.contains("Q1: 4 sources with 4 rows taken in, 4 accepted"), "{}", said.out);
    assert!(said.err.contains("Run Q2 again"), "{}", said.err);
    assert!(!imported.join("out/small/Q1").exists(), "nothing of it may leave");
    for (period, expected) in [("Q2", (2, 3)), ("Q3", (2, 3)), ("Q4", (2, 4))] {
        assert_eq!(people(&imported, period), (Some(expected.0), Some(expected.1)), "{period}");
        assert_eq!(people(&there, period), (Some(expected.0), Some(expected.1)), "{period}");
    }
    let returns = |checkout: &Checkout| {
        // The key is each folder's own, and so are pseudonyms: what is counted is the same.
        let sheet = ["read", "out/small/Q4/draft/book/book.xlsx", "--sheet", "By period", "--format", "csv"];
        checkout.run(&sheet).ends(0).out
    };
    assert_eq!(returns(&imported), returns(&there));
    let log = imported.run(&["history", "small.toml", "--format", "json"]).ends(0).json();
    let entry =
        log["log"].as_array().expect("a log").iter().find(|it| it["what"] == "import-earlier").expect("an entry");
    assert_eq!((entry["by"].as_str(), entry["period"].as_str()), (Some("Ann"), Some("Q1")));
    assert_eq!(entry["facts"]["rows"], 4);
    // Without a folder it takes what lies where the pipeline says.
    let fresh = world();
    std::fs::rename(fresh.join("old"), fresh.join("q1")).expect("moved");
    let said = fresh.run(&import(&[])).ends(0);
    assert!(said.out.contains("Q1: 4 sources") && said.out.contains("Q3: 4 sources"), "{}", said.out);
    assert!(fresh.run(&import(&[])).ends(0).out.contains("Nothing new"));
}

#[test]
fn totals_begin_the_figures_of_the_whole_project_and_returns_say_so() {
    let checkout = world();
    checkout.write("totals.csv", "return,line,part,people\nend,People,,\"1,100\"\n");
    let said = checkout.run(&import(&["--period", "Q1", "--totals", "totals.csv"])).ends(0);
    assert!(
        said.out.contains("1 opening total as at the end of Q1") && said.out.contains("cannot be linked"),
        "{}",
        said.out
    );
    // Those of whom there are records: N2 and S1, N1, N4.
    assert_eq!(people(&checkout, "Q2"), (Some(2), Some(1102)));
    people(&checkout, "Q3");
    checkout.run(&["run", "small.toml", "--final", "--by", "Ann"]).ends(0);
    let read = |sheet: &str| {
        let book = "out/small/Q4/draft/end/end.xlsx";
        checkout.run(&["read", book, "--sheet", sheet, "--format", "csv"]).ends(0).out
    };
    let against = read("Against target");
    assert!(against.contains("People,2,1104,8"), "{against}");
    assert!(against.contains("With an event,2,,20"), "there is no opening total of it: {against}");
    assert!(read("By quarter").contains("in the opening totals, of which no records are held"));
    let manifest: serde_json::Value =
        serde_json::from_str(&checkout.read("out/small/Q4/draft/end/manifest.json")).expect("JSON");
    assert_eq!(manifest["opening_totals"], "Q1");
    // The workbook says it above the figures: the text is in its parts.
    let findings = checkout.read("out/small/Q4/draft/findings.json");
    assert!(findings.contains("people cannot be linked across them"), "{findings}");

    let refused = |arguments: &[&str], words: &str| {
        let before = files(checkout.path());
        let said = checkout.run(arguments).ends(2);
        assert!(said.err.contains(words) && said.err.contains("Hint:"), "no {words:?} in\n{}", said.err);
        assert_eq!(before, files(checkout.path()), "{words}");
    };
    refused(&import(&["--period", "Q1", "--from", "old"]), "would count these people twice");
    refused(&import(&["--period", "Q2", "--totals", "totals.csv"]), "records of Q2 are held");
    refused(&import(&["--period", "Q9", "--totals", "totals.csv"]), "no period \"Q9\"");
    refused(&import(&["--totals", "totals.csv"]), "no period is named");
    refused(&import(&["--period", "Q3"]), "records of Q3 are held already");
    for (line, words) in [
        ("other,People,,4", "no return \"other\" has counts"),
        ("end,Peoples,,4", "has no line \"Peoples\""),
        ("end,People,Sex,4", "has no part \"Sex\""),
        ("end,People,,many", "is not a whole number"),
        ("end,People,,4\nend,People,,5", "with another number"),
    ] {
        checkout.write("wrong.csv", format!("return,line,part,people\n{line}\n"));
        refused(&import(&["--period", "Q1", "--totals", "wrong.csv"]), words);
    }
    // What is kept of them is what the log says was taken in.
    let kept = checkout.read("private/small/opening.json");
    checkout.write("private/small/opening.json", kept.replace("1100", "1101"));
    refused(&["run", "small.toml", "--by", "Ann"], "is not what the log says was taken in");
    checkout.write("private/small/opening.json", kept);
    // A draft rests on them: one that was made before they went is not sent.
    checkout.write("none.csv", "return,line,part,people\n");
    checkout.run(&import(&["--period", "Q1", "--totals", "none.csv"])).ends(0);
    refused(&["sent", "out/small/Q4/draft/study", "--by", "Ben"], "has changed since the draft was made");
    assert_eq!(people(&checkout, "Q2"), (Some(2), None));
}
