//! Four quarters of a small programme, through the binary: files that come late or twice, corrections to
//! what was sent, people who gain a document or turn out to be one. Every figure is compared with a plain
//! re-count of the partners' files, which shares nothing with the program.

use crate::command::{Checkout, Said};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) const PEOPLE: &str = r#"
primaryKey = "ref"
[quarterday]
version = "1"
record_key = "ref"
[[quarterday.rules]]
code = "joined-late-in-life"
severity = "query"
fields = ["born", "joined"]
check = "born > '1930-01-01'"
message = "Born before 1930"

[[fields]]
name = "ref"
constraints = { required = true }
quarterday = { class = "direct" }
[[fields]]
name = "name"
quarterday = { class = "direct" }
[[fields]]
name = "born"
type = "date"
constraints = { required = true }
quarterday = { class = "indirect" }
[[fields]]
name = "permit"
quarterday = { class = "direct" }
[[fields]]
name = "joined"
type = "date"
quarterday = { class = "indirect" }
"#;

pub(crate) const EVENTS: &str = r#"
primaryKey = "event"
[quarterday]
version = "1"
record_key = "event"

[[fields]]
name = "event"
constraints = { required = true }
quarterday = { class = "direct" }
[[fields]]
name = "ref"
quarterday = { class = "direct" }
[[fields]]
name = "happened"
type = "date"
constraints = { required = true }
quarterday = { class = "none" }
"#;

pub(crate) const PIPELINE: &str = r#"
name = "small"
title = "A small programme"
lead = "The lead"
period = "Q4"
key = "small.key"
periods = [
  { label = "Q1", from = 2022-01-01, to = 2022-03-31, folder = "q1" },
  { label = "Q2", from = 2022-04-01, to = 2022-06-30, folder = "q2" },
  { label = "Q3", from = 2022-07-01, to = 2022-09-30, folder = "q3" },
  { label = "Q4", from = 2022-10-01, to = 2022-12-31, folder = "q4" },
]
declarations = [
  { partner = "south", table = "events", period = "Q1", state = "late", by = "JT", date = 2022-04-05 },
]

[tables.people]
schema = "people.toml"
period_fields = []
[tables.events]
schema = "events.toml"
record = "ref"
period_fields = ["happened"]

[people]
table = "people"
record = "ref"
strong = [{ name = "permit", fields = ["permit"] }]
suggest = ["name", "born"]

[retention.short]
rule = "one year from the end"

[[partners]]
code = "north"
name = "North"
sources = [{ table = "people", file = "north-people*" }, { table = "events", file = "north-events*" }]
[[partners]]
code = "south"
name = "South"
sources = [{ table = "people", file = "south-people*" }, { table = "events", file = "south-events*" }]

[recipients.study]
name = "The study"
country = "GB"
[recipients.study.release.people]
person = "pseudonym"
born = { treatment = "year", as = "birth_year" }
[recipients.study.release.events]
person = "pseudonym"
happened = "identified"

[recipients.lead]
name = "The lead itself"
country = "GB"
exact_counts = "nobody else sees them"

[[returns]]
name = "book"
title = "The lead's own book"
recipient = "lead"
basis = "contract"
retention = "short"
[[returns.files]]
format = "xlsx"
path = "book.xlsx"
[[returns.files.parts]]
part = "by-period"
name = "By period"
rows = [{ label = "With an event", counts = [{ table = "events", where = "happened BETWEEN period_start AND period_end" }] }]

[[returns]]
name = "end"
title = "The whole project"
recipient = "lead"
final = true
basis = "contract"
retention = "short"
[[returns.files]]
format = "xlsx"
path = "end.xlsx"
[[returns.files.parts]]
part = "indicators"
name = "Against target"
rows = [
  { label = "People", counts = [{ table = "people" }], target = 8 },
  { label = "With an event", counts = [{ table = "events" }], target = 20 },
]
[[returns.files.parts]]
part = "by-period"
name = "By quarter"
rows = [
  { label = "People", counts = [{ table = "people" }] },
  { label = "With an event", counts = [{ table = "events", where = "happened BETWEEN period_start AND period_end" }] },
]
[[returns.files.parts]]
part = "open"

