//! What is said of schemas that can be used and yet hardly mean what they say.

use crate::common::schema;

#[track_caller]
fn check(toml: &str, expected: &[&str]) {
    let said: Vec<String> = qd_check::warnings(&schema(toml)).into_iter().map(|warning| warning.what).collect();
    assert_eq!(said, expected);
}

#[test]
fn headings_that_two_fields_claim() {
    check(
        "[quarterday]\nnot_collected = ['DBS']\n[[fields]]\nname = 'start'\ntitle = 'Start date'\n\
         quarterday = { aliases = ['Date', 'Date'] }\n\
         [[fields]]\nname = 'end'\nquarterday = { aliases = ['Date', 'START-DATE', 'dbs'] }\n",
        &[
            "the alias \"Date\" of `start` is there twice",
            "the heading \"Date\" is claimed by `start` and by `end`",
            "the heading \"START-DATE\" of `end` is \"Start date\" of `start` but for capitals, spaces and signs",
            "the heading \"dbs\" of `end` is among those that must not arrive",
        ],
    );
    check("[[fields]]\nname = 'a'\ntitle = 'x'\n[[fields]]\nname = 'b'\ntitle = 'x'\n", &[]);
}

#[test]
fn keys_limits_and_rules_that_say_nothing() {
    check(
        "primaryKey = ['a', 'b']\n[quarterday]\n[[quarterday.rules]]\ncode = 'r'\nmessage = 'm'\ncheck = 'true'\n\
         valid_from = 2022-02-01\nvalid_to = 2022-01-01\n\
         [[fields]]\nname = 'a'\nconstraints = { unique = true, minLength = 3, maxLength = 2 }\n\
         [[fields]]\nname = 'b'\ntype = 'integer'\nconstraints = { minimum = 10, maximum = 9 }\n\
         [[fields]]\nname = 'c'\ntype = 'object'\ncategoriesOrdered = true\nconstraints = { jsonSchema = { type = 'object' } }\n",
        &[
            "the rule `r` ends before it begins, and is never in force",
            "`a` is unique by itself, so the other fields of `primaryKey` add nothing",
            "no value of `a` is long enough and short enough",
            "no value of `b` is large enough and small enough",
            "`c` has an order of categories and no categories",
        ],
    );
}

#[test]
fn headings_cut_short_and_messages_with_values() {
    check(
        "[quarterday]\n[[quarterday.rules]]\ncode = 'r'\nmessage = 'It is {job}'\ncheck = 'true'\n\
         [[fields]]\nname = 'job'\nquarterday = { aliases = ['Course', 'Work'] }\n\
         [[fields]]\nname = 'level'\ntitle = 'Course level'\n\
         [[fields]]\nname = 'start'\ntitle = 'Start'\n[[fields]]\nname = 'began'\ntitle = 'Start date'\n",
        &[
            "the message of the rule `r` has {job} in braces",
            "the alias \"Course\" of `job` begins a heading of `level`",
            "the title \"Start\" of `start` begins a heading of `began`",
        ],
    );
}

#[test]
fn examples_that_the_schema_would_not_accept() {
    check(
        "[quarterday]\n[[fields]]\nname = 'a'\nexample = 'x1'\nconstraints = { pattern = '[0-9]+' }\n\
         [[fields]]\nname = 'b'\ntype = 'date'\nformat = '%d/%m/%Y'\nexample = 'soon'\n\
         [[fields]]\nname = 'c'\nexample = 'M'\ncategories = ['F', 'M']\nconstraints = { required = true }\n\
         [[fields]]\nname = 'd'\nconstraints = { required = true }\n",
        &[
            "the example of `a` fails the field's own pattern, which asks for the form [0-9]+",
            "the example of `b` fails the field's own type, which asks for a date written as dd/mm/yyyy",
        ],
    );
}

#[test]
fn bands_of_a_code_list_that_overlap() {
    let list = |texts: &[&str]| {
        let entries: Vec<String> =
            texts.iter().zip('a'..).map(|(text, code)| format!("{{ value = '{code}', label = '{text}' }}")).collect();
        format!("[quarterday]\n[[fields]]\nname = 'age'\ncategories = [{}]\n", entries.join(", "))
    };
    check(&list(&["under 16", "16-24", "25 to 34", "35 – 64", "65+", "Not known"]), &[]);
    check(&list(&["Up to £10,000", "Over £10,000"]), &[]);
    check(&list(&["0 to under 8", "8 to under 16", "16 and over"]), &[]);
    check(&list(&["2021-2022", "2022-2023", "1", "1A"]), &[]);
    check(&list(&["1", "2", "3+"]), &[]);
    check(
        &list(&["Under 18", "16-24", "24-34 years", "35-64", "60 or over"]),
        &[
            "the bands \"16-24\" and \"24-34 years\" of `age` overlap",
            "the bands \"35-64\" and \"60 or over\" of `age` overlap",
            "the bands \"Under 18\" and \"16-24\" of `age` overlap",
        ],
    );
    check(
        "[quarterday]\n[[fields]]\nname = 'hours'\ncategories = ['0', '1-8', '8-16']\n",
        &["the bands \"1-8\" and \"8-16\" of `hours` overlap"],
    );
}
