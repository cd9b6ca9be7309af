//! The tensors of a model in one safetensors file or in several with an index.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;

use super::InterchangeError;
use crate::files;
use crate::tensors::TensorFile;

const WHOLE: &str = "model.safetensors";
const INDEX: &str = "model.safetensors.index.json";

/// All files of a model, and which of them holds which tensor.
pub(super) struct Shards {
    files: Vec<TensorFile>,
    places: BTreeMap<String, usize>,
}

#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

impl Shards {
    /// Opens the files in `folder`.
    pub fn open(folder: &Path) -> Result<Self, InterchangeError> {
        let (whole, index) = (folder.join(WHOLE), folder.join(INDEX));
        if whole.is_file() {
            let file = TensorFile::open(&whole)?;
            let places = file.shapes().into_keys().map(|name| (name, 0)).collect();
            return Ok(Self { files: vec![file], places });
        }
        if !index.is_file() {
            let other = ["pytorch_model.bin", "pytorch_model.bin.index.json", "tf_model.h5", "consolidated.00.pth"];
            let other = other.into_iter().find(|name| folder.join(name).is_file());
            let why = match other {
                Some(name) => format!(
                    "no {WHOLE}; {name} is a format that may run code when it is opened and is not read. Save it again \
                     with `save_pretrained` of `transformers`, which writes safetensors"
                ),
                None => format!("neither {WHOLE} nor {INDEX} is there"),
            };
            return Err(InterchangeError::Format { path: folder.to_path_buf(), why });
        }
        Self::indexed(folder, index)
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
            places.insert(name.clone(), number);
        }
        Ok(Self { files, places })
    }

    /// How many numbers they hold.
    pub fn numbers(&self) -> usize {
        self.files.iter().map(TensorFile::numbers).sum()
    }

    /// The names of all tensors.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.places.keys()
    }

    /// The file that holds a tensor, and its shape.
    pub fn get(&self, name: &str) -> Option<(&TensorFile, &[usize])> {
        let file = &self.files[*self.places.get(name)?];
        Some((file, file.shape(name)?))
    }
}
