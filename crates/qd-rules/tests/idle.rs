//! Rules that no row can meet or break.

use crate::rows::schema;
use qd_rules::RowRules;

#[track_caller]
fn check(check: &str, when: &str, expected: &[&str]) {
    let when = if when.is_empty() { String::new() } else { format!("when = \"{when}\"\n") };
    let rule = format!("[[quarterday.rules]]\ncode = \"a\"\nmessage = \"m\"\ncheck = \"{check}\"\n{when}");
    let rules = RowRules::compile(&schema(&rule)).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    let said: Vec<String> = rules.warnings().into_iter().map(|warning| warning.what).collect();
    assert_eq!(said, expected, "{check}, when {when}");
}

#[test]
fn what_no_row_can_meet_or_break_is_named() {
    let (unmet, unbroken) = (["no row can meet the `when` of the rule `a`"], ["no row can break the rule `a`"]);
    check("hours > 1", "sex = 'F' AND sex = 'M'", &unmet);
    check("hours > 1", "hours > 10 AND hours < 5", &unmet);
    check("hours > 1", "pay > 1 AND pay <= 1", &unmet);
    check("hours > 1", "start_date < '2022-01-01' AND start_date > '2022-01-01'", &unmet);
    check("hours > 1", "employed AND NOT employed", &unmet);
    check("sex IN ('F', 'M', 'X')", "", &unbroken);
    check("hours IS NOT NULL", "hours > 3", &unbroken);
    check("hours >= 5", "hours > 10", &unbroken);
    check("band BETWEEN 1 AND 3", "", &unbroken);
    check("name IS NULL OR name = 'x' OR name <> 'x'", "", &unbroken);
    check("true", "", &unbroken);
}

#[test]
fn rules_that_may_find_something_are_left_alone() {
    check("hours > 1", "sex = 'F' OR sex = 'M'", &[]);
    check("pay > 1", "pay > 0.5", &[]);
    check("sex IN ('F', 'M')", "", &[]);
    check("hours > 11", "hours > 10", &[]);
    check("name <> 'x'", "", &[]);
    // What is more than a comparison with a literal is not tried.
    check("hours > hours", "", &[]);
    check("hours + 1 > hours", "", &[]);
    check("length(name) > 0", "hours > weeks", &[]);
}
