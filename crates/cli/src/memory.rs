//! How the C library keeps memory that is given back.

/// Keeps blocks of up to 32 MiB, and 256 MiB at the end of the heap, for the next who asks. A model asks for the same
/// blocks over and over; handed to the system and fetched again, each costs a page fault every 4 KiB.
pub(crate) fn keep() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: no other thread runs yet; a value that the library refuses changes nothing.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, 32 << 20);
        libc::mallopt(libc::M_TRIM_THRESHOLD, 256 << 20);
    }
}

/// Hands back to the system whatever is not in use. Batches differ in size, and over hours what is free may come to lie in
/// pieces too small for the next large block.
pub(crate) fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: no memory in use is touched.
    unsafe {
        libc::malloc_trim(0);
    }
}
