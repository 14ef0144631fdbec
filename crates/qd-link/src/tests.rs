//! Small worlds of records, and the laws of linking over random ones.

use super::*;
use proptest::prelude::*;

/// A digest that a test can read; the real one is keyed.
fn digest(kind: &str, parts: &[&str]) -> Digest {
    format!("{kind}:{}", parts.join("|"))
}

/// `partner reference number document name`, where `-` stands for nothing.
fn record(line: &str) -> Record<'_> {
    let words: Vec<&str> = line.split(' ').map(|word| if word == "-" { "" } else { word }).collect();
    let [partner, record, number, document, name] = words.try_into().expect("five words");
    let strong = vec![("number", vec![number.into()]), ("document", vec!["kind".into(), document.into()])];
    Record { partner, record, strong, suggest: (!name.is_empty()).then(|| name.to_owned()) }
}

fn linked(lines: &[&str], earlier: &Register, period: &str) -> Linked {
    decided(lines, earlier, period, &[])
}

/// The same with decisions: `same` or `different`, and the two records' references.
fn decided(lines: &[&str], earlier: &Register, period: &str, decisions: &[&str]) -> Linked {
    let records: Vec<Record<'_>> = lines.iter().map(|line| record(line)).collect();
    let decided: Vec<Decided> = decisions
        .iter()
        .map(|line| {
            let [verdict, one, other] = line.split(' ').collect::<Vec<_>>().try_into().expect("three words");
            let verdict = if verdict == "same" { Verdict::Same } else { Verdict::Different };
            let name = |text: &str| format!("reference:{text}");
            Decided { one: name(one), other: name(other), verdict }
        })
        .collect();
    link(&records, &Known { register: earlier, period, decided: &decided }, &digest)
}

/// The id of each record's person.
fn ids(linked: &Linked) -> Vec<&str> {
    linked.person_of_record.iter().map(|person| linked.people[*person as usize].as_str()).collect()
}

#[track_caller]
fn check(lines: &[&str], expected: &[&str]) {
    assert_eq!(ids(&linked(lines, &Register::default(), "one")), expected);
}

#[test]
fn strong_identifiers_link_and_the_strongest_names() {
    check(&["north a n1 - -", "south b n1 - -"], &["strong:number|n1", "strong:number|n1"]);
    check(
        &["north a - d1 -", "south b n9 d1 -", "south c - d2 -"],
        &["strong:number|n9", "strong:number|n9", "strong:document|kind|d2"],
    );
}

#[test]
fn links_reach_across_records() {
    let one = "strong:number|n1";
    check(&["north a n1 - -", "south b - d1 -", "east c n2 d1 -", "north a n2 - -"], &[one; 4]);
}

#[test]
fn references_link_within_a_partner_only() {
    check(
        &["north a - - -", "north a - - -", "south a - - -"],
        &["reference:north|a", "reference:north|a", "reference:south|a"],
    );
}

#[test]
fn records_without_anything_are_each_alone() {
    check(
        &["north - - - x", "north - - - x", "south - - - -"],
        &["alone:one|north|x|1", "alone:one|north|x|2", "alone:one|south||1"],
    );
    // An identifier is of no use where one of its fields is blank.
    let strong = vec![("number", Vec::new()), ("document", vec!["kind".into(), "".into()])];
    let blank = Record { partner: "north", strong, ..Record::default() };
    let known = Known { register: &Register::default(), period: "one", decided: &[] };
    let linked = link(&[blank], &known, &digest);
    assert_eq!(linked.people, ["alone:one|north||1"]);
}

#[test]
fn people_are_in_order_of_their_ids() {
    let linked = linked(&["north z - - -", "north a - - -", "north m - - -"], &Register::default(), "one");
    assert_eq!(linked.people, ["reference:north|a", "reference:north|m", "reference:north|z"]);
    assert_eq!(linked.person_of_record, [2, 0, 1]);
}

#[test]
fn names_only_suggest() {
    let linked = linked(
        &["north a n1 - x", "south b n2 - x", "south c n1 - x", "east d n3 - y", "east e n4 - -", "west f n5 - -"],
        &Register::default(),
        "one",
    );
    assert_eq!(linked.people.len(), 5);
    assert_eq!(linked.suggestions, [(0, 1)]);
}

