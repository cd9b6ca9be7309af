//! Threads that look out for work for a while after an operation, because the next one is near.
//!
//! A model is a long row of small operations. A thread of the pool that falls asleep after one takes longer to wake
//! than the next one lasts (tens of microseconds), so while operations follow each other the threads stay awake.

use std::cell::Cell;
use std::hint::spin_loop;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rayon::Yield;

/// How long after an operation the next may come.
const PATIENCE: Duration = Duration::from_millis(1);
/// Looks for work between two glances at the clock.
const LOOKS: u32 = 64;

static START: LazyLock<Instant> = LazyLock::new(Instant::now);
/// How long to look out, in nanoseconds after `START`.
static UNTIL: AtomicU64 = AtomicU64::new(0);
/// Threads that look out, or are about to.
static WATCHERS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// Whether operations begin on this thread: then it has something better to do.
    static BEGINS: Cell<bool> = const { Cell::new(false) };
}

/// An operation begins on this thread, and others may follow.
pub(crate) fn stay() {
    let threads = rayon::current_num_threads();
    if threads < 2 {
        return;
    }
    BEGINS.set(true);
    expect_more();
    while WATCHERS.load(Ordering::Relaxed) < threads - 1 {
        WATCHERS.fetch_add(1, Ordering::Relaxed);
        rayon::spawn(|| {
            if !BEGINS.get() {
                look_out();
            }
            WATCHERS.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

fn now() -> u64 {
    START.elapsed().as_nanos() as u64
}

fn expect_more() {
    UNTIL.fetch_max(now() + PATIENCE.as_nanos() as u64, Ordering::Relaxed);
}

/// Does what work there is until there has been none for a while.
fn look_out() {
    loop {
        for _ in 0..LOOKS {
            match rayon::yield_now() {
                Some(Yield::Executed) => expect_more(),
                Some(Yield::Idle) => spin_loop(),
                None => return,
            }
        }
        if now() > UNTIL.load(Ordering::Relaxed) {
            return;
        }
        // On a busy machine others need the core more.
        thread::yield_now();
    }
}
