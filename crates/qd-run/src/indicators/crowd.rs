//! Everybody whom some periods know, numbered: a set of people is then a set of numbers, and whom a
//! filter finds in a period is found once, however many lines ask.

use crate::state::PeriodState;
use qd_link::Register;
use rayon::prelude::*;
use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// A set of people: a bit for each number of a crowd, up to the last that is in it.
#[derive(Debug, Clone, Default)]
pub(crate) struct People(Vec<u64>);

/// Bits in one piece of a set.
const BITS: u32 = u64::BITS;

impl FromIterator<u32> for People {
    fn from_iter<I: IntoIterator<Item = u32>>(people: I) -> Self {
        let mut bits = Vec::new();
        for person in people {
            let at = (person / BITS) as usize;
            if at >= bits.len() {
                bits.resize(at + 1, 0);
            }
            bits[at] |= 1 << (person % BITS);
        }
        Self(bits)
    }
}

impl People {
    pub(crate) fn len(&self) -> u64 {
        self.0.iter().map(|bits| u64::from(bits.count_ones())).sum()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(|bits| *bits == 0)
    }

    /// Their numbers, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> {
        let of =
            |(at, bits): (u32, u64)| (0..BITS).filter(move |bit| bits >> bit & 1 == 1).map(move |bit| at * BITS + bit);
        (0..).zip(self.0.iter().copied()).flat_map(of)
    }

    /// Those who are in both.
    pub(super) fn and(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(own, other)| own & other).collect())
    }

    /// Those who are not in the other.
    pub(super) fn without(&self, other: &Self) -> Self {
        let others = other.0.iter().copied().chain(std::iter::repeat(0));
        Self(self.0.iter().zip(others).map(|(own, other)| own & !other).collect())
    }

    /// Those who are in either.
    pub(super) fn or(mut self, other: &Self) -> Self {
        self.0.resize(self.0.len().max(other.0.len()), 0);
        self.0.iter_mut().zip(&other.0).for_each(|(own, other)| *own |= other);
        self
    }
}

/// Each person's categories of a breakdown, by category.
#[derive(Debug, Default)]
pub(super) struct Values {
    /// Who is in each.
    pub(super) of: HashMap<String, People>,
    /// Who is in any.
    pub(super) recorded: People,
}

impl Values {
    /// Those of some people who are in a category; none is that of people of whom nothing is recorded.
    pub(super) fn among(&self, people: &People, category: Option<&str>) -> People {
        match category {
            None => people.without(&self.recorded),
            Some(category) => self.of.get(category).map_or_else(People::default, |of| people.and(of)),
        }
    }
}

/// Whom a filter is asked for: the number of the state (0 is the period that is run), the table and the
/// filter's text.
pub(super) type Asked = (usize, usize, Option<String>);

/// Which values are asked for: the table, the field, the first ages of bands, and, where categories
/// overlap, the filters of the rows that name them.
pub(super) type AskedValues = (usize, usize, Vec<u32>, Option<Vec<Option<String>>>);

/// Everybody whom some periods know.
pub(crate) struct Crowd {
    /// The id of each number, in order.
    ids: Vec<String>,
    /// The number of each person of each state: of the period that is run, then of the earlier ones.
    numbers: Vec<Vec<u32>>,
    people: Once<Asked, People>,
    values: Once<AskedValues, Values>,
}

impl Crowd {
    /// The people of a period and of earlier ones. Two people of an earlier period can turn out to be
    /// one: the register knows.
    pub(crate) fn of(register: &Register, now: &PeriodState, earlier: &[PeriodState]) -> Self {
        let states = || std::iter::once(now).chain(earlier);
        let current = |id| register.person_of(id).unwrap_or(id);
        let named: Vec<Vec<&str>> = states().map(|state| state.people.iter().map(|id| current(id)).collect()).collect();
        let mut ids: Vec<&str> = named.iter().flatten().copied().collect();
        ids.par_sort_unstable();
        ids.dedup();
        let number: HashMap<&str, u32> = ids.iter().copied().zip(0..).collect();
        let numbers = named.iter().map(|people| people.iter().map(|id| number[id]).collect()).collect();
        let ids = ids.into_iter().map(str::to_owned).collect();
        Self { ids, numbers, people: Once::default(), values: Once::default() }
    }

