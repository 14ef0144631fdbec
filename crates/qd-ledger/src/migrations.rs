//! The ledger's layout, version by version. A layout that was published is never edited: the next one
//! is a further step.

use crate::{Result, refuse};
use rusqlite::Connection;
use std::path::Path;

/// Says that a `SQLite` file is a ledger of ours (`QDay`).
const APPLICATION: i32 = 0x5144_6179;

/// The step to each layout from the one before; the first makes an empty ledger.
const STEPS: &[&str] = &[include_str!("migrations/1.sql")];

/// The newest layout that this version knows.
pub(crate) const NEWEST: u32 = STEPS.len() as u32;

/// Brings a ledger to the newest layout.
pub(crate) fn bring_up(db: &Connection, path: &Path) -> Result<()> {
    let at = layout(db, path)?;
    for (index, step) in STEPS.iter().enumerate().skip(at as usize) {
        let version = index + 1;
        let step = format!("{step}; PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {version};");
        db.execute_batch(&step).map_err(|error| refuse::database(&error))?;
    }
    Ok(())
}

/// The layout of a ledger; 0 is a file with nothing in it.
pub(crate) fn layout(db: &Connection, path: &Path) -> Result<u32> {
    let ask = |name: &str| db.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let (application, version) = ask("application_id")
        .and_then(|application| Ok((application, ask("user_version")?)))
        .map_err(|error| refuse::database(&error))?;
    let tables: i64 = db
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(|error| refuse::database(&error))?;
    if tables == 0 && version == 0 {
        return Ok(0);
    }
    if application != APPLICATION {
        return Err(refuse::stranger(path));
    }
    match u32::try_from(version) {
        Ok(version) if version > NEWEST => Err(refuse::newer(path, version, NEWEST)),
        Ok(version) => Ok(version),
        Err(_) => Err(refuse::stranger(path)),
    }
}
