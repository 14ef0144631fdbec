//! The beginning of a file, and the names of a zip archive's parts: what formats are recognised by.

use super::input::Input;
use crate::guard;
use std::io::{Read, Result, Seek, SeekFrom};

/// How many bytes are looked at.
pub(super) const LENGTH: u64 = 64 * 1024;

/// How the container begins that Office used before 2007.
pub(super) const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// The beginning of a file.
pub(super) struct Head {
    pub(super) bytes: Vec<u8>,
    pub(super) zip: Zip,
}

/// Whether a file is a zip archive.
pub(super) enum Zip {
    No,
    /// It begins as one, and its directory cannot be read.
    Broken,
    /// The names of its parts.
    Parts(Vec<String>),
}

impl Head {
    pub(super) fn of(input: &Input) -> Result<Self> {
        let mut file = input.open()?;
        let mut bytes = Vec::new();
        (&mut file).take(LENGTH).read_to_end(&mut bytes)?;
        file.seek(SeekFrom::Start(0))?;
        let zip = if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
            // A library that stumbles over a hostile directory says as much as one that refuses it.
            let names = guard::guarded(|| {
                let archive = zip::ZipArchive::new(std::io::BufReader::new(file)).ok()?;
                archive.file_names().map(|name| name.ok().map(std::borrow::Cow::into_owned)).collect::<Option<Vec<_>>>()
            });
            names.flatten().map_or(Zip::Broken, Zip::Parts)
        } else {
            Zip::No
        };
        Ok(Self { bytes, zip })
    }

    /// Whether the zip archive has a part of which the name begins so.
    pub(super) fn has_part(&self, start: &str) -> bool {
        match &self.zip {
            Zip::Parts(parts) => {
                parts.iter().any(|part| part.trim_start_matches('/').to_lowercase().starts_with(start))
            }
            _ => false,
        }
    }

    /// Whether the file is an `OpenDocument` of this kind.
    pub(super) fn is_opendocument(&self, kind: &str) -> bool {
        let of = format!("application/vnd.oasis.opendocument.{kind}");
        matches!(self.zip, Zip::Parts(_)) && memchr::memmem::find(&self.bytes, of.as_bytes()).is_some()
    }

    pub(super) fn starts_with(&self, magic: &[u8]) -> bool {
        self.bytes.starts_with(magic)
    }
}
