//! A text file, cut into blocks and taken apart into columns.

use crate::{ROWS, mixed};
use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use qd_source::{Opened, Request};
use std::fmt::Write;

/// A file in which one row in so many has cells in quotes; none with 0.
fn file(quoted: usize) -> Vec<u8> {
    let mut text = "ref,name,born,code,hours,notes\n".to_owned();
    for row in 0..4 * ROWS {
        let x = mixed(row);
        let (day, month, year) = (x % 28 + 1, x % 12 + 1, x % 60 + 1940);
        let notes = if quoted > 0 && row % quoted == 0 { "\"said \"\"yes\"\", and\nleft\"" } else { "attends weekly" };
        let _ = writeln!(text, "R{row:06},Zoë O'Brien,{day:02}/{month:02}/{year},SOC_RENT,{}.5,{notes}", x % 40);
    }
    text.into_bytes()
}

/// Opens, cuts and reads on one thread.
#[divan::bench(args = [0, 200, 2])]
fn text_into_blocks(bencher: Bencher<'_, '_>, one_row_in_so_many_quoted: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("in.csv");
    let bytes = file(one_row_in_so_many_quoted);
    std::fs::write(&path, &bytes).expect("written");
    bencher.counter(BytesCount::new(bytes.len())).bench_local(|| {
        let Opened::Table(mut source) = qd_source::open(&path, &Request::default()) else { panic!("it is a table") };
        let rows: usize = source.blocks().map(|block| black_box(block.read()).chunk.rows.len()).sum();
        assert_eq!(rows, 4 * ROWS);
    });
}
