//! Profiles and what is said of them.

use super::*;
use crate::samples;

#[track_caller]
fn check(lines: &[&str], expected: &[&str]) {
    let (schema, release) = (samples::schema(), samples::release(lines));
    let mistakes = mistakes(&release, &schema, &samples::lookups());
    let said: Vec<&str> = mistakes.iter().map(|mistake| mistake.what.as_str()).collect();
    assert_eq!(said, expected);
    assert!(mistakes.iter().all(|mistake| mistake.hint.is_some() || mistake.what.contains(" is ")), "{mistakes:?}");
}

#[test]
fn a_good_profile_has_no_mistake() {
    check(
        &[
            "person pseudonym",
            "partner identified",
            "partner>partner_code pseudonym",
            "period identified",
            "ref pseudonym scope=partner",
            "number pseudonym",
            "postcode outward-postcode",
            "born age-band bands=16,18,25 on=start",
            "start quarter",
            "start>start_month month title=Month",
            "seen year",
            "health identified reason=law",
            "notes flag",
            "hours identified",
            "hours>hours_given flag",
            "code drop",
            "postcode>district lookup table=districts.csv by=outward dated=2022-05-01 label=name",
            "hours>hours_band band bands=0,8,16",
            "pay round to=5",
            "health>health_code code-only reason=law",
            "age derive value=age(born;start)",
            "stay derive value=weeks(start;left)",
            "left derive value=event(left)",
        ],
        &[],
    );
}

#[test]
fn unknown_words_are_mistakes() {
    check(&["bron year"], &["there is no field `bron` in table"]);
    check(&["born yaer"], &["there is no treatment `yaer`"]);
    check(&["start quarter band=1"], &["`quarter` has no setting `band`"]);
    check(&["number pseudonym scope=all"], &["`scope` does not know \"all\" for `number`"]);
    check(&["person pseudonym scope=partner"], &["`scope` does not know \"partner\" for `person`"]);
}

#[test]
fn what_must_not_leave_is_a_mistake() {
    check(&["person identified"], &["`person` cannot be released as `identified`"]);
    check(&["person flag"], &["`person` cannot be released as `flag`"]);
    check(&["partner year"], &["`partner` cannot be released as `year`"]);
    check(&["period pseudonym"], &["`period` cannot be released as `pseudonym`"]);
    for treatment in ["identified", "pseudonym", "flag"] {
        check(&[&format!("code {treatment}")], &[&format!("`code` cannot be released as `{treatment}`")]);
    }
    let special = "`health` is special category data, and is released as it is without a `reason`";
    check(&["health identified"], &[special]);
    check(&["health identified reason="], &[special]);
    check(
        &["notes identified"],
        &["`notes` is free text, which may hold anything, and is released without a `reason`"],
    );
    check(&["notes identified reason=agreed"], &[]);
}

#[test]
fn treatments_say_what_they_need() {
    check(&["born age-band"], &["`age-band` needs `bands`: the first age of each band, in rising order"]);
    for bands in ["16,16", "18,16", "x", "-1,5"] {
        check(
            &[&format!("born age-band bands={bands}")],
            &["`age-band` needs `bands`: the first age of each band, in rising order"],
        );
    }
    check(&["born age-band bands=16 on=seen"], &["`on` names `seen`, which is no date field of this table"]);
    check(&["ref age-band bands=16"], &["`age-band` is for dates, and `ref` is text"]);
    check(&["ref year"], &["`year` is for dates, and `ref` is text"]);
    check(&["hours month"], &["`month` is for dates, and `hours` is a whole number"]);
    check(
        &["number outward-postcode"],
        &["`outward-postcode` is for fields of kind `uk-postcode`, and `number` is not one"],
    );
    check(&["born pseudonym"], &["`born` is a date, which is no identifier to make a pseudonym of"]);
}

#[test]
fn no_two_columns_have_one_name() {
    check(&["born year", "born month"], &["two columns are released as `born`"]);
    check(&["born year", "born>start month", "start drop"], &[]);
}

#[test]
fn columns_say_what_they_are() {
    let (schema, release) =
        (samples::schema(), samples::release(&["born>age age-band bands=18", "ref drop", "health flag"]));
    let columns = columns(&release, &schema, &samples::lookups());
    assert_eq!(columns.len(), 2);
    assert_eq!((columns[0].name.as_str(), columns[0].field.as_str()), ("age", "born"));
    assert_eq!(columns[0].title, "Age band at the period's end");
    let labels: Vec<&str> = columns[0].categories.iter().map(|category| category.value.as_str()).collect();
    assert_eq!(labels, ["under 18", "18+"]);
    assert_eq!(columns[1].field_type, qd_model::FieldType::Boolean);
    assert_eq!(columns[1].class, qd_model::Class::Special);
}

