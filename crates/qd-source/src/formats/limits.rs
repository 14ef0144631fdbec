//! What a workbook may cost before a library sees it: a small file can unfold into any size.

use super::input::Input;
use crate::faults::{self, Trouble, damaged, too_large};
use std::io::{Cursor, Read};
use std::sync::atomic::{AtomicU64, Ordering};

pub(crate) const MIB: u64 = 1 << 20;
/// The largest file.
const FILE: u64 = 1024 * MIB;
/// The largest old workbook, which is read whole.
const OLD: u64 = 64 * MIB;
/// The most that is unfolded from a packed file, which is held in memory.
const UNFOLDED: u64 = 512 * MIB;
/// The most parts in a file.
const PARTS: u64 = 10_000;
/// The largest sheet once unfolded; sheets stream past and are never held whole.
const SHEET: u64 = 8192 * MIB;
/// The largest table of shared texts once unfolded.
const TEXTS: u64 = 1024 * MIB;
/// Any other part, whatever its name: a workbook may point anywhere.
const OTHER: u64 = 128 * MIB;
/// Deflate cannot unfold a byte into more than this many.
const MOST_PER_BYTE: u64 = 1032;

/// By how much every limit is raised.
static TIMES: AtomicU64 = AtomicU64::new(1);

/// Raises every limit on what a file may cost, for files that are large and trusted.
pub fn raise_limits(times: u32) {
    TIMES.store(u64::from(times.max(1)), Ordering::Relaxed);
}

/// By how much limits are raised.
pub(crate) fn times() -> u64 {
    TIMES.load(Ordering::Relaxed)
}

/// A limit, raised as it was asked for.
pub(crate) fn of(limit: u64) -> u64 {
    limit.saturating_mul(times())
}

/// The bytes of a file, if it is not too large.
pub(super) fn whole(input: &Input) -> Result<Vec<u8>, Trouble> {
    at_most(input, of(FILE), "is a workbook")
}

/// The same for an old workbook, of which the library makes much more than its bytes.
pub(super) fn whole_xls(input: &Input) -> Result<Vec<u8>, Trouble> {
    at_most(input, of(OLD), "is an old workbook")
}

fn at_most(input: &Input, most: u64, what: &str) -> Result<Vec<u8>, Trouble> {
    let read = || {
        let mut bytes = Vec::with_capacity(input.size()?.min(most) as usize);
        input.open()?.take(most + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().map_err(|error| faults::machine(&error))?;
    if bytes.len() as u64 > most { Err(limit(what, most)) } else { Ok(bytes) }
}

/// What a packed file unfolds into, if that and what came out of it `before` are not too large.
pub(super) fn unfold(packed: impl Read, before: u64, broken: impl FnOnce() -> Trouble) -> Result<Vec<u8>, Trouble> {
    let mut bytes = Vec::new();
    let most = of(UNFOLDED);
    match packed.take(most.saturating_sub(before) + 1).read_to_end(&mut bytes) {
        Ok(read) if read as u64 + before > most => Err(limit("unfolds into a table", most)),
        Ok(_) => Ok(bytes),
        Err(_) => Err(broken()),
    }
}

/// Looks at each part's size: as declared, and as counted where the packed size does not bound it.
pub(super) fn check(bytes: &[u8], kind: &str) -> Result<(), Trouble> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| damaged(kind))?;
    let most = of(PARTS);
    if archive.len() as u64 > most {
        return Err(too_large(&format!("is a workbook of more than {most} parts, which is the limit")));
    }
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).map_err(|_| damaged(kind))?;
        let name = part.name().map_err(|_| damaged(kind))?.to_lowercase();
        let (what, most) = match () {
            () if name.contains("worksheets/") => ("has a sheet", SHEET),
            () if name.contains("sharedstrings") => ("has a table of texts", TEXTS),
            () if name == "content.xml" => ("has a part with its sheets", TEXTS),
            () => ("has a part", OTHER),
        };
        let most = of(most);
        if part.size() > most {
            return Err(limit(what, most));
        }
        if part.compressed_size().saturating_mul(MOST_PER_BYTE) > most {
            let counted = std::io::copy(&mut (&mut part).take(most + 1), &mut std::io::sink());
            if counted.map_err(|_| damaged(kind))? > most {
                return Err(limit(what, most));
            }
        }
    }
    Ok(())
}

fn limit(what: &str, most: u64) -> Trouble {
    too_large(&format!("{what} larger than {} MiB, which is the limit", most / MIB))
}
