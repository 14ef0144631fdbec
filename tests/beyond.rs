//! Rules that look beyond a source, explanations that are carried on, waivers, trials and limits: a
//! small programme of two partners and three quarters.

use crate::command::Checkout;
use serde_json::Value;

const PEOPLE: &str = r#"
primaryKey = "ref"
[quarterday]
version = "1"
record_key = "ref"

[[quarterday.rules]]
code = "start-changed"
over = "previous"
severity = "query"
fields = ["began"]
check = "began = previous.began"
message = "The start is not the one sent before"

[[quarterday.rules]]
code = "fewer-hours"
over = "previous"
severity = "error"
check = "hours >= previous.hours"
message = "The hours so far are fewer than before"

[[quarterday.rules]]
code = "vanished"
over = "vanished"
severity = "query"
fields = ["ended"]
check = "previous.ended IS NOT NULL"
message = "A person is not sent any more and has not left"

[[quarterday.rules]]
code = "two-births"
over = "partners"
group = ["card"]
severity = "query"
fields = ["born"]
check = "COUNT(DISTINCT born) <= 1"
message = "One card has two dates of birth"

[[quarterday.rules]]
code = "two-births-of-one"
over = "partners"
by = "person"
severity = "query"
fields = ["born"]
check = "COUNT(DISTINCT born) <= 1"
message = "Records of one person have two dates of birth"

[[quarterday.rules]]
code = "visits-do-not-add-up"
over = "table"
table = "visits"
match = "ref"
severity = "query"
fields = ["minutes"]
check = "minutes = SUM(other.minutes)"
message = "The minutes are not those of the visits"

[[quarterday.rules]]
code = "many-hours"
severity = "query"
fields = ["hours"]
check = "hours <= 100"
message = "More than 100 hours"

[[quarterday.rules]]
code = "few-hours"
severity = "note"
error_if = ">1"
fields = ["hours"]
check = "hours >= 1"
message = "Less than an hour"

[[quarterday.rules]]
code = "no-card"
severity = "error"
trial = true
fields = ["card"]
check = "card IS NOT NULL"
message = "No card"

[[fields]]
name = "ref"
constraints = { required = true }
quarterday = { class = "direct" }

[[fields]]
name = "name"
quarterday = { class = "direct" }

[[fields]]
name = "card"
quarterday = { class = "direct" }

[[fields]]
name = "born"
type = "date"

[[fields]]
name = "began"
type = "date"

[[fields]]
name = "ended"
type = "date"

[[fields]]
name = "hours"
type = "integer"

[[fields]]
name = "passport"
quarterday = { class = "direct" }

[[fields]]
name = "minutes"
type = "integer"
"#;

const VISITS: &str = r#"
[quarterday]
version = "1"
[[foreignKeys]]
fields = ["ref"]
reference = { resource = "people", fields = ["ref"] }

[[quarterday.rules]]
code = "before-start"
over = "table"
table = "people"
severity = "error"
check = "visited >= other.began"
message = "The visit was before the person began"

[[fields]]
name = "ref"
quarterday = { class = "direct" }

[[fields]]
name = "visited"
type = "date"

[[fields]]
name = "minutes"
type = "integer"
"#;

const PIPELINE: &str = r#"
name = "small"
title = "A small programme"
lead = "The lead"
key = "small.key"
period = "Q2"

[[periods]]
label = "Q1"
from = 2022-01-01
to = 2022-03-31
folder = "in/Q1"

[[periods]]
label = "Q2"
from = 2022-04-01
to = 2022-06-30
folder = "in/Q2"

[[periods]]
label = "Q3"
from = 2022-07-01
to = 2022-09-30
folder = "in/Q3"

[tables.people]
schema = "people.toml"

[tables.visits]
schema = "visits.toml"
record = "ref"

[people]
table = "people"
record = "ref"

[retention.short]
rule = "one year from the end"

