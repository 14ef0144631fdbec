//! Who looks like whom. People, and what a table says of them, become numbers, so that it costs no more than
//! there are rows.

use crate::table::ClearedTable;
use arrow::array::{Array, AsArray, StringViewArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use std::collections::HashMap;

/// The texts of a column; nothing is a blank.
pub(super) fn texts(table: &ClearedTable, column: usize) -> StringViewArray {
    let texts = cast(table.batch().column(column), &DataType::Utf8View).expect("every released type has a text");
    texts.as_string_view().clone()
}

/// The people of a table, numbered from 1 as they come.
pub(super) struct People<'a> {
    numbers: HashMap<&'a str, u32>,
    /// Whom each row of the table is about; 0 is nobody.
    pub(super) rows: Vec<u32>,
}

impl<'a> People<'a> {
    /// People by their pseudonyms; a row without one is of nobody.
    pub(super) fn of(pseudonyms: &'a StringViewArray) -> Self {
        let (numbers, rows) = coded(pseudonyms);
        Self { numbers, rows }
    }

    pub(super) fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whom each row of another table is about; 0 is nobody of these people.
    pub(super) fn of_rows(&self, table: &ClearedTable, person: usize) -> Vec<u32> {
        let number = |pseudonym: Option<&str>| self.numbers.get(pseudonym?).copied();
        texts(table, person).iter().map(|pseudonym| number(pseudonym).unwrap_or_default()).collect()
    }

    /// Adds to what is known of each person what some columns of a table say in that person's rows.
    pub(super) fn learn(
        (table, people): (&ClearedTable, &[u32]),
        columns: &[usize],
        looks: &mut Looks,
        known: &mut [u32],
    ) {
        let start = looks.begin();
        let mut said = vec![start; people.len()];
        for column in columns {
            let texts = texts(table, *column);
            let (_, codes) = coded(&texts);
            for (said, code) in said.iter_mut().zip(codes) {
                *said = looks.then(*said, code);
            }
        }
        // A person's rows in any order are the same rows.
        let mut rows: Vec<[u32; 2]> = people.iter().copied().zip(said).map(|(person, said)| [person, said]).collect();
        rows.sort_unstable();
        for [person, said] in rows.into_iter().filter(|[person, _]| *person > 0) {
            let place = person as usize - 1;
            known[place] = looks.then(known[place], said);
        }
    }
}

/// The number of each text, and those of all rows; 0 is a blank.
fn coded(texts: &StringViewArray) -> (HashMap<&str, u32>, Vec<u32>) {
    let mut numbers: HashMap<&str, u32> = HashMap::new();
    let mut codes = Vec::with_capacity(texts.len());
    for text in texts {
        let code = match text.unwrap_or_default() {
            "" => 0,
            text => {
                let next = numbers.len() as u32 + 1;
                *numbers.entry(text).or_insert(next)
            }
        };
        codes.push(code);
    }
    (numbers, codes)
}

/// Numbers for sequences of numbers: two are the same if and only if their sequences are.
#[derive(Default)]
pub(super) struct Looks {
    known: HashMap<[u32; 2], u32>,
    begun: u32,
    last: u32,
}

impl Looks {
    /// A sequence that is none other's beginning.
    pub(super) fn begin(&mut self) -> u32 {
        self.begun += 1;
        self.then(0, self.begun)
    }

    /// A sequence and one number more.
    pub(super) fn then(&mut self, before: u32, next: u32) -> u32 {
        let new = self.last + 1;
        let number = *self.known.entry([before, next]).or_insert(new);
        self.last = self.last.max(number);
        number
    }
}

/// People in classes of those who look alike.
pub(super) struct Alike {
    /// The class of each person.
    pub(super) class: Vec<u32>,
    /// How many people are in each class.
    pub(super) sizes: Vec<u64>,
}

impl Alike {
    pub(super) fn of(looks: &[u32]) -> Self {
        let mut numbers: HashMap<u32, u32> = HashMap::new();
        let mut sizes: Vec<u64> = Vec::new();
        let class = looks
            .iter()
            .map(|look| {
                let class = *numbers.entry(*look).or_insert(sizes.len() as u32);
                if class as usize == sizes.len() {
                    sizes.push(0);
                }
                sizes[class as usize] += 1;
                class
            })
            .collect();
        Self { class, sizes }
    }

    /// How many look like a person, that one among them.
    pub(super) fn size_of(&self, person: usize) -> u64 {
        self.sizes[self.class[person] as usize]
    }
}
