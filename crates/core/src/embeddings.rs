//! From patches of a signal (an image, a sound, a volume) to vectors of the backbone's width.

use burn::module::Module;

/// One map for each kind of signal that a model reads. A model of text alone has none, so that its backbone stays what it is.
#[derive(Module, Debug, Default)]
pub struct PatchEmbeddings {}