    /// The number of a person of a state.
    pub(super) fn number(&self, state: usize, person: u32) -> u32 {
        self.numbers[state][person as usize]
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    /// The ids of some people.
    pub(crate) fn ids(&self, people: &People) -> BTreeSet<String> {
        people.iter().map(|person| self.ids[person as usize].clone()).collect()
    }

    /// Whom a filter finds, which is worked out the first time that it is asked.
    pub(super) fn people(&self, asked: Asked, find: impl FnOnce(&Asked) -> People) -> Arc<People> {
        self.people.get(asked, find)
    }

    /// Who is in which category, which is worked out the first time that it is asked.
    pub(super) fn values(&self, asked: AskedValues, find: impl FnOnce(&AskedValues) -> Values) -> Arc<Values> {
        self.values.get(asked, find)
    }
}

/// Answers that are worked out once. While one is worked out nothing is locked, since that may be spread
/// over threads which ask for others: two may then work out the same, and find the same.
struct Once<K, V>(Mutex<HashMap<K, Arc<V>>>);

impl<K, V> Default for Once<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Hash + Eq, V> Once<K, V> {
    fn get(&self, asked: K, find: impl FnOnce(&K) -> V) -> Arc<V> {
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known().get(&asked) {
            return Arc::clone(found);
        }
        let found = Arc::new(find(&asked));
        Arc::clone(known().entry(asked).or_insert(found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(people: &[&str]) -> PeriodState {
        PeriodState { people: people.iter().map(|id| (*id).to_owned()).collect(), ..PeriodState::default() }
    }

    #[test]
    fn people_who_turned_out_to_be_one_have_one_number() {
        let entry = |digest: &str, person: &str| qd_link::Entry {
            person: person.to_owned(),
            digest: digest.to_owned(),
            first_period: "1".to_owned(),
            order: 0,
        };
        let register = Register::from_entries([entry("a", "a"), entry("c", "a")]);
        let crowd = Crowd::of(&register, &state(&["b", "a"]), &[state(&["c", "d"])]);
        assert_eq!(crowd.len(), 3);
        assert_eq!(crowd.number(0, 1), crowd.number(1, 0));
        let everybody: People = [crowd.number(0, 0), crowd.number(1, 0), crowd.number(1, 1)].into_iter().collect();
        assert_eq!(crowd.ids(&everybody).into_iter().collect::<Vec<_>>(), ["a", "b", "d"]);
    }

    #[test]
    fn a_set_of_people_holds_each_once_in_order() {
        let one: People = [3, 1, 3, 2].into_iter().collect();
        let other: People = [4, 2].into_iter().collect();
        let list = |people: &People| people.iter().collect::<Vec<u32>>();
        assert_eq!(list(&one), [1, 2, 3]);
        assert_eq!(list(&one.and(&other)), [2]);
        assert_eq!(list(&one.without(&other)), [1, 3]);
        assert_eq!(list(&one.clone().or(&other)), [1, 2, 3, 4]);
        assert_eq!(list(&[64, 200].into_iter().collect::<People>().without(&one)), [64, 200]);
        assert_eq!((one.len(), other.and(&one).is_empty(), one.without(&one).is_empty()), (3, false, true));
    }

    #[test]
    fn people_of_whom_nothing_is_recorded_are_in_the_category_without_a_name() {
        let people: People = [1, 2, 3].into_iter().collect();
        let of = HashMap::from([("a".to_owned(), [1, 9].into_iter().collect::<People>())]);
        let values = Values { of, recorded: [1, 9, 3].into_iter().collect() };
        let list = |category: Option<&str>| values.among(&people, category).iter().collect::<Vec<u32>>();
        assert_eq!(list(Some("a")), [1]);
        assert_eq!(list(Some("b")), [0; 0]);
        assert_eq!(list(None), [2]);
    }
}
