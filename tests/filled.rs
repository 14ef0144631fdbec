//! A recipient's own template, filled: what goes in, what stays as it was made, and what is refused.

use crate::command::Checkout;
use std::io::{Read, Write};

const TEMPLATE: &str = "pipelines/templates/performance-summary.xlsx";
const MADE: &str = "out/whp/2023-24-Q2/draft/dwp-summary/performance-summary-2023-24-Q2.xlsx";

/// A sheet as the program itself reads it.
fn sheet(checkout: &Checkout, path: &str, name: &str) -> Vec<Vec<String>> {
    let said = checkout.run(&["read", path, "--sheet", name, "--format", "csv"]).ends(0);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(said.out.as_bytes());
    reader.records().map(|record| record.expect("a record").iter().map(str::to_owned).collect()).collect()
}

fn part(checkout: &Checkout, path: &str, name: &str) -> String {
    let file = std::fs::File::open(checkout.join(path)).expect("the workbook is there");
    let mut archive = zip::ZipArchive::new(file).expect("a workbook");
    let mut text = String::new();
    archive.by_name(name).expect("the part is there").read_to_string(&mut text).expect("text");
    text
}

/// An element of a sheet's part with all that is in it.
fn element<'a>(part: &'a str, start: &str, end: &str) -> &'a str {
    let from = part.find(start).unwrap_or_else(|| panic!("{start} is not in {part}"));
    let length = part[from..].find(end).expect("it ends") + end.len();
    &part[from..from + length]
}

/// What stands in a cell: its attributes, and its value or text.
fn cell<'a>(part: &'a str, name: &str) -> &'a str {
    element(part, &format!("<c r=\"{name}\""), "</c>")
}

/// The number of a cell's style.
fn style(cell: &str) -> &str {
    let from = cell.split(" s=\"").nth(1).unwrap_or_else(|| panic!("{cell} has a style"));
    from.split('"').next().expect("it ends")
}

fn counted(checkout: &Checkout, code: &str) -> [String; 2] {
    let rows = sheet(checkout, "out/whp/2023-24-Q2/draft/dwp-mi/mi-2023-24-Q2.xlsx", "Indicators");
    let line = rows.iter().find(|row| row[0] == code).unwrap_or_else(|| panic!("no indicator {code}"));
    [line[2].clone(), line[3].clone()]
}

#[test]
fn a_template_is_filled_and_keeps_its_styles_formulas_and_lists() {
    let checkout = Checkout::new();
    checkout.run(&["run", "pipelines/whp.toml", "--quiet"]).ends(0);
    let [before, after] = [TEMPLATE, MADE].map(|path| part(&checkout, path, "xl/worksheets/sheet1.xml"));
    // Each figure is that of the workbook of our own, in a cell that keeps its style.
    for (row, code) in [(9, "1"), (10, "3"), (11, "6")] {
        let [now, ever] = counted(&checkout, code);
        assert!(now.parse::<u32>().expect("a count") > 0);
        for (column, count) in [("B", now), ("C", ever)] {
            let name = format!("{column}{row}");
            let own = element(&before, &format!("<c r=\"{name}\""), "/>");
            assert_eq!(style(own), style(cell(&after, &name)), "{name} keeps its style");
            assert!(cell(&after, &name).contains(&format!("<v>{count}</v>")), "{name}: {count}");
        }
    }
    assert!(cell(&after, "B4").contains("Tamarside Works"));
    assert!(cell(&after, "B6").contains("DRAFT: not yet sent. Demonstration: invented people"));
    assert!(cell(&after, "D9").contains("<f>IF(N(C9)=0,\"n/a\",B9/C9)</f>"), "{}", cell(&after, "D9"));
    assert!(part(&checkout, MADE, "xl/workbook.xml").contains("fullCalcOnLoad=\"1\""));
    // A draft says so in its properties as well, where a form has no cell for it.
    assert!(part(&checkout, MADE, "docProps/core.xml").contains("contentStatus>Draft<"));
    assert!(!part(&checkout, TEMPLATE, "docProps/core.xml").contains("contentStatus"));
    let lists = |part: &str| element(part, "<dataValidations", "</dataValidations>").to_owned();
    let merged = |part: &str| element(part, "<mergeCells", "</mergeCells>").to_owned();
    assert_eq!((lists(&before), merged(&before)), (lists(&after), merged(&after)));
    let styles = |path| part(&checkout, path, "xl/styles.xml").replace(" />", "/>");
    assert_eq!(styles(TEMPLATE), styles(MADE));

    // Rows stand under their headings; those below what was laid out look like the first.
    let [before, after] = [TEMPLATE, MADE].map(|path| part(&checkout, path, "xl/worksheets/sheet2.xml"));
    assert_eq!(lists(&before), lists(&after));
    let rows = sheet(&checkout, MADE, "Jobs");
    let head = rows.iter().position(|row| row[0] == "Referral ID").expect("headings");
    let filled: Vec<&Vec<String>> = rows[head + 1..].iter().filter(|row| !row[0].is_empty()).collect();
    assert!(filled.len() > 20, "{} rows are more than the template lays out", filled.len());
    let days: Vec<&str> = filled.iter().map(|row| row[1].as_str()).collect();
    assert!(days.is_sorted() && days.iter().all(|day| ("2023-07-01"..="2023-09-30").contains(day)), "{days:?}");
    let last = 3 + filled.len();
    assert!(filled.iter().all(|row| !row[2].is_empty() && row[2] != row[2].to_uppercase()), "labels, not codes");
    assert_eq!(style(cell(&after, "A4")), style(cell(&after, &format!("A{last}"))));

    let once = std::fs::read(checkout.join(MADE)).expect("readable");
    checkout.run(&["run", "pipelines/whp.toml", "--quiet"]).ends(0);
    assert!(once == std::fs::read(checkout.join(MADE)).expect("readable"), "the same inputs give the same bytes");
}