[[partners]]
code = "north"
name = "North"
sources = [{ table = "people", file = "north-people*" }, { table = "visits", file = "north-visits*" }]

[[partners]]
code = "south"
name = "South"
sources = [{ table = "people", file = "south-people*" }]

[recipients.funder]
name = "The funder"
country = "GB"
[recipients.funder.release.people]
person = "pseudonym"
hours = "identified"

[[returns]]
name = "extract"
title = "Extract"
recipient = "funder"
basis = "the agreement"
retention = "short"
[[returns.files]]
format = "csv"
path = "{table}.csv"
[[returns.files.parts]]
part = "rows"
table = "people"
"#;

const HEAD: &str = "ref,name,card,born,began,ended,hours\n";

fn programme() -> Checkout {
    let checkout = Checkout::new();
    checkout.write("people.toml", PEOPLE);
    checkout.write("visits.toml", VISITS);
    checkout.write("small.toml", PIPELINE);
    checkout.run(&["key", "new", "small.key"]).ends(0);
    let people = |rows: &str| format!("{HEAD}{rows}");
    checkout.write(
        "in/Q1/north-people.csv",
        people(
            "a,Ann,C1,1980-01-01,2022-01-05,,10\nb,Ben,C2,1981-01-01,2022-01-06,,20\nc,Cyd,C3,1982-01-01,2022-01-07,,30\n\
             d,Dee,C4,1983-01-01,2022-01-08,2022-03-01,40\n",
        ),
    );
    checkout.write("in/Q1/north-visits.csv", "ref,visited\na,2022-01-05\nb,2022-01-05\n");
    checkout.write("in/Q1/south-people.csv", people("a,Eve,C5,1984-01-01,2022-01-05,,1\n"));
    checkout.write(
        "in/Q2/north-people.csv",
        people(
            "a,Ann,C1,1980-01-01,2022-01-05,,9\nb,Ben,C2,1981-01-01,2022-01-16,,200\ne,Eli,,1985-01-01,2022-04-05,,5\n",
        ),
    );
    checkout.write("in/Q2/north-visits.csv", "ref,visited\nb,2022-01-16\n");
    checkout.write(
        "in/Q2/south-people.csv",
        people("a,Eve,C5,1984-01-01,2022-01-05,,0\nf,Fay,C2,1981-01-02,2022-04-05,,0\n"),
    );
    checkout
}

fn run(checkout: &Checkout, period: &str) -> Value {
    let said = checkout.run(&["run", "small.toml", "--period", period, "--format", "json"]);
    assert!(said.code < 2, "{}", said.err);
    said.json()
}

fn report(checkout: &Checkout, period: &str) -> Value {
    serde_json::from_str(&checkout.read(&format!("out/small/{period}/draft/findings.json"))).expect("JSON")
}

/// `partner row code severity` of the codes named, sorted; who is explained has a star.
fn found(report: &Value, codes: &[&str]) -> Vec<String> {
    let findings = report["findings"].as_array().expect("findings").iter();
    let mut lines: Vec<String> = findings
        .filter(|finding| codes.is_empty() || codes.contains(&finding["code"].as_str().expect("a code")))
        .map(|finding| {
            let row = finding["row"].as_u64().map_or("-".to_owned(), |row| row.to_string());
            let text = |name: &str| finding[name].as_str().unwrap_or("-").to_owned();
            let star = if finding["explained"].is_string() { "*" } else { "" };
            format!("{} {row} {} {}{star}", text("partner"), text("code"), text("severity"))
        })
        .collect();
    lines.sort();
    lines
}

fn finding<'a>(report: &'a Value, code: &str) -> &'a Value {
    let findings = report["findings"].as_array().expect("findings");
    findings.iter().find(|finding| finding["code"] == code).unwrap_or_else(|| panic!("no finding {code} in {report:#}"))
}

