//! Config files that once did harm: any text is a config or a message.

use std::fs;
use std::path::Path;

#[path = "hostile/config.rs"]
mod config;

#[test]
fn configs_are_used_or_refused() {
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/found/config");
    let mut files: Vec<_> = fs::read_dir(&found).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        println!("{}", file.display());
        config::check(&fs::read(&file).unwrap());
    }
}
