//! The command line as documented: the cases in `cli/`, and the commands of the README.

use crate::command::{Checkout, root};

#[test]
fn documented_cases_say_what_they_say() {
    trycmd::TestCases::new().case("../../tests/cli/*.toml").run();
}

#[test]
fn every_command_has_help_with_an_example() {
    let checkout = Checkout::new();
    let help = checkout.run(&["--help"]).ends(0).out;
    let (_, list) = help.split_once("Commands:\n").expect("help lists the commands");
    let commands: Vec<&str> = list
        .lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next().filter(|name| !name.is_empty()))
        .filter(|name| *name != "help")
        .collect();
    assert!(commands.contains(&"run") && commands.len() > 8, "{commands:?}");
    for command in commands {
        let help = checkout.run(&[command, "--help"]).ends(0);
        assert!(help.out.contains(&format!("Example: quarterday {command}")), "{command}: {}", help.out);
    }
}

/// Lines of the README's console blocks that begin with `$ `, with what follows them.
fn commands(text: &str) -> Vec<String> {
    let mut in_console = false;
    let mut commands = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            in_console = line == "```console";
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| in_console) {
            commands.push(command.to_owned());
        }
    }
    commands
}

#[test]
fn the_commands_of_the_readme_work() {
    let text = std::fs::read_to_string(root().join("README.md")).expect("the README is there");
    let commands = commands(&text);
    assert!(commands.iter().any(|command| command == "cargo test --workspace"), "the README says how to test");
    let checkout = Checkout::new();
    let mut run = 0;
    for command in &commands {
        let words: Vec<&str> = command.split_whitespace().collect();
        let arguments = match words.as_slice() {
            ["cargo", "run", "--", arguments @ ..] | ["quarterday", arguments @ ..] => arguments,
            // The tests are what is running now.
            ["cargo", "test", ..] => continue,
            _ => panic!("the README has a command that no test knows: {command}"),
        };
        checkout.run(arguments).ends(0);
        run += 1;
    }
    assert!(run >= 3, "the README shows the main job and what comes after it: {commands:?}");
}

/// The lines of the first block of text after the main command; a line of `…` stands for others.
fn shown(text: &str) -> Vec<&str> {
    let (_, after) = text.split_once("$ cargo run -- run ").expect("the README says how to begin");
    let (_, block) = after.split_once("```text\n").expect("it shows what is printed then");
    let (block, _) = block.split_once("```").expect("the block ends");
    block.lines().filter(|line| !line.is_empty() && line.trim() != "…").collect()
}

#[test]
fn the_readme_shows_what_the_main_command_prints() {
    let text = std::fs::read_to_string(root().join("README.md")).expect("the README is there");
    let shown = shown(&text);
    assert!(shown.len() > 8, "the README shows partners and returns: {shown:?}");
    let printed = Checkout::new().run(&["run", "pipelines/wwri.toml"]).ends(0).out;
    let mut left = printed.lines();
    for line in shown {
        assert!(
            left.any(|printed| printed.trim_end() == line),
            "the README shows\n{line}\nbut this is printed:\n{printed}"
        );
    }
}

/// The lines under `run: |` in a workflow that begin with one of our commands or hold one.
fn steps(workflow: &str) -> Vec<String> {
    let mut steps: Vec<String> = Vec::new();
    let mut indent = None;
    for line in workflow.lines() {
        let depth = line.len() - line.trim_start().len();
        match indent {
            Some(outer) if depth > outer => {
                let step = steps.last_mut().expect("a step was begun");
                step.push_str(line.trim_start());
                step.push('\n');
            }
            _ => {
                indent = line.trim_start().starts_with("run: |").then_some(depth);
                steps.extend(indent.map(|_| String::new()));
            }
        }
    }
    steps.retain(|step| step.contains("quarterday ") && !step.contains("cargo "));
    steps
}

#[cfg(unix)]
#[test]
fn the_commands_of_the_hosted_checks_work() {
    let workflow = std::fs::read_to_string(root().join(".github/workflows/check.yml")).expect("it is there");
    let checkout = Checkout::new();
    std::fs::create_dir(checkout.join("check")).expect("a folder");
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_quarterday"));
    let path = format!("{}:{}", binary.parent().expect("a folder").display(), std::env::var("PATH").expect("a path"));
    let steps = steps(&workflow);
    assert_eq!(steps.len(), 5, "{steps:?}");
    for step in steps {
        // As a hosted runner does it: the first command that fails ends the step.
        let mut shell = std::process::Command::new("bash");
        shell.args(["-e", "-c", &step]).current_dir(checkout.path()).env("PATH", &path);
        let output = shell.output().expect("a shell");
        assert!(output.status.success(), "{step}{}", String::from_utf8_lossy(&output.stderr));
    }
    assert!(checkout.read("check/quarterday.sarif").contains("\"2.1.0\""));
}
