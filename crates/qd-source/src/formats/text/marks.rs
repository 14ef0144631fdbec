//! Where delimiters and line ends stand in a text: looked for sixty-four bytes at a time, since a cell
//! is so short that a search of its own does not pay.

use super::record::Dialect;

/// The places of all bytes that end an unquoted cell, in rising order.
pub(super) struct Marks {
    places: Vec<u32>,
    next: usize,
}

/// As many bytes as a mask has bits.
const WIDTH: usize = 64;

impl Marks {
    /// The marks of a text, which is shorter than 4 GiB.
    pub(super) fn of(bytes: &[u8], dialect: Dialect) -> Self {
        let mut places = Vec::with_capacity(bytes.len() / 6);
        let (chunks, rest) = bytes.as_chunks::<WIDTH>();
        let mut add = |start: usize, mut mask: u64| {
            while mask != 0 {
                places.push(start as u32 + mask.trailing_zeros());
                mask &= mask - 1;
            }
        };
        for (index, chunk) in chunks.iter().enumerate() {
            add(index * WIDTH, mask(chunk, dialect.delimiter));
        }
        let mut last = [0; WIDTH];
        last[..rest.len()].copy_from_slice(rest);
        let is_there = if rest.is_empty() { 0 } else { u64::MAX >> (WIDTH - rest.len()) };
        add(chunks.len() * WIDTH, mask(&last, dialect.delimiter) & is_there);
        Self { places, next: 0 }
    }

    /// The first mark at or after a place. Places that are asked for never go back.
    pub(super) fn from(&mut self, at: usize) -> Option<usize> {
        while let Some(place) = self.places.get(self.next) {
            if *place as usize >= at {
                return Some(*place as usize);
            }
            self.next += 1;
        }
        None
    }
}

/// A bit for each byte that is a mark, the first byte's the lowest.
fn mask(chunk: &[u8; WIDTH], delimiter: u8) -> u64 {
    let mut flags = [0u8; WIDTH];
    for (flag, byte) in flags.iter_mut().zip(chunk) {
        *flag = u8::from(*byte == delimiter) | u8::from(*byte == b'\n') | u8::from(*byte == b'\r');
    }
    let (words, _) = flags.as_chunks::<8>();
    // Each of a word's eight flags comes to stand in the upper byte, at the bit of its place.
    let bits = |word: &[u8; 8]| u64::from_le_bytes(*word).wrapping_mul(0x0102_0408_1020_4080) >> 56;
    words.iter().zip(0..).fold(0, |mask, (word, place)| mask | bits(word) << (8 * place))
}

#[cfg(test)]
mod tests {
    use super::super::record::{Record, Specials};
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn records_are_the_same_with_marks_and_without(text in "([a-z ,;\"\r\n]|é|word|,\"a, b\",){0,200}", padded: bool) {
            let dialect = Dialect { padded, ..Dialect::standard(b',') };
            let specials = Specials::of(dialect);
            let (mut marked, mut plain) = (Record::of_text(text.as_bytes(), dialect), Record::default());
            let mut at = 0;
            while at < text.len() {
                let next = plain.read(text.as_bytes(), at, &specials);
                prop_assert_eq!(marked.read(text.as_bytes(), at, &specials), next);
                let cells = |record: &Record| -> Vec<String> {
                    record.cells().iter().map(|cell| cell.text(&text, dialect, &mut String::new()).to_owned()).collect()
                };
                prop_assert_eq!(cells(&marked), cells(&plain));
                at = next;
            }
        }

        #[test]
        fn a_mask_has_a_bit_for_each_mark(bytes in prop::collection::vec(prop::sample::select(b"ab,;\n\r\0\x81".to_vec()), 64)) {
            let chunk: &[u8; WIDTH] = bytes.as_slice().try_into().unwrap();
            for (at, byte) in bytes.iter().enumerate() {
                prop_assert_eq!(mask(chunk, b';') >> at & 1 == 1, b";\n\r".contains(byte));
            }
        }
    }
}