[[returns]]
name = "study"
title = "For the study"
recipient = "study"
basis = "contract"
retention = "short"
files = [{ format = "csv", path = "{table}.csv", parts = [{ part = "rows", table = "people" }, { part = "rows", table = "events" }] }]
"#;

/// The programme as it stands, and what people decided.
struct World {
    checkout: Checkout,
    /// Pairs of partner and reference that somebody decided to be one person's.
    decided: Vec<[(String, String); 2]>,
    /// Pairs that somebody decided to be two people's.
    apart: Vec<[(String, String); 2]>,
    /// What a plain count of the files said of each quarter when it was last sent: people, and those with
    /// an event in it.
    sent: [(usize, usize); 4],
}

/// One row of a partner's people file.
#[derive(Clone)]
struct Row {
    partner: String,
    reference: String,
    permit: String,
    is_held: bool,
}

const PERIODS: [&str; 4] = ["q1", "q2", "q3", "q4"];

impl World {
    fn new() -> Self {
        let checkout = Checkout::small(PEOPLE, PIPELINE, &[("events.toml", EVENTS)]);
        Self { checkout, decided: Vec::new(), apart: Vec::new(), sent: [(0, 0); 4] }
    }

    fn people(&self, place: &str, lines: &[&str]) {
        self.checkout
            .write(&format!("{place}-people.csv"), format!("ref,name,born,permit,joined\n{}\n", lines.join("\n")));
    }

    fn events(&self, place: &str, lines: &[&str]) {
        self.checkout.write(&format!("{place}-events.csv"), format!("event,ref,happened\n{}\n", lines.join("\n")));
    }

    fn run(&self, period: &str) -> Said {
        self.checkout.run(&["run", "small.toml", "--period", period, "--by", "Ann", "--format", "json"])
    }

    fn send(&self, period: &str) -> Said {
        self.checkout.run(&["sent", &format!("out/small/{period}/draft/study"), "--by", "Ben"])
    }

    /// The rows of a quarter's people files, read in the plainest way there is.
    fn rows(&self, quarter: usize) -> Vec<Row> {
        let mut rows = Vec::new();
        for partner in ["north", "south"] {
            let path = format!("{}/{partner}-people.csv", PERIODS[quarter]);
            if !self.checkout.join(&path).exists() {
                continue;
            }
            for line in self.checkout.read(&path).lines().skip(1) {
                let cells: Vec<&str> = line.split(',').collect();
                rows.push(Row {
                    partner: partner.to_owned(),
                    reference: cells[0].to_owned(),
                    permit: cells[3].to_owned(),
                    is_held: cells[2].is_empty(),
                });
            }
        }
        rows
    }

    /// Whose each reference is, as far as the files up to a quarter tell: labels are spread until
    /// nothing changes.
    fn labels(&self, quarter: usize) -> BTreeMap<(String, String), usize> {
        let rows: Vec<Row> = (0..=quarter).flat_map(|quarter| self.rows(quarter)).filter(|row| !row.is_held).collect();
        let mut label: Vec<usize> = (0..rows.len()).collect();
        let name = |row: &Row| (row.partner.clone(), row.reference.clone());
        let pairs = |decided: &[[(String, String); 2]], a: &Row, b: &Row| {
            let is_pair = |pair: &[(String, String); 2]| *pair == [name(a), name(b)] || *pair == [name(b), name(a)];
            decided.iter().any(is_pair)
        };
        let is_one = |a: &Row, b: &Row| {
            name(a) == name(b)
                || (!a.permit.is_empty() && a.permit == b.permit && !pairs(&self.apart, a, b))
                || pairs(&self.decided, a, b)
        };
        for _ in 0..rows.len() {
            for a in 0..rows.len() {
                for b in 0..rows.len() {
                    if is_one(&rows[a], &rows[b]) {
                        let least = label[a].min(label[b]);
                        (label[a], label[b]) = (least, least);
                    }
                }
            }
        }
        rows.iter().map(name).zip(label).collect()
    }

