//! A repository at one commit: which files it has, and its files in the cache, fetched where they are missing.
//!
//! The cache is the one that all tools of the hub share: `<repository>/snapshots/<commit>/<file>`, links to
//! `<repository>/blobs/<etag>`, with `<repository>/refs/<revision>` naming a commit.

use std::fs;
use std::path::{Path, PathBuf};

use cimiento_data::files::{self, Lock};
use cimiento_data::records::matches;
use hf_hub::api::sync::{Api, ApiBuilder};
use hf_hub::{Cache, RepoType};
use miette::{IntoDiagnostic, Report, Result, miette};

use super::environment::Environment;
use super::reference::{Kind, Repo, is_plain};
use super::{download, explain};
use crate::diagnostic::nearest;

/// Who is asked first for what a branch or tag stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// The cache: what has been fetched once stays what it is, and needs no network.
    Cache,
    /// The hub, which may have a newer commit.
    Hub,
}

/// Files in the cache.
pub struct Fetched {
    /// The file, or the pattern that stands for all of them.
    pub path: PathBuf,
    /// Each of them.
    pub files: Vec<PathBuf>,
}

/// A repository at one commit.
pub struct Repository {
    name: String,
    kind: RepoType,
    id: String,
    commit: String,
    /// The branch or tag that the hub has just said stands for `commit`.
    moved: Option<String>,
    cache: Cache,
    /// `None` when offline.
    hub: Option<Api>,
    endpoint: String,
    with_token: bool,
}

impl Repository {
    /// Finds the commit that the revision of `repo` stands for.
    ///
    /// # Errors
    /// When the hub does not know it or cannot be asked, or, offline, when the cache does not know it.
    pub fn open(repo: &Repo, ask: Ask) -> Result<Self> {
        let Environment { cache, endpoint, token, offline } = Environment::read()?;
        let cache = Cache::new(cache);
        let builder = ApiBuilder::from_cache(cache.clone()).with_endpoint(endpoint.clone()).with_progress(false);
        let with_token = token.is_some();
        let builder = builder.with_token(token).with_user_agent("cimiento", env!("CARGO_PKG_VERSION"));
        let hub = if offline { None } else { Some(builder.build().into_diagnostic()?) };
        let kind = match repo.kind {
            Kind::Model => RepoType::Model,
            Kind::Dataset => RepoType::Dataset,
        };
        let (name, id) = (repo.to_string(), repo.id.clone());
        let mut found = Self { name, kind, id, commit: String::new(), moved: None, cache, hub, endpoint, with_token };
        let revision = repo.revision.as_deref().unwrap_or("main");
        let known = if is_commit(revision) { Some(revision.to_string()) } else { found.known(revision) };
        match known {
            Some(commit) if ask == Ask::Cache || found.hub.is_none() || is_commit(revision) => found.commit = commit,
            None if found.hub.is_none() => return Err(found.offline("it")),
            _ => {
                found.commit = found.list(revision)?.0;
                found.moved = Some(revision.to_string()).filter(|revision| !is_commit(revision));
            }
        }
        Ok(found)
    }

    /// The folder of its files.
    pub fn folder(&self) -> PathBuf {
        self.cache.repo(self.at(&self.commit)).pointer_path(&self.commit)
    }

    /// The names of all its files. Offline, and where the hub was never asked for them, of those in the cache.
    ///
    /// # Errors
    /// When the hub must be asked and does not answer.
    pub fn files(&self) -> Result<Vec<String>> {
        let listed = fs::read(self.listing(&self.commit)).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        match (listed, &self.hub) {
            (Some(names), _) => Ok(names),
            (None, Some(_)) => Ok(self.list(&self.commit)?.1),
            (None, None) => Ok(below(&self.folder(), "")),
        }
    }

    /// The file, or the files that a pattern stands for, all of them in the cache.
    ///
    /// # Errors
    /// When there is none, or one cannot be fetched.
    pub fn fetch(&self, pattern: &str) -> Result<Fetched> {
        let path = self.folder().join(pattern);
        if !pattern.contains('*') && path.exists() && self.moved.is_none() {
            return Ok(Fetched { files: vec![path.clone()], path });
        }
        let names = self.files()?;
        let (folder, last) = pattern.rsplit_once('/').unwrap_or(("", pattern));
        let wanted = |name: &&String| {
            let (other, name) = name.rsplit_once('/').unwrap_or(("", name));
            other == folder && matches(last, name)
        };
        let wanted: Vec<&String> = names.iter().filter(wanted).collect();
        if wanted.is_empty() {
            return Err(self.missing(pattern, &names));
        }
        let files = wanted.into_iter().map(|name| self.file(name)).collect::<Result<_>>()?;
        // Only now, so that a transfer that fails leaves the commit that the cache has whole.
        if let Some(revision) = &self.moved {
            files::write_atomic(&self.reference(revision), self.commit.as_bytes()).into_diagnostic()?;
        }
        Ok(Fetched { path, files })
    }

