//! What is handed over besides returns: sealed files, lists of people to contact, and who is kept out.

use crate::command::{Checkout, files};
use arrow::array::{Array, ArrayRef, AsArray};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

/// The rows of a kept table as texts, by heading.
fn kept(checkout: &Checkout, path: &str) -> Vec<BTreeMap<String, String>> {
    let (schema, batches) = qd_table::read_parquet(&checkout.join(path)).expect("readable");
    let mut rows = Vec::new();
    for batch in &batches {
        let columns: Vec<(String, ArrayRef)> = schema
            .fields()
            .iter()
            .zip(batch.columns())
            .map(|(field, column)| {
                let texts = arrow::compute::cast(column, &arrow::datatypes::DataType::Utf8).expect("a text form");
                (field.name().clone(), texts)
            })
            .collect();
        for row in 0..batch.num_rows() {
            let cell = |column: &ArrayRef| {
                let texts = column.as_string::<i32>();
                if texts.is_valid(row) { texts.value(row).to_owned() } else { String::new() }
            };
            rows.push(columns.iter().map(|(name, column)| (name.clone(), cell(column))).collect());
        }
    }
    rows
}

/// A sheet of a workbook, as the program itself reads it.
fn sheet(checkout: &Checkout, path: &str, name: &str) -> Vec<Vec<String>> {
    let said = checkout.run(&["read", path, "--sheet", name, "--format", "csv"]).ends(0);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(said.out.as_bytes());
    reader.records().map(|record| record.expect("a record").iter().map(str::to_owned).collect()).collect()
}

fn list_of(report: &serde_json::Value, name: &str) -> (u64, BTreeMap<String, u64>) {
    let all = report["returns"].as_array().expect("returns");
    let made = all.iter().find(|made| made["name"] == name).unwrap_or_else(|| panic!("no return {name}"));
    let left = made["left_out"].as_array().expect("a list").iter();
    let left = left
        .map(|out| (out["reason"].as_str().expect("a reason").to_owned(), out["people"].as_u64().expect("a count")));
    (made["people"].as_u64().expect("people"), left.collect())
}

#[test]
fn a_third_party_gets_only_people_whose_consent_stands() {
    let checkout = Checkout::new();
    let said = checkout.run(&["run", "pipelines/whp.toml", "--format", "json"]).ends(0);
    let (listed, left) = list_of(&said.json(), "training-offers");
    let kept_in =
        |period: &str, table: &str| kept(&checkout, &format!("private/whp/accepted/{period}/{table}.parquet"));
    let periods = ["2023-24-Q1", "2023-24-Q2"];
    // An independent count, with nothing of the list's own code.
    let mut given: BTreeMap<String, String> = BTreeMap::new();
    let mut withdrawn: BTreeMap<String, String> = BTreeMap::new();
    let mut gone: BTreeSet<String> = BTreeSet::new();
    for period in periods {
        for row in kept_in(period, "consents").iter().filter(|row| row["recipient_kind"] == "TRAINING") {
            let person = row["quarterday.person"].clone();
            let latest = |days: &mut BTreeMap<String, String>, day: &String| {
                let entry = days.entry(person.clone()).or_default();
                if day > entry && day.as_str() <= "2023-09-30" {
                    entry.clone_from(day);
                }
            };
            latest(&mut given, &row["given_on"]);
            latest(&mut withdrawn, &row["withdrawn_on"]);
        }
        gone.extend(kept_in(period, "leavers").iter().map(|row| row["quarterday.person"].clone()));
        let ended = kept_in(period, "referrals");
        let ended = ended.iter().filter(|row| !row["did_not_start_on"].is_empty());
        gone.extend(ended.map(|row| row["quarterday.person"].clone()));
    }
    let stands = |person: &String| given.get(person).is_some_and(|day| !day.is_empty() && withdrawn[person] < *day);
    let referrals = kept_in("2023-24-Q2", "referrals");
    let mut ways: BTreeMap<&String, Vec<&str>> = BTreeMap::new();
    for row in &referrals {
        let detail = match row["contact_by"].as_str() {
            "EMAIL" => &row["email"],
            "PHONE" => &row["telephone"],
            "MOBILE" => &row["mobile"],
            "" => continue,
            _ => {
                ways.entry(&row["quarterday.person"]).or_default().push("another");
                continue;
            }
        };
        if !detail.is_empty() {
            ways.entry(&row["quarterday.person"]).or_default().push(detail);
        }
    }
    let expected: BTreeSet<&str> = ways
        .iter()
        .filter(|(person, ways)| !gone.contains(**person) && stands(person) && !ways.contains(&"another"))
        .map(|(_, ways)| ways[0])
        .collect();
    assert!(!expected.is_empty() && left.values().all(|people| *people > 0), "{left:?}");
    assert!(left.contains_key("have not consented, or no longer do"), "{left:?}");
    let rows = sheet(
        &checkout,
        "out/whp/2023-24-Q2/draft/training-offers/training-offers-2023-24-Q2.xlsx",
        "People to contact",
    );
    let head = rows.iter().position(|row| row.contains(&"Contact by".to_owned())).expect("headings");
    assert_eq!(
        rows[head],
        ["First name", "Family name", "Contact by", "Contact"],
        "basic information and nothing else"
    );
    let shown: BTreeSet<&str> = rows[head + 1..].iter().map(|row| row[3].as_str()).collect();
    assert_eq!(shown, expected);
    assert_eq!(listed, (rows.len() - head - 1) as u64);
    // Everybody of the period is either on the list or counted out.
    let people: BTreeSet<&String> = referrals.iter().map(|row| &row["quarterday.person"]).collect();
    assert_eq!(listed + left.values().sum::<u64>(), people.len() as u64);
}