    /// Distinct people of a quarter and of all up to it; `kept` were sent, and are held since.
    fn counted(&self, quarter: usize, kept: &[(&str, &str)]) -> (usize, usize) {
        let labels = self.labels(quarter);
        let of = |quarter: usize| -> BTreeSet<usize> {
            let rows = self.rows(quarter).into_iter().filter(|row| !row.is_held);
            rows.map(|row| labels[&(row.partner, row.reference)]).collect()
        };
        let mut all: BTreeSet<usize> = (0..=quarter).flat_map(of).collect();
        for (at, (partner, reference)) in kept.iter().enumerate() {
            let name = ((*partner).to_owned(), (*reference).to_owned());
            all.insert(labels.get(&name).copied().unwrap_or(usize::MAX - at));
        }
        (of(quarter).len(), all.len())
    }

    /// Distinct people with an event that happened in a quarter and came with some quarters' files, as far as
    /// files up to a quarter tell who is who.
    fn with_event(&self, quarter: usize, came_with: std::ops::RangeInclusive<usize>, known: usize) -> usize {
        let days = [
            ("2022-01-01", "2022-03-31"),
            ("2022-04-01", "2022-06-30"),
            ("2022-07-01", "2022-09-30"),
            ("2022-10-01", "2022-12-31"),
        ];
        let labels = self.labels(known);
        let mut people = BTreeSet::new();
        for (folder, partner) in
            came_with.flat_map(|quarter| ["north", "south"].map(|partner| (PERIODS[quarter], partner)))
        {
            let path = format!("{folder}/{partner}-events.csv");
            let text = if self.checkout.join(&path).exists() { self.checkout.read(&path) } else { String::new() };
            for line in text.lines().skip(1) {
                let cells: Vec<&str> = line.split(',').collect();
                if cells[2] >= days[quarter].0 && cells[2] <= days[quarter].1 {
                    let name = (partner.to_owned(), cells[1].to_owned());
                    // Whoever is held now and was sent before is a person of their own.
                    people.insert(labels.get(&name).map_or(format!("{name:?}"), ToString::to_string));
                }
            }
        }
        people.len()
    }

    /// Remembers what the files say of a quarter that is being sent.
    fn note_sent(&mut self, quarter: usize, kept: &[(&str, &str)]) {
        self.sent[quarter] = (self.counted(quarter, kept).0, self.with_event(quarter, quarter..=quarter, quarter));
    }

    /// A sheet of the final return: its lines without the heading.
    fn sheet(&self, sheet: &str) -> Vec<Vec<String>> {
        let book = "out/small/Q4/draft/end/end.xlsx";
        let read = self.checkout.run(&["read", book, "--sheet", sheet, "--format", "json"]).ends(0).json();
        let cell = |cell: &serde_json::Value| cell.as_str().unwrap_or_default().to_owned();
        let rows = read["rows"].as_array().expect("rows").iter();
        rows.map(|row| row["cells"].as_array().expect("cells").iter().map(cell).collect()).collect()
    }

    /// Compares a run's figures with the re-count.
    #[track_caller]
    fn check(&self, said: &Said, quarter: usize, kept: &[(&str, &str)]) {
        let people = &said.json()["people"];
        let told = (people["this_period"].as_u64().expect("a count"), people["cumulative"].as_u64().expect("a count"));
        let (now, all) = self.counted(quarter, kept);
        assert_eq!(told, (now as u64, all as u64), "{}", said.out);
        let list = self.checkout.read(&format!("out/small/Q{}/draft/study/people.csv", quarter + 1));
        let pseudonyms: BTreeSet<&str> = list.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
        assert_eq!(pseudonyms.len(), now, "{list}");
    }

    /// Writes into the explanations file that the open queries of a rule are right, as the findings name them.
    fn explain(&self, period: &str, rule: &str, reason: &str) {
        let text = self.checkout.read(&format!("out/small/{period}/draft/findings.json"));
        let report: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let mut lines = vec!["period,partner,table,rule,record,value,reason_code,words,by,date".to_owned()];
        for finding in report["findings"].as_array().expect("findings").iter().filter(|it| it["code"] == rule) {
            let text = |name: &str| finding[name].as_str().unwrap_or_default();
            let (partner, record, value) = (text("partner"), text("record"), text("value_digest"));
            lines.push(format!("{period},{partner},{},{rule},{record},{value},{reason},,JT,2022-07-03", text("table")));
        }
        self.checkout.write("small.explanations.csv", lines.join("\n") + "\n");
    }

