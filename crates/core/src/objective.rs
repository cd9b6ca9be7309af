//! The waist: what the trainer asks of anything that can be learned, and what evaluation asks of a task.

use burn::module::{Module, ModuleDisplay};
use burn::tensor::{Device, Tensor};
use cimiento_data::content::Content;
use cimiento_data::encode::{EncodeError, Encoded};
use cimiento_data::fields::{Field, Targets};
use cimiento_data::quality::Warning;
use cimiento_data::tokenizer::Tokenizer;
use rand::rngs::StdRng;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::backbone::{Backbone, BackboneConfig};
use crate::embeddings::PatchEmbeddings;
use crate::heads::{Class, Exported, Imported, NoClass};
use crate::metrics::{Bin, ClassReport, Scores};

/// The shared backbone with one objective's head on it, and what makes patches of signals readable to it.
#[derive(Module, Debug)]
pub struct Model<H: Module> {
    /// Of patches; empty in a model of text alone.
    pub embeddings: PatchEmbeddings,
    /// Shared by all objectives.
    pub backbone: Backbone,
    /// The objective's own weights.
    pub head: H,
}

impl<H: Module> Model<H> {
    /// A model of text alone.
    pub fn of_text(backbone: Backbone, head: H) -> Self {
        Self { embeddings: PatchEmbeddings::default(), backbone, head }
    }
}

/// A head without weights: the objective uses the backbone's own output projection.
#[derive(Module, Debug, Default)]
pub struct NoHead {}

/// Something to minimise: a head over the shared backbone, and a loss.
pub trait Objective: Sync {
    /// Token ids and targets, on the host.
    type Example: Clone + Send + Sync;
    /// Tensors on a device.
    type Batch;
    /// Weights beside the backbone's.
    type Head: Module + ModuleDisplay;

    /// A fresh head for a backbone of this shape.
    fn head(&self, backbone: &BackboneConfig, rng: &mut StdRng, device: &Device) -> Self::Head;

    /// Lays examples out for a device. `progress` in [0, 1] is how far training has come; all chance comes
    /// from `rng`, so that a step can be repeated.
    fn collate(&self, examples: &[Self::Example], progress: f64, rng: &mut StdRng, device: &Device) -> Self::Batch;

    /// How many targets a batch holds: what a step's summed losses are divided by.
    fn targets(&self, batch: &Self::Batch) -> usize;

    /// How many tokens a batch holds, padding left out.
    fn tokens(&self, batch: &Self::Batch) -> usize;

    /// The loss SUMMED over the batch's targets, `[1]`. Summed, because micro-batches of one step hold different
    /// numbers of targets and only the step knows the total.
    fn loss(&self, model: &Model<Self::Head>, batch: &Self::Batch) -> Tensor<1>;
}

/// An objective whose model can be asked, and whose answers can be scored.
pub trait Task: Objective + Sized {
    /// As written in configs and files.
    const NAME: &'static str;
    /// The score by which the best checkpoint is chosen, with the default settings.
    const METRIC: &'static str;
    /// The field of a record that says enough alone, so that a line of plain text is a record to answer.
    const PLAIN: Option<&'static str> = None;
    /// The fields that a record to learn from must have, what is read before what is to be answered.
    const FIELDS: &'static [Field];
    /// What a user may set.
    type Config: Serialize + DeserializeOwned + Default + Clone + Send + Sync;
    /// What is learned from the training data before any weight is (label names, say). Kept in the checkpoint.
    type State: Serialize + DeserializeOwned + Clone + Send + Sync;
    /// One record as written in a data file. Targets are optional fields: a question without its answer is one.
    type Record: DeserializeOwned + Clone + Send + Sync;
    /// What is printed for one record.
    type Answer: Serialize + Clone + Send + Sync;

    /// What the training records tell before training.
    ///
    /// # Errors
    /// What makes the data unusable (no labels, a single class).
    fn survey(config: &Self::Config, records: &[Self::Record]) -> Result<Self::State, EncodeError>;

    /// What may be wrong with the training records as a whole.
    fn warnings(config: &Self::Config, records: &[Self::Record]) -> Vec<Warning> {
        let _ = (config, records);
        Vec::new()
    }

    /// The task, ready to encode with `tokenizer` for a backbone that reads `context` tokens.
    fn new(config: Self::Config, state: Self::State, tokenizer: Tokenizer, context: usize) -> Self;

    /// Checks the user's settings; the message names the key.
    ///
    /// # Errors
    /// What is wrong.
    fn validate(config: &Self::Config) -> Result<(), String>;

