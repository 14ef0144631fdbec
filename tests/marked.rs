//! Marked-up copies: whatever kind of file comes in, the copy reads as the file did, with our sheets
//! in front.

use crate::command::{Checkout, files, root};
use serde_json::Value;
use std::fmt::Write;
use std::path::Path;

/// A schema that finds fault with almost every cell: whole numbers everywhere, and none left out.
fn strict(table: &Value) -> String {
    let mut schema = String::from("name = \"anything\"\nmissingValues = [\"\"]\n");
    for (index, column) in table["columns"].as_array().expect("columns").iter().enumerate() {
        let heading = column["heading"].as_str().filter(|heading| !heading.is_empty());
        let title = heading.map_or_else(|| format!("\"none {index}\""), |heading| Value::from(heading).to_string());
        writeln!(
            schema,
            "[[fields]]\nname = \"f{index}\"\ntitle = {title}\ntype = \"integer\"\nconstraints = {{ required = true }}"
        )
        .expect("a string takes every text");
    }
    schema + "[quarterday]\n"
}

fn read(checkout: &Checkout, file: &str, sheet: Option<&str>) -> Option<Value> {
    let mut arguments = vec!["read", file, "--format", "json"];
    arguments.extend(sheet.into_iter().flat_map(|sheet| ["--sheet", sheet]));
    let said = checkout.run(&arguments);
    (said.code == 0).then(|| serde_json::from_str(&said.out).expect("JSON"))
}

/// Marks a file up and reads the copy. Answers how many findings there were.
fn check(checkout: &Checkout, file: &Path) -> usize {
    let name = file.to_str().expect("UTF-8");
    let Some(table) = read(checkout, name, None) else { return 0 };
    checkout.write("strict.toml", strict(&table));
    let said =
        checkout.run(&["validate", name, "--schema", "strict.toml", "--format", "workbook", "--output", "copy.xlsx"]);
    // A sheet may hold nothing but whole numbers.
    assert!([0, 1].contains(&said.code) && said.err.is_empty(), "{name}: {}", said.err);
    let stem = file.file_stem().expect("a name").to_string_lossy();
    let sheet = table["sheet"].as_str().map_or_else(|| stem.chars().take(31).collect::<String>(), str::to_owned);
    let copy = read(checkout, "copy.xlsx", Some(&sheet)).unwrap_or_else(|| panic!("the copy of {name} is read"));
    assert_eq!(copy["rows"], table["rows"], "{name}");
    assert_eq!(copy["columns"], table["columns"], "{name}");
    let findings = read(checkout, "copy.xlsx", Some("Findings")).expect("our sheet is in front");
    findings["rows"].as_array().map_or(0, Vec::len)
}

#[test]
fn a_marked_copy_reads_as_the_file_did() {
    let checkout = Checkout::new();
    let formats = [
        "people.csv",
        "people.xlsx",
        "people.xlsb",
        "people.parquet",
        "people-1904.xlsx",
        "people-csv.zip",
        "people-excel-table.xlsx",
        "people-from-column-c.xlsx",
        "people-inline-strings.xlsx",
        "people-libreoffice.ods",
        "people-libreoffice.xls",
        "people-libreoffice.xlsx",
        "people-rich-text-and-formulas.xlsx",
        "people-title-merged-heading-row-5.xlsx",
        "people-windows-1252.csv",
    ];
    for name in formats {
        let findings = check(&checkout, &root().join("sample-data/formats").join(name));
        assert!(findings > 12, "{name} has {findings} findings");
    }
}

#[test]
fn what_stands_inside_a_cell_comes_back_to_the_last_character() {
    let checkout = Checkout::new();
    let text = "Name,Note\r\n\"two\r\nlines\",\u{80}\r\n\" edges\t\",_x000D_\r\nbell\u{7},=1+1\r\n\"\n\",'quoted\r\n";
    checkout.write("odd.csv", text);
    assert!(check(&checkout, &checkout.join("odd.csv")) > 5);
}

#[test]
fn a_marked_copy_of_public_workbooks_reads_as_they_do() {
    let folder = root().join("../shared/corpora/readxl/sheets");
    if !folder.is_dir() {
        println!("the public workbooks are not here");
        return;
    }
    let checkout = Checkout::new();
    let names = [
        "big-texty-numbers-xlsx.xlsx",
        "currency-formats-xlsx.xlsx",
        "inlineStr2.xlsx",
        "names-need-repair-xlsx.xlsx",
        "nonstandard-xml-ns-prefix.xlsx",
        "richtext-coloured.xlsx",
        "skipping.xls",
        "style-only-cells.xlsx",
        "types.xlsx",
        "utf8-sheet-names.xlsx",
    ];
    let findings: usize = names.iter().map(|name| check(&checkout, &folder.join(name))).sum();
    assert!(findings > 30, "{findings} findings");
}

