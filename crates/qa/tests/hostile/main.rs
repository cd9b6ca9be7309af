//! Whatever stands in a file of questions, it is used or refused with words; see `cimiento-core`'s test of that name.

#[path = "../../../data/tests/hostile/memory.rs"]
mod memory;
#[path = "../../../data/tests/hostile/scratch.rs"]
mod scratch;
mod squad;

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

#[test]
fn questions_are_read_or_refused() {
    memory::replay("squad", squad::check);
}
