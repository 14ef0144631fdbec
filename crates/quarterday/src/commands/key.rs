//! `key`: make a pseudonym key, tell its id, check its file.

use crate::args::KeyAction;
use crate::terminal::Terminal;
use crate::{Ending, Result};
use qd_disclosure::{Key, KeyUse};
use qd_model::Refusal;

pub(super) fn key(action: &KeyAction, terminal: &Terminal) -> Result {
    match action {
        KeyAction::New { file, demonstration } => {
            let id = Key::create(file, *demonstration)?;
            terminal.print(&format!("{id}\n"))?;
            terminal.say(&format!("The key is in {}. Keep a copy in a safe place apart from the data", file.display()));
            terminal.say("The same key must be used every quarter, or people will look new");
            Ok(Ending::Clean)
        }
        KeyAction::Id { file } => {
            let key = Key::read(file, KeyUse::Demonstration, &[])?;
            terminal.print(&format!("{}\n", key.id()))?;
            Ok(Ending::Clean)
        }
        KeyAction::Check { file } => {
            if !file.exists() {
                return Err(
                    Refusal::new(format!("{} cannot be checked", file.display())).because("there is no such file")
                );
            }
            let problems = Key::check(file);
            if problems.is_empty() {
                terminal.print("The key file is whole, and only its owner can read it\n")?;
                return Ok(Ending::Clean);
            }
            for problem in problems {
                terminal.print(&format!("{problem}\n"))?;
            }
            Ok(Ending::Findings)
        }
    }
}
