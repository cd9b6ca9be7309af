//! How far the making of a corpus has come.

use std::path::PathBuf;

/// What [`Corpus::prepare`](super::Corpus::prepare) is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Hashing the source files, to see whether they changed.
    Hashing,
    /// Looking through all sources for documents to leave out.
    Comparing,
    /// Tokenising.
    Tokenising,
    /// Done with this source; its tokens are new.
    Built,
    /// Done with this source; its tokens were there already.
    Reused,
}

/// How far [`Corpus::prepare`](super::Corpus::prepare) has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// Which source, from 0.
    pub source: usize,
    /// How many sources there are.
    pub sources: usize,
    /// The source's path.
    pub path: PathBuf,
    /// Bytes of its files read so far.
    pub read: u64,
    /// Bytes of its files.
    pub total: u64,
    /// Documents so far.
    pub documents: u64,
    /// Tokens so far.
    pub tokens: u64,
}
