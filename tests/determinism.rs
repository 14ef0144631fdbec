//! The same inputs give the same bytes: twice, on one thread or two, over fresh state or kept.

use crate::command::{Checkout, assert_same, files, kept, pipelines};

fn pipeline(name: &str) -> String {
    format!("pipelines/{name}.toml")
}

#[test]
fn two_runs_give_the_same_bytes_on_one_thread_or_two() {
    for name in pipelines() {
        let (one, two) = (Checkout::new(), Checkout::new());
        one.run(&["run", &pipeline(&name), "--threads", "1"]).ends(0);
        two.run(&["run", &pipeline(&name), "--threads", "2"]).ends(0);
        let written = files(&one.join("out"));
        assert!(written.len() > 10, "a run writes its returns");
        assert_same(&written, &files(&two.join("out")));
        assert_same(&kept(&one.join("private")), &kept(&two.join("private")));
    }
}

#[test]
fn a_run_over_kept_state_gives_the_same_bytes_as_over_fresh() {
    for name in pipelines() {
        let checkout = Checkout::new();
        checkout.run(&["run", &pipeline(&name)]).ends(0);
        let first = files(&checkout.join("out"));
        checkout.run(&["run", &pipeline(&name)]).ends(0);
        assert_same(&first, &files(&checkout.join("out")));
    }
}
