//! The final return of a programme: the whole project, for whoever may have exact counts and for whoever may not.

use crate::command::Checkout;

const FUNDER: &str = "out/wwri/2022-Q3/draft/ukra-final/ukra-final-return.xlsx";
const GROUP: &str = "out/wwri/2022-Q3/draft/steering-group-final/statistics-final.xlsx";

/// A sheet's rows: cells as text, the headings first.
fn sheet(checkout: &Checkout, book: &str, sheet: &str) -> Vec<Vec<String>> {
    let read = checkout.run(&["read", book, "--sheet", sheet, "--format", "json"]).ends(0).json();
    let text = |cell: &serde_json::Value| cell.as_str().unwrap_or_default().to_owned();
    let headings = read["columns"].as_array().expect("columns").iter().map(|column| text(&column["heading"]));
    let row = |row: &serde_json::Value| row["cells"].as_array().expect("cells").iter().map(text).collect();
    std::iter::once(headings.collect()).chain(read["rows"].as_array().expect("rows").iter().map(row)).collect()
}

/// What stands under a heading in the first row of a label.
fn cell(rows: &[Vec<String>], label: &str, heading: &str) -> String {
    let at = rows[0].iter().position(|it| it == heading).unwrap_or_else(|| panic!("no {heading} in {:?}", rows[0]));
    let row = rows.iter().find(|row| row.iter().any(|cell| cell == label));
    row.unwrap_or_else(|| panic!("no {label} in {rows:?}"))[at].clone()
}

#[test]
fn a_final_return_says_what_was_reported_of_each_quarter() {
    let checkout = Checkout::new();
    checkout.run(&["run", "pipelines/wwri.toml", "--period", "2022-Q2", "--by", "Ann", "--quiet"]).ends(0);
    for name in ["ukra", "steering-group"] {
        checkout.run(&["sent", &format!("out/wwri/2022-Q2/draft/{name}"), "--by", "Ben"]).ends(0);
    }
    checkout.run(&["run", "pipelines/wwri.toml", "--final", "--by", "Ann", "--quiet"]).ends(0);
    let sent = [
        (
            FUNDER,
            "out/wwri/2022-Q2/v1/ukra/ukra-return-2022-Q2.xlsx",
            "Indicators",
            "People assisted through integration measures",
        ),
        (GROUP, "out/wwri/2022-Q2/v1/steering-group/statistics-2022-Q2.xlsx", "Statistics", "People supported"),
        (GROUP, "out/wwri/2022-Q2/v1/steering-group/statistics-2022-Q2.xlsx", "Statistics", "Employment strand"),
    ];
    for (book, sent, name, label) in sent {
        let before = sheet(&checkout, sent, name);
        let by_quarter = sheet(&checkout, book, "By quarter");
        assert_eq!(cell(&by_quarter, label, "As reported"), cell(&before, label, "2022-Q2"), "{label} in {book}");
        assert!(!cell(&by_quarter, label, "As now known").is_empty());
        let against = sheet(&checkout, book, "Against target");
        let number = |heading: &str| cell(&against, label, heading).parse::<f64>().expect("a number");
        let share = number("Project so far") / number("Target");
        assert!((number("Share of target") - share).abs() <= 0.005, "{label} in {book}: {share}");
    }
    // A reader of protected counts finds no exact one in any quarter.
    for row in sheet(&checkout, GROUP, "By quarter").iter().skip(1) {
        for count in row[row.len() - 2..].iter().filter_map(|cell| cell.parse::<u64>().ok()) {
            assert_eq!(count % 5, 0, "{row:?}");
        }
    }
    // What was sent of people to contact leads back to the row that it is about.
    let trace = ["trace", "out/wwri/2022-Q3/draft/esol-invitations", "People to contact!A5", "--format", "json"];
    let said = checkout.run(&trace);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(said.json()["rows"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_project_ends_with_its_last_period_and_all_before_it() {
    let checkout = Checkout::new();
    let said = checkout.run(&["run", "pipelines/wwri.toml", "--period", "2022-Q2", "--final"]).ends(2);
    assert!(said.err.contains("does not end the project") && said.err.contains("Hint:"), "{}", said.err);
    let said = checkout.run(&["run", "pipelines/whp.toml", "--final"]).ends(2);
    assert!(said.err.contains("has no final return") && said.err.contains("final = true"), "{}", said.err);
    assert!(!checkout.join("out").exists());
    std::fs::remove_dir_all(checkout.join("sample-data/wwri/2022-Q2")).expect("removed");
    let said = checkout.run(&["run", "pipelines/wwri.toml", "--final", "--format", "json"]).ends(1).json();
    let returns = said["returns"].as_array().expect("returns");
    let is_short = |name: &str| {
        let of = returns.iter().find(|it| it["name"] == name).expect("the return");
        of["blocked"].as_array().is_some_and(|all| all.iter().any(|reason| reason["code"] == "missing-period"))
    };
    assert!(is_short("ukra-final") && is_short("steering-group-final"));
    assert!(!is_short("ukra"), "only what is of the whole project needs all of it");
}