#[test]
fn a_text_that_very_many_share_is_paired_sparingly() {
    let lines: Vec<String> = (0..=PAIRED_EACH).map(|index| format!("north r{index} - - x")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let pairs = |count: usize| linked(&lines[..count], &Register::default(), "one").suggestions.len();
    assert_eq!(pairs(PAIRED_EACH), PAIRED_EACH * (PAIRED_EACH - 1) / 2);
    assert_eq!(pairs(PAIRED_EACH + 1), PAIRED_EACH);
}

#[test]
fn several_values_of_one_identifier_are_told() {
    let linked = linked(
        &["north a n1 d1 -", "north a n2 d1 -", "south b n2 d1 -", "south c n3 - -"],
        &Register::default(),
        "one",
    );
    assert_eq!(linked.conflicts, [Conflict { person: 0, name: "number".to_owned(), records: vec![0, 1] }]);
}

#[test]
fn an_id_stays_when_a_better_identifier_arrives() {
    let one = linked(&["north a - - -"], &Register::default(), "one");
    let two = linked(&["north a - d1 -"], &one.register, "two");
    let three = linked(&["south b n1 d1 -"], &two.register, "three");
    let four = linked(&["east c n1 - -"], &three.register, "four");
    for linked in [&one, &two, &three, &four] {
        assert_eq!(ids(linked), ["reference:north|a"]);
    }
    let kept: Vec<(&str, &str, u32)> = four
        .register
        .entries()
        .map(|entry| (entry.digest.as_str(), entry.first_period.as_str(), entry.order))
        .collect();
    assert_eq!(
        kept,
        [
            ("reference:east|c", "four", 3),
            ("reference:north|a", "one", 0),
            ("reference:south|b", "three", 2),
            ("strong:document|kind|d1", "two", 1),
            ("strong:number|n1", "three", 2),
        ]
    );
}

#[test]
fn two_people_who_prove_to_be_one_take_the_older_id() {
    let one = linked(&["north z - d1 -"], &Register::default(), "b");
    let two = linked(&["south a n1 - -"], &one.register, "a");
    // Labels have no order of their own: "b" came first.
    let three = linked(&["east c n1 d1 -"], &two.register, "c");
    let (older, younger) = ("strong:document|kind|d1", "strong:number|n1");
    assert_eq!(ids(&three), [older]);
    assert_eq!(three.merges, [Merge { kept: older.to_owned(), given_up: younger.to_owned() }]);
    let four = linked(&["south a - - -", "west q n1 - -"], &three.register, "d");
    assert_eq!(ids(&four), [older, older]);
    assert_eq!(four.merges, []);
    assert_eq!(four.register.people().count(), 1);
}

#[test]
fn of_two_people_of_one_period_the_smaller_id_stays() {
    let one = linked(&["north z n2 - -", "south a n1 - -"], &Register::default(), "one");
    let two = linked(&["north z - - -", "south a - - -", "north z n1 - -"], &one.register, "two");
    assert_eq!(ids(&two), ["strong:number|n1"; 3]);
    assert_eq!(two.merges.len(), 1);
}

#[test]
fn a_period_without_records_changes_nothing() {
    let one = linked(&["north a n1 - -"], &Register::default(), "one");
    let two = linked(&[], &one.register, "two");
    assert_eq!(two.register, one.register);
    assert!(two.people.is_empty());
}

#[test]
fn records_that_are_decided_to_be_one_persons_are() {
    let lines = ["north a n1 - x", "south b - - x"];
    let one = decided(&lines, &Register::default(), "one", &["same south|b north|a"]);
    assert_eq!(ids(&one), ["strong:number|n1"; 2]);
    assert_eq!(one.suggestions, []);
    // Registered for two before: the older id stays, and a decision about absent records holds too.
    let before = linked(&lines, &Register::default(), "one");
    let two = decided(&["south b - - -"], &before.register, "two", &["same south|b north|a"]);
    assert_eq!(two.merges, [Merge { kept: "reference:south|b".into(), given_up: "strong:number|n1".into() }]);
    assert_eq!(ids(&linked(&lines, &two.register, "three")), ["reference:south|b"; 2]);
}

#[test]
fn records_that_are_decided_to_be_two_peoples_stay_apart() {
    let lines = ["north a n1 - x", "south b n1 d2 x"];
    let decision = &["different north|a south|b"];
    let fresh = decided(&lines, &Register::default(), "one", decision);
    assert_eq!(ids(&fresh), ["strong:number|n1", "strong:document|kind|d2"]);
    assert_eq!((fresh.suggestions.len(), fresh.splits.len(), fresh.contradicted.len()), (0, 0, 0));
    // Known as one person before: the first stays who it was, the other leaves with its own document.
    let before = linked(&lines, &Register::default(), "one");
    assert_eq!(ids(&before), ["strong:number|n1"; 2]);
    let two = decided(&lines, &before.register, "two", decision);
    assert_eq!(ids(&two), ["strong:number|n1", "strong:document|kind|d2"]);
    assert_eq!(two.splits, [Split { from: "strong:number|n1".into(), to: "strong:document|kind|d2".into() }]);
    let three = decided(&["south b n1 d2 x", "east c - d2 -"], &two.register, "three", decision);
    assert_eq!(ids(&three), ["strong:document|kind|d2"; 2]);
    assert_eq!((three.splits.len(), three.merges.len()), (0, 0));
    // The other alone, before anything was split: what it shares is not its own.
    let alone = decided(&["south b n1 - -"], &before.register, "two", decision);
    assert_eq!(ids(&alone), ["reference:south|b"]);
    // Nobody came: the split holds all the same.
    let nobody = decided(&[], &before.register, "two", decision);
    assert_eq!(nobody.register.person_of("reference:south|b"), Some("reference:south|b"));
    assert_eq!(nobody.register.person_of("reference:north|a"), Some("strong:number|n1"));
}

#[test]
fn one_who_leaves_never_takes_the_id_along() {
    // The person is called after the reference that was registered first.
    let one = linked(&["south b - - -"], &Register::default(), "one");
    let two = linked(&["south b n1 - -", "north a n1 - -"], &one.register, "two");
    assert_eq!(ids(&two), ["reference:south|b"; 2]);
    let three = decided(&["south b n1 - -", "north a n1 - -"], &two.register, "three", &["different north|a south|b"]);
    assert_eq!(ids(&three), ["reference:south|b", "reference:north|a"]);
}

#[test]
fn a_third_record_that_contradicts_a_decision_is_told() {
    let lines = ["north a n1 - -", "south b - d2 -", "east c n1 d2 -"];
    let linked = decided(&lines, &Register::default(), "one", &["different north|a south|b"]);
    assert_eq!(linked.contradicted, [("reference:north|a".to_owned(), "reference:south|b".to_owned())]);
}

/// Few values, so that records meet often.
fn lines() -> impl Strategy<Value = Vec<String>> {
    let word =
        |letter: &'static str| prop_oneof![Just("-".to_owned()), (0..6u8).prop_map(move |n| format!("{letter}{n}"))];
    let line = (prop_oneof!["north", "south"], word("r"), word("n"), word("d"), word("x")).prop_map(
        |(partner, reference, number, document, name)| format!("{partner} {reference} {number} {document} {name}"),
    );
    prop::collection::vec(line, 0..12)
}

fn texts(lines: &[String]) -> Vec<&str> {
    lines.iter().map(String::as_str).collect()
}

/// Each record with its person's id, in an order that says nothing.
fn world(lines: &[&str], linked: &Linked) -> Vec<(String, String)> {
    let pairs = lines.iter().zip(ids(linked)).map(|(line, id)| ((*line).to_owned(), id.to_owned()));
    let mut world: Vec<_> = pairs.collect();
    world.sort();
    world
}

proptest! {
    #[test]
    fn the_order_of_records_does_not_matter(before in lines(), now in lines().prop_flat_map(|now| (Just(now.clone()), Just(now).prop_shuffle()))) {
        let (now, shuffled) = now;
        let earlier = linked(&texts(&before), &Register::default(), "one").register;
        let (one, two) = (linked(&texts(&now), &earlier, "two"), linked(&texts(&shuffled), &earlier, "two"));
        prop_assert_eq!(world(&texts(&now), &one), world(&texts(&shuffled), &two));
        prop_assert_eq!(&one.people, &two.people);
        prop_assert_eq!(&one.register, &two.register);
        prop_assert_eq!(&one.merges, &two.merges);
        prop_assert_eq!(one.conflicts.len(), two.conflicts.len());
        prop_assert_eq!(one.suggestions.len(), two.suggestions.len());
    }

    #[test]
    fn records_that_share_what_links_are_of_one_person_and_no_others(now in lines()) {
        let linked = linked(&texts(&now), &Register::default(), "one");
        let records: Vec<Record<'_>> = now.iter().map(|line| record(line)).collect();
        let share = |one: &Record<'_>, two: &Record<'_>| {
            let same = |at: usize| is_given(&one.strong[at].1) && one.strong[at].1 == two.strong[at].1;
            same(0) || same(1) || (!one.record.is_empty() && (one.partner, one.record) == (two.partner, two.record))
        };
        // The plainest way there is: spread labels until nothing changes.
        let mut label: Vec<usize> = (0..records.len()).collect();
        for _ in 0..records.len() {
            for one in 0..records.len() {
                for two in 0..records.len() {
                    if share(&records[one], &records[two]) {
                        label[one] = label[one].min(label[two]);
                    }
                }
            }
        }
        for one in 0..records.len() {
            for two in 0..records.len() {
                let same = linked.person_of_record[one] == linked.person_of_record[two];
                prop_assert_eq!(same, label[one] == label[two], "{} and {}", one, two);
            }
        }
    }

    #[test]
    fn the_same_records_a_period_later_are_the_same_people(before in lines()) {
        // Records with nothing to tell them by are of their period only.
        let before: Vec<&str> = before.iter().map(String::as_str).filter(|line| !line.contains(" - - - ")).collect();
        let one = linked(&before, &Register::default(), "one");
        let two = linked(&before, &one.register, "two");
        prop_assert_eq!(&one.people, &two.people);
        prop_assert_eq!(&one.person_of_record, &two.person_of_record);
        prop_assert_eq!(&one.register, &two.register);
        prop_assert_eq!(two.merges, []);
    }

    #[test]
    fn nobody_who_is_registered_is_renamed_but_by_a_merge(before in lines(), now in lines()) {
        let earlier = linked(&texts(&before), &Register::default(), "one").register;
        let after = linked(&texts(&now), &earlier, "two");
        for entry in earlier.entries() {
            let person = after.register.person_of(&entry.digest).expect("a digest is never forgotten");
            let merge = Merge { kept: person.to_owned(), given_up: entry.person.clone() };
            prop_assert!(person == entry.person || after.merges.contains(&merge));
        }
    }

    #[test]
    fn a_register_that_was_kept_is_the_same(before in lines(), now in lines()) {
        let one = linked(&texts(&before), &Register::default(), "one");
        let two = linked(&texts(&now), &one.register, "two").register;
        let mut kept: Vec<Entry> = two.entries().cloned().collect();
        kept.reverse();
        prop_assert_eq!(Register::from_entries(kept), two);
    }

    #[test]
    fn a_register_is_the_sum_of_what_each_period_added(before in lines(), now in lines(), apart in any::<bool>()) {
        let one = linked(&texts(&before), &Register::default(), "one").register;
        let decisions = if apart { ["different north|r1 south|r1"] } else { ["same north|r1 south|r1"] };
        let two = decided(&texts(&now), &one, "two", &decisions).register;
        let sum = Register::default().with("one", &one.added_to(&Register::default(), "one"));
        prop_assert_eq!(&sum, &one);
        prop_assert_eq!(sum.with("two", &two.added_to(&one, "two")), two);
    }

    #[test]
    fn decisions_hold_whatever_the_order_of_records(before in lines(), now in lines().prop_flat_map(|now| (Just(now.clone()), Just(now).prop_shuffle()))) {
        let (now, shuffled) = now;
        let decisions = ["different north|r1 south|r1", "same north|r2 south|r3"];
        let earlier = linked(&texts(&before), &Register::default(), "one").register;
        let (one, two) = (
            decided(&texts(&now), &earlier, "two", &decisions),
            decided(&texts(&shuffled), &earlier, "two", &decisions),
        );
        prop_assert_eq!(world(&texts(&now), &one), world(&texts(&shuffled), &two));
        prop_assert_eq!(&one.register, &two.register);
        prop_assert_eq!(&one.splits, &two.splits);
        let people = ["reference:north|r1", "reference:south|r1"].map(|digest| one.register.person_of(digest));
        prop_assert!(people[0].is_none() || people[0] != people[1] || !one.contradicted.is_empty());
        let people = ["reference:north|r2", "reference:south|r3"].map(|digest| one.register.person_of(digest));
        prop_assert!(people.contains(&None) || people[0] == people[1]);
    }
}
