//! Rules over other tables, all partners and the period before.

use crate::rows::{FIELDS, quarter, schema, typed};
use arrow::buffer::BooleanBuffer;
use qd_model::{Schema, Syntax};
use qd_rules::{NotJudged, Place, RowRules};
use qd_table::Typed;
use std::sync::Arc;

fn rule(over: &str, check: &str, more: &str) -> String {
    format!("[[quarterday.rules]]\ncode = \"a\"\nmessage = \"m\"\nover = \"{over}\"\ncheck = \"{check}\"\n{more}\n")
}

fn compiled(text: &str) -> (Arc<Schema>, RowRules) {
    let schema = schema(text);
    let rules = RowRules::compile(&schema).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    (schema, rules)
}

fn said(text: &str) -> Vec<String> {
    let schema = match Schema::parse(&format!("{FIELDS}\n{text}"), Syntax::Toml, "test") {
        Ok(schema) => Arc::new(schema),
        Err(mistakes) => return mistakes.into_iter().map(|mistake| mistake.what).collect(),
    };
    let mistakes = RowRules::compile(&schema).err().unwrap_or_default();
    mistakes.into_iter().map(|mistake| mistake.what).collect()
}

fn rows(places: &[Place]) -> Vec<(usize, usize)> {
    places.iter().map(|place| (place.part, place.row)).collect()
}

#[track_caller]
fn check(check: &str, now: &[&str], before: &[&str], expected: &[(usize, usize)]) {
    let (schema, rules) = compiled(&rule("previous", check, "match = 'name'"));
    let (now, before) = (typed(&schema, now), typed(&schema, before));
    let name = [schema.index_of("name").expect("there")];
    let (half, rest) = (slice(&now, 0, now.len() / 2), slice(&now, now.len() / 2, now.len()));
    let (places, not_judged) = rules.judge_beside(0, (&[&half, &rest], &name), (&[&before], &name), &quarter());
    let whole: Vec<(usize, usize)> =
        rows(&places).into_iter().map(|(part, row)| (0, row + part * half.len())).collect();
    assert_eq!(whole, expected, "{check}");
    assert_eq!(not_judged, None);
}

fn slice(typed: &Typed, from: usize, to: usize) -> Typed {
    let mask = (0..typed.len()).map(|row| Some((from..to).contains(&row))).collect();
    typed.filter(&mask)
}

const BEFORE: [&str; 4] = [
    "name=Ann, start_date=2022-04-01, hours=5, leave_date=2022-06-01",
    "name=Ben, start_date=2022-04-02, hours=9",
    "name=Cy, hours=3",
    "start_date=2022-04-09, hours=1",
];
const NOW: [&str; 4] = [
    "name=Ann, start_date=2022-04-01, hours=6",
    "name=Ben, start_date=2022-04-03, hours=8",
    "name=Dee, start_date=2022-08-01",
    "start_date=2022-04-01",
];

#[test]
fn a_row_is_judged_beside_its_record_of_the_period_before() {
    check("start_date = previous.start_date", &NOW, &BEFORE, &[(0, 1)]);
    check("hours >= previous.hours", &NOW, &BEFORE, &[(0, 1)]);
    check("NOT (previous.leave_date IS NOT NULL AND leave_date IS NULL)", &NOW, &BEFORE, &[(0, 0)]);
    check("false", &NOW, &BEFORE, &[(0, 0), (0, 1)]);
    check("false", &NOW, &[], &[]);
    check(
        "hours > 100 OR previous.hours > 100",
        &["name=Ann, hours=1"],
        &["name=Ann, hours=1", "name=Ann, hours=2"],
        &[(0, 0)],
    );
}