fn explain(checkout: &Checkout, lines: &[String]) {
    let head = "period,partner,table,rule,record,value,reason_code,words,by,date\n";
    checkout.write("small.explanations.csv", format!("{head}{}", lines.concat()));
}

#[test]
fn rules_see_other_tables_partners_and_the_period_before() {
    let checkout = programme();
    let outcome = run(&checkout, "Q2");
    let report = report(&checkout, "Q2");
    let codes = ["start-changed", "fewer-hours", "vanished", "two-births", "before-start", "few-hours", "held-with"];
    assert_eq!(
        found(&report, &codes),
        [
            "north - vanished query",
            "north 2 fewer-hours error",
            "north 3 start-changed query",
            "north 3 two-births query",
            "south 2 few-hours error",
            "south 2 fewer-hours error",
            "south 3 few-hours error",
            "south 3 two-births query",
        ],
    );
    let vanished = finding(&report, "vanished");
    assert_eq!(vanished["value"], "row 4 of north-01 in Q1", "it says where the record stood");
    assert!(vanished["record"].is_string());
    let trials = &outcome["trials"];
    assert_eq!(trials.as_array().map(Vec::len), Some(1));
    assert_eq!(
        (&trials[0]["code"], &trials[0]["partner"], &trials[0]["severity"], &trials[0]["findings"]),
        (&Value::from("no-card"), &Value::from("north"), &Value::from("error"), &Value::from(1))
    );

    run(&checkout, "Q1");
    let report = self::report(&checkout, "Q1");
    assert_eq!(found(&report, &["before-start"]), ["north 3 before-start error"]);
    let gaps = report["not_checked"].as_array().expect("a list");
    let reason =
        |code: &str| gaps.iter().find(|gap| gap["code"] == code).map(|gap| gap["reason"].as_str().unwrap_or(""));
    for code in ["start-changed", "fewer-hours", "vanished"] {
        assert_eq!(reason(code), Some("no previous period"), "{code}");
    }
}

#[test]
fn rules_see_a_persons_rows_at_all_partners_and_what_another_table_comes_to() {
    let checkout = programme();
    checkout.edit(
        "small.toml",
        "record = \"ref\"\n\n[retention",
        "record = \"ref\"\nstrong = [{ name = \"passport\", fields = [\"passport\"] }]\n\n[retention",
    );
    let head = "ref,name,card,born,began,ended,hours,passport,minutes\n";
    let row = |reference: &str, born: &str, hours: u32, passport: &str, minutes: &str| {
        format!("{reference},,,{born},2022-04-05,,{hours},{passport},{minutes}\n")
    };
    checkout.write(
        "in/Q2/north-people.csv",
        [
            head,
            &row("a", "1980-01-01", 1, "P1", "30"),
            &row("b", "1981-01-01", 1, "P2", "30"),
            &row("c", "", 1, "P3", "0"),
            &row("d", "1983-01-01", 1, "", ""),
            &row("e", "1984-01-01", 1, "P5", "5"),
        ]
        .concat(),
    );
    checkout.write(
        "in/Q2/south-people.csv",
        [
            head,
            &row("a", "1980-01-02", 1, "P1", ""),
            &row("b", "1981-01-01", 1, "P2", ""),
            &row("c", "1982-01-01", 1, "P3", ""),
            &row("d", "1983-01-02", 1, "", ""),
            // One that is held by an error of its own is the same person still.
            &row("e", "1984-01-02", 1, "P5", "").replace("2022-04-05", "5 April"),
        ]
        .concat(),
    );
    checkout.write(
        "in/Q2/north-visits.csv",
        "ref,visited,minutes\na,2022-04-05,10\na,2022-04-06,20\nb,2022-04-05,10\nb,2022-04-06,\ne,2022-04-05,five\n",
    );
    run(&checkout, "Q2");
    let report = report(&checkout, "Q2");
    assert_eq!(
        found(&report, &["two-births-of-one", "visits-do-not-add-up"]),
        [
            "north 2 two-births-of-one query",
            "north 3 visits-do-not-add-up query",
            "north 6 two-births-of-one query",
            "south 2 two-births-of-one query",
            "south 6 two-births-of-one query",
        ],
        "partners' references say nothing beyond a partner, and nothing adds up to nothing"
    );
    let told = report.to_string();
    assert!(!told.contains("1980-01-0"), "no partner is shown what another has");
    let gaps = report["not_checked"].as_array().expect("a list");
    let gap = |reason: &str| {
        let is_it = |gap: &&Value| gap["code"] == "visits-do-not-add-up" && gap["reason"] == reason;
        gaps.iter().find(is_it).map(|gap| gap["rows"].as_u64())
    };
    assert_eq!(gap("a field could not be read"), Some(Some(1)));
    assert_eq!(gap("no table `visits` of the same partner"), Some(Some(5)));
}

