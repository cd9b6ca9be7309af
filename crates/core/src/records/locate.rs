//! Which files a path stands for.

use std::path::{Path, PathBuf};

use super::{Format, RecordError};
use crate::files::FileError;

/// The files behind `path` with their formats, sorted by name.
pub(super) fn files(path: &Path, format: Option<Format>) -> Result<Vec<(PathBuf, Format)>, RecordError> {
    let pattern = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if pattern.contains('*') && !path.exists() {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        return inside(folder, path, format, |name| matches(&pattern, name));
    }
    let metadata = std::fs::metadata(path).map_err(|e| FileError::new(path, "reading", e))?;
    if metadata.is_dir() {
        return inside(path, path, format, |_| true);
    }
    match format.or_else(|| Format::of(path)) {
        Some(format) => Ok(vec![(path.to_path_buf(), format)]),
        None => Err(RecordError::UnknownFormat { path: path.to_path_buf() }),
    }
}

fn inside(
    folder: &Path,
    asked: &Path,
    format: Option<Format>,
    wanted: impl Fn(&str) -> bool,
) -> Result<Vec<(PathBuf, Format)>, RecordError> {
    let error = |e| FileError::new(folder, "reading the folder", e);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(error)? {
        let path = entry.map_err(error)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') || !wanted(&name) || !path.is_file() {
            continue;
        }
        // Without a format given, files of other kinds (a README) are not meant.
        if let Some(format) = format.or_else(|| Format::of(&path)) {
            found.push((path, format));
        }
    }
    if found.is_empty() {
        return Err(RecordError::NoFiles { path: asked.to_path_buf() });
    }
    found.sort();
    Ok(found)
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
