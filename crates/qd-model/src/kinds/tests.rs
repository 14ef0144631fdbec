//! What each kind makes of good and bad values, and the laws that all of them obey.

use super::{ALL, Kind, by_name};
use proptest::prelude::*;

const PAGE_HEADINGS: [&str; 5] =
    ["What it looks for", "Why a funder asks", "Example", "How to put it right", "When it stays silent"];

/// `good`: as typed, as normalised. `bad`: as typed, a part of what is said of it.
fn check(name: &str, good: &[(&str, &str)], bad: &[(&str, &str)]) {
    let kind = by_name(name).expect("a kind");
    for (typed, normal) in good {
        assert_eq!(kind.normalise(typed), *normal, "{name}: {typed}");
        assert_eq!(kind.check(normal), Ok(()), "{name}: {typed}");
    }
    for (typed, what) in bad {
        let slip = kind.check(&kind.normalise(typed)).expect_err(typed);
        assert!(slip.what.contains(what), "{name}: {typed}: {}", slip.what);
    }
}

#[test]
fn nino() {
    check(
        "nino",
        &[("mw 00 00 01 a", "MW000001A"), ("MW-00-00-01-D", "MW000001D"), ("nc000002", "NC000002")],
        &[
            ("MWO00001A", "letter O"),
            ("MW00000IA", "letter I or L"),
            ("QQ123456A", "never issued"),
            ("DA123456A", "never issued"),
            ("AO123456A", "never issued"),
            ("BG123456A", "never issued"),
            ("ZZ123456A", "never issued"),
            ("MW000001E", "other than A"),
            ("11A11111", "temporary"),
            ("MW00001A", "too few"),
            ("MW0000011A", "too many"),
            ("pending", "words"),
            ("12345", "not written like"),
            ("MW٠٠٠٠٠١A", "not written like"),
        ],
    );
    let nino = by_name("nino").expect("a kind");
    assert_eq!(nino.link_key("MW000001A"), nino.link_key("MW000001"));
}

#[test]
fn every_prefix_of_the_manual_and_no_other() {
    let nino = by_name("nino").expect("a kind");
    let letters = || (b'A'..=b'Z').map(char::from);
    let count = letters()
        .flat_map(|a| letters().map(move |b| format!("{a}{b}000000A")))
        .filter(|number| nino.check(number).is_ok())
        .count();
    assert_eq!(count, 20 * 19 - 7);
}

#[test]
fn brp() {
    check(
        "brp",
        &[("zu1 234 567", "ZU1234567"), ("ZUX123456", "ZUX123456"), ("ra-9005196".trim(), "RA9005196")],
        &[
            ("ZUO234567", "letter O"),
            ("ZUl234567", "letter I or L"),
            ("123456789", "passport"),
            ("W12345678", "share code"),
            ("BRP", "words"),
            ("pending", "words"),
            ("N/A", "words"),
            ("ZU123456", "too few"),
            ("ZU12345678", "too many"),
            ("Z12", "not written like"),
        ],
    );
}

#[test]
fn documents() {
    check("share-code", &[("w12 345 678", "W12345678")], &[("Z12345678", "other than W"), ("W123", "fewer")]);
    check("arc", &[("asc 123-456", "ASC123456")], &[("tbc", "words"), ("1", "not written")]);
    check(
        "home-office-reference",
        &[("a1234567", "A1234567"), ("VPR1234", "VPR1234"), ("1212-0001-2345-6789", "1212000123456789")],
        &[("A123456O", "letter O"), ("AI234567", "letter I"), ("applied", "words"), ("A1", "not written")],
    );
    check(
        "passport",
        &[("n00 123 456", "N00123456"), ("123456789", "123456789"), ("FA123456", "FA123456")],
        &[("lost", "words"), ("12345", "fewer than 6"), ("1.23457E+08", "exponent"), ("P<XXX<1234", "not written")],
    );
    check(
        "driving-licence",
        &[
            ("xxxxx 901010 xx9aa", "XXXXX901010XX9AA"),
            ("XXXXX951010XX9AA 31", "XXXXX951010XX9AA"),
            ("12345678", "12345678"),
        ],
        &[("XXXXX9O1010XX9AA", "letter O"), ("XXXXX999990XX9AA", "date of birth"), ("XXXXX901010XX9", "fewer than 16")],
    );
}

