//! Micro-benchmarks of what large files spend their time in, each through its room's own boundary:
//! `cargo xtask bench kernels [FILTER]` runs them optimised.

mod cells;
mod encoding;
mod hashing;
mod texts;

/// As the program itself has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Rows of what is measured: a little more than a block has.
const ROWS: usize = 8192;

fn main() {
    divan::main();
}

/// Different small numbers, the same each time.
fn mixed(row: usize) -> u64 {
    let mut x = (row as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x ^= x >> 29;
    x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x ^ (x >> 32)
}
