//! TensorBoard's event files, written by hand: a few bytes of Protocol Buffers need no library.
//!
//! A file is a sequence of TFRecords: the length (u64), a masked CRC-32C of those eight bytes, the data, a masked
//! CRC-32C of the data, all little-endian. The data is an `Event` (tensorflow/core/util/event.proto):
//!
//! ```text
//! Event   { double wall_time = 1; int64 step = 2; string file_version = 3; Summary summary = 5; SessionLog session_log = 7; }
//! Summary { repeated Value value = 1; }   Value { string tag = 1; float simple_value = 2; }
//! SessionLog { SessionStatus status = 1; }   // START = 1
//! ```

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use cimiento_data::files::{self, FileError};

/// One event file, being written.
pub struct EventFile {
    path: PathBuf,
    file: File,
}

impl EventFile {
    /// Begins a new file in `folder` for a run that goes on after step `resumed_at`.
    ///
    /// The readers join all files of a folder by name; a session's start tells them to forget what an earlier file
    /// says of later steps, which this run takes again.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn create(folder: &Path, resumed_at: u64, now: SystemTime) -> Result<Self, FileError> {
        files::create_dirs(folder)?;
        let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let mut attempt = 0;
        let (path, file) = loop {
            // Readers order files by name, so a later start within the same second must sort later.
            let path = folder.join(format!("events.out.tfevents.{seconds:010}.{attempt:03}.cimiento"));
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Err(e) if e.kind() == ErrorKind::AlreadyExists => attempt += 1,
                other => break (path.clone(), other.map_err(|e| FileError::new(&path, "writing", e))?),
            }
        };
        let mut events = Self { path, file };
        let mut version = event(0, now);
        field_bytes(&mut version, 3, b"brain.Event:2");
        events.write(&version)?;
        let mut start = event(resumed_at + 1, now);
        field_bytes(&mut start, 7, &[1 << 3, 1]);
        events.write(&start)?;
        Ok(events)
    }

    /// Adds the values of one step under their tags. Values that are not finite are kept: TensorBoard marks them.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn scalars(&mut self, step: u64, now: SystemTime, values: &[(&str, f64)]) -> Result<(), FileError> {
        let mut summary = Vec::new();
        for &(tag, value) in values {
            let mut entry = Vec::new();
            field_bytes(&mut entry, 1, tag.as_bytes());
            entry.push(2 << 3 | 5);
            entry.extend((value as f32).to_le_bytes());
            field_bytes(&mut summary, 1, &entry);
        }
        let mut event = event(step, now);
        field_bytes(&mut event, 5, &summary);
        self.write(&event)
    }

    fn write(&mut self, data: &[u8]) -> Result<(), FileError> {
        // One call a record, so that a killed process leaves whole ones.
        self.file.write_all(&record(data)).map_err(|e| FileError::new(&self.path, "writing", e))
    }
}

/// An event's time and step; what happened is to be added.
fn event(step: u64, now: SystemTime) -> Vec<u8> {
    let time = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    let mut event = vec![1 << 3 | 1];
    event.extend(time.to_le_bytes());
    // Zero is what a reader takes a missing field for.
    if step > 0 {
        event.push(2 << 3);
        varint(&mut event, step);
    }
    event
}

/// A field of wire type 2: its length, then its bytes.
fn field_bytes(out: &mut Vec<u8>, field: u8, bytes: &[u8]) {
    out.push(field << 3 | 2);
    varint(out, bytes.len() as u64);
    out.extend(bytes);
}

/// Seven bits a byte, the lowest first, the top bit set on all but the last.
fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// The TFRecord around `data`.
fn record(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    let mut record = Vec::with_capacity(data.len() + 16);
    record.extend(length);
    record.extend(masked_crc(&length).to_le_bytes());
    record.extend(data);
    record.extend(masked_crc(data).to_le_bytes());
    record
}

/// CRC-32C, rotated and shifted, because a CRC of data that holds its own CRC is a weak check.
fn masked_crc(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

#[cfg(test)]
mod tests;
