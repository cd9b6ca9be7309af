//! How large blocks of memory are kept.
//!
//! A step of training takes the blocks that the step before gave back, mixed with a few that stay: new weights, new moments.
//! In a heap these come to lie in the gaps of the others, the largest blocks no longer fit where they did, and the process
//! grows for hours. So large blocks are no part of the heap. Each is a mapping of its own, in one of few sizes, and one that
//! is given back waits for the next who asks for its size: after the first steps nothing new is taken from the system.
//! Where sizes are many, as with texts of all lengths, blocks that wait make room before the whole takes half as much again as
//! was ever in use at once.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

#[global_allocator]
static ALLOCATOR: Blocks = Blocks::new();

/// Blocks from this many bytes on are kept.
const SMALLEST: usize = 1 << 17;

/// Blocks above this are the system's: nothing takes them again and again.
const LARGEST: usize = 1 << 28;

/// Sizes lie an eighth of a power of two apart.
const CLASSES: usize = (LARGEST.ilog2() - SMALLEST.ilog2()) as usize * 8 + 1;

/// Every block begins a page, so that those of matrix products, which ask for it, are kept too.
const ALIGNMENT: usize = 4096;

/// The blocks that wait, by size; and how many bytes of blocks there are.
struct Blocks {
    free: [Mutex<List>; CLASSES],
    waiting: AtomicUsize,
    used: AtomicUsize,
    most_used: AtomicUsize,
}

/// Blocks of one size that nobody uses. The first bytes of each hold the address of the next.
struct List(*mut u8);

// SAFETY: a block in a list belongs to the list alone.
unsafe impl Send for List {}

impl List {
    fn push(&mut self, block: *mut u8) {
        // SAFETY: the block is free, large enough for an address and aligned for one.
        unsafe { block.cast::<*mut u8>().write(self.0) };
        self.0 = block;
    }

    fn pop(&mut self) -> Option<*mut u8> {
        let block = self.0;
        if block.is_null() {
            return None;
        }
        // SAFETY: `push` wrote there.
        self.0 = unsafe { block.cast::<*mut u8>().read() };
        Some(block)
    }
}

/// The class of a block, and the layout of its blocks; `None` for blocks that are left to the system.
fn class(layout: Layout) -> Option<(usize, Layout)> {
    if layout.size() < SMALLEST || layout.size() > LARGEST || layout.align() > ALIGNMENT {
        return None;
    }
    let power = layout.size().ilog2();
    let eighths = layout.size().div_ceil(1 << (power - 3));
    let size = eighths << (power - 3);
    let class = (power - SMALLEST.ilog2()) as usize * 8 + eighths - 8;
    Some((class, Layout::from_size_align(size, ALIGNMENT).ok()?))
}

/// The size of a class's blocks in bytes.
fn size(class: usize) -> usize {
    (8 + class % 8) << (SMALLEST.ilog2() as usize + class / 8 - 3)
}

impl Blocks {
    const fn new() -> Self {
        Self {
            free: [const { Mutex::new(List(ptr::null_mut())) }; CLASSES],
            waiting: AtomicUsize::new(0),
            used: AtomicUsize::new(0),
            most_used: AtomicUsize::new(0),
        }
    }

    fn list(&self, class: usize) -> MutexGuard<'_, List> {
        self.free[class].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A block of a class, and whether it is fresh; null if the system has none.
    fn take(&self, class: usize, fresh: impl Fn() -> *mut u8) -> (*mut u8, bool) {
        let size = size(class);
        let used = self.used.fetch_add(size, Relaxed) + size;
        let most = self.most_used.fetch_max(used, Relaxed).max(used);
        let kept = self.list(class).pop();
        if let Some(block) = kept {
            self.waiting.fetch_sub(size, Relaxed);
            return (block, false);
        }
        self.give_back((most + most / 2).saturating_sub(used));
        let mut block = fresh();
        if block.is_null() {
            self.give_back(0);
            block = fresh();
        }
        if block.is_null() {
            self.used.fetch_sub(size, Relaxed);
        }
        (block, true)
    }

    fn leave(&self, class: usize, block: *mut u8) {
        self.used.fetch_sub(size(class), Relaxed);
        self.waiting.fetch_add(size(class), Relaxed);
        self.list(class).push(block);
    }

    /// Hands blocks that wait back to the system, large ones first, until no more than so many bytes of them are left.
    fn give_back(&self, left: usize) {
        for class in (0..CLASSES).rev() {
            while self.waiting.load(Relaxed) > left {
                let Some(block) = self.list(class).pop() else { break };
                self.waiting.fetch_sub(size(class), Relaxed);
                // SAFETY: the system gave it, with the layout of its class.
                unsafe { System.dealloc(block, Layout::from_size_align_unchecked(size(class), ALIGNMENT)) };
            }
        }
    }
}

