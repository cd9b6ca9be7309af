//! Recycled memory for outputs and scratch space.
//!
//! A training step asks for the same few hundred buffers every time. Fresh from the system each costs
//! a page fault every 4 KiB, as much time as writing it several times over; kept here they cost nothing.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::collections::BTreeMap;
use std::mem::MaybeUninit;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;
use std::slice;
use std::sync::{Mutex, PoisonError};

use burn::backend::{AllocationProperty, Bytes, DType, Shape, TensorData};
use burn_std::{AccessError, AccessPolicy, AllocationController};

use super::FlexTensor;

/// A cache line, and the widest vector register.
const ALIGN: usize = 64;
/// What the pool may keep beyond the most that was ever in use at once.
const SLACK: usize = 32 << 20;

static POOL: Mutex<Pool> = Mutex::new(Pool::new());

/// Blocks that nobody uses, by size.
struct Pool {
    free: BTreeMap<usize, Vec<Block>>,
    free_bytes: usize,
    used_bytes: usize,
    most_used_bytes: usize,
}

/// `bytes` bytes of initialised memory that the holder alone may touch.
struct Block {
    address: NonNull<u8>,
    bytes: usize,
}

// SAFETY: a block owns its memory, as a `Box<[u8]>` would.
unsafe impl Send for Block {}
// SAFETY: a shared block gives out shared references only.
unsafe impl Sync for Block {}

impl Block {
    fn layout(bytes: usize) -> Layout {
        Layout::from_size_align(bytes, ALIGN).expect("a buffer smaller than the address space")
    }

    fn allocate(bytes: usize) -> Self {
        let layout = Self::layout(bytes);
        // SAFETY: `size_class` never returns 0.
        let address = NonNull::new(unsafe { alloc_zeroed(layout) });
        let address = address.unwrap_or_else(|| handle_alloc_error(layout));
        Self { address, bytes }
    }

    fn release(self) {
        // SAFETY: allocated by `allocate` with this very layout.
        unsafe { dealloc(self.address.as_ptr(), Self::layout(self.bytes)) }
    }
}

impl Pool {
    const fn new() -> Self {
        Self { free: BTreeMap::new(), free_bytes: 0, used_bytes: 0, most_used_bytes: 0 }
    }

    fn take(&mut self, bytes: usize) -> Option<Block> {
        self.used_bytes += bytes;
        self.most_used_bytes = self.most_used_bytes.max(self.used_bytes);
        let block = self.free.get_mut(&bytes).and_then(Vec::pop)?;
        self.free_bytes -= bytes;
        Some(block)
    }

    fn give(&mut self, block: Block) {
        self.used_bytes -= block.bytes;
        self.free_bytes += block.bytes;
        self.free.entry(block.bytes).or_default().push(block);
    }

    /// The blocks to give up so that memory stays near the most that was ever in use, largest first.
    fn excess(&mut self) -> Vec<Block> {
        let mut excess = Vec::new();
        while self.used_bytes + self.free_bytes > self.most_used_bytes + SLACK {
            let Some(mut largest) = self.free.last_entry() else {
                break;
            };
            match largest.get_mut().pop() {
                Some(block) => {
                    self.free_bytes -= block.bytes;
                    excess.push(block);
                }
                None => drop(largest.remove()),
            }
        }
        excess
    }
}

/// Sizes a few per cent apart share their blocks: a multiple of an eighth of the power of two below.
fn size_class(bytes: usize) -> usize {
    let step = (bytes.max(1).next_power_of_two() / 16).max(ALIGN);
    bytes.max(1).next_multiple_of(step)
}

fn pool() -> std::sync::MutexGuard<'static, Pool> {
    // Every change of the pool is complete before anything that can panic.
    POOL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Floats of unspecified value, given back to the pool when dropped.
pub(crate) struct Buffer {
    block: Option<Block>,
    len: usize,
}

