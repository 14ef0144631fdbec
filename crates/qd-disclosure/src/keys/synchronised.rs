//! Folders that a service copies to somebody else's computers, where no key may lie.

use std::path::Path;

/// What a folder's name begins with, in small letters, and the service that makes such folders.
const FOLDERS: [(&str, &str); 11] = [
    ("onedrive", "OneDrive"),
    ("sharepoint", "SharePoint"),
    ("dropbox", "Dropbox"),
    ("google drive", "Google Drive"),
    ("googledrive", "Google Drive"),
    ("my drive", "Google Drive"),
    ("icloud", "iCloud Drive"),
    ("com~apple~clouddocs", "iCloud Drive"),
    ("mobile documents", "iCloud Drive"),
    ("cloudstorage", "a cloud service"),
    ("nextcloud", "Nextcloud"),
];

/// The service that copies a file's folder away, as far as its path or a mark that the service leaves
/// in its folder shows one.
pub(super) fn service(path: &Path) -> Option<&'static str> {
    let named = path.parent().into_iter().flat_map(Path::components).find_map(|part| {
        let name = part.as_os_str().to_string_lossy().to_lowercase();
        FOLDERS.iter().find(|(begins, _)| name.starts_with(begins)).map(|(_, service)| *service)
    });
    named.or_else(|| {
        let marked = path.ancestors().skip(1).any(|folder| folder.join(".dropbox.cache").is_dir());
        marked.then_some("Dropbox")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_known_by_their_folders() {
        let check = |path: &str, expected| assert_eq!(service(Path::new(path)), expected, "{path}");
        check("/home/a/OneDrive - A Council/keys/own.key", Some("OneDrive"));
        check("/Users/a/Library/Mobile Documents/com~apple~CloudDocs/own.key", Some("iCloud Drive"));
        check("/home/a/Dropbox (Personal)/own.key", Some("Dropbox"));
        check("/media/My Drive/own.key", Some("Google Drive"));
        check("/home/a/keys/onedrive.key", None);
        check("own.key", None);
    }
}
