//! Tables on their way out: what is in them, and in which order.

use super::*;
use crate::samples::{self, Row, release, schema, texts, typed};
use crate::{ClearedTable, Key};
use jiff::civil::date;

fn people() -> Vec<String> {
    (0..9).map(|index| format!("person-{index}")).collect()
}

fn table(lines: &[&str], parts: &[(&str, &[Row])]) -> ClearedTable {
    let (schema, release) = (schema(), release(lines));
    let key = Key::of(1).for_recipient("programme", "study", 1).salted_with("a salt of the tests, not of people");
    let typed: Vec<Typed> = parts.iter().map(|(_, rows)| typed(rows)).collect();
    let rows: Vec<Rows<'_>> = parts
        .iter()
        .zip(&typed)
        .map(|((partner, _), typed)| Rows { partner, period: "2022-Q3", typed, records: None })
        .collect();
    let period = (date(2022, 7, 1), date(2022, 9, 30));
    let lookups = samples::lookups();
    let clearance =
        Clearance { schema: &schema, release: &release, key: &key, period, lookups: &lookups, reasons: Reasons::Left };
    clear(&clearance, &rows, &people())
}

/// One column's texts after a treatment.
#[track_caller]
fn check(line: &str, rows: &[Row], expected: &[Option<&str>]) {
    let table = table(&[line], &[("north", rows)]);
    let found = texts(&table, &table.columns()[0].name);
    assert_eq!(found.iter().map(Option::as_deref).collect::<Vec<_>>(), expected, "{line}");
}

fn dated(born: Option<Date>, start: Option<Date>) -> Row {
    Row { born, start, ..Row::default() }
}

#[test]
fn dates_become_coarse() {
    let rows = [dated(None, Some(date(2022, 7, 1))), dated(None, None), dated(None, Some(date(1969, 12, 31)))];
    check("start year", &rows, &[Some("2022"), None, Some("1969")]);
    check("start quarter", &rows, &[Some("2022-Q3"), None, Some("1969-Q4")]);
    check("start month", &rows, &[Some("2022-07"), None, Some("1969-12")]);
    check("seen month", &rows, &[Some("2022-07"), None, Some("1969-12")]);
    check("start identified", &rows, &[Some("2022-07-01"), None, Some("1969-12-31")]);
}

#[test]
fn ages_are_told_in_bands() {
    let born = [date(2006, 9, 30), date(2006, 10, 1), date(2004, 2, 29), date(1900, 1, 1), date(2022, 10, 1)];
    let rows: Vec<Row> = born.iter().map(|born| dated(Some(*born), Some(date(2022, 2, 28)))).collect();
    let end = [Some("16-17"), Some("0-15"), Some("18+"), Some("18+"), None];
    check("born age-band bands=0,16,18", &rows, &end);
    check("born age-band bands=0,16,18 on=period-end", &rows, &end);
    let start = [Some("under 16"), Some("under 16"), Some("16-17"), Some("18+"), None];
    check("born age-band bands=16,18 on=start", &rows, &start);
    check(
        "born age-band bands=16 on=start",
        &[dated(None, born.first().copied()), dated(Some(born[0]), None)],
        &[None, None],
    );
}

#[test]
fn age_bands_agree_with_the_calendar() {
    let births: Vec<Date> = (0..30_000).filter_map(|day| qd_model::period::from_days(day - 10_000)).collect();
    let rows: Vec<Row> = births.iter().map(|born| dated(Some(*born), None)).collect();
    let bands: Vec<String> = (0..=80).map(|age| age.to_string()).collect();
    let table = table(&[&format!("born age-band bands={}", bands.join(","))], &[("north", &rows)]);
    for (born, band) in births.iter().zip(texts(&table, "born")) {
        let age = qd_model::period::age(*born, date(2022, 9, 30));
        let expected = (age >= 0).then(|| if age >= 80 { "80+".to_owned() } else { age.to_string() });
        assert_eq!(band, expected, "{born}");
    }
}

#[test]
fn postcodes_lose_their_second_half() {
    let codes = ["zz1 1aa", "ZZ99 3CZ", "ZZ993CZ", "Not known", "LONGER 1AA", "", " 1AA"];
    let rows: Vec<Row> =
        codes.iter().map(|code| Row { postcode: Some((*code).to_owned()), ..Row::default() }).collect();
    check("postcode outward-postcode", &rows, &[Some("ZZ1"), Some("ZZ99"), None, None, None, None, None]);
}

#[test]
fn flags_tell_only_whether_there_is_a_value() {
    let given = |text: Option<&str>| Row { reference: text.map(str::to_owned), ..Row::default() };
    check("ref flag", &[given(Some("x")), given(Some("")), given(None)], &[Some("true"), Some("false"), Some("false")]);
    check("start flag", &[dated(None, Some(date(2022, 1, 1))), dated(None, None)], &[Some("true"), Some("false")]);
}