#[test]
fn an_invitation_goes_only_by_the_way_that_the_person_chose() {
    let checkout = Checkout::new();
    let said = checkout.run(&["run", "pipelines/wwri.toml", "--format", "json"]).ends(0);
    let (listed, left) = list_of(&said.json(), "esol-invitations");
    assert!(listed > 0 && left.contains_key("are in a class already"), "{left:?}");
    assert!(left.contains_key("chose another way, or none"), "{left:?}");
    let path = "out/wwri/2022-Q3/draft/esol-invitations/esol-invitations-2022-Q3.xlsx";
    let rows = sheet(&checkout, path, "People to contact");
    for row in rows.iter().filter(|row| row.len() == 4 && ["E-mail", "Post"].contains(&row[2].as_str())) {
        assert_eq!(row[2] == "E-mail", row[3].contains('@'), "a person gets what they chose");
    }
    let wrong = "columns = [\"forename\", \"surname\"]";
    checkout.edit("pipelines/wwri.toml", wrong, "columns = [\"forename\", \"surname\", \"brp_number\"]");
    let said = checkout.run(&["run", "pipelines/wwri.toml"]).ends(2);
    assert!(said.err.contains("`brp_number` is not released to"), "{}", said.err);
}

#[test]
fn people_who_are_followed_up_have_ids_of_their_own_in_a_sealed_file() {
    let checkout = Checkout::new();
    let ids = "columns = [\"forename\", \"surname\"]\nids = true";
    checkout.edit("pipelines/wwri.toml", "columns = [\"forename\", \"surname\"]", ids);
    let said = checkout.run(&["run", "pipelines/wwri.toml"]).ends(2);
    assert!(said.err.contains("unsealed"), "{}", said.err);
    let identity = age::x25519::Identity::generate();
    let head = "[recipients.harbour-esol]\nname = \"Harbour ESOL College\"";
    let seal = format!("{head}\nseal = \"age\"\npublic_keys = [\"{}\"]", identity.to_public());
    checkout.edit("pipelines/wwri.toml", head, &seal);
    checkout.run(&["run", "pipelines/wwri.toml", "--quiet"]).ends(0);
    let draft = "out/wwri/2022-Q3/draft";
    let sealed = std::fs::read(checkout.join(&format!("{draft}/esol-invitations/esol-invitations-2022-Q3.zip.age")));
    let opened = age::decrypt(&identity, &sealed.expect("sealed")).expect("it opens");
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(opened)).expect("an archive");
    let mut book = Vec::new();
    archive.by_name("esol-invitations-2022-Q3.xlsx").expect("a list").read_to_end(&mut book).expect("whole");
    checkout.write("opened.xlsx", &book);
    let rows = sheet(&checkout, "opened.xlsx", "People to contact");
    let head = rows.iter().position(|row| row.contains(&"Contact by".to_owned())).expect("headings");
    assert_eq!(rows[head], ["Follow-up id", "First name", "Family name", "Contact by", "Contact"]);
    let ids: BTreeSet<&str> = rows[head + 1..].iter().map(|row| row[0].as_str()).collect();
    assert!(ids.len() > 1 && ids.len() == rows.len() - head - 1, "each person has an id");
    assert!(ids.iter().all(|id| id.len() == 26), "{ids:?}");
    let (_, extract) =
        qd_table::read_parquet(&checkout.join(&format!("{draft}/ecorys/participants.parquet"))).expect("read");
    for batch in &extract {
        let person =
            arrow::compute::cast(batch.column_by_name("person").expect("people"), &arrow::datatypes::DataType::Utf8);
        let person = person.expect("text");
        let known = arrow::array::AsArray::as_string::<i32>(&person);
        assert!(known.iter().flatten().all(|person| !ids.contains(person)), "an id leads to no pseudonym");
    }
}

