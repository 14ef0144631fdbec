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
        let usage = if demonstration { KeyUse::Demonstration } else { KeyUse::Real };
        Key::create(&path, usage, None).unwrap();
        path
    }
}

fn problems(path: &Path) -> Vec<String> {
    Key::check(path, None, &NoPassphrase).unwrap()
}

#[track_caller]
fn refused(path: &Path, usage: KeyUse, forbidden: &[&Path], what: &str) {
    let refusal = Key::read(path, usage, forbidden, &NoPassphrase).err().expect("the key is refused");
    assert!(refusal.what.contains(what), "{refusal}");
    assert!(!refusal.hints.is_empty(), "{refusal}");
}

#[test]
fn a_key_that_was_made_is_read_and_is_the_same_every_time() {
    let folder = Folder::new();
    let path = folder.path("own.key");
    let id = Key::create(&path, KeyUse::Real, None).unwrap().id();
    let key = Key::read(&path, KeyUse::Real, &[], &NoPassphrase).unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(key.id(), id);
    assert_eq!(id.to_string().len(), 10);
    assert!(!key.is_demonstration());
    assert!(Key::read(&path, KeyUse::Demonstration, &[], &NoPassphrase).is_ok());
    assert_eq!(problems(&path), Vec::<String>::new());
    let other = Key::create(&folder.path("other.key"), KeyUse::Real, None).unwrap().id();
    assert_ne!(id, other);
}

#[test]
fn a_key_is_never_written_over() {
    let folder = Folder::new();
    let path = folder.key("own.key", false);
    let before = std::fs::read(&path).unwrap();
    let refusal = Key::create(&path, KeyUse::Real, None).err().unwrap();
    assert!(refusal.what.contains("is there already"), "{refusal}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_missing_key_says_how_to_make_one() {
    let folder = Folder::new();
    let path = folder.path("none.key");
    refused(&path, KeyUse::Real, &[], "nothing was written, because no pseudonym key was found");
    assert_eq!(problems(&path).len(), 1);
    assert!(Key::create(&folder.path("no/such/own.key"), KeyUse::Real, None).is_err());
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
        assert_eq!(problems(&own).len(), 1);
        assert!(Key::read(&demonstration, KeyUse::Demonstration, &[], &NoPassphrase).is_ok());
        assert_eq!(problems(&demonstration), Vec::<String>::new());
    }
    open(&own, 0o400);
    assert!(Key::read(&own, KeyUse::Real, &[], &NoPassphrase).is_ok());
}

#[test]
fn a_demonstration_key_is_refused_for_real_people() {
    let folder = Folder::new();
    let path = folder.key("demonstration.key", true);
    refused(&path, KeyUse::Real, &[], "a demonstration key protects nobody");
    let key = Key::read(&path, KeyUse::Demonstration, &[], &NoPassphrase).ok().unwrap();
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
    assert!(Key::read(&own, KeyUse::Real, &[&out, &folder.path("not-yet")], &NoPassphrase).is_ok());
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
    assert!(problems(&path)[0].contains("check code"));
}

#[test]
fn domains_are_kept_apart() {
    let folder = Folder::new();
    let key = Key::read(&folder.key("own.key", false), KeyUse::Real, &[], &NoPassphrase).ok().unwrap();
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

#[derive(Debug)]
struct Told(&'static str);

impl Unlock for Told {
    fn passphrase(&self, _path: &Path) -> Result<Passphrase, Refusal> {
        Ok(Passphrase::new(self.0.to_owned()))
    }
}

#[test]
fn a_wrapped_key_opens_with_its_passphrase_and_is_made_again_from_its_sheet() {
    let folder = Folder::new();
    let (path, sheet, again) = (folder.path("own.key"), folder.path("sheet.txt"), folder.path("again.key"));
    let passphrase = Passphrase::new("twelve small otters".to_owned());
    let id = Key::create(&path, KeyUse::Real, Some(&passphrase)).unwrap().id();
    let told = Told("twelve small otters");
    let key = Key::read(&path, KeyUse::Real, &[], &told).ok().unwrap();
    assert_eq!(key.id(), id);
    refused(&path, KeyUse::Real, &[], "there is nobody to ask");
    let refusal = Key::read(&path, KeyUse::Real, &[], &Told("otters")).err().unwrap();
    assert!(refusal.what.contains("the passphrase does not open the key"), "{refusal}");
    key.write_sheet(&sheet).unwrap();
    assert_eq!(Key::check(&path, Some(&sheet), &told).unwrap(), Vec::<String>::new());
    Key::read(&sheet, KeyUse::Real, &[], &NoPassphrase).ok().unwrap().keep(&again, None).unwrap();
    assert!(Key::read(&again, KeyUse::Real, &[], &NoPassphrase).ok().unwrap().is_same(&key));
    let other = folder.key("other.key", false);
    let said = Key::check(&other, Some(&sheet), &NoPassphrase).unwrap();
    assert!(said.len() == 1 && said[0].contains("is of the key"), "{said:?}");
    std::fs::write(&sheet, "quarterday-key 1\nabcd\n").unwrap();
    assert!(Key::check(&other, Some(&sheet), &NoPassphrase).unwrap()[0].contains("too few"));
}

#[test]
fn a_key_in_a_folder_that_is_copied_away_is_refused() {
    let folder = Folder::new();
    let cloud = folder.path("OneDrive - A Council");
    std::fs::create_dir(&cloud).unwrap();
    let path = cloud.join("own.key");
    let refusal = Key::create(&path, KeyUse::Real, None).err().unwrap();
    assert!(refusal.what.contains("OneDrive"), "{refusal}");
    let own = folder.key("own.key", false);
    std::fs::rename(&own, &path).unwrap();
    refused(&path, KeyUse::Real, &[], "OneDrive would copy it");
    assert!(problems(&path)[0].contains("copied to OneDrive"));
    let demonstration = folder.key("OneDrive - A Council/demonstration.key", true);
    assert!(Key::read(&demonstration, KeyUse::Demonstration, &[], &NoPassphrase).is_ok());
}
