//! The operations a transformer spends its time in: products, norms, rotary positions, attention and
//! the cross-entropy over a vocabulary.
//!
//! Each has a definition made of ordinary Burn operations in [`plain`], which serves every backend and
//! is what the tests compare with. Nothing here knows of models, tasks or files.

pub mod plain;

#[cfg(feature = "flex")]
mod flex;

mod attention;
mod embedding;
mod linear;
mod linear_cross_entropy;
mod mask;
mod norm_rotary;
mod optimizer;
mod rms_norm;
mod swiglu;

pub use attention::attention;
pub use embedding::embedding;
pub use linear::linear;
pub use linear_cross_entropy::linear_cross_entropy;
pub use mask::Mask;
pub use norm_rotary::norm_rotary;
pub use optimizer::{AdamW, adamw, global_norm, orthogonalise};
pub use rms_norm::rms_norm;
pub use swiglu::swiglu;