/// Has the form go to a recipient whose counts are protected.
fn to_the_board(checkout: &Checkout) {
    let pipeline = checkout.read("pipelines/whp.toml");
    let from = pipeline.find("[[returns]]\nname = \"dwp-summary\"").expect("the return");
    let to = pipeline.find("[[returns]]\nname = \"dwp-self-employment\"").expect("the next");
    let rows = pipeline[from..to].find("[[returns.files.parts]]\npart = \"rows\"").expect("the rows") + from;
    let own = pipeline[from..rows].replace("recipient = \"dwp\"", "recipient = \"board\"");
    let board = "[recipients.board]\nname = \"The board\"\ncountry = \"GB\"\nthreshold = 1000\n\n";
    checkout.write("pipelines/whp.toml", format!("{}{board}{own}{}", &pipeline[..from], &pipeline[to..]));
}

/// Changes the parts of the template, and leaves out those of which nothing is left.
fn change_template(checkout: &Checkout, change: impl Fn(&str, String) -> String) {
    let bytes = std::fs::read(checkout.join(TEMPLATE)).expect("the template");
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).expect("a workbook");
    let mut out = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).expect("a part");
        let (name, mut text) = (part.name().expect("a name").into_owned(), String::new());
        part.read_to_string(&mut text).expect("text");
        let text = change(&name, text);
        if !text.is_empty() {
            out.start_file(name, zip::write::SimpleFileOptions::default()).expect("begun");
            out.write_all(text.as_bytes()).expect("written");
        }
    }
    checkout.write(TEMPLATE, out.finish().expect("finished").into_inner());
}

#[test]
fn a_suppressed_figure_is_its_sign_in_a_template_as_well() {
    let checkout = Checkout::new();
    to_the_board(&checkout);
    let said = checkout.run(&["run", "pipelines/whp.toml"]).ends(0);
    let after = part(&checkout, MADE, "xl/worksheets/sheet1.xml");
    for name in ["B11", "C11", "B12"] {
        assert!(cell(&after, name).contains(">[c]<"), "{}", cell(&after, name));
    }
    assert!(cell(&after, "B9").contains("<v>1490</v>"), "rounded: {}", cell(&after, "B9"));
    let note =
        "Before `dwp-summary` is sent, look at 4 formulas of its form, none of which can reckon with a suppressed";
    assert!(said.out.contains(note), "{}", said.out);
}

/// What `--plan` says of the form's formulas.
fn to_look_at(checkout: &Checkout) -> Vec<String> {
    let plan = checkout.run(&["run", "pipelines/whp.toml", "--plan", "--format", "json"]).ends(0).json();
    let own = plan["returns"].as_array().expect("returns").iter().find(|it| it["name"] == "dwp-summary");
    let warnings = own.expect("the return")["warnings"].as_array().expect("warnings").clone();
    warnings.iter().map(|it| format!("{}: {} ({})", it["at"], it["what"], it["hint"])).collect()
}

