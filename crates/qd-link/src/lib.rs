//! Records into people: which rows of which partners are about one person, and what that person is
//! called from one period to the next.
//!
//! Architecture invariant: no key and no identifier is kept here. Identifiers come in, are digested
//! by what the caller gives for that ([`link`]), and only digests stay.
//!
//! # The rules
//!
//! 1. Two records are of one person where they share a strong identifier, or where one partner uses
//!    one reference for both. What an earlier period's [`Register`] knows of a digest counts too.
//! 2. Equal names and dates of birth link nobody. They only suggest, for a person to decide.
//! 3. A new person's id is the digest of the strongest identifier that any of the person's records
//!    has, and of several equally strong ones the smallest digest; else the smallest digest of
//!    partner and reference. So ids do not depend on the order of records or partners.
//! 4. A person whom the register knows keeps the id of the first period, whatever arrives later.
//! 5. Where a record connects two whom the register holds for two people, the id first registered
//!    wins (of one period's the smaller), all that was known of the other counts as the winner's
//!    from then on, and the connection is listed in [`Linked::merges`].
//! 6. What people decided about two records goes before all of that ([`Decided`]): same records are
//!    one person's whatever they share, different ones two people's. The id then stays with the record
//!    that was registered first, and the split is listed in [`Linked::splits`].

mod apart;
mod groups;
mod nodes;
mod register;

pub use apart::{Decided, Verdict};
pub use register::{Added, Entry, Register};

use nodes::Nodes;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What the lead's own key makes of an identifier: a text of one length that says nothing.
pub type Digest = String;

/// One record of one partner, with all that may tell whose it is.
#[derive(Debug, Clone, Default)]
pub struct Record<'a> {
    /// The partner's code.
    pub partner: &'a str,
    /// The partner's own reference of the person; may be empty.
    pub record: &'a str,
    /// One entry for each of the programme's strong identifiers, strongest first and the same for
    /// every record: its name and its values, normalised. One without values, or with an empty one,
    /// counts as not given.
    pub strong: Vec<(&'a str, Vec<Cow<'a, str>>)>,
    /// What only suggests: name and date of birth, folded into one text.
    pub suggest: Option<String>,
}

/// Two people of the register who turned out to be one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Merge {
    /// The id that stays.
    pub kept: Digest,
    /// The id that is given up.
    pub given_up: Digest,
}

/// One person of the register of whom some records turned out to be another's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Split {
    /// The id that they had.
    pub from: Digest,
    /// The id that they have now.
    pub to: Digest,
}

/// One person whose records of this period have several values of one strong identifier.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Conflict {
    /// The person, an index into [`Linked::people`].
    pub person: u32,
    /// The identifier's name.
    pub name: String,
    /// The first record with each of the values, in order of the records.
    pub records: Vec<usize>,
}

/// Who is who in one period.
#[derive(Debug, Clone, Default)]
pub struct Linked {
    /// The ids of the period's people, in order of the text.
    pub people: Vec<Digest>,
    /// The person of each record, an index into `people`.
    pub person_of_record: Vec<u32>,
    /// The earlier register with all that this period added.
    pub register: Register,
    /// Pairs of records of two people that may be one, sorted: each with the smaller index first,
    /// and each two people once for every text that they share.
    pub suggestions: Vec<(usize, usize)>,
    /// People with several values of one strong identifier, sorted.
    pub conflicts: Vec<Conflict>,
    /// People of the register who turned out to be one, sorted.
    pub merges: Vec<Merge>,
    /// People of the register who turned out to be two, sorted.
    pub splits: Vec<Split>,
    /// What people name each record by when they decide ([`Decided`]).
    pub name_of_record: Vec<Digest>,
    /// Decisions that two records are different people's which a third record contradicts, sorted.
    pub contradicted: Vec<(Digest, Digest)>,
}

/// What linking rests on.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// What earlier periods knew.
    pub register: &'a Register,
    /// The label of the period whose records are linked.
    pub period: &'a str,
    /// What people decided.
    pub decided: &'a [Decided],
}

/// Above so many people with one name and date of birth, each is paired with the first only: a text
/// that so many share is no name.
const PAIRED_EACH: usize = 20;

