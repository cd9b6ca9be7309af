//! Files written whole or not at all, and their hashes.
//!
//! A file is written under a temporary name in its own folder, flushed to the disk and renamed, so a crash, a full
//! disk or Ctrl-C never leaves half a file under the final name. [`PendingDir`] does the same for a folder.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use cimiento_data::files::{hash_file, write_atomic};
//! let path = std::env::temp_dir().join(format!("cimiento-doc-{}.txt", std::process::id()));
//! write_atomic(&path, b"whole")?;
//! assert_eq!(hash_file(&path)?.bytes, 5);
//! # std::fs::remove_file(&path)?;
//! # Ok(())
//! # }
//! ```

#[cfg(test)]
mod tests;

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Why a file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Nothing stands at `path`.
    #[error("{path}: no such file or folder; check the path and the folder it is relative to")]
    Missing {
        /// The path that was looked for.
        path: PathBuf,
    },
    /// The system refuses access to `path`.
    #[error("{path}: permission denied while {action}; check the file's owner and mode")]
    Denied {
        /// The file.
        path: PathBuf,
        /// What was being done, such as "reading".
        action: &'static str,
    },
    /// No space is left for writing `path`; what stood there before is untouched.
    #[error("{path}: disk full; nothing was replaced, so free some space and run the command again")]
    DiskFull {
        /// The file that was being written.
        path: PathBuf,
    },
    /// What stands in place of a large file until it is fetched.
    #[error("{0}: this is a Git LFS pointer and not the file itself: run `git lfs pull` in its repository")]
    Pointer(PathBuf),
    /// Any other failure of the file system.
    #[error("{path}: {action} failed: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What was being done, such as "reading".
        action: &'static str,
        /// The system's own words.
        source: io::Error,
    },
}

impl FileError {
    /// The error that `source` means for `path` while `action` (a gerund such as "reading") was under way.
    pub fn new(path: &Path, action: &'static str, source: io::Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            ErrorKind::NotFound => Self::Missing { path },
            ErrorKind::PermissionDenied => Self::Denied { path, action },
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::DiskFull { path },
            _ => Self::Io { path, action, source },
        }
    }
}

/// Reads a whole file.
pub fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    let bytes = fs::read(path).map_err(|e| FileError::new(path, "reading", e))?;
    if is_pointer(&bytes) { Err(FileError::Pointer(path.to_path_buf())) } else { Ok(bytes) }
}

/// Whether a file that holds `bytes` is what Git LFS puts in place of a large one.
pub fn is_pointer(bytes: &[u8]) -> bool {
    bytes.len() < 1024 && bytes.starts_with(b"version https://git-lfs.github.com/spec/")
}

/// Makes `dir` and the folders above it where they are missing.
pub fn create_dirs(dir: &Path) -> Result<(), FileError> {
    fs::create_dir_all(dir).map_err(|e| FileError::new(dir, "making the folder", e))
}

/// Writes `bytes` to `path`, whole or not at all. Missing folders are made.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    write_atomic_with(path, |writer| writer.write_all(bytes))
}

/// Writes `path`, whole or not at all, with what `write` puts into its (buffered) argument.
pub fn write_atomic_with<T>(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<T>) -> Result<T, FileError> {
    let error = |e| FileError::new(path, "writing", e);
    create_dirs(parent(path))?;
    let temporary = Temporary(temporary_beside(path));
    let file = OpenOptions::new().write(true).create_new(true).open(&temporary.0).map_err(error)?;
    let mut writer = BufWriter::with_capacity(1 << 18, file);
    let value = write(&mut writer).map_err(error)?;
    let file = writer.into_inner().map_err(|e| error(e.into_error()))?;
    file.sync_all().map_err(error)?;
    drop(file);
    fs::rename(&temporary.0, path).map_err(error)?;
    sync_folder(parent(path));
    Ok(value)
}

/// A folder being filled under a temporary name. [`commit`](Self::commit) renames it to its final name; dropping it
/// without that removes it.
#[derive(Debug)]
pub struct PendingDir {
    temporary: Temporary,
    target: PathBuf,
}

impl PendingDir {
    /// Makes an empty folder beside `target`, with a name that no other process uses.
    pub fn new(target: &Path) -> Result<Self, FileError> {
        create_dirs(parent(target))?;
        let temporary = temporary_beside(target);
        fs::create_dir(&temporary).map_err(|e| FileError::new(target, "making the folder", e))?;
        Ok(Self { temporary: Temporary(temporary), target: target.to_path_buf() })
    }

    /// Where to put the files meanwhile.
    pub fn path(&self) -> &Path {
        &self.temporary.0
    }