#[test]
fn a_formula_that_cannot_reckon_with_a_suppressed_figure_is_told() {
    // Exact counts are always numbers.
    let checkout = Checkout::new();
    assert_eq!(to_look_at(&checkout), [""; 0]);

    to_the_board(&checkout);
    let replace = |name: &str, text: String, to: &str| {
        if name == "xl/worksheets/sheet1.xml" { text.replace("IF(N(C9)=0,\"n/a\",B9/C9)", to) } else { text }
    };
    change_template(&checkout, |name, text| replace(name, text, "SUM(B9:B10,starts_all)"));
    let told = to_look_at(&checkout);
    assert_eq!(told.len(), 4, "{told:#?}");
    let expected = [
        "the formula in cell D9 of the sheet \\\"Quarter's summary\\\" sums up or counts B9, B10 and C10, where [c] may \
         stand in place of a number: it then leaves that cell out",
        "the formula in cell D10 of the sheet \\\"Quarter's summary\\\" reckons with B10, where [c] may stand in place of \
         a number: it then comes to an error",
        "the formula in cell D11",
        "the formula in cell D12",
    ];
    for (told, expected) in told.iter().zip(expected) {
        assert!(told.contains(expected), "{told}");
        assert!(told.contains("line ") && told.contains("have the pipeline fill that cell as well"), "{told}");
    }
    let said = checkout.run(&["run", "pipelines/whp.toml", "--plan"]).ends(0);
    assert!(said.out.contains("return `dwp-summary`: 4 things to look at"), "{}", said.out);

    // A formula that asks first is all right.
    change_template(&checkout, |name, text| {
        let is_sheet = name == "xl/worksheets/sheet1.xml";
        if is_sheet { text.replace("<f>", "<f>IF(COUNT(B9:C12)&lt;8,\"[c]\",").replace("</f>", ")</f>") } else { text }
    });
    assert_eq!(to_look_at(&checkout), [""; 0]);
}

#[test]
fn a_form_without_properties_says_that_it_is_a_draft_too() {
    let checkout = Checkout::new();
    change_template(&checkout, |name, text| {
        let told = match name {
            "docProps/core.xml" => return String::new(),
            "_rels/.rels" | "[Content_Types].xml" => text.find("docProps/core.xml"),
            _ => return text,
        };
        let from = told.and_then(|at| text[..at].rfind('<')).expect("the part is told of");
        let to = from + text[from..].find("/>").expect("it ends") + 2;
        format!("{}{}", &text[..from], &text[to..])
    });
    checkout.run(&["run", "pipelines/whp.toml", "--quiet"]).ends(0);
    assert!(part(&checkout, MADE, "docProps/core.xml").contains("contentStatus>Draft<"));
    assert!(part(&checkout, MADE, "[Content_Types].xml").contains("PartName=\"/docProps/core.xml\""));
    assert!(part(&checkout, MADE, "_rels/.rels").contains("metadata/core-properties\" Target=\"/docProps/core.xml\""));
    assert!(!sheet(&checkout, MADE, "Jobs").is_empty(), "it still opens");
}

#[track_caller]
fn refused(from: &str, to: &str, expected: &str) {
    let checkout = Checkout::new();
    checkout.edit("pipelines/whp.toml", from, to);
    let said = checkout.run(&["run", "pipelines/whp.toml"]).ends(2);
    assert!(said.err.contains(expected), "{}", said.err);
    assert!(!checkout.join("out").exists(), "nothing was written");
}

#[test]
fn what_a_template_lacks_is_refused_before_anything_is_read() {
    let cell = "the template has no cell of the name \"referral_q\"";
    refused("name = \"referrals_q\"", "name = \"referral_q\"", cell);
    refused("provider = \"Lead partner\"", "provider = \"Lead\"", "a cover says nothing of \"Lead\"");
    let heading = "no row of the template's sheet \"Jobs\" has the heading \"Hours per week\"";
    refused("\"Hours a week\", field", "\"Hours per week\", field", heading);
    refused("name = \"Jobs\"\n", "name = \"Jobz\"\n", "the template has no sheet \"Jobz\"");
    refused("templates/performance-summary.xlsx", "templates/none.xlsx", "none.xlsx cannot be read: ");
    refused("templates/performance-summary.xlsx", "whp.toml", "the template \"whp.toml\" cannot be filled");
    let part = "did you mean \"Customer group: Disability\"?";
    refused("part = \"Customer group: Disability\" }", "part = \"Customer group: Disabilty\" }", part);
}

#[test]
fn a_template_without_room_for_every_row_is_refused() {
    let checkout = Checkout::new();
    checkout.edit("pipelines/whp.toml", "name = \"Jobs\"\n", "name = \"Quarter's summary\"\n");
    checkout.edit("pipelines/whp.toml", "\"Started work on\", field", "\"This quarter\", field");
    checkout.edit(
        "pipelines/whp.toml",
        "\"Referral ID\", field = \"referral_id\" },\n  { heading = \"This",
        "\"Measure\", field = \"referral_id\" },\n  { heading = \"This",
    );
    checkout.edit("pipelines/whp.toml", "  { heading = \"Contract\", field = \"contract\" },\n  { heading = \"Hours a week\", field = \"hours_per_week\" },\n]\n\n[[returns]]\nname = \"dwp-self", "]\n\n[[returns]]\nname = \"dwp-self");
    let said = checkout.run(&["run", "pipelines/whp.toml"]).ends(2);
    assert!(said.err.contains("has room for 0 rows below its headings"), "{}", said.err);
}
