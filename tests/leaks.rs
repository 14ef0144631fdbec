//! Planted values that point at one person occur in no return that must not hold them, and in no
//! finding, message, file name or metadata at all.
//!
//! The sample data hold canaries: values that occur in one accepted row only. For each return, a
//! canary may appear exactly where the recipient's disclosure profile releases its field as it is.

use crate::command::{Checkout, files, pipelines, root};
use crate::layouts::{programme, workbook};
use arrow::array::AsArray;
use std::fmt::Write;
use std::io::{Read, Write as _};
use std::path::Path;

/// Every format of a report that is text.
const FORMATS: [&str; 7] = ["human", "json", "csv", "sarif", "junit", "github", "html"];

struct Canary {
    programme: String,
    period: String,
    table: String,
    field: String,
    class: String,
    value: String,
}

fn canaries() -> Vec<Canary> {
    let text = std::fs::read_to_string(root().join("sample-data/canaries.toml")).expect("the canaries are there");
    let table: toml::Table = text.parse().expect("TOML");
    let list = table["canaries"].as_array().expect("a list");
    let all = list.iter().map(|entry| {
        let text = |name: &str| entry[name].as_str().expect("text").to_owned();
        Canary {
            programme: text("programme"),
            period: text("period"),
            table: text("table"),
            field: text("field"),
            class: text("class"),
            value: text("value"),
        }
    });
    // A code such as a chosen channel says nothing about one person.
    all.filter(|canary| canary.class != "none").collect()
}

impl Canary {
    /// The ways in which the value may be written.
    fn forms(&self) -> Vec<String> {
        let mut forms = vec![self.value.to_lowercase()];
        let bare: String = self.value.chars().filter(|c| !c.is_whitespace()).collect();
        forms.push(bare.to_lowercase());
        if let [year, month, day] = self.value.split('-').collect::<Vec<_>>()[..]
            && year.len() == 4
        {
            forms.push(format!("{day}/{month}/{year}"));
            // A workbook counts days, and shows them as a date.
            let date: jiff::civil::Date = self.value.parse().expect("a date");
            let days = date.since((jiff::Unit::Day, jiff::civil::date(1899, 12, 30))).expect("near enough").get_days();
            forms.push(format!("<v>{days}</v>"));
        }
        forms
    }

    fn occurs_in(&self, haystack: &str) -> bool {
        self.forms().iter().any(|form| haystack.contains(form.as_str()))
    }
}

/// What a reader of a file can see in it, in lower case: its bytes, and what is packed in them.
fn visible(name: &str, bytes: &[u8]) -> String {
    let mut text = format!("{name}\n{}", String::from_utf8_lossy(bytes));
    let ending = Path::new(name).extension().and_then(|ending| ending.to_str());
    if ending == Some("xlsx") {
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).expect("a workbook is a zip archive");
        for index in 0..archive.len() {
            let mut part = archive.by_index(index).expect("a part");
            let mut inside = Vec::new();
            part.read_to_end(&mut inside).expect("a whole part");
            text.push_str(&part.name().expect("a name in UTF-8"));
            text.push_str(&String::from_utf8_lossy(&inside));
        }
    }
    if ending == Some("parquet") {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("it.parquet");
        std::fs::write(&path, bytes).expect("written");
        let (schema, batches) = qd_table::read_parquet(&path).expect("readable");
        write!(text, "{schema:?}").expect("memory");
        for batch in &batches {
            for column in batch.columns() {
                let options = arrow::util::display::FormatOptions::default();
                let formatter = arrow::util::display::ArrayFormatter::try_new(column, &options).expect("printable");
                for row in 0..column.len() {
                    writeln!(text, "{}", formatter.value(row)).expect("memory");
                }
                // What stands in a dictionary can be read whether or not a row uses it.
                if let Some(listed) = column.as_any_dictionary_opt() {
                    let listed = arrow::compute::cast(listed.values(), &arrow::datatypes::DataType::Utf8);
                    for code in listed.expect("texts").as_string::<i32>().iter().flatten() {
                        writeln!(text, "{code}").expect("memory");
                    }
                }
            }
        }
    }
    text.to_lowercase()
}