#[test]
fn partner_and_period_are_the_rows_own() {
    let row = [Row::default()];
    let table = table(&["partner identified", "period>reported_in identified"], &[("south", &row), ("north", &row)]);
    assert_eq!(texts(&table, "partner"), [Some("south".to_owned()), Some("north".to_owned())]);
    assert_eq!(texts(&table, "reported_in"), [Some("2022-Q3".to_owned()), Some("2022-Q3".to_owned())]);
}

#[test]
fn what_is_not_named_or_is_named_wrongly_does_not_leave() {
    let rows = [Row { reference: Some("r1".to_owned()), number: Some("n1".to_owned()), ..Row::default() }];
    let lines = ["code identified", "notes identified", "person identified", "ref hash", "hours year", "ref drop"];
    let table = table(&lines, &[("north", &rows)]);
    assert_eq!(table.columns(), []);
    assert_eq!((table.rows(), table.batch().num_columns()), (1, 0));
}

#[test]
fn a_table_without_rows_has_its_columns() {
    let table = table(&["person pseudonym", "born year", "hours identified"], &[]);
    assert_eq!((table.rows(), table.columns().len(), table.name()), (0, 3, "table"));
}

#[test]
fn every_column_has_the_type_that_it_says() {
    let row = [dated(Some(date(1990, 1, 1)), None)];
    let lines = [
        "person pseudonym",
        "ref pseudonym",
        "born year",
        "born>q quarter",
        "born>b age-band bands=18",
        "seen identified",
        "consent identified",
        "hours identified",
        "hours>h pseudonym",
        "notes flag",
        "postcode outward-postcode",
        "health>group lookup table=groups.csv dated=2022-01-01 reason=law",
        "hours>hb band bands=0,8",
        "pay round to=0.5",
        "health code-only reason=law",
        "d1 derive value=age(born;start)",
        "d2 derive value=change(score;pay)",
        "d4 derive value=event(left)",
        "d5 derive value=observed_until(left;year)",
        "d6 derive value=observed_until(left;quarter)",
    ];
    let table = table(&lines, &[("north", &row)]);
    assert_eq!(table.columns().len(), lines.len());
    for (column, field) in table.columns().iter().zip(table.batch().schema().fields()) {
        assert_eq!(
            (column.name.as_str(), arrow_type(column.field_type)),
            (field.name().as_str(), field.data_type().clone())
        );
    }
}

fn person(person: u32, hours: i64) -> Row {
    Row { person: Some(person), hours: Some(hours), ..Row::default() }
}

#[test]
fn pseudonymised_rows_forget_where_they_came_from() {
    let (one, two) = ([person(3, 2), person(1, 9), person(3, 1)], [person(2, 5), person(1, 4)]);
    let lines = ["hours identified", "person pseudonym"];
    let forward = table(&lines, &[("north", &one), ("south", &two)]);
    let backward = table(&lines, &[("south", &two), ("north", &one)]);
    assert_eq!(forward.batch(), backward.batch());
    let pseudonyms = texts(&forward, "person");
    assert!(pseudonyms.is_sorted());
    assert_eq!(forward.rows(), 5);
    let hours = |table: &ClearedTable| texts(table, "hours").into_iter().flatten().collect::<Vec<_>>();
    let sorted = forward.sort(&[forward.index_of("hours").unwrap()]);
    assert_eq!(texts(&sorted, "person"), pseudonyms);
    assert_eq!(hours(&sorted), hours(&forward));
}

#[test]
fn identified_rows_stay_as_they_came_until_sorted() {
    let (one, two) = ([person(3, 2), person(1, 9), person(2, 2)], [person(2, 5), person(1, 1)]);
    let table = table(&["hours identified", "partner identified"], &[("north", &one), ("south", &two)]);
    let column = |table: &ClearedTable, name| texts(table, name).into_iter().flatten().collect::<Vec<_>>();
    assert_eq!(column(&table, "hours"), ["2", "9", "2", "5", "1"]);
    assert!(!table.is_pseudonymised());
    let sorted = table.sort(&[0]);
    assert_eq!(column(&sorted, "hours"), ["1", "2", "2", "5", "9"]);
    let picked = sorted.filter(&vec![true, false, false, true, false].into()).select(&[1]);
    assert_eq!(column(&picked, "partner"), ["south", "south"]);
    assert_eq!(picked.columns()[0].name, "partner");
    assert_eq!(sorted.select(&[]).rows(), 5);
}

#[test]
fn printing_a_table_shows_no_value() {
    let rows = [Row { reference: Some("CANARY".to_owned()), ..Row::default() }];
    let table = table(&["ref identified reason=agreed"], &[("north", &rows)]);
    assert_eq!(texts(&table, "ref"), [Some("CANARY".to_owned())]);
    assert_eq!(format!("{table:?}"), "ClearedTable { name: \"table\", columns: [\"ref\"], rows: 1, .. }");
}