// SAFETY: a block comes from the system or from the list of its class, whose blocks are at least as large as the layout.
unsafe impl GlobalAlloc for Blocks {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match class(layout) {
            Some((class, whole)) => self.take(class, || unsafe { System.alloc(whole) }).0,
            None => unsafe { System.alloc(layout) },
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let Some((class, whole)) = class(layout) else {
            return unsafe { System.alloc_zeroed(layout) };
        };
        let (block, fresh) = self.take(class, || unsafe { System.alloc_zeroed(whole) });
        if !fresh {
            unsafe { block.write_bytes(0, layout.size()) };
        }
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        match class(layout) {
            Some((class, _)) => self.leave(class, block),
            None => unsafe { System.dealloc(block, layout) },
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller promises that the size is one of a layout.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        match (class(layout), class(wanted)) {
            (None, None) => unsafe { System.realloc(block, layout, size) },
            (Some((from, _)), Some((to, _))) if from == to => block,
            _ => unsafe {
                let moved = self.alloc(wanted);
                if !moved.is_null() {
                    ptr::copy_nonoverlapping(block, moved, layout.size().min(size));
                    self.dealloc(block, layout);
                }
                moved
            },
        }
    }
}

/// Has the C library map large blocks one by one, before any is taken.
pub(crate) fn keep() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: no other thread runs yet; a value that the library refuses changes nothing.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, SMALLEST as i32);
    }
}

/// Hands back to the system whatever is not in use, where what comes next needs blocks of other sizes.
pub(crate) fn give_back() {
    ALLOCATOR.give_back(0);
    ALLOCATOR.most_used.store(ALLOCATOR.used.load(Relaxed), Relaxed);
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: no memory in use is touched.
    unsafe {
        libc::malloc_trim(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(size: usize) -> Layout {
        Layout::from_size_align(size, 8).unwrap()
    }

    #[test]
    fn a_class_holds_its_sizes_and_wastes_at_most_an_eighth() {
        let mut last = 0;
        for asked in (SMALLEST..4 << 20).step_by(4099).chain([LARGEST - 1, LARGEST]) {
            let (index, whole) = class(block(asked)).unwrap();
            assert!(whole.size() >= asked && whole.size() <= asked + asked / 8, "{asked} in {}", whole.size());
            assert!(index >= last && index < CLASSES, "{asked} is of class {index} after {last}");
            assert_eq!(class(whole).unwrap(), (index, whole), "the class of its own size");
            assert_eq!(size(index), whole.size());
            last = index;
        }
        assert_eq!(class(block(SMALLEST)).unwrap().0, 0);
        assert_eq!(class(block(LARGEST)).unwrap().0, CLASSES - 1);
        assert!(class(block(SMALLEST - 1)).is_none() && class(block(LARGEST + 1)).is_none());
        assert!(class(Layout::from_size_align(1 << 20, 8192).unwrap()).is_none(), "more alignment than that of a page");
    }

    #[test]
    fn a_block_given_back_is_taken_again_and_is_zero_when_asked() {
        let blocks = Blocks::new();
        unsafe {
            let first = blocks.alloc(block(1_000_000));
            first.write_bytes(7, 1_000_000);
            let second = blocks.alloc(block(1_000_000));
            blocks.dealloc(first, block(1_000_000));
            let again = blocks.alloc_zeroed(block(1_000_100));
            assert_eq!(again, first, "a little larger, of the same class");
            assert!(std::slice::from_raw_parts(again, 1_000_100).iter().all(|byte| *byte == 0));
            let third = blocks.alloc(block(1_000_000));
            assert_ne!(third, second, "in use");
            for free in [again, second, third] {
                blocks.dealloc(free, block(1_000_000));
            }
            assert_eq!((blocks.used.load(Relaxed), blocks.waiting.load(Relaxed)), (0, 3 << 20));
            blocks.give_back(0);
            assert_eq!(blocks.waiting.load(Relaxed), 0);
        }
    }

    #[test]
    fn blocks_of_many_sizes_never_take_more_than_half_again_of_what_was_used() {
        let blocks = Blocks::new();
        for asked in (1 << 20..9 << 20).step_by(100_003) {
            unsafe { blocks.dealloc(blocks.alloc(block(asked)), block(asked)) };
            let (waiting, most) = (blocks.waiting.load(Relaxed), blocks.most_used.load(Relaxed));
            assert!(waiting >= size(class(block(asked)).unwrap().0), "the last one waits");
            assert!(waiting <= most + most / 2, "{waiting} bytes wait where {most} were in use at most");
        }
        blocks.give_back(0);
    }

    #[test]
    fn what_a_block_holds_survives_growing_and_shrinking() {
        let mut grown: Vec<u32> = Vec::new();
        grown.extend(0..3_000_000);
        assert!(grown.iter().copied().eq(0..3_000_000));
        grown.truncate(20);
        grown.shrink_to_fit();
        assert!(grown.iter().copied().eq(0..20));
    }
}
