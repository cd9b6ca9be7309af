//! What the hub's own variables say: where the cache is, which hub is asked, with which token, or none at all.

use std::path::PathBuf;

use miette::{IntoDiagnostic, Result, miette};

/// The settings of every tool that speaks with the hub.
pub struct Environment {
    /// `HF_HUB_CACHE`, or `hub` in the hub's home.
    pub cache: PathBuf,
    /// `HF_ENDPOINT`, without a slash at its end.
    pub endpoint: String,
    /// `HF_TOKEN`, or what the token file holds.
    pub token: Option<String>,
    /// `HF_HUB_OFFLINE`: only the cache is looked at.
    pub offline: bool,
}

impl Environment {
    /// Reads them. An empty variable is as good as none.
    ///
    /// # Errors
    /// Where there is no place for the cache.
    pub fn read() -> Result<Self> {
        let home = match (path("HF_HOME"), path("XDG_CACHE_HOME"), std::env::home_dir()) {
            (Some(home), ..) => home,
            (_, Some(caches), _) => caches.join("huggingface"),
            (_, _, Some(user)) => user.join(".cache/huggingface"),
            _ => return Err(miette!(help = "set HF_HOME to a folder", "there is no home folder for the hub's cache")),
        };
        let cache = path("HF_HUB_CACHE").unwrap_or_else(|| home.join("hub"));
        let token_file = path("HF_TOKEN_PATH").unwrap_or_else(|| home.join("token"));
        let token = text("HF_TOKEN").or_else(|| std::fs::read_to_string(token_file).ok());
        Ok(Self {
            cache: std::path::absolute(cache).into_diagnostic()?,
            endpoint: text("HF_ENDPOINT")
                .map_or("https://huggingface.co".into(), |url| url.trim_end_matches('/').to_string()),
            token: token.map(|token| token.trim().to_string()).filter(|token| !token.is_empty()),
            offline: text("HF_HUB_OFFLINE")
                .is_some_and(|value| ["1", "true", "yes", "on"].contains(&value.to_lowercase().as_str())),
        })
    }
}

fn path(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn text(name: &str) -> Option<String> {
    std::env::var(name).ok().map(|value| value.trim().to_string()).filter(|value| !value.is_empty())
}
