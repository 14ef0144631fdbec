//! Things that belong together, as they turn out to (union-find).

/// A forest: each node points towards the root of its group.
#[derive(Debug, Default)]
pub(crate) struct Groups(Vec<u32>);

impl Groups {
    /// A new node, in a group of its own.
    pub(crate) fn add(&mut self) -> u32 {
        let node = u32::try_from(self.0.len()).expect("fewer digests than 2^32");
        self.0.push(node);
        node
    }

    /// The root of a node's group.
    pub(crate) fn root(&self, mut node: u32) -> u32 {
        while self.0[node as usize] != node {
            node = self.0[node as usize];
        }
        node
    }

    /// Makes two groups one. The smaller root stays, and the paths walked become shorter, so that
    /// walks stay short.
    pub(crate) fn join(&mut self, one: u32, two: u32) {
        let (one, two) = (self.shorten(one), self.shorten(two));
        let (low, high) = (one.min(two), one.max(two));
        self.0[high as usize] = low;
    }

    fn shorten(&mut self, mut node: u32) -> u32 {
        let root = self.root(node);
        while node != root {
            node = std::mem::replace(&mut self.0[node as usize], root);
        }
        root
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_nodes_have_one_root() {
        let mut groups = Groups::default();
        let nodes: Vec<u32> = (0..6).map(|_| groups.add()).collect();
        for (one, two) in [(4, 5), (1, 2), (5, 2), (3, 3)] {
            groups.join(nodes[one], nodes[two]);
        }
        let roots: Vec<u32> = nodes.iter().map(|node| groups.root(*node)).collect();
        assert_eq!(roots, [0, 1, 1, 3, 1, 1]);
    }
}
