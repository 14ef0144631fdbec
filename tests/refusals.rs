//! What is refused for the sake of who sees what: each says what is wrong, where, and what to do, and
//! writes nothing.

use crate::command::Checkout;
use crate::keys::own;
use crate::quarters::{EVENTS, PEOPLE, PIPELINE};

const SALT: &str = "seven lanterns over the quiet harbour\n";
const STUDY: &str = "[recipients.study]\n";
const LEAD: &str = "[recipients.lead]\n";
const RUN: &[&str] = &["run", "small.toml", "--period", "Q1", "--by", "Ann"];

fn small() -> Checkout {
    let checkout = Checkout::small(PEOPLE, PIPELINE, &[("events.toml", EVENTS)]);
    let head = "ref,name,born,permit,joined\n";
    checkout.write("q1/north-people.csv", format!("{head}N1,Ada,1990-01-01,P1,\n"));
    checkout.write("q1/south-people.csv", format!("{head}S1,Di,1993-01-01,P4,\n"));
    checkout.write("q1/north-events.csv", "event,ref,happened\nE1,N1,2022-02-01\n");
    checkout
}

/// Gives recipients a file with a salt each.
fn salts(checkout: &Checkout, files: &[(&str, &str)]) {
    for (recipient, file) in files {
        checkout.edit("small.toml", recipient, &format!("{recipient}salt = \"{file}\"\n"));
        checkout.write(file, SALT);
        own(checkout, file);
    }
}

/// A list of people to follow up, sealed, for a recipient who gets pseudonyms as well.
fn followed_up_beside_pseudonyms(checkout: &Checkout) {
    let pipeline = "pipelines/wwri.toml";
    let names = "columns = [\"forename\", \"surname\"]";
    checkout.edit(pipeline, names, &format!("{names}\nids = true"));
    let key = age::x25519::Identity::generate().to_public();
    let head = "[recipients.harbour-esol]\n";
    checkout.edit(pipeline, head, &format!("{head}seal = \"age\"\npublic_keys = [\"{key}\"]\n"));
    let release = "[recipients.harbour-esol.release.participants]\n";
    checkout.edit(pipeline, release, &format!("{release}person = \"pseudonym\"\n"));
}

/// A draft that was sent already, the version itself having been taken out of the folder of what leaves.
fn draft_of_the_version_before(checkout: &Checkout) {
    checkout.run(&[RUN, &["--quiet"]].concat()).ends(0);
    checkout.run(&["sent", "out/small/Q1/draft/study", "--by", "Ben"]).ends(0);
    let version = checkout.join("out/small/Q1/v1");
    std::fs::rename(version, checkout.join("archived")).expect("moved");
}

/// A case: what it is, what is made wrong, what is asked, and what the refusal says.
type Case = (&'static str, fn(&Checkout), &'static [&'static str], &'static [&'static str]);

#[test]
fn each_refusal_says_what_is_wrong_and_what_to_do() {
    let cases: &[Case] = &[
        (
            "a salt among what leaves",
            |checkout| salts(checkout, &[(STUDY, "out/study.salt")]),
            RUN,
            &[
                "a salt cannot be used",
                "out/study.salt: it is inside out",
                "name as `salt` a file",
                "only you can read",
            ],
        ),
        (
            "a salt that a service copies away",
            |checkout| salts(checkout, &[(STUDY, "OneDrive - Council/study.salt")]),
            RUN,
            &["OneDrive would copy it to other computers", "study.salt", "on this computer's own disk"],
        ),
        (
            "two recipients with one salt",
            |checkout| salts(checkout, &[(STUDY, "study.salt"), (LEAD, "lead.salt")]),
            RUN,
            &["two recipients have one salt", "`study` and `lead` could put", "give each a salt of its own"],
        ),
        (
            "ids of a follow-up list beside pseudonyms",
            followed_up_beside_pseudonyms,
            &["run", "pipelines/wwri.toml"],
            &[
                "`harbour-esol` gets people's pseudonyms too",
                "beside which their names would stand",
                "make whoever follows people up a recipient of its own",
                "line ",
            ],
        ),
        (
            "a draft of another version",
            draft_of_the_version_before,
            &["sent", "out/small/Q1/draft/study", "--by", "Ben"],
            &["the draft says that it is version 1, and it would be version 2", "run Q1 again with `--by NAME`"],
        ),
        (
            "two programmes in one return",
            |checkout| {
                checkout.write("other/events.toml", EVENTS);
                checkout.edit("small.toml", "schema = \"events.toml\"", "schema = \"other/events.toml\"");
            },
            RUN,
            &[
                "the return `study` would combine programmes",
                "other",
                "make a return for each, in a pipeline of its own",
            ],
        ),
    ];
    for (name, prepare, command, expected) in cases {
        let checkout = small();
        prepare(&checkout);
        let before = crate::command::files(checkout.path());
        let said = checkout.run(command).ends(2);
        for words in *expected {
            assert!(said.err.contains(words), "{name}: no {words:?} in\n{}", said.err);
        }
        assert!(!said.err.contains(SALT.trim()), "{name}: {}", said.err);
        crate::command::assert_same(&before, &crate::command::files(checkout.path()));
    }
}
