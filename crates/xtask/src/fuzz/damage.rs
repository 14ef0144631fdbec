//! Damage to files: bytes changed, left out, doubled, moved in from another file, and words that
//! parsers stumble over. In a zip archive it is done to a part, so that the archive itself still opens.

use crate::random::Random;
use std::io::{Cursor, Read, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// Words that parsers stumble over.
const WORDS: [&[u8]; 34] = [
    b"\"",
    b"\"\"",
    b"\\\"",
    b",",
    b";",
    b"\t",
    b"|",
    b"\n",
    b"\r",
    b"\r\n",
    b"\0",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"'",
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\0\0\0\x80",
    b"18446744073709551615",
    b"-1",
    b"1e308",
    b"NaN",
    b"1048577",
    b"XFE1048577",
    b"A0",
    b"&amp;",
    b"&#0;",
    b"&x;",
    b"<",
    b">",
    b"</row>",
    b"<row r=\"99999999\">",
    b" r=\"XFD1048576\"",
    b" s=\"4294967295\"",
    b" table:number-columns-repeated=\"99999999\"",
];

/// A damaged copy of one of some files.
pub(super) fn damage(seeds: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let seed = random.one(seeds).expect("there is a file to begin from").clone();
    let other = random.one(seeds).expect("there is a file to begin from");
    // Now and then the archive itself is damaged too.
    if seed.starts_with(b"PK")
        && random.chance(0.85)
        && let Some(damaged) = in_archive(&seed, random)
    {
        return damaged;
    }
    bytes(seed, other, random)
}

/// Damages one to three parts of an archive.
fn in_archive(archive: &[u8], random: &mut Random) -> Option<Vec<u8>> {
    let mut archive = ZipArchive::new(Cursor::new(archive)).ok()?;
    let mut parts = Vec::new();
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).ok()?;
        let mut content = Vec::new();
        part.read_to_end(&mut content).ok()?;
        parts.push((part.name().ok()?.into_owned(), content));
    }
    // Parts that hold cells are what the reading comes down to.
    let weight = |name: &str| {
        if ["sheet", "content", "shared", "styles", "workbook"].iter().any(|word| name.contains(word)) { 6 } else { 1 }
    };
    for _ in 0..=random.below(3) {
        let names: Vec<(usize, u64)> =
            parts.iter().enumerate().map(|(index, (name, _))| (index, weight(name))).collect();
        let index = *random.weighted(names.iter().map(|(index, weight)| (index, *weight)))?;
        let other = parts[random.below(parts.len() as u64) as usize].1.clone();
        let content = std::mem::take(&mut parts[index].1);
        parts[index].1 = bytes(content, &other, random);
    }
    if random.chance(0.05) {
        parts.remove(random.below(parts.len() as u64) as usize);
    }
    let mut out = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, content) in parts {
        out.start_file(name, stored).ok()?;
        out.write_all(&content).ok()?;
    }
    out.finish().ok().map(Cursor::into_inner)
}

/// Damages bytes in one to eight places.
fn bytes(mut bytes: Vec<u8>, other: &[u8], random: &mut Random) -> Vec<u8> {
    for _ in 0..=random.below(8) {
        if bytes.is_empty() {
            return bytes;
        }
        let at = random.below(bytes.len() as u64) as usize;
        let length = 1 + random.below(32) as usize;
        let end = (at + length).min(bytes.len());
        match random.below(9) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = random.next() as u8,
            2 => drop(bytes.drain(at..end)),
            3 => {
                let copy = bytes[at..end].to_vec();
                let times = 1 + random.below(40) as usize;
                drop(bytes.splice(at..at, copy.repeat(times)));
            }
            4 | 5 => {
                let word = random.one(&WORDS).expect("there are words");
                drop(bytes.splice(at..at, word.iter().copied()));
            }
            6 => digits(&mut bytes, at, random),
            7 if !other.is_empty() => {
                let from = random.below(other.len() as u64) as usize;
                let piece = &other[from..other.len().min(from + length * 16)];
                drop(bytes.splice(at..end, piece.iter().copied()));
            }
            _ if random.chance(0.2) => bytes.truncate(at),
            _ => bytes[at..end].fill(0xff),
        }
    }
    bytes
}

/// Changes the next number that is written in digits.
fn digits(bytes: &mut Vec<u8>, at: usize, random: &mut Random) {
    let Some(start) = bytes[at..].iter().position(u8::is_ascii_digit).map(|offset| at + offset) else { return };
    let end =
        bytes[start..].iter().position(|byte| !byte.is_ascii_digit()).map_or(bytes.len(), |offset| start + offset);
    let numbers: [&[u8]; 7] = [b"0", b"1", b"255", b"65536", b"16385", b"4294967296", b"99999999999999999999"];
    let number = random.one(&numbers).expect("there are numbers");
    drop(bytes.splice(start..end, number.iter().copied()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_is_the_same_for_the_same_seed_and_differs_from_the_file() {
        let seeds = vec![b"a,b\n1,2\n".repeat(20)];
        let made = |case: &str| damage(&seeds, &mut Random::of(7, &["text", case]));
        assert_eq!(made("1"), made("1"));
        assert!((0..20).filter(|case| made(&case.to_string()) != seeds[0]).count() > 15);
    }
}
