//! Where tensors live and how precisely they are multiplied, chosen at run time by name.

use std::fmt;
use std::str::FromStr;

pub use burn::tensor::Device;
use cimiento_kernels::RoundedProducts;
use serde::{Deserialize, Serialize};

/// A device by the name a user gives it: `cpu`, `ndarray`, `wgpu`, `wgpu:1`, `cuda`, `cuda:0`.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(try_from = "String", into = "String")]
pub enum DeviceName {
    /// The processor, through burn-flex.
    #[default]
    Cpu,
    /// The processor, through burn-ndarray.
    Ndarray,
    /// A GPU through WebGPU, by index, or the default one.
    Wgpu(Option<usize>),
    /// An NVIDIA GPU by index.
    Cuda(usize),
}

/// A device that does not exist here.
#[derive(thiserror::Error, Debug, Clone, PartialEq)]
pub enum DeviceError {
    /// Not a name.
    #[error("{0:?} is not a device: expected cpu, ndarray, wgpu, wgpu:<n>, cuda or cuda:<n>")]
    Unknown(String),
    /// The program was built without it.
    #[error(
        "device {device} is not in this build: build again with `cargo build --release --features {feature}` \
         (the device cpu needs the feature flex, which is on by default)"
    )]
    NotBuilt {
        /// As asked for.
        device: DeviceName,
        /// What to enable.
        feature: &'static str,
    },
}

impl FromStr for DeviceName {
    type Err = DeviceError;

    fn from_str(name: &str) -> Result<Self, DeviceError> {
        let unknown = || DeviceError::Unknown(name.to_string());
        let (kind, index) = match name.split_once(':') {
            Some((kind, index)) => (kind, Some(index.parse::<usize>().map_err(|_| unknown())?)),
            None => (name, None),
        };
        match (kind, index) {
            ("cpu", None) => Ok(Self::Cpu),
            ("ndarray", None) => Ok(Self::Ndarray),
            ("wgpu", index) => Ok(Self::Wgpu(index)),
            ("cuda", index) => Ok(Self::Cuda(index.unwrap_or(0))),
            _ => Err(unknown()),
        }
    }
}

impl TryFrom<String> for DeviceName {
    type Error = DeviceError;

    fn try_from(name: String) -> Result<Self, DeviceError> {
        name.parse()
    }
}

impl From<DeviceName> for String {
    fn from(device: DeviceName) -> Self {
        device.to_string()
    }
}

impl fmt::Display for DeviceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => f.write_str("cpu"),
            Self::Ndarray => f.write_str("ndarray"),
            Self::Wgpu(None) => f.write_str("wgpu"),
            Self::Wgpu(Some(index)) => write!(f, "wgpu:{index}"),
            Self::Cuda(index) => write!(f, "cuda:{index}"),
        }
    }
}

impl DeviceName {
    /// Opens the device.
    ///
    /// # Errors
    /// [`DeviceError::NotBuilt`] if the program was built without the feature.
    pub fn open(self) -> Result<Device, DeviceError> {
        match self {
            #[cfg(feature = "flex")]
            Self::Cpu => Ok(Device::flex()),
            #[cfg(not(feature = "flex"))]
            Self::Cpu => Err(DeviceError::NotBuilt { device: self, feature: "flex" }),
            #[cfg(feature = "ndarray")]
            #[expect(deprecated, reason = "burn-ndarray is in its last release; it stays selectable while Burn has it")]
            Self::Ndarray => Ok(Device::ndarray()),
            #[cfg(not(feature = "ndarray"))]
            Self::Ndarray => Err(DeviceError::NotBuilt { device: self, feature: "ndarray" }),
            #[cfg(feature = "wgpu")]
            Self::Wgpu(index) => {
                use burn::tensor::DeviceKind;
                Ok(Device::wgpu(index.map_or(DeviceKind::DefaultDevice, DeviceKind::DiscreteGpu)))
            }
            #[cfg(not(feature = "wgpu"))]
            Self::Wgpu(_) => Err(DeviceError::NotBuilt { device: self, feature: "wgpu" }),
            #[cfg(feature = "cuda")]
            Self::Cuda(index) => Ok(Device::cuda(index)),
            #[cfg(not(feature = "cuda"))]
            Self::Cuda(_) => Err(DeviceError::NotBuilt { device: self, feature: "cuda" }),
        }
    }
}

/// What the products of a training step are made with. Weights, gradients, the optimizer's memory and everything between
/// products are float32 in either case, and so are the products of validations.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Float32.
    #[default]
    F32,
    /// Factors rounded to bfloat16, sums in float32; see [`RoundedProducts`]. On the device `cpu` only.
    Bf16,
}

impl Precision {
    /// Whether `device` can.
    ///
    /// # Errors
    /// That it cannot, naming the keys.
    pub fn validate(self, device: DeviceName) -> Result<(), String> {
        match self {
            Self::Bf16 if device != DeviceName::Cpu => Err(format!(
                "train.precision = \"bf16\" is for device = \"cpu\", not for {device}: leave it out, or train on the cpu"
            )),
            _ => Ok(()),
        }
    }

    /// Warns where it costs time instead of saving it.
    pub fn warn(self) {
        if self == Self::Bf16 && !RoundedProducts::are_fast() {
            tracing::warn!(
                "this processor has no instructions for products of bfloat16 (AVX-512's or AMX): rounding takes longer \
                 here than train.precision = \"f32\" would"
            );
        }
    }

    /// Products are made so for as long as what comes back lives.
    pub fn begin(self) -> Option<RoundedProducts> {
        (self == Self::Bf16).then(RoundedProducts::begin)
    }
}

/// Makes the calling thread one of those that work on the processor is spread over. A program's main thread then
/// works instead of sleeping while others do, which wakes one thread fewer for every operation.
pub fn work_along() {
    // Without threads of its own the program runs on rayon's, as if this had not been called.
    if let Ok(pool) = rayon::ThreadPoolBuilder::new().use_current_thread().build() {
        // The thread stays in the pool for good, so the pool has to stay too.
        std::mem::forget(pool);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for name in ["cpu", "ndarray", "wgpu", "wgpu:1", "cuda:0"] {
            assert_eq!(name.parse::<DeviceName>().unwrap().to_string(), name);
        }
    }

    #[test]
    fn a_wrong_name_lists_the_right_ones() {
        for name in ["gpu", "cuda:x", "cpu:1", ""] {
            let message = name.parse::<DeviceName>().unwrap_err().to_string();
            assert!(message.contains("expected cpu"), "{message}");
        }
    }

    #[test]
    #[cfg(not(feature = "cuda"))]
    fn a_device_that_was_not_built_names_the_feature() {
        let message = DeviceName::Cuda(0).open().unwrap_err().to_string();
        assert!(message.contains("--features cuda"), "{message}");
    }
}
