//! The door behind which other people's code reads other people's files: its panic is a finding about
//! the file, and no more.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is in a library's code of which a panic will be caught. A panic hook asks, so
/// that it does not call a partner's broken file a fault of the program.
pub fn is_guarded() -> bool {
    GUARDED.get()
}

/// Runs a library's code; `None` if it panicked. What the work may have left half done must not be
/// used after that.
pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    let before = GUARDED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(before);
    result.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_behind_the_door_is_caught_and_known_as_such() {
        assert!(!is_guarded());
        assert_eq!(guarded(is_guarded), Some(true));
        assert_eq!(guarded(|| -> u8 { panic!("as a broken file may cause") }), None);
        assert!(!is_guarded());
    }
}
