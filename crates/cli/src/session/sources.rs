//! The sources that a config names, as files of this machine.

use std::path::{Path, PathBuf};

use cimiento_data::corpus::CorpusConfig;
use cimiento_data::files;
use cimiento_data::records::Source;
use miette::{IntoDiagnostic, Result, miette};

use super::Session;
use crate::hub::{Ask, Data};
use crate::paths;

impl Session {
    /// What a path of a config stands for.
    pub fn data(&self, path: &Path) -> Result<PathBuf> {
        self.folders.find(path).map_err(|why| miette!(help = paths::RULE, "{why}"))
    }

    /// A source of a config with its path made one of this machine: as [`Folders::find`] has it, or, fetched from the
    /// hub where it is missing, in the hub's cache. A known data set's columns are mapped unless the config maps them.
    pub fn source(&self, source: &Source) -> Result<Source> {
        if let Some(path) = self.made(source) {
            return Ok(Source { path, ..source.clone() });
        }
        let Some(data) = on_hub(&source.path)? else {
            return Ok(Source { path: self.data(&source.path)?, ..source.clone() });
        };
        let fields = if source.fields.is_empty() { data.fields.clone() } else { source.fields.clone() };
        Ok(Source { path: data.fetch(Ask::Cache)?.path, fields, ..source.clone() })
    }

    /// The file of a run that a source names: `run:<run>/<file>`.
    pub fn made(&self, source: &Source) -> Option<PathBuf> {
        Some(self.run(source.path.to_str()?.strip_prefix("run:")?))
    }

    /// Whether a source is one of the hub.
    pub fn is_remote(&self, source: &Source) -> Result<bool> {
        Ok(on_hub(&source.path)?.is_some())
    }

    /// Whether all of `sources` can be read without asking the hub.
    pub fn is_here<'a>(&self, sources: impl Iterator<Item = &'a Source>) -> Result<bool> {
        for source in sources {
            if on_hub(&source.path)?.is_some() || self.source(source).map_or(true, |source| source.files().is_err()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A corpus with the paths of its sources made those of this machine, as [`Self::source`] does.
    pub fn corpus(&self, config: &CorpusConfig) -> Result<CorpusConfig> {
        let mut config = config.clone();
        for source in &mut config.sources {
            if let Some(mut data) = on_hub(&source.path)? {
                if let Some(column) = data.fields.remove("text").filter(|_| source.text == "text") {
                    source.text = column;
                }
                source.path = data.fetch(Ask::Cache)?.path;
            }
        }
        for source in &mut config.exclude {
            if let Some(data) = on_hub(&source.path)? {
                source.path = data.fetch(Ask::Cache)?.path;
            }
        }
        self.settle_corpus(&mut config)?;
        Ok(config)
    }

    /// Makes the paths of sources beside their config absolute, so that they mean the same beside another config.
    pub fn settle(&self, sources: &mut [Source]) -> Result<()> {
        let paths = sources.iter_mut().filter(|source| self.made(source).is_none()).map(|source| &mut source.path);
        paths.into_iter().try_for_each(|path| self.settle_path(path))
    }

    /// The same of a corpus.
    pub fn settle_corpus(&self, corpus: &mut CorpusConfig) -> Result<()> {
        corpus.sources.iter_mut().try_for_each(|source| self.settle_path(&mut source.path))?;
        self.settle(&mut corpus.exclude)
    }

    fn settle_path(&self, path: &mut PathBuf) -> Result<()> {
        if on_hub(path)?.is_some() {
            return Ok(());
        }
        let found = self.data(path)?;
        if found != self.folders.data.join(&*path) {
            *path = std::path::absolute(found).into_diagnostic()?;
        }
        Ok(())
    }

    /// The files of these sources, in order, each with a hash of what it holds.
    pub fn hashes(&self, sources: &[Source]) -> Result<Vec<(PathBuf, String)>> {
        let mut found = Vec::new();
        for source in sources {
            for file in self.source(source)?.files().into_diagnostic()? {
                let hash = files::hash_file(&file).into_diagnostic()?.blake3;
                found.push((file, hash));
            }
        }
        Ok(found)
    }

    /// A hash of what the files of these sources hold.
    pub fn sources_hash(&self, sources: &[Source]) -> Result<String> {
        let parts: Vec<String> = self.hashes(sources)?.into_iter().map(|(_, hash)| hash).collect();
        Ok(files::hash_bytes(parts.join("\n").as_bytes()))
    }
}

/// What a path of a config means on the hub. `validate` has checked it, if it comes from a file.
fn on_hub(path: &Path) -> Result<Option<Data>> {
    Data::of(path).map_err(|why| miette!("{why}"))
}
