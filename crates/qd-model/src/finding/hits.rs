//! The hits of a source. There may be millions of them, so those of each block of rows stay a piece of
//! their own, which is neither copied into a whole nor, while reports share it, copied at all.

use super::Hit;
use std::sync::Arc;

/// Hits in the order in which they were added, until they are sorted. Whoever changes them while they are
/// shared gets a copy.
#[derive(Debug, Clone, Default)]
pub struct Hits(Arc<Pieces>);

#[derive(Debug, Clone, Default)]
struct Pieces {
    /// Those of blocks of rows.
    whole: Vec<Vec<Hit>>,
    /// What came one by one, behind all others.
    loose: Vec<Hit>,
}

/// By which hits are in order: their row, and among those of a row the rank of their fault.
type Order = (u32, u32);

impl Hits {
    /// Adds those of a block of rows that is behind all blocks before it. What is about the block as a
    /// whole, in row 0, stands first in it.
    pub fn add_piece(&mut self, mut piece: Vec<Hit>) {
        let pieces = Arc::make_mut(&mut self.0);
        let about_all = piece.partition_point(|hit| hit.row == 0);
        pieces.loose.extend(piece.drain(..about_all));
        if !piece.is_empty() {
            pieces.whole.push(piece);
        }
    }

    /// Adds one.
    pub fn push(&mut self, hit: Hit) {
        Arc::make_mut(&mut self.0).loose.push(hit);
    }

    /// Adds some.
    pub fn extend(&mut self, hits: impl IntoIterator<Item = Hit>) {
        let mut hits = hits.into_iter().peekable();
        if hits.peek().is_some() {
            Arc::make_mut(&mut self.0).loose.extend(hits);
        }
    }

    /// Keeps those of which `is_kept` says so.
    pub fn retain(&mut self, mut is_kept: impl FnMut(&Hit) -> bool) {
        let pieces = Arc::make_mut(&mut self.0);
        pieces.whole.iter_mut().for_each(|piece| piece.retain(&mut is_kept));
        pieces.whole.retain(|piece| !piece.is_empty());
        pieces.loose.retain(is_kept);
    }

    /// All of them, in order once they are sorted.
    pub fn iter(&self) -> impl Iterator<Item = &Hit> {
        self.slices().flatten()
    }

    /// The same, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Hit> {
        let pieces = Arc::make_mut(&mut self.0);
        pieces.whole.iter_mut().chain(std::iter::once(&mut pieces.loose)).flatten()
    }

    /// All of them, some at a time.
    pub fn slices(&self) -> impl Iterator<Item = &[Hit]> {
        self.0.whole.iter().chain(std::iter::once(&self.0.loose)).map(Vec::as_slice)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.slices().map(<[Hit]>::len).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The first.
    pub fn first(&self) -> Option<&Hit> {
        self.iter().next()
    }

    /// Puts them in order by these ranks of faults, each once. Where they are in order nothing is done, and
    /// what was added to such is merged into the pieces that it belongs to.
    pub(super) fn sort(&mut self, ranks: &[u32]) {
        let order = |hit: &Hit| -> Order { (hit.row, ranks[hit.fault as usize]) };
        if self.0.loose.is_empty() && self.is_sorted(order) {
            return;
        }
        let pieces = Arc::make_mut(&mut self.0);
        for piece in &mut pieces.whole {
            if !piece.is_sorted_by(|a, b| order(a) < order(b)) {
                piece.sort_by_key(order);
                piece.dedup_by_key(|hit| order(hit));
            }
        }
        let mut loose = std::mem::take(&mut pieces.loose);
        if !is_one_behind_another(&pieces.whole, order) {
            loose.splice(..0, std::mem::take(&mut pieces.whole).into_iter().flatten());
        }
        loose.sort_by_key(order);
        loose.dedup_by_key(|hit| order(hit));
        pieces.merge(loose, order);
    }

    fn is_sorted(&self, order: impl Fn(&Hit) -> Order) -> bool {
        let mut each = self.0.whole.iter();
        each.all(|piece| piece.is_sorted_by(|a, b| order(a) < order(b))) && is_one_behind_another(&self.0.whole, order)
    }
}