/// Finds the people of a period's records. `digest` makes a digest of a kind and parts under the
/// lead's own key; it is asked for the kinds `strong` (name, values), `reference` (partner,
/// reference), `alone` (see [`Record`]s with nothing to tell them by: they are a person each,
/// called by period, partner, what they suggest, and a running number) and `split` (for one who would
/// else be called as another is). Pure: the same records, register and decisions give the same answer.
pub fn link(records: &[Record<'_>], known: &Known<'_>, digest: &dyn Fn(&str, &[&str]) -> Digest) -> Linked {
    let mut keys = keys_of(records, known.period, digest);
    let name_of_record: Vec<Digest> = keys.iter().map(|keys| naming(keys).clone()).collect();
    let conflicts_keys = keys.clone();
    let cut = apart::keep_apart(&mut keys, &name_of_record, known);
    let mut nodes = Nodes::of(known.register, &cut);
    let first: Vec<u32> = keys.iter().map(|keys| nodes.join(keys)).collect();
    nodes.join_decided(known.decided);
    let named = nodes.names(known.register, &cut, digest);
    let people: BTreeSet<&Digest> = first.iter().map(|node| nodes.name(&named, *node)).collect();
    let index: HashMap<&Digest, u32> = people.iter().copied().zip(0..).collect();
    let person_of_record: Vec<u32> = first.iter().map(|node| index[nodes.name(&named, *node)]).collect();
    let seen: BTreeSet<&Digest> = keys.iter().flatten().map(|key| &key.digest).collect();
    let person_of = |digest: &Digest| nodes.known(digest).map(|node| nodes.name(&named, node).clone());
    let register = known.register.after(known.period, &seen, &person_of);
    let is_decided = |one: usize, two: usize| {
        let people = [&name_of_record[one], &name_of_record[two]].map(|name| register.person_of(name));
        known.decided.iter().filter(|decided| decided.verdict == Verdict::Different).any(|decided| {
            let told = [&decided.one, &decided.other].map(|name| register.person_of(name));
            told == people || (told[1], told[0]) == (people[0], people[1])
        })
    };
    let mut suggestions = suggestions(records, &person_of_record);
    suggestions.retain(|(one, two)| !is_decided(*one, *two));
    Linked {
        suggestions,
        conflicts: conflicts(records, &conflicts_keys, &person_of_record),
        contradicted: apart::contradicted(known.decided, &register),
        people: people.into_iter().cloned().collect(),
        register,
        person_of_record,
        splits: named.splits,
        merges: named.merges,
        name_of_record,
    }
}

/// What people name a record by: its partner's reference, or the strongest thing that it has.
fn naming(keys: &[Key]) -> &Digest {
    let key = keys.iter().max_by_key(|key| key.rank == usize::MAX);
    &key.expect("every record has a key").digest
}

/// A digest that a record brings, and how strong it is: 0 is the strongest.
#[derive(Debug, Clone)]
struct Key {
    rank: usize,
    digest: Digest,
}

/// What each record can be told by; at least one for every record.
fn keys_of(records: &[Record<'_>], period: &str, digest: &dyn Fn(&str, &[&str]) -> Digest) -> Vec<Vec<Key>> {
    let mut alone: HashMap<(&str, &str), u32> = HashMap::new();
    let keys = records.iter().map(|record| {
        let strong = record.strong.iter().enumerate().filter(|(_, (_, values))| is_given(values));
        let mut keys: Vec<Key> = strong
            .map(|(rank, (name, values))| {
                let parts: Vec<&str> = std::iter::once(*name).chain(values.iter().map(AsRef::as_ref)).collect();
                Key { rank, digest: digest("strong", &parts) }
            })
            .collect();
        if !record.record.is_empty() {
            keys.push(Key { rank: usize::MAX, digest: digest("reference", &[record.partner, record.record]) });
        }
        if keys.is_empty() {
            let suggest = record.suggest.as_deref().unwrap_or_default();
            let number = alone.entry((record.partner, suggest)).or_default();
            *number += 1;
            let parts = [period, record.partner, suggest, &number.to_string()];
            keys.push(Key { rank: usize::MAX, digest: digest("alone", &parts) });
        }
        keys
    });
    keys.collect()
}

fn is_given(values: &[Cow<'_, str>]) -> bool {
    !values.is_empty() && values.iter().all(|value| !value.is_empty())
}

fn suggestions(records: &[Record<'_>], person_of_record: &[u32]) -> Vec<(usize, usize)> {
    // For each text, the first record of each person who has it.
    let mut by_text: BTreeMap<&str, BTreeMap<u32, usize>> = BTreeMap::new();
    for (index, (record, person)) in records.iter().zip(person_of_record).enumerate() {
        if let Some(text) = record.suggest.as_deref().filter(|text| !text.is_empty()) {
            by_text.entry(text).or_default().entry(*person).or_insert(index);
        }
    }
    let mut pairs = Vec::new();
    for people in by_text.into_values() {
        let mut firsts: Vec<usize> = people.into_values().collect();
        firsts.sort_unstable();
        let others = if firsts.len() > PAIRED_EACH { 1 } else { firsts.len() };
        for (at, one) in firsts.iter().enumerate().take(others) {
            pairs.extend(firsts[at + 1..].iter().map(|two| (*one, *two)));
        }
    }
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

fn conflicts(records: &[Record<'_>], keys: &[Vec<Key>], person_of_record: &[u32]) -> Vec<Conflict> {
    // For each person and identifier, the first record with each digest.
    let mut seen: BTreeMap<(u32, usize), BTreeMap<&Digest, usize>> = BTreeMap::new();
    for (index, (keys, person)) in keys.iter().zip(person_of_record).enumerate() {
        for key in keys.iter().filter(|key| key.rank < usize::MAX) {
            seen.entry((*person, key.rank)).or_default().entry(&key.digest).or_insert(index);
        }
    }
    let several = seen.into_iter().filter(|(_, values)| values.len() > 1);
    several
        .map(|((person, rank), values)| {
            let mut places: Vec<usize> = values.into_values().collect();
            places.sort_unstable();
            Conflict { person, name: records[places[0]].strong[rank].0.to_owned(), records: places }
        })
        .collect()
}

#[cfg(test)]
mod tests;
