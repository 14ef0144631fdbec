//! Key files on a real disk: made, read back, and refused for the right reason.

use super::*;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn key(&self, name: &str, demonstration: bool) -> PathBuf {
        let path = self.path(name);
        Key::create(&path, demonstration).unwrap();
        path
    }
}

#[track_caller]
fn refused(path: &Path, usage: KeyUse, forbidden: &[&Path], what: &str) {
    let refusal = Key::read(path, usage, forbidden).err().expect("the key is refused");
    assert!(refusal.what.contains(what), "{refusal}");
    assert!(!refusal.hints.is_empty(), "{refusal}");
}

#[test]
fn a_key_that_was_made_is_read_and_is_the_same_every_time() {
    let folder = Folder::new();
    let path = folder.path("own.key");
    let id = Key::create(&path, false).unwrap();
    let key = Key::read(&path, KeyUse::Real, &[]).unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(key.id(), id);
    assert_eq!(id.to_string().len(), 10);
    assert!(!key.is_demonstration());
    assert!(Key::read(&path, KeyUse::Demonstration, &[]).is_ok());
    assert_eq!(Key::check(&path), Vec::<String>::new());
    let other = Key::create(&folder.path("other.key"), false).unwrap();
    assert_ne!(id, other);
}

#[test]
fn a_key_is_never_written_over() {
    let folder = Folder::new();
    let path = folder.key("own.key", false);
    let before = std::fs::read(&path).unwrap();
    let refusal = Key::create(&path, false).unwrap_err();
    assert!(refusal.what.contains("is there already"), "{refusal}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_missing_key_says_how_to_make_one() {
    let folder = Folder::new();
    let path = folder.path("none.key");
    refused(&path, KeyUse::Real, &[], "nothing was written, because no pseudonym key was found");
    assert_eq!(Key::check(&path).len(), 1);
    assert!(Key::create(&folder.path("no/such/own.key"), false).is_err());
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_is_refused_unless_it_is_for_demonstrations() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let open = |path: &Path, mode| std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    let (own, demonstration) = (folder.key("own.key", false), folder.key("demonstration.key", true));
    assert_eq!(std::fs::metadata(&own).unwrap().permissions().mode() & 0o777, 0o600);
    for mode in [0o644, 0o640, 0o604, 0o601] {
        open(&own, mode);
        open(&demonstration, mode);
        refused(&own, KeyUse::Real, &[], "others can read the pseudonym key");
        refused(&own, KeyUse::Demonstration, &[], "others can read the pseudonym key");
        assert_eq!(Key::check(&own).len(), 1);
        assert!(Key::read(&demonstration, KeyUse::Demonstration, &[]).is_ok());
        assert_eq!(Key::check(&demonstration), Vec::<String>::new());
    }
    open(&own, 0o400);
    assert!(Key::read(&own, KeyUse::Real, &[]).is_ok());
}

#[test]
fn a_demonstration_key_is_refused_for_real_people() {
    let folder = Folder::new();
    let path = folder.key("demonstration.key", true);
    refused(&path, KeyUse::Real, &[], "a demonstration key protects nobody");
    let key = Key::read(&path, KeyUse::Demonstration, &[]).ok().unwrap();
    assert!(key.is_demonstration());
}

#[test]
fn a_key_inside_the_returns_folder_is_refused() {
    let folder = Folder::new();
    std::fs::create_dir_all(folder.path("out/deep")).unwrap();
    std::fs::create_dir(folder.path("keys")).unwrap();
    let (deep, own) = (folder.key("out/deep/own.key", false), folder.key("keys/own.key", false));
    let out = folder.path("out");
    refused(&deep, KeyUse::Real, &[&out], "lies where returns are written");
    refused(&folder.path("keys/../out/deep/own.key"), KeyUse::Real, &[&out], "lies where returns are written");
    assert!(Key::read(&own, KeyUse::Real, &[&out, &folder.path("not-yet")]).is_ok());
    #[cfg(unix)]
    {
        let (inward, outward) = (folder.path("keys/link.key"), folder.path("out/link.key"));
        std::os::unix::fs::symlink(&deep, &inward).unwrap();
        std::os::unix::fs::symlink(&own, &outward).unwrap();
        refused(&inward, KeyUse::Real, &[&out], "lies where returns are written");
        refused(&outward, KeyUse::Real, &[&out], "lies where returns are written");
    }
}

#[test]
fn a_mistyped_key_is_noticed() {
    let folder = Folder::new();
    let path = folder.key("own.key", false);
    let text = std::fs::read_to_string(&path).unwrap();
    let last = if text.trim_end().ends_with('a') { 'b' } else { 'a' };
    std::fs::write(&path, format!("{}{last}\n", &text.trim_end()[..text.trim_end().len() - 1])).unwrap();
    refused(&path, KeyUse::Real, &[], "cannot be read");
    assert!(Key::check(&path)[0].contains("check code"));
}

#[test]
fn domains_are_kept_apart() {
    let folder = Folder::new();
    let key = Key::read(&folder.key("own.key", false), KeyUse::Real, &[]).ok().unwrap();
    let domains = [
        key.for_lead("p"),
        key.for_lead("q"),
        key.for_recipient("p", "a", 1),
        key.for_recipient("p", "a", 2),
        key.for_recipient("p", "b", 1),
        key.for_recipient("q", "a", 1),
        key.for_recipient("p", "a1", 1),
        key.for_recipient("pa", "", 1),
    ];
    let mut all: Vec<String> = domains.iter().map(|domain| domain.pseudonym("person", &["x"])).collect();
    assert_eq!(all[2], key.for_recipient("p", "a", 1).pseudonym("person", &["x"]));
    all.sort();
    all.dedup();
    assert_eq!(all.len(), domains.len());
}