    fn findings(&self, period: &str) -> Vec<String> {
        let text = self.checkout.read(&format!("out/small/{period}/draft/findings.json"));
        let report: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let findings = report["findings"].as_array().expect("findings").iter();
        let mut told: Vec<String> = findings
            .map(|finding| {
                let text = |name: &str| finding[name].as_str().unwrap_or("-").to_owned();
                format!("{} {}", text("partner"), text("code"))
            })
            .collect();
        told.sort();
        told
    }

    /// Writes a verdict into a list that a period's run left, at the one line about two references' people,
    /// and takes it in.
    fn decide(&self, list: &str, verdict: &str) {
        let text = self.checkout.read(&format!("private/small/{list}"));
        assert_eq!(text.lines().count(), 2, "one pair is listed:\n{text}");
        let filled = text.replacen("\n,,,,", &format!("\n{verdict},partner-asked,Ann,2022-10-04,"), 1);
        self.checkout.write("decided.csv", filled);
        let said = self.checkout.run(&["links", "small.toml", "--take", "decided.csv"]).ends(0);
        assert!(said.out.contains("1 decision taken in"), "{}", said.out);
    }
}

#[test]
fn four_quarters_come_out_as_a_plain_count_of_the_files_says() {
    let mut world = World::new();
    first_quarter(&mut world);
    second_quarter(&mut world);
    late_events_of_the_first(&mut world);
    third_quarter(&mut world);
    fourth_quarter_and_a_held_correction(&mut world);
    the_whole_project(&world);
    everything_is_proved_and_told(&world);
}

/// The first quarter. South's events are declared late.
fn first_quarter(world: &mut World) {
    world.people(
        "q1/north",
        &[
            "N1,Ada One,1980-02-01,P1,2022-01-10",
            "N2,Bo Two,1981-02-01,,2022-01-11",
            "N3,Cy Three,1982-02-01,,2022-01-12",
        ],
    );
    world.events("q1/north", &["E1,N1,2022-02-01", "E2,N2,2022-02-02"]);
    world.people(
        "q1/south",
        &[
            "S1,Ada One,1980-02-01,P1,2022-01-10",
            "S2,Bo Two,1981-02-01,,2022-02-01",
            "S3,Di Four,1983-02-01,P3,2022-02-02",
        ],
    );
    let said = world.run("Q1").ends(0);
    world.check(&said, 0, &[]);
    world.note_sent(0, &[]);
    world.send("Q1").ends(0);
}

/// The second. A fact about the first quarter comes with it; north's query has to be put right.
fn second_quarter(world: &mut World) {
    world.people(
        "q2/north",
        &[
            "N1,Ada One,1980-02-01,P1,2022-01-10",
            "N4,Ed Five,1920-02-01,,2022-04-10",
            "N5,Flo Six,1985-02-01,,2022-04-11",
            "N7,Jo Ten,1921-02-01,,2022-04-12",
        ],
    );
    world.events("q2/north", &["E3,N1,2022-05-01", "E4,N4,2022-05-02", "E5,N2,2022-03-15"]);
    world.people("q2/south", &["S4,Gil Seven,1986-02-01,P7,2022-05-01"]);
    world.events("q2/south", &["F1,S4,2022-05-05"]);
    let said = world.run("Q2").ends(1);
    assert_eq!(said.json()["returns"][0]["blocked"][0]["code"], "joined-late-in-life");
    let said = world.send("Q2").ends(2);
    assert!(said.err.contains("is blocked"), "{}", said.err);
    // North sends the file again: one person put right, one more, one gone.
    world.people(
        "q2/north",
        &[
            "N1,Ada One,1980-02-01,P1,2022-01-10",
            "N4,Ed Five,1984-02-01,,2022-04-10",
            "N6,Hal Eight,1987-02-01,,2022-04-12",
            "N7,Jo Ten,1921-02-01,,2022-04-12",
        ],
    );
    // The other was right, and the partner says why: until then the return stays blocked.
    assert_eq!(world.run("Q2").ends(1).json()["returns"][1]["blocked"][0]["count"], 1);
    world.explain("Q2", "joined-late-in-life", "passport-seen");
    let said = world.run("Q2").ends(0);
    world.check(&said, 1, &[]);
    let again = &said.json()["resubmitted"];
    assert_eq!(
        *again,
        serde_json::json!([{ "partner": "north", "table": "people", "added": 1, "removed": 1, "changed": 1,
                             "fixed": 1, "still_open": 1, "new": 0 }])
    );
    assert_eq!(world.run("Q2").ends(0).json()["resubmitted"], *again, "the same files again say the same");
    // One event tells of the first quarter and came with the second.
    assert_eq!(said.json()["late"], serde_json::json!({ "events": { "Q1": 1 } }));
    world.note_sent(1, &[]);
    world.send("Q2").ends(0);
}

