//! A task with its weights, asked about one record after the other: what `predict` and `rerank` share.

use cimiento_core::checkpoint::Checkpoint;
use cimiento_core::device::Device;
use cimiento_core::objective::{Model, Task};
use cimiento_data::content::Content;
use cimiento_data::tokenizer::Tokenizer;
use miette::{IntoDiagnostic, Result};

use crate::args::Input;
use crate::input::{self, SpecialNames};

/// A checkpoint that is asked.
pub struct Answering<T: Task> {
    /// The task.
    pub task: T,
    /// Records that were cut.
    pub truncated: usize,
    model: Model<T::Head>,
    device: Device,
    tokenizer: Tokenizer,
    special: SpecialNames,
}

impl<T: Task> Answering<T> {
    /// Reads tokenizer and weights.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn open(
        checkpoint: &Checkpoint,
        settings: T::Config,
        state: T::State,
        input: &Input,
        device: Device,
    ) -> Result<Self> {
        let tokenizer = input::tokenizer(checkpoint, input)?;
        let task = T::new(settings, state, tokenizer.clone(), checkpoint.manifest().backbone.context);
        let model = checkpoint.model(&task, &device).into_diagnostic()?;
        Ok(Self { task, truncated: 0, model, device, tokenizer, special: SpecialNames::default() })
    }

    /// What is read of a record.
    ///
    /// # Errors
    /// Why it cannot be answered.
    pub fn example(&mut self, record: &T::Record) -> Result<T::Example, String> {
        let encoded = self.task.encode(record, false).map_err(|why| why.to_string())?;
        let Content { text, shared, .. } = T::content(record);
        [text].into_iter().chain(shared).for_each(|text| self.special.look(&self.tokenizer, &text));
        self.truncated += usize::from(encoded.truncated);
        Ok(encoded.example)
    }

    /// An answer each.
    pub fn answers(&self, examples: &[T::Example]) -> Vec<T::Answer> {
        self.task.answer(&self.model, examples, &self.device)
    }

    /// Says which names of special tokens were read as plain text.
    pub fn tell(&self, input: &Input) {
        self.special.tell(input);
    }
}