#[test]
fn records_that_are_not_sent_any_more_are_found() {
    let text = rule("vanished", "previous.leave_date IS NOT NULL", "match = 'name'\nwhen = 'previous.hours > 1'");
    let (schema, rules) = compiled(&text);
    let name = [schema.index_of("name").expect("there")];
    let (now, before) = (typed(&schema, &NOW[1..]), typed(&schema, &BEFORE));
    let gone = rules.judge_vanished(0, &name, &[&now], &[&before], &quarter());
    assert_eq!(rows(&gone.places), [(0, 2)], "Ann has left, Ben is there, and nobody has no name");
    let gone = rules.judge_vanished(0, &name, &[], &[&before, &before], &quarter());
    assert_eq!(rows(&gone.places), [(0, 1), (0, 2), (1, 1), (1, 2)]);
    let mut unread = now;
    unread.unreadable[name[0]] = Some(BooleanBuffer::from(vec![false, true, false]));
    let gone = rules.judge_vanished(0, &name, &[&unread], &[&before], &quarter());
    assert_eq!(
        (gone.places.len(), gone.not_judged.map(|it| (it.reason, it.rows))),
        (0, Some(("a field could not be read", 4)))
    );
}

#[test]
fn a_cell_that_could_not_be_read_leaves_its_row_alone() {
    let (schema, rules) = compiled(&rule("previous", "hours >= previous.hours", "match = 'name'"));
    let name = [schema.index_of("name").expect("there")];
    let (mut now, before) = (typed(&schema, &NOW), typed(&schema, &BEFORE));
    let hours = schema.index_of("hours").expect("there");
    now.unreadable[hours] = Some(BooleanBuffer::from(vec![false, true, false, false]));
    let (places, not_judged) = rules.judge_beside(0, (&[&now], &name), (&[&before], &name), &quarter());
    assert_eq!(rows(&places), []);
    assert_eq!(not_judged, Some(NotJudged { rule: 0, reason: "a field could not be read", rows: 1 }));
}

#[test]
fn a_row_is_judged_beside_the_rows_of_another_table_that_it_meets() {
    let other = "[quarterday]\n[[fields]]\nname='ref'\n[[fields]]\nname='registered'\ntype='date'\n";
    let other = Arc::new(Schema::parse(other, Syntax::Toml, "people").expect("good"));
    let text = rule("table", "start_date >= other.registered", "table = 'people'\nmatch = 'name'\nmatch_other = 'ref'");
    let (schema, alone) = compiled(&text);
    assert!(alone.judge(&typed(&schema, &NOW), &quarter()).hits.is_empty());
    let rules = alone.with_tables(|name| (name == "people").then(|| other.clone())).expect("good");
    let own = [schema.index_of("name").expect("there")];
    let people = typed(&other, &["ref=Ann, registered=2022-04-02", "ref=Ben, registered=2022-04-02"]);
    let (places, _) = rules.judge_beside(0, (&[&typed(&schema, &NOW)], &own), (&[&people], &[0]), &quarter());
    assert_eq!(rows(&places), [(0, 0)]);
    let mistakes = alone.with_tables(|_| None).expect_err("no such table");
    assert_eq!(mistakes[0].what, "there is no table `people`");
}

#[test]
fn groups_may_be_of_all_partners_rows() {
    let text = rule("partners", "COUNT(DISTINCT born) <= 1", "group = 'name'");
    let (schema, rules) = compiled(&text);
    assert!(!rules.has_groups(), "no source can judge it alone");
    let one = typed(&schema, &["name=Ann, born=2000-01-01", "name=Ben, born=2000-01-01"]);
    let two = typed(&schema, &["name=Ben, born=2000-01-01", "name=Ann, born=2000-01-02"]);
    let (places, not_judged) = rules.judge_partners(0, &[&one, &two], &quarter());
    assert_eq!((rows(&places), not_judged), (vec![(0, 0), (1, 1)], None));
}

