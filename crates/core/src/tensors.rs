//! Named float tensors in safetensors files, read and written one at a time: memory holds one tensor, not the file.

mod differences;
mod file;

pub use differences::{Difference, differences};
pub use file::{Dtype, Output, TensorFile, TensorsError, fingerprint, write};
