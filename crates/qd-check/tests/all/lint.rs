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
         [[fields]]\nname = 'level'\ntitle = 'Course level'\n",
        &[
            "the message of the rule `r` has {job} in braces",
            "the alias \"Course\" of `job` begins a heading of `level`",
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
