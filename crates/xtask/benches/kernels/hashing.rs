//! Pseudonyms of many short values.

use crate::{ROWS, mixed};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use qd_disclosure::{DomainKey, Key, KeyUse, NoPassphrase, PSEUDONYM_LENGTH};
use std::path::Path;

/// The key of the sample data.
fn key() -> DomainKey {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sample-data/demonstration.key");
    let key = Key::read(&path, KeyUse::Demonstration, &[], &NoPassphrase);
    key.expect("the demonstration's key is there").for_lead("bench")
}

pub(crate) fn values() -> Vec<String> {
    (0..ROWS).map(|row| format!("{:09}", mixed(row) % 1_000_000_000)).collect()
}

pub(crate) fn pseudonyms() -> Vec<String> {
    let key = key();
    values().iter().map(|value| key.pseudonym("ref", &[value])).collect()
}

#[divan::bench]
fn keyed_hashes(bencher: Bencher<'_, '_>) {
    let (key, values) = (key(), values());
    bencher.counter(ItemsCount::new(ROWS)).bench_local(|| {
        let mut out = [0; PSEUDONYM_LENGTH];
        for value in &values {
            black_box(key.pseudonym_into("ref", &[black_box(value)], &mut out));
        }
    });
}
