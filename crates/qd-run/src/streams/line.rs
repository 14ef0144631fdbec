//! Parts that come in any order, lined up in the order of their sources and cut into stretches of rows:
//! by row number alone, so that the same rows give the same stretches whoever was quicker.

use std::collections::BTreeMap;

/// Rows in one stretch, and at most in the last one.
pub(super) const STRETCH: usize = 1 << 16;

/// Something that has rows.
pub(super) trait Part: Sized {
    fn rows(&self) -> usize;
    /// The first rows, and all others.
    fn split(self, rows: usize) -> (Self, Self);
}

/// A stretch's number, and its rows.
pub(super) type Stretch<T> = (usize, Vec<T>);

/// Parts on their way.
pub(super) struct Line<T> {
    stretch: usize,
    /// Parts that wait for others before them, by the place of their source and their own in it.
    waiting: BTreeMap<(usize, usize), T>,
    next: (usize, usize),
    /// How many parts each source has, where that is known.
    ends: BTreeMap<usize, usize>,
    ready: Vec<T>,
    rows: usize,
    stretches: usize,
    total: u64,
}

impl<T: Part> Line<T> {
    pub(super) fn new(stretch: usize) -> Self {
        Self {
            stretch,
            waiting: BTreeMap::new(),
            next: (0, 0),
            ends: BTreeMap::new(),
            ready: Vec::new(),
            rows: 0,
            stretches: 0,
            total: 0,
        }
    }

    /// How many rows have come to the head of the line.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// Takes a part; answers the stretches that are whole by it.
    pub(super) fn take(&mut self, source: usize, position: usize, part: T) -> Vec<Stretch<T>> {
        self.waiting.insert((source, position), part);
        self.advance()
    }

    /// A source has so many parts and no more.
    pub(super) fn end(&mut self, source: usize, parts: usize) -> Vec<Stretch<T>> {
        self.ends.insert(source, parts);
        self.advance()
    }

    fn advance(&mut self) -> Vec<Stretch<T>> {
        loop {
            if let Some(part) = self.waiting.remove(&self.next) {
                self.next.1 += 1;
                self.rows += part.rows();
                self.total += part.rows() as u64;
                self.ready.push(part);
            } else if self.ends.get(&self.next.0) == Some(&self.next.1) {
                self.next = (self.next.0 + 1, 0);
            } else {
                break;
            }
        }
        let mut whole = Vec::new();
        // So much stays behind that the last two stretches can be made equal: a short one at the end
        // would tell which rows the last source ends with.
        while self.rows >= 2 * self.stretch {
            whole.push(self.cut(self.stretch));
        }
        whole
    }

    /// What is left, in one stretch or in two equal ones.
    pub(super) fn finish(&mut self) -> Vec<Stretch<T>> {
        debug_assert!(self.waiting.is_empty(), "a part is missing");
        let mut last = Vec::new();
        if self.rows > self.stretch {
            last.push(self.cut(self.rows.div_ceil(2)));
        }
        if self.rows > 0 {
            last.push(self.cut(self.rows));
        }
        last
    }

    fn cut(&mut self, rows: usize) -> Stretch<T> {
        let mut of = Vec::new();
        let mut wanted = rows;
        let mut rest = std::mem::take(&mut self.ready).into_iter();
        while wanted > 0 {
            let part = rest.next().expect("so many rows are ready");
            if part.rows() <= wanted {
                wanted -= part.rows();
                of.push(part);
            } else {
                let (first, others) = part.split(wanted);
                of.push(first);
                self.ready.push(others);
                wanted = 0;
            }
        }
        self.ready.extend(rest);
        self.rows -= rows;
        self.stretches += 1;
        (self.stretches - 1, of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    impl Part for Vec<u32> {
        fn rows(&self) -> usize {
            self.len()
        }

        fn split(mut self, rows: usize) -> (Self, Self) {
            let others = self.split_off(rows);
            (self, others)
        }
    }

    /// Sends parts in some order, and answers the rows of each stretch.
    fn sent(sources: &[Vec<Vec<u32>>], order: &[usize]) -> Vec<Vec<u32>> {
        let mut line = Line::new(4);
        let all: Vec<(usize, usize)> = sources
            .iter()
            .enumerate()
            .flat_map(|(source, parts)| (0..parts.len()).map(move |at| (source, at)))
            .collect();
        let mut stretches = Vec::new();
        let mut left: Vec<(usize, usize)> = all;
        let mut turns = order.iter().cycle();
        for (source, parts) in sources.iter().enumerate().rev() {
            stretches.extend(line.end(source, parts.len()));
        }
        while !left.is_empty() {
            let (source, at) = left.remove(turns.next().expect("there is a turn") % left.len());
            stretches.extend(line.take(source, at, sources[source][at].clone()));
        }
        stretches.extend(line.finish());
        assert_eq!(line.total() as usize, sources.iter().flatten().map(Vec::len).sum::<usize>());
        stretches.sort_by_key(|(number, _)| *number);
        assert!(stretches.iter().enumerate().all(|(at, (number, _))| at == *number));
        stretches.into_iter().map(|(_, parts)| parts.concat()).collect()
    }

    proptest! {
        #[test]
        fn whoever_comes_first_the_stretches_are_the_same(
            sizes in prop::collection::vec(prop::collection::vec(0usize..6, 0..5), 0..4),
            order in prop::collection::vec(0usize..100, 1..20),
        ) {
            let mut next = 0;
            let sources: Vec<Vec<Vec<u32>>> = sizes
                .iter()
                .map(|sizes| sizes.iter().map(|size| (0..*size).map(|_| { next += 1; next }).collect()).collect())
                .collect();
            let stretches = sent(&sources, &order);
            let expected: Vec<u32> = (1..=next).collect();
            prop_assert_eq!(stretches.concat(), expected);
            prop_assert_eq!(&stretches, &sent(&sources, &[0]));
            // None is so short that it tells which rows are last, where there is more than one.
            prop_assert!(stretches.len() < 2 || stretches.iter().all(|rows| (2..=4).contains(&rows.len())), "{:?}", stretches);
        }
    }
}
