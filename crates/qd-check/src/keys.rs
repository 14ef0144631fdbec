//! Uniqueness: digests bring equal rows together, and a comparison of the values confirms them. A table
//! that is read as several parts is looked at within each part, and then across them.

use crate::digest;
use crate::read::text::Texts;
use arrow::array::{Array, ArrayRef, AsArray, StringBuilder, StringViewArray, UInt32Array};
use arrow::buffer::NullBuffer;
use arrow::util::display::array_value_to_string;
use qd_model::finding::ShowValues;
use qd_model::{Class, Evidence, Fault, Hit};
use qd_table::Typed;
use rayon::prelude::*;
use std::sync::Arc;

/// A key whose values must differ from row to row.
pub(crate) struct Key {
    /// The fields, by index.
    pub(crate) fields: Vec<usize>,
    /// The fault of rows that share one.
    pub(crate) fault: u32,
    /// The class of a field that is a key alone, whose value is then the evidence.
    pub(crate) class: Option<Class>,
    /// For each field whose values are kept as texts that may be written in several ways: how.
    pub(crate) written: Vec<Option<Texts>>,
    /// For a primary key: the fault of each part's blank cells.
    pub(crate) blank: Vec<u32>,
}

impl Key {
    /// A key whose values are compared as they are.
    pub(crate) fn of(fields: Vec<usize>, fault: u32, class: Option<Class>) -> Self {
        Self { written: fields.iter().map(|_| None).collect(), fields, fault, class, blank: Vec::new() }
    }
}

/// What one chunk brings to the search for equal rows: a digest of each, and the values packed closely,
/// since they are kept until the last chunk has been read.
#[derive(Debug, Clone)]
pub struct Keys {
    rows: Rows,
    parts: Vec<Part>,
}

/// The spreadsheet rows of a chunk, which seldom have gaps. A damaged sheet may have them in any order.
#[derive(Debug, Clone)]
enum Rows {
    From(u32),
    Each(UInt32Array),
}

#[derive(Debug, Clone)]
struct Part {
    /// What is compared.
    columns: Vec<ArrayRef>,
    /// The first of them as it was sent, where it is shown.
    shown: Option<ArrayRef>,
    digests: Vec<u64>,
    /// Rows with a null take no part.
    nulls: Option<NullBuffer>,
}

/// A row of a chunk by its digest.
type Entry = (u64, u32, u32);

/// Above how many rows a sort is worth several threads.
const LARGE: usize = 50_000;

/// About how many rows are looked through at once, so that putting them in order needs little memory.
const AT_ONCE: usize = 1 << 19;

impl Keys {
    pub(crate) fn of(keys: &[Key], typed: &Typed, show: ShowValues) -> Self {
        let parts = keys.iter().map(|key| {
            let fields = key.fields.iter().zip(&key.written);
            let columns: Vec<ArrayRef> =
                fields.map(|(field, written)| compared(typed.column(*field), written.as_ref())).collect();
            let (digests, nulls) = digest::of_rows(&columns, typed.len());
            let is_shown = key.class.is_some_and(|class| Evidence::of("", class, show).shown().is_some());
            let shown = is_shown.then(|| typed.column(key.fields[0]).clone());
            Part { columns: columns.iter().map(packed).collect(), shown, digests, nulls }
        });
        Self { rows: Rows::of(&typed.rows), parts: parts.collect() }
    }
}

impl Rows {
    fn of(rows: &UInt32Array) -> Self {
        let is_run = rows.values().is_sorted_by(|row, next| next.checked_sub(*row) == Some(1));
        match rows.values().first() {
            Some(first) if is_run => Self::From(*first),
            _ => Self::Each(rows.clone()),
        }
    }

    fn get(&self, index: u32) -> u32 {
        match self {
            Self::From(first) => first + index,
            Self::Each(rows) => rows.value(index as usize),
        }
    }
}

