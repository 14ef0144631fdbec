//! The programme's key: where it is kept, who may read it, and what is derived from it.

mod domain;
mod file;
mod passphrase;
mod permissions;
mod salt;
mod synchronised;

pub use domain::{DomainKey, PSEUDONYM_LENGTH};
pub use passphrase::{NoPassphrase, Passphrase, SHORTEST as SHORTEST_PASSPHRASE, Unlock};
pub use salt::Salt;

use file::{Fault, Found};
use qd_model::Refusal;
use secrecy::{ExposeSecret, SecretBox};
use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A programme's key. It cannot be shown, copied or written down, and is wiped when it goes.
///
/// ```
/// fn show(id: &qd_disclosure::KeyId) -> String { format!("{id} {id:?}") }
/// ```
///
/// ```compile_fail
/// fn show(key: &qd_disclosure::Key) -> String { format!("{key:?}") }
/// ```
///
/// ```compile_fail
/// fn show(key: &qd_disclosure::Key) -> String { format!("{key}") }
/// ```
///
/// ```compile_fail
/// fn copy(key: &qd_disclosure::Key) -> qd_disclosure::Key { Clone::clone(key) }
/// ```
pub struct Key {
    secret: SecretBox<[u8; 32]>,
    demonstration: bool,
    /// The salt of each recipient who has one, by its code.
    salts: BTreeMap<String, Arc<Salt>>,
}

/// What a manifest calls a key: says which key was used, and nothing about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(String);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a key is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyUse {
    /// For invented people: a pipeline that says `demonstration = true`. Any key will do.
    Demonstration,
    /// For real people: a demonstration key is refused.
    Real,
}

/// Contexts of the derivations; each is used for one thing only, and none may ever change.
const DOMAIN_CONTEXT: &str = "quarterday 2026 pseudonym domains v1";
const ID_CONTEXT: &str = "quarterday 2026 public key id v1";

impl Key {
    /// Reads a key file, asking for its passphrase where it is wrapped. Refused where it is missing,
    /// malformed, readable by others than its owner, in a folder that a service copies away, or inside
    /// one of the `forbidden` folders (what leaves and what must not never share a folder). A
    /// demonstration key may be readable by all, and works for [`KeyUse::Demonstration`] only.
    pub fn read(path: &Path, usage: KeyUse, forbidden: &[&Path], unlock: &dyn Unlock) -> Result<Self, Refusal> {
        let shown = path.display();
        let file = File::open(path).map_err(|error| cannot_open(path, &error))?;
        if let Some(folder) = forbidden.iter().find(|folder| is_inside(path, folder)) {
            return Err(Refusal::new("nothing was written, because the pseudonym key lies where returns are written")
                .because(format!("{shown} is inside {}, from which files leave", folder.display()))
                .hint("move the key to a folder of its own, and say where it is with `--key FILE`"));
        }
        let found = file::read(&file).map_err(|fault| malformed(path, fault))?;
        if let Found::Plain(key) = &found
            && key.demonstration
        {
            if usage == KeyUse::Real {
                return Err(Refusal::new("nothing was written, because a demonstration key protects nobody")
                    .because(format!("{shown} says that it is for demonstrations, and this pipeline is not one"))
                    .hint("make a key of your own with `quarterday key new`, or say where it is with `--key FILE`"));
            }
        } else {
            is_kept_well(path, &file)?;
        }
        open(path, found, unlock)
    }

    /// Makes a new key in a file that only its owner can read, wrapped where there is a passphrase.
    /// Refused where the file exists, and where a service copies its folder away.
    pub fn create(path: &Path, usage: KeyUse, passphrase: Option<&Passphrase>) -> Result<Self, Refusal> {
        let demonstration = usage == KeyUse::Demonstration;
        let mut secret = SecretBox::<[u8; 32]>::default();
        file::random(&mut secret).map_err(|error| {
            Refusal::new("no key was made, because the computer gave no random numbers").because(error)
        })?;
        let key = Self { secret, demonstration, salts: BTreeMap::new() };
        key.keep(path, passphrase)?;
        Ok(key)
    }

    /// Writes the key to a new file, as [`Key::create`] does.
    pub fn keep(&self, path: &Path, passphrase: Option<&Passphrase>) -> Result<(), Refusal> {
        if !self.demonstration
            && let Some(service) = service(path)
        {
            return Err(in_the_cloud("no key was made, because", path, service));
        }
        write_new(path, "no key was made", |file| file::write(self, passphrase, file))
    }

    /// Writes the recovery sheet of the key: a page to print, from which a lost key is made again.
    pub fn write_sheet(&self, path: &Path) -> Result<(), Refusal> {
        if let Some(service) = service(path) {
            return Err(in_the_cloud("no recovery sheet was written, because", path, service));
        }
        write_new(path, "no recovery sheet was written", |file| file::write_sheet(self, &self.id(), file))
    }

