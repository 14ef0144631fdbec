//! Paths as the links and locations of reports write them.

use std::fmt::Write;
use std::path::Path;

/// A file as a link that a terminal or a browser opens. The path is an absolute one.
pub(crate) fn of_file(path: &Path) -> String {
    let path = encoded(&path.to_string_lossy());
    // A path on Windows begins with the letter of its drive.
    if path.starts_with('/') { format!("file://{path}") } else { format!("file:///{path}") }
}

/// A path as a reference within a repository; an absolute one stands for its file.
pub(crate) fn of_path(path: &str) -> String {
    if Path::new(path).is_absolute() {
        return of_file(Path::new(path));
    }
    encoded(path.trim_start_matches("./"))
}

/// Slashes stay, and the colon of a drive; all else that a URI could take for its own is encoded.
fn encoded(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for (at, byte) in path.bytes().enumerate() {
        let is_drive = byte == b':' && at == 1 && path.as_bytes()[0].is_ascii_alphabetic();
        match byte {
            b'\\' if cfg!(windows) => out.push('/'),
            b'/' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() || is_drive => out.push(char::from(byte)),
            byte => write!(out, "%{byte:02X}").expect("a string takes every text"),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_people_give_files_are_encoded() {
        assert_eq!(of_path("./returns/Fenland Welcome #2.xlsx"), "returns/Fenland%20Welcome%20%232.xlsx");
        assert_eq!(of_path("é.csv"), "%C3%A9.csv");
        assert_eq!(of_file(Path::new("/home/a b/c.csv")), "file:///home/a%20b/c.csv");
        assert_eq!(of_file(Path::new("C:/c.csv")), "file:///C:/c.csv");
    }
}
