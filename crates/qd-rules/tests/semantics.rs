//! Runs every line of `semantics.txt`: `expression | row -> true, false or null`.

use crate::rows::{quarter, schema, typed};
use arrow::array::UInt32Array;
use arrow::array::{Array, BooleanArray};
use qd_model::At;
use qd_model::schema::Placed;
use qd_rules::{Constants, Expression, people_of};

fn placed(text: &str) -> Placed<String> {
    Placed { value: text.to_owned(), at: At::Line { line: 1, column: 1 } }
}

fn word(value: &BooleanArray, row: usize) -> &'static str {
    match (value.is_null(row), value.is_valid(row) && value.value(row)) {
        (true, _) => "null",
        (_, true) => "true",
        (_, false) => "false",
    }
}

#[test]
fn every_line_of_the_file_holds() {
    let schema = schema("");
    let mut wrong = Vec::new();
    let mut lines = 0;
    for line in include_str!("semantics.txt").lines() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        lines += 1;
        let (text, rest) = line.rsplit_once(" | ").unwrap_or_else(|| panic!("no row in {line}"));
        let (row, expected) = rest.rsplit_once("->").unwrap_or_else(|| panic!("no outcome in {line}"));
        let expression = match Expression::compile(&schema, &placed(text.trim())) {
            Ok(expression) => expression,
            Err(mistakes) => {
                wrong.push(format!("{line}\n    is refused: {mistakes:?}"));
                continue;
            }
        };
        // Two rows and none besides: a value must not depend on how many rows stand with it.
        let row = row.trim();
        for rows in [vec![row], vec![row, "", row]] {
            let found = expression.evaluate(&schema, &typed(&schema, &rows), &quarter());
            assert_eq!(found.len(), rows.len(), "{line}");
            let last = word(&found, rows.len() - 1);
            if last != expected.trim() {
                wrong.push(format!("{line}\n    is {last}"));
            }
        }
        let none = typed(&schema, &[]);
        assert_eq!(expression.evaluate(&schema, &none, &quarter()).len(), 0, "{line}");
    }
    assert!(wrong.is_empty(), "{} of {lines} lines differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(lines > 150, "the file is read to its end");
}

#[test]
fn an_expression_knows_what_it_names() {
    let schema = schema("");
    let compile = |text: &str| Expression::compile(&schema, &placed(text)).expect("readable");
    let expression = compile("start_date BETWEEN period_start AND period_end AND hours > 0 AND start_date > born");
    assert_eq!(expression.fields(), [2, 8, 9]);
    assert!(expression.needs_period() && !expression.needs_as_of());
    let expression = compile("age_on(born, as_of) >= 16");
    assert!(!expression.needs_period() && expression.needs_as_of());
}

#[test]
fn constants_that_are_absent_are_unknown() {
    let schema = schema("");
    let expression = Expression::compile(&schema, &placed("start_date >= period_start")).expect("readable");
    let rows = typed(&schema, &["start_date=2022-07-01"]);
    let none = Constants::default();
    assert_eq!(expression.evaluate(&schema, &rows, &none), BooleanArray::from(vec![None]));
    assert_eq!(expression.filter(&schema, &rows, &none), BooleanArray::from(vec![false]));
    assert_eq!(expression.filter(&schema, &rows, &quarter()), BooleanArray::from(vec![true]));
}

#[test]
fn people_count_once_and_nobody_is_no_person() {
    let schema = schema("");
    let mut rows = typed(&schema, &["hours=1", "hours=9", "hours=9", "hours=9", "", "hours=9"]);
    let expression = Expression::compile(&schema, &placed("hours > 5")).expect("readable");
    let count = |rows: &_, filter| people_of(&schema, rows, filter, &quarter());
    assert!(count(&rows, None).is_empty(), "nobody is linked yet");
    rows.person = Some(UInt32Array::from(vec![Some(4), Some(7), Some(7), None, Some(4), Some(1)]));
    assert_eq!(count(&rows, None), [1, 4, 7]);
    assert_eq!(count(&rows, Some(&expression)), [1, 7]);
}
