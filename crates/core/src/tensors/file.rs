//! One file of tensors.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use burn::tensor::{Tensor, TensorData};
use half::{bf16, f16};
use memmap2::Mmap;
use safetensors::SafeTensorError;
use safetensors::tensor::SafeTensors;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::params::Stored;
use cimiento_data::files::{self, FileError, Fingerprint};

/// How numbers are stored.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "lowercase")]
pub enum Dtype {
    /// 32-bit floats.
    #[default]
    F32,
    /// 16-bit floats with the exponent of 32-bit ones.
    Bf16,
    /// 16-bit floats (IEEE 754).
    F16,
}

impl Dtype {
    /// Bytes a number.
    pub fn size(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::Bf16 | Self::F16 => 2,
        }
    }

    fn of(stored: safetensors::Dtype) -> Result<Self, safetensors::Dtype> {
        match stored {
            safetensors::Dtype::F32 => Ok(Self::F32),
            safetensors::Dtype::BF16 => Ok(Self::Bf16),
            safetensors::Dtype::F16 => Ok(Self::F16),
            other => Err(other),
        }
    }

    fn stored(self) -> safetensors::Dtype {
        match self {
            Self::F32 => safetensors::Dtype::F32,
            Self::Bf16 => safetensors::Dtype::BF16,
            Self::F16 => safetensors::Dtype::F16,
        }
    }
}

/// A file that cannot be used.
#[derive(thiserror::Error, Debug)]
pub enum TensorsError {
    /// The system.
    #[error(transparent)]
    File(#[from] FileError),
    /// What it holds.
    #[error("{path}: {why}")]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
}

/// Where a tensor lies in its file.
#[derive(Clone, Debug)]
struct Entry {
    /// Of numbers that are read here, else what it is instead.
    dtype: Result<Dtype, safetensors::Dtype>,
    shape: Vec<usize>,
    start: u64,
    bytes: usize,
}

/// A safetensors file whose header has been checked: names, shapes and places that fit the file.
#[derive(Debug)]
pub struct TensorFile {
    path: PathBuf,
    file: File,
    entries: BTreeMap<String, Entry>,
}

impl TensorFile {
    /// Reads the header.
    ///
    /// # Errors
    /// [`TensorsError`]: not such a file, cut off, overlapping tensors, numbers of another type.
    pub fn open(path: &Path) -> Result<Self, TensorsError> {
        let failed = |e: io::Error| FileError::new(path, "reading", e);
        let format = |why: String| TensorsError::Format { path: path.to_path_buf(), why };
        let file = File::open(path).map_err(failed)?;
        if file.metadata().map_err(failed)?.len() == 0 {
            return Err(format("the file is empty".into()));
        }
        // SAFETY: read here and now, and nothing but the header; numbers are read through the file itself.
        let map = unsafe { Mmap::map(&file) }.map_err(failed)?;
        if files::is_pointer(&map) {
            return Err(FileError::Pointer(path.to_path_buf()).into());
        }
        let (header, metadata) = SafeTensors::read_metadata(&map).map_err(|e| format(explain(&e)))?;
        let mut entries = BTreeMap::new();
        for (name, info) in metadata.tensors() {
            let (start, end) = info.data_offsets;
            let entry = Entry {
                dtype: Dtype::of(info.dtype),
                shape: info.shape.clone(),
                start: (8 + header + start) as u64,
                bytes: end - start,
            };
            entries.insert(name, entry);
        }
        Ok(Self { path: path.to_path_buf(), file, entries })
    }

    /// The names of its tensors, in order.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.entries.keys()
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Names and shapes.
    pub fn shapes(&self) -> BTreeMap<String, Vec<usize>> {
        self.entries.iter().map(|(name, entry)| (name.clone(), entry.shape.clone())).collect()
    }

    /// How many numbers it holds.
    pub fn numbers(&self) -> usize {
        self.entries.values().map(|entry| entry.shape.iter().product::<usize>()).sum()
    }

    /// The shape of a tensor, if there is one of that name.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.entries.get(name).map(|entry| &*entry.shape)
    }

    /// Whether all numbers of a tensor are finite.
    ///
    /// # Errors
    /// [`TensorsError`] if there is none of that name or it cannot be read.
    pub fn is_finite(&self, name: &str) -> Result<bool, TensorsError> {
        let mut finite = true;
        self.chunks(name, |chunk| finite &= chunk.iter().all(|value| value.is_finite()))?;
        Ok(finite)
    }

