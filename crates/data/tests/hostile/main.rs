//! Whatever stands in a file, it is used or refused with words: no panic, no memory out of proportion.
//!
//! The functions `check` are what the fuzzers of `fuzz/` call with inputs of their own; here they are called with those
//! that once did harm.

mod memory;
mod records;
mod scratch;
mod tokenizer;

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

#[test]
fn records_are_read_or_refused() {
    memory::replay("records", records::check);
}

#[test]
fn tokenizers_are_used_or_refused() {
    memory::replay("tokenizer", tokenizer::check);
}
