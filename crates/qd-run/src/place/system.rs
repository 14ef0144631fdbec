//! What differs between operating systems when files are put in place.

use std::path::Path;

/// Makes a folder, with those above it, that only its owner can open. Windows gives a folder in the
/// user's own profile to that user alone already.
pub(super) fn create_private(folder: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
    }
    #[cfg(not(unix))]
    std::fs::create_dir_all(folder)
}

/// Makes the names in a folder last through a power cut, where the system has a way.
pub(super) fn sync_folder(folder: &Path) {
    #[cfg(unix)]
    if let Ok(folder) = std::fs::File::open(folder) {
        // A file system that cannot do this has nothing better to offer.
        let _ = folder.sync_all();
    }
    #[cfg(not(unix))]
    let _ = folder;
}

/// What the system knows a folder by, whatever it is called and wherever it is moved.
pub(super) fn identity(folder: &Path) -> Option<u64> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        std::fs::metadata(folder).ok().map(|meta| meta.ino())
    }
    #[cfg(not(unix))]
    {
        let _ = folder;
        None
    }
}

/// Puts `staged` at `place`. What was there is afterwards at `staged`, or gone.
pub(super) fn exchange(staged: &Path, place: &Path) -> std::io::Result<()> {
    if !place.exists() {
        return std::fs::rename(staged, place);
    }
    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        match renameat_with(CWD, staged, CWD, place, RenameFlags::EXCHANGE) {
            Ok(()) => return Ok(()),
            // Some file systems (network drives above all) cannot exchange.
            Err(error)
                if [rustix::io::Errno::INVAL, rustix::io::Errno::NOSYS, rustix::io::Errno::NOTSUP].contains(&error) => {
            }
            Err(error) => return Err(error.into()),
        }
    }
    exchange_by_two_renames(staged, place)
}

/// The journal tells the next run to finish should the program die between the two.
fn exchange_by_two_renames(staged: &Path, place: &Path) -> std::io::Result<()> {
    let mut old = staged.as_os_str().to_owned();
    old.push(".old");
    if Path::new(&old).exists() {
        std::fs::remove_dir_all(&old)?;
    }
    std::fs::rename(place, &old)?;
    std::fs::rename(staged, place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_exchanging_put_the_new_in_place_of_the_old() {
        let home = tempfile::tempdir().expect("a folder");
        for (name, exchange) in
            [("a", exchange as fn(&Path, &Path) -> std::io::Result<()>), ("b", exchange_by_two_renames)]
        {
            let (staged, place) = (home.path().join(format!("{name}-staged")), home.path().join(name));
            std::fs::create_dir(&staged).expect("made");
            std::fs::create_dir(&place).expect("made");
            std::fs::write(staged.join("x"), "new").expect("written");
            std::fs::write(place.join("x"), "old").expect("written");
            exchange(&staged, &place).expect("exchanged");
            assert_eq!(std::fs::read_to_string(place.join("x")).expect("there"), "new");
        }
    }
}
