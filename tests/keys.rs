//! Keys at the command line: made, wrapped, proved from their recovery sheet, and never asked for in vain.

use crate::command::Checkout;
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn a_wrapped_key_is_opened_by_a_file_and_made_again_from_its_sheet() {
    let checkout = Checkout::new();
    checkout.write("secret.txt", "twelve small otters\n");
    checkout.write("short.txt", "otter\n");
    own(&checkout, "secret.txt");
    own(&checkout, "short.txt");
    let wrapped = ["--passphrase-file", "secret.txt"];
    let short = checkout.run(&["key", "new", "own.key", "--passphrase-file", "short.txt"]).ends(2);
    assert!(short.err.contains("too short") && !checkout.join("own.key").exists(), "{}", short.err);

    let made = checkout.run(&["key", "new", "own.key", wrapped[0], wrapped[1], "--sheet", "sheet.txt"]).ends(0);
    let id = made.out.trim().to_owned();
    let text = checkout.read("own.key");
    assert!(text.starts_with("-----BEGIN AGE ENCRYPTED FILE-----"), "{text}");
    let sheet = checkout.read("sheet.txt");
    assert!(sheet.contains("RECOVERY SHEET") && sheet.contains(&id), "{sheet}");

    assert_eq!(checkout.run(&["key", "id", "own.key", wrapped[0], wrapped[1]]).ends(0).out.trim(), id);
    let proved = checkout.run(&["key", "check", "own.key", "--sheet", "sheet.txt", wrapped[0], wrapped[1]]).ends(0);
    assert!(proved.out.contains("The recovery sheet makes the same key"), "{}", proved.out);
    let unasked = checkout.run(&["key", "id", "own.key"]).ends(2);
    assert!(unasked.err.contains("--passphrase-file"), "{}", unasked.err);
    let wrong = checkout.run(&["key", "check", "own.key", "--passphrase-file", "short.txt"]).ends(1);
    assert!(wrong.out.contains("the passphrase does not open it"), "{}", wrong.out);

    // What was typed from paper: other letters, no hyphens, a line end of another system.
    let line = sheet.lines().last().expect("a line with the key").replace('-', " ").to_uppercase();
    checkout.write("typed.txt", format!("quarterday-key 1\r\n{line}\r\n"));
    own(&checkout, "typed.txt");
    assert_eq!(checkout.run(&["key", "restore", "typed.txt", "again.key"]).ends(0).out.trim(), id);
    checkout.run(&["key", "check", "again.key", "--sheet", "sheet.txt"]).ends(0);
}

#[test]
fn a_run_opens_a_wrapped_key_and_its_manifests_name_it() {
    let checkout = Checkout::new();
    checkout.write("secret.txt", "twelve small otters\n");
    own(&checkout, "secret.txt");
    let made = checkout.run(&["key", "new", "own.key", "--passphrase-file", "secret.txt"]).ends(0);
    let key = ["--key", "own.key", "--passphrase-file", "secret.txt"];
    let pipeline = "sample-data/wwri/2022-Q3-blocked/wwri-blocked.toml";
    checkout.run(&["run", pipeline, key[0], key[1], "--quiet"]).ends(2);
    checkout.run(&["run", pipeline, key[0], key[1], key[2], key[3], "--quiet"]).ends(1);
    let period = std::fs::read_dir(checkout.join("out/wwri-blocked")).expect("a folder").next();
    let period = period.expect("a period").expect("readable").file_name().into_string().expect("UTF-8");
    let manifest = checkout.read(&format!("out/wwri-blocked/{period}/draft/manifest.json"));
    let manifest: serde_json::Value = serde_json::from_str(&manifest).expect("JSON");
    assert_eq!(manifest["key"]["id"], made.out.trim());
    assert_eq!(manifest["key"]["normaliser"], 1);
}

#[test]
fn a_key_that_a_service_would_copy_away_is_refused() {
    let checkout = Checkout::new();
    std::fs::create_dir(checkout.join("Dropbox")).expect("a folder");
    let said = checkout.run(&["key", "new", "Dropbox/own.key"]).ends(2);
    assert!(said.err.contains("Dropbox would copy it to other computers"), "{}", said.err);
    assert!(!checkout.join("Dropbox/own.key").exists());
}

