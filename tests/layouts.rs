//! Tables that stand in unusual places, wide ones, and what a partner's headings mean: each reads as
//! the pipeline says.

use crate::command::Checkout;
use serde_json::{Value, json};
use std::io::Write;

const PROGRAMME: &str = r#"
name = "small"
title = "Small"
lead = "Lead"
demonstration = true
key = "../sample-data/demonstration.key"
period = "2026-Q1"
periods = [{ label = "2026-Q1", from = 2026-01-01, to = 2026-03-31, folder = "in" }]

[tables.people]
schema = "people.toml"

[tables.courses]
schema = "courses.toml"
"#;

const PEOPLE: &str = r#"
[quarterday]

[[fields]]
name = "ref"
title = "Client ref"
constraints = { required = true }

[[fields]]
name = "name"
title = "Full name"
quarterday = { class = "direct" }
"#;

const COURSES: &str = r#"
[quarterday]

[[fields]]
name = "ref"
title = "Client ref"
constraints = { required = true }

[[fields]]
name = "number"
type = "integer"

[[fields]]
name = "course"
title = "Course"

[[fields]]
name = "started"
title = "Started"
type = "date"
format = "%d/%m/%Y"
"#;

/// A checkout with a small programme of which a partner sends these sources.
pub(crate) fn programme(sources: &str) -> Checkout {
    let checkout = Checkout::new();
    let partner = "\n[[partners]]\ncode = \"north\"\nname = \"North\"\n";
    checkout.write("small/programme.toml", format!("{PROGRAMME}{partner}{sources}"));
    checkout.write("small/people.toml", PEOPLE);
    checkout.write("small/courses.toml", COURSES);
    checkout
}

fn read(checkout: &Checkout, file: &str, table: &str) -> Value {
    let pipeline = ["--pipeline", "small/programme.toml", "--partner", "north"];
    let arguments = [&["read", file, "--table", table, "--format", "json"][..], &pipeline].concat();
    checkout.run(&arguments).ends(0).json()
}

/// Every row of a table, as its fields in order with their values.
fn rows(table: &Value, fields: &[&str]) -> Vec<Vec<String>> {
    let columns = table["columns"].as_array().expect("columns");
    let at = |field: &&str| columns.iter().position(|column| column["field"] == **field);
    let order: Vec<usize> =
        fields.iter().map(|field| at(field).unwrap_or_else(|| panic!("{field}: {table}"))).collect();
    let rows = table["rows"].as_array().expect("rows").iter();
    rows.map(|row| order.iter().map(|at| row["cells"][*at].as_str().unwrap_or_default().to_owned()).collect()).collect()
}

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";

/// A workbook of sheets of texts, with more XML at the end of each sheet where it is given.
pub(crate) fn workbook(sheets: &[(&str, &[&[&str]], &str)], more: &str, parts: &[(&str, &str)]) -> Vec<u8> {
    let (mut listed, mut relations) = (Vec::new(), Vec::new());
    let mut files: Vec<(String, String)> = Vec::new();
    for (index, (title, rows, end)) in sheets.iter().enumerate() {
        let number = index + 1;
        let state = if title.starts_with('!') { " state=\"hidden\"" } else { "" };
        let title = title.trim_start_matches('!');
        listed.push(format!("<sheet name=\"{title}\"{state} sheetId=\"{number}\" r:id=\"rId{number}\"/>"));
        relations.push(related(number, "worksheet", &format!("worksheets/sheet{number}.xml")));
        let cell = |row: usize, column: usize, text: &str| {
            format!("<c r=\"{}{}\" t=\"inlineStr\"><is><t>{text}</t></is></c>", letters(column), row + 1)
        };
        let row = |(row, cells): (usize, &&[&str])| {
            let filled = cells.iter().enumerate().filter(|(_, text)| !text.is_empty());
            let filled: Vec<String> = filled.map(|(column, text)| cell(row, column, text)).collect();
            format!("<row r=\"{}\">{}</row>", row + 1, filled.concat())
        };
        let data = rows.iter().enumerate().map(row).collect::<Vec<_>>().concat();
        let sheet = if end.contains("<sheetData>") {
            (*end).replace("<sheetData>", &format!("<sheetData>{data}"))
        } else {
            format!("<sheetData>{data}</sheetData>{end}")
        };
        let sheet = format!("<worksheet xmlns=\"{MAIN}\">{sheet}</worksheet>");
        files.push((format!("xl/worksheets/sheet{number}.xml"), sheet));
    }
    let listed = format!("<sheets>{}</sheets>{more}", listed.concat());
    let workbook = format!("<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\">{listed}</workbook>");
    files.push(("xl/workbook.xml".to_owned(), workbook));
    files.push(("xl/_rels/workbook.xml.rels".to_owned(), relationships(&relations.concat())));
    files.push(("_rels/.rels".to_owned(), relationships(&related(1, "officeDocument", "xl/workbook.xml"))));
    let types = format!(
        "<Types xmlns=\"{PACKAGE}/content-types\"><Default Extension=\"xml\" ContentType=\"application/xml\"/></Types>"
    );
    files.push(("[Content_Types].xml".to_owned(), types));
    files.extend(parts.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())));
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in files {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).expect("a part");
        archive.write_all(text.as_bytes()).expect("written");
    }
    archive.finish().expect("whole").into_inner()
}

