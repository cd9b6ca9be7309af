//! The tensors of a model in one safetensors file or in several.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;

use super::error::InterchangeError;
use cimiento_core::tensors::TensorFile;
use cimiento_data::files;

const WHOLE: &str = "model.safetensors";
const INDEX: &str = "model.safetensors.index.json";

/// All files of a model, and which of them holds which tensor.
pub(super) struct Shards {
    folder: PathBuf,
    files: Vec<TensorFile>,
    /// The file of each tensor, and its name there.
    places: BTreeMap<String, (usize, String)>,
}

/// Where a tensor is.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// The file that holds it.
    pub file: &'a TensorFile,
    /// Its name there.
    pub name: &'a str,
    /// Its shape.
    pub shape: &'a [usize],
}

#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

impl Shards {
    /// Opens the files in `folder`.
    ///
    /// # Errors
    /// [`InterchangeError`]: none are there, or some of them are not, or one is damaged.
    pub fn open(folder: &Path) -> Result<Self, InterchangeError> {
        let (whole, index) = (folder.join(WHOLE), folder.join(INDEX));
        if whole.is_file() {
            return Self::all(folder, &[whole]);
        }
        if index.is_file() {
            return Self::indexed(folder, index);
        }
        if let Some(numbered) = numbered(folder)? {
            return Self::all(folder, &numbered);
        }
        let other = ["pytorch_model.bin", "pytorch_model.bin.index.json", "tf_model.h5", "consolidated.00.pth"];
        let other = other.into_iter().find(|name| folder.join(name).is_file());
        let why = match other {
            Some(name) => format!(
                "no {WHOLE}; {name} is a format that may run code when it is opened and is not read. Save it again \
                 with `save_pretrained` of `transformers`, which writes safetensors"
            ),
            None => format!("neither {WHOLE} nor {INDEX} is there"),
        };
        Err(InterchangeError::Format { path: folder.to_path_buf(), why })
    }

    /// All tensors of these files.
    fn all(folder: &Path, paths: &[PathBuf]) -> Result<Self, InterchangeError> {
        let (mut files, mut places) = (Vec::new(), BTreeMap::new());
        for (number, path) in paths.iter().enumerate() {
            let file = TensorFile::open(path)?;
            for name in file.shapes().into_keys() {
                if let Some((other, _)) = places.insert(name.clone(), (number, name.clone())) {
                    let why = format!("tensor {name} is in {} too", paths[other].display());
                    return Err(InterchangeError::Format { path: path.clone(), why });
                }
            }
            files.push(file);
        }
        Ok(Self { folder: folder.to_path_buf(), files, places })
    }

    fn indexed(folder: &Path, path: PathBuf) -> Result<Self, InterchangeError> {
        let bytes = files::read(&path)?;
        let wrong = |why: String| InterchangeError::Format { path: path.clone(), why };
        let index: Index = serde_json::from_slice(&bytes).map_err(|e| wrong(format!("not an index ({e})")))?;
        let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
        let (mut files, mut places) = (Vec::new(), BTreeMap::new());
        for (name, file) in &index.weight_map {
            let mut parts = Path::new(file).components();
            if !matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None)) {
                return Err(wrong(format!("{file:?} is no file of this folder")));
            }
            let number = match numbers.get(file.as_str()) {
                Some(&number) => number,
                None => {
                    files.push(TensorFile::open(&folder.join(file))?);
                    numbers.insert(file, files.len() - 1);
                    files.len() - 1
                }
            };
            if files[number].shape(name).is_none() {
                return Err(wrong(format!("tensor {name} is not in {file}, as it says")));
            }
            places.insert(name.clone(), (number, name.clone()));
        }
        Ok(Self { folder: folder.to_path_buf(), files, places })
    }

    /// How many numbers they hold.
    pub fn numbers(&self) -> usize {
        self.files.iter().map(TensorFile::numbers).sum()
    }

    /// The names of all tensors.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.places.keys()
    }

    /// Gives tensors other names: those for which `to` has one. Returns how many got one.
    ///
    /// # Errors
    /// [`InterchangeError`] if two would have the same.
    pub fn rename(&mut self, to: impl Fn(&str) -> Option<String>) -> Result<usize, InterchangeError> {
        let mut count = 0;
        for (name, place) in std::mem::take(&mut self.places) {
            let new = to(&name);
            count += usize::from(new.is_some());
            let new = new.unwrap_or(name);
            if let Some((_, other)) = self.places.get(&new) {
                let why = format!("tensors {other} and {} are both {new}", place.1);
                return Err(InterchangeError::Format { path: self.folder.clone(), why });
            }
            self.places.insert(new, place);
        }
        Ok(count)
    }

    /// Where a tensor is.
    pub fn get(&self, name: &str) -> Option<Place<'_>> {
        let (file, name) = self.places.get(name)?;
        let file = &self.files[*file];
        Some(Place { file, name, shape: file.shape(name)? })
    }
}

/// The files `model-00001-of-00003.safetensors` and so on of a folder without an index, in order.
fn numbered(folder: &Path) -> Result<Option<Vec<PathBuf>>, InterchangeError> {
    let mut found: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let numbers = name.strip_prefix("model-").and_then(|name| name.strip_suffix(".safetensors"));
        let numbers = numbers.and_then(|numbers| numbers.split_once("-of-"));
        if let Some((Ok(number), Ok(count))) = numbers.map(|(number, count)| (number.parse(), count.parse())) {
            found.entry(count).or_default().push(number);
        }
    }
    let Some((count, mut numbers)) = found.pop_last() else { return Ok(None) };
    numbers.sort_unstable();
    if !numbers.iter().copied().eq(1..=count) {
        let why = format!("{} of {count} files of tensors are here; fetch the others, and {INDEX}", numbers.len());
        return Err(InterchangeError::Format { path: folder.to_path_buf(), why });
    }
    Ok(Some((1..=count).map(|number| folder.join(format!("model-{number:05}-of-{count:05}.safetensors"))).collect()))
}
