//! The bytes are those of the Python package's `RecordWriter` (tensorboard 2.20) for the same three events.

use std::fs;
use std::time::Duration;

use super::*;

const GOLDEN: &str = "1800000000000000a37f4b2209000000000000f83f1a0d627261696e2e4576656e743a322a28646c\
    100000000000000095fbfe1809000000000000f83f10ad023a020801d17949d4\
    3200000000000000241956ec09000000000000f83f10ad022a240a110a0a747261696e2f6c6f737315000020400a0f0a08747261696e2f6c\
    72156f12833a51f9cd21";

#[test]
fn a_file_holds_the_bytes_tensorboard_writes() {
    let dir = tempfile::tempdir().unwrap();
    let now = UNIX_EPOCH + Duration::from_millis(1500);
    let mut events = EventFile::create(dir.path(), 300, now).unwrap();
    events.scalars(301, now, &[("train/loss", 2.5), ("train/lr", 0.001)]).unwrap();
    let hex: String = fs::read(&events.path).unwrap().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, GOLDEN);
}

#[test]
fn a_masked_crc_is_that_of_the_format() {
    // CRC-32C of "123456789" is 0xe3069283 (RFC 3720); its masked form was computed from the definition in Python.
    assert_eq!(crc32c::crc32c(b"123456789"), 0xe306_9283);
    assert_eq!(masked_crc(b"123456789"), 0xc78a_b0e5);
}

#[test]
fn a_later_start_sorts_after_an_earlier_one() {
    let dir = tempfile::tempdir().unwrap();
    let now = UNIX_EPOCH + Duration::from_secs(999_999_999);
    let starts = [now, now, now + Duration::from_secs(1)];
    let names: Vec<_> = starts.iter().map(|&now| EventFile::create(dir.path(), 0, now).unwrap().path).collect();
    assert!(names.is_sorted() && names[0] != names[1], "{names:?}");
}
