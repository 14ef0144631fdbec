//! Where a format's bytes come from: a file, or a table that was unfolded from a packed one.

use crate::source::Look;
use std::fs::File;
use std::io::{Cursor, Read, Result, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The bytes of a table's file. They can be read from their beginning as often as needed.
#[derive(Debug, Clone)]
pub(crate) enum Input {
    /// A file on disk, and how much of it is looked at for its encoding.
    File(PathBuf, Look),
    /// What was unfolded, and how many times something was: a packed file may hold a packed file.
    Unfolded(Unfolded, u8),
}

/// Unfolded bytes, shared between all who read them.
#[derive(Debug, Clone)]
pub(crate) struct Unfolded(Arc<Vec<u8>>);

impl Unfolded {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self(Arc::new(bytes))
    }
}

impl AsRef<[u8]> for Unfolded {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Input {
    pub(crate) fn file(path: &Path, look: Look) -> Self {
        Self::File(path.to_owned(), look)
    }

    /// How much is looked at for the encoding; of what was unfolded always all, since it is small.
    pub(super) fn look(&self) -> Look {
        match self {
            Self::File(_, look) => *look,
            Self::Unfolded(..) => Look::Whole,
        }
    }

    /// What was unfolded from this input.
    pub(super) fn unfolded(&self, bytes: Vec<u8>) -> Self {
        Self::Unfolded(Unfolded::new(bytes), self.depth() + 1)
    }

    /// How many times something was unfolded to come here.
    pub(super) fn depth(&self) -> u8 {
        match self {
            Self::File(..) => 0,
            Self::Unfolded(_, depth) => *depth,
        }
    }

    /// How many bytes there are.
    pub(super) fn size(&self) -> Result<u64> {
        match self {
            Self::File(path, _) => Ok(std::fs::metadata(path)?.len()),
            Self::Unfolded(bytes, _) => Ok(bytes.0.len() as u64),
        }
    }

    /// The bytes, from the beginning.
    pub(super) fn open(&self) -> Result<Bytes> {
        match self {
            Self::File(path, _) => {
                let file = File::open(path)?;
                if file.metadata()?.is_dir() {
                    Err(std::io::ErrorKind::IsADirectory.into())
                } else {
                    Ok(Bytes::File(file))
                }
            }
            Self::Unfolded(bytes, _) => Ok(Bytes::Unfolded(Cursor::new(bytes.clone()))),
        }
    }
}

/// The bytes of an input, as they are read.
#[derive(Debug)]
pub(super) enum Bytes {
    File(File),
    Unfolded(Cursor<Unfolded>),
}

impl Read for Bytes {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        match self {
            Self::File(file) => file.read(into),
            Self::Unfolded(cursor) => cursor.read(into),
        }
    }
}

impl Seek for Bytes {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        match self {
            Self::File(file) => file.seek(to),
            Self::Unfolded(cursor) => cursor.seek(to),
        }
    }
}
