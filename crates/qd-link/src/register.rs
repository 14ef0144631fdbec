//! What is kept of people from one period to the next: digests, and whom they point to.

use crate::{Digest, Merge};
use std::collections::{BTreeMap, HashMap};

/// One digest that was seen, and the person it points to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The person's id.
    pub person: Digest,
    /// The digest of an identifier, or of a partner's reference.
    pub digest: Digest,
    /// Label of the period in which the digest was first seen.
    pub first_period: String,
    /// Which of the periods that were linked this was, counted from 0: labels have no order of their own.
    pub order: u32,
}

/// All digests that were seen in earlier periods. Starts empty, and grows with every [`crate::link`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Register {
    /// By digest.
    known: BTreeMap<Digest, Entry>,
    /// By person, the order of the first period, and one digest of that person.
    people: BTreeMap<Digest, (u32, Digest)>,
}

impl Register {
    /// The register of entries that were kept, in any order. Where a digest is there twice, the one
    /// first seen counts.
    pub fn from_entries(entries: impl IntoIterator<Item = Entry>) -> Self {
        let mut known: BTreeMap<Digest, Entry> = BTreeMap::new();
        for entry in entries {
            let first = known.entry(entry.digest.clone()).or_insert_with(|| entry.clone());
            if (entry.order, &entry.person) < (first.order, &first.person) {
                *first = entry;
            }
        }
        let mut people: BTreeMap<Digest, (u32, Digest)> = BTreeMap::new();
        for entry in known.values() {
            let first = people.entry(entry.person.clone()).or_insert_with(|| (entry.order, entry.digest.clone()));
            first.0 = first.0.min(entry.order);
        }
        Self { known, people }
    }

    /// Every entry, in order of the digest.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = &Entry> {
        self.known.values()
    }

    /// The person that a digest points to.
    pub fn person_of(&self, digest: &str) -> Option<&str> {
        self.known.get(digest).map(|entry| entry.person.as_str())
    }

    /// Every person with the order of the period in which they were first seen, in order of the id.
    pub fn people(&self) -> impl ExactSizeIterator<Item = (&str, u32)> {
        self.people.iter().map(|(person, (order, _))| (person.as_str(), *order))
    }

    /// One digest of a person.
    pub(crate) fn digest_of(&self, person: &str) -> Option<&Digest> {
        self.people.get(person).map(|(_, digest)| digest)
    }

    /// The register after another period. Digests that are known keep their first period; those of a
    /// person who was merged point to the one who stays.
    pub(crate) fn with(&self, period: &str, merges: &[Merge], seen: impl Iterator<Item = (Digest, Digest)>) -> Self {
        let kept: HashMap<&str, &Digest> = merges.iter().map(|merge| (merge.given_up.as_str(), &merge.kept)).collect();
        let same = self.entries().find(|entry| entry.first_period == period).map(|entry| entry.order);
        let next = self.entries().map(|entry| entry.order + 1).max().unwrap_or(0);
        let order = same.unwrap_or(next);
        let earlier = self.entries().map(|entry| {
            let person = kept.get(entry.person.as_str()).map_or(&entry.person, |kept| *kept).clone();
            Entry { person, ..entry.clone() }
        });
        let new = seen.filter(|(digest, _)| !self.known.contains_key(digest));
        let new = new.map(|(digest, person)| Entry { person, digest, first_period: period.to_owned(), order });
        Self::from_entries(earlier.chain(new))
    }
}
