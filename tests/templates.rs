//! Templates: a filled one passes, and each mistake typed into one is found as itself.

use crate::command::Checkout;
use qd_book::package::{CellEdit, Content, Package, SheetEdits, Written};
use std::collections::{BTreeMap, BTreeSet};

const SCHEMA: &str = r#"
name = "programme/people"
title = "People"
primaryKey = ["ref"]
missingValues = [""]

[[fields]]
name = "ref"
title = "Reference"
type = "string"
constraints = { required = true, maxLength = 8, pattern = "[A-Z]{2}-[0-9]+" }
quarterday = { help = "Your own reference." }

[[fields]]
name = "born"
title = "Date of birth"
type = "date"
constraints = { required = true, minimum = "1920-01-01", maximum = "2010-12-31" }

[[fields]]
name = "housing"
title = "Housing"
type = "string"
categories = [{ value = "RENT", label = "Renting" }, { value = "OWN", label = "Own home" }]

[[fields]]
name = "hours"
title = "Hours a week"
type = "integer"
constraints = { minimum = 0, maximum = 80 }

[[fields]]
name = "pay"
title = "Hourly pay"
type = "number"
constraints = { exclusiveMinimum = 0 }

[[fields]]
name = "volunteer"
title = "Volunteers"
type = "boolean"

[quarterday]
version = "2022.3"
"#;

fn text(text: &str) -> Content {
    Content::Write(Written::Text(text.to_owned()))
}

fn number(number: f64) -> Content {
    Content::Write(Written::Number(number))
}

/// Two rows without fault: 1 July 1990 is day 33055 as Excel counts.
fn good() -> BTreeMap<(u32, u32), Content> {
    let row = |row: u32, code: &str| {
        let cells = [text(code), number(33_055.0), text("Renting"), number(16.0), number(11.5), text("Yes")];
        (0u32..).zip(cells).map(move |(column, cell)| ((row, column), cell)).collect::<Vec<_>>()
    };
    row(2, "NR-1").into_iter().chain(row(3, "NR-2")).collect()
}

/// Fills the template in, and answers the exit code and the codes of what is found at errors.
fn check(checkout: &Checkout, cells: BTreeMap<(u32, u32), Content>) -> (i32, BTreeSet<String>) {
    let mut package = Package::open(std::fs::read(checkout.join("blank.xlsx")).expect("written")).expect("a workbook");
    let cells = cells.into_iter().map(|(at, content)| (at, CellEdit { content, ..CellEdit::default() })).collect();
    assert!(package.edit("People", SheetEdits { cells, ..SheetEdits::default() }));
    checkout.write("filled.xlsx", package.finish().expect("written"));
    let said = checkout.run(&["validate", "filled.xlsx", "--schema", "programme/people.toml", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
    let findings = report["findings"].as_array().expect("findings").iter();
    (said.code, findings.map(|finding| finding["code"].as_str().expect("a code").to_owned()).collect())
}

#[test]
fn a_filled_template_passes_and_each_mistake_is_found_as_itself() {
    let checkout = Checkout::new();
    checkout.write("programme/people.toml", SCHEMA);
    let said = checkout.run(&["template", "--schema", "programme/people.toml", "--output", "blank.xlsx"]);
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    assert_eq!(check(&checkout, good()), (0, BTreeSet::new()), "as it should be");
    let mut codes = good();
    codes.insert((2, 2), text("OWN"));
    codes.insert((2, 5), text("No"));
    assert_eq!(check(&checkout, codes), (0, BTreeSet::new()), "codes are taken like labels");
    let mistakes: [((u32, u32), Content, &str); 10] = [
        ((2, 1), Content::Empty, "required"),
        ((3, 0), text("NR-1"), "primary-key"),
        ((2, 0), text("NR-12345678"), "max-length"),
        ((2, 0), text("12"), "pattern"),
        ((2, 1), text("last summer"), "type"),
        ((2, 1), number(2.0), "minimum"),
        ((2, 1), number(44_743.0), "maximum"),
        ((2, 2), text("A tent"), "enum"),
        ((2, 3), number(7.5), "type"),
        ((2, 4), number(0.0), "exclusive-minimum"),
    ];
    for (place, content, expected) in mistakes {
        let mut cells = good();
        cells.insert(place, content);
        let found = check(&checkout, cells);
        assert_eq!(found, (1, BTreeSet::from([expected.to_owned()])), "{expected} at {place:?}");
    }
}

#[test]
fn a_template_for_an_earlier_version_is_told_and_its_workbook_read() {
    let checkout = Checkout::new();
    checkout.write("programme/people.toml", SCHEMA);
    checkout.run(&["template", "--schema", "programme/people.toml", "--output", "blank.xlsx"]).ends(0);
    checkout.edit("programme/people.toml", "2022.3", "2022.4");
    assert_eq!(check(&checkout, good()), (0, BTreeSet::from(["old-template".to_owned()])));
    let said = checkout.run(&["validate", "filled.xlsx", "--schema", "programme/people.toml"]);
    assert!(said.out.contains("another version of the schema than 2022.4, which is in force"), "{}", said.out);
}

#[test]
fn a_partners_template_has_its_own_sheets_and_fits_its_pipeline() {
    let checkout = Checkout::new();
    let partner = ["--pipeline", "pipelines/wwri.toml", "--partner", "fenland-welcome"];
    let mut arguments = vec!["template"];
    arguments.extend(partner);
    arguments.extend(["--output", "blank.xlsx"]);
    let said = checkout.run(&arguments);
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    let package = Package::open(std::fs::read(checkout.join("blank.xlsx")).expect("written")).expect("a workbook");
    assert_eq!(package.sheet_names(), ["How to fill this in", "Clients", "Skills", "Classes", "Outcomes", "Codes"]);
    for table in ["participants", "skills-assessments", "activities", "outcomes"] {
        let mut arguments = vec!["validate", "blank.xlsx", "--table", table, "--format", "json"];
        arguments.extend(partner);
        let said = checkout.run(&arguments);
        let report: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
        let codes: Vec<&str> = report["findings"]
            .as_array()
            .expect("findings")
            .iter()
            .filter_map(|finding| finding["code"].as_str())
            .collect();
        assert_eq!((said.code, codes), (0, vec!["no-rows"]), "{table}");
    }
}

#[test]
fn a_template_is_the_same_on_any_day_and_is_not_written_under_another_kind() {
    let checkout = Checkout::new();
    checkout.write("programme/people.toml", SCHEMA);
    let make = |output: &str| checkout.run(&["template", "--schema", "programme/people.toml", "--output", output]);
    assert_eq!((make("one.xlsx").code, make("two.xlsx").code), (0, 0));
    let bytes = |name: &str| std::fs::read(checkout.join(name)).expect("written");
    assert_eq!(bytes("one.xlsx"), bytes("two.xlsx"));
    let said = make("blank.ods");
    assert_eq!(said.code, 2);
    assert!(said.err.contains("blank.xlsx"), "{}", said.err);
}