/// South's events of the first quarter come late: never silently, and as a correction.
fn late_events_of_the_first(world: &mut World) {
    world.events("q1/south", &["F8,S1,2022-03-01", "F9,S3,2022-03-02"]);
    world.people("q3/north", &["N3,Cy Three,1982-02-01,P3,2022-01-12", "N7,Jo Ten,1921-02-01,,2022-04-12"]);
    world.events("q3/north", &["E6,N3,2022-08-01"]);
    world.people("q3/south", &["S2,Bo Two,1981-02-01,,2022-02-01", "S5,Bo Two,1981-02-01,P9,2022-07-02"]);
    world.events("q3/south", &["F2,S5,2022-08-08"]);
    // What was explained of Jo stays explained, since nothing of it changed.
    world.run("Q3").ends(0);
    assert!(world.findings("Q3").contains(&"north joined-late-in-life".to_owned()), "{:?}", world.findings("Q3"));
    assert!(world.findings("Q3").contains(&"- earlier-period-changed".to_owned()), "{:?}", world.findings("Q3"));
    let before = world.checkout.read("out/small/Q1/v1/study/events.csv");
    let said = world.run("Q1").ends(0);
    let correction = &said.json()["correction"];
    assert_eq!(correction["versions"][0]["version"], 1);
    assert_eq!(correction["changes"][0]["added"], 2, "{correction}");
    world.note_sent(0, &[]);
    let sent = world.send("Q1").ends(0);
    assert!(sent.out.contains("version 2") && sent.out.contains("2 records added"), "{}", sent.out);
    assert_eq!(world.checkout.read("out/small/Q1/v1/study/events.csv"), before, "what was sent stays");
    let manifest: serde_json::Value =
        serde_json::from_str(&world.checkout.read("out/small/Q1/v2/study/manifest.json")).expect("JSON");
    assert_eq!(manifest["supersedes"]["version"], 1);
    assert_eq!(manifest["changes"][0]["added"], 2);
}

/// The third: a person gains a permit that another reference had, and a person decides.
fn third_quarter(world: &mut World) {
    let said = world.send("Q3").ends(2);
    assert!(said.err.contains("has changed since the draft was made"), "{}", said.err);
    let said = world.run("Q3").ends(0);
    world.check(&said, 2, &[]);
    assert!(!world.findings("Q3").contains(&"- earlier-period-changed".to_owned()));
    world.decide("Q3/suggested-matches.csv", "same");
    world.decided.push(pair(("south", "S2"), ("south", "S5")));
    let said = world.run("Q3").ends(0);
    world.check(&said, 2, &[]);
    assert!(!world.findings("Q3").contains(&"- suggested-match".to_owned()), "what was decided is not asked again");
    // N3 and S3 were told to the study as two people, and are one now.
    let crosswalk = world.checkout.read("out/small/Q3/draft/study/crosswalk.csv");
    assert_eq!(crosswalk.lines().filter(|line| line.ends_with(",merged")).count(), 1, "{crosswalk}");
    world.note_sent(2, &[]);
    world.send("Q3").ends(0);
}