#[test]
fn the_sample_of_a_follow_up_list_opens_for_its_recipient_alone() {
    let checkout = Checkout::new();
    let made = checkout.run(&["run", "pipelines/follow-up/wwri-follow-up.toml", "--format", "json"]).ends(0).json();
    let key = checkout.read("pipelines/follow-up/interviewers.key");
    let key = key.lines().find(|line| line.starts_with("AGE-SECRET-KEY-")).expect("a key");
    let identity: age::x25519::Identity = key.parse().expect("an identity");
    let sealed = "out/wwri-follow-up/2022-Q3/draft/follow-up/follow-up-2022-Q3.zip.age";
    let sealed = std::fs::read(checkout.join(sealed)).expect("sealed");
    assert!(age::decrypt(&age::x25519::Identity::generate(), &sealed).is_err());
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(age::decrypt(&identity, &sealed).expect("it opens")));
    let mut book = Vec::new();
    let archive = archive.as_mut().expect("an archive");
    archive.by_name("follow-up-2022-Q3.xlsx").expect("a list").read_to_end(&mut book).expect("whole");
    checkout.write("opened.xlsx", &book);
    let rows = sheet(&checkout, "opened.xlsx", "People to contact");
    let head = rows.iter().position(|row| row[0] == "Follow-up id").expect("headings");
    assert_eq!(rows[head], ["Follow-up id", "First name", "Family name", "Contact by", "Contact"]);
    let people = &rows[head + 1..];
    assert_eq!(Some(people.len() as u64), made["returns"][0]["people"].as_u64());
    // Nothing of it stands in clear among what may leave.
    for (path, bytes) in crate::command::files(&checkout.join("out")) {
        for detail in people.iter().map(|row| &row[4]).filter(|detail| detail.len() > 8) {
            assert!(!bytes.windows(detail.len()).any(|part| part == detail.as_bytes()), "{path} holds {detail}");
        }
    }
}

