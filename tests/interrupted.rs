//! A command that is killed leaves what was there before, and the next one gives what it would have.
//!
//! A dozen moments each are tried with the other tests; `QUARTERDAY_KILLS=200` tries more.

use crate::command::{Checkout, assert_same, copy, files, kept};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

const PIPELINE: &str = "pipelines/wwri.toml";

/// How many moments are tried, spread over the length of a command.
fn moments() -> u32 {
    std::env::var("QUARTERDAY_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(12)
}

/// Starts a command and kills it after a while; answers whether it had ended by itself.
fn killed_after(checkout: &Checkout, arguments: &[&str], while_: Duration) -> bool {
    let mut child =
        checkout.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary runs");
    let until = Instant::now() + while_;
    while Instant::now() < until {
        std::hint::spin_loop();
    }
    child.kill().expect("killed");
    child.wait().expect("ended").success()
}

#[test]
fn a_killed_run_leaves_what_was_there_before() {
    let checkout = Checkout::new();
    let run = ["run", PIPELINE, "--quiet"];
    checkout.run(&run).ends(0);
    let before = files(&checkout.join("out"));

    // Another day gives other bytes, so that old and new can be told apart.
    let other_day = ["run", PIPELINE, "--quiet", "--as-of", "2022-10-05"];
    let undisturbed = Checkout::new();
    let started = Instant::now();
    undisturbed.run(&other_day).ends(0);
    let length = started.elapsed();
    let after = files(&undisturbed.join("out"));
    assert_ne!(before, after, "the two runs differ, or this test could not fail");

    let mut killed = 0;
    for moment in 0..moments() {
        let had_ended = killed_after(&checkout, &other_day, length * moment / moments());
        let now = files(&checkout.join("out"));
        if had_ended || now == after {
            // It was done before it was killed: put the old state back and go on.
            checkout.run(&run).ends(0);
            continue;
        }
        killed += 1;
        assert_same(&before, &now);
    }
    assert!(
        killed > 0,
        "no run was killed while it was at work ({:?})",
        Duration::from_millis(length.as_millis() as u64)
    );
    checkout.run(&other_day).ends(0);
    assert_same(&after, &files(&checkout.join("out")));
    assert_same(&kept(&undisturbed.join("private")), &kept(&checkout.join("private")));
    checkout.run(&["verify", "private/wwri"]).ends(0);
}

#[test]
fn a_killed_sent_freezes_all_or_nothing() {
    let drafted = Checkout::new();
    drafted.run(&["run", PIPELINE, "--quiet", "--by", "Ann"]).ends(0);
    let sent = ["sent", "out/wwri/2022-Q3/draft/ukra", "--by", "Ben", "--quiet"];
    let undisturbed = again(&drafted);
    let started = Instant::now();
    undisturbed.run(&sent).ends(0);
    let length = started.elapsed();
    let whole = |checkout: &Checkout| {
        let mut frozen = files(&checkout.join("out/wwri/2022-Q3/v1"));
        // The manifest is the same too: it does not say when.
        frozen.retain(|(_, bytes)| !bytes.is_empty());
        frozen
    };
    let expected = whole(&undisturbed);
    assert_eq!(expected.len(), 2, "a workbook and its manifest");
    let mut killed = 0;
    for moment in 0..moments() {
        let checkout = again(&drafted);
        let had_ended = killed_after(&checkout, &sent, length * moment / moments());
        killed += u32::from(!had_ended);
        let frozen = whole(&checkout);
        assert!(frozen.is_empty() || frozen == expected, "nothing is half frozen");
        // Whatever it left, the next command ends it: it is frozen once, and the log says so once.
        let said = checkout.run(&sent);
        assert!(said.code == 0 || said.err.contains("as version 1 already"), "{}", said.err);
        assert_same(&expected, &whole(&checkout));
        checkout.run(&["verify", "out/wwri"]).ends(0);
        let history = checkout.run(&["history", PIPELINE, "--format", "json"]).ends(0).json();
        let entries = history["log"].as_array().expect("a log");
        assert_eq!(entries.iter().filter(|entry| entry["what"] == "sent").count(), 1);
    }
    assert!(killed > 0, "no command was killed while it was at work ({length:?})");
}

/// A checkout with the same files.
fn again(checkout: &Checkout) -> Checkout {
    let copied = Checkout::empty();
    copy(checkout.path(), copied.path());
    copied
}

#[test]
fn two_at_once_a_full_disk_and_a_ledger_that_cannot_be_used_are_refused() {
    type Case = (&'static str, fn(&Path), &'static [&'static str]);
    let cases: &[Case] = &[
        (
            "a newer ledger",
            |ledger| patch(ledger, 60, &[0, 0, 0, 99]),
            &["newer version of Quarterday", "use the newer"],
        ),
        ("another's file", |ledger| patch(ledger, 68, b"abcd"), &["is no ledger", "put back a copy"]),
        ("a damaged ledger", |ledger| patch(ledger, 0, b"not a database"), &["damaged", "put back a copy"]),
        ("a protected ledger", protect, &["read-only", "--state"]),
        (
            "a ledger that is being changed",
            |ledger| std::fs::write(ledger.with_extension("sqlite-journal"), "x").expect("written"),
            &["open in another program", "close the program"],
        ),
    ];
    let good = Checkout::new();
    good.run(&["run", PIPELINE, "--quiet", "--by", "Ann"]).ends(0);
    let refused = |checkout: &Checkout, what: &str, words: &[&str]| {
        let before = files(checkout.path());
        for arguments in [&["run", PIPELINE, "--quiet"][..], &["sent", "out/wwri/2022-Q3/draft/ukra", "--by", "Ben"]] {
            let said = checkout.run(arguments).ends(2);
            for words in words {
                assert!(said.err.contains(words), "{what}: no {words:?} in\n{}", said.err);
            }
        }
        assert_same(&before, &files(checkout.path()));
    };
    for (what, change, words) in cases {
        let checkout = again(&good);
        change(&checkout.join("private/wwri/ledger.sqlite"));
        refused(&checkout, what, words);
    }
    let lock = std::fs::File::open(good.join("private/wwri/.lock")).expect("there");
    lock.lock().expect("free");
    refused(&good, "two at once", &["another run of this pipeline is at work", "wait until it is done"]);
    lock.unlock().expect("locked");
    #[cfg(unix)]
    {
        // A shell's limit on the length of a file stands for a disk that takes no more.
        let before = files(good.path());
        let mut command = std::process::Command::new("sh");
        let script =
            format!("trap '' XFSZ; ulimit -f 20; exec {} run {PIPELINE} --quiet", env!("CARGO_BIN_EXE_quarterday"));
        let output = command.args(["-c", &script]).current_dir(good.path()).output().expect("a shell");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("what was there before is unchanged") || said.contains("nothing was changed"), "{said}");
        good.run(&["run", PIPELINE, "--quiet", "--by", "Ann"]).ends(0);
        assert_eq!(
            files(&good.join("out")),
            before
                .into_iter()
                .filter_map(|(name, bytes)| Some((name.strip_prefix("out/")?.to_owned(), bytes)))
                .collect::<Vec<_>>()
        );
    }
}

/// Writes over some bytes of a file.
fn patch(path: &Path, at: usize, with: &[u8]) {
    let mut bytes = std::fs::read(path).expect("there");
    bytes[at..at + with.len()].copy_from_slice(with);
    std::fs::write(path, bytes).expect("written");
}

fn protect(path: &Path) {
    let mut permissions = std::fs::metadata(path).expect("there").permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(path, permissions).expect("set");
}
