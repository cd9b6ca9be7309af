//! What went wrong between here and the hub, in words that say what to do.

use std::path::Path;

use cimiento_data::files::FileError;
use hf_hub::api::sync::ApiError;
use miette::{Report, miette};

use super::download::of_the_disk;

/// Why a file could not be fetched.
pub enum Failure {
    /// The hub refused, or the way to it or to the disk failed.
    Request(ApiError),
    /// The hub answered with something that cannot be.
    Answer(String),
    /// It is not what was announced, and was removed.
    Damaged(String),
    /// The cache cannot be written.
    Disk(FileError),
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self::Request(error)
    }
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        Self::Disk(error)
    }
}

impl Failure {
    /// For people: the file at `url` was to become `path`; `page` shows its repository.
    pub fn report(self, url: &str, path: &Path, page: &str, with_token: bool) -> Report {
        match self {
            Self::Request(ApiError::IoError(e)) if of_the_disk(&e) => {
                Report::msg(FileError::new(path, "writing", e).to_string())
            }
            Self::Request(e) => request(&e, url, page, with_token),
            Self::Answer(why) => miette!(help = "check HF_ENDPOINT", "{url}: the answer makes no sense: {why}"),
            Self::Damaged(why) => {
                miette!(help = "nothing of it was kept: run the command again", "{url}: damaged on its way: {why}")
            }
            Self::Disk(e) => Report::msg(e.to_string()),
        }
    }
}

/// A request for `what` that failed; `page` shows the repository.
pub fn request(error: &ApiError, what: &str, page: &str, with_token: bool) -> Report {
    let inner = match error {
        ApiError::RequestError(inner) => &**inner,
        ApiError::IoError(e) => {
            return miette!(
                help = "run the command again: what has arrived is kept, and it goes on from there",
                "{what}: the transfer broke off: {e}"
            );
        }
        other => return miette!(help = "check HF_ENDPOINT", "{what}: the answer makes no sense: {other}"),
    };
    match inner {
        ureq::Error::StatusCode(404) => miette!(
            help = format!("look at {page}; a revision after @ is a branch, a tag or a whole commit"),
            "{what}: not found (404): there is no such repository, revision or file"
        ),
        ureq::Error::StatusCode(code @ (401 | 403)) => {
            let token = if with_token {
                "the token that was sent (HF_TOKEN, or the token file in HF_HOME) does not give access: ask for it at"
            } else {
                "check the name; if it is gated or private, ask for access and put a token into HF_TOKEN:"
            };
            miette!(
                help = format!("{token} {page}"),
                "{what}: access refused ({code}): the repository is gated, private, or not there"
            )
        }
        ureq::Error::StatusCode(429) => {
            miette!(help = "wait a while; a token in HF_TOKEN raises the limit", "{what}: too many requests (429)")
        }
        ureq::Error::StatusCode(code) => {
            miette!(help = "run the command again later", "{what}: the hub answered with status {code}")
        }
        ureq::Error::Json(e) => miette!(help = "check HF_ENDPOINT", "{what}: the answer makes no sense: {e}"),
        other => miette!(
            help = "check the network, HTTPS_PROXY and HF_ENDPOINT; HF_HUB_OFFLINE=1 uses only what was fetched before",
            "{what}: the hub cannot be reached at {page}: {other}"
        ),
    }
}