#[test]
fn a_restricted_person_is_counted_and_in_no_list_of_rows() {
    let checkout = Checkout::new();
    let before = checkout.run(&["run", "pipelines/wwri.toml", "--format", "json"]).ends(0).json();
    let people = |report: &serde_json::Value, name: &str| list_of(report, name).0;
    checkout.write("pipelines/restricted.csv", "partner,record,from,until\nfenland-welcome,FW-7F3QX,2022-09-01,\n");
    checkout.edit("pipelines/wwri.toml", "hold_limit = \"5%\"", "hold_limit = \"5%\"\nrestricted = \"restricted.csv\"");
    let after = checkout.run(&["run", "pipelines/wwri.toml", "--format", "json"]).ends(0).json();
    assert_eq!(before["people"], after["people"], "counts stand");
    assert_eq!(people(&before, "ukra"), people(&after, "ukra") + 1);
    for (path, bytes) in files(&checkout.join("out/wwri/2022-Q3/draft/ukra")) {
        if std::path::Path::new(&path).extension().is_some_and(|ending| ending == "xlsx") {
            let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).expect("a workbook");
            for index in 0..archive.len() {
                let mut text = Vec::new();
                archive.by_index(index).expect("a part").read_to_end(&mut text).expect("whole");
                assert!(!String::from_utf8_lossy(&text).contains("FW-7F3QX"), "{path}");
            }
        }
    }
    checkout.write("pipelines/restricted.csv", "partner,record,from,until\nfenland,FW-7F3QX,2022-09-01,\n");
    let said = checkout.run(&["run", "pipelines/wwri.toml"]).ends(2);
    assert!(said.err.contains("there is no partner of that code"), "{}", said.err);
}

#[test]
fn a_sealed_return_opens_with_the_recipients_key_and_has_no_clear_copy_outside() {
    let checkout = Checkout::new();
    let identity = age::x25519::Identity::generate();
    let seal = format!("country = \"GB\"\nepoch = 1\nseal = \"age\"\npublic_keys = [\"{}\"]", identity.to_public());
    checkout.edit("pipelines/wwri.toml", "country = \"GB\"\nepoch = 1", &seal);
    checkout.run(&["run", "pipelines/wwri.toml", "--quiet"]).ends(0);
    let folder = checkout.join("out/wwri/2022-Q3/draft/ecorys");
    let outside = files(&folder);
    let names: Vec<&str> = outside.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["ecorys-2022-Q3.zip.age", "manifest.json"]);
    let manifest: serde_json::Value = serde_json::from_slice(&outside[1].1).expect("JSON");
    let mut told: Vec<&String> = manifest.as_object().expect("an object").keys().collect();
    told.sort();
    assert_eq!(told, ["files", "manifest", "recipient", "sealed"]);
    assert_eq!(manifest["files"][0]["blake3"].as_str(), Some(blake3::hash(&outside[0].1).to_hex().as_str()));
    let said = checkout.run(&["verify", "out/wwri/2022-Q3/draft/ecorys"]).ends(0);
    assert!(said.out.contains("unchanged") && !said.out.contains("genuine"), "{}", said.out);

    let opened = age::decrypt(&identity, &outside[0].1).expect("it opens");
    assert!(age::decrypt(&age::x25519::Identity::generate(), &outside[0].1).is_err());
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(opened)).expect("an archive");
    let inside: BTreeMap<String, Vec<u8>> = (0..archive.len())
        .map(|index| {
            let mut part = archive.by_index(index).expect("a file");
            let mut bytes = Vec::new();
            part.read_to_end(&mut bytes).expect("whole");
            (part.name().expect("UTF-8").into_owned(), bytes)
        })
        .collect();
    // The list of what is inside stays in the private folder, and proves what the recipient finds.
    let private: BTreeMap<String, Vec<u8>> =
        files(&checkout.join("private/wwri/2022-Q3/sealed/ecorys")).into_iter().collect();
    assert_eq!(private, inside);
    let listed: serde_json::Value = serde_json::from_slice(&inside["manifest.json"]).expect("JSON");
    for file in listed["files"].as_array().expect("files") {
        let bytes = &inside[file["path"].as_str().expect("a path")];
        assert_eq!(file["blake3"].as_str(), Some(blake3::hash(bytes).to_hex().as_str()));
    }
    let clear = files(&checkout.join("out"));
    assert!(clear.iter().all(|(name, _)| !name.ends_with(".parquet")), "no clear copy is outside");
}

