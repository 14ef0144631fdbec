//! How long a large text file takes: run by hand on a file that `QD_SPEED` names.

use crate::{Opened, Request, open};
use std::time::Instant;

#[test]
#[ignore = "needs a large file; see the first line"]
fn a_large_file() {
    let path = std::env::var_os("QD_SPEED").expect("QD_SPEED names a file");
    let start = Instant::now();
    let Opened::Table(mut source) = open(path.as_ref(), &Request::default()) else { panic!("a table was expected") };
    println!("opened after {:?}", start.elapsed());
    let blocks: Vec<_> = source.blocks().collect();
    println!("{} blocks cut after {:?}", blocks.len(), start.elapsed());
    let rows: usize = blocks.into_iter().map(|block| block.read().chunk.rows.len()).sum();
    println!("{rows} rows read by one thread after {:?}", start.elapsed());
}
