//! Extracts that are made while their rows are read hold what those hold that are made as a whole.

use crate::command::Checkout;
use arrow::datatypes::SchemaRef;
use arrow::util::display::array_value_to_string;
use std::fmt::Write;

const PEOPLE: &str = r#"
{keys}
[quarterday]
version = "1"

[[fields]]
name = "ref"
quarterday = { class = "direct" }
[[fields]]
name = "town"
type = "{town}"
categories = [{ value = "a", label = "Ashford" }, { value = "b", label = "Barnet" }]
quarterday = { class = "none" }
[[fields]]
name = "score"
type = "integer"
constraints = { maximum = 40 }
quarterday = { class = "none" }
"#;

const PIPELINE: &str = r#"
name = "small"
title = "A small programme"
lead = "The lead"
demonstration = false
period = "Q1"
key = "small.key"
periods = [{ label = "Q1", from = 2022-01-01, to = 2022-03-31, folder = "q1" }]

[tables.people]
schema = "people.toml"

[[partners]]
code = "north"
name = "North"
sources = [{ table = "people", file = "north.csv"{unfold} }]
[[partners]]
code = "east"
name = "East"
sources = [{ table = "people", file = "east.csv" }]

[severities]
{severities}

[retention.short]
rule = "kept for a year"

[recipients.reader]
name = "Reader"
country = "GB"
[recipients.reader.release.people]
who = { from = "ref", treatment = "pseudonym" }
town = "identified"
score = "identified"

[[returns]]
name = "reader"
title = "Rows"
recipient = "reader"
periods = "quarter"
basis = "invented"
retention = "short"
[[returns.files]]
format = "parquet"
path = "rows.parquet"
parts = [{ part = "rows", table = "people" }]

[outputs]
findings = ["csv"]
partner_files = "none"
keep = "{keep}"
"#;

const EXTRACT: &str = "out/small/Q1/draft/reader/rows.parquet";
const FINDINGS: &str = "out/small/Q1/draft/findings.csv";

/// What differs from one programme to the next.
#[derive(Default)]
struct Case {
    keys: &'static str,
    severities: &'static str,
    /// Whether a cell of `town` may hold several codes.
    is_list: bool,
    /// The last lines of the partner's file that is read last.
    last: &'static [u8],
    /// Where that file is a wide one: its parts, as the pipeline says them.
    unfold: &'static str,
}

/// More rows than fit into one stretch, of two partners; every seventh score is too high.
fn rows(partner: char, last: &[u8]) -> Vec<u8> {
    let mut text = "ref,town,score\n".to_owned();
    for row in 0..84_000 {
        let town = if row % 3 == 0 { "a" } else { "b" };
        writeln!(text, "{partner}{row:06},{town},{}", if row % 7 == 0 { 41 + row % 5 } else { row % 40 })
            .expect("a text can always grow");
    }
    [text.as_bytes(), last].concat()
}

impl Case {
    fn made(&self, keep: &str) -> Checkout {
        let pipeline = PIPELINE.replace("{severities}", self.severities).replace("{keep}", keep);
        let pipeline = pipeline.replace("{unfold}", self.unfold);
        let wide = b"ref,town 1,score 1,town 2,score 2\nN1,a,1,b,2\nN2,a,3,,\nN3,,,b,4\nN4,a,5,a,41\n".to_vec();
        let north = if self.unfold.is_empty() { rows('N', self.last) } else { wide };
        let town = if self.is_list { "list" } else { "string" };
        let schema = PEOPLE.replace("{keys}", self.keys).replace("{town}", town);
        let checkout = Checkout::small(&schema, &pipeline, &[]);
        checkout.write("q1/north.csv", north);
        checkout.write("q1/east.csv", rows('E', b""));
        checkout
    }

    /// Makes the extract both ways, under one key, and answers how many rows it has and in how many stretches.
    #[track_caller]
    fn check(&self) -> (usize, SchemaRef) {
        let (streamed, whole) = (self.made("nothing"), self.made("all"));
        let key = streamed.read("small.key");
        std::fs::remove_file(whole.join("small.key")).expect("there");
        std::fs::rename(streamed.join("small.key"), whole.join("small.key")).expect("there");
        qd_disclosure::write_private(&streamed.join("small.key"), key.as_bytes()).expect("there");
        streamed.run(&["run", "small.toml", "--threads", "2"]).ends(0);
        let on_two = std::fs::read(streamed.join(EXTRACT)).expect("there");
        streamed.run(&["run", "small.toml", "--threads", "1"]).ends(0);
        assert!(
            on_two == std::fs::read(streamed.join(EXTRACT)).expect("there"),
            "one thread leaves other bytes than two"
        );
        whole.run(&["run", "small.toml"]).ends(0);
        assert_eq!(streamed.read(FINDINGS), whole.read(FINDINGS));
        let (schema, left) = read(&streamed, EXTRACT);
        assert_eq!((&schema, &left), (&read(&whole, EXTRACT).0, &read(&whole, EXTRACT).1));
        // A run lists what it made, and a file in its place is what is listed.
        streamed.run(&["verify", "out/small/Q1/draft"]).ends(0);
        (left.len(), schema)
    }
}