/// Whether a return shows every row of a table with one of its fields, so that what is planted there
/// must be seen.
fn shows_all(made: &toml::Value, table: &str, field: &str) -> bool {
    let files = made["files"].as_array().expect("files").iter();
    let mut parts = files.flat_map(|file| file["parts"].as_array().expect("parts"));
    parts.any(|part| {
        let is_whole = part["part"].as_str() == Some("rows") && part.get("where").is_none();
        let shown = part.get("columns").and_then(toml::Value::as_array).is_none_or(|columns| {
            columns.iter().any(|column| {
                column.as_str() == Some(field) || column.get("field").and_then(toml::Value::as_str) == Some(field)
            })
        });
        is_whole && shown && part["table"].as_str() == Some(table)
    })
}

/// Whether a recipient's profile releases a field of a table as it is.
fn is_released(pipeline: &toml::Table, recipient: &str, table: &str, field: &str) -> bool {
    let release = pipeline["recipients"][recipient].get("release").and_then(|release| release.get(table));
    let Some(fields) = release.and_then(toml::Value::as_table) else { return false };
    fields.iter().any(|(name, treatment)| match treatment {
        toml::Value::String(word) => name == field && word == "identified",
        treatment => {
            let from = treatment.get("from").and_then(toml::Value::as_str).unwrap_or(name);
            from == field && treatment.get("treatment").and_then(toml::Value::as_str) == Some("identified")
        }
    })
}

#[test]
fn canaries_appear_exactly_where_a_profile_lets_them() {
    let canaries = canaries();
    assert!(canaries.iter().any(|canary| canary.class == "special"), "there is a canary of a special category");
    for name in pipelines() {
        let file = format!("pipelines/{name}.toml");
        let checkout = Checkout::new();
        let pipeline: toml::Table = checkout.read(&file).parse().expect("TOML");
        let periods: Vec<&str> = {
            let all = pipeline["periods"].as_array().expect("periods").iter();
            let whole = all.filter(|period| period.get("within").is_none());
            whole.map(|period| period["label"].as_str().expect("a label")).collect()
        };
        let mut seen = 0;
        for period in periods {
            let mut found = std::collections::BTreeSet::new();
            let said = checkout.run(&["run", &file, "--period", period]).ends(0);
            let spoken = format!("{}{}", said.out, said.err).to_lowercase();
            let own: Vec<&Canary> = canaries.iter().filter(|canary| canary.programme == name).collect();
            for canary in &own {
                assert!(!canary.occurs_in(&spoken), "the terminal shows {} of {}", canary.field, canary.table);
            }
            let draft = checkout.join(&format!("out/{name}/{period}/draft"));
            for (path, bytes) in files(&draft) {
                let text = visible(&path, &bytes);
                let recipient = pipeline["returns"].as_array().expect("returns").iter().find_map(|made| {
                    // A return of a part of the period has the part's label behind its name.
                    let folder = path.split('/').next().unwrap_or_default();
                    let is_of = |part: &toml::Value| {
                        part.get("within").and_then(toml::Value::as_str) == Some(period)
                            && folder.strip_prefix(made["name"].as_str().expect("a name"))
                                == Some(&format!("-{}", part["label"].as_str().expect("a label")))
                    };
                    let is_its = made["name"].as_str() == Some(folder)
                        || pipeline["periods"].as_array().expect("periods").iter().any(is_of);
                    is_its.then(|| made["recipient"].as_str().expect("a recipient"))
                });
                for canary in &own {
                    let may = recipient.is_some_and(|to| is_released(&pipeline, to, &canary.table, &canary.field));
                    let does = canary.occurs_in(&text);
                    assert!(may || !does, "{path} of {period} holds {} of {}", canary.field, canary.table);
                    seen += usize::from(may && does && canary.period == period);
                    if does {
                        found.insert((recipient.unwrap_or_default(), &canary.table, &canary.field, &canary.value));
                    }
                }
            }
            // Exactly: what a profile releases as it is, and a return of whole tables shows, is there.
            for made in pipeline["returns"].as_array().expect("returns") {
                let to = made["recipient"].as_str().expect("a recipient");
                for canary in own.iter().filter(|canary| canary.period == period) {
                    let must = is_released(&pipeline, to, &canary.table, &canary.field)
                        && shows_all(made, &canary.table, &canary.field);
                    let is_there = found.contains(&(to, &canary.table, &canary.field, &canary.value));
                    assert!(!must || is_there, "{} of {} is not in what `{to}` gets", canary.field, canary.table);
                }
            }
        }
        assert!(seen > 0, "no return of {name} holds a canary that it should: this test could not fail");
    }
}