#[test]
fn groups_may_be_of_all_partners_rows_about_one_person() {
    let (schema, rules) =
        compiled(&rule("partners", "COUNT(*) = COUNT(born) AND MAX(born) = MIN(born)", "by = 'person'"));
    let person = |rows: &[&str], people: &[Option<u32>]| {
        let mut typed = typed(&schema, rows);
        typed.person = Some(people.iter().copied().collect());
        typed
    };
    let one = person(&["born=2000-01-01", "born=2000-01-01", "born=2000-01-01"], &[Some(0), Some(1), None]);
    let two = person(&["born=2000-01-01", "born=2000-01-02", "born=2000-01-03"], &[Some(1), Some(0), None]);
    let (places, not_judged) = rules.judge_partners(0, &[&one, &two], &quarter());
    assert_eq!((rows(&places), not_judged), (vec![(0, 0), (1, 1)], None));
    let unlinked = typed(&schema, &["born=2000-01-01", "born=2000-01-02"]);
    assert_eq!(rules.judge_partners(0, &[&unlinked], &quarter()), (vec![], None), "nobody is known");
    assert_eq!(
        said(&rule("partners", "COUNT(DISTINCT born) <= 1 AND hours > 1", "by = 'person'")),
        ["`hours` may differ within a group, which is judged as a whole"]
    );
    assert_eq!(
        said(&rule("previous", "true", "by = 'person'")),
        ["`by = \"person\"` goes with `over = \"partners\"`, and stands for a `group`"]
    );
}

const ACTIVITIES: &str = "[quarterday]\n[[fields]]\nname='ref'\n[[fields]]\nname='spent'\ntype='integer'\n\
                          [[fields]]\nname='done'\ntype='date'\n[[fields]]\nname='share'\ntype='number'\n";

fn beside_many(check: &str, more: &str) -> Result<(Arc<Schema>, Arc<Schema>, RowRules), Vec<String>> {
    let other = Arc::new(Schema::parse(ACTIVITIES, Syntax::Toml, "activities").expect("good"));
    let more = format!("table = 'activities'\nmatch = 'name'\nmatch_other = 'ref'\n{more}");
    let (schema, rules) = compiled(&rule("table", check, &more));
    let rules = rules.with_tables(|_| Some(other.clone()));
    let rules = rules.map_err(|mistakes| mistakes.into_iter().map(|mistake| mistake.what).collect::<Vec<_>>())?;
    Ok((schema, other, rules))
}

#[track_caller]
fn sums(check: &str, more: &str, expected: &[(usize, usize)]) {
    let (schema, other, rules) = beside_many(check, more).expect("a good rule");
    let own = [schema.index_of("name").expect("there")];
    let here = typed(&schema, &["name=Ann, hours=5", "name=Ben, hours=9", "name=Cy, hours=3", "hours=1", "name=Dee"]);
    let one = typed(&other, &["ref=Ann, spent=2, done=2022-05-01", "ref=Ben, spent=9", "ref=Eve, spent=1"]);
    let two = typed(&other, &["ref=Ann, spent=3, done=2022-06-01", "ref=Cy", "spent=7"]);
    let (places, not_judged) = rules.judge_beside(0, (&[&here], &own), (&[&one, &two], &[0]), &quarter());
    assert_eq!(rows(&places), expected, "{check}");
    assert_eq!(not_judged, None);
}

#[test]
fn a_row_is_judged_by_what_the_rows_of_another_table_come_to() {
    sums("hours = SUM(other.spent)", "", &[]);
    sums("hours + 1 = SUM(other.spent)", "", &[(0, 0), (0, 1)]);
    sums("COUNT(*) >= 1", "", &[(0, 4)]);
    sums("COUNT(other.spent) >= 1", "", &[(0, 2), (0, 4)]);
    sums("COUNT(DISTINCT other.spent) < 2", "", &[(0, 0)]);
    sums("MAX(other.done) <= DATE '2022-05-31'", "", &[(0, 0)]);
    sums("MIN(other.done) >= DATE '2022-05-31'", "", &[(0, 0)]);
    sums("hours < COALESCE(SUM(other.spent), 0)", "when = 'hours >= 5'", &[(0, 0), (0, 1)]);
    sums("SUM(other.share) > 1", "", &[]);
    sums("COUNT(*) = 0", "when = 'MAX(other.spent) > 5'", &[(0, 1)]);
}

