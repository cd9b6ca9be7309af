//! Whatever stands in a file, it is used or refused with words: no panic, no memory out of proportion.
//!
//! The functions `check` are what the fuzzers of `fuzz/` call with inputs of their own; here they are called with those
//! that once did harm.

mod checkpoint;
#[path = "../../../data/tests/hostile/memory.rs"]
mod memory;
#[path = "../../../data/tests/hostile/scratch.rs"]
mod scratch;
mod tensors;

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

#[test]
fn tensors_are_read_or_refused() {
    memory::replay("tensors", tensors::check);
}

#[test]
fn checkpoints_are_used_or_refused() {
    memory::replay("checkpoint", checkpoint::check);
}