fn related(number: usize, what: &str, target: &str) -> String {
    format!("<Relationship Id=\"rId{number}\" Type=\"{OFFICE}/{what}\" Target=\"{target}\"/>")
}

fn relationships(all: &str) -> String {
    format!("<Relationships xmlns=\"{PACKAGE}/relationships\">{all}</Relationships>")
}

/// The letters of a column, counted from 0.
fn letters(column: usize) -> String {
    let (mut out, mut left) = (String::new(), column + 1);
    while left > 0 {
        left -= 1;
        out.insert(0, char::from(b'A' + (left % 26) as u8));
        left /= 26;
    }
    out
}

#[test]
fn narrow_files_a_wide_one_and_a_workbook_give_the_same_rows() {
    let narrow = programme(
        r#"
[[partners.sources]]
table = "people"
file = "people.csv"

[[partners.sources]]
table = "courses"
file = "first.csv"
set = { number = "1" }

[[partners.sources]]
table = "courses"
file = "second.csv"
set = { number = "2" }
"#,
    );
    narrow.write("people.csv", "Client ref,Full name\nA1,Zoë Ashdown\nA2,Noor Khan\nA3,Bo\n");
    narrow.write("first.csv", "Client ref,Course,Started\nA1,ESOL,05/01/2026\nA2,Driving,06/01/2026\n");
    narrow.write("second.csv", "Client ref,Course,Started\nA1,Work,02/02/2026\nA3,ESOL,03/02/2026\n");

    let wide = programme(
        r#"
[[partners.sources]]
table = "people"
file = "wide.csv"

[[partners.sources]]
table = "courses"
file = "wide.csv"
unfold = [{ suffix = "1", set = { number = "1" } }, { suffix = "2", set = { number = "2" } }]
"#,
    );
    wide.write(
        "wide.csv",
        "Client ref,Full name,Course 1,Started 1,Course 2,Started 2\n\
         A1,Zoë Ashdown,ESOL,05/01/2026,Work,02/02/2026\n\
         A2,Noor Khan,Driving,06/01/2026,,\n\
         A3,Bo,,,ESOL,03/02/2026\n",
    );

    let book = programme(
        r#"
[[partners.sources]]
table = "people"
file = "book.xlsx"
sheet = "People"

[[partners.sources]]
table = "courses"
file = "book.xlsx"
sheet = "Courses"
"#,
    );
    let people: &[&[&str]] =
        &[&["Client ref", "Full name"], &["A1", "Zoë Ashdown"], &["A2", "Noor Khan"], &["A3", "Bo"]];
    let courses: &[&[&str]] = &[
        &["Client ref", "Number", "Course", "Started"],
        &["A1", "1", "ESOL", "05/01/2026"],
        &["A2", "1", "Driving", "06/01/2026"],
        &["A1", "2", "Work", "02/02/2026"],
        &["A3", "2", "ESOL", "03/02/2026"],
    ];
    book.write("book.xlsx", workbook(&[("People", people, ""), ("Courses", courses, "")], "", &[]));

    let of_people = ["ref", "name"];
    let of_courses = ["ref", "number", "course", "started"];
    let expected = rows(&read(&book, "book.xlsx", "courses"), &of_courses);
    assert_eq!(expected[2], ["A1", "2", "Work", "2026-02-02"]);
    assert_eq!(rows(&read(&wide, "wide.csv", "courses"), &of_courses), expected);
    let halves = ["first.csv", "second.csv"].map(|file| rows(&read(&narrow, file, "courses"), &of_courses));
    assert_eq!(halves.concat(), expected);
    let expected = rows(&read(&book, "book.xlsx", "people"), &of_people);
    assert_eq!(rows(&read(&wide, "wide.csv", "people"), &of_people), expected);
    assert_eq!(rows(&read(&narrow, "people.csv", "people"), &of_people), expected);

    // A cell that is wrong is named where it stands, in whichever part.
    wide.edit("wide.csv", "A3,Bo,,,ESOL,03/02/2026", "A3,Bo,,,ESOL,31/02/2026");
    let arguments =
        ["validate", "wide.csv", "--pipeline", "small/programme.toml", "--partner", "north", "--format", "json"];
    let found = wide.run(&arguments).ends(1).json();
    let cells: Vec<&Value> = found["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .filter(|f| f["code"] == "type")
        .map(|f| &f["cell"])
        .collect();
    assert_eq!(cells, [&json!("F4")]);
}

#[test]
fn what_may_stand_once_is_looked_for_in_all_parts_of_a_wide_table() {
    let checkout = programme(
        r#"
[[partners.sources]]
table = "courses"
file = "wide.csv"
unfold = [{ suffix = "1", set = { number = "1" } }, { suffix = "2", set = { number = "2" } }, { suffix = "3" }]

[[partners.sources]]
table = "courses"
file = "more.csv"
"#,
    );
    checkout.edit("small/courses.toml", "[quarterday]", "primaryKey = [\"ref\", \"course\"]\n[quarterday]");
    checkout.write(
        "wide.csv",
        "Client ref,Course 1,Started 1,Course 2,Started 2,Course 3,Started 3\n\
         A1,ESOL,05/01/2026,Work,02/02/2026,ESOL,02/03/2026\n\
         A2,Driving,06/01/2026,Work,06/01/2026,,\n\
         A3,Sewing,06/01/2026,,,ESOL,03/02/2026\n\
         A4,Sewing,06/01/2026,,,,\n\
         A4,Sewing,07/01/2026,Sewing,07/02/2026,,\n",
    );
    let said = |found: &Value| -> Vec<(u64, String)> {
        let all = found["findings"].as_array().expect("findings").iter();
        let keys = all.filter(|finding| finding["code"] == "primary-key");
        keys.map(|it| (it["row"].as_u64().expect("a row"), it["message"].as_str().expect("words").to_owned())).collect()
    };
    let arguments =
        ["validate", "wide.csv", "--pipeline", "small/programme.toml", "--partner", "north", "--format", "json"];
    let mut found = said(&checkout.run(&arguments).ends(1).json());
    found.sort();
    let like = |heading: &str, more: &str| {
        format!("The row has the same key as another row: \"Client ref\" and \"{heading}\"{more}")
    };
    let expected = [
        (2, like("Course 1", "; there is one in the part \"3\" of the sheet")),
        (2, like("Course 3", "; there is one in the part \"1\" of the sheet")),
        (5, like("Course 1", "")),
        (6, like("Course 1", "")),
        (6, like("Course 2", "; there is one in the part \"1\" of the sheet")),
    ];
    assert_eq!(found, expected);

    // A run holds each of them, and looks into the partner's other files of the table as well.
    checkout.write("small/in/wide.csv", checkout.read("wide.csv"));
    checkout
        .write("small/in/more.csv", "Client ref,Number,Course,Started\nA2,3,Work,09/03/2026\nA5,1,Work,09/03/2026\n");
    checkout.run(&["run", "small/programme.toml"]);
    let report: Value = serde_json::from_str(&checkout.read("out/small/2026-Q1/draft/findings.json")).expect("JSON");
    let held: Vec<(&str, u64)> = report["sources"]
        .as_array()
        .expect("sources")
        .iter()
        .map(|source| (source["source"].as_str().expect("a name"), source["held"].as_u64().expect("a number")))
        .collect();
    assert_eq!(held, [("north-01", 1), ("north-02", 3), ("north-02", 2), ("north-02", 1)], "{report}");
    let other = like("Course", "; there is one in another source of the table");
    assert!(said(&report).contains(&(2, other)), "{report}");
}

#[test]
fn a_table_is_found_where_the_pipeline_says() {
    let rows_of: &[&[&str]] = &[
        &["Courses of the north", "", "", "", ""],
        &["#courses", "", "", "", ""],
        &["Client ref", "Course", "Started", "", "Client ref"],
        &["A1", "ESOL", "05/01/2026", "", "B1"],
        &["A2", "Driving", "06/01/2026", "", "B2"],
        &["#end", "", "", "", ""],
        &["Client ref", "Course", "Started", "", ""],
        &["C1", "Work", "07/01/2026", "", ""],
    ];
    let names = "<definedNames><definedName name=\"second\">'The &amp; table'!$A$7:$C$8</definedName></definedNames>";
    let relation = relationships(&related(1, "table", "../tables/table1.xml"));
    let table = format!("<table xmlns=\"{MAIN}\" id=\"1\" name=\"First\" displayName=\"First\" ref=\"A3:C5\"/>");
    let parts = [("xl/worksheets/_rels/sheet1.xml.rels", &*relation), ("xl/tables/table1.xml", &*table)];
    let bytes = workbook(&[("The &amp; table", rows_of, "")], names, &parts);
    for (said, expected) in [
        ("between = [\"#courses\", \"#end\"]\nrange = \"A1:C8\"", &["A1", "A2"][..]),
        ("range = \"A3:C5\"", &["A1", "A2"]),
        ("range = \"First\"", &["A1", "A2"]),
        ("range = \"second\"", &["C1"]),
        ("range = \"E3:E5\"", &["B1", "B2"]),
    ] {
        let checkout =
            programme(&format!("\n[[partners.sources]]\ntable = \"courses\"\nfile = \"book.xlsx\"\n{said}\n"));
        checkout.write("book.xlsx", &bytes);
        let found = rows(&read(&checkout, "book.xlsx", "courses"), &["ref"]).concat();
        assert_eq!(found, expected, "{said}");
    }
    for said in ["range = \"Third\"", "range = \"Nowhere!A1:B2\"", "between = [\"#people\", \"#end\"]"] {
        let checkout =
            programme(&format!("\n[[partners.sources]]\ntable = \"courses\"\nfile = \"book.xlsx\"\n{said}\n"));
        checkout.write("book.xlsx", &bytes);
        let arguments =
            ["read", "book.xlsx", "--pipeline", "small/programme.toml", "--partner", "north", "--format", "json"];
        let said = checkout.run(&arguments).ends(1).json();
        assert!(said["notes"].to_string().contains("sheet-not-found"), "{said}");
    }
}

#[test]
fn names_that_a_workbook_has_for_cells_can_be_asked_for_in_every_format() {
    for ending in ["xlsx", "ods", "xls"] {
        let file = format!("sample-data/formats/named-ranges.{ending}");
        // An old workbook has no tables.
        for (name, expected) in
            [("second", &["C1", "C2"]), ("First", &["A1", "A2"])].into_iter().take(if ending == "xls" { 1 } else { 2 })
        {
            let source = format!("\n[[partners.sources]]\ntable = \"courses\"\nfile = \"*\"\nrange = \"{name}\"\n");
            let found = rows(&read(&programme(&source), &file, "courses"), &["ref"]).concat();
            assert_eq!(found, expected, "{name} of {file}");
        }
        let checkout = programme("\n[[partners.sources]]\ntable = \"courses\"\nfile = \"*\"\nrange = \"Third\"\n");
        let asked = ["read", &file, "--pipeline", "small/programme.toml", "--partner", "north", "--format", "json"];
        let said = checkout.run(&asked).ends(1).json();
        assert!(said["notes"].to_string().contains("Second"), "{file}: {said}");
    }
}

#[test]
fn what_cannot_be_seen_in_a_format_is_not_checked() {
    let checkout = programme("\n[[partners.sources]]\ntable = \"courses\"\nfile = \"*\"\nrange = \"Second\"\n");
    for (ending, expected) in [("xlsx", &[][..]), ("ods", &[]), ("xls", &["hidden", "uncalculated"])] {
        let file = format!("sample-data/formats/named-ranges.{ending}");
        let asked = ["validate", &file, "--pipeline", "small/programme.toml", "--partner", "north", "--format", "json"];
        let report = checkout.run(&asked).ends(0).json();
        let codes: Vec<&str> =
            report["not_checked"].as_array().expect("a list").iter().filter_map(|it| it["code"].as_str()).collect();
        assert_eq!(codes, expected, "{report}");
        // A merged title is seen in each.
        assert!(report["findings"].to_string().contains("1 merged range"), "{report}");
    }
    let said = checkout.run(&["read", "sample-data/formats/people.xlsb"]).ends(0);
    assert!(said.out.contains("merged cells cannot be seen"), "{}{}", said.out, said.err);
}

#[test]
fn headings_in_two_rows_are_joined() {
    let text = "The north's courses,,,\nClient,Course,,\nref,Course,Started,Number\nA1,ESOL,05/01/2026,1\n";
    for said in
        ["heading_rows = 2\nheadings = { \"Course Course\" = \"course\", \"Course Started\" = \"started\" }", ""]
    {
        let checkout = programme(&format!("\n[[partners.sources]]\ntable = \"courses\"\nfile = \"*.csv\"\n{said}\n"));
        checkout.write("courses.csv", text);
        let table = read(&checkout, "courses.csv", "courses");
        assert_eq!(rows(&table, &["ref"]), [["A1"]], "{table}");
        assert_eq!(table["heading_row"], json!(3));
        if !said.is_empty() {
            assert_eq!(rows(&table, &["course", "started"]), [["ESOL", "2026-01-05"]]);
        }
    }
}

#[test]
fn a_mapping_is_proposed_kept_and_read_back() {
    let checkout = programme(
        "\n# North renames its columns.\n[[partners.sources]]\ntable = \"courses\"\nfile = \"*.csv\"\nheadings = { \"Began\" = \"started\" } # as agreed\n",
    );
    checkout.write("courses.csv", "Client ref,Cuorse,Date started,Remarks\nA1,ESOL,05/01/2026,x\n");
    let asked = ["map", "courses.csv", "--pipeline", "small/programme.toml", "--partner", "north"];
    let before = checkout.read("small/programme.toml");
    let said = checkout.run(&asked).ends(0).out;
    let found = checkout
        .run(&[
            "validate",
            "courses.csv",
            "--pipeline",
            "small/programme.toml",
            "--partner",
            "north",
            "--format",
            "json",
        ])
        .ends(1)
        .json();
    let codes: Vec<&str> =
        found["findings"].as_array().expect("findings").iter().filter_map(|f| f["code"].as_str()).collect();
    assert!(codes.contains(&"vanished-heading") && codes.contains(&"unknown-column"), "{codes:?}");
    for part in ["Cuorse", "course", "proposed", "\"Began\" (started) is not in the file", "Remarks"] {
        assert!(said.contains(part), "{said}");
    }
    assert_eq!(checkout.read("small/programme.toml"), before, "nothing is kept unless it is asked for");
    // A near heading is not used until it is kept.
    let unread = read(&checkout, "courses.csv", "courses");
    assert!(
        unread["columns"].as_array().expect("columns").iter().all(|column| column["field"] != "course"),
        "{unread}"
    );

    checkout.run(&[&asked[..], &["--output", "mapping.xlsx"]].concat()).ends(0);
    let sheet = checkout.run(&["read", "mapping.xlsx", "--format", "csv"]).ends(0).out;
    assert!(sheet.contains("B,Cuorse,course,proposed"), "{sheet}");
    checkout.run(&[&asked[..], &["--from", "mapping.xlsx", "--write"]].concat()).ends(0);
    let after = checkout.read("small/programme.toml");
    for part in [
        "# North renames its columns.",
        "# as agreed",
        "\"Began\" = \"started\"",
        "Cuorse = \"course\"",
        "\"Date started\" = \"started\"",
    ] {
        assert!(after.contains(part), "{after}");
    }
    let table = read(&checkout, "courses.csv", "courses");
    assert_eq!(rows(&table, &["ref", "course", "started"]), [["A1", "ESOL", "2026-01-05"]]);
}

#[test]
fn a_workbook_full_of_merges_lists_and_empty_cells_is_read_right() {
    let merges = (1..=1000).map(|row| format!("<mergeCell ref=\"F{row}:G{row}\"/>")).collect::<Vec<_>>().concat();
    let empty = (4..=1000)
        .map(|row| format!("<row r=\"{row}\"><c r=\"A{row}\" s=\"0\"/><c r=\"DBF{row}\" s=\"0\"/></row>"))
        .collect::<Vec<_>>()
        .concat();
    let end = format!(
        "<dimension ref=\"A1:DBF1048576\"/><sheetData>{empty}<row r=\"1048576\" hidden=\"1\"><c r=\"DBF1048576\" s=\"0\"/></row></sheetData>\
         <mergeCells count=\"1000\">{merges}</mergeCells>\
         <dataValidations count=\"1\"><dataValidation type=\"list\" sqref=\"B2:B1048576\"><formula1>Lists!$A$1:$A$9</formula1></dataValidation></dataValidations>"
    );
    let data: &[&[&str]] = &[&["Client ref", "Course", "Started"], &["A1", "ESOL", "05/01/2026"], &["A2", "Work", ""]];
    let lists: &[&[&str]] = &[&["Course"], &["ESOL"], &["Work"]];
    let bytes = workbook(&[("Data", data, &end), ("!Lists", lists, "")], "", &[]);
    let checkout = programme("\n[[partners.sources]]\ntable = \"courses\"\nfile = \"*.xlsx\"\n");
    checkout.write("book.xlsx", bytes);
    let table = read(&checkout, "book.xlsx", "courses");
    assert_eq!(rows(&table, &["ref", "course", "started"]), [["A1", "ESOL", "2026-01-05"], ["A2", "Work", ""]]);
    let notes = table["notes"].to_string();
    assert!(notes.contains("1000 merged ranges") && notes.contains("1 hidden row"), "{notes}");
}

#[test]
fn a_row_that_is_held_is_held_wherever_it_stands_on_a_sheet() {
    use crate::quarters::{EVENTS, PEOPLE, PIPELINE};
    let checkout = Checkout::small(PEOPLE, PIPELINE, &[("events.toml", EVENTS)]);
    // A damaged sheet, whose rows stand from the bottom to the top. One has no day of birth.
    let row = |(number, reference, born): (u32, &str, &str)| {
        let cells = [("A", reference), ("B", "Ada"), ("C", born), ("D", reference), ("E", "2022-01-05")];
        let cells = cells.iter().filter(|(_, text)| !text.is_empty());
        let cells =
            cells.map(|(column, text)| format!("<c r=\"{column}{number}\" t=\"inlineStr\"><is><t>{text}</t></is></c>"));
        format!("<row r=\"{number}\">{}</row>", cells.collect::<String>())
    };
    let rows = [(4, "N4", "1980-01-01"), (3, "N3", ""), (2, "N2", "1981-01-01")].map(row).concat();
    let headings: &[&[&str]] = &[&["ref", "name", "born", "permit", "joined"]];
    let sheet = workbook(&[("People", headings, &format!("<sheetData>{rows}</sheetData>"))], "", &[]);
    checkout.write("q1/north-people.xlsx", sheet);
    checkout.write("q1/south-people.csv", "ref,name,born,permit,joined\nS1,Di,1993-01-01,P4,\n");
    let head = "event,ref,happened\n";
    checkout.write("q1/north-events.csv", format!("{head}E1,N2,2022-02-01\n"));
    let run = ["run", "small.toml", "--period", "Q1", "--by", "Ann", "--format", "json"];
    let said = checkout.run(&run).json();
    assert_eq!((&said["summary"]["held"], &said["people"]["this_period"]), (&json!(1), &json!(3)), "{said}");
    let released = checkout.read("out/small/Q1/draft/study/people.csv");
    assert_eq!(released.lines().count(), 1 + 3, "{released}");
}