#[test]
fn a_new_epoch_gives_every_person_a_new_pseudonym_and_the_recipient_the_way() {
    let checkout = Checkout::new();
    let pipeline = "pipelines/wwri.toml";
    checkout.run(&["run", pipeline, "--quiet"]).ends(0);
    let people = |checkout: &Checkout| -> BTreeSet<String> {
        let said = checkout.read("out/wwri/2022-Q3/draft/ecorys/labels/participants.csv");
        let mut reader = csv::Reader::from_reader(said.as_bytes());
        reader.records().map(|record| record.expect("a record")[0].to_owned()).collect()
    };
    let before = people(&checkout);
    let ask = ["key", "rotate", pipeline, "--recipient", "ecorys"];
    checkout.run(&ask).ends(2);
    checkout.run(&[&ask[..], &["--crosswalk", "crosswalk.csv"]].concat()).ends(0);
    let text = checkout.read("crosswalk.csv");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    assert_eq!(reader.headers().expect("headings").iter().collect::<Vec<_>>(), ["epoch_1", "epoch_2"]);
    let way: BTreeMap<String, String> = reader
        .records()
        .map(|record| record.expect("a record"))
        .map(|record| (record[0].to_owned(), record[1].to_owned()))
        .collect();
    checkout.run(&["run", pipeline, "--quiet"]).ends(0);
    let after = people(&checkout);
    assert!(before.is_disjoint(&after));
    let led: BTreeSet<String> = before.iter().map(|old| way[old].clone()).collect();
    assert_eq!(led, after, "every old pseudonym leads to the person's new one");
    let broken = checkout.run(&[&ask[..], &["--break-links"]].concat()).ends(0);
    assert!(broken.out.contains("epoch 3") && broken.err.contains("Links break"), "{}{}", broken.out, broken.err);
}

/// Keeps a file to its owner, as a person would.
pub(crate) fn own(checkout: &Checkout, path: &str) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(checkout.join(path), mode).expect("ours");
    }
    #[cfg(not(unix))]
    let _ = (checkout, path);
}

#[test]
fn a_digest_that_others_make_too_needs_a_secret_salt_and_is_called_weaker() {
    use sha2::Digest;
    const SALT: &str = "seven lanterns over the quiet harbour";
    let checkout = Checkout::new();
    let refused = |what: &str| {
        let said = checkout.run(&["run", "pipelines/whp.toml"]).ends(2);
        assert!(said.err.contains(what), "{what}: {}", said.err);
        assert!(!said.err.contains(SALT), "{}", said.err);
    };
    let head = "[recipients.performance-analysis.release.referrals]\n";
    let line = "nino_digest = { from = \"nino\", treatment = \"open-pseudonymiser\" }\n";
    checkout.edit("pipelines/whp.toml", head, &format!("{head}{line}"));
    refused("weaker than a pseudonym");
    checkout.edit(
        "pipelines/whp.toml",
        "\"open-pseudonymiser\" }",
        "\"open-pseudonymiser\", reason = \"matched with tax\" }",
    );
    refused("has no salt");
    let name = "[recipients.performance-analysis]\n";
    checkout.edit("pipelines/whp.toml", name, &format!("{name}salt = \"analysis.salt\"\n"));
    refused("analysis.salt");
    checkout.write("pipelines/analysis.salt", "short\n");
    own(&checkout, "pipelines/analysis.salt");
    refused("20 characters");
    std::fs::remove_file(checkout.join("pipelines/analysis.salt")).expect("it was there");
    checkout.write("pipelines/analysis.salt", format!("{SALT}\n"));
    if cfg!(unix) {
        refused("it can be read by");
    }
    own(&checkout, "pipelines/analysis.salt");
    let plan = checkout.run(&["run", "pipelines/whp.toml", "--plan"]).ends(0).out;
    assert!(plan.contains("open-pseudonymiser (weaker than a pseudonym)"), "{plan}");
    checkout.run(&["run", "pipelines/whp.toml", "--quiet"]).ends(0);

    let of = |path: &str, column: &str| -> BTreeSet<String> {
        let (_, batches) = qd_table::read_parquet(&checkout.join(path)).expect("readable");
        let texts = batches.iter().flat_map(|batch| {
            let column = batch.column_by_name(column).expect("the column is there");
            let text = arrow::compute::cast(column, &arrow::datatypes::DataType::Utf8).expect("text");
            let text = arrow::array::AsArray::as_string::<i32>(&text).clone();
            text.iter().flatten().map(str::to_owned).collect::<Vec<_>>()
        });
        texts.collect()
    };
    let draft = "out/whp/2023-24-Q2/draft/statistics";
    let digests = of(&format!("{draft}/referrals.parquet"), "nino_digest");
    let numbers = of("private/whp/accepted/2023-24-Q2/referrals.parquet", "nino");
    let hex = |number: &String| -> String {
        let digest = sha2::Sha256::digest(format!("{number}{SALT}"));
        digest.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
    };
    assert!(numbers.len() > 100);
    assert_eq!(digests, numbers.iter().map(hex).collect());
    let manifest: serde_json::Value =
        serde_json::from_str(&checkout.read(&format!("{draft}/manifest.json"))).expect("JSON");
    assert_eq!(manifest["weaker"][0]["column"], "nino_digest");
    assert!(checkout.read(&format!("{draft}/codebook.md")).contains("Weaker than a pseudonym"));
    for (path, bytes) in crate::command::files(&checkout.join("out")) {
        assert!(!bytes.windows(SALT.len()).any(|part| part == SALT.as_bytes()), "{path} holds the salt");
    }
}
