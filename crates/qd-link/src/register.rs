//! What is kept of people from one period to the next: digests, and whom they point to.

use crate::Digest;
use std::collections::{BTreeMap, BTreeSet, HashMap};

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
    /// By person, the order of the first period.
    people: BTreeMap<Digest, u32>,
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
        let mut people: BTreeMap<Digest, u32> = BTreeMap::new();
        for entry in known.values() {
            let first = people.entry(entry.person.clone()).or_insert(entry.order);
            *first = entry.order.min(*first);
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
        self.people.iter().map(|(person, order)| (person.as_str(), *order))
    }

    /// What is known of a digest.
    pub(crate) fn entry(&self, digest: &str) -> Option<&Entry> {
        self.known.get(digest)
    }

    /// The register after another period, in which some digests were seen and every known digest
    /// points to the person that `person_of` tells. Digests that are known keep their first period.
    pub(crate) fn after(
        &self,
        period: &str,
        seen: &BTreeSet<&Digest>,
        person_of: &dyn Fn(&Digest) -> Option<Digest>,
    ) -> Self {
        let order = self.order_of(period);
        let earlier = self.entries().map(|entry| {
            let person = person_of(&entry.digest).unwrap_or_else(|| entry.person.clone());
            Entry { person, ..entry.clone() }
        });
        let new = seen.iter().filter(|digest| !self.known.contains_key(**digest)).filter_map(|digest| {
            let (person, digest) = (person_of(digest)?, (*digest).clone());
            Some(Entry { person, digest, first_period: period.to_owned(), order })
        });
        Self::from_entries(earlier.chain(new))
    }

    /// The number of a period: its own where it is known, else the next.
    fn order_of(&self, period: &str) -> u32 {
        let same = self.entries().find(|entry| entry.first_period == period).map(|entry| entry.order);
        same.unwrap_or_else(|| self.entries().map(|entry| entry.order + 1).max().unwrap_or(0))
    }

    /// What a period added to the register before it, which this is the register after.
    pub fn added_to(&self, earlier: &Self, period: &str) -> Added {
        let mut added = Added::default();
        for entry in self.entries() {
            let pair = || (entry.digest.clone(), entry.person.clone());
            match earlier.known.get(&entry.digest) {
                None if entry.first_period == period => added.new.push(pair()),
                Some(before) if before.person != entry.person => added.moved.push(pair()),
                _ => {}
            }
        }
        added
    }

    /// The register with what a further period added. Adding to a period that is there already is
    /// adding to that period.
    #[must_use]
    pub fn with(self, period: &str, added: &Added) -> Self {
        let order = self.order_of(period);
        let moved: HashMap<&str, &Digest> =
            added.moved.iter().map(|(digest, person)| (digest.as_str(), person)).collect();
        let mut known = self.known;
        for entry in known.values_mut() {
            if let Some(person) = moved.get(entry.digest.as_str()) {
                entry.person.clone_from(person);
            }
        }
        for (digest, person) in &added.new {
            let (person, first_period) = (person.clone(), period.to_owned());
            let entry = Entry { person, digest: digest.clone(), first_period, order };
            known.entry(digest.clone()).or_insert(entry);
        }
        if moved.is_empty() {
            let mut people = self.people;
            for (digest, person) in &added.new {
                if known[digest].person == *person {
                    people.entry(person.clone()).or_insert(order);
                }
            }
            return Self { known, people };
        }
        Self::from_entries(known.into_values())
    }
}

/// What one period added to the register: pairs of a digest and the person it points to, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Added {
    /// Digests that were not known.
    pub new: Vec<(Digest, Digest)>,
    /// Known digests that point to another person since.
    pub moved: Vec<(Digest, Digest)>,
}
