//! Which files a path stands for.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::compression::Compression;
use super::error::RecordError;
use super::foreign;
use super::format::Format;
use crate::files::FileError;

/// Folders within folders deeper than this are not looked into: a link may lead back to where it lies.
const DEEPEST: usize = 64;

/// The files behind `path` with their formats, sorted by name.
pub(super) fn files(path: &Path, format: Option<Format>) -> Result<Vec<(PathBuf, Format)>, RecordError> {
    let pattern = path.to_string_lossy().contains('*') && !path.exists();
    if pattern {
        return named(path, found(path)?, format, Format::of);
    }
    let metadata = std::fs::metadata(path).map_err(|e| FileError::new(path, "reading", e))?;
    if metadata.is_dir() {
        // A text with another ending (a README) may be about the data.
        let known = |path: &Path| Format::of(path).filter(|format| *format != Format::Text || is_plain(path));
        return named(path, entries(path)?, format, known);
    }
    match format.or_else(|| Format::of(path)) {
        Some(format) => Ok(vec![(path.to_path_buf(), format)]),
        None => Err(RecordError::UnknownFormat { path: path.to_path_buf(), advice: foreign::by_name(path) }),
    }
}

/// Whether the ending says plain text and nothing more.
fn is_plain(path: &Path) -> bool {
    let (name, _) = Compression::of(path);
    name.ends_with(".txt") || name.ends_with(".text")
}

/// Those of `found` whose format is given or known, and a warning that counts the others.
fn named(
    asked: &Path,
    found: Vec<PathBuf>,
    format: Option<Format>,
    known: impl Fn(&Path) -> Option<Format>,
) -> Result<Vec<(PathBuf, Format)>, RecordError> {
    let (mut files, mut passed) = (Vec::new(), Vec::new());
    for path in found {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            passed.push(name + "/");
        } else if let Some(format) = format.or_else(|| known(&path)) {
            files.push((path, format));
        } else if !["readme", "license", "licence"].iter().any(|about| name.to_lowercase().starts_with(about)) {
            passed.push(name);
        }
    }
    if files.is_empty() {
        return Err(RecordError::NoFiles { path: asked.to_path_buf(), advice: within(asked)? });
    }
    if !passed.is_empty() {
        warn_once(asked, &passed);
    }
    files.sort();
    Ok(files)
}

/// What to write to read what lies in a folder: files of text that have another ending, or of folders within it.
fn within(folder: &Path) -> Result<Option<Box<str>>, FileError> {
    if !folder.is_dir() {
        return Ok(None);
    }
    let found = found(&folder.join("**/*"))?;
    let Some(first) = found.iter().find(|path| Format::of(path).is_some()) else { return Ok(None) };
    let (name, _) = Compression::of(first);
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let pattern = folder.join(format!("**/*.{ending}"));
    Ok(Some(format!("{} reads the .{ending} files in it", pattern.display()).into()))
}

/// A path is looked up several times in a run, and what is passed over is worth one warning.
fn warn_once(asked: &Path, passed: &[String]) {
    static WARNED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    if WARNED.lock().is_ok_and(|mut warned| warned.insert(asked.to_path_buf())) {
        let some: Vec<&str> = passed.iter().take(3).map(String::as_str).collect();
        let more = if passed.len() > some.len() { ", …" } else { "" };
        tracing::warn!(
            "{}: {} passed over ({}{more}); to read files with other endings set `format`, and for folders within it write {}",
            asked.display(),
            if passed.len() == 1 { "1 entry is".to_owned() } else { format!("{} entries are", passed.len()) },
            some.join(", "),
            asked.join("**/*").display(),
        );
    }
}

/// What lies in a folder, without what is hidden.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, FileError> {
    let error = |e| FileError::new(folder, "reading the folder", e);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(error)? {
        let path = entry.map_err(error)?.path();
        if !path.file_name().unwrap_or_default().to_string_lossy().starts_with('.') {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The files that a path with `*` in any of its parts stands for. The part `**` is any number of folders.
fn found(pattern: &Path) -> Result<Vec<PathBuf>, FileError> {
    let mut parts = pattern.components().peekable();
    let mut start = PathBuf::new();
    while let Some(part) = parts.next_if(|part| !part.as_os_str().to_string_lossy().contains('*')) {
        start.push(part);
    }
    let parts: Vec<String> = parts.map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    let start = if start.as_os_str().is_empty() { PathBuf::from(".") } else { start };
    let mut all = BTreeSet::new();
    walk(&start, &parts, 0, &mut all)?;
    Ok(all.into_iter().collect())
}

fn walk(folder: &Path, parts: &[String], depth: usize, all: &mut BTreeSet<PathBuf>) -> Result<(), FileError> {
    let Some((part, rest)) = parts.split_first() else { return Ok(()) };
    if part == "**" {
        match rest.is_empty() {
            true => walk(folder, &["*".to_owned()], depth, all)?,
            false => walk(folder, rest, depth, all)?,
        }
        for path in entries(folder)?.into_iter().filter(|path| path.is_dir() && depth < DEEPEST) {
            walk(&path, parts, depth + 1, all)?;
        }
        return Ok(());
    }
    for path in entries(folder)? {
        if !matches(part, &path.file_name().unwrap_or_default().to_string_lossy()) {
            continue;
        }
        match path.is_dir() {
            true => walk(&path, rest, depth + 1, all)?,
            false if rest.is_empty() => drop(all.insert(path)),
            false => {}
        }
    }
    Ok(())
}

/// Whether `name` is `pattern` with each `*` standing for any characters.
pub fn matches(pattern: &str, name: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(mut rest) = name.strip_prefix(head) else {
        return false;
    };
    // What stands between two stars is best found as early as possible: the rest then has the most room.
    let mut parts = tail.split('*');
    let last = parts.next_back().unwrap_or_default();
    for part in parts {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_any_characters() {
        let cases = [("*.txt", "a.txt", true), ("a*b*c", "abxc", true), ("a*b*c", "acb", false), ("*", "é", true)];
        let many = "a*".repeat(40) + "b";
        let cases = cases.into_iter().chain([("a*a", "a", false), ("**", "", true), ("*a*a*", "bab", false)]);
        let long = "a".repeat(200);
        let cases = cases.chain([(many.as_str(), long.as_str(), false)]);
        for (pattern, name, expected) in cases {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }
}