#[test]
fn contact() {
    check(
        "person-name",
        &[(" Ó  Dhia-al'Nobody ", "Ó Dhia-al'Nobody"), ("محمد", "محمد"), ("X", "X"), ("Na\u{a0}Na", "Na Na")],
        &[("A1", "digit"), ("A\nB", "line break"), (&"a".repeat(101), "more than 100"), (" ", "no letter")],
    );
    check(
        "email",
        &[(" Nobody@Example.ORG", "nobody@example.org"), ("mailto:a.b+c@x.co.uk", "a.b+c@x.co.uk")],
        &[
            ("nobody", "no @"),
            ("a@b.uk;c@d.uk", "more than one"),
            ("a@b", "domain"),
            ("a@b.", "domain"),
            ("a@b,com", "comma"),
            ("a b@c.uk", "space"),
            ("@b.uk", "not written"),
        ],
    );
    check(
        "uk-phone",
        &[
            ("+44 (0)7700 900123", "07700900123"),
            ("0044 7700 900123", "07700900123"),
            ("447700900123", "07700900123"),
            ("(01632) 96-0123", "01632960123"),
            ("01632 96012", "0163296012"),
        ],
        &[
            ("7700900123", "no leading zero"),
            ("+33 199001234", "another country"),
            ("07700 900123 / 07700 900124", "more than 11"),
            ("01632", "fewer than 10"),
            ("O7700900123", "letter O"),
            ("077OO900123", "letter O"),
            ("7.7009E+09", "exponent"),
            ("none", "words"),
        ],
    );
    check(
        "uk-postcode",
        &[
            ("sw1a1aa", "SW1A 1AA"),
            ("m1 1ae", "M1 1AE"),
            ("EC1A  1BB", "EC1A 1BB"),
            ("W1A0AX", "W1A 0AX"),
            ("CR2 6XH", "CR2 6XH"),
            ("B33 8TH", "B33 8TH"),
            ("DN551PT", "DN55 1PT"),
            ("zz999zz", "ZZ99 9ZZ"),
        ],
        &[
            ("SW1A", "first half"),
            ("SW1A IAA", "letter I"),
            ("B1 OAA", "letter O"),
            ("QA1 1AA", "never used"),
            ("B1 1CC", "never used"),
            ("unknown", "words"),
            ("AA 11", "first half"),
            ("AA 11 1", "not written"),
        ],
    );
}

#[test]
fn organisations_and_places() {
    check(
        "ukprn",
        &[("1000 0000", "10000000")],
        &[("1000000", "eight"), ("1000000O", "letter O"), ("00000001", "not")],
    );
    check(
        "uprn",
        &[("000000000012", "12"), ("100012345678", "100012345678")],
        &[("1.00012E+11", "exponent"), ("0000", "zero"), ("1234567890123", "more than 12"), ("flat 2", "not written")],
    );
}

#[test]
fn every_file_is_registered_and_every_kind_has_its_page() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/kinds");
    let mut files: Vec<String> = std::fs::read_dir(&folder)
        .expect("the folder of kinds")
        .filter_map(|entry| entry.expect("an entry").file_name().to_str()?.strip_suffix(".rs").map(str::to_owned))
        .filter(|name| name != "tests")
        .collect();
    files.sort();
    let mut registered: Vec<String> = ALL.iter().map(|kind| kind.name().replace('-', "_")).collect();
    registered.sort();
    assert_eq!(files, registered);
    for kind in ALL {
        assert!(kind.page().starts_with(&format!("# {}\n", kind.name())), "{}", kind.name());
        let headings: Vec<&str> = kind.page().lines().filter_map(|line| line.strip_prefix("## ")).collect();
        assert_eq!(headings, PAGE_HEADINGS, "{}", kind.name());
    }
}

#[test]
fn slips_are_whole_phrases_without_a_value() {
    for kind in ALL {
        for slip in kind.slips() {
            for text in [slip.what, slip.fix] {
                assert!(text.starts_with(char::is_lowercase) && !text.ends_with('.'), "{}: {text}", kind.name());
            }
        }
    }
}

/// Texts that look like identifiers, and texts that look like nothing.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[A-Za-z0-9OIl +()@.,/\\-]{0,20}",
        "(\\+44|0044|44|0)? ?\\(?0?\\)?[0-9 ]{0,12}",
        "[A-Z]{1,2}[0-9OI]{5,8}[A-Z]?",
        "\\PC{0,24}",
        any::<String>(),
    ]
}

/// Kinds in which capitals and spaces mean nothing.
fn is_loose(kind: &dyn Kind) -> bool {
    !matches!(kind.name(), "person-name" | "email")
}

proptest! {
    #[test]
    fn any_text_is_judged_and_its_slip_is_declared(text in any_text()) {
        for kind in ALL {
            let normal = kind.normalise(&text);
            kind.link_key(&text);
            for judged in [kind.check(&text), kind.check(&normal)] {
                if let Err(slip) = judged {
                    prop_assert!(kind.slips().contains(&slip), "{}: {}", kind.name(), slip.what);
                }
            }
        }
    }

    #[test]
    fn what_is_normal_stays_as_it_is(text in any_text()) {
        for kind in ALL {
            let normal = kind.normalise(&text);
            prop_assert_eq!(kind.normalise(&normal), normal.as_ref(), "{}", kind.name());
        }
    }

    #[test]
    fn capitals_and_spaces_mean_nothing_where_a_kind_says_so(text in any_text(), at in 0usize..30) {
        let at = text.char_indices().map(|(at, _)| at).nth(at).unwrap_or(text.len());
        let (lower, upper) = (text.to_ascii_lowercase(), text.to_ascii_uppercase());
        let spaced = format!(" {} {} ", &text[..at], &text[at..]);
        for kind in ALL.iter().filter(|kind| is_loose(**kind)) {
            let normal = kind.normalise(&text);
            prop_assert_eq!(kind.normalise(&lower), normal.as_ref(), "{}", kind.name());
            prop_assert_eq!(kind.normalise(&upper), normal.as_ref(), "{}", kind.name());
            prop_assert_eq!(kind.normalise(&spaced), normal.as_ref(), "{}", kind.name());
        }
        let email = by_name("email").expect("a kind");
        prop_assert_eq!(email.normalise(&upper), email.normalise(&lower));
    }
}
