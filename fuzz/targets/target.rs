//! What all targets share: the allocator that counts, and a panic hook that leaves caught panics alone.

/// Has libFuzzer call the function `check` of a module with its inputs, in bounded memory.
macro_rules! target {
    ($body:ident) => {
        #[path = "../../crates/data/tests/hostile/memory.rs"]
        mod memory;

        #[global_allocator]
        static ALLOCATOR: memory::Counting = memory::Counting;

        libfuzzer_sys::fuzz_target!(
            init: {
                // libFuzzer's own hook aborts at every panic, also at those of libraries that are caught and become
                // errors. A panic that nobody catches still ends the process.
                std::panic::set_hook(Box::new(|panic| {
                    if std::env::var_os("QUIET").is_none() {
                        eprintln!("{panic}");
                    }
                }));
            },
            |input: &[u8]| memory::bounded(input, $body::check)
        );
    };
}
