//! How much memory a reader takes, held against how much it was given to read.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

/// The system's allocator, counting.
pub struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

/// More than this at once is what a damaged length asks for; it is refused before the machine suffers.
const NEVER: usize = 1 << 33;

/// Whole pages are what `private-gemm-x86` packs matrices in. Every thread that multiplies keeps twice the third-level cache of
/// them, a gigabyte where the system reports one of 480 MiB, and touches what its matrices need: no input decides that.
const PAGE: usize = 4096;

fn counted(layout: Layout) -> usize {
    if layout.align() < PAGE { layout.size() } else { 0 }
}

fn grown(by: usize) {
    PEAK.fetch_max(HELD.fetch_add(by, Relaxed) + by, Relaxed);
}

// SAFETY: every call is handed on to the system's allocator as it came; a null pointer says that it failed.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.size() > NEVER {
            return std::ptr::null_mut();
        }
        grown(counted(layout));
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if layout.size() > NEVER {
            return std::ptr::null_mut();
        }
        grown(counted(layout));
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if size > NEVER {
            return std::ptr::null_mut();
        }
        if counted(layout) > 0 {
            grown(size);
            HELD.fetch_sub(layout.size(), Relaxed);
        }
        // SAFETY: the caller's promise.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(counted(layout), Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// What any input may cost: what buffers and a small model take, and some hundred times its length.
const FREE: usize = 1 << 30;
const TIMES: usize = 512;

/// Does `read` with `input`; fails if that takes memory out of proportion to the input's length.
pub fn bounded(input: &[u8], read: impl FnOnce(&[u8])) {
    // One at a time: the count is that of the process.
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let before = HELD.load(Relaxed);
    PEAK.store(before, Relaxed);
    read(input);
    let taken = PEAK.load(Relaxed).saturating_sub(before);
    let allowed = FREE + TIMES * input.len();
    assert!(taken <= allowed, "{} bytes of input took {taken} bytes of memory; {allowed} would be enough", input.len());
}

/// Does `read` with every file of `fuzz/found/<target>/`, each as a fuzzer would.
#[allow(unused, reason = "the fuzzers bring their own inputs")]
pub fn replay(target: &str, read: impl Fn(&[u8])) {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/found").join(target);
    let mut files: Vec<_> = std::fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "nothing in {}", root.display());
    for file in files {
        // The name of the one that fails, should the process not live to tell it otherwise.
        println!("{}", file.display());
        bounded(&std::fs::read(&file).unwrap(), &read);
    }
}