#[test]
fn no_row_of_another_table_comes_to_nothing() {
    let (schema, other, rules) = beside_many("COUNT(*) > 0 OR SUM(other.spent) = 0", "").expect("good");
    let own = [schema.index_of("name").expect("there")];
    let here = typed(&schema, &["name=Ann", "hours=1"]);
    let none = typed(&other, &[]);
    let (places, _) = rules.judge_beside(0, (&[&here], &own), (&[&none], &[0]), &quarter());
    assert_eq!(rows(&places), [], "the sum of none is unknown");
    let (schema, _, rules) = beside_many("COUNT(*) > 0", "").expect("good");
    let here = typed(&schema, &["name=Ann", "hours=1"]);
    let (places, _) = rules.judge_beside(0, (&[&here], &own), (&[&none], &[0]), &quarter());
    assert_eq!(rows(&places), [(0, 0)], "and a row without a key is nobody's");
}

#[test]
fn a_cell_over_there_that_could_not_be_read_leaves_the_rows_that_meet_it_alone() {
    let (schema, other, rules) = beside_many("COUNT(other.spent) = 0", "").expect("good");
    let own = [schema.index_of("name").expect("there")];
    let here = typed(&schema, &["name=Ann", "name=Ben"]);
    let mut there = typed(&other, &["ref=Ann, spent=1", "ref=Ann", "ref=Ben, spent=1"]);
    there.unreadable[1] = Some(BooleanBuffer::from(vec![false, true, false]));
    let (places, not_judged) = rules.judge_beside(0, (&[&here], &own), (&[&there], &[0]), &quarter());
    let left = |rows| Some(NotJudged { rule: 0, reason: "a field could not be read", rows });
    assert_eq!((rows(&places), not_judged), (vec![(0, 1)], left(1)));
    there.unreadable = vec![Some(BooleanBuffer::from(vec![false, true, false])), None, None, None];
    let (places, not_judged) = rules.judge_beside(0, (&[&here], &own), (&[&there], &[0]), &quarter());
    assert_eq!((rows(&places), not_judged), (vec![], left(2)), "the key that could not be read may be anybody's");
}

#[test]
fn what_many_rows_come_to_is_asked_of_fields_of_the_other_table() {
    let said = |check: &str, more: &str| beside_many(check, more).map(|_| ()).expect_err("a mistake");
    assert_eq!(
        said("hours = SUM(spent)", ""),
        ["`spent` is no field of the other table, and `sum` is asked of one field"]
    );
    assert_eq!(said("hours = SUM(other.spend)", ""), ["`other` has no field `spend`"]);
    assert_eq!(said("hours = SUM(other.done)", ""), ["`other.done` is a date, and a sum is of numbers"]);
    assert_eq!(
        said("hours = SUM(other.spent)", "when = 'other.done IS NOT NULL'"),
        ["`other.done` may differ among the rows that this one meets, which are judged together"]
    );
    assert_eq!(
        self::said(&rule("previous", "hours > SUM(previous.hours)", "match = 'name'")),
        ["`sum` looks at several rows, and a rule sees one row at a time"]
    );
}

#[test]
fn names_of_other_rows_must_be_known() {
    let over = |over: &str, check: &str| said(&rule(over, check, "match = 'name'"));
    assert_eq!(over("previous", "start_date = previous.stat_date"), ["`previous` has no field `stat_date`"]);
    assert_eq!(over("previous", "start_date = before.start_date"), ["`before` is no row that the rule sees"]);
    assert_eq!(over("previous", "sex = previous.hours"), ["`sex` is text and `previous.hours` is a whole number"]);
    assert_eq!(over("previous", "previous.sex = 'Q'"), ["'Q' is not one of the codes of `sex`"]);
    assert_eq!(over("vanished", "leave_date IS NULL"), ["`leave_date` is of a row that is not there any more"]);
    assert_eq!(over("table", "true"), ["`table` goes with `over = \"table\"`, and that with it"]);
    assert_eq!(said(&rule("partners", "true", "")), ["a rule over all partners is over groups"]);
    assert_eq!(said(&rule("previous", "true", "")), ["nothing says which records of two periods are the same"]);
    assert_eq!(
        said(&rule("table", "true", "table = 'people'")),
        ["nothing says which rows of the two tables belong together"]
    );
}
