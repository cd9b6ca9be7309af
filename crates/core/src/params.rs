//! A module's parameters by path: how weights leave a module, come back, and meet their gradients.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, Gradients, Tensor, TensorData};

/// Float values of a module on the host, by the path of the parameter (`layers.0.mlp.up_proj.weight`).
pub type Weights = BTreeMap<String, TensorData>;

/// Gradients on the device, flattened, by the path of the parameter.
pub type Grads = BTreeMap<String, Tensor<1>>;

/// Weights that are not those of the module they were meant for.
#[derive(thiserror::Error, Debug, Clone, PartialEq)]
pub enum WeightsError {
    /// Names differ.
    #[error("the tensors are not those of this model: missing [{}], left over [{}]", missing.join(", "), unexpected.join(", "))]
    Names {
        /// Asked for by the module.
        missing: Vec<String>,
        /// Not asked for by the module.
        unexpected: Vec<String>,
    },
    /// A shape differs.
    #[error("tensor {name} has shape {found:?}, the model needs {expected:?}")]
    Shape {
        /// Path.
        name: String,
        /// In the file.
        found: Vec<usize>,
        /// In the model.
        expected: Vec<usize>,
    },
    /// A weight that is not a number.
    #[error("tensor {name} holds a value that is not finite: the file is damaged or training diverged")]
    NotFinite {
        /// Path.
        name: String,
    },
}

/// Copies all float parameters to the host.
pub fn weights<M: Module>(module: &M) -> Weights {
    let mut visitor = Export::default();
    module.visit(&mut visitor);
    visitor.found
}

/// Puts `weights` in place of the module's own: all of them, and nothing else.
///
/// # Errors
/// [`WeightsError`] where names, shapes or values are not right; nothing is loaded partially.
pub fn load<M: Module>(module: M, mut weights: Weights) -> Result<M, WeightsError> {
    let mut shapes = Shapes::default();
    module.visit(&mut shapes);
    let missing: Vec<String> = shapes.found.keys().filter(|name| !weights.contains_key(*name)).cloned().collect();
    let unexpected: Vec<String> = weights.keys().filter(|name| !shapes.found.contains_key(*name)).cloned().collect();
    if !missing.is_empty() || !unexpected.is_empty() {
        return Err(WeightsError::Names { missing, unexpected });
    }
    for (name, data) in &weights {
        let expected = &shapes.found[name];
        let found = data.shape().to_vec();
        if found != *expected {
            return Err(WeightsError::Shape { name: name.clone(), found, expected: expected.clone() });
        }
        if data.iter::<f32>().any(|value| !value.is_finite()) {
            return Err(WeightsError::NotFinite { name: name.clone() });
        }
    }
    let mut import = Import { path: Vec::new(), weights: &mut weights };
    Ok(module.map(&mut import))
}

/// All float parameters on their device without autodiff, flattened.
pub fn flat<M: Module>(module: &M) -> BTreeMap<String, Tensor<1>> {
    let mut visitor = Flat::default();
    module.visit(&mut visitor);
    visitor.found
}

/// Takes each parameter's gradient out of `grads`; parameters without one (frozen, unused) are left out.
pub fn gradients<M: Module>(module: &M, grads: &mut Gradients) -> Grads {
    let mut visitor = Collect { path: Vec::new(), grads, found: Grads::new() };
    module.visit(&mut visitor);
    visitor.found
}

macro_rules! keep_path {
    () => {
        fn enter_module(&mut self, name: &str, _container_type: &str) {
            self.path.push(name.to_string());
        }

        fn exit_module(&mut self, _name: &str, _container_type: &str) {
            self.path.pop();
        }
    };
}
pub(crate) use keep_path;

#[derive(Default)]
struct Export {
    path: Vec<String>,
    found: Weights,
}

impl ModuleVisitor for Export {
    keep_path!();

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.found.insert(self.path.join("."), param.val().into_data());
    }
}

#[derive(Default)]
struct Flat {
    path: Vec<String>,
    found: BTreeMap<String, Tensor<1>>,
}

impl ModuleVisitor for Flat {
    keep_path!();

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let value = param.val().inner();
        let size = value.shape().num_elements();
        self.found.insert(self.path.join("."), value.reshape([size]));
    }
}

#[derive(Default)]
struct Shapes {
    path: Vec<String>,
    found: BTreeMap<String, Vec<usize>>,
}

impl ModuleVisitor for Shapes {
    keep_path!();

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.found.insert(self.path.join("."), param.lazy_shape().to_vec());
    }
}

struct Import<'a> {
    path: Vec<String>,
    weights: &'a mut Weights,
}

impl ModuleMapper for Import<'_> {
    keep_path!();

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        match self.weights.remove(&self.path.join(".")) {
            Some(data) => {
                let (id, device): (_, Device) = (param.id, param.lazy_device());
                param.transform_for_load(Tensor::from_data(data, &device), id)
            }
            None => param,
        }
    }
}

struct Collect<'a> {
    path: Vec<String>,
    grads: &'a mut Gradients,
    found: Grads,
}

impl ModuleVisitor for Collect<'_> {
    keep_path!();

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(grad) = param.val().grad_remove(self.grads) {
            let size = grad.shape().num_elements();
            self.found.insert(self.path.join("."), grad.reshape([size]));
        }
    }
}