#[test]
fn a_rule_by_person_needs_people() {
    let checkout = programme();
    checkout.edit("small.toml", "[people]\ntable = \"people\"\nrecord = \"ref\"\n", "");
    checkout.edit("small.toml", "person = \"pseudonym\"\n", "");
    let said = checkout.run(&["run", "small.toml"]).ends(2);
    let expected = "the rule `two-births-of-one` is by person, and nothing says whose a row of `people` is";
    assert!(said.err.contains(expected) && said.err.contains("people.toml, line "), "{}", said.err);
}

#[test]
fn an_explanation_is_carried_on_while_the_value_stays_and_is_open_when_it_changes() {
    let checkout = programme();
    run(&checkout, "Q2");
    let record = finding(&report(&checkout, "Q2"), "many-hours")["record"].as_str().expect("a record").to_owned();
    let line = |words: &str| format!("Q2,north,people,many-hours,{record},,night-shifts,{words},RM,2022-07-04\n");
    explain(&checkout, &[line("checked with the rota")]);
    run(&checkout, "Q2");
    assert_eq!(found(&report(&checkout, "Q2"), &["many-hours"]), ["north 3 many-hours query*"]);

    let rows = |hours: u32| format!("{HEAD}b,Ben,C2,1981-01-01,2022-01-16,,{hours}\n");
    checkout.write("in/Q3/north-people.csv", rows(200));
    run(&checkout, "Q3");
    assert_eq!(found(&report(&checkout, "Q3"), &["many-hours", "explanation-reopened"]), ["north 2 many-hours query*"]);
    checkout.write("in/Q3/north-people.csv", rows(201));
    run(&checkout, "Q3");
    assert_eq!(
        found(&report(&checkout, "Q3"), &["many-hours", "explanation-reopened"]),
        ["north - explanation-reopened note", "north 2 many-hours query"]
    );

    for (words, expected) in [
        ("asked Ben", "what stands under `name` of its record is in `words`"),
        ("ring 07700 900123", "the explanation holds what looks like a telephone number"),
        ("permit ZX1234567", "the explanation holds what looks like the number of a residence permit"),
    ] {
        explain(&checkout, &[line(words)]);
        let said = checkout.run(&["run", "small.toml", "--period", "Q2"]).ends(2);
        assert!(said.err.contains(expected), "{}", said.err);
        assert!(!said.err.contains("Ben") && !said.err.contains("900123") && !said.err.contains("1234567"));
    }
}

#[test]
fn an_explanation_of_a_value_holds_for_that_value_only() {
    let checkout = programme();
    run(&checkout, "Q2");
    let report = report(&checkout, "Q2");
    let (record, value) = {
        let finding = finding(&report, "many-hours");
        let text = |name: &str| finding[name].as_str().expect("there").to_owned();
        (text("record"), text("value_digest"))
    };
    let line = |value: &str| vec![format!("Q2,north,people,many-hours,{record},{value},night-shifts,,RM,2022-07-04\n")];
    explain(&checkout, &line(&value));
    run(&checkout, "Q2");
    assert_eq!(found(&self::report(&checkout, "Q2"), &["many-hours"]), ["north 3 many-hours query*"]);
    explain(&checkout, &line("another"));
    run(&checkout, "Q2");
    let codes = ["many-hours", "explanation-reopened"];
    assert_eq!(
        found(&self::report(&checkout, "Q2"), &codes),
        ["north - explanation-reopened note", "north 3 many-hours query"]
    );
}

