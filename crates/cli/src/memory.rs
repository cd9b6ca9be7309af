//! How large blocks of memory are kept.
//!
//! A step of training takes the blocks that the step before gave back, mixed with a few that stay: new weights, new moments.
//! In a heap these come to lie in the gaps of the others, the largest blocks no longer fit where they did, and the process
//! grows for hours. So large blocks are no part of the heap. Each is a mapping of its own, in one of few sizes, and one that
//! is given back waits for the next who asks for its size: after the first steps nothing new is taken from the system.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr;
use std::sync::{Mutex, PoisonError};

#[global_allocator]
static ALLOCATOR: Blocks = Blocks { free: [const { Mutex::new(List(ptr::null_mut())) }; CLASSES] };

/// Blocks from this many bytes on are kept.
const SMALLEST: usize = 1 << 17;

/// Blocks above this are the system's: nothing takes them again and again.
const LARGEST: usize = 1 << 28;

/// Sizes lie an eighth of a power of two apart.
const CLASSES: usize = (LARGEST.ilog2() - SMALLEST.ilog2()) as usize * 8 + 1;

/// Every block begins a page, so that those of matrix products, which ask for it, are kept too.
const ALIGNMENT: usize = 4096;

/// The blocks that wait, by size.
struct Blocks {
    free: [Mutex<List>; CLASSES],
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

/// The class of a block, and the size of its blocks in bytes; `None` for blocks that are left to the system.
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

impl Blocks {
    fn list(&self, class: usize) -> std::sync::MutexGuard<'_, List> {
        self.free[class].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands every block that waits back to the system.
    fn give_back(&self) {
        for index in 0..CLASSES {
            let mut list = std::mem::replace(&mut *self.list(index), List(ptr::null_mut()));
            while let Some(block) = list.pop() {
                // SAFETY: the system gave it; it asks for no size.
                unsafe { System.dealloc(block, Layout::from_size_align_unchecked(SMALLEST, ALIGNMENT)) };
            }
        }
    }

    /// A block of the system; of what waits for others, where it has no more.
    fn fresh(&self, take: impl Fn() -> *mut u8) -> *mut u8 {
        let block = take();
        if !block.is_null() {
            return block;
        }
        self.give_back();
        take()
    }
}

// SAFETY: a block comes from the system or from the list of its class, whose blocks are at least as large as the layout.
unsafe impl GlobalAlloc for Blocks {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some((class, whole)) = class(layout) else {
            return self.fresh(|| unsafe { System.alloc(layout) });
        };
        let kept = self.list(class).pop();
        kept.unwrap_or_else(|| self.fresh(|| unsafe { System.alloc(whole) }))
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let Some((class, whole)) = class(layout) else {
            return self.fresh(|| unsafe { System.alloc_zeroed(layout) });
        };
        let kept = self.list(class).pop();
        if let Some(block) = kept {
            unsafe { block.write_bytes(0, layout.size()) };
            return block;
        }
        self.fresh(|| unsafe { System.alloc_zeroed(whole) })
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        match class(layout) {
            Some((class, _)) => self.list(class).push(block),
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
    ALLOCATOR.give_back();
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
        for size in (SMALLEST..4 << 20).step_by(4099).chain([LARGEST - 1, LARGEST]) {
            let (index, whole) = class(block(size)).unwrap();
            assert!(whole.size() >= size && whole.size() <= size + size / 8, "{size} in {}", whole.size());
            assert!(index >= last && index < CLASSES, "{size} is of class {index} after {last}");
            assert_eq!(class(whole).unwrap(), (index, whole), "the class of its own size");
            last = index;
        }
        assert_eq!(class(block(SMALLEST)).unwrap().0, 0);
        assert_eq!(class(block(LARGEST)).unwrap().0, CLASSES - 1);
        assert!(class(block(SMALLEST - 1)).is_none() && class(block(LARGEST + 1)).is_none());
        assert!(class(Layout::from_size_align(1 << 20, 8192).unwrap()).is_none(), "more alignment than that of a page");
    }

    #[test]
    fn a_block_given_back_is_taken_again_and_is_zero_when_asked() {
        let blocks = Blocks { free: [const { Mutex::new(List(ptr::null_mut())) }; CLASSES] };
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
            blocks.give_back();
            assert!(blocks.list(class(block(1_000_000)).unwrap().0).pop().is_none());
        }
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