impl Buffer {
    /// `len` floats that hold whatever was there before.
    pub(crate) fn stale(len: usize) -> Self {
        let bytes = size_class(len * size_of::<f32>());
        let (block, excess) = {
            let mut pool = pool();
            match pool.take(bytes) {
                Some(block) => (Some(block), Vec::new()),
                None => (None, pool.excess()),
            }
        };
        excess.into_iter().for_each(Block::release);
        let block = block.unwrap_or_else(|| Block::allocate(bytes));
        Self { block: Some(block), len }
    }

    /// `len` zeros.
    pub(crate) fn zeros(len: usize) -> Self {
        let mut buffer = Self::stale(len);
        buffer.fill(0.0);
        buffer
    }

    /// The buffer as a tensor, without a copy. It returns to the pool with the last clone of the tensor.
    pub(crate) fn into_tensor(self, shape: impl Into<Shape>) -> FlexTensor {
        let bytes = self.len * size_of::<f32>();
        // SAFETY: `memory` below gives at least `bytes` bytes, all initialised.
        let bytes = unsafe { Bytes::from_controller(Box::new(self), bytes) };
        FlexTensor::from_data(TensorData::from_bytes(bytes, shape, DType::F32))
    }

    /// Gives up all but the first `len` floats.
    pub(crate) fn shorten(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    fn address(&self) -> NonNull<u8> {
        self.block.as_ref().expect("only drop takes the block").address
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if let Some(block) = self.block.take() {
            pool().give(block);
        }
    }
}

impl Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        // SAFETY: the block is aligned, initialised, at least `len` floats long, and borrowed with `self`.
        unsafe { slice::from_raw_parts(self.address().cast().as_ptr(), self.len) }
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        // SAFETY: as for `deref`, and the buffer alone owns the block.
        unsafe { slice::from_raw_parts_mut(self.address().cast().as_ptr(), self.len) }
    }
}

impl AllocationController for Buffer {
    fn alloc_align(&self) -> usize {
        // What copies of these bytes are aligned to; Burn supports no more.
        align_of::<u128>()
    }

    fn property(&self) -> AllocationProperty {
        AllocationProperty::Other
    }

    unsafe fn memory_mut(&mut self, _: AccessPolicy) -> Result<&mut [MaybeUninit<u8>], AccessError> {
        let bytes = self.len * size_of::<f32>();
        // SAFETY: as for `deref_mut`; the caller writes initialised bytes only.
        Ok(unsafe { slice::from_raw_parts_mut(self.address().cast().as_ptr(), bytes) })
    }

    fn memory(&self, _: AccessPolicy) -> Result<&[MaybeUninit<u8>], AccessError> {
        let bytes = self.len * size_of::<f32>();
        // SAFETY: as for `deref`.
        Ok(unsafe { slice::from_raw_parts(self.address().cast().as_ptr(), bytes) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_buffer_serves_the_next_of_its_size() {
        // A size that no other test of this process asks for.
        let len = 1_234_567;
        let address = Buffer::stale(len).address();
        assert_eq!(Buffer::stale(len).address(), address);
    }

    #[test]
    fn a_tensor_keeps_its_buffer_until_its_last_clone() {
        let mut buffer = Buffer::zeros(7_654_321);
        buffer[1] = 2.0;
        let address = buffer.address();
        let tensor = buffer.into_tensor([7_654_321]);
        let clone = tensor.clone();
        drop(tensor);
        assert_ne!(Buffer::stale(7_654_321).address(), address);
        assert_eq!(super::super::floats(&clone)[..3], [0.0, 2.0, 0.0]);
    }

    #[test]
    fn size_classes_waste_at_most_an_eighth() {
        for bytes in [1, 64, 65, 1000, 4096, 4097, 70_000, 1 << 20, (1 << 20) + 1] {
            let class = size_class(bytes);
            assert!(class >= bytes && class.is_multiple_of(ALIGN));
            assert!(class <= bytes + bytes / 8 + ALIGN, "{bytes} became {class}");
        }
    }
}