    /// Whether a tensor has the numbers of another, in the same shape.
    ///
    /// # Errors
    /// [`TensorsError`] if one is not there or cannot be read.
    pub fn same(&self, name: &str, other: &Self, other_name: &str) -> Result<bool, TensorsError> {
        let digest = |file: &Self, name: &str| {
            let mut hasher = blake3::Hasher::new();
            file.chunks(name, |chunk| {
                for value in chunk {
                    hasher.update(&value.to_le_bytes());
                }
            })?;
            Ok::<_, TensorsError>(hasher.finalize())
        };
        Ok(self.shape(name) == other.shape(other_name) && digest(self, name)? == digest(other, other_name)?)
    }

    /// How a tensor is stored.
    ///
    /// # Errors
    /// [`TensorsError`] if there is none of that name, or it holds other numbers than floats.
    pub fn dtype(&self, name: &str) -> Result<Dtype, TensorsError> {
        self.entry(name).map(|(_, dtype)| dtype)
    }

    /// A tensor as float32.
    ///
    /// # Errors
    /// [`TensorsError`] if there is none of that name or it cannot be read.
    pub fn read(&self, name: &str) -> Result<TensorData, TensorsError> {
        let (entry, dtype) = self.entry(name)?;
        let mut values: Vec<f32> = Vec::with_capacity(entry.bytes / dtype.size());
        self.chunks(name, |chunk| values.extend_from_slice(chunk))?;
        Ok(TensorData::new(values, entry.shape.clone()))
    }

    /// Hands a tensor's numbers to `take`, some thousands at a time.
    fn chunks(&self, name: &str, mut take: impl FnMut(&[f32])) -> Result<(), TensorsError> {
        let (entry, dtype) = self.entry(name)?;
        let mut file = self.at(entry)?;
        let (mut bytes, mut values) = (vec![0; 1 << 16], Vec::with_capacity(1 << 15));
        let mut left = entry.bytes;
        while left > 0 {
            let bytes = &mut bytes[..left.min(1 << 16)];
            file.read_exact(bytes).map_err(|e| FileError::new(&self.path, "reading", e))?;
            values.clear();
            match dtype {
                Dtype::F32 => values.extend(bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b))),
                Dtype::F16 => values.extend(bytes.as_chunks().0.iter().map(|b| f16::from_le_bytes(*b).to_f32())),
                Dtype::Bf16 => values.extend(bytes.as_chunks().0.iter().map(|b| bf16::from_le_bytes(*b).to_f32())),
            }
            take(&values);
            left -= bytes.len();
        }
        Ok(())
    }

    /// The bytes of a tensor as they are stored.
    fn raw(&self, name: &str) -> Result<Vec<u8>, TensorsError> {
        let (entry, _) = self.entry(name)?;
        let mut bytes = vec![0; entry.bytes];
        self.at(entry)?.read_exact(&mut bytes).map_err(|e| FileError::new(&self.path, "reading", e))?;
        Ok(bytes)
    }

    fn entry(&self, name: &str) -> Result<(&Entry, Dtype), TensorsError> {
        let unusable = |why: String| TensorsError::Format { path: self.path.clone(), why };
        let entry = self.entries.get(name).ok_or_else(|| unusable(format!("there is no tensor {name}")))?;
        match entry.dtype {
            Ok(dtype) => Ok((entry, dtype)),
            Err(other) => Err(unusable(format!("tensor {name} is {other:?}; float32, float16 and bfloat16 are read"))),
        }
    }

    fn at(&self, entry: &Entry) -> Result<impl Read, TensorsError> {
        let mut file = &self.file;
        file.seek(SeekFrom::Start(entry.start)).map_err(|e| FileError::new(&self.path, "reading", e))?;
        Ok(file)
    }
}

/// A tensor to be written.
pub struct Output<'a> {
    shape: Vec<usize>,
    dtype: Dtype,
    values: Values<'a>,
}

enum Values<'a> {
    /// On a device.
    Device(Box<Tensor<1>>),
    /// In another file, under a name there.
    Stored(&'a TensorFile, String),
}

impl<'a> Output<'a> {
    /// A parameter.
    pub fn new(stored: &Stored, dtype: Dtype) -> Self {
        Self { shape: stored.shape.clone(), dtype, values: Values::Device(Box::new(stored.values.clone())) }
    }

    /// A vector of numbers.
    pub fn flat(values: Tensor<1>) -> Self {
        Self { shape: values.dims().to_vec(), dtype: Dtype::F32, values: Values::Device(Box::new(values)) }
    }

