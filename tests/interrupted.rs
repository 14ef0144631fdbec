//! A run that is killed leaves what was there before, and the next one gives what it would have.

use crate::command::{Checkout, assert_same, files, kept};
use std::process::Stdio;
use std::time::{Duration, Instant};

const PIPELINE: &str = "pipelines/wwri.toml";

/// How many moments are tried, spread over the length of a run.
const MOMENTS: u32 = 12;

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
    for moment in 0..MOMENTS {
        let mut child =
            checkout.command(&other_day).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary runs");
        let until = Instant::now() + length * moment / MOMENTS;
        while Instant::now() < until {
            std::hint::spin_loop();
        }
        child.kill().expect("killed");
        let status = child.wait().expect("ended");
        let now = files(&checkout.join("out"));
        if status.success() || now == after {
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
}