#[test]
fn two_recipients_never_share_a_partners_reference() {
    let mut pipeline = samples::pipeline();
    // `visits` calls the reference `client`, so its `ref` is another field.
    assert_eq!(profile_conflicts(&pipeline), []);
    let study = pipeline.recipients.iter_mut().find(|recipient| recipient.code == "study").unwrap();
    "client".clone_into(&mut study.release[1].fields[0].field);
    let mistakes = profile_conflicts(&pipeline);
    assert_eq!(mistakes.len(), 1);
    assert!(mistakes[0].what.contains("both `funder` and `study`"), "{mistakes:?}");
}

#[test]
fn coarse_treatments_say_what_they_need() {
    check(&["hours band"], &["`band` needs `bands`: the first number of each band, in rising order"]);
    check(&["hours band bands=0.5,2"], &["`band` needs `bands`: the first number of each band, in rising order"]);
    check(&["pay band bands=0.5,2"], &[]);
    check(&["ref band bands=1"], &["`band` is for numbers, and `ref` is text"]);
    let to = "`round` needs `to`: the multiple to round to, above 0, and a whole number above 1 for whole numbers";
    for line in ["hours round", "hours round to=1", "hours round to=2.5", "pay round to=0", "pay round to=-1"] {
        check(&[line], &[to]);
    }
    check(&["ref code-only"], &["`code-only` is for text with a code list, and `ref` has none"]);
    check(&["health code-only"], &["`health` is special category data, and is released as it is without a `reason`"]);
    check(
        &["health lookup table=none.csv dated=2022-01-01"],
        &["`lookup` needs `table`: a file with the values and what they stand for"],
    );
    check(&["health lookup table=groups.csv"], &["`lookup` needs `dated`: the day on which the table was right"]);
    check(&["health lookup table=groups.csv dated=2022-01-01 column=area"], &["the table has no column \"area\""]);
    check(
        &["health lookup table=itself.csv dated=2022-01-01"],
        &["the table gives every value an answer of its own, which hides nothing"],
    );
    check(
        &["health lookup table=groups.csv dated=2022-01-01 by=outward"],
        &["`by = \"outward\"` is for postcodes, and `health` is not one"],
    );
}

#[test]
fn what_is_derived_gives_nothing_back() {
    let gives = |column: &str, field: &str| {
        vec![format!("`{column}` would give back `{field}`, which the recipient does not get as it is")]
    };
    let check_all = |lines: &[&str], expected: &[String]| {
        check(lines, &expected.iter().map(String::as_str).collect::<Vec<_>>());
    };
    // The class of `start` is none: whoever has it has nothing. `left` and `born` are shielded.
    check_all(&["start identified", "left month", "stay derive value=days(start;left)"], &gives("stay", "left"));
    check_all(&["start identified", "left month", "stay derive value=weeks(start;left)"], &gives("stay", "left"));
    check_all(&["start identified", "left month", "stay derive value=months(start;left)"], &[]);
    check_all(&["start month", "left month", "stay derive value=days(start;left)"], &[]);
    check_all(&["left identified", "stay derive value=days(start;left)"], &[]);
    check_all(&["left quarter", "left>to_end derive value=days(left;period_end)"], &gives("to_end", "left"));
    // One column opens the way to the next.
    check_all(
        &["start identified", "a derive value=days(start;born)", "b derive value=days(born;left)"],
        &[gives("a", "born"), gives("b", "left")].concat(),
    );
    check_all(&["hours identified", "gain derive value=change(hours;score)"], &gives("gain", "score"));
    check_all(&["hours identified", "score identified", "gain derive value=change(hours;score)"], &[]);
    check_all(&["hours band bands=0,8", "gain derive value=change(hours;score)"], &[]);
    check_all(
        &["left quarter", "until derive value=observed_until(left;month)"],
        &["`until` would tell `left` more closely than it is released".to_owned()],
    );
    check_all(&["left quarter", "until derive value=observed_until(left;quarter)"], &[]);
    check_all(&["x derive"], &["`derive` needs `value`: what is worked out of which fields of this table".to_owned()]);
    check_all(
        &["x derive value=hours(start;left)"],
        &["`derive` needs `value`: what is worked out of which fields of this table".to_owned()],
    );
    check_all(
        &["x derive value=days(start;ref)"],
        &["`ref` is no date of this table that `value` could be worked out of".to_owned()],
    );
}