impl Pieces {
    /// Merges hits in order into pieces in order.
    fn merge(&mut self, loose: Vec<Hit>, order: impl Fn(&Hit) -> Order) {
        if self.whole.is_empty() {
            self.whole.extend(Some(loose).filter(|loose| !loose.is_empty()));
            return;
        }
        let mut loose = loose.into_iter();
        for at in 0..self.whole.len() {
            let end = self.whole.get(at + 1).map(|next| order(&next[0]));
            let here = loose.as_slice().partition_point(|hit| end.is_none_or(|end| order(hit) < end));
            if here == 0 {
                continue;
            }
            let piece = std::mem::take(&mut self.whole[at]);
            let mut merged = Vec::with_capacity(piece.len() + here);
            let mut piece = piece.into_iter();
            for hit in loose.by_ref().take(here) {
                let before = piece.as_slice().partition_point(|other| order(other) < order(&hit));
                merged.extend(piece.by_ref().take(before));
                // Of two that are the same, the one that was there first stays.
                if piece.as_slice().first().is_none_or(|next| order(next) != order(&hit)) {
                    merged.push(hit);
                }
            }
            merged.extend(piece);
            self.whole[at] = merged;
        }
    }
}

/// Whether each piece, in order by itself, ends before the next one begins.
fn is_one_behind_another(pieces: &[Vec<Hit>], order: impl Fn(&Hit) -> Order) -> bool {
    let ends = |piece: &Vec<Hit>| piece.last().map(&order);
    let begins = |piece: &Vec<Hit>| piece.first().map(&order);
    pieces.is_sorted_by(|a, b| ends(a) < begins(b))
}

impl PartialEq for Hits {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Hits {}

impl From<Vec<Hit>> for Hits {
    fn from(hits: Vec<Hit>) -> Self {
        Self(Arc::new(Pieces { whole: Vec::new(), loose: hits }))
    }
}

impl<'a> IntoIterator for &'a Hits {
    type Item = &'a Hit;
    type IntoIter = Box<dyn Iterator<Item = &'a Hit> + 'a>;

    fn into_iter(self) -> Self::IntoIter {
        Box::new(self.iter())
    }
}

impl IntoIterator for Hits {
    type Item = Hit;
    type IntoIter = std::iter::Chain<std::iter::Flatten<std::vec::IntoIter<Vec<Hit>>>, std::vec::IntoIter<Hit>>;

    fn into_iter(self) -> Self::IntoIter {
        let pieces = Arc::unwrap_or_clone(self.0);
        pieces.whole.into_iter().flatten().chain(pieces.loose)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RANKS: [u32; 3] = [2, 0, 1];

    fn of(places: &[Order]) -> Vec<Hit> {
        places.iter().map(|(row, fault)| Hit { row: *row, fault: *fault, evidence: None }).collect()
    }

    fn places(hits: &Hits) -> Vec<Order> {
        hits.iter().map(|hit| (hit.row, hit.fault)).collect()
    }

    proptest! {
        #[test]
        fn however_hits_come_they_end_in_one_order(
            pieces in prop::collection::vec(prop::collection::vec((0u32..40, 0u32..3), 0..12), 0..5),
            loose in prop::collection::vec((0u32..40, 0u32..3), 0..12),
            are_blocks in any::<bool>(),
            more in prop::collection::vec((0u32..40, 0u32..3), 0..4),
        ) {
            let mut hits = Hits::default();
            let mut all = loose.clone();
            for (block, piece) in (0u32..).zip(&pieces) {
                // As blocks of a file come: each in order, and behind the one before it.
                let moved = |(row, fault): &Order| (if *row > 0 && are_blocks { block * 40 + row } else { *row }, *fault);
                let mut piece: Vec<Order> = piece.iter().map(moved).collect();
                all.extend(&piece);
                if are_blocks {
                    piece.sort_unstable_by_key(|(row, fault)| (*row, RANKS[*fault as usize]));
                }
                hits.add_piece(of(&piece));
            }
            hits.extend(of(&loose));
            hits.sort(&RANKS);
            let mut expected = |added: &[Order]| {
                all.extend(added);
                all.sort_unstable_by_key(|(row, fault)| (*row, RANKS[*fault as usize]));
                all.dedup();
                all.clone()
            };
            prop_assert_eq!(places(&hits), expected(&[]));
            let shared = hits.clone();
            hits.extend(of(&more));
            hits.sort(&RANKS);
            prop_assert_eq!(places(&shared), expected(&[]), "what reports share stays as it was");
            prop_assert_eq!(places(&hits), expected(&more));
        }
    }

    #[test]
    fn hits_in_order_are_not_copied_for_being_sorted_again() {
        let mut hits = Hits::default();
        hits.add_piece(of(&[(2, 1), (3, 0)]));
        hits.sort(&RANKS);
        let mut shared = hits.clone();
        shared.sort(&RANKS);
        assert!(Arc::ptr_eq(&hits.0, &shared.0));
    }
}
