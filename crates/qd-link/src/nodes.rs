//! Everything that is known, as nodes: what belongs to one person is in one group.

use crate::groups::Groups;
use crate::{Decided, Digest, Key, Merge, Register, Split, Verdict};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Every digest that is known, as a node; those of one person are in one group.
pub(crate) struct Nodes {
    index: HashMap<Digest, u32>,
    /// The strength of each digest and its text, for those of this period.
    best: Vec<Option<(usize, Digest)>>,
    groups: Groups,
}

/// What every group is called, and what that means for people who were known.
pub(crate) struct Named {
    /// By the group's root.
    names: BTreeMap<u32, Digest>,
    pub(crate) merges: Vec<Merge>,
    pub(crate) splits: Vec<Split>,
}

impl Nodes {
    /// The digests of earlier periods, joined as their people were, but for those that are cut off.
    pub(crate) fn of(earlier: &Register, cut: &BTreeSet<Digest>) -> Self {
        let mut nodes = Self { index: HashMap::new(), best: Vec::new(), groups: Groups::default() };
        let mut person: HashMap<&str, u32> = HashMap::new();
        for entry in earlier.entries() {
            let node = nodes.node(&entry.digest);
            if !cut.contains(&entry.digest) {
                let first = *person.entry(&entry.person).or_insert(node);
                nodes.groups.join(first, node);
            }
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

    /// The node of a digest, if it is known.
    pub(crate) fn known(&self, digest: &Digest) -> Option<u32> {
        self.index.get(digest).copied()
    }

    /// Joins the digests of one record, and answers one of their nodes.
    pub(crate) fn join(&mut self, keys: &[Key]) -> u32 {
        let mut first = None;
        for key in keys {
            let node = self.node(&key.digest);
            self.best[node as usize] = Some((key.rank, key.digest.clone()));
            self.groups.join(*first.get_or_insert(node), node);
        }
        first.expect("every record has a key")
    }

    /// Joins what people decided to be one person's.
    pub(crate) fn join_decided(&mut self, decided: &[Decided]) {
        for decided in decided.iter().filter(|decided| decided.verdict == Verdict::Same) {
            if let (Some(one), Some(other)) = (self.known(&decided.one), self.known(&decided.other)) {
                self.groups.join(one, other);
            }
        }
    }

    /// What a node's group is called.
    pub(crate) fn name<'a>(&self, named: &'a Named, node: u32) -> &'a Digest {
        &named.names[&self.groups.root(node)]
    }

    /// The id of every group, and who of the register turned out to be whom.
    pub(crate) fn names(
        &self,
        earlier: &Register,
        cut: &BTreeSet<Digest>,
        digest: &dyn Fn(&str, &[&str]) -> Digest,
    ) -> Named {
        // Of people who were registered: the earliest period, then the smallest id.
        let order: HashMap<&str, u32> = earlier.people().collect();
        let mut registered: BTreeMap<u32, BTreeSet<(u32, &str)>> = BTreeMap::new();
        for entry in earlier.entries().filter(|entry| !cut.contains(&entry.digest)) {
            let root = self.groups.root(self.index[&entry.digest]);
            registered.entry(root).or_default().insert((order[entry.person.as_str()], &entry.person));
        }
        let mut named = Named { names: BTreeMap::new(), merges: Vec::new(), splits: Vec::new() };
        for (root, people) in registered {
            let mut people = people.into_iter().map(|(_, person)| person.to_owned());
            let kept = people.next().expect("a group of registered people has one");
            named.merges.extend(people.map(|given_up| Merge { kept: kept.clone(), given_up }));
            named.names.insert(root, kept);
        }
        let mut new: BTreeMap<u32, (usize, Digest)> = BTreeMap::new();
        for (node, best) in self.best.iter().enumerate() {
            let (Some(best), root) = (best, self.groups.root(node as u32)) else { continue };
            let first = new.entry(root).or_insert_with(|| best.clone());
            if best < first {
                *first = best.clone();
            }
        }
        // One who was cut off and sent nothing this period is called by what was cut off.
        for cut in cut {
            let root = self.groups.root(self.index[cut]);
            new.entry(root).or_insert_with(|| (usize::MAX, cut.clone()));
        }
        for (root, (_, name)) in new {
            if named.names.contains_key(&root) {
                continue;
            }
            let is_taken = order.contains_key(name.as_str());
            named.names.insert(root, if is_taken { digest("split", &[&name]) } else { name });
        }
        let splits = cut.iter().filter_map(|digest| {
            let from = earlier.person_of(digest)?.to_owned();
            let to = self.name(&named, self.index[digest]).clone();
            (from != to).then_some(Split { from, to })
        });
        let splits: BTreeSet<Split> = splits.collect();
        named.splits = splits.into_iter().collect();
        named.merges.sort();
        named
    }
}