#[test]
fn a_marked_copy_comes_back_and_is_answered_again() {
    let checkout = Checkout::new();
    let file = "sample-data/formats/people.xlsx";
    let table = read(&checkout, file, None).expect("read");
    checkout.write("strict.toml", strict(&table));
    let mark = |from: &str, to: &str| {
        let said = checkout.run(&["validate", from, "--schema", "strict.toml", "--format", "workbook", "--output", to]);
        assert_eq!((said.code, said.err.as_str()), (1, ""), "{from}");
    };
    mark(file, "first.xlsx");
    mark("first.xlsx", "second.xlsx");
    let again = read(&checkout, "second.xlsx", None).expect("read without our sheets");
    assert_eq!(again["sheet"], table["sheet"]);
    assert_eq!(again["rows"], table["rows"]);
    let (first, second) = (checkout.join("first.xlsx"), checkout.join("second.xlsx"));
    let names = |path: &Path| {
        let bytes = std::fs::read(path).expect("written");
        let package = qd_book::package::Package::open(bytes).expect("a workbook");
        package.sheet_names().into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(names(&first), names(&second), "an earlier answer is taken out");
}

#[test]
fn a_workbook_is_written_only_where_it_can_be_opened() {
    let checkout = Checkout::new();
    let validate = |more: &[&str]| {
        let mut arguments =
            vec!["validate", "sample-data/formats/people.csv", "--schema", "sample-data/formats/schema.toml"];
        arguments.extend(more);
        checkout.run(&arguments)
    };
    let said = validate(&["--format", "workbook"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("--output"), "{}", said.err);
    let said = validate(&["--format", "workbook", "--output", "copy.csv"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("copy.xlsx") && !checkout.join("copy.csv").exists(), "{}", said.err);
}

/// The sample programme with its first partner on a safe way.
fn with_safe_way() -> Checkout {
    let checkout = Checkout::new();
    checkout.edit("pipelines/wwri.toml", "partner_files = \"findings\"", "partner_files = \"marked-up\"");
    for code in ["fenland-welcome", "chiltern-gate", "harbour-esol"] {
        let line = format!("code = \"{code}\"\n");
        checkout.edit("pipelines/wwri.toml", &line, &format!("{line}secure_transfer = true\n"));
    }
    checkout
}

#[test]
fn partners_on_a_safe_way_get_their_own_workbooks_and_only_in_private() {
    let checkout = with_safe_way();
    let said = checkout.run(&["run", "pipelines/wwri.toml"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let private = "private/wwri/2022-Q3/partners";
    let mut found: Vec<String> = Vec::new();
    for partner in std::fs::read_dir(checkout.join(private)).expect("a folder") {
        let partner = partner.expect("readable").path();
        for file in std::fs::read_dir(&partner).expect("a folder") {
            let file = file.expect("readable").path();
            found.push(file.strip_prefix(checkout.join(private)).expect("inside").to_string_lossy().replace('\\', "/"));
        }
    }
    found.sort();
    assert_eq!(
        found,
        [
            "chiltern-gate/Chiltern Gate clients 2022-Q3.xlsx",
            "chiltern-gate/Chiltern Gate courses 2022-Q3.xlsx",
            "chiltern-gate/message.txt",
            "fenland-welcome/Fenland Welcome WWRI 2022-Q3.xlsx",
            "fenland-welcome/message.txt",
            "harbour-esol/Harbour enrolments 2022-Q3.csv.xlsx",
            "harbour-esol/Harbour learners 2022-Q3.csv.xlsx",
            "harbour-esol/message.txt",
        ]
    );
    // A column that must not arrive is in no copy, and not in its table of texts either.
    let source = read(&checkout, "sample-data/wwri/2022-Q3/Chiltern Gate clients 2022-Q3.xlsx", None).expect("read");
    let column =
        source["columns"].as_array().expect("columns").iter().position(|column| column["heading"] == "Ethnicity");
    let column = column.expect("the sample has the column");
    let copy = format!("{private}/chiltern-gate/Chiltern Gate clients 2022-Q3.xlsx");
    let marked = read(&checkout, &copy, Some("Sheet1")).expect("read");
    let rows = |table: &Value| table["rows"].as_array().expect("rows").clone();
    let bytes = std::fs::read(checkout.join(&copy)).expect("readable");
    let texts = unfolded(&bytes);
    for (before, after) in rows(&source).iter().zip(rows(&marked)) {
        let (before, after) = (&before["cells"], &after["cells"]);
        for (index, cell) in before.as_array().expect("cells").iter().enumerate() {
            let copied = after.get(index).unwrap_or(&Value::Null);
            assert_eq!(copied, if index == column { &Value::Null } else { cell });
        }
        let value = before[column].as_str().expect("the sample has a value in each row");
        assert!(!texts.contains(&format!(">{value}<")), "a value of the column is still in the file");
    }
    for entry in walk(&checkout.join("out")) {
        assert!(!entry.to_string_lossy().contains("Fenland"), "{} may leave", entry.display());
    }
}

#[test]
fn copies_sealed_for_a_partner_open_with_its_key_and_no_clear_one_is_outside() {
    let checkout = Checkout::new();
    let identity = age::x25519::Identity::generate();
    let line = "code = \"chiltern-gate\"\n";
    let seal = format!("{line}seal = \"age\"\npublic_keys = [\"{}\"]\n", identity.to_public());
    checkout.edit("pipelines/wwri.toml", line, &seal);
    checkout.edit("pipelines/wwri.toml", "partner_files = \"findings\"", "partner_files = \"marked-up\"");
    checkout.run(&["run", "pipelines/wwri.toml", "--quiet"]).ends(0);
    let outside = "out/wwri/2022-Q3/draft/partners/chiltern-gate";
    let names: Vec<String> = files(&checkout.join(outside)).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["findings.xlsx", "marked-up.zip.age", "message.txt"]);
    assert!(checkout.read(&format!("{outside}/message.txt")).contains("cells marked are in marked-up.zip.age."));
    checkout.run(&["verify", "out/wwri/2022-Q3/draft"]).ends(0);

    let sealed = std::fs::read(checkout.join(&format!("{outside}/marked-up.zip.age"))).expect("readable");
    assert!(age::decrypt(&age::x25519::Identity::generate(), &sealed).is_err());
    let opened = age::decrypt(&identity, &sealed).expect("it opens with the partner's key");
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(opened)).expect("an archive");
    let mut inside: Vec<(String, Vec<u8>)> = (0..archive.len())
        .map(|index| {
            let mut part = archive.by_index(index).expect("a file");
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut part, &mut bytes).expect("whole");
            (part.name().expect("UTF-8").into_owned(), bytes)
        })
        .collect();
    inside.sort();
    assert_eq!(inside, files(&checkout.join("private/wwri/2022-Q3/partners/chiltern-gate")));
    assert_eq!(inside.len(), 3, "two workbooks and a message");

    // What the partner typed stands in no file outside, packed or not.
    let clients = "sample-data/wwri/2022-Q3/Chiltern Gate clients 2022-Q3.xlsx";
    let source = read(&checkout, clients, None).expect("read");
    let headings = source["columns"].as_array().expect("columns").iter();
    let names = headings.map(|column| &column["heading"]).position(|heading| heading == "Family name").expect("there");
    let rows = source["rows"].as_array().expect("rows").iter();
    let typed: Vec<&str> = rows.take(20).filter_map(|row| row["cells"][names].as_str()).collect();
    assert_eq!(typed.len(), 20);
    for (name, bytes) in files(&checkout.join(outside)) {
        let text = if std::path::Path::new(&name).extension().is_some_and(|it| it == "xlsx") {
            unfolded(&bytes)
        } else {
            String::from_utf8_lossy(&bytes).into_owned()
        };
        assert!(!typed.iter().any(|word| text.contains(word)), "{name} holds what the partner typed");
    }

    checkout.edit("pipelines/wwri.toml", &identity.to_public().to_string(), "age1wrong");
    let said = checkout.run(&["run", "pipelines/wwri.toml"]).ends(2);
    assert!(said.err.contains("what goes back to `chiltern-gate` cannot be sealed"), "{}", said.err);
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("readable").path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

/// All parts of a package as one text.
fn unfolded(bytes: &[u8]) -> String {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).expect("a package");
    let mut all = String::new();
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).expect("a part");
        std::io::Read::read_to_string(&mut part, &mut all).expect("text");
    }
    all
}