/// The fourth: a correction of the second in which a person who was sent is held.
fn fourth_quarter_and_a_held_correction(world: &mut World) {
    world.people("q2/south", &["S4,Gil Seven,,P7,2022-05-01"]);
    let said = world.run("Q2").ends(0);
    assert!(world.findings("Q2").contains(&"south kept-as-sent".to_owned()), "{:?}", world.findings("Q2"));
    world.check(&said, 1, &[("south", "S4")]);
    world.people("q4/north", &["N9,Ivy Nine,1988-02-01,,2022-10-10"]);
    world.events("q4/north", &["E9,N9,2022-10-11"]);
    world.people("q4/south", &["S5,Bo Two,1981-02-01,P9,2022-07-02"]);
    world.events("q4/south", &["F4,S5,2022-11-08"]);
    let said = world.run("Q4").ends(0);
    world.check(&said, 3, &[("south", "S4")]);
    // The two who shared a permit in the first quarter are two people, somebody found out.
    world.decide("Q1/linked-records.csv", "different");
    world.apart.push(pair(("north", "N1"), ("south", "S1")));
    let said = world.run("Q4").ends(0);
    world.check(&said, 3, &[("south", "S4")]);
    let crosswalk = world.checkout.read("out/small/Q4/draft/study/crosswalk.csv");
    assert_eq!(crosswalk.lines().filter(|line| line.ends_with(",split")).count(), 1, "{crosswalk}");
    // The correction of the first quarter counted as one the two who are two.
    let count = |text: &str| text.to_owned();
    let expected = [("3", "4"), ("3", "3"), ("2", "2"), ("2", "2")];
    assert_eq!(book(world), expected.map(|(reported, known)| (count(reported), count(known))));
    world.note_sent(3, &[]);
    world.send("Q4").ends(0);
}

/// The final return: every figure as a plain count has it, as reported and as finally known.
fn the_whole_project(world: &World) {
    let early = world.checkout.run(&["run", "small.toml", "--period", "Q3", "--final"]).ends(2);
    assert!(early.err.contains("does not end the project") && early.err.contains("Hint:"), "{}", early.err);
    world.checkout.run(&["run", "small.toml", "--final", "--by", "Ann"]).ends(0);
    let kept = [("south", "S4")];
    let (all, now) = (world.counted(3, &kept).1, world.counted(3, &kept).0);
    let people = &world.sheet("Against target")[0];
    let percent = |part: usize, whole: usize| ((200 * part + whole) / (2 * whole)) as f64 / 100.0;
    let share = percent(all, 8).to_string();
    assert_eq!(people[..], ["People", &now.to_string(), &all.to_string(), "8", &share]);
    let mut expected = Vec::new();
    for quarter in 0..4 {
        let kept = if quarter == 1 { &kept[..] } else { &[] };
        let labels = world.labels(3);
        let known: BTreeSet<String> = world
            .rows(quarter)
            .iter()
            .filter(|row| !row.is_held)
            .map(|row| labels[&(row.partner.clone(), row.reference.clone())].to_string())
            .chain(kept.iter().map(|it| format!("{it:?}")))
            .collect();
        let (people, event) = world.sent[quarter];
        expected.push(("People", people, known.len()));
        expected.push(("With an event", event, world.with_event(quarter, quarter..=3, 3)));
    }
    let shown: Vec<Vec<String>> =
        world.sheet("By quarter").into_iter().filter(|row| row.last().is_some_and(|cell| !cell.is_empty())).collect();
    let expected: Vec<Vec<String>> = expected
        .into_iter()
        .map(|(label, reported, known)| vec![label.to_owned(), reported.to_string(), known.to_string()])
        .collect();
    let shown: Vec<Vec<String>> = shown.into_iter().map(|row| row[row.len() - 3..].to_vec()).collect();
    assert_eq!(shown, expected);
    let open = world.sheet("Open");
    let held = |row: &&Vec<String>| row[0].starts_with("Rows held") && row[1..4] == ["Q2", "south", "people"];
    assert_eq!(open.iter().filter(held).count(), 1, "{open:?}");
    let explained = |row: &&Vec<String>| row[4..] == ["joined-late-in-life", "passport-seen", "1"];
    assert_eq!(open.iter().filter(explained).count(), 2, "explained in Q2 and carried to Q3: {open:?}");
    // Each figure leads to as many people as it shows.
    let read = ["read", "out/small/Q4/draft/end/end.xlsx", "--sheet", "By quarter", "--format", "json"];
    let rows = world.checkout.run(&read).ends(0).json();
    for row in rows["rows"].as_array().expect("rows") {
        let cells = row["cells"].as_array().expect("cells");
        let Some(count) = cells.last().and_then(|cell| cell.as_str()) else { continue };
        let cell = format!("By quarter!{}{}", ['A', 'B', 'C', 'D'][cells.len() - 1], row["row"]);
        let trace = world.checkout.run(&["trace", "out/small/Q4/draft/end", &cell, "--format", "json"]).ends(0).json();
        // Rows of the two who were taken for one in the first quarter bear one name: that is said.
        let is_said = trace["notes"].to_string().contains("to be one, or two");
        assert!(trace["people"].as_u64() == count.parse().ok() || is_said, "{cell}: {trace}");
    }
}