    /// A tensor of another file, its bits unchanged unless `dtype` says otherwise.
    ///
    /// # Errors
    /// [`TensorsError`] if there is none of that name.
    pub fn copy(file: &'a TensorFile, name: &str, dtype: Option<Dtype>) -> Result<Self, TensorsError> {
        let (entry, stored) = file.entry(name)?;
        let dtype = dtype.unwrap_or(stored);
        Ok(Self { shape: entry.shape.clone(), dtype, values: Values::Stored(file, name.to_string()) })
    }

    /// Numbers in it.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes it takes.
    pub fn bytes(&self) -> usize {
        self.len() * self.dtype.size()
    }
}

impl Output<'_> {
    fn to_bytes(&self) -> Result<Vec<u8>, TensorsError> {
        Ok(match &self.values {
            Values::Device(values) => encode(&values.to_data(), self.dtype),
            Values::Stored(file, name) if file.dtype(name)? == self.dtype => file.raw(name)?,
            Values::Stored(file, name) => encode(&file.read(name)?, self.dtype),
        })
    }
}

/// Little-endian bytes of `data`.
fn encode(data: &TensorData, dtype: Dtype) -> Vec<u8> {
    let values = data.iter::<f32>();
    match dtype {
        Dtype::F32 => values.flat_map(f32::to_le_bytes).collect(),
        Dtype::Bf16 => values.flat_map(|value| bf16::from_f32(value).to_le_bytes()).collect(),
        Dtype::F16 => values.flat_map(|value| f16::from_f32(value).to_le_bytes()).collect(),
    }
}

/// Writes a file, whole or not at all, one tensor at a time.
///
/// # Errors
/// [`TensorsError`]: the disk, or a tensor that cannot be read from where it is copied.
pub fn write(path: &Path, tensors: &BTreeMap<String, Output<'_>>) -> Result<Fingerprint, TensorsError> {
    // Wide numbers first, so that every tensor lies at a multiple of its numbers' size.
    let mut ordered: Vec<(&String, &Output)> = tensors.iter().collect();
    ordered.sort_by_key(|(_, tensor)| std::cmp::Reverse(tensor.dtype.size()));
    let mut header = serde_json::Map::new();
    header.insert("__metadata__".into(), json!({ "format": "pt" }));
    let mut end = 0;
    for (name, tensor) in &ordered {
        let start = end;
        end += tensor.bytes();
        let dtype = tensor.dtype.stored();
        header.insert(name.to_string(), json!({ "dtype": dtype, "shape": tensor.shape, "data_offsets": [start, end] }));
    }
    let mut header = serde_json::Value::from(header).to_string().into_bytes();
    header.resize(header.len().next_multiple_of(8), b' ');

    let mut failed = None;
    let written = files::write_atomic_with(path, |writer| {
        let mut writer = Hashed { writer, hasher: blake3::Hasher::new(), bytes: 0 };
        writer.write_all(&(header.len() as u64).to_le_bytes())?;
        writer.write_all(&header)?;
        for (_, tensor) in ordered {
            match tensor.to_bytes() {
                Ok(bytes) => writer.write_all(&bytes)?,
                Err(error) => {
                    failed = Some(error);
                    return Err(io::Error::other("a tensor could not be read"));
                }
            }
        }
        Ok(Fingerprint { bytes: writer.bytes, blake3: writer.hasher.finalize().to_hex().to_string() })
    });
    match failed {
        Some(error) => Err(error),
        None => Ok(written?),
    }
}

/// Hashes what passes.
struct Hashed<'a> {
    writer: &'a mut dyn Write,
    hasher: blake3::Hasher,
    bytes: u64,
}

impl Write for Hashed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.writer.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// Takes names, shapes and bits of all tensors up into a hash, in order of name.
///
/// # Errors
/// [`TensorsError`] if they cannot be read.
pub fn fingerprint(file: &TensorFile, hasher: &mut blake3::Hasher) -> Result<(), TensorsError> {
    hasher.update(&(file.entries.len() as u64).to_le_bytes());
    for (name, entry) in &file.entries {
        hasher.update(&(name.len() as u64).to_le_bytes());
        hasher.update(name.as_bytes());
        for size in &entry.shape {
            hasher.update(&(*size as u64).to_le_bytes());
        }
        hasher.update(&encode(&file.read(name)?, Dtype::F32));
    }
    Ok(())
}

fn explain(error: &SafeTensorError) -> String {
    match error {
        SafeTensorError::MetadataIncompleteBuffer => {
            "the file does not end where its header says: it was cut off or is damaged".into()
        }
        SafeTensorError::InvalidOffset(name) => format!("tensor {name} overlaps another or lies outside the file"),
        other => format!("not a safetensors file ({other})"),
    }
}
