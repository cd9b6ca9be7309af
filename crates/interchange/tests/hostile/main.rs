//! Whatever stands in a folder of `transformers`, it is used or refused with words: no panic, no memory out of proportion.

#[path = "../../../core/tests/hostile/checkpoint.rs"]
#[allow(unused, reason = "only what reads a checkpoint is needed")]
mod checkpoint;
#[path = "../../../data/tests/hostile/memory.rs"]
mod memory;
#[path = "../../../data/tests/hostile/scratch.rs"]
mod scratch;
mod transformers;

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

#[test]
fn models_of_transformers_are_used_or_refused() {
    memory::replay("transformers", transformers::check);
}