    /// The key with the salt of each recipient who has one, by its code. Refused where two have the same,
    /// since they could put what they get together.
    pub fn with_salts(mut self, salts: Vec<(String, Salt)>) -> Result<Self, Refusal> {
        for (recipient, salt) in salts {
            if let Some((other, _)) = self.salts.iter().find(|(_, other)| other.is_same(&salt)) {
                return Err(Refusal::new("nothing was written, because two recipients have one salt")
                    .because(format!("`{other}` and `{recipient}` could put what they get together"))
                    .hint("give each a salt of its own"));
            }
            self.salts.insert(recipient, Arc::new(salt));
        }
        Ok(self)
    }

    /// Whether both are the same key.
    pub fn is_same(&self, other: &Self) -> bool {
        self.demonstration == other.demonstration && self.secret.expose_secret() == other.secret.expose_secret()
    }

    /// What is wrong with a key file, a sentence each; nothing where all is well. With a sheet, whether
    /// the key could be made again from it.
    pub fn check(path: &Path, sheet: Option<&Path>, unlock: &dyn Unlock) -> Result<Vec<String>, Refusal> {
        let mut problems = Vec::new();
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) => return Ok(cannot_open(path, &error).because),
        };
        let key = match file::read(&file) {
            Ok(Found::Plain(key)) => Some(key),
            Ok(Found::Wrapped(text)) => {
                let opened = file::unwrap(&text, &unlock.passphrase(path)?);
                opened.map_err(|fault| problems.push(fault.to_string())).ok()
            }
            Err(fault) => {
                problems.push(fault.to_string());
                None
            }
        };
        if key.as_ref().is_none_or(|key| !key.demonstration) {
            match permissions::readers(&file, path) {
                Ok(readers) if readers.is_empty() => {}
                Ok(readers) => {
                    let who = qd_model::words::list(&readers);
                    problems.push(format!("it can be read by {who}: {}", permissions::remedy(path)));
                }
                Err(error) => problems.push(format!("it cannot be told who can read it: {error}")),
            }
            problems.extend(service(path).map(|service| format!("it lies in a folder that is copied to {service}")));
        }
        if let (Some(key), Some(sheet)) = (key, sheet) {
            problems.extend(proves(&key, sheet));
        }
        Ok(problems)
    }

    /// Whether this is a key for invented people, which anyone may know.
    pub fn is_demonstration(&self) -> bool {
        self.demonstration
    }

    /// The key's public name.
    pub fn id(&self) -> KeyId {
        let digest = blake3::derive_key(ID_CONTEXT, self.secret.expose_secret());
        KeyId(domain::text(&digest)[..10].to_owned())
    }

    /// The lead's own domain: person ids, and digests of identifiers that stay in the house.
    pub fn for_lead(&self, programme: &str) -> DomainKey {
        self.domain("lead", &[programme])
    }

    /// The domain of one recipient of one programme. Pseudonyms of two recipients, and of two
    /// epochs of one recipient, never match.
    pub fn for_recipient(&self, programme: &str, recipient: &str, epoch: u32) -> DomainKey {
        let domain = self.domain("recipient", &[programme, recipient, &epoch.to_string()]);
        domain.with_salt(self.salts.get(recipient).cloned())
    }

    /// A key that tests can name.
    #[cfg(test)]
    pub(crate) fn of(byte: u8) -> Self {
        let secret = SecretBox::init_with_mut(|secret: &mut [u8; 32]| secret.fill(byte));
        Self { secret, demonstration: true, salts: BTreeMap::new() }
    }

    fn domain(&self, kind: &str, parts: &[&str]) -> DomainKey {
        let root = DomainKey::new(blake3::derive_key(DOMAIN_CONTEXT, self.secret.expose_secret()));
        DomainKey::new(root.digest(kind, parts))
    }
}

/// The key that was found, opened where it is wrapped.
fn open(path: &Path, found: Found, unlock: &dyn Unlock) -> Result<Key, Refusal> {
    match found {
        Found::Plain(key) => Ok(key),
        Found::Wrapped(text) => {
            let passphrase = unlock.passphrase(path)?;
            file::unwrap(&text, &passphrase).map_err(|fault| match fault {
                Fault::WrongPassphrase => Refusal::new("nothing was written, because the passphrase does not open the key")
                    .because(format!("{}: {fault}", path.display()))
                    .hint("type the passphrase again; where it is forgotten, `quarterday key restore` makes the key from its recovery sheet"),
                fault => malformed(path, fault),
            })
        }
    }
}

