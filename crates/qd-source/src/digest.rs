//! The digest of a file's bytes.

use std::fs::File;
use std::io::{Read, Result};
use std::path::Path;

/// The most bytes that are read at a time.
const PIECE: u64 = 1 << 20;

/// BLAKE3 of a file's bytes in hexadecimal, and the number of bytes, read in pieces.
pub fn digest(path: &Path) -> Result<(String, u64)> {
    let mut file = File::open(path)?;
    let mut hasher = blake3::Hasher::new();
    // Most files are small, and room that is touched for the first time costs more than reading them.
    let size = file.metadata()?.len().clamp(1, PIECE);
    let mut piece = vec![0; size as usize];
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            return Ok((hasher.finalize().to_hex().to_string(), hasher.count()));
        }
        hasher.update(&piece[..read]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_of_all_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let bytes = vec![7; 3 << 20];
        std::fs::write(&path, &bytes).unwrap();
        let expected = (blake3::hash(&bytes).to_hex().to_string(), bytes.len() as u64);
        assert_eq!(digest(&path).unwrap(), expected);
    }
}