/// Each line of the file: programme, recipient (`-` for the lead), epoch, subject, partner, value and
/// the pseudonym, under a key of 32 bytes of value 1.
#[test]
fn pseudonyms_are_as_published() {
    let text = include_str!("../treatments/pseudonym.vectors");
    let mut seen = 0;
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let [programme, recipient, epoch, subject, partner, value, expected] =
            line.split('\t').collect::<Vec<_>>().try_into().expect("seven columns");
        let key = match recipient {
            "-" => Key::of(1).for_lead(programme),
            recipient => Key::of(1).for_recipient(programme, recipient, epoch.parse().unwrap()),
        };
        let (schema, profile) = (schema(), release(&[&format!("{subject} pseudonym")]));
        let own = Some(value.to_owned());
        let typed = typed(&[Row { person: Some(0), reference: own.clone(), number: own, ..Row::default() }]);
        let rows = [Rows { partner, period: "one", typed: &typed, records: None }];
        let period = (date(2022, 7, 1), date(2022, 9, 30));
        let lookups = samples::lookups();
        let clearance = Clearance {
            schema: &schema,
            release: &profile,
            key: &key,
            period,
            lookups: &lookups,
            reasons: Reasons::Left,
        };
        let table = clear(&clearance, &rows, &[value.to_owned()]);
        assert_eq!(samples::texts(&table, subject), [Some(expected.to_owned())], "{line}");
        seen += 1;
    }
    assert!(seen >= 8, "the vectors are there");
}

/// Every treatment has a file of vectors beside it (the pseudonyms' has its own test): profile line,
/// the row's values, and what is released of them, with tabs between.
#[test]
fn treatments_give_what_their_vectors_say() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/treatments");
    for treatment in crate::treatments::ALL.iter().filter(|treatment| treatment.name() != "pseudonym") {
        let path = folder.join(format!("{}.vectors", treatment.name().replace('-', "_")));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{} is there", path.display()));
        let mut seen = 0;
        for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            let [profile, row, expected] = line.split('\t').collect::<Vec<_>>().try_into().expect("three columns");
            assert_eq!(profile.split(' ').nth(1), Some(treatment.name()), "{line}");
            let table = table(&[profile], &[("north", &[vector_row(row)])]);
            let found = table.columns().first().map(|column| texts(&table, &column.name).remove(0));
            let expected = match expected {
                "(no column)" => None,
                "(blank)" => Some(None),
                text => Some(Some(text.to_owned())),
            };
            assert_eq!(found, expected, "{line}");
            seen += 1;
        }
        assert!(seen >= 3 || treatment.name() == "drop", "{} has vectors", treatment.name());
    }
}

fn vector_row(text: &str) -> Row {
    let mut row = Row::default();
    for (name, value) in text.split(' ').filter_map(|pair| pair.split_once('=')) {
        let own = || Some(value.replace('_', " "));
        match name {
            "ref" => row.reference = own(),
            "number" => row.number = own(),
            "postcode" => row.postcode = own(),
            "health" => row.health = own(),
            "born" => row.born = Some(value.parse().unwrap()),
            "start" => row.start = Some(value.parse().unwrap()),
            "left" => row.left = Some(value.parse().unwrap()),
            "hours" => row.hours = Some(value.parse().unwrap()),
            "score" => row.score = Some(value.parse().unwrap()),
            "pay" => row.pay = Some(value.parse().unwrap()),
            other => panic!("the sample has no field {other}"),
        }
    }
    row
}

#[test]
fn a_blank_value_says_why_beside_it() {
    use arrow::array::UInt8Array;
    use qd_model::Reason;
    let (schema, release) =
        (schema(), release(&["postcode outward-postcode", "born year", "start identified", "ref flag"]));
    let rows = [
        Row { postcode: Some("ZZ993CZ".to_owned()), born: Some(date(1990, 1, 1)), ..Row::default() },
        Row { postcode: Some("ZZ99 3CZ".to_owned()), ..Row::default() },
        Row::default(),
    ];
    let mut given = typed(&rows);
    let born = schema.index_of("born").unwrap();
    given.reasons[born] = Some(UInt8Array::from(vec![0, Reason::Refused.number(), 0]));
    let start = schema.index_of("start").unwrap();
    given.unreadable[start] = Some(vec![true, false, false].into());
    let key = Key::of(1).for_recipient("programme", "study", 1);
    let lookups = samples::lookups();
    let clearance = Clearance {
        schema: &schema,
        release: &release,
        key: &key,
        period: (date(2022, 7, 1), date(2022, 9, 30)),
        lookups: &lookups,
        reasons: Reasons::Beside,
    };
    let table = clear(&clearance, &[Rows { partner: "north", period: "one", typed: &given, records: None }], &[]);
    let names: Vec<&str> = table.columns().iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["postcode", "postcode_missing", "born", "born_missing", "start", "start_missing", "ref"]);
    let column = |name: &str| texts(&table, name);
    let own = |text: &str| Some(text.to_owned());
    assert_eq!(column("postcode_missing"), [own("withheld for disclosure"), None, None]);
    assert_eq!(column("born_missing"), [None, own("refused"), None]);
    assert_eq!(column("start_missing"), [own("held"), None, None]);
}