/// What the lead's own book says of each quarter: as reported, and as known now.
fn book(world: &World) -> Vec<(String, String)> {
    let book = "out/small/Q4/draft/book/book.xlsx";
    let said = world.checkout.run(&["read", book, "--sheet", "By period", "--format", "csv"]).ends(0);
    let lines = said.out.lines().filter_map(|line| line.trim_start_matches(',').strip_prefix("With an event,"));
    lines.filter_map(|line| line.split_once(',')).map(|(one, two)| (one.to_owned(), two.to_owned())).collect()
}

/// What was sent is proved, and told.
fn everything_is_proved_and_told(world: &World) {
    let proved = world.checkout.run(&["verify", "out/small"]).ends(0);
    assert!(proved.out.contains("of the log unchanged"), "{}", proved.out);
    let history = world.checkout.run(&["history", "small.toml", "--format", "json"]).ends(0).json();
    let versions: Vec<(String, u64)> = history["periods"]
        .as_array()
        .expect("periods")
        .iter()
        .flat_map(|known| known["versions"].as_array().expect("versions").iter().map(move |it| (known, it)))
        .map(|(known, it)| {
            (known["period"].as_str().expect("a label").to_owned(), it["version"].as_u64().expect("a number"))
        })
        .collect();
    let expected = [("Q1", 1), ("Q1", 2), ("Q2", 1), ("Q3", 1), ("Q4", 1)];
    assert_eq!(versions, expected.map(|(period, version)| (period.to_owned(), version)));
    let superseded = history["periods"][1]["received"].as_array().expect("sources");
    assert_eq!(superseded.iter().filter(|it| it["superseded"] == true).count(), 2);
}

#[test]
fn two_people_must_have_seen_what_is_sent() {
    let world = World::new();
    world.people("q1/north", &["N1,Ada One,1980-02-01,P1,2022-01-10"]);
    world.events("q1/north", &["E1,N1,2022-02-01"]);
    world.people("q1/south", &["S1,Ada One,1980-02-01,P1,2022-01-10"]);
    let draft = "out/small/Q1/draft/study";
    let send = |by: &str, words: &str| {
        let said = world.checkout.run(&["sent", draft, "--by", by]).ends(2);
        assert!(said.err.contains(words) && said.err.contains("Hint:"), "no {words:?} in\n{}", said.err);
        assert!(!world.checkout.join("out/small/Q1/v1").exists(), "nothing was frozen");
    };
    send("Ben", "there is no ledger");
    world.checkout.run(&["run", "small.toml", "--period", "Q1"]).ends(0);
    send("Ben", "nobody is named for the run");
    world.run("Q1").ends(0);
    send(" ann ", "somebody else must send it");
    send(" ", "nobody is named");
    let people = world.checkout.read(&format!("{draft}/people.csv"));
    world.checkout.write(&format!("{draft}/people.csv"), people.replacen("1980", "1981", 1));
    send("Ben", "people.csv has changed");
    world.run("Q1").ends(0);
    let said = world.checkout.run(&["sent", "out/small/Q1/draft", "--by", "Ben"]).ends(2);
    assert!(said.err.contains("is not the folder of a draft"), "{}", said.err);
    world.checkout.run(&["sent", draft, "--by", "Ben"]).ends(0);
    let said = world.checkout.run(&["sent", draft, "--by", "Ben"]).ends(2);
    assert!(said.err.contains("it is what was sent as version 1 already"), "{}", said.err);
}

