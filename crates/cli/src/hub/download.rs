//! One file from the hub into the cache.
//!
//! `hf-hub` asks for the file and writes it. Around it stands what it leaves out: an interrupted transfer goes on in
//! the same command, a partial file that cannot be continued is thrown away, what another commit has already is not
//! fetched again, and what arrived is held against the
//! length and the hash that the hub announced.

use std::cell::Cell;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cimiento_data::files::{self, FileError};
use hf_hub::Cache;
use hf_hub::api::Progress;
use hf_hub::api::sync::{Api, ApiError, Metadata};
use sha2::{Digest, Sha256};

use super::explain::Failure;
use crate::progress::Bar;

/// Attempts without a byte of progress before giving up.
const ATTEMPTS: u32 = 5;
/// The screen is told no more often than once in so many bytes.
const SHOWN_BYTES: u64 = 1 << 18;

/// The file to fetch.
pub struct Wanted<'a> {
    /// Its repository, at `commit`.
    pub repo: hf_hub::Repo,
    /// The commit.
    pub commit: &'a str,
    /// Its name in the repository.
    pub name: &'a str,
    /// Where it goes.
    pub path: &'a Path,
    /// The folder of all repositories.
    pub cache: &'a Cache,
}

impl Wanted<'_> {
    /// Where its content is, whatever commit it belongs to.
    fn blob(&self, metadata: &Metadata) -> PathBuf {
        self.cache.repo(self.repo.clone()).blob_path(metadata.etag())
    }
}

/// Fetches a file that is not in the cache.
///
/// # Errors
/// When the hub refuses it, the network or the disk fails, or it arrives damaged; then nothing of it stays.
pub fn fetch(hub: &Api, wanted: &Wanted) -> Result<(), Failure> {
    let remote = hub.repo(wanted.repo.clone());
    let bar = Bar::bytes(wanted.name);
    let received = Cell::new(0);
    let mut idle = 0;
    loop {
        let before = received.get();
        let meter = Meter { bar: &bar, received: &received, total: 0, done: 0, shown: 0 };
        let attempt = announced(hub, &remote.url(wanted.name), wanted).and_then(|metadata| {
            if !reuse(&metadata, wanted)? {
                remote.download_with_progress(wanted.name, meter)?;
            }
            Ok(metadata)
        });
        match attempt {
            Ok(metadata) => return check(&metadata, wanted),
            Err(Failure::Request(e)) if transient(&e) => {
                idle = if received.get() > before { 0 } else { idle + 1 };
                if idle == ATTEMPTS {
                    return Err(Failure::Request(e));
                }
                tracing::warn!("{}: interrupted ({e}), trying again", wanted.name);
                std::thread::sleep(Duration::from_millis(250 << idle));
            }
            Err(failure) => return Err(failure),
        }
    }
}

/// What the hub says of the file, which must make sense.
fn announced(hub: &Api, url: &str, wanted: &Wanted) -> Result<Metadata, Failure> {
    let metadata = hub.metadata(url)?;
    let etag = metadata.etag();
    // It becomes the name of a file; that of a weak one is in a folder `W`, which `reuse` makes.
    let name = etag.strip_prefix("W/").unwrap_or(etag);
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        return Err(Failure::Answer(format!("the ETag {etag:?} cannot name a file")));
    }
    if metadata.commit_hash() != wanted.commit {
        return Err(Failure::Answer(format!("it is of commit {:?}, not {}", metadata.commit_hash(), wanted.commit)));
    }
    Ok(metadata)
}

/// Takes the file from another commit that has the same, if the cache has one. Removes what would stand in the way of
/// a transfer: a link to nothing, and a partial file that has too much to be continued.
fn reuse(metadata: &Metadata, wanted: &Wanted) -> Result<bool, Failure> {
    let (blob, length) = (wanted.blob(metadata), metadata.size() as u64);
    files::create_dirs(blob.parent().unwrap_or(wanted.cache.path()))?;
    let part = blob.with_extension("part");
    if fs::metadata(&part).is_ok_and(|file| file.len() >= length) {
        remove(&part)?;
    }
    remove(wanted.path)?;
    if !fs::metadata(&blob).is_ok_and(|file| file.len() == length) {
        return Ok(false);
    }
    files::create_dirs(wanted.path.parent().unwrap_or(wanted.cache.path()))?;
    Ok(fs::hard_link(&blob, wanted.path).is_ok())
}

fn remove(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(FileError::new(path, "removing", e)),
        _ => Ok(()),
    }
}

/// Whether the same request may succeed later.
fn transient(error: &ApiError) -> bool {
    match error {
        ApiError::RequestError(e) => match &**e {
            ureq::Error::StatusCode(code) => *code == 429 || *code >= 500,
            ureq::Error::Io(e) => e.kind() != io::ErrorKind::ConnectionRefused,
            ureq::Error::Timeout(_) | ureq::Error::Protocol(_) => true,
            _ => false,
        },
        ApiError::IoError(e) => !of_the_disk(e),
        _ => false,
    }
}

/// Whether an error while data are copied is the file system's fault, and not the network's.
pub fn of_the_disk(error: &io::Error) -> bool {
    use io::ErrorKind::{
        AlreadyExists, IsADirectory, NotADirectory, NotFound, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem,
        StorageFull,
    };
    matches!(
        error.kind(),
        AlreadyExists
            | IsADirectory
            | NotADirectory
            | NotFound
            | PermissionDenied
            | QuotaExceeded
            | ReadOnlyFilesystem
            | StorageFull
    )
}

/// Holds the file against what was announced. Large files have their SHA-256 as their ETag; of others the length is
/// all there is.
fn check(metadata: &Metadata, wanted: &Wanted) -> Result<(), Failure> {
    let path = wanted.path;
    let length = fs::metadata(path).map_err(|e| FileError::new(path, "reading", e))?.len();
    let expected = metadata.etag();
    let damage = if length != metadata.size() as u64 {
        format!("{length} bytes arrived, the hub announced {}", metadata.size())
    } else if expected.len() == 64 && expected.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        match sha256(path).map_err(|e| FileError::new(path, "reading", e))? {
            found if found.eq_ignore_ascii_case(expected) => return Ok(()),
            found => format!("its SHA-256 is {found}, the hub announced {expected}"),
        }
    } else {
        return Ok(());
    };
    remove(path)?;
    remove(&wanted.blob(metadata))?;
    Err(Failure::Damaged(damage))
}

fn sha256(path: &Path) -> io::Result<String> {
    let mut hasher = Sha256::new();
    io::copy(&mut File::open(path)?, &mut hasher)?;
    Ok(format!("{:x}", hasher.finalize()))
}

/// Shows progress, and counts the bytes of all attempts.
struct Meter<'a> {
    bar: &'a Bar,
    received: &'a Cell<u64>,
    total: u64,
    done: u64,
    shown: u64,
}

impl Progress for Meter<'_> {
    fn init(&mut self, size: usize, _: &str) {
        (self.total, self.done, self.shown) = (size as u64, 0, 0);
    }

    fn update(&mut self, size: usize) {
        self.done += size as u64;
        self.received.set(self.received.get() + size as u64);
        if self.done >= self.shown + SHOWN_BYTES || self.done >= self.total {
            self.shown = self.done;
            self.bar.set(self.done, self.total);
        }
    }

    fn finish(&mut self) {}
}
