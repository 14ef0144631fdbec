//! The file: opened to be read, or copied to be changed.

use crate::{Ledger, Result, migrations, refuse};
use rusqlite::{Connection, OpenFlags};
use std::ffi::OsString;
use std::fs::File;
use std::io::ErrorKind;
use std::ops::Deref;
use std::path::{Path, PathBuf};

impl Ledger {
    /// Opens a ledger to be read. One that is not there yet is empty.
    pub fn read(path: &Path) -> Result<Self> {
        let db = match std::fs::metadata(path) {
            Ok(_) => {
                untouched(path)?;
                let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                Connection::open_with_flags(path, flags).map_err(|error| refuse::database(&error))?
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Connection::open_in_memory().map_err(|error| refuse::database(&error))?
            }
            Err(error) => return Err(refuse::file(path, &error)),
        };
        match migrations::layout(&db, path)? {
            0 => {
                let memory = Connection::open_in_memory().map_err(|error| refuse::database(&error))?;
                migrations::bring_up(&memory, path)?;
                Ok(Self { db: memory })
            }
            migrations::NEWEST => Ok(Self { db }),
            _ => Err(refuse::older(path)),
        }
    }

    /// Copies a ledger, or begins one, and opens the copy to be changed.
    pub fn copy(path: &Path, copy: &Path) -> Result<Change> {
        if std::fs::metadata(path).is_ok_and(|meta| meta.permissions().readonly()) {
            return Err(refuse::read_only(path));
        }
        untouched(path)?;
        let mut to = private_file(copy).map_err(|error| refuse::file(copy, &error))?;
        match File::open(path) {
            Ok(mut from) => {
                std::io::copy(&mut from, &mut to).map_err(|error| refuse::file(copy, &error))?;
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(refuse::file(path, &error)),
        }
        drop(to);
        let db = Connection::open(copy).map_err(|error| refuse::database(&error))?;
        // The copy is thrown away where anything fails, so that it needs no journal of its own.
        db.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA foreign_keys = ON;")
            .map_err(|error| refuse::database(&error))?;
        let sound: String =
            db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(|error| refuse::database(&error))?;
        if sound != "ok" {
            return Err(refuse::stranger(path));
        }
        migrations::bring_up(&db, path)?;
        db.execute_batch("BEGIN IMMEDIATE").map_err(|error| refuse::database(&error))?;
        Ok(Change { ledger: Ledger { db }, copy: copy.to_path_buf() })
    }
}

/// A copy of the ledger that is being changed, in one transaction.
pub struct Change {
    pub(crate) ledger: Ledger,
    copy: PathBuf,
}

impl Deref for Change {
    type Target = Ledger;

    fn deref(&self) -> &Ledger {
        &self.ledger
    }
}

impl Change {
    /// Ends the transaction. The copy is whole and on the disk, ready to be put in the ledger's place.
    pub fn finish(self) -> Result<PathBuf> {
        let Self { ledger, copy } = self;
        ledger.db.flush_prepared_statement_cache();
        ledger.db.execute_batch("COMMIT").map_err(|error| refuse::database(&error))?;
        ledger.db.close().map_err(|(_, error)| refuse::database(&error))?;
        let file = File::options().write(true).open(&copy);
        file.and_then(|file| file.sync_all()).map_err(|error| refuse::file(&copy, &error))?;
        Ok(copy)
    }
}

/// A file that only its owner can read. Windows gives one in the user's own profile to that user alone.
fn private_file(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

/// Refuses a ledger beside which another program's unfinished work lies.
fn untouched(path: &Path) -> Result<()> {
    for ending in ["-journal", "-wal"] {
        let mut name = OsString::from(path);
        name.push(ending);
        let beside = PathBuf::from(name);
        if std::fs::metadata(&beside).is_ok_and(|meta| meta.len() > 0) {
            return Err(refuse::open_elsewhere(&beside));
        }
    }
    Ok(())
}
