//! What may be wrong with a corpus.

use std::path::PathBuf;

use crate::files::FileError;
use crate::records::RecordError;
use crate::tokenizer::TokenizerError;
use crate::unusable::TooMany;

/// Why a corpus could not be prepared.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    /// A source could not be read.
    #[error(transparent)]
    Record(RecordError),
    /// A document could not be read.
    #[error("{0} (mend it, or leave such documents out with `on_bad = \"skip\"`)")]
    Document(RecordError),
    /// More documents could not be read than may be.
    #[error("{path}: {source}")]
    Unreadable {
        /// The source.
        path: PathBuf,
        /// Which.
        source: TooMany,
    },
    /// A file of the cache could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The tokenizer could not be trained on the corpus.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// The configuration cannot be followed.
    #[error("corpus: {message}")]
    Config {
        /// Which value is wrong, and what is allowed.
        message: String,
    },
    /// A source file changed under our hands.
    #[error("{path}: the file changed while it was being read; run the command again when it is complete")]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The tokens of a source changed while a run was reading them.
    #[error(
        "{path}: {file}, which holds its tokens in the cache, was changed while the run read it: these weights are not to \
         be trusted; run the command again with --overwrite"
    )]
    Altered {
        /// The source.
        path: PathBuf,
        /// The file in the cache.
        file: &'static str,
    },
    /// No document to train on.
    #[error(
        "the corpus has no text to train on: {documents} documents, {skipped} of them empty, {held_out} held out, \
         {dropped} left out by `near_duplicates` or `exclude`, {unreadable} left out by `on_bad`"
    )]
    NoText {
        /// Documents read.
        documents: u64,
        /// Documents without text.
        skipped: u64,
        /// Documents held out for validation.
        held_out: u64,
        /// Documents that repeat others or share text with what is excluded.
        dropped: u64,
        /// Documents that cannot be read.
        unreadable: u64,
    },
}
