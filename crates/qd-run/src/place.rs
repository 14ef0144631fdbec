//! Files put in place: everything is written beside its place, synced, and then put there in one
//! step per folder or file. A journal lets the next run finish what a killed one had begun to put in
//! place.

mod system;

use crate::load::plain;
use qd_model::Refusal;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

const JOURNAL: &str = "journal.json";

/// The place beside the place: `private/<pipeline>/.staging`, held by one run at a time.
pub(crate) struct Staging {
    folder: PathBuf,
    private: PathBuf,
    moves: Vec<Move>,
    /// Locked for as long as the run has the staging folder.
    _lock: File,
}

/// One folder or file on its way.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
struct Move {
    staged: PathBuf,
    place: PathBuf,
    /// What tells a folder from the one that it takes the place of; absent for a file, which is no
    /// longer beside its place once it is there.
    folder: Option<Marks>,
}

/// What a new folder is known by.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
struct Marks {
    /// What the system knows the folder by, where it has such a thing.
    identity: Option<u64>,
    /// The file of the folder that was written last, and its digest: for systems without an identity.
    marker: String,
    digest: String,
}

/// A file to be written.
pub(crate) struct NewFile {
    /// Relative to the folder.
    pub(crate) path: String,
    pub(crate) bytes: Vec<u8>,
}

/// A file that lies in the staging folder already, since it may be too large to be held in memory
/// until the others are written.
pub(crate) struct MadeFile {
    /// Where it is at present.
    at: PathBuf,
    pub(crate) listed: Listed,
}

/// A file as manifests list it.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    /// Relative to the folder.
    pub(crate) path: String,
    pub(crate) bytes: u64,
    pub(crate) blake3: String,
}

impl NewFile {
    pub(crate) fn listed(&self) -> Listed {
        let blake3 = blake3::hash(&self.bytes).to_hex().to_string();
        Listed { path: self.path.clone(), bytes: self.bytes.len() as u64, blake3 }
    }
}

impl Listed {
    pub(crate) fn json(&self) -> Value {
        json!({ "path": self.path, "bytes": self.bytes, "blake3": self.blake3 })
    }
}

/// A file in the staging folder while it is written.
pub(crate) struct Spool {
    at: PathBuf,
    file: BufWriter<File>,
    hasher: blake3::Hasher,
}

/// How much of a file is gathered before it is written and hashed.
const GATHERED: usize = 1 << 18;

impl Spool {
    /// The file, whole and on the disk, which will have this path in its folder.
    pub(crate) fn finish(self, path: String) -> Result<MadeFile, Refusal> {
        let Self { at, file, hasher } = self;
        let synced = file.into_inner().map_err(std::io::IntoInnerError::into_error).and_then(|file| file.sync_all());
        synced.map_err(|error| no_room(&at, &error))?;
        let listed = Listed { path, bytes: hasher.count(), blake3: hasher.finalize().to_hex().to_string() };
        Ok(MadeFile { at, listed })
    }

