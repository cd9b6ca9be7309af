//! What a cross-encoder of sentence-transformers makes of the outputs of its head.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::class::{Classes, Problem};
use super::error::InterchangeError;
use super::sentence::{self, PROMPTS};
use super::source;

/// What the outputs pass through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scoring {
    /// Nothing.
    Identity,
    /// Each for itself.
    Sigmoid,
    /// All together.
    Softmax,
}

/// Their names in `torch.nn.modules`.
const NAMES: [(&str, Scoring); 3] = [
    ("torch.nn.modules.linear.Identity", Scoring::Identity),
    ("torch.nn.modules.activation.Sigmoid", Scoring::Sigmoid),
    ("torch.nn.modules.activation.Softmax", Scoring::Softmax),
];

/// The key that releases before 4 wrote into `config.json`.
const OLD_KEY: &str = "sbert_ce_default_activation_function";

/// The settings of today's releases, in a file of their own.
#[derive(Deserialize)]
struct Settings {
    model_type: Option<String>,
    activation_fn: Option<String>,
    default_prompt_name: Option<String>,
}

/// What the files in `root` say, where `config` is the `config.json` of its transformer: nothing, unless they are those of
/// a cross-encoder.
///
/// # Errors
/// [`InterchangeError`]: a function or a prompt that cannot be followed, by its key.
pub(super) fn read(root: &Path, config: &Map<String, Value>) -> Result<Option<Scoring>, InterchangeError> {
    let path = root.join(PROMPTS);
    if let Some(settings) = sentence::optional::<Settings>(&path)?
        && settings.model_type.as_deref() == Some("CrossEncoder")
    {
        if let Some(name) = settings.default_prompt_name {
            let instead = "a cross-encoder that puts nothing before its texts (null) is";
            return Err(sentence::refused(&path, "default_prompt_name", &name, instead));
        }
        if let Some(name) = settings.activation_fn {
            return named(&path, "activation_fn", &name).map(Some);
        }
    }
    let path = root.join(source::CONFIG);
    let today = config.get("sentence_transformers").and_then(|settings| settings.get("activation_fn"));
    let keys = [("sentence_transformers.activation_fn", today), (OLD_KEY, config.get(OLD_KEY))];
    let given = keys.into_iter().find_map(|(key, value)| Some((key, value?.as_str()?)));
    given.map(|(key, name)| named(&path, key, name)).transpose()
}

/// The function of a name. A class may stand in several places (`torch.nn.Sigmoid`).
fn named(path: &Path, key: &str, name: &str) -> Result<Scoring, InterchangeError> {
    let class = sentence::last_part(name);
    let known = NAMES.iter().find(|(known, _)| name.starts_with("torch.nn.") && sentence::last_part(known) == class);
    known.map(|(_, scoring)| *scoring).ok_or_else(|| {
        let known = NAMES.map(|(name, _)| name).join(", ");
        sentence::refused(path, key, name, &format!("{known} are"))
    })
}

/// What a user should know where several outputs, which a cross-encoder leaves as they are, are probabilities here.
pub(super) fn note(scoring: Option<Scoring>, classes: &Classes) -> Option<String> {
    (scoring == Some(Scoring::Identity) && classes.labels.len() > 1).then(|| {
        "the cross-encoder gives its outputs as they are (Identity); here each class has its probability, in the same order"
            .into()
    })
}

/// What is to be added to the `config.json` of a head of these classes, so that a cross-encoder's scores are the answers
/// here: nothing where they are by themselves.
pub(super) fn key(classes: &Classes) -> Option<Value> {
    let scoring = match classes {
        Classes { problem: Problem::Regression, .. } => Scoring::Identity,
        Classes { problem: Problem::MultiLabelClassification, .. } | Classes { sigmoid: true, .. } => Scoring::Sigmoid,
        _ => return None,
    };
    let name = NAMES.iter().find(|(_, known)| *known == scoring).map(|(name, _)| *name);
    Some(json!({ "sentence_transformers": { "activation_fn": name } }))
}
