//! Work that may fall over through a fault of ours, and must not take the rest with it.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is judging a rule, so that a panic is caught and named in the report.
pub fn is_guarded() -> bool {
    GUARDED.get()
}

/// What the work gives, or nothing where it panicked.
pub(super) fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    let before = GUARDED.replace(true);
    let done = catch_unwind(AssertUnwindSafe(work)).ok();
    GUARDED.set(before);
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_caught_and_the_guard_is_lifted() {
        assert_eq!(guarded(|| 1), Some(1));
        let nothing: Option<u8> = guarded(|| panic!("a rule that fell over"));
        assert_eq!(nothing, None);
        assert!(!is_guarded());
    }
}