/// A column in which equal values are equal texts.
fn compared(column: &ArrayRef, written: Option<&Texts>) -> ArrayRef {
    let Some(written) = written else { return column.clone() };
    let texts = column.as_string_view().iter();
    let one = |text: &str| written.canonical(text).unwrap_or_else(|| text.to_owned());
    Arc::new(texts.map(|text| text.map(one)).collect::<StringViewArray>())
}

/// The same column without what surrounds its texts: the memory of a view, and that of the block it was read from.
fn packed(column: &ArrayRef) -> ArrayRef {
    let Some(texts) = column.as_string_view_opt() else { return column.clone() };
    let bytes = texts.iter().flatten().map(str::len).sum();
    let mut builder = StringBuilder::with_capacity(texts.len(), bytes);
    texts.iter().for_each(|text| builder.append_option(text));
    Arc::new(builder.finish())
}

/// Every row of every group of equal rows.
pub(crate) fn hits(keys: &[Key], chunks: &[Keys], show: ShowValues) -> Vec<Hit> {
    let mut hits: Vec<Hit> = keys.iter().enumerate().flat_map(|(at, key)| hits_of(at, key, chunks, show)).collect();
    hits.sort_unstable_by_key(|hit| (hit.row, hit.fault));
    hits
}

fn hits_of(at: usize, key: &Key, chunks: &[Keys], show: ShowValues) -> Vec<Hit> {
    let chunks: Vec<(&Keys, &Part)> = chunks.iter().map(|keys| (keys, &keys.parts[at])).collect();
    let groups = groups(&chunks);
    groups.iter().flatten().map(|entry| hit(&chunks, entry, key.fault, key.class, show)).collect()
}

/// Every group of equal rows among some chunks. Digests that begin differently cannot meet, so the rows
/// are looked through by the first bits of theirs.
fn groups(chunks: &[(&Keys, &Part)]) -> Vec<Vec<Entry>> {
    let count: usize = chunks.iter().map(|(_, part)| part.digests.len()).sum();
    let bits = (count / AT_ONCE + 1).next_power_of_two().ilog2().min(4);
    let of = (0..1u64 << bits).into_par_iter().flat_map_iter(|begin| {
        let is_it = |digest: u64| bits == 0 || digest >> (64 - bits) == begin;
        let mut entries: Vec<Entry> = Vec::with_capacity((count >> bits) + (count >> (bits + 3)));
        for (chunk, (_, part)) in chunks.iter().enumerate() {
            let is_whole = |index: usize| part.nulls.as_ref().is_none_or(|nulls| nulls.is_valid(index));
            let whole = part.digests.iter().enumerate().filter(|(index, digest)| is_it(**digest) && is_whole(*index));
            entries.extend(whole.map(|(index, digest)| (*digest, chunk as u32, index as u32)));
        }
        sort(&mut entries);
        let part = |entry: &Entry| chunks[entry.1 as usize].1;
        let same = |a: &Entry, b: &Entry| digest::same(&part(a).columns, a.2 as usize, &part(b).columns, b.2 as usize);
        let alike = entries.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1);
        alike.map(|group| confirmed(group, same)).collect::<Vec<_>>()
    });
    of.collect()
}

fn hit(chunks: &[(&Keys, &Part)], entry: &Entry, fault: u32, class: Option<Class>, show: ShowValues) -> Hit {
    let (keys, part) = chunks[entry.1 as usize];
    let evidence = class.map(|class| {
        let shown = part.shown.as_ref().map(|column| array_value_to_string(column, entry.2 as usize));
        let value = shown.transpose().expect("every type of a field can be written out");
        Evidence::of(&value.unwrap_or_default(), class, show)
    });
    Hit { row: keys.rows.get(entry.2), fault, evidence }
}

/// What one part of a table brings to the search for equal rows in others.
#[derive(Debug, Clone)]
pub struct PartKeys {
    keys: Vec<PartKey>,
    chunks: Vec<Keys>,
    show: ShowValues,
}

/// A key as a part has it: another part may lack a column, and with it a key.
#[derive(Debug, Clone)]
struct PartKey {
    code: Arc<str>,
    fields: Vec<usize>,
    fault: u32,
    class: Option<Class>,
}