#[test]
fn a_waiver_lets_findings_pass_until_its_last_day() {
    let waiver = |rows: &str, until: &str| {
        format!(
            "{PIPELINE}\n[[waivers]]\nrule = \"fewer-hours\"\npartner = \"north\"\nrows = {rows}\nreason = \"counted anew\"\n\
             agreed_by = \"the funder\"\nuntil = {until}\n"
        )
    };
    let checkout = programme();
    checkout.write("small.toml", waiver("\"all\"", "2022-06-30"));
    run(&checkout, "Q2");
    assert_eq!(
        found(&report(&checkout, "Q2"), &["fewer-hours", "waiver-expired"]),
        ["north 2 fewer-hours note", "south 2 fewer-hours error"]
    );
    let message = finding(&report(&checkout, "Q2"), "fewer-hours")["message"].as_str().expect("text").to_owned();
    assert!(message.ends_with("(waived until 30 June 2022, agreed by the funder: counted anew)"), "{message}");
    let manifest: Value = serde_json::from_str(&checkout.read("out/small/Q2/draft/manifest.json")).expect("JSON");
    assert_eq!(manifest["waivers"][0]["findings"], 1);

    checkout.write("small.toml", waiver("[\"no such record\"]", "2022-06-30"));
    run(&checkout, "Q2");
    assert_eq!(
        found(&report(&checkout, "Q2"), &["fewer-hours"]),
        ["north 2 fewer-hours error", "south 2 fewer-hours error"]
    );

    assert_eq!(found(&report(&checkout, "Q2"), &["waiver-unused"]), ["north - waiver-unused note"]);

    checkout.write("small.toml", waiver("\"all\"", "2022-06-29"));
    run(&checkout, "Q2");
    assert_eq!(
        found(&report(&checkout, "Q2"), &["fewer-hours", "waiver-expired"]),
        ["north - waiver-expired note", "north 2 fewer-hours error", "south 2 fewer-hours error"]
    );

    checkout.write("small.toml", waiver("\"all\"", "2022-06-29").replace("fewer-hours", "fewer-hour"));
    let said = checkout.run(&["run", "small.toml"]).ends(2);
    assert!(
        said.err.contains("there is no code `fewer-hour` to waive") && said.err.contains("`fewer-hours`"),
        "{}",
        said.err
    );
}

#[test]
fn a_waiver_of_rows_holds_for_the_file_that_has_them() {
    let checkout = programme();
    run(&checkout, "Q2");
    let sources = report(&checkout, "Q2")["sources"].clone();
    let mut sources = sources.as_array().expect("sources").iter();
    let source = sources.find(|it| it["partner"] == "north" && it["table"] == "people").expect("it came");
    let file = source["blake3"].as_str().expect("a digest")[..12].to_owned();
    let waiver = |rows: &str| {
        format!(
            "{PIPELINE}\n[[waivers]]\nrule = \"start-changed\"\npartner = \"north\"\n{rows}\nreason = \"a slip\"\n\
             agreed_by = \"the funder\"\nuntil = 2022-12-31\n"
        )
    };
    let codes = ["start-changed", "waiver-unused"];
    let named = format!("rows = [3, 9]\nfile = \"{file}\"");
    checkout.write("small.toml", waiver(&named));
    run(&checkout, "Q2");
    assert_eq!(found(&report(&checkout, "Q2"), &codes), ["north 3 start-changed note"]);
    let manifest: Value = serde_json::from_str(&checkout.read("out/small/Q2/draft/manifest.json")).expect("JSON");
    assert_eq!(manifest["waivers"][0]["rows"]["rows"], serde_json::json!([3, 9]));

    checkout.edit("in/Q2/north-people.csv", "e,Eli,", "e,Ely,");
    run(&checkout, "Q2");
    assert_eq!(
        found(&report(&checkout, "Q2"), &codes),
        ["north - waiver-unused note", "north 3 start-changed query"],
        "a file that was sent again is another one"
    );
    for (rows, expected) in [
        ("rows = [3]", "`rows` gives numbers of rows, and nothing says of which file"),
        ("rows = [0]\nfile = \"0123456789ab\"", "a row in `rows` is not a number from 1 on"),
        ("rows = [3]\nfile = \"north-people.csv\"", "`file` of a waiver is not a digest"),
        ("rows = \"all\"\nfile = \"0123456789ab\"", "`file` of a waiver goes with numbers of rows"),
    ] {
        checkout.write("small.toml", waiver(rows));
        let said = checkout.run(&["run", "small.toml"]).ends(2);
        assert!(said.err.contains(expected), "{}", said.err);
    }
}

