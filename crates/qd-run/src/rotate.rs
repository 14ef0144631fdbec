//! A new epoch of one recipient's pseudonyms, with the way from the old ones to the new, or without.

use crate::folders::Folders;
use crate::load::{Loaded, plain};
use qd_disclosure::{Key, KeyUse, Unlock};
use qd_ledger::Ledger;
use qd_model::{Pipeline, Refusal, Syntax, words};
use std::collections::BTreeSet;
use std::path::Path;

/// What is asked.
#[derive(Debug, Clone)]
pub struct RotateRequest<'a> {
    /// The recipient's code.
    pub recipient: &'a str,
    /// The key file; the pipeline's own where absent.
    pub key: Option<&'a Path>,
    /// Where the passphrase of a wrapped key comes from.
    pub unlock: &'a dyn Unlock,
    /// Folder of what never leaves.
    pub state: &'a Path,
    /// Where the recipient's crosswalk is written; without one, links with earlier returns break.
    pub crosswalk: Option<&'a Path>,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotated {
    /// The epoch before.
    pub from: u32,
    /// The epoch from now on.
    pub to: u32,
    /// How many people are in the crosswalk.
    pub people: usize,
}

/// Puts a recipient's next epoch into the pipeline file, after writing the crosswalk: for each person
/// whom the lead knows, the pseudonym before and the pseudonym from now on, ordered by the first.
pub fn rotate(loaded: &Loaded, request: &RotateRequest<'_>) -> Result<Rotated, Refusal> {
    let pipeline = &loaded.pipeline;
    let Some(recipient) = pipeline.recipient(request.recipient) else {
        let codes: Vec<&str> = pipeline.recipients.iter().map(|recipient| recipient.code.as_str()).collect();
        return Err(Refusal::new(format!("the pipeline has no recipient `{}`", request.recipient))
            .hint(format!("its recipients are {}", words::list(&codes))));
    };
    let (from, to) = (recipient.epoch, recipient.epoch + 1);
    let refuse = |cause: String| {
        Refusal::new("the epoch was not changed").because(format!("{}: {cause}", loaded.path.display()))
    };
    let text = std::fs::read_to_string(&loaded.path).map_err(|error| refuse(plain(&error)))?;
    let changed = with_epoch(&text, &recipient.code, to)
        .filter(|changed| says(changed, &recipient.code, to))
        .ok_or_else(|| {
            refuse("the recipient's epoch cannot be changed by itself in this file".to_owned())
                .hint(format!("write `epoch = {to}` for `{}` by hand", recipient.code))
        })?;
    let people = match request.crosswalk {
        None => 0,
        Some(path) => crosswalk(loaded, request, path, [from, to])?,
    };
    let beside = loaded.path.with_extension("rotated");
    std::fs::write(&beside, changed)
        .and_then(|()| std::fs::rename(&beside, &loaded.path))
        .map_err(|error| refuse(plain(&error)))?;
    Ok(Rotated { from, to, people })
}

fn crosswalk(loaded: &Loaded, request: &RotateRequest<'_>, path: &Path, epochs: [u32; 2]) -> Result<usize, Refusal> {
    let pipeline = &loaded.pipeline;
    let refuse = |cause: String| Refusal::new("no crosswalk was written").because(cause).hint("nothing was changed");
    let own = pipeline.key.as_ref().map(|key| loaded.resolve(key));
    let key = request.key.map(Path::to_path_buf).or(own).ok_or_else(|| refuse("no key was named".to_owned()))?;
    let usage = if pipeline.demonstration { KeyUse::Demonstration } else { KeyUse::Real };
    let key = Key::read(&key, usage, &[], request.unlock)?;
    let ledger = Folders::of(Path::new(""), request.state, &pipeline.name).ledger();
    if !ledger.is_file() {
        return Err(refuse(format!("there is no {}", ledger.display()))
            .hint("run the pipeline first, or name the folder of what never leaves with `--state DIR`"));
    }
    let ledger = Ledger::read(&ledger)?;
    let mut people: BTreeSet<String> = BTreeSet::new();
    for period in pipeline.whole_periods() {
        let known = ledger.people(&period.label)?;
        people.extend(known.new.into_iter().chain(known.moved).map(|(_, person)| person));
    }
    let [before, after] = epochs.map(|epoch| key.for_recipient(&pipeline.name, request.recipient, epoch));
    let pseudonym = |key: &qd_disclosure::DomainKey, person: &str| key.pseudonym("person", &[person]);
    let mut pairs: Vec<(String, String)> =
        people.iter().map(|person| (pseudonym(&before, person), pseudonym(&after, person))).collect();
    // In the order of what the recipient has, so that the order tells nothing.
    pairs.sort();
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let headings = epochs.map(|epoch| format!("epoch_{epoch}"));
    writer.write_record(&headings).expect("writing to memory cannot fail");
    for (before, after) in &pairs {
        writer.write_record([before, after]).expect("writing to memory cannot fail");
    }
    let bytes = writer.into_inner().expect("writing to memory cannot fail");
    qd_disclosure::write_private(path, &bytes)?;
    Ok(pairs.len())
}

/// The text with another epoch in a recipient's table.
fn with_epoch(text: &str, code: &str, epoch: u32) -> Option<String> {
    let head = format!("[recipients.{code}]");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let start = lines.iter().position(|line| line.trim() == head)?;
    let end = lines[start + 1..]
        .iter()
        .position(|line| line.trim_start().starts_with('['))
        .map_or(lines.len(), |at| start + 1 + at);
    let own = (start + 1..end).find(|at| lines[*at].split('=').next().is_some_and(|name| name.trim() == "epoch"));
    match own {
        Some(at) => lines[at] = format!("epoch = {epoch}"),
        None => lines.insert(start + 1, format!("epoch = {epoch}")),
    }
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    Some(lines.join(end) + end)
}

/// Whether a pipeline's text is good, and has that epoch.
fn says(text: &str, code: &str, epoch: u32) -> bool {
    let pipeline = Pipeline::parse(text, Syntax::Toml).ok();
    pipeline.is_some_and(|pipeline| pipeline.recipient(code).is_some_and(|recipient| recipient.epoch == epoch))
}

#[cfg(test)]
mod tests {
    use super::with_epoch;

    #[test]
    fn one_recipients_epoch_is_changed_and_nothing_else() {
        let text = "[recipients.a]\nname = \"A\"\nepoch = 1\n\n[recipients.a.release.people]\nepoch = \"year\"\n\n[recipients.b]\nname = \"B\"\n";
        let a = with_epoch(text, "a", 2).expect("there");
        assert_eq!(a, text.replace("epoch = 1\n", "epoch = 2\n"));
        let b = with_epoch(text, "b", 2).expect("there");
        assert_eq!(b, text.replace("[recipients.b]\n", "[recipients.b]\nepoch = 2\n"));
        assert_eq!(with_epoch(text, "c", 2), None);
    }
}
