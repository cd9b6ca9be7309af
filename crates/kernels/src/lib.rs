//! The operations a transformer spends its time in: products, norms, rotary positions, attention, the
//! cross-entropy over a vocabulary, and what an optimizer does to each tensor.
//!
//! Each has a definition made of ordinary Burn operations in [`plain`], which serves every backend and
//! is what the tests compare with. With the feature `flex`, float32 tensors on Burn's processor backend
//! take a fast path instead: fused loops, hand-written backward passes, recycled memory. Nothing here
//! knows of models, tasks or files.
//!
//! ```
//! use burn::tensor::{Device, Tensor};
//! use cimiento_kernels::{linear, plain};
//!
//! let device = Device::flex().autodiff();
//! let x = Tensor::<2>::from_floats([[1.0, 2.0]], &device);
//! let weight = Tensor::<2>::from_floats([[3.0, 4.0], [5.0, 6.0]], &device).require_grad();
//! let y = linear(x.clone(), weight.clone());
//! y.to_data().assert_eq(&plain::linear(x, weight.clone()).to_data(), true);
//!
//! let gradients = y.sum().backward();
//! let gradient = weight.grad(&gradients).expect("of a tracked weight");
//! gradient.to_data().assert_eq(&[[1.0f32, 2.0], [1.0, 2.0]].into(), true);
//! ```

pub mod plain;

#[cfg(feature = "flex")]
mod flex;

mod add_dropped;
mod attention;
mod dropout;
mod embedding;
mod feed_forward;
mod gelu;
mod linear;
mod linear_cross_entropy;
mod mask;
mod norm_rotary;
mod optimizer;
mod precision;
mod rms_norm;
mod rotary;
mod steps;
mod swiglu;

pub use add_dropped::add_dropped;
pub use attention::attention;
pub use dropout::Dropout;
pub use embedding::embedding;
pub use feed_forward::feed_forward;
pub use gelu::gelu;
pub use linear::linear;
pub use linear_cross_entropy::linear_cross_entropy;
pub use mask::Mask;
pub use norm_rotary::{norm_rotary, rotary};
pub use optimizer::{adamw, global_norm, muon, orthogonalise};
pub use precision::RoundedProducts;
pub use rms_norm::rms_norm;
pub use rotary::Rotary;
pub use steps::{AdamW, Muon};
pub use swiglu::swiglu;
