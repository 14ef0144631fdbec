//! There is one pool of threads, Polars' own, and all parallel work is installed on it.
//!
//! Its size is the environment variable `POLARS_MAX_THREADS`, or the number of processors where it
//! is not set. It is read once, when the pool is first used, so a program that wants another number
//! starts itself again with the variable set.

use polars_core::runtime::THREAD_POOL;

/// Runs work on the pool: `rayon`'s parallel iterators, `join` and `scope` inside it use its threads.
pub fn install<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    THREAD_POOL.install(work)
}

/// How many threads the pool has.
pub fn threads() -> usize {
    THREAD_POOL.current_num_threads()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rayon::prelude::*;

    #[test]
    fn parallel_work_uses_the_pool_and_its_size() {
        let (size, names) = install(|| {
            let names: Vec<String> =
                (0..64).into_par_iter().map(|_| std::thread::current().name().unwrap_or_default().to_owned()).collect();
            (rayon::current_num_threads(), names)
        });
        assert_eq!(size, threads());
        assert!(names.iter().all(|name| name.starts_with("polars-")), "{names:?}");
    }
}
