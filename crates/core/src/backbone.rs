//! What every objective and every head shares: one set of weights that makes states of tokens.
//!
//! A backbone is a [`Decoder`](crate::decoder::Decoder), which reads, writes, and does both in turn, or an
//! [`Encoder`](crate::encoder::Encoder) of BERT's family, made elsewhere, which only reads. Whoever holds one need not
//! know which, unless the text is to be continued.

pub mod encoder_shape;
mod model;
pub mod rope;
pub mod shape;
#[cfg(test)]
mod tests;

pub use encoder_shape::{Activation, EncoderConfig};
pub use model::Backbone;
pub use rope::RopeScaling;
pub use shape::{BackboneConfig, Pooling, Preset, ShapeConfig, ShapeError};