/// The rows of an extract, in the order of their texts.
fn read(checkout: &Checkout, path: &str) -> (SchemaRef, Vec<String>) {
    let (schema, batches) = qd_table::read_parquet(&checkout.join(path)).expect("readable");
    let mut rows = Vec::new();
    for batch in batches {
        for row in 0..batch.num_rows() {
            let cell = |column: &arrow::array::ArrayRef| array_value_to_string(column, row).expect("a text");
            rows.push(batch.columns().iter().map(cell).collect::<Vec<_>>().join("|"));
        }
    }
    rows.sort();
    (schema, rows)
}

fn is_dictionary(schema: &SchemaRef) -> bool {
    matches!(schema.field_with_name("town").expect("there").data_type(), arrow::datatypes::DataType::Dictionary(..))
}

#[test]
fn rows_that_their_own_cells_hold_stay_behind() {
    let (rows, schema) = Case::default().check();
    assert_eq!(rows, 2 * 72_000);
    assert!(is_dictionary(&schema));
}

#[test]
fn rows_that_others_hold_stay_behind() {
    // The same reference at the beginning and at the end of a file, where each alone is good.
    let case = Case { keys: "uniqueKeys = [\"ref\"]", last: b"N000001,a,3\n", ..Case::default() };
    assert_eq!(case.check().0, 2 * 72_000 - 1);
}

#[test]
fn a_large_file_is_kept_as_it_was_received() {
    let checkout = Case::default().made("all");
    let long = format!("N999999,{},3\n", "long ".repeat(3_600));
    let large = [rows('N', b""), long.repeat(1_000).into_bytes()].concat();
    assert!(large.len() > 18_000_000, "it is copied piece by piece");
    checkout.write("q1/north.csv", &large);
    checkout.run(&["run", "small.toml"]).ends(0);
    let kept = |name: &str| std::fs::read(checkout.join("private/small/sources/Q1").join(name)).expect("there");
    assert!(kept("north.csv") == large, "the copy is another file");
    assert!(kept("east.csv") == rows('E', b""), "the copy is another file");
}

#[test]
fn a_value_that_is_on_no_code_list_goes_out_as_it_is() {
    let severities = "maximum = \"note\"";
    let (rows, schema) = Case { severities, is_list: true, last: b"N999999,\"a,b\",3\n", ..Case::default() }.check();
    assert_eq!(rows, 168_001);
    assert!(!is_dictionary(&schema));
}

#[test]
fn a_file_that_breaks_off_leaves_nothing_in_the_extract() {
    let case = Case { last: b"N999999,\"a,3\n", ..Case::default() };
    assert_eq!(case.check().0, 72_000);
}

#[test]
fn a_file_of_which_only_the_end_tells_its_encoding_is_read_again() {
    // The accent is of Windows-1252, and stands behind all that is looked at first.
    let case = Case { last: b"N99999\xe9,b,3\n", ..Case::default() };
    assert_eq!(case.check().0, 144_001);
}

#[test]
fn parts_of_a_wide_table_leave_each_for_itself() {
    let case = Case { unfold: ", unfold = [{ suffix = \"1\" }, { suffix = \"2\" }]", ..Case::default() };
    assert_eq!(case.check().0, 72_000 + 5);
    // What is equal across the parts is held in both.
    assert_eq!(Case { keys: "uniqueKeys = [[\"ref\", \"town\"]]", ..case }.check().0, 72_000 + 4);
}

#[test]
fn an_extract_of_a_return_that_is_blocked_is_not_written() {
    // A seventh of the rows is held, which is known only once they have been read.
    let checkout = Case::default().made("nothing");
    checkout.edit("small.toml", "period = \"Q1\"\n", "period = \"Q1\"\nhold_limit = \"1%\"\n");
    let said = checkout.run(&["run", "small.toml", "--format", "json"]);
    assert_eq!(said.json()["returns"][0]["blocked"][0]["code"], "hold-limit", "{}", said.out);
    assert!(!checkout.join(EXTRACT).exists());
    assert!(!checkout.read("out/small/Q1/draft/manifest.json").contains("rows.parquet"));
    checkout.run(&["verify", "out/small/Q1/draft"]).ends(0);
}
