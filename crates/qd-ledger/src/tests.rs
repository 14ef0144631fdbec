//! The ledger as a run uses it, and what a changed one is answered with.

use super::*;
use std::path::{Path, PathBuf};

/// A folder with a ledger in it, which is changed as a run changes it.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn ledger(&self) -> PathBuf {
        self.0.path().join(FILE)
    }

    fn change(&self, work: impl FnOnce(&mut Change)) {
        let mut change = Ledger::copy(&self.ledger(), &self.0.path().join("copy")).expect("a copy");
        work(&mut change);
        std::fs::rename(change.finish().expect("whole"), self.ledger()).expect("put in place");
    }

    fn read(&self) -> Ledger {
        Ledger::read(&self.ledger()).expect("readable")
    }

    /// Changes the file behind the program's back.
    fn meddle(&self, sql: &str) {
        let db = rusqlite::Connection::open(self.ledger()).expect("a database");
        db.execute_batch(sql).expect("done");
    }
}

fn submission(digest: &str) -> Submission {
    let text = str::to_owned;
    Submission {
        period: text("Q1"),
        partner: text("north"),
        table: text("people"),
        source: text("north-01"),
        file: text("north.csv"),
        digest: text(digest),
    }
}

#[test]
fn what_was_written_is_read_again() {
    let home = Home::new();
    assert!(home.read().versions().expect("empty").is_empty());
    let people = PeriodPeople {
        new: vec![("d1".to_owned(), "p1".to_owned()), ("d2".to_owned(), "p1".to_owned())],
        moved: vec![("d0".to_owned(), "p1".to_owned())],
        identities: vec![Identity { change: IdentityChange::Merged, before: "p0".to_owned(), after: "p1".to_owned() }],
    };
    home.change(|change| change.put_people("Q1", &people).expect("written"));
    assert_eq!(home.read().people("Q1").expect("read"), people);
    home.change(|change| change.put_people("Q1", &PeriodPeople::default()).expect("written"));
    assert_eq!(home.read().people("Q1").expect("read"), PeriodPeople::default());
}

#[test]
fn a_newer_source_supersedes_and_the_same_again_is_nothing_new() {
    let home = Home::new();
    for digest in ["a", "a", "b", "b"] {
        home.change(|change| change.receive("now", &submission(digest), None).expect("taken in"));
    }
    let received = home.read().received("Q1").expect("read");
    let told: Vec<(&str, bool)> = received.iter().map(|it| (it.submission.digest.as_str(), it.is_superseded)).collect();
    assert_eq!(told, [("a", true), ("b", false)]);
}

#[test]
fn the_last_decision_about_two_records_holds() {
    let home = Home::new();
    let decision = |one: &str, other: &str, verdict| Decision {
        one: one.to_owned(),
        other: other.to_owned(),
        verdict,
        reason: "asked".to_owned(),
        by: "AB".to_owned(),
        date: "2022-10-01".to_owned(),
    };
    home.change(|change| {
        change.decide("now", &decision("b", "a", Verdict::Same)).expect("kept");
        change.decide("now", &decision("a", "b", Verdict::Different)).expect("kept");
    });
    assert_eq!(home.read().decisions().expect("read"), [decision("a", "b", Verdict::Different)]);
}

#[test]
fn what_was_sent_keeps_its_people_whatever_a_later_run_says() {
    let home = Home::new();
    let people =
        |person: &str| PeriodPeople { new: vec![("d".to_owned(), person.to_owned())], ..PeriodPeople::default() };
    let version = Version {
        period: "Q1".to_owned(),
        name: "list".to_owned(),
        version: 1,
        recipient: "funder".to_owned(),
        manifest: "m".to_owned(),
        state: "s".to_owned(),
        figures: None,
        prepared_by: "AB".to_owned(),
        sent_by: "CD".to_owned(),
        at: "now".to_owned(),
    };
    home.change(|change| {
        change.put_people("Q1", &people("p1")).expect("written");
        change.put_version(&version).expect("written");
        change.put_people("Q1", &people("p2")).expect("written");
    });
    assert_eq!(home.read().published("Q1").expect("read"), people("p1").new);
    assert_eq!(home.read().last_sent("Q1", "list").expect("read"), Some(version));
}

#[test]
fn a_log_that_somebody_changed_is_told() {
    let check = |sql: &str, expected: &[(u32, &str)]| {
        let home = Home::new();
        home.change(|change| {
            for what in ["run", "sent", "run", "run"] {
                change.note("now", "AB", what, "Q1", "{}").expect("written");
            }
        });
        assert!(home.read().check_log().expect("read").is_empty());
        home.meddle(sql);
        let faults = home.read().check_log().expect("read");
        let told: Vec<(u32, &str)> = faults.iter().map(|fault| (fault.number, fault.what)).collect();
        assert_eq!(told, expected, "{sql}");
    };
    check("UPDATE log SET by = 'CD' WHERE number = 2", &[(2, "has changed")]);
    check("UPDATE log SET at = 'then' WHERE number = 4", &[(4, "has changed")]);
    check("DELETE FROM log WHERE number = 2", &[(2, "is missing")]);
    check("DELETE FROM log WHERE number = 4", &[(4, "is missing")]);
    check("DELETE FROM log WHERE number = 1", &[(1, "is missing")]);
    check(
        "UPDATE log SET number = 9 WHERE number = 2; UPDATE log SET number = 2 WHERE number = 3; UPDATE log SET number = 3 WHERE number = 9",
        &[(2, "has changed"), (3, "has changed"), (4, "does not follow the one before")],
    );
    check("DELETE FROM head", &[(4, "is not the one that was written last")]);
}

#[test]
fn what_is_no_ledger_of_ours_is_refused_with_what_to_do() {
    let check = |meddle: &dyn Fn(&Home, &Path), expected: &str| {
        let home = Home::new();
        home.change(|change| {
            change.note("now", "", "run", "Q1", "{}").expect("written");
        });
        meddle(&home, &home.ledger());
        let Err(refusal) = Ledger::copy(&home.ledger(), &home.0.path().join("copy")) else {
            panic!("{expected}: it was not refused")
        };
        assert!(refusal.to_string().contains(expected), "{refusal}");
        assert!(!refusal.hints.is_empty(), "{refusal} says nothing to do");
    };
    check(&|home, _| home.meddle("PRAGMA user_version = 99"), "newer version of Quarterday");
    check(&|home, _| home.meddle("PRAGMA application_id = 7"), "is no ledger of Quarterday");
    check(
        &|_, path| std::fs::write(path, "some other text that is long enough to be read").expect("written"),
        "damaged",
    );
    check(&|_, path| std::fs::write(path.with_extension("sqlite-journal"), "x").expect("written"), "another program");
    check(
        &|_, path| {
            let mut permissions = std::fs::metadata(path).expect("there").permissions();
            permissions.set_readonly(true);
            std::fs::set_permissions(path, permissions).expect("set");
        },
        "read-only",
    );
}

#[test]
fn a_change_that_is_not_finished_leaves_the_ledger_as_it_was() {
    let home = Home::new();
    home.change(|change| {
        change.note("now", "", "run", "Q1", "{}").expect("written");
    });
    let before = std::fs::read(home.ledger()).expect("there");
    let mut change = Ledger::copy(&home.ledger(), &home.0.path().join("copy")).expect("a copy");
    change.note("later", "", "run", "Q1", "{}").expect("written");
    drop(change);
    assert_eq!(std::fs::read(home.ledger()).expect("there"), before);
    home.change(|_| ());
    assert_eq!(home.read().log().expect("read").len(), 1);
}
