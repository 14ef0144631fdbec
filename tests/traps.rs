//! What other tools get wrong without a word, met while they were made to agree on one file: each is held
//! here from the file to the report.

use crate::command::Checkout;

/// The findings of a file, as `row code field`.
fn findings(schema: &str, csv: &str) -> Vec<String> {
    let checkout = Checkout::empty();
    checkout.write("table.toml", schema);
    checkout.write("table.csv", csv);
    let said = checkout.run(&["validate", "table.csv", "--schema", "table.toml", "--format", "json"]);
    let report = said.json();
    let all = report["findings"].as_array().expect("findings").iter();
    let text = |finding: &serde_json::Value, name: &str| finding[name].as_str().unwrap_or("-").to_owned();
    let mut lines: Vec<String> =
        all.map(|it| format!("{} {} {}", it["row"], text(it, "code"), text(it, "field"))).collect();
    lines.sort();
    lines
}

/// A schema with the fields that a test is about, in which nothing is tidied.
fn schema(rest: &str) -> String {
    format!("[quarterday]\nnormalise = []\n{rest}")
}

#[test]
fn a_month_times_a_hundred_does_not_wrap() {
    // In eight bits July times a hundred is negative, and February too large to be March.
    let rules = "[[quarterday.rules]]\ncode = \"day-of-the-year\"\ncheck = \"month(born) * 100 + day(born) = told\"\n\
                 message = \"Another day\"\n\n[[fields]]\nname = \"born\"\ntype = \"date\"\n\n\
                 [[fields]]\nname = \"told\"\ntype = \"integer\"\n";
    let rows: Vec<String> = (1..=12).map(|month| format!("2000-{month:02}-28,{}", month * 100 + 28)).collect();
    let csv = format!("born,told\n{}\n2000-07-28,-40\n", rows.join("\n"));
    assert_eq!(findings(&schema(rules), &csv), ["14 day-of-the-year born"]);
}

#[test]
fn a_list_of_values_does_not_let_a_blank_through() {
    let fields = "[[fields]]\nname = \"ref\"\n\n[[fields]]\nname = \"sex\"\n\
                  constraints = { required = true, enum = [\"F\", \"M\"] }\n";
    let csv = "ref,sex\n1,F\n2,\n3,X\n4,m\n5, \n";
    assert_eq!(findings(&schema(fields), csv), ["3 required sex", "4 enum sex", "5 enum sex", "6 enum sex"]);
}

#[test]
fn words_for_nothing_are_missing_only_where_the_schema_says_so() {
    let fields = "[[fields]]\nname = \"ref\"\nconstraints = { required = true }\n\n\
                  [[fields]]\nname = \"hours\"\ntype = \"number\"\n";
    let csv = "ref,hours\nn/a,1\nNA,n/a\nnull,NULL\nNone,nil\n-,\n";
    let words = ["3 type hours", "4 type hours", "5 type hours"];
    assert_eq!(findings(&schema(fields), csv), words, "a reference may be any word, and no word is a number");
    let told = format!("missingValues = [\"\", \"n/a\"]\n{}", schema(fields));
    assert_eq!(findings(&told, csv), ["2 required ref", "4 type hours", "5 type hours"]);
}

#[test]
fn a_number_with_a_space_is_none_unless_it_may_be_tidied() {
    let fields = "[[fields]]\nname = \"ref\"\n\n[[fields]]\nname = \"hours\"\ntype = \"number\"\n\n\
                  [[fields]]\nname = \"score\"\ntype = \"integer\"\n\n[[fields]]\nname = \"day\"\ntype = \"date\"\n";
    let csv = "ref,hours,score,day\n1,12 ,7,2022-07-01\n2, 12,7 ,2022-07-01\n3,12,7,2022-07-01 \n";
    let all = ["2 type hours", "3 type hours", "3 type score", "4 type day"];
    assert_eq!(findings(&schema(fields), csv), all);
    let tidied = schema(fields).replace("normalise = []\n", "");
    assert!(findings(&tidied, csv).iter().all(|finding| !finding.contains(" type ")), "spaces around are no fault");
}

#[test]
fn every_row_of_equal_keys_is_found_the_first_among_them() {
    let fields = "[[fields]]\nname = \"ref\"\nconstraints = { unique = true }\n\n[[fields]]\nname = \"part\"\n\n\
                  [[fields]]\nname = \"day\"\n";
    let csv = "ref,part,day\na,1,x\nb,1,y\na,2,x\nc,1,x\na,3,z\n,4,z\n,5,z\n";
    assert_eq!(findings(&schema(fields), csv), ["2 unique ref", "4 unique ref", "6 unique ref"]);
    let pair = format!("uniqueKeys = [[\"part\", \"day\"]]\n{}", schema(&fields.replace("unique = true", "")));
    assert_eq!(findings(&pair, csv), ["2 unique-keys -", "5 unique-keys -"]);
}

#[test]
fn a_cell_that_cannot_be_read_hides_nothing_else_in_its_row() {
    let rest = "[[quarterday.rules]]\ncode = \"left-before\"\nfields = [\"left\"]\ncheck = \"left >= began\"\n\
                message = \"Left before\"\n\n[[fields]]\nname = \"ref\"\n\
                constraints = { unique = true, pattern = \"[A-Z][0-9]\" }\n\n\
                [[fields]]\nname = \"hours\"\ntype = \"number\"\n\n[[fields]]\nname = \"score\"\ntype = \"integer\"\n\
                constraints = { maximum = 40 }\n\n[[fields]]\nname = \"began\"\ntype = \"date\"\n\n\
                [[fields]]\nname = \"left\"\ntype = \"date\"\n";
    let csv = "ref,hours,score,began,left\nx1,many,41,2022-07-02,2022-07-01\nx1,8,40,2022-07-02,soon\n";
    let all = [
        "2 left-before left",
        "2 maximum score",
        "2 pattern ref",
        "2 type hours",
        "2 unique ref",
        "3 pattern ref",
        "3 type left",
        "3 unique ref",
    ];
    assert_eq!(findings(&schema(rest), csv), all);
}
