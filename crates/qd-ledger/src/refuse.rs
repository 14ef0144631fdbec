//! What people read when the ledger cannot be used.

use qd_model::Refusal;
use rusqlite::ErrorCode;
use std::path::Path;

/// `SQLite`'s own answer in plain words. None of ours hold a value of a row.
pub(crate) fn database(error: &rusqlite::Error) -> Refusal {
    let refusal = Refusal::new("nothing was changed, because the ledger cannot be used");
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => refusal
            .because("another program is working on it")
            .hint("close the program in which the ledger is open, then try again"),
        Some(ErrorCode::DiskFull) => refusal.because("the disk is full").hint("make room on the disk, then try again"),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => refusal
            .because("it may not be opened or written")
            .hint("check that you may read and write the private folder"),
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            refusal.because("the file is damaged").hint("put back a copy of the private folder from before")
        }
        _ => refusal.because(match error {
            rusqlite::Error::SqliteFailure(_, Some(said)) => said.clone(),
            other => other.to_string(),
        }),
    }
}

/// A file that could not be read or written.
pub(crate) fn file(path: &Path, error: &std::io::Error) -> Refusal {
    let words = error.to_string();
    let words = words.split(" (os error").next().unwrap_or_default().to_lowercase();
    let refusal = Refusal::new("nothing was changed, because the ledger cannot be used")
        .because(format!("{}: {words}", path.display()));
    match error.kind() {
        std::io::ErrorKind::StorageFull => refusal.hint("make room on the disk, then try again"),
        _ => refusal.hint("close the program in which it is open, and check that you may write there"),
    }
}

/// A ledger that a newer version of the program has written.
pub(crate) fn newer(path: &Path, found: u32, known: u32) -> Refusal {
    Refusal::new("nothing was changed, because the ledger was written by a newer version of Quarterday")
        .because(format!("{} has layout {found}, and this version knows {known}", path.display()))
        .hint("use the newer version; this one would lose what it does not know")
}

/// A ledger of an older version, which the next run brings up to date.
pub(crate) fn older(path: &Path) -> Refusal {
    Refusal::new("the ledger was written by an older version of Quarterday")
        .because(path.display())
        .hint("run the pipeline once with this version, which brings the ledger up to date, then try again")
}

/// A file under the ledger's name that is no ledger.
pub(crate) fn stranger(path: &Path) -> Refusal {
    Refusal::new("nothing was changed, because the ledger cannot be used")
        .because(format!("{} is no ledger of Quarterday", path.display()))
        .hint("put back a copy of the private folder from before")
}

/// A ledger that somebody has protected.
pub(crate) fn read_only(path: &Path) -> Refusal {
    Refusal::new("nothing was changed, because the ledger is read-only")
        .because(path.display())
        .hint("take the protection off the file, or work on a copy of the private folder with --state")
}

/// A ledger that another program is in the middle of changing.
pub(crate) fn open_elsewhere(path: &Path) -> Refusal {
    Refusal::new("nothing was changed, because the ledger is open in another program")
        .because(format!("{} is that program's unfinished work", path.display()))
        .hint("close the program, then try again")
}
