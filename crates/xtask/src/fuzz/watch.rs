//! Watches a reading: one that does not end stops the program, and what memory the program has come
//! to hold is looked at after each.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The longest that a small damaged file may take.
const LONGEST: Duration = Duration::from_secs(30);
/// The most memory that the program may ever have held, in KiB.
const MOST: u64 = 3 << 20;

/// Watches readings, one after the other.
pub(super) struct Watch {
    start: Instant,
    /// When the reading that is under way began, in milliseconds; 0 between readings.
    began: Arc<AtomicU64>,
}

impl Watch {
    /// Starts to watch; `file` is what is read.
    pub(super) fn start(file: &Path) -> Self {
        let watch = Self { start: Instant::now(), began: Arc::default() };
        let (start, began, file) = (watch.start, Arc::downgrade(&watch.began), file.to_owned());
        std::thread::spawn(move || {
            while let Some(began) = began.upgrade() {
                let since = began.load(Ordering::Relaxed);
                let now = start.elapsed().as_millis() as u64;
                if since > 0 && now.saturating_sub(since) > LONGEST.as_millis() as u64 {
                    eprintln!("Error: reading {} takes longer than {} seconds", file.display(), LONGEST.as_secs());
                    std::process::exit(1);
                }
                drop(began);
                std::thread::sleep(Duration::from_millis(500));
            }
        });
        watch
    }

    pub(super) fn begins(&self) {
        self.began.store((self.start.elapsed().as_millis() as u64).max(1), Ordering::Relaxed);
    }

    pub(super) fn ends(&self) {
        self.began.store(0, Ordering::Relaxed);
    }

    /// Whether the program has held too much memory at some time, where the system tells.
    pub(super) fn is_too_large() -> bool {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
        peak.is_some_and(|peak| peak > MOST)
    }
}