#[test]
fn a_return_sealed_with_a_passphrase_is_sent_once_and_proved_unchanged() {
    let checkout = Checkout::new();
    checkout.write("pipelines/words.txt", "seven lanterns over the quiet harbour\n");
    crate::keys::own(&checkout, "pipelines/words.txt");
    let seal = "country = \"GB\"\nepoch = 1\nseal = \"age\"\npassphrase_file = \"words.txt\"";
    checkout.edit("pipelines/wwri.toml", "country = \"GB\"\nepoch = 1", seal);
    let run = || checkout.run(&["run", "pipelines/wwri.toml", "--quiet", "--by", "A. Lead"]).ends(0);
    run();
    let draft = "out/wwri/2022-Q3/draft/ecorys";
    checkout.run(&["sent", draft, "--by", "B. Second"]).ends(0);
    let folder = "out/wwri/2022-Q3/v1/ecorys";
    let sent = files(&checkout.join(folder));
    let names: Vec<&str> = sent.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["ecorys-2022-Q3.zip.age", "manifest.json"]);
    let manifest: serde_json::Value = serde_json::from_slice(&sent[1].1).expect("JSON");
    let mut told: Vec<&String> = manifest.as_object().expect("an object").keys().collect();
    told.sort();
    assert_eq!(told, ["files", "manifest", "recipient", "sealed"], "nothing of what is inside stands outside");
    let open = |words: &str| {
        let words = age::secrecy::SecretString::from(words.to_owned());
        age::decrypt(&age::scrypt::Identity::new(words), &sent[0].1)
    };
    assert!(open("eight lanterns over the quiet harbour").is_err());
    let opened = open("seven lanterns over the quiet harbour").expect("it opens with the passphrase");
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(opened)).expect("an archive");
    let mut inside = String::new();
    archive.by_name("manifest.json").expect("a list").read_to_string(&mut inside).expect("text");
    let inside: serde_json::Value = serde_json::from_str(&inside).expect("JSON");
    assert_eq!(inside["status"], "sent");

    let said = checkout.run(&["verify", folder]).ends(0);
    assert!(said.out.contains("unchanged") && !said.out.to_lowercase().contains("genuine"), "{}", said.out);
    // The same return, sealed again, is another ciphertext and still the same return.
    run();
    let again = checkout.run(&["sent", draft, "--by", "B. Second"]).ends(2);
    assert!(again.err.contains("it is what was sent as version 1 already"), "{}", again.err);

    // Whoever changes the ciphertext and its digest beside it is found out by the log.
    let mut other = sent[0].1.clone();
    *other.last_mut().expect("bytes") ^= 1;
    let digest = |bytes: &[u8]| blake3::hash(bytes).to_hex().to_string();
    let forged = String::from_utf8(sent[1].1.clone()).expect("text").replace(&digest(&sent[0].1), &digest(&other));
    let write = |name: &str, bytes: &[u8]| {
        let path = checkout.join(folder).join(name);
        std::fs::remove_file(&path).expect("it was there");
        std::fs::write(&path, bytes).expect("written");
    };
    for part in [folder, "out/wwri/2022-Q3/v1"] {
        writable(&checkout.join(part));
    }
    write("ecorys-2022-Q3.zip.age", &other);
    let said = checkout.run(&["verify", folder]).ends(1);
    assert!(said.out.contains("ecorys-2022-Q3.zip.age"), "{}", said.out);
    write("manifest.json", forged.as_bytes());
    let said = checkout.run(&["verify", folder]).ends(1);
    assert!(said.out.contains("is not what the log says was sent"), "{}", said.out);
}

/// Lets a folder be changed again.
fn writable(path: &std::path::Path) {
    let mut permissions = std::fs::metadata(path).expect("it is there").permissions();
    #[expect(clippy::permissions_set_readonly_false, reason = "a folder of a test, which goes with it")]
    permissions.set_readonly(false);
    std::fs::set_permissions(path, permissions).expect("changed");
}
