//! `key`: make a pseudonym key, tell its id, check its file, keep it from being lost.

use crate::args::{KeyAction, Wrap};
use crate::passphrase::Ask;
use crate::terminal::Terminal;
use crate::{Ending, Result};
use qd_disclosure::{Key, KeyUse, NoPassphrase, Passphrase};
use qd_model::{Refusal, words};
use qd_run::RotateRequest;
use std::path::Path;

pub(super) fn key(action: &KeyAction, terminal: &Terminal) -> Result {
    match action {
        KeyAction::New { file, demonstration, wrap, sheet } => {
            new(file, *demonstration, wrap, sheet.as_deref(), terminal)
        }
        KeyAction::Id { file, passphrase_file } => {
            let key = Key::read(file, KeyUse::Demonstration, &[], &Ask::new(passphrase_file.as_deref()))?;
            terminal.print(&format!("{}\n", key.id()))?;
            Ok(Ending::Clean)
        }
        KeyAction::Check { file, sheet, passphrase_file } => {
            check(file, sheet.as_deref(), &Ask::new(passphrase_file.as_deref()), terminal)
        }
        KeyAction::Sheet { file, sheet, passphrase_file } => {
            let key = Key::read(file, KeyUse::Demonstration, &[], &Ask::new(passphrase_file.as_deref()))?;
            write_sheet(&key, file, sheet, terminal)
        }
        KeyAction::Rotate { pipeline, recipient, crosswalk, break_links: _, key, passphrase_file, state } => {
            let loaded = qd_run::load(pipeline)?;
            let rotated = qd_run::rotate(
                &loaded,
                &RotateRequest {
                    recipient,
                    key: key.as_deref(),
                    unlock: &Ask::new(passphrase_file.as_deref()),
                    state,
                    crosswalk: crosswalk.as_deref(),
                },
            )?;
            terminal.print(&format!("`{recipient}`: epoch {} from now on, {} before\n", rotated.to, rotated.from))?;
            terminal.say(&match crosswalk {
                Some(path) => format!(
                    "The crosswalk of {} is in {}: send it to the recipient by a safe way, apart from the data, then delete it",
                    words::count(rotated.people, "person"),
                    path.display()
                ),
                None => "Links break: nobody can tell by pseudonym that a person of a return before is one of a return to come".to_owned(),
            });
            Ok(Ending::Clean)
        }
        KeyAction::Restore { sheet, file, wrap } => {
            let key = Key::read(sheet, KeyUse::Demonstration, &[], &NoPassphrase)?;
            key.keep(file, new_passphrase(wrap)?.as_ref())?;
            terminal.print(&format!("{}\n", key.id()))?;
            terminal.say(&format!(
                "The key is in {} again. Lock the sheet away, and delete the file that you typed",
                file.display()
            ));
            Ok(Ending::Clean)
        }
    }
}

fn new(file: &Path, demonstration: bool, wrap: &Wrap, sheet: Option<&Path>, terminal: &Terminal) -> Result {
    let usage = if demonstration { KeyUse::Demonstration } else { KeyUse::Real };
    if let Some(sheet) = sheet.filter(|sheet| sheet.exists()) {
        return Err(Refusal::new(format!("no key was made, because {} is there already", sheet.display()))
            .hint("name a new file for the recovery sheet"));
    }
    let passphrase = new_passphrase(wrap)?;
    let key = Key::create(file, usage, passphrase.as_ref())?;
    terminal.print(&format!("{}\n", key.id()))?;
    terminal.say(&format!("The key is in {}", file.display()));
    terminal.say("The same key must be used every quarter, or people will look new");
    if let Some(sheet) = sheet {
        return write_sheet(&key, file, sheet, terminal);
    }
    terminal.say("Keep a copy in a safe place apart from the data: `quarterday key sheet` writes a page to print");
    Ok(Ending::Clean)
}

fn write_sheet(key: &Key, file: &Path, sheet: &Path, terminal: &Terminal) -> Result {
    key.write_sheet(sheet)?;
    let (file, sheet) = (file.display(), sheet.display());
    terminal.say(&format!(
        "The recovery sheet is in {sheet}: print it, prove it with `quarterday key check {file} --sheet {sheet}`, lock it away, and delete the file"
    ));
    Ok(Ending::Clean)
}

fn new_passphrase(wrap: &Wrap) -> std::result::Result<Option<Passphrase>, Refusal> {
    if !wrap.passphrase && wrap.passphrase_file.is_none() {
        return Ok(None);
    }
    Ask::new(wrap.passphrase_file.as_deref()).new_one().map(Some)
}

fn check(file: &Path, sheet: Option<&Path>, ask: &Ask<'_>, terminal: &Terminal) -> Result {
    if !file.exists() {
        return Err(Refusal::new(format!("{} cannot be checked", file.display())).because("there is no such file"));
    }
    let problems = Key::check(file, sheet, ask)?;
    if problems.is_empty() {
        terminal.print("The key file is whole, and only its owner can read it\n")?;
        if sheet.is_some() {
            terminal.print("The recovery sheet makes the same key\n")?;
        }
        return Ok(Ending::Clean);
    }
    for problem in problems {
        terminal.print(&format!("{problem}\n"))?;
    }
    Ok(Ending::Findings)
}
