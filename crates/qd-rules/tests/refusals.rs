//! What an expression is refused for, and where in the schema file the mistake stands.

use crate::rows::{FIELDS, schema};
use qd_model::schema::Placed;
use qd_model::{At, Schema, Syntax};
use qd_rules::{Expression, RowRules};
use std::sync::Arc;

/// The expression is taken to stand at line 7, its quote at column 10.
fn check(text: &str, expected: &[&str]) {
    let placed = Placed { value: text.to_owned(), at: At::Line { line: 7, column: 10 } };
    let mistakes = Expression::compile(&schema(""), &placed).err().unwrap_or_default();
    let said: Vec<String> = mistakes
        .into_iter()
        .map(|mistake| {
            let hint = mistake.hint.map_or(String::new(), |hint| format!(" ({hint})"));
            format!("{}: {}{hint}", mistake.at, mistake.what)
        })
        .collect();
    assert_eq!(said, expected, "for {text}");
}

#[test]
fn names_must_be_known() {
    check(
        "start_dat >= '2022-01-01'",
        &["line 7, column 11: there is no field `start_dat` (did you mean `start_date`?)"],
    );
    check(
        "hours > 1 AND perod_end > born",
        &["line 7, column 25: there is no field `perod_end` (did you mean `period_end`?)"],
    );
    check(
        r#"name = "Ann""#,
        &["line 7, column 18: there is no field `Ann` (a text is written in single quotes: 'Ann')"],
    );
    check("postcode = 'x'", &[r#"line 7, column 11: there is no field `postcode` (did you mean `"Post code"`?)"#]);
    check(
        "t.name = 'x'",
        &[
            "line 7, column 11: a rule names fields without a table (write the field's name alone; a rule over another table or period says so in `over`)",
        ],
    );
    check(
        "nme = 'x' AND hors = 1",
        &[
            "line 7, column 11: there is no field `nme` (did you mean `name`?)",
            "line 7, column 25: there is no field `hors` (did you mean `hours`?)",
        ],
    );
}

#[test]
fn both_sides_must_be_of_a_kind() {
    check(
        "start_date >= 'yes'",
        &["line 7, column 25: `start_date` is a date and 'yes' is text that is no date (write dates as '2022-09-30')"],
    );
    check(
        "start_date >= '30/09/2022'",
        &[
            "line 7, column 25: `start_date` is a date and '30/09/2022' is text that is no date (write dates as '2022-09-30')",
        ],
    );
    check(
        "start_date >= '2022-02-30'",
        &[
            "line 7, column 25: `start_date` is a date and '2022-02-30' is text that is no date (write dates as '2022-09-30')",
        ],
    );
    check(
        "start_date > 5",
        &["line 7, column 24: `start_date` is a date and 5 is a whole number (write dates as '2022-09-30')"],
    );
    check("name = hours", &["line 7, column 18: `name` is text and `hours` is a whole number"]);
    check("name = 5", &["line 7, column 18: `name` is text and 5 is a whole number (write the text as '5')"]);
    check(
        "hours = '5'",
        &["line 7, column 19: `hours` is a whole number and '5' is text (write numbers without quotes)"],
    );
    check(
        "employed = 'yes'",
        &["line 7, column 22: `employed` is true or false and 'yes' is text (write employed = true)"],
    );
    check("name = start_date", &["line 7, column 18: `name` is text and `start_date` is a date"]);
    check(
        "hours IN (1, 'x')",
        &["line 7, column 24: `hours` is a whole number and 'x' is text (write numbers without quotes)"],
    );
    check("DATE '2022-13-01' < born", &["line 7, column 16: '2022-13-01' is not a date (write dates as '2022-09-30')"]);
    check("employed > willing", &["line 7, column 11: `employed` is true or false, and neither is the greater"]);
    check("coalesce(hours, name) = 1", &["line 7, column 20: `name` is text and `hours` is a whole number"]);
    check(
        "seen = '2022-09'",
        &[
            "line 7, column 18: `seen` is a date and time and '2022-09' is text that is no date and time (write dates and times as '2022-09-30T14:30:00')",
        ],
    );
}

#[test]
fn the_whole_must_be_a_condition() {
    let hint = "(compare it with something, or ask IS NOT NULL)";
    check("hours", &[&format!("line 7, column 11: `hours` is a whole number, and a condition is needed here {hint}")]);
    check(
        "hours > 1 AND name",
        &[&format!("line 7, column 25: `name` is text, and a condition is needed here {hint}")],
    );
    check("name + 1 > 2", &["line 7, column 11: `name` is text, and a number is needed here"]);
    check(
        "leave_date + start_date > 2",
        &["line 7, column 24: `leave_date`, which is a date, cannot be added to `start_date`, which is a date \
           (days_between(a, b) counts days, and d + INTERVAL '14' DAY moves a date)"],
    );
}

#[test]
fn codes_must_be_in_the_code_list() {
    check("sex = 'Female'", &["line 7, column 17: 'Female' is not one of the codes of `sex` (did you mean 'F'?)"]);
    check("sex IN ('F', 'N')", &["line 7, column 24: 'N' is not one of the codes of `sex` (did you mean 'F'?)"]);
    check("'woman' = sex", &["line 7, column 11: 'woman' is not one of the codes of `sex` (its codes are F, M and X)"]);
    check("band = 41", &["line 7, column 18: 41 is not one of the codes of `band` (its codes are 1, 2 and 3)"]);
}

#[test]
fn functions_must_be_listed() {
    check("lenght(name) > 1", &["line 7, column 11: there is no function `lenght` (did you mean `length`?)"]);
    check(
        "soundex(name) = 'x'",
        &[
            "line 7, column 11: there is no function `soundex` (the functions are lower, upper, trim, length, coalesce, \
           nullif, abs, least, greatest, year, month, day, age_on, days_between, working_days, has \
           and items)",
        ],
    );
    check("age_on(born) > 1", &["line 7, column 11: `age_on` is not called like this (write age_on(born, on))"]);
    check("age_on(name, born) > 1", &["line 7, column 18: `name` is text, and a date is needed here"]);
    check(
        "max(hours, weeks) > 1",
        &[
            "line 7, column 11: `max` looks at several rows, and a rule sees one row at a time (greatest(a, b) is the larger of a row's values)",
        ],
    );
    check(
        "count(*) > 1",
        &[
            "line 7, column 11: `count` looks at several rows, and a rule sees one row at a time (a rule with a `group`, or one over another table, may ask for it)",
        ],
    );
    check(
        "least(hours) OVER () > 1",
        &[
            "line 7, column 11: `least` with OVER looks at several rows, and a rule sees one row at a time (compare fields of the same row)",
        ],
    );
    check(
        "born < current_date",
        &[
            "line 7, column 18: a rule has no clock, so it has no `current_date` (`as_of` is the day on which the data is judged)",
        ],
    );
    check(
        "hours IN (SELECT 1)",
        &[
            "line 7, column 11: a rule sees one row at a time, and knows no queries inside it (a foreign key looks into other tables)",
        ],
    );
    check(
        "CAST(hours AS TEXT) = '1'",
        &["line 7, column 16: a rule does not turn one type into another (the field's own type is used)"],
    );
}

#[test]
fn what_is_not_sql_is_placed() {
    check("", &["line 7, column 10: the expression is blank"]);
    check(
        "hours > ",
        &["line 7, column 19: not readable as a SQL expression: expected an expression, but the text ends there"],
    );
    check("hours > ) 1", &["line 7, column 19: not readable as a SQL expression: expected an expression, found )"]);
    check(
        "hours > 1 weeks > 2",
        &["line 7, column 21: the expression goes on with `weeks`, which does not follow from what stands before \
           (join conditions with AND or OR)"],
    );
    check("name = 'Ann", &["line 7, column 18: not readable as a SQL expression: unterminated string literal"]);
    let deep = [
        format!("{}hours > 1", "NOT ".repeat(3000)),
        format!("{}hours > 1{}", "(".repeat(3000), ")".repeat(3000)),
        vec!["hours > 1"; 2000].join(" OR "),
    ];
    for text in deep {
        let placed = Placed { value: text, at: At::Line { line: 1, column: 1 } };
        assert!(Expression::compile(&schema(""), &placed).is_err(), "what is too deep to walk is refused");
    }
}

#[test]
fn intervals_must_fit() {
    let example = "(for example INTERVAL '14' DAY or INTERVAL '3' MONTH)";
    check(
        "born + INTERVAL '1.5' DAY > born",
        &[&format!("line 7, column 27: an interval is a whole number of units {example}")],
    );
    check("born + INTERVAL '1' > born", &[&format!("line 7, column 27: the interval has no unit {example}")]);
    check(
        "born + INTERVAL '1' HOUR > born",
        &[
            "line 7, column 11: `born` is a date, and such an interval does not move it (a date moves by days, weeks, months and years)",
        ],
    );
    check(
        "INTERVAL '1' DAY > born",
        &["line 7, column 20: an interval stands alone (add it to a date: start_date + INTERVAL '14' DAY)"],
    );
}

/// The text at the place of each mistake, for rules written in a TOML file.
fn pointed_at(rules: &str) -> Vec<String> {
    let text = format!("{FIELDS}\n{rules}");
    let schema = Arc::new(Schema::parse(&text, Syntax::Toml, "test").expect("a readable schema"));
    let mistakes = RowRules::compile(&schema).expect_err("the rules have mistakes");
    let pointed = mistakes.into_iter().map(|mistake| match mistake.at {
        At::Line { line, column } => {
            let line = text.lines().nth(line as usize - 1).expect("the line is there");
            line.chars().skip(column as usize - 1).take(4).collect()
        }
        At::Pointer(pointer) => pointer,
    });
    pointed.collect()
}

#[test]
fn mistakes_point_into_the_file_however_the_text_is_quoted() {
    let rules = "[[quarterday.rules]]\ncode = 'a'\nmessage = 'm'\n";
    assert_eq!(pointed_at(&format!("{rules}check = \"hours > 1 AND oops\"")), ["oops"]);
    assert_eq!(pointed_at(&format!("{rules}check = 'hours > 1 AND oops'")), ["oops"]);
    assert_eq!(pointed_at(&format!("{rules}check = '\"Post code\" IS NULL AND oops'")), ["oops"]);
    assert_eq!(pointed_at(&format!("{rules}check = \"\\\"Post code\\\" = 'é' AND oops\"")), ["oops"]);
    assert_eq!(pointed_at(&format!("{rules}check = \"\"\"\nhours > 1\n  AND oops\n\"\"\"")), ["oops"]);
    let both = format!("{rules}when = 'ouch'\ncheck = 'oops > 1'");
    assert_eq!(pointed_at(&both), ["ouch", "oops"]);
}