#[test]
fn no_report_of_validate_shows_a_canary() {
    let canaries = canaries();
    for name in pipelines() {
        let checkout = Checkout::new();
        let file = format!("pipelines/{name}.toml");
        let pipeline: toml::Table = checkout.read(&file).parse().expect("TOML");
        let periods = pipeline["periods"].as_array().expect("periods").iter();
        for period in periods.filter(|period| period.get("within").is_none()) {
            let label = period["label"].as_str().expect("a label");
            let folder = checkout.join("pipelines").join(period["folder"].as_str().expect("a folder"));
            let sources: Vec<String> = files(&folder)
                .into_iter()
                .map(|(file, _)| folder.join(file))
                .filter(|path| path.extension().is_none_or(|ending| ending != "toml"))
                .map(|path| path.to_string_lossy().into_owned())
                .collect();
            let tables: Vec<&String> = pipeline["tables"].as_table().expect("tables").keys().collect();
            for (at, partner) in pipeline["partners"].as_array().expect("partners").iter().enumerate() {
                let code = partner["code"].as_str().expect("a code");
                // Files under this partner's mapping, whoever sent them, and as a table that they may not
                // be: what does not fit must not show either.
                let wanted = |source: &&String| source.contains(".csv") || code.len() % 2 == 0;
                let some: Vec<&str> = sources.iter().filter(wanted).take(4).map(String::as_str).collect();
                // Three formats for each partner, so that each has its turn with many.
                for format in FORMATS.iter().cycle().skip(3 * at).take(3) {
                    let mut arguments = vec!["validate", "--pipeline", &file, "--partner", code, "--period", label];
                    arguments.extend(["--table", tables[at % tables.len()], "--format", format, "--show-values"]);
                    arguments.extend(&some);
                    let said = checkout.run(&arguments);
                    assert!(said.code < 2, "{}", said.err);
                    let spoken = format!("{}{}", said.out, said.err).to_lowercase();
                    for canary in
                        canaries.iter().filter(|canary| ["direct", "special"].contains(&canary.class.as_str()))
                    {
                        assert!(!canary.occurs_in(&spoken), "{format} shows {} of {}", canary.field, canary.table);
                    }
                }
            }
        }
    }
}

#[test]
fn a_finding_about_a_planted_name_does_not_repeat_it() {
    let checkout = Checkout::new();
    checkout.write(
        "people.toml",
        "[[fields]]\nname = \"surname\"\nconstraints = { maxLength = 3, pattern = \"[a-z]+\" }\nquarterday = { class = \"direct\" }\n\
         [[fields]]\nname = \"health\"\ntype = \"integer\"\nquarterday = { class = \"special\" }\n\
         [[fields]]\nname = \"town\"\nconstraints = { enum = [\"Ely\"] }\nquarterday = { class = \"indirect\" }\n[quarterday]\n",
    );
    checkout.write("people.csv", "surname,health,town\nZanzibarov,Unwellian,Quillminster\n");
    for format in FORMATS {
        let plain = checkout.run(&["validate", "people.csv", "--schema", "people.toml", "--format", format]).ends(1);
        let shown = checkout
            .run(&["validate", "people.csv", "--schema", "people.toml", "--format", format, "--show-values"])
            .ends(1);
        for value in ["Zanzibarov", "Unwellian"] {
            assert!(!plain.out.contains(value) && !shown.out.contains(value), "{format} shows {value}");
        }
        assert!(!plain.out.contains("Quillminster"), "{format} shows an indirect identifier unasked");
        assert!(
            !["json", "csv"].contains(&format) || shown.out.contains("Quillminster"),
            "{format} shows what was asked for:\n{}",
            shown.out
        );
    }
}

/// A zip archive of some files.
fn packed(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).expect("a member");
        archive.write_all(bytes).expect("written");
    }
    archive.finish().expect("whole").into_inner()
}

