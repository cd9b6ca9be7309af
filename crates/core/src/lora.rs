//! Low-rank adaptation (Hu et al. 2021): a frozen weight `W` and two small factors, `y = x·Wᵀ + s·(x·Aᵀ)·Bᵀ`.
//!
//! Only the factors are learned. At the end they are taken up into the weight, `W + s·B·A`, so that a model that has
//! been fine-tuned this way is a plain model.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use cimiento_kernels::linear;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

use crate::init;

/// What is adapted, and with how much freedom.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct LoraConfig {
    /// Inner width of the factors.
    pub rank: usize,
    /// The product of the factors counts `alpha / rank` times.
    pub alpha: f64,
    /// Last parts of the names of the linear layers that get factors.
    pub targets: Vec<String>,
}

impl Default for LoraConfig {
    fn default() -> Self {
        let targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];
        Self { rank: 8, alpha: 16.0, targets: targets.map(String::from).to_vec() }
    }
}

impl LoraConfig {
    /// Checks the numbers. Whether the targets exist, only the backbone knows.
    ///
    /// # Errors
    /// What is wrong, naming the key.
    pub fn validate(&self) -> Result<(), String> {
        if self.rank == 0 {
            return Err("lora.rank is 0: give a positive number".into());
        }
        if !(self.alpha > 0.0 && self.alpha.is_finite()) {
            return Err(format!("lora.alpha = {} must be above 0", self.alpha));
        }
        if self.targets.is_empty() {
            return Err("lora.targets is empty: name at least one layer, such as q_proj".into());
        }
        Ok(())
    }
}

/// The two factors of one layer.
#[derive(Module, Debug)]
pub struct Factors {
    /// `[rank, d_in]`.
    lora_a: Param<Tensor<2>>,
    /// `[d_out, rank]`; zeros at first, so that training starts from the model as it was.
    lora_b: Param<Tensor<2>>,
    scale: f64,
}

impl Factors {
    /// Factors that change nothing yet, for a weight `[d_out, d_in]`.
    pub(crate) fn new(config: &LoraConfig, [d_out, d_in]: [usize; 2], rng: &mut StdRng, device: &Device) -> Self {
        Self {
            lora_a: init::normal(config.rank, d_in, (1.0 / d_in as f64).sqrt(), rng, device),
            lora_b: Param::from_tensor(Tensor::zeros([d_out, config.rank], device)),
            scale: config.alpha / config.rank as f64,
        }
    }

    /// What they add to the weight: `s·B·A`, `[d_out, d_in]`.
    pub(crate) fn change(self) -> Tensor<2> {
        self.lora_b.val().matmul(self.lora_a.val()).mul_scalar(self.scale)
    }

    /// `s·(x·Aᵀ)·Bᵀ`: `[.., d_in]` to `[.., d_out]`.
    pub(crate) fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        linear(linear(x, self.lora_a.val()), self.lora_b.val()).mul_scalar(self.scale)
    }
}