    /// Why it could not be written.
    pub(crate) fn refusal(&self, error: &std::io::Error) -> Refusal {
        no_room(&self.at, error)
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

impl Staging {
    /// Takes the staging folder, finishing first what a killed run had begun to put in place.
    pub(crate) fn begin(private: &Path) -> Result<Self, Refusal> {
        let refuse = |path: &Path, error: &std::io::Error| {
            Refusal::new("nothing was written, because the private folder cannot be used")
                .because(format!("{}: {}", path.display(), plain(error)))
                .hint("check that you may write there, or name another folder with --state")
        };
        system::create_private(private).map_err(|error| refuse(private, &error))?;
        let lock_path = private.join(".lock");
        let lock =
            File::options().create(true).append(true).open(&lock_path).map_err(|error| refuse(&lock_path, &error))?;
        if lock.try_lock().is_err() {
            return Err(Refusal::new("nothing was written, because another run of this pipeline is at work")
                .hint("wait until it is done, then run again"));
        }
        // Git must not take up what never leaves, wherever the folder was put.
        let ignore = private.join(".gitignore");
        std::fs::write(&ignore, "*\n").map_err(|error| refuse(&ignore, &error))?;
        // Absolute, since a journal may be finished by a run that was started elsewhere.
        let folder = std::path::absolute(private.join(".staging")).map_err(|error| refuse(private, &error))?;
        recover(&folder)?;
        system::create_private(&folder).map_err(|error| refuse(&folder, &error))?;
        Ok(Self { folder, private: private.to_path_buf(), moves: Vec::new(), _lock: lock })
    }

    /// Writes a folder's files beside its place. The last file is the one that tells it from others.
    pub(crate) fn add(&mut self, place: &Path, files: &[NewFile]) -> Result<(), Refusal> {
        let last = files.last().expect("a folder has at least the file that describes it");
        let staged = self.folder.join(self.moves.len().to_string());
        let place = ready(place).map_err(|error| no_room(place, &error))?;
        write_all(&staged, files).map_err(|(path, error)| no_room(&path, &error))?;
        let marks = Marks {
            identity: system::identity(&staged),
            marker: last.path.clone(),
            digest: blake3::hash(&last.bytes).to_hex().to_string(),
        };
        self.moves.push(Move { staged, place, folder: Some(marks) });
        Ok(())
    }

    /// The same where some of the folder's files are made already.
    pub(crate) fn add_with(&mut self, place: &Path, files: &[NewFile], made: Vec<MadeFile>) -> Result<(), Refusal> {
        let staged = self.folder.join(self.moves.len().to_string());
        for file in made {
            let path = staged.join(&file.listed.path);
            let parent = path.parent().unwrap_or(&staged);
            let moved = std::fs::create_dir_all(parent).and_then(|()| std::fs::rename(&file.at, &path));
            moved.map_err(|error| no_room(&path, &error))?;
        }
        self.add(place, files)
    }

    /// A file in the staging folder, to be written piece by piece. No two may have one name.
    pub(crate) fn spool(&self, name: &str) -> Result<Spool, Refusal> {
        let at = self.folder.join(format!("spool-{name}"));
        let file = File::create(&at).map_err(|error| no_room(&at, &error))?;
        Ok(Spool { file: BufWriter::with_capacity(GATHERED, file), at, hasher: blake3::Hasher::new() })
    }

    /// The same for files that nobody is to change afterwards.
    pub(crate) fn add_protected(&mut self, place: &Path, files: &[NewFile]) -> Result<(), Refusal> {
        self.add(place, files)?;
        let staged = &self.moves.last().expect("one was added").staged;
        for file in files {
            let path = staged.join(&file.path);
            let protected = std::fs::metadata(&path).and_then(|meta| {
                let mut permissions = meta.permissions();
                permissions.set_readonly(true);
                std::fs::set_permissions(&path, permissions)
            });
            protected.map_err(|error| no_room(&path, &error))?;
        }
        Ok(())
    }

    /// A path in the staging folder at which a file can be made that [`Staging::add_file`] takes.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Takes a file that was made [`Staging::beside`] its place and is on the disk.
    pub(crate) fn add_file(&mut self, place: &Path, made: PathBuf) -> Result<(), Refusal> {
        let place = std::path::absolute(place).map_err(|error| no_room(place, &error))?;
        self.moves.push(Move { staged: made, place, folder: None });
        Ok(())
    }

    /// Puts every folder in its place. From the moment that the journal is written, the next run
    /// would finish what this one does not.
    pub(crate) fn put_in_place(self) -> Result<(), Refusal> {
        let journal = self.folder.join(JOURNAL);
        let beside = self.folder.join("journal.new");
        let text = serde_json::to_vec(&self.moves).expect("a plain structure");
        let written = write_file(&beside, &text).and_then(|()| std::fs::rename(&beside, &journal));
        written.map_err(|error| no_room(&journal, &error))?;
        system::sync_folder(&self.folder);
        for step in &self.moves {
            step.carry_out().map_err(|error| {
                Refusal::new("not everything could be put in place")
                    .because(format!("{}: {}", step.place.display(), plain(&error)))
                    .hint("close files of that folder that are open elsewhere and check that you may write there, then run again: the next run finishes the work")
            })?;
        }
        // What is left are the folders that were replaced.
        if std::fs::remove_dir_all(&self.folder).is_ok() {
            system::sync_folder(&self.private);
        }
        Ok(())
    }
}

/// What was staged and never journalled goes with the run that gave up.
impl Drop for Staging {
    fn drop(&mut self) {
        if !self.folder.join(JOURNAL).exists() {
            // What cannot be removed now, the next run removes.
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

fn no_room(path: &Path, error: &std::io::Error) -> Refusal {
    let refusal = Refusal::new("nothing was put in place, because a file could not be written")
        .because(format!("{}: {}", path.display(), plain(error)))
        .hint("what was there before is unchanged");
    if error.kind() == ErrorKind::StorageFull { refusal.hint("make room on the disk, then run again") } else { refusal }
}

/// The place in full, with the folders above it made, so that putting something there cannot fail
/// for want of them once the work is done.
fn ready(place: &Path) -> std::io::Result<PathBuf> {
    let place = std::path::absolute(place)?;
    std::fs::create_dir_all(place.parent().unwrap_or(Path::new(".")))?;
    if place.exists() && !place.is_dir() {
        return Err(std::io::Error::new(ErrorKind::NotADirectory, "a file stands where a folder belongs"));
    }
    Ok(place)
}

/// Finishes or clears what a killed run left.
fn recover(folder: &Path) -> Result<(), Refusal> {
    let refuse = |place: &Path, error: &std::io::Error| {
        Refusal::new("an earlier run did not end, and what it left could not be put in place")
            .because(format!("{}: {}", place.display(), plain(error)))
            .hint(
                "close files of that folder that are open elsewhere and check that you may write there, then run again",
            )
            .hint(format!("to give up what that run made, remove {}", folder.display()))
    };
    let journal = folder.join(JOURNAL);
    match std::fs::read(&journal) {
        Ok(bytes) => {
            let moves: Vec<Move> = serde_json::from_slice(&bytes)
                .map_err(|_| refuse(&journal, &std::io::Error::other("the journal is not readable")))?;
            for step in moves.iter().filter(|step| !step.is_done()) {
                step.carry_out().map_err(|error| refuse(&step.place, &error))?;
            }
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(refuse(&journal, &error)),
    }
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(refuse(folder, &error)),
        _ => Ok(()),
    }
}

impl Move {
    /// Whether a run that died had already put it in its place.
    fn is_done(&self) -> bool {
        if !self.staged.exists() {
            return true;
        }
        let Some(marks) = &self.folder else { return false };
        match marks.identity {
            Some(identity) => system::identity(&self.place) == Some(identity),
            None => std::fs::read(self.place.join(&marks.marker))
                .is_ok_and(|bytes| blake3::hash(&bytes).to_hex().to_string() == marks.digest),
        }
    }

    /// Exchanges the staged folder and the one in place, or puts a file in the place of the one there.
    fn carry_out(&self) -> std::io::Result<()> {
        let parent = self.place.parent().unwrap_or(Path::new("."));
        let done = match &self.folder {
            Some(_) => system::exchange(&self.staged, &self.place),
            None => std::fs::rename(&self.staged, &self.place),
        };
        match done {
            Err(error) if error.kind() == ErrorKind::CrossesDevices => self.carry_across()?,
            done => done?,
        }
        system::sync_folder(parent);
        Ok(())
    }

    /// The staging folder is on another disk: the folder is copied beside its place first.
    fn carry_across(&self) -> std::io::Result<()> {
        let mut name = std::ffi::OsString::from(".new-");
        name.push(self.place.file_name().unwrap_or_default());
        let beside = self.place.with_file_name(name);
        if beside.exists() {
            std::fs::remove_dir_all(&beside)?;
        }
        copy_folder(&self.staged, &beside)?;
        system::exchange(&beside, &self.place)?;
        if beside.exists() {
            std::fs::remove_dir_all(&beside)?;
        }
        Ok(())
    }
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), &target)?;
            File::open(&target)?.sync_all()?;
        }
    }
    system::sync_folder(to);
    Ok(())
}

fn write_all(folder: &Path, files: &[NewFile]) -> Result<(), (PathBuf, std::io::Error)> {
    std::fs::create_dir_all(folder).map_err(|error| (folder.to_path_buf(), error))?;
    let (last, others) = files.split_last().expect("checked by the caller");
    let write = |file: &NewFile| {
        let path = folder.join(&file.path);
        let parent = path.parent().unwrap_or(folder);
        std::fs::create_dir_all(parent).and_then(|()| write_file(&path, &file.bytes)).map_err(|error| (path, error))
    };
    others.par_iter().try_for_each(write)?;
    write(last)?;
    system::sync_folder(folder);
    Ok(())
}

fn write_file(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(text: &str) -> Vec<NewFile> {
        let file = |path: &str| NewFile { path: path.to_owned(), bytes: text.as_bytes().to_vec() };
        vec![file("a/one.txt"), file("last.txt")]
    }

    fn put(private: &Path, place: &Path, text: &str) {
        let mut staging = Staging::begin(private).expect("free");
        staging.add(place, &files(text)).expect("written");
        staging.put_in_place().expect("put");
    }

    #[test]
    fn a_folder_is_replaced_whole() {
        let home = tempfile::tempdir().expect("a folder");
        let (private, place) = (home.path().join("private"), home.path().join("out/draft"));
        put(&private, &place, "old");
        std::fs::write(place.join("left over.txt"), "x").expect("written");
        put(&private, &place, "new");
        assert_eq!(std::fs::read_to_string(place.join("a/one.txt")).expect("there"), "new");
        assert!(!place.join("left over.txt").exists(), "the old folder is gone whole");
        // The same again heals what was changed in between.
        std::fs::write(place.join("a/one.txt"), "changed").expect("written");
        put(&private, &place, "new");
        assert_eq!(std::fs::read_to_string(place.join("a/one.txt")).expect("there"), "new");
        assert!(!private.join(".staging").exists(), "nothing is left beside the place");
    }

    #[test]
    fn a_file_that_is_made_already_takes_its_place_among_others() {
        let home = tempfile::tempdir().expect("a folder");
        let (private, place) = (home.path().join("private"), home.path().join("out/draft"));
        let mut staging = Staging::begin(&private).expect("free");
        let mut spool = staging.spool("large").expect("made");
        spool.write_all(b"one, ").expect("written");
        spool.write_all(b"two").expect("written");
        let made = spool.finish("b/large.txt".to_owned()).expect("synced");
        let same = NewFile { path: "b/large.txt".to_owned(), bytes: b"one, two".to_vec() };
        assert_eq!(made.listed.json(), same.listed().json());
        staging.add_with(&place, &files("new"), vec![made]).expect("written");
        staging.put_in_place().expect("put");
        assert_eq!(std::fs::read_to_string(place.join("b/large.txt")).expect("there"), "one, two");
        assert_eq!(std::fs::read_to_string(place.join("a/one.txt")).expect("there"), "new");
    }

    #[test]
    fn what_was_staged_without_a_journal_is_cleared() {
        let home = tempfile::tempdir().expect("a folder");
        let (private, place) = (home.path().join("private"), home.path().join("out/draft"));
        put(&private, &place, "old");
        let mut staging = Staging::begin(&private).expect("free");
        staging.add(&place, &files("new")).expect("written");
        drop(staging);
        drop(Staging::begin(&private).expect("free"));
        assert_eq!(std::fs::read_to_string(place.join("last.txt")).expect("there"), "old");
    }

    #[test]
    fn what_was_journalled_is_finished_by_the_next_run() {
        let home = tempfile::tempdir().expect("a folder");
        let (private, place, other) =
            (home.path().join("private"), home.path().join("out/draft"), home.path().join("out/other"));
        put(&private, &place, "old");
        let mut staging = Staging::begin(&private).expect("free");
        staging.add(&place, &files("new")).expect("written");
        staging.add(&other, &files("new")).expect("written");
        let text = serde_json::to_vec(&staging.moves).expect("plain");
        std::fs::write(staging.folder.join(JOURNAL), text).expect("written");
        // As if the run had died after the first of its two steps.
        staging.moves[0].carry_out().expect("put");
        drop(staging);
        drop(Staging::begin(&private).expect("free"));
        for place in [place, other] {
            assert_eq!(std::fs::read_to_string(place.join("last.txt")).expect("there"), "new");
        }
    }

    #[test]
    fn two_runs_at_once_are_refused() {
        let home = tempfile::tempdir().expect("a folder");
        let first = Staging::begin(home.path()).expect("free");
        assert!(Staging::begin(home.path()).is_err());
        drop(first);
        assert!(Staging::begin(home.path()).is_ok());
    }
}
