//! Several files as one: a zip archive, the same bytes for the same files on any day.

use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// The bytes of an archive with the files in the order given.
pub fn archive(files: &[(String, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    // The archive's own clock begins on 1 January 1980; no other day belongs to what is in it.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o600);
    for (path, bytes) in files {
        writer.start_file(path.as_str(), options).expect("writing to memory cannot fail");
        writer.write_all(bytes).expect("writing to memory cannot fail");
    }
    writer.finish().expect("writing to memory cannot fail").into_inner()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn an_archive_gives_its_files_back_and_is_the_same_every_time() {
        let files = [("a.csv".to_owned(), b"x,y\r\n".as_slice()), ("deep/b.txt".to_owned(), b"".as_slice())];
        let bytes = archive(&files);
        assert_eq!(bytes, archive(&files));
        let mut read = zip::ZipArchive::new(Cursor::new(bytes)).expect("an archive");
        for (path, expected) in files {
            let mut found = Vec::new();
            read.by_name(&path).expect("there").read_to_end(&mut found).expect("whole");
            assert_eq!(found, expected);
        }
    }
}
