//! How texts become vectors, where a model came with that.

use super::error::CheckpointError;
use super::layout::{EMBEDDING, EMBEDDING_WEIGHTS, dense_name};
use super::read::Checkpoint;
use crate::embed::{Dense, DenseConfig, EmbedConfig};
use crate::tensors::TensorFile;

impl Checkpoint {
    /// How texts become vectors, and the weights of the layers that this takes; `None` where the model came without.
    ///
    /// # Errors
    /// If the files cannot be read, or do not belong together.
    pub fn embedding(&self) -> Result<Option<(EmbedConfig, Vec<Dense>)>, CheckpointError> {
        let Some(text) = self.text(EMBEDDING)? else { return Ok(None) };
        let config: EmbedConfig = serde_json::from_str(&text)
            .map_err(|e| self.damaged(EMBEDDING, &format!("not what it should be ({e})")))?;
        config.check(self.manifest.backbone.d_model).map_err(|why| self.damaged(EMBEDDING, &why))?;
        let tensors = self.tensors(EMBEDDING_WEIGHTS)?;
        let read = |(number, layer): (usize, &DenseConfig)| {
            let tensor = |part: &str, shape: &[usize]| {
                let name = dense_name(number, part);
                match tensors.shape(&name) {
                    Some(found) if found == shape => Ok(tensors.read(&name)?),
                    found => {
                        let why = format!("tensor {name} has shape {found:?}, {shape:?} is needed");
                        Err(self.damaged(EMBEDDING_WEIGHTS, &why))
                    }
                }
            };
            let weight = tensor("weight", &[layer.outputs, layer.inputs])?;
            let bias = layer.bias.then(|| tensor("bias", &[layer.outputs])).transpose()?;
            Ok(Dense::new(&weight, bias.as_ref()))
        };
        let dense = config.dense().enumerate().map(read).collect::<Result<_, CheckpointError>>()?;
        Ok(Some((config, dense)))
    }

    /// The tensors of [`embedding`](Self::embedding).
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn embedding_tensors(&self) -> Result<TensorFile, CheckpointError> {
        self.tensors(EMBEDDING_WEIGHTS)
    }
}