/// Runs a small programme of which the partner sent this one file, read as this source, and answers what
/// of its drafts is for others than the partner, and what is for the partner.
fn drafts(source: &str, file: &str, bytes: &[u8]) -> (String, String) {
    let table = "\n[[partners.sources]]\ntable = \"courses\"\nfile = \"north*\"\n";
    let checkout = programme(&format!("{table}{source}\n[outputs]\nfindings = [\"json\", \"csv\"]\n"));
    checkout.write(&format!("small/in/{file}"), bytes);
    let said = checkout.run(&["run", "small/programme.toml"]);
    assert!(said.code < 2, "{}", said.err);
    let (mut leaves, mut returns) = (String::new(), String::new());
    for (path, bytes) in files(&checkout.join("out/small/2026-Q1/draft")) {
        let text = visible(&path, &bytes);
        if path.starts_with("partners/north/") { returns.push_str(&text) } else { leaves.push_str(&text) }
    }
    (leaves, returns)
}

#[test]
fn no_name_that_a_sender_gave_a_sheet_or_a_packed_table_leaves() {
    const CANARY: &str = "Zanzibarov A";
    let table: &[&[&str]] = &[&["Client ref", "Course", "Started"], &["", "ESOL", "05/01/2026"]];
    let other: &[&[&str]] = &[&["Size", "Colour", "Weight"], &["1", "red", "2"], &["2", "red", "3"]];
    let near: &[&[&str]] = &[&["Client ref", "Curse", "Started"], &["A1", "ESOL", "05/01/2026"]];
    let names =
        format!("<definedNames><definedName name=\"{}\">Data!$A$1:$C$2</definedName></definedNames>", "Zanzibarov");
    let (own, second) = (CANARY, &*format!("{CANARY} 2"));
    let csv = b"Client ref,Course,Started\n,ESOL,05/01/2026\n".as_slice();
    let (member, broken) = (format!("{CANARY}.csv"), format!("{CANARY}.xlsx"));
    let hidden = format!("!{CANARY}");
    let cases: [(&str, &str, Vec<u8>, &str, &str); 9] = [
        ("read", "", workbook(&[("Notes", other, ""), (own, table, "")], "", &[]), "sheet 2", "required"),
        (
            "several",
            "",
            workbook(&[(own, table, ""), (second, table, "")], "", &[]),
            "sheet 1 and sheet 2",
            "several-sheets",
        ),
        (
            "near",
            "sheet = \"Zanzibarov B\"",
            workbook(&[(own, table, ""), ("Notes", other, "")], "", &[]),
            "sheet 1 with a name near it",
            "sheet-not-found",
        ),
        (
            "not there",
            "sheet = \"Courses\"",
            workbook(&[(own, table, ""), ("Notes", other, "")], "", &[]),
            "sheet 1 and sheet 2",
            "sheet-not-found",
        ),
        (
            "strange",
            "",
            workbook(&[(own, other, ""), (second, other, "")], "", &[]),
            "sheet 1 and sheet 2",
            "wrong-template",
        ),
        ("hidden", "", workbook(&[("Data", table, ""), (&*hidden, table, "")], "", &[]), "sheet 2", "hidden"),
        (
            "range",
            "range = \"First\"",
            workbook(&[("Data", table, "")], &names, &[]),
            "1 with other names",
            "sheet-not-found",
        ),
        ("zip", "", packed(&[(&*member, csv), ("b.csv", csv)]), "table 1 and table 2", "several-sheets"),
        ("zip in part", "", packed(&[("a.csv", csv), (&*broken, b"PK\x03\x04 broken")]), "table 2", "unreadable"),
    ];
    for (case, source, bytes, said, code) in cases {
        let (leaves, returns) = drafts(source, "north.bin", &bytes);
        assert!(leaves.contains(code), "{case}: {leaves}");
        assert!(!leaves.contains("zanzibarov a") && !leaves.contains("zanzibarov\""), "{case}: {leaves}");
        assert!(leaves.contains(said), "{case}: {leaves}");
        // Whoever sent the file is told by its own words.
        assert!(returns.contains("zanzibarov"), "{case}: {returns}");
    }
    let (leaves, returns) = drafts("", "north.bin", &workbook(&[("Data", near, "")], "", &[]));
    assert!(leaves.contains("course") && !leaves.contains("curse") && returns.contains("curse"), "{leaves}");
}
