//! Profiles and what is said of them.

use super::*;
use crate::samples;

#[track_caller]
fn check(lines: &[&str], expected: &[&str]) {
    let (schema, release) = (samples::schema(), samples::release(lines));
    let mistakes = mistakes(&release, &schema);
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
    let columns = columns(&release, &schema);
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