/// Refuses a key that others can read, or that a service copies away.
fn is_kept_well(path: &Path, file: &File) -> Result<(), Refusal> {
    if let Some(service) = service(path) {
        return Err(in_the_cloud("nothing was written, because", path, service));
    }
    let readers = permissions::readers(file, path).map_err(|error| unknown_readers(path, &error))?;
    if readers.is_empty() {
        return Ok(());
    }
    Err(Refusal::new("nothing was written, because others can read the pseudonym key")
        .because(format!("{} can be read by {}", path.display(), qd_model::words::list(&readers)))
        .hint(permissions::remedy(path))
        .hint("If others may have seen it already, ask your data protection officer whether to change it"))
}

/// The service that copies a file's folder away, by the path as named or as it really is.
fn service(path: &Path) -> Option<&'static str> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    synchronised::service(&absolute).or_else(|| synchronised::service(&real(path)))
}

fn in_the_cloud(what: &str, path: &Path, service: &str) -> Refusal {
    Refusal::new(format!("{what} {service} would copy it to other computers"))
        .because(format!("{} lies in a folder that is copied to {service}", path.display()))
        .hint("keep keys on this computer's own disk, in a folder that only you can open")
        .hint("If a key has lain there, ask your data protection officer whether to change it")
}

/// What a sheet does not prove about a key, if anything.
fn proves(key: &Key, sheet: &Path) -> Option<String> {
    let shown = sheet.display();
    let file = match File::open(sheet) {
        Ok(file) => file,
        Err(error) => return Some(format!("the sheet {shown} cannot be opened: {error}")),
    };
    match file::read(&file) {
        Ok(Found::Plain(other)) if other.is_same(key) => None,
        Ok(Found::Plain(other)) => {
            Some(format!("the sheet {shown} is of the key {}, and this is {}", other.id(), key.id()))
        }
        Ok(Found::Wrapped(_)) => Some(format!("{shown} is a wrapped key file and no sheet")),
        Err(fault) => Some(format!("the sheet {shown} does not make the key: {fault}")),
    }
}

/// Writes a new file that nobody but its owner can read, such as the way from old pseudonyms to new ones.
/// Refused where the file exists.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Refusal> {
    use std::io::Write;
    write_new(path, "nothing was written", |mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
}

/// Writes a new file that nobody but its owner can read.
fn write_new(path: &Path, nothing: &str, write: impl FnOnce(File) -> io::Result<()>) -> Result<(), Refusal> {
    let shown = path.display();
    let written = permissions::create(path).and_then(|file| {
        // A file that could not be finished would look like a key, and keep its place.
        write(file).inspect_err(|_| drop(std::fs::remove_file(path)))
    });
    match written {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Err(Refusal::new(format!("{nothing}, because {shown} is there already"))
                .hint("A key that is written over is lost, and with it the link between quarters")
                .hint("choose another name, or look at it with `quarterday key check`"))
        }
        Err(error) => Err(Refusal::new(format!("{nothing}, because {shown} cannot be written"))
            .because(error)
            .hint("choose a folder that exists and that you may write to")),
    }
}

fn cannot_open(path: &Path, error: &io::Error) -> Refusal {
    let shown = path.display();
    if error.kind() == ErrorKind::NotFound {
        return Refusal::new("nothing was written, because no pseudonym key was found")
            .because(format!("{shown} is not there"))
            .hint("make one with `quarterday key new`, or say where it is with `--key FILE`")
            .hint("The same key must be used every quarter, or people will look new");
    }
    Refusal::new("nothing was written, because the pseudonym key cannot be read")
        .because(format!("{shown} cannot be opened: {error}"))
        .hint("see that the file is yours and not open elsewhere, or name another with `--key FILE`")
}

fn malformed(path: &Path, fault: Fault) -> Refusal {
    Refusal::new("nothing was written, because the pseudonym key cannot be read")
        .because(format!("{}: {fault}", path.display()))
        .hint("put back the copy that was kept when the key was made; never mend a key by hand")
        .hint("A new key would make everybody look new")
}

fn unknown_readers(path: &Path, error: &io::Error) -> Refusal {
    Refusal::new("nothing was written, because it cannot be told who can read the pseudonym key")
        .because(format!("{}: {error}", path.display()))
        .hint("keep the key on this computer's own disk, in a folder that only you can open")
}

/// Whether a file lies in a folder or below it, by either its own place or that which it links to.
fn is_inside(path: &Path, folder: &Path) -> bool {
    let folder = real(folder);
    let own = path.parent().map(|parent| real(if parent.as_os_str().is_empty() { Path::new(".") } else { parent }));
    real(path).starts_with(&folder) || own.is_some_and(|own| own.starts_with(&folder))
}

/// The path without links and dots, as far as it exists.
fn real(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let existing = absolute.ancestors().find_map(|part| Some((part, part.canonicalize().ok()?)));
    match existing {
        Some((part, canonical)) => absolute.strip_prefix(part).map_or(canonical.clone(), |rest| canonical.join(rest)),
        None => absolute,
    }
}

#[cfg(test)]
mod tests;