    /// Flushes every file directly inside and renames the folder to its final name. A folder already there is
    /// replaced; processes that have its files open or mapped keep seeing the old ones.
    pub fn commit(self) -> Result<(), FileError> {
        let error = |e| FileError::new(&self.target, "writing", e);
        for entry in fs::read_dir(self.path()).map_err(error)? {
            let path = entry.map_err(error)?.path();
            if path.is_file() {
                File::open(&path).and_then(|file| file.sync_all()).map_err(error)?;
            }
        }
        sync_folder(self.path());
        // Another process may put its own folder there between our two renames: try a few times.
        let mut attempts = 0;
        loop {
            match fs::rename(self.path(), &self.target) {
                Ok(()) => break,
                Err(e) if attempts < 8 && (e.kind() == ErrorKind::DirectoryNotEmpty || self.target.is_dir()) => {
                    attempts += 1;
                    let old = Temporary(temporary_beside(&self.target));
                    match fs::rename(&self.target, &old.0) {
                        Err(e) if e.kind() != ErrorKind::NotFound => return Err(error(e)),
                        _ => {}
                    }
                }
                Err(e) => return Err(error(e)),
            }
        }
        sync_folder(parent(&self.target));
        Ok(())
    }
}

/// Keeps other processes and threads out of what `path` stands for until dropped. Waits for whoever has it. Where the
/// file system knows no locks, nobody is kept out.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock for `path`, through a hidden file beside it. That file stays: removing it would let one process
    /// wait for the old file while another locks a new one.
    pub fn new(path: &Path) -> Result<Self, FileError> {
        create_dirs(parent(path))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let error = |e| FileError::new(path, "locking", e);
        let file = parent(path).join(format!(".{name}.lock"));
        let file = OpenOptions::new().create(true).append(true).open(file).map_err(error)?;
        match file.lock() {
            Err(e) if e.kind() != ErrorKind::Unsupported => Err(error(e)),
            _ => Ok(Self { _file: file }),
        }
    }
}

impl Lock {
    /// Takes the lock that `path` itself is, and leaves `note` in it for others to read; or, if another process has it,
    /// returns the note found there. A process that has died holds no lock.
    pub fn try_new(path: &Path, note: &str) -> Result<Result<Self, String>, FileError> {
        create_dirs(parent(path))?;
        let error = |e| FileError::new(path, "locking", e);
        let mut file =
            OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path).map_err(error)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // What it says is of use to a person only.
                let _ = file.read_to_string(&mut holder);
                return Ok(Err(holder.trim().to_string()));
            }
            Err(TryLockError::Error(e)) if e.kind() != ErrorKind::Unsupported => return Err(error(e)),
            _ => {}
        }
        file.set_len(0).and_then(|()| file.write_all(note.as_bytes())).map_err(error)?;
        Ok(Ok(Self { _file: file }))
    }

    /// Whether a process holds the lock that `path` itself is.
    pub fn is_held(path: &Path) -> bool {
        File::open(path).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }
}

/// Removes a folder and all below it, under another name first: half a folder is never found under its own.
pub fn remove_dir(path: &Path) -> Result<(), FileError> {
    let away = Temporary(temporary_beside(path));
    fs::rename(path, &away.0).map_err(|e| FileError::new(path, "removing", e))
}

/// Removes what killed processes have left in `folder` under temporary names.
pub fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') && name.ends_with(".tmp") {
            drop(Temporary(entry.path()));
        }
    }
}

/// A file's length and BLAKE3 hash.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fingerprint {
    /// Length in bytes.
    pub bytes: u64,
    /// BLAKE3 in hexadecimal.
    pub blake3: String,
}

/// The fingerprint of the file at `path`, read as a stream.
pub fn hash_file(path: &Path) -> Result<Fingerprint, FileError> {
    let error = |e| FileError::new(path, "reading", e);
    let mut file = File::open(path).map_err(error)?;
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; 1 << 18];
    let mut bytes = 0;
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => {
                hasher.update(&buffer[..n]);
                bytes += n as u64;
            }
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return Err(error(e)),
        }
    }
    Ok(Fingerprint { bytes, blake3: hasher.finalize().to_hex().to_string() })
}

/// BLAKE3 of `bytes` in hexadecimal.
pub fn hash_bytes(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

/// Removes what it names when dropped; nothing is left there after a successful rename.
#[derive(Debug)]
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // A failure here leaves a hidden file behind and harms nothing else.
        let _ = if self.0.is_dir() { fs::remove_dir_all(&self.0) } else { fs::remove_file(&self.0) };
    }
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    }
}

/// A hidden name in the same folder (renaming across file systems is not atomic), unique to this process and call.
fn temporary_beside(path: &Path) -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let nanos = std::time::UNIX_EPOCH.elapsed().map_or(0, |d| d.subsec_nanos());
    parent(path).join(format!(".{name}.{}-{count}-{nanos:x}.tmp", std::process::id()))
}

/// Makes a rename durable. Not every system can flush a folder, and the rename has happened anyway.
fn sync_folder(dir: &Path) {
    if let Ok(dir) = File::open(dir) {
        let _ = dir.sync_all();
    }
}
