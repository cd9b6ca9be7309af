//! A model to be written as GGUF.

use std::collections::BTreeMap;

use cimiento_core::backbone::BackboneConfig;
use cimiento_data::tokenizer::Tokenizer;

use super::error::ReadError;
use crate::class::Family;

/// What matrices are stored as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// float16.
    F16,
    /// Blocks of 32 values along a row: a float16 scale, a 127th of the largest magnitude, and 32 signed bytes. A
    /// matrix whose rows are not a multiple of 32 long stays float16.
    Q8_0,
}

/// A model to be written.
pub struct Source<'a> {
    /// Its architecture.
    pub family: Family,
    /// Its shape.
    pub config: &'a BackboneConfig,
    /// Its tokenizer.
    pub tokenizer: &'a Tokenizer,
    /// What programs call it.
    pub name: &'a str,
    /// Its tensors and their shapes, under the names of `transformers`.
    pub shapes: &'a BTreeMap<String, Vec<usize>>,
    /// Reads the values of one of them.
    pub read: &'a dyn Fn(&str) -> Result<Vec<f32>, ReadError>,
    /// How a conversation becomes a prompt, in Jinja.
    pub chat_template: Option<&'a str>,
    /// Whether a text opens with the token `bos`. Where it is not said, it does if the tokenizer's post-processor
    /// puts it there, or if it is named `[bos]`, as in tokenizers trained here.
    pub opens_with_bos: Option<bool>,
}
