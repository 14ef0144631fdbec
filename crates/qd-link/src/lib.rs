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

mod groups;
mod register;

pub use register::{Entry, Register};

use groups::Groups;
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
}

/// Above so many people with one name and date of birth, each is paired with the first only: a text
/// that so many share is no name.
const PAIRED_EACH: usize = 20;

/// Finds the people of a period's records. `digest` makes a digest of a kind and parts under the
/// lead's own key; it is asked for the kinds `strong` (name, values), `reference` (partner,
/// reference) and `alone` (see [`Record`]s with nothing to tell them by: they are a person each,
/// called by period, partner, what they suggest, and a running number). Pure: the same records and
/// register give the same answer.
pub fn link(
    records: &[Record<'_>],
    earlier: &Register,
    period: &str,
    digest: &dyn Fn(&str, &[&str]) -> Digest,
) -> Linked {
    let keys = keys_of(records, period, digest);
    let mut nodes = Nodes::of(earlier);
    let first: Vec<u32> = keys.iter().map(|keys| nodes.join(keys)).collect();
    let (names, merges) = nodes.names(earlier);
    let name = |node: u32| &names[&nodes.groups.root(node)];
    let people: BTreeSet<&Digest> = first.iter().map(|node| name(*node)).collect();
    let index: HashMap<&Digest, u32> = people.iter().copied().zip(0..).collect();
    let person_of_record: Vec<u32> = first.iter().map(|node| index[name(*node)]).collect();
    let seen = keys.iter().flatten().map(|key| (key.digest.clone(), name(nodes.index[&key.digest]).clone()));
    Linked {
        suggestions: suggestions(records, &person_of_record),
        conflicts: conflicts(records, &keys, &person_of_record),
        register: earlier.with(period, &merges, seen),
        people: people.into_iter().cloned().collect(),
        person_of_record,
        merges,
    }
}

/// A digest that a record brings, and how strong it is: 0 is the strongest.
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

/// Every digest that is known, as a node; those of one person are in one group.
struct Nodes {
    index: HashMap<Digest, u32>,
    /// The strength of each digest and its text, for those of this period.
    best: Vec<Option<(usize, Digest)>>,
    groups: Groups,
}

impl Nodes {
    /// The digests of earlier periods, joined as their people were.
    fn of(earlier: &Register) -> Self {
        let mut nodes = Self { index: HashMap::new(), best: Vec::new(), groups: Groups::default() };
        let mut person: HashMap<&str, u32> = HashMap::new();
        for entry in earlier.entries() {
            let node = nodes.node(&entry.digest);
            let first = *person.entry(&entry.person).or_insert(node);
            nodes.groups.join(first, node);
        }
        nodes
    }

    fn node(&mut self, digest: &Digest) -> u32 {
        if let Some(node) = self.index.get(digest) {
            return *node;
        }
        let node = self.groups.add();
        self.index.insert(digest.clone(), node);
        self.best.push(None);
        node
    }

    /// Joins the digests of one record, and answers one of their nodes.
    fn join(&mut self, keys: &[Key]) -> u32 {
        let mut first = None;
        for key in keys {
            let node = self.node(&key.digest);
            self.best[node as usize] = Some((key.rank, key.digest.clone()));
            self.groups.join(*first.get_or_insert(node), node);
        }
        first.expect("every record has a key")
    }

    /// The id of every group, by its root, and who of the register turned out to be whom.
    fn names(&self, earlier: &Register) -> (BTreeMap<u32, Digest>, Vec<Merge>) {
        // Of people who were registered: the earliest period, then the smallest id.
        let mut registered: BTreeMap<u32, BTreeSet<(u32, &str)>> = BTreeMap::new();
        for (person, order) in earlier.people() {
            let digest = earlier.digest_of(person).expect("a registered person has a digest");
            let root = self.groups.root(self.index[digest]);
            registered.entry(root).or_default().insert((order, person));
        }
        let mut names: BTreeMap<u32, Digest> = BTreeMap::new();
        let mut merges = Vec::new();
        for (root, people) in registered {
            let mut people = people.into_iter().map(|(_, person)| person.to_owned());
            let kept = people.next().expect("a group of registered people has one");
            merges.extend(people.map(|given_up| Merge { kept: kept.clone(), given_up }));
            names.insert(root, kept);
        }
        let mut new: BTreeMap<u32, &(usize, Digest)> = BTreeMap::new();
        for (node, best) in self.best.iter().enumerate() {
            let (Some(best), root) = (best, self.groups.root(node as u32)) else { continue };
            let first = new.entry(root).or_insert(best);
            *first = best.min(first);
        }
        for (root, (_, digest)) in new {
            names.entry(root).or_insert_with(|| digest.clone());
        }
        merges.sort();
        (names, merges)
    }
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
