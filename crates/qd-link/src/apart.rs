//! What people decided about two records, and how records that were told apart stay apart.

use crate::{Digest, Key, Known, Register};
use std::collections::{BTreeMap, BTreeSet};

/// What was decided about two records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// They are one person's.
    Same,
    /// They are two people's.
    Different,
}

/// A decision about two records, each named as in [`crate::Linked::name_of_record`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decided {
    /// One record.
    pub one: Digest,
    /// The other.
    pub other: Digest,
    /// What was decided.
    pub verdict: Verdict,
}

/// Takes from the records what would join two that people told apart, and answers the digests that
/// are no longer their person's in the register. Of the two, the record that was registered first
/// stays who it was, and the other one leaves with all that is its own alone.
pub(crate) fn keep_apart(keys: &mut [Vec<Key>], names: &[Digest], known: &Known<'_>) -> BTreeSet<Digest> {
    let mut cut = BTreeSet::new();
    for decided in known.decided.iter().filter(|decided| decided.verdict == Verdict::Different) {
        let (stays, leaves) = sides(decided, known.register);
        let person = |digest: &Digest| known.register.person_of(digest);
        // Who brings each digest this period: the one who leaves, the one who stays, anybody else.
        let mut brought: BTreeMap<&Digest, [bool; 3]> = BTreeMap::new();
        for (keys, name) in keys.iter().zip(names) {
            let side = if name == leaves { 0 } else { 1 + usize::from(name != stays) };
            for key in keys {
                brought.entry(&key.digest).or_default()[side] = true;
            }
        }
        let stays_is_here = names.contains(stays);
        let (one, other) = (person(stays), person(leaves));
        let is_one = one.is_some() && one == other;
        let mut taken: BTreeMap<bool, BTreeSet<Digest>> = BTreeMap::new();
        for (digest, [by_leaves, by_stays, by_others]) in brought {
            if digest == leaves || digest == stays {
                continue;
            }
            let is_known = person(digest).is_some() && person(digest) == one;
            let is_own = by_leaves && !by_stays && !by_others && stays_is_here;
            if is_one && is_known && is_own {
                cut.insert(digest.clone());
            } else if by_leaves && (by_stays || is_known) {
                taken.entry(true).or_default().insert(digest.clone());
            } else if by_stays && other.is_some() && !is_one && person(digest) == other {
                taken.entry(false).or_default().insert(digest.clone());
            }
        }
        if is_one {
            cut.insert(leaves.clone());
        }
        for (keys, name) in keys.iter_mut().zip(names) {
            let taken = if name == leaves { taken.get(&true) } else { taken.get(&false).filter(|_| name == stays) };
            if let Some(taken) = taken {
                keys.retain(|key| key.digest == *name || !taken.contains(&key.digest));
            }
        }
    }
    cut
}

/// Who stays and who leaves: the one after whom the person is called stays, else the one registered
/// first, else the one with the smaller digest.
fn sides<'a>(decided: &'a Decided, register: &Register) -> (&'a Digest, &'a Digest) {
    let rank = |digest: &'a Digest| {
        let entry = register.entry(digest);
        (entry.is_none_or(|entry| entry.person != *digest), entry.map_or(u32::MAX, |entry| entry.order), digest)
    };
    let (one, other) = (rank(&decided.one), rank(&decided.other));
    if one <= other { (&decided.one, &decided.other) } else { (&decided.other, &decided.one) }
}

/// Decisions that two records are different people's, which something else they share contradicts.
pub(crate) fn contradicted(decided: &[Decided], register: &Register) -> Vec<(Digest, Digest)> {
    let is_one = |decided: &&Decided| {
        let people = [&decided.one, &decided.other].map(|name| register.person_of(name));
        decided.verdict == Verdict::Different && people[0].is_some() && people[0] == people[1]
    };
    let mut contradicted: Vec<(Digest, Digest)> =
        decided.iter().filter(is_one).map(|decided| (decided.one.clone(), decided.other.clone())).collect();
    contradicted.sort();
    contradicted
}
