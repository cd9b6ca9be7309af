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
    #[error(
        "the tensors are not those of this model: missing [{}], left over [{}]",
        listed(missing),
        listed(unexpected)
    )]
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

/// Names that a message has room for.
const LISTED: usize = 12;

/// Names in one line; of many the first, and how many more there are.
fn listed(names: &[String]) -> String {
    let more = names.len().saturating_sub(LISTED);
    let first = names[..names.len() - more].join(", ");
    if more == 0 { first } else { format!("{first} and {more} more") }
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
    let shapes = weights.iter().map(|(name, data)| (name.clone(), data.shape().to_vec())).collect();
    load_each(module, &shapes, |name| Ok(weights.remove(name).expect("each name once")))
}

/// As [`load`], one tensor after the other from wherever `read` has them. `found`: their names and shapes.
///
/// # Errors
/// [`WeightsError`], or what `read` says.
pub fn load_each<M: Module, E: From<WeightsError>>(
    module: M,
    found: &BTreeMap<String, Vec<usize>>,
    read: impl FnMut(&str) -> Result<TensorData, E>,
) -> Result<M, E> {
    let expected = shapes(&module);
    let missing: Vec<String> = expected.keys().filter(|name| !found.contains_key(*name)).cloned().collect();
    let unexpected: Vec<String> = found.keys().filter(|name| !expected.contains_key(*name)).cloned().collect();
    if !missing.is_empty() || !unexpected.is_empty() {
        return Err(WeightsError::Names { missing, unexpected }.into());
    }
    for (name, shape) in found {
        if *shape != expected[name] {
            let (name, found, expected) = (name.clone(), shape.clone(), expected[name].clone());
            return Err(WeightsError::Shape { name, found, expected }.into());
        }
    }
    let mut import = Import { path: Vec::new(), read, failed: None };
    let module = module.map(&mut import);
    import.failed.map_or(Ok(module), Err)
}

/// Puts flattened values on the device in place of the module's own, where there is one for a parameter.
pub fn replace<M: Module>(module: M, values: &BTreeMap<String, Tensor<1>>) -> M {
    module.map(&mut Replace { path: Vec::new(), values })
}

/// The shapes of all float parameters.
pub fn shapes<M: Module>(module: &M) -> BTreeMap<String, Vec<usize>> {
    let mut shapes = Shapes::default();
    module.visit(&mut shapes);
    shapes.found
}

/// All float parameters as they are on their device, flattened, for [`crate::tensors::write`].
pub fn stored<M: Module>(module: &M) -> Vec<Stored> {
    let mut visitor = Store::default();
    module.visit(&mut visitor);
    visitor.found
}

/// A parameter, and the shape it has in a file.
pub struct Stored {
    /// Path.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its values, flattened, wherever they live.
    pub values: Tensor<1>,
}

/// The float parameters that can be learned, on their device without autodiff, flattened.
pub fn trainable<M: Module>(module: &M) -> BTreeMap<String, Tensor<1>> {
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

/// The path of a parameter from the names of the modules around it. Which variant of an enum stands there is not part of it.
pub(crate) fn join(path: &[String]) -> String {
    let names: Vec<&str> =
        path.iter().map(String::as_str).filter(|name| !name.starts_with(char::is_uppercase)).collect();
    names.join(".")
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
        self.found.insert(join(&self.path), param.val().into_data());
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
        let value = param.val();
        if value.is_require_grad() {
            let size = value.shape().num_elements();
            self.found.insert(join(&self.path), value.inner().reshape([size]));
        }
    }
}

#[derive(Default)]
struct Store {
    path: Vec<String>,
    found: Vec<Stored>,
}

impl ModuleVisitor for Store {
    keep_path!();

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let value = param.val();
        let shape = value.shape().to_vec();
        let size = shape.iter().product::<usize>();
        let inner = if value.device().is_autodiff() { value.inner() } else { value };
        self.found.push(Stored { name: join(&self.path), shape, values: inner.reshape([size]) });
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
        self.found.insert(join(&self.path), param.lazy_shape().to_vec());
    }
}

struct Import<R, E> {
    path: Vec<String>,
    read: R,
    failed: Option<E>,
}

impl<R: FnMut(&str) -> Result<TensorData, E>, E: From<WeightsError>> Import<R, E> {
    fn next(&mut self, name: &str) -> Result<TensorData, E> {
        let data = (self.read)(name)?;
        let finite = match data.as_slice::<f32>() {
            Ok(values) => values.iter().all(|value| value.is_finite()),
            Err(_) => data.iter::<f32>().all(|value| value.is_finite()),
        };
        if finite { Ok(data) } else { Err(WeightsError::NotFinite { name: name.to_string() }.into()) }
    }
}

impl<R: FnMut(&str) -> Result<TensorData, E>, E: From<WeightsError>> ModuleMapper for Import<R, E> {
    keep_path!();

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if self.failed.is_some() {
            return param;
        }
        match self.next(&join(&self.path)) {
            Ok(data) => {
                let (id, device): (_, Device) = (param.id, param.lazy_device());
                param.transform_for_load(Tensor::from_data(data, &device), id)
            }
            Err(error) => {
                self.failed = Some(error);
                param
            }
        }
    }
}

struct Replace<'a> {
    path: Vec<String>,
    values: &'a BTreeMap<String, Tensor<1>>,
}

impl ModuleMapper for Replace<'_> {
    keep_path!();

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        match self.values.get(&join(&self.path)) {
            Some(value) => {
                let (id, shape) = (param.id, param.lazy_shape());
                param.transform_for_load(value.clone().reshape(shape), id)
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
            self.found.insert(join(&self.path), grad.reshape([size]));
        }
    }
}
