//! Random numbers that are the same on every machine and in every version: `SplitMix64` over a seed
//! and the names of what is drawn, so that one draw more or less moves no other.

/// A stream of numbers.
pub(crate) struct Random(u64);

impl Random {
    /// The stream that belongs to a seed and some names.
    pub(crate) fn of(seed: u64, names: &[&str]) -> Self {
        let mut state = seed ^ 0x9e37_79b9_7f4a_7c15;
        for name in names {
            // FNV-1a, with a mark between names so that "a", "bc" and "ab", "c" differ.
            for byte in name.bytes().chain([0xff]) {
                state = (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        Self(state)
    }

    /// Any number.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below a limit, which is above zero.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(limit)) >> 64) as u64
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low).max(0) as u64 + 1) as i64
    }

    /// True as often as `chance` says, in thousandths at the finest.
    pub(crate) fn chance(&mut self, chance: f64) -> bool {
        self.below(100_000) < (chance * 100_000.0).round() as u64
    }

    /// One of several, by weight.
    pub(crate) fn weighted<'a, T>(&mut self, items: impl Iterator<Item = (&'a T, u64)> + Clone) -> Option<&'a T>
    where
        T: ?Sized,
    {
        let total: u64 = items.clone().map(|(_, weight)| weight).sum();
        if total == 0 {
            return None;
        }
        let mut left = self.below(total);
        for (item, weight) in items {
            if left < weight {
                return Some(item);
            }
            left -= weight;
        }
        None
    }

    /// One of several.
    pub(crate) fn one<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        if items.is_empty() { None } else { items.get(self.below(items.len() as u64) as usize) }
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn the_stream_never_changes() {
        let mut random = Random::of(7, &["a", "b"]);
        let drawn: Vec<u64> = (0..3).map(|_| random.below(1000)).collect();
        let mut again = Random::of(7, &["a", "b"]);
        assert_eq!(drawn, (0..3).map(|_| again.below(1000)).collect::<Vec<_>>());
        assert_ne!(Random::of(7, &["ab"]).next(), Random::of(7, &["a", "b"]).next());
        // Written down, since every file of the sample hangs on it.
        assert_eq!(Random::of(7, &["a", "b"]).next(), 8_287_780_971_206_619_481);
    }

    #[test]
    fn draws_stay_in_their_limits() {
        let mut random = Random::of(1, &["limits"]);
        for _ in 0..1000 {
            assert!((-3..=3).contains(&random.between(-3, 3)));
            assert!(random.chance(1.0) && !random.chance(0.0));
        }
    }
}
