//! Who can read a key file, on Unix and on Windows, and how one is made that only its owner can read.

#[cfg(unix)]
pub(super) use unix::{create, readers, remedy};
#[cfg(windows)]
pub(super) use windows::{create, readers, remedy};

#[cfg(unix)]
mod unix {
    use std::fs::{File, OpenOptions};
    use std::io;
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    use std::path::Path;

    /// Who besides the owner may do anything with an open file.
    pub(in super::super) fn readers(file: &File, _path: &Path) -> io::Result<Vec<&'static str>> {
        let mode = file.metadata()?.permissions().mode();
        let sets = [(0o070, "its group"), (0o007, "everybody on this computer")];
        Ok(sets.into_iter().filter(|(bits, _)| mode & bits != 0).map(|(_, who)| who).collect())
    }

    /// What to do where others can read it.
    pub(in super::super) fn remedy(path: &Path) -> String {
        format!("keep it to yourself with `chmod 600 {}`", path.display())
    }

    /// A new, empty file that nobody but its owner could read at any moment.
    pub(in super::super) fn create(path: &Path) -> io::Result<File> {
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
    }
}

#[cfg(windows)]
mod windows {
    use std::fs::{File, OpenOptions};
    use std::io;
    use std::path::Path;
    use std::process::Command;

    /// Which wide groups may do anything with a file, as `icacls` tells it.
    pub(in super::super) fn readers(_file: &File, path: &Path) -> io::Result<Vec<&'static str>> {
        let saved = tempfile::NamedTempFile::new()?.into_temp_path();
        run(Command::new("icacls").arg(path).arg("/save").arg(&saved))?;
        let bytes = std::fs::read(&saved)?;
        let units = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        let text: String = char::decode_utf16(units).map(|unit| unit.unwrap_or('\u{fffd}')).collect();
        super::sddl_readers(&text).ok_or_else(|| io::Error::other("`icacls` gave no access list"))
    }

    /// What to do where others can read it.
    pub(in super::super) fn remedy(path: &Path) -> String {
        format!("keep it to yourself with `icacls \"{}\" /inheritance:r /grant:r %USERNAME%:F`", path.display())
    }

    /// A new, empty file that only its owner can read by the time it is answered.
    pub(in super::super) fn create(path: &Path) -> io::Result<File> {
        let file = OpenOptions::new().write(true).create_new(true).open(path)?;
        let who = String::from_utf8_lossy(&run(&mut Command::new("whoami"))?).trim().to_owned();
        let grant = format!("{who}:F");
        match run(Command::new("icacls").arg(path).args(["/inheritance:r", "/grant:r", &grant])) {
            Ok(_) => Ok(file),
            Err(error) => {
                drop(file);
                drop(std::fs::remove_file(path));
                Err(error)
            }
        }
    }

    fn run(command: &mut Command) -> io::Result<Vec<u8>> {
        let name = command.get_program().to_string_lossy().into_owned();
        let output = command.output()?;
        if output.status.success() { Ok(output.stdout) } else { Err(io::Error::other(format!("`{name}` failed"))) }
    }
}

/// The wide groups that an access list in SDDL lets in; `None` where the text holds no access list.
#[cfg(any(windows, test))]
fn sddl_readers(text: &str) -> Option<Vec<&'static str>> {
    const GROUPS: [(&str, &str, &str); 4] = [
        ("WD", "S-1-1-0", "Everyone"),
        ("BU", "S-1-5-32-545", "Users"),
        ("AU", "S-1-5-11", "Authenticated Users"),
        ("DU", "-513", "Domain Users"),
    ];
    // The text may begin with a byte order mark and the file's name; the list begins with "D:".
    let list = text.lines().map(str::trim).find(|line| line.starts_with("D:"))?;
    if list.contains("NO_ACCESS_CONTROL") {
        return Some(vec!["Everyone"]);
    }
    let allows = |entry: &str, short: &str, long: &str| {
        let parts: Vec<&str> = entry.split(';').collect();
        let trustee = parts.get(5).copied().unwrap_or_default();
        let is_group = trustee == short
            || if long.starts_with('S') {
                trustee == long
            } else {
                trustee.starts_with("S-1-5-21-") && trustee.ends_with(long)
            };
        matches!(parts[0], "A" | "OA" | "XA") && is_group
    };
    let entries: Vec<&str> = list.split('(').skip(1).filter_map(|entry| entry.split(')').next()).collect();
    let found = GROUPS.iter().filter(|(short, long, _)| entries.iter().any(|entry| allows(entry, short, long)));
    Some(found.map(|(_, _, name)| *name).collect())
}

#[cfg(test)]
mod tests {
    use super::sddl_readers;

    #[track_caller]
    fn check(text: &str, expected: Option<&[&str]>) {
        assert_eq!(sddl_readers(text).as_deref(), expected);
    }

    #[test]
    fn access_lists_are_read_as_windows_writes_them() {
        check("\u{feff}my.key\r\nD:PAI(A;;FA;;;S-1-5-21-1-2-3-1001)\r\n", Some(&[]));
        check(
            "my.key\r\nD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;0x1200a9;;;BU)(A;ID;0x1301bf;;;AU)\r\n",
            Some(&["Users", "Authenticated Users"]),
        );
        check("my.key\nD:(A;;FR;;;WD)", Some(&["Everyone"]));
        check("my.key\nD:(A;;FR;;;S-1-5-21-9-8-7-513)", Some(&["Domain Users"]));
        check("my.key\nD:(D;;FR;;;WD)(A;;FA;;;S-1-5-21-9-8-7-1513)", Some(&[]));
        check("my.key\nD:NO_ACCESS_CONTROL", Some(&["Everyone"]));
        check("my.key\n", None);
    }
}