#[test]
fn a_rule_that_falls_over_is_named_and_hides_no_other() {
    let checkout = programme();
    // A pattern of so many characters asks for a larger engine than there may be: nobody writes it, and
    // nothing but judging it says so.
    let rule = |code: &str, more: &str| {
        format!("[[quarterday.rules]]\ncode = \"{code}\"\n{more}message = \"Too long\"\n\n[[fields]]\nname = \"ref\"\n")
    };
    let pattern = "_".repeat(20_000);
    let alone = format!("check = \"name LIKE '{pattern}'\"\n");
    let beside = format!("over = \"previous\"\ncheck = \"previous.name LIKE '{pattern}'\"\n");
    let rules =
        rule("far-too-long", &alone).replace("[[fields]]\nname = \"ref\"\n", "") + &rule("too-long-before", &beside);
    checkout.edit("people.toml", "[[fields]]\nname = \"ref\"\n", &rules);
    let said = checkout.run(&["run", "small.toml", "--format", "json"]).ends(3);
    assert!(said.err.contains("This is a fault in Quarterday, not in your file"), "{}", said.err);
    assert!(said.err.contains("far-too-long") && said.err.contains("too-long-before"), "{}", said.err);
    assert!(!said.err.contains("panicked"), "{}", said.err);
    let report = report(&checkout, "Q2");
    assert_eq!(found(&report, &["far-too-long", "too-long-before"]), [""; 0]);
    assert_eq!(
        found(&report, &["start-changed", "many-hours"]),
        ["north 3 many-hours query", "north 3 start-changed query"]
    );
    let gaps = report["not_checked"].as_array().expect("a list").iter();
    let gaps: Vec<(&str, u64)> = gaps
        .filter(|gap| gap["reason"] == "a fault in Quarterday")
        .map(|gap| (gap["code"].as_str().expect("a code"), gap["rows"].as_u64().expect("rows")))
        .collect();
    assert_eq!(gaps, [("far-too-long", 5), ("too-long-before", 5)]);

    let said =
        checkout.run(&["validate", "in/Q2/north-people.csv", "--schema", "people.toml", "--format", "json"]).ends(3);
    assert!(said.err.contains("far-too-long") && said.json()["findings"].as_array().is_some_and(|all| !all.is_empty()));
}

#[test]
fn mistakes_of_rules_between_tables_point_into_the_schema_file() {
    let checkout = programme();
    checkout.edit("visits.toml", "other.began", "other.start");
    let said = checkout.run(&["run", "small.toml"]).ends(2);
    assert!(said.err.contains("visits.toml, line 13, column 21: `other` has no field `start`"), "{}", said.err);
    checkout.run(&["validate", "in/Q1/north-visits.csv", "--schema", "visits.toml"]).ends(0);
}