/// A row of one part that is equal to rows of others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Across {
    /// The part whose row it is.
    pub part: usize,
    /// The row, with the fault of the part's own checker that says it is like another.
    pub hit: Hit,
    /// The other parts that have such a row, in order.
    pub others: Vec<usize>,
}

impl PartKeys {
    pub(crate) fn of(keys: &[Key], faults: &[Fault], chunks: Vec<Keys>, show: ShowValues) -> Self {
        let keys = keys.iter().map(|key| PartKey {
            code: Arc::clone(&faults[key.fault as usize].code),
            fields: key.fields.clone(),
            fault: key.fault,
            class: key.class,
        });
        Self { keys: keys.collect(), chunks, show }
    }
}

/// Every row that is equal to no other of its own part, and to one of another: what is equal within a
/// part is named there already.
pub fn across(parts: &[&PartKeys]) -> Vec<Across> {
    let mut wanted: Vec<(&str, &[usize])> =
        parts.iter().flat_map(|part| &part.keys).map(|key| (&*key.code, &*key.fields)).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let found = wanted.par_iter().flat_map_iter(|(code, fields)| {
        let (mut chunks, mut owners) = (Vec::new(), Vec::new());
        for (at, part) in parts.iter().enumerate() {
            let Some(key) = part.keys.iter().position(|key| *key.code == **code && key.fields == *fields) else {
                continue;
            };
            chunks.extend(part.chunks.iter().map(|keys| (keys, &keys.parts[key])));
            owners.resize(chunks.len(), (at, key));
        }
        let mut found = Vec::new();
        for group in groups(&chunks) {
            let mut of: Vec<usize> = group.iter().map(|entry| owners[entry.1 as usize].0).collect();
            of.sort_unstable();
            for entry in &group {
                let (part, key) = owners[entry.1 as usize];
                if of.iter().filter(|other| **other == part).count() > 1 {
                    continue;
                }
                let key = &parts[part].keys[key];
                let hit = hit(&chunks, entry, key.fault, key.class, parts[part].show);
                let mut others: Vec<usize> = of.iter().copied().filter(|other| *other != part).collect();
                others.dedup();
                found.push(Across { part, hit, others });
            }
        }
        found
    });
    let mut found: Vec<Across> = found.collect();
    found.sort_by_key(|across| (across.part, across.hit.row, across.hit.fault));
    found
}

/// The rows of equal digest that are equal to another one indeed.
fn confirmed(group: &[Entry], same: impl Fn(&Entry, &Entry) -> bool) -> Vec<Entry> {
    if group[1..].iter().all(|entry| same(&group[0], entry)) {
        return group.to_vec();
    }
    let is_like = |at: usize| group.iter().enumerate().any(|(other, row)| other != at && same(&group[at], row));
    (0..group.len()).filter(|at| is_like(*at)).map(|at| group[at]).collect()
}

pub(crate) fn sort(entries: &mut [Entry]) {
    if entries.len() > LARGE {
        entries.par_sort_unstable();
    } else {
        entries.sort_unstable();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_told_in_whichever_order_they_come() {
        for rows in [vec![2, 3, 4], vec![2, 4, 5], vec![5, 4, 3], vec![2, 4, 3, 5], vec![7], Vec::new()] {
            let kept = Rows::of(&rows.clone().into());
            assert!((0..).zip(&rows).all(|(index, row)| kept.get(index) == *row), "{rows:?}");
        }
    }

    #[test]
    fn equal_digests_alone_are_not_enough() {
        let group: [Entry; 4] = [(7, 0, 0), (7, 0, 1), (7, 0, 2), (7, 0, 3)];
        let values = ["a", "b", "a", "c"];
        let same = |a: &Entry, b: &Entry| values[a.2 as usize] == values[b.2 as usize];
        let rows: Vec<u32> = confirmed(&group, same).iter().map(|entry| entry.2).collect();
        assert_eq!(rows, [0, 2]);
        assert!(confirmed(&group[..2], same).is_empty());
    }
}
