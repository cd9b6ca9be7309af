//! Config files of every kind: any text is a config, the same once it is printed, or a message.

use cimiento::fuzzing::{KINDS, parse_config};

/// The first byte is a digit, the kind (0 pretrain, 1 finetune, 2 evaluate, 3 run, 4 sweep). What stands behind a NUL is
/// a value of `--set`, of which there may be several.
pub fn check(input: &[u8]) {
    let [kind, rest @ ..] = input else { return };
    let Some(kind) = KINDS.get(usize::from(kind.wrapping_sub(b'0'))) else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let mut parts = text.split('\0');
    let text = parts.next().unwrap_or_default();
    let sets: Vec<String> = parts.map(str::to_string).collect();
    if let Err(message) = parse_config(kind, text, &sets) {
        assert!(!message.trim().is_empty(), "refused without a word");
        assert!(message.len() < 100 * input.len() + 10_000, "a message of {} bytes", message.len());
    }
}
