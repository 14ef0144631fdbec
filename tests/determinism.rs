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

#[test]
fn pipelines_of_one_command_give_what_each_gives_by_itself() {
    let names = pipelines();
    let (apart, together) = (Checkout::new(), Checkout::new());
    let mut said = String::new();
    for name in &names {
        said.push_str(&apart.run(&["run", &pipeline(name)]).ends(0).out);
    }
    let paths: Vec<String> = names.iter().map(|name| pipeline(name)).collect();
    let arguments: Vec<&str> = std::iter::once("run").chain(paths.iter().map(String::as_str)).collect();
    assert_eq!(together.run(&arguments).ends(0).out, said, "summaries stand in the order that was asked for");
    assert_same(&files(&apart.join("out")), &files(&together.join("out")));
    assert_same(&kept(&apart.join("private")), &kept(&together.join("private")));
}

#[test]
fn what_was_made_is_told_of_where_another_pipeline_of_the_command_is_refused() {
    let checkout = Checkout::new();
    // Which files a period has is known only once it is run.
    std::fs::remove_dir_all(checkout.join("sample-data/wwri/2022-Q3")).expect("removed");
    let said = checkout.run(&["run", "pipelines/wwri.toml", "pipelines/whp.toml"]).ends(2);
    assert!(said.err.contains("the folder of period"), "{}", said.err);
    assert!(said.out.contains("out/whp/2023-24-Q2/draft"), "{}", said.out);
    assert!(checkout.join("out/whp/2023-24-Q2/draft/manifest.json").exists());
    assert!(!checkout.join("out/wwri").exists(), "nothing of the one that was refused");
    let said = checkout.run(&["run", "pipelines/wwri.toml", "pipelines/whp.toml", "--format", "json"]).ends(2);
    assert_eq!(said.json()["pipeline"], "whp");
}

#[test]
fn each_pipeline_of_a_command_that_is_refused_is_told_of() {
    let checkout = Checkout::new();
    for folder in ["sample-data/wwri/2022-Q3", "sample-data/whp/2023-24-Q2"] {
        std::fs::remove_dir_all(checkout.join(folder)).expect("removed");
    }
    let said = checkout.run(&["run", "pipelines/wwri.toml", "pipelines/whp.toml"]).ends(2).err;
    let places = ["pipelines/wwri.toml", "pipelines/whp.toml"].map(|path| said.find(path).expect(path));
    assert!(places[0] < places[1], "in the order that was asked for: {said}");
}
