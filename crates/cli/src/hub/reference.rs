//! What people write: `hf://…` for anything on the hub, `hub:…` for the data sets of the table.

use std::fmt;
use std::str::FromStr;

use super::known::{self, Known};

/// The words a message about a malformed reference ends with.
const EXPECTED: &str = "expected hf://owner/name[@revision] for a model, \
                        hf://datasets/owner/name[@revision]/path/in/repo for files of a data set, \
                        or hub:name[@revision][/split] for a known data set";

/// What a repository holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Weights and what belongs to them.
    Model,
    /// Records.
    Dataset,
}

/// A repository at one revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repo {
    /// What it holds.
    pub kind: Kind,
    /// `owner/name`.
    pub id: String,
    /// A branch, a tag or a commit; absent is `main`.
    pub revision: Option<String>,
}

/// Something on the hub.
#[derive(Clone, Debug, PartialEq)]
pub enum Reference {
    /// `hf://owner/name[@revision]`.
    Model(Repo),
    /// `hf://datasets/owner/name[@revision]/path`; the path's last part may contain `*`.
    Files(Repo, String),
    /// `hub:name[@revision][/split]`.
    Known {
        /// Its row of the table.
        set: &'static Known,
        /// Instead of `main`.
        revision: Option<String>,
        /// One of its splits; absent means all of them.
        split: Option<&'static str>,
    },
}

impl Reference {
    /// Whether `text` means the hub at all, well-formed or not.
    pub fn is_meant(text: &str) -> bool {
        text.starts_with("hf://") || text.starts_with("hub:")
    }
}

impl FromStr for Reference {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let malformed = |why: &str| format!("{text}: {why}; {EXPECTED}");
        if let Some(rest) = text.strip_prefix("hub:") {
            let (name, revision, split) = split_revision(rest).map_err(malformed)?;
            let set = known::find(name)?;
            let split = if split.is_empty() { None } else { Some(set.split(split)?.0) };
            return Ok(Self::Known { set, revision, split });
        }
        let rest = text.strip_prefix("hf://").ok_or_else(|| malformed("not a reference to the hub"))?;
        let (kind, rest) = match rest.strip_prefix("datasets/") {
            Some(rest) => (Kind::Dataset, rest),
            None => (Kind::Model, rest.strip_prefix("models/").unwrap_or(rest)),
        };
        let (owner, rest) = rest.split_once('/').ok_or_else(|| malformed("the owner or the name is missing"))?;
        let (name, revision, path) = split_revision(rest).map_err(malformed)?;
        if !is_name(owner) || !is_name(name) {
            return Err(malformed("names consist of letters, digits, `-`, `_` and `.`"));
        }
        let repo = Repo { kind, id: format!("{owner}/{name}"), revision };
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        match kind {
            Kind::Model if path.is_empty() => Ok(Self::Model(repo)),
            Kind::Model => Err(malformed("a model is fetched whole, without a path")),
            Kind::Dataset if path.is_empty() || path.ends_with('/') => Err(malformed("the path of a file is missing")),
            Kind::Dataset if !is_plain(path) => Err(malformed("the path must not leave the repository")),
            Kind::Dataset if folder.contains('*') => Err(malformed("only the last part of the path may contain `*`")),
            Kind::Dataset => Ok(Self::Files(repo, path.to_string())),
        }
    }
}

/// `name[@revision][/rest]`. A slash in a revision is written `%2F`, but for `refs/convert/…` and `refs/pr/…`, which
/// the hub makes itself.
fn split_revision(text: &str) -> Result<(&str, Option<String>, &str), &'static str> {
    let end = text.find(['@', '/']).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let Some(rest) = rest.strip_prefix('@') else { return Ok((name, None, rest.trim_start_matches('/'))) };
    let parts = if rest.starts_with("refs/convert/") || rest.starts_with("refs/pr/") { 3 } else { 1 };
    let end = rest.match_indices('/').nth(parts - 1).map_or(rest.len(), |(at, _)| at);
    let (revision, path) = rest.split_at(end);
    let revision = revision.replace("%2F", "/").replace("%2f", "/");
    if !is_plain(&revision) {
        return Err("the revision after `@` is no branch, tag or commit");
    }
    Ok((name, Some(revision), path.trim_start_matches('/')))
}

fn is_name(text: &str) -> bool {
    is_plain(text) && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

/// Whether `path` is relative and stays where it is put, on every system.
pub fn is_plain(path: &str) -> bool {
    path.split('/').all(|part| !matches!(part, "" | "." | "..") && !part.contains(['\\', ':', '\0']))
}

impl fmt::Display for Repo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.kind == Kind::Dataset { "datasets/" } else { "" };
        write!(f, "hf://{kind}{}", self.id)?;
        match &self.revision {
            Some(revision) if revision.starts_with("refs/") => write!(f, "@{revision}"),
            Some(revision) => write!(f, "@{}", revision.replace('/', "%2F")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_and_written() {
        let check = |text: &str, id: &str, revision: Option<&str>, path: &str| {
            let (repo, found) = match text.parse().unwrap() {
                Reference::Model(repo) => (repo, String::new()),
                Reference::Files(repo, path) => (repo, path),
                known => panic!("{known:?}"),
            };
            assert_eq!((repo.id.as_str(), repo.revision.as_deref(), found.as_str()), (id, revision, path), "{text}");
            assert!(text.starts_with(&repo.to_string()), "{text} {repo}");
        };
        check("hf://Qwen/Qwen3-0.6B", "Qwen/Qwen3-0.6B", None, "");
        check("hf://a/b@v1.0", "a/b", Some("v1.0"), "");
        check("hf://datasets/a/b/x/train-*.parquet", "a/b", None, "x/train-*.parquet");
        check("hf://datasets/a/b@feature%2Fx/y.csv", "a/b", Some("feature/x"), "y.csv");
        check("hf://datasets/a/b@refs/pr/2/y.csv", "a/b", Some("refs/pr/2"), "y.csv");
        check("hf://datasets/a/b@refs/convert/parquet/c/y.csv", "a/b", Some("refs/convert/parquet"), "c/y.csv");
    }

    #[test]
    fn known_sets_are_found_by_name_and_split() {
        let read = |text: &str| match text.parse::<Reference>().unwrap() {
            Reference::Known { set, revision, split } => (set.name, revision, split),
            other => panic!("{other:?}"),
        };
        assert_eq!(read("hub:sst2"), ("sst2", None, None));
        assert_eq!(read("hub:sst2@abc/train"), ("sst2", Some("abc".into()), Some("train")));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let fails = |text: &str, words: &str| {
            let message = text.parse::<Reference>().unwrap_err();
            assert!(message.contains(words), "{text}: {message}");
        };
        fails("hf://qwen", "the owner or the name is missing; expected hf://owner/name");
        fails("hf://a/b/model.bin", "a model is fetched whole");
        fails("hf://datasets/a/b", "the path of a file is missing");
        fails("hf://datasets/a/b/../c", "must not leave the repository");
        fails("hf://datasets/a/b/*/c.csv", "only the last part");
        fails("hf://a/b@", "no branch, tag or commit");
        fails("hf://a/..", "names consist of");
        fails("https://x", "not a reference to the hub");
        fails("hub:sst3", "unknown data set `sst3` (did you mean sst2?), expected one of `sst2`, ");
        fails("hub:sst2/tarin", "(did you mean train?)");
    }
}