    fn file(&self, name: &str) -> Result<PathBuf> {
        let path = self.folder().join(name);
        if path.exists() {
            return Ok(path);
        }
        let Some(hub) = &self.hub else { return Err(self.offline(name)) };
        // Whoever comes second finds the first one's work.
        let repo = self.at(&self.commit);
        let _lock = Lock::new(&self.cache.path().join(".locks").join(repo.folder_name()).join(&self.commit))
            .into_diagnostic()?;
        if path.exists() {
            return Ok(path);
        }
        let wanted = download::Wanted { repo, commit: &self.commit, name, path: &path, cache: &self.cache };
        download::fetch(hub, &wanted).map_err(|failure| {
            let url = hub.repo(self.at(&self.commit)).url(name);
            failure.report(&url, &path, &self.page(), self.with_token)
        })?;
        Ok(path)
    }

    /// Asks the hub for the commit that `revision` stands for and for the names of its files, and remembers the names.
    fn list(&self, revision: &str) -> Result<(String, Vec<String>)> {
        let hub = self.hub.as_ref().ok_or_else(|| self.offline("it"))?;
        let info = hub
            .repo(self.at(revision))
            .info()
            .map_err(|e| explain::request(&e, &self.name, &self.page(), self.with_token))?;
        if !is_commit(&info.sha) {
            return Err(miette!(
                "{}: {} answered with the commit {:?}, which is none",
                self.name,
                self.page(),
                info.sha
            ));
        }
        let names: Vec<String> =
            info.siblings.into_iter().map(|file| file.rfilename).filter(|name| is_plain(name)).collect();
        let text = serde_json::to_vec(&names).into_diagnostic()?;
        files::write_atomic(&self.listing(&info.sha), &text).into_diagnostic()?;
        Ok((info.sha, names))
    }

    /// What the cache says a branch or tag stands for.
    fn known(&self, revision: &str) -> Option<String> {
        let commit = fs::read_to_string(self.reference(revision)).ok()?;
        Some(commit.trim().to_string()).filter(|commit| is_commit(commit))
    }

    fn at(&self, revision: &str) -> hf_hub::Repo {
        hf_hub::Repo::with_revision(self.id.clone(), self.kind, revision.to_string())
    }

    fn home(&self) -> PathBuf {
        self.cache.path().join(self.at("main").folder_name())
    }

    fn reference(&self, revision: &str) -> PathBuf {
        self.home().join("refs").join(revision)
    }

    /// Where the names of a commit's files are kept, so that a pattern means the same offline. Our own addition to
    /// the cache, which other tools pass over.
    fn listing(&self, commit: &str) -> PathBuf {
        self.home().join("listings").join(format!("{commit}.json"))
    }

    /// Where a person would look at it.
    fn page(&self) -> String {
        format!("{}/{}", self.endpoint, self.at("main").url())
    }

    fn offline(&self, what: &str) -> Report {
        miette!(
            help =
                "unset HF_HUB_OFFLINE to fetch it, or fill the cache with `cimiento data get` where there is a network",
            "{}: {what} is not in the cache {}, and HF_HUB_OFFLINE is set",
            self.name,
            self.cache.path().display()
        )
    }

    fn missing(&self, pattern: &str, names: &[String]) -> Report {
        if self.hub.is_none() {
            return self.offline(pattern);
        }
        let help = match nearest(pattern, names.iter().map(String::as_str)) {
            Some(name) => format!("did you mean {name}?"),
            None => format!("its files are listed at {}/tree/{}", self.page(), self.commit),
        };
        miette!(help = help, "{}: there is no file {pattern} in commit {}", self.name, self.commit)
    }
}

/// Whether `revision` is a whole commit hash.
fn is_commit(revision: &str) -> bool {
    revision.len() == 40 && revision.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The names of all files below a folder, each with `prefix`.
fn below(folder: &Path, prefix: &str) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        match entry.path().is_dir() {
            true => names.extend(below(&entry.path(), &format!("{name}/"))),
            false => names.push(name),
        }
    }
    names
}