    /// The score by which the best checkpoint is chosen.
    fn metric(config: &Self::Config) -> &'static str {
        let _ = config;
        Self::METRIC
    }

    /// Settings, as lines of TOML, that such targets call for; none where the task has no use for them.
    fn settings_for(targets: Targets) -> Option<String> {
        let _ = targets;
        None
    }

    /// Whether a backbone of this shape can do what the settings ask; the message names the key.
    ///
    /// # Errors
    /// What is wrong.
    fn suits(config: &Self::Config, backbone: &BackboneConfig) -> Result<(), String> {
        let _ = (config, backbone);
        Ok(())
    }

    /// Keys of settings that do nothing beside the others, and why; keys below such a key do nothing either.
    fn unused(config: &Self::Config) -> Option<(&'static str, &'static str)> {
        let _ = config;
        None
    }

    /// Keys of settings that only training uses, of a model `trained` with some that is to be asked with others: another value
    /// changes nothing then, or makes it another than it was trained to be.
    fn of_training(trained: &Self::Config, asked: &Self::Config) -> Vec<&'static str> {
        let _ = (trained, asked);
        Vec::new()
    }

    /// Whether a head trained under the state `found` can go on learning under `wanted`.
    fn same_head(found: &Self::State, wanted: &Self::State) -> bool {
        let [found, wanted] = [found, wanted].map(serde_json::to_value);
        matches!((found, wanted), (Ok(found), Ok(wanted)) if found == wanted)
    }

    /// Whether a head of this state has learned from records of two texts; none where nobody knows.
    fn learned_pairs(state: &Self::State) -> Option<bool> {
        let _ = state;
        None
    }

    /// Whether these examples can do what validation is for: tell better weights from worse by [`Self::METRIC`] where
    /// that `chooses` the weights, and fit what [`Self::fit`] fits. The message names the key.
    ///
    /// # Errors
    /// Why not, and what to set.
    fn suit_validation(&self, examples: &[Self::Example], chooses: bool) -> Result<(), String> {
        let _ = (examples, chooses);
        Ok(())
    }

    /// What is learned after the weights: the state with which the trained model answers these validation examples
    /// best; `None` where nothing is to be fitted.
    fn fit(&self, model: &Model<Self::Head>, examples: &[Self::Example], device: &Device) -> Option<Self::State> {
        let _ = (model, examples, device);
        None
    }

    /// Draws answers with another seed. Returns whether anything is drawn by chance with these settings.
    fn reseed(&mut self, seed: u64) -> bool {
        let _ = seed;
        false
    }

    /// Turns a record into an example. With `labelled`, a record without its target is an error.
    ///
    /// # Errors
    /// Why the record cannot be used.
    fn encode(&self, record: &Self::Record, labelled: bool) -> Result<Encoded<Self::Example>, EncodeError>;

    /// One answer an example, in order. The model must be in evaluation mode ([`Module::valid`]).
    fn answer(&self, model: &Model<Self::Head>, examples: &[Self::Example], device: &Device) -> Vec<Self::Answer>;

    /// The settings that decide how answers are scored, as keys and values: scores by others say something else.
    fn scoring(&self) -> String {
        String::new()
    }

    /// Scores of answers to labelled examples.
    fn score(&self, answers: &[Self::Answer], examples: &[Self::Example]) -> Scores;

    /// Answers that need no model, by name (majority class, lead-k, …), from the training examples where they
    /// need data: what any model has to beat.
    fn baselines(&self, train: &[Self::Example], examples: &[Self::Example]) -> Vec<(String, Vec<Self::Answer>)>;

    /// How often answers of a given confidence are right, for tasks whose answers carry probabilities.
    fn calibration(&self, answers: &[Self::Answer], examples: &[Self::Example]) -> Option<Vec<Bin>> {
        let _ = (answers, examples);
        None
    }

    /// How good each answer is, one value an example: the higher the better, and 1 is right where a task can tell. The
    /// lowest are the mistakes that are shown. None for a task that cannot say it of a single answer.
    fn quality(&self, answers: &[Self::Answer], examples: &[Self::Example]) -> Option<Vec<f64>> {
        let _ = (answers, examples);
        None
    }

    /// How sure the model is of an answer, in [0, 1], where answers tell.
    fn confidence(&self, answer: &Self::Answer) -> Option<f64> {
        let _ = answer;
        None
    }

    /// How well each class is found, for tasks whose answers are classes.
    fn classes(&self, answers: &[Self::Answer], examples: &[Self::Example]) -> Option<ClassReport> {
        let _ = (answers, examples);
        None
    }

    /// What other programs call a model of these settings and this state.
    ///
    /// # Errors
    /// If none of their classes does what it does.
    fn exported(config: &Self::Config, state: &Self::State, backbone: &BackboneConfig) -> Result<Exported, NoClass> {
        let _ = (config, state, backbone);
        Err(NoClass { why: "no class of transformers has this head", help: "--format cimiento keeps it as it is" })
    }

    /// What a model of this class, made elsewhere, is here, if it is for this task.
    fn imported(class: &Class) -> Option<Imported> {
        let _ = class;
        None
    }

    /// What a record says, for whoever looks the data over.
    fn content(record: &Self::Record) -> Content;

    /// The classes that a record names, where its target is some of a few.
    fn class_names(config: &Self::Config, record: &Self::Record) -> Vec<String> {
        let _ = (config, record);
        Vec::new()
    }

    /// The example as a person would read it: the question put, and the expected answer.
    fn show(&self, example: &Self::Example) -> (String, String);
}