#[test]
fn verify_finds_a_changed_byte_of_a_version_and_a_changed_log() {
    let world = World::new();
    world.people("q1/north", &["N1,Ada One,1980-02-01,P1,2022-01-10"]);
    world.events("q1/north", &["E1,N1,2022-02-01"]);
    world.people("q1/south", &["S1,Ada One,1980-02-01,P1,2022-01-10"]);
    world.run("Q1").ends(0);
    world.send("Q1").ends(0);
    let version = "out/small/Q1/v1/study";
    let verify = |folder: &str, code: i32| world.checkout.run(&["verify", folder]).ends(code).out;
    assert!(verify(version, 0).contains("2 entries of the log unchanged"));
    for name in ["people.csv", "events.csv", "manifest.json"] {
        let path = world.checkout.join(&format!("{version}/{name}"));
        assert!(std::fs::metadata(&path).expect("there").permissions().readonly(), "{name} is read-only");
        let bytes = std::fs::read(&path).expect("there");
        for at in [0, bytes.len() / 2, bytes.len() - 1] {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            replace(&path, &changed);
            let said = world.checkout.run(&["verify", version]);
            assert!(said.code == 1 || (name == "manifest.json" && said.code == 2), "{name}, byte {at}: {}", said.out);
        }
        replace(&path, &bytes);
    }
    assert!(verify(version, 0).contains("unchanged"));
    let without = world.checkout.run(&["verify", version, "--state", "elsewhere"]).ends(0);
    assert!(without.err.contains("no log of small"), "{}", without.err);
}

#[test]
fn verify_finds_a_log_that_was_cut_short_with_its_head() {
    let world = World::new();
    world.people("q1/north", &["N1,Ada One,1980-02-01,P1,2022-01-10"]);
    world.events("q1/north", &["E1,N1,2022-02-01"]);
    world.people("q1/south", &["S1,Ada One,1980-02-01,P1,2022-01-10"]);
    let ledger = world.checkout.join("private/small/ledger.sqlite");
    world.checkout.run(&["run", "small.toml", "--period", "Q1", "--by", "Eve"]).ends(0);
    let after_one = std::fs::read(&ledger).expect("there");
    world.people("q1/south", &["S1,Ada One,1980-02-01,P2,2022-01-10"]);
    world.run("Q1").ends(0);
    let after_two = std::fs::read(&ledger).expect("there");
    world.send("Q1").ends(0);
    let whole = std::fs::read(&ledger).expect("there");
    let verify = |folder: &str, code: i32| world.checkout.run(&["verify", folder]).ends(code);
    let proved = verify("private/small", 0);
    assert!(proved.out.contains("the last is 3, "), "{}", proved.out);
    verify("out/small", 0);
    // An earlier ledger is one of which the last entries were cut off with all that tells how many there were.
    std::fs::write(&ledger, &after_two).expect("written");
    let cut = verify("private/small", 1);
    assert!(cut.out.contains("sent/Q1/study/v1/log.json names an entry that the log does not have"), "{}", cut.out);
    verify("out/small", 1);
    std::fs::write(&ledger, &after_one).expect("written");
    let cut = verify("out/small/Q1/draft", 1);
    assert!(cut.out.contains("study/manifest.json is not what the log says was drafted"), "{}", cut.out);
    std::fs::write(&ledger, &whole).expect("written");
    verify("private/small", 0);
}

fn pair(one: (&str, &str), other: (&str, &str)) -> [(String, String); 2] {
    [one, other].map(|(partner, reference)| (partner.to_owned(), reference.to_owned()))
}

/// Writes over a file that is read-only, as somebody who means to would.
fn replace(path: &std::path::Path, bytes: &[u8]) {
    std::fs::remove_file(path).expect("removed");
    std::fs::write(path, bytes).expect("written");
}
