//! Going on with the pretraining of a model: more text, another mix, another context length. Its shape and its tokenizer
//! stay what they are.

use cimiento_core::backbone::{BackboneConfig, ShapeConfig};
use cimiento_core::checkpoint::Checkpoint;
use cimiento_data::tokenizer::Tokenizer;
use miette::{IntoDiagnostic, Result, miette};
use toml::Table;

use crate::config::Pretrain;
use crate::diagnostic::Loaded;
use crate::session::Session;

/// Where a pretraining begins.
pub struct Origin {
    /// The model gone on from; `None` begins with fresh weights.
    pub start: Option<Checkpoint>,
    /// Its shape, with the context that the config gives; without a model what the config says for the vocabulary that it
    /// names, which a tokenizer from a file may exceed.
    pub shape: BackboneConfig,
}

impl Origin {
    /// That of a config.
    ///
    /// # Errors
    /// A model that is not there, or that the config contradicts.
    pub fn of(loaded: &Loaded<Pretrain>, session: &Session) -> Result<Self> {
        let config = &loaded.config;
        let Some(from) = &config.from else {
            let shape = config.backbone.resolve(config.tokenizer.vocab_size).into_diagnostic()?;
            return Ok(Self { start: None, shape });
        };
        let start = session.checkpoint(&from.run)?;
        let shape = shape(loaded, &start)?;
        config.batch.validate(shape.context).map_err(|why| {
            miette!(help = "backbone.context beside `from` gives the model a longer context", "{why}")
        })?;
        suits(config, &shape, &start.tokenizer().into_diagnostic()?)?;
        Ok(Self { start: Some(start), shape })
    }

    /// The model's tokenizer, if there is a model.
    pub fn tokenizer(&self) -> Result<Option<Tokenizer>> {
        self.start.as_ref().map(Checkpoint::tokenizer).transpose().into_diagnostic()
    }
}

/// The model's shape. What the config writes of it must agree; only the context may be another.
fn shape(loaded: &Loaded<Pretrain>, start: &Checkpoint) -> Result<BackboneConfig> {
    let (config, from) = (&loaded.config, &start.manifest().backbone);
    let run = start.folder().display();
    let document: Table = toml::from_str(&loaded.text).into_diagnostic()?;
    if document.contains_key("tokenizer") {
        return Err(miette!(
            help = "remove [tokenizer]",
            "tokenizer: a model goes on with its own tokenizer, here that of {run}"
        ));
    }
    let written = document.get("backbone").and_then(toml::Value::as_table).cloned().unwrap_or_default();
    let wanted = config.backbone.resolve(from.vocab_size).into_diagnostic()?;
    let ShapeConfig { preset: _, d_model, layers, heads, .. } = &config.backbone;
    let sizes = [
        ("preset", d_model.is_none().then_some((wanted.d_model, from.d_model))),
        ("preset", layers.is_none().then_some((wanted.layers, from.layers))),
        ("preset", heads.is_none().then_some((wanted.heads, from.heads))),
        ("d_model", Some((wanted.d_model, from.d_model))),
        ("layers", Some((wanted.layers, from.layers))),
        ("heads", Some((wanted.heads, from.heads))),
        ("kv_heads", Some((wanted.kv_heads, from.kv_heads))),
        ("head_dim", Some((wanted.head_dim, from.head_dim))),
        ("d_ff", Some((wanted.d_ff, from.d_ff))),
        ("tie_embeddings", Some((wanted.tie_embeddings.into(), from.tie_embeddings.into()))),
    ];
    let differs = |key: &str| {
        let sizes = sizes.iter().any(|(name, pair)| *name == key && pair.is_some_and(|(a, b)| a != b));
        sizes || key == "rope_theta" && wanted.rope_theta != from.rope_theta
    };
    if let Some((key, value)) = written.iter().find(|(key, _)| differs(key)) {
        return Err(miette!(
            help = "remove it: `from` gives the shape, of which only backbone.context may be another",
            "backbone.{key} = {value} is not the shape of {run}, which has d_model {}, {} layers, {} heads ({} for keys and \
             values) of {}, d_ff {}, rope_theta {}, tie_embeddings {}",
            from.d_model,
            from.layers,
            from.heads,
            from.kv_heads,
            from.head_dim,
            from.d_ff,
            from.rope_theta,
            from.tie_embeddings
        ));
    }
    let context = if written.contains_key("context") { config.backbone.context } else { from.context };
    Ok(BackboneConfig { context, ..from.clone() })
}

/// Refuses an objective that the model cannot learn.
fn suits(config: &Pretrain, shape: &BackboneConfig, tokenizer: &Tokenizer) -> Result<()> {
    let run = config.from.as_ref().map_or("", |from| from.run.as_str());
    let mix = &config.objective;
    if !shape.writes() {
        return Err(miette!(
            help = "name a model that `cimiento generate` can use; an encoder can be fine-tuned for a task",
            "from.run: {run} is an encoder, which pretraining has no objective for"
        ));
    }
    let only_causal = "objective = { masked = 0, causal = 1, prefix = 0 }";
    if shape.causal && (mix.masked > 0.0 || mix.prefix > 0.0) {
        return Err(miette!(
            help = only_causal,
            "objective: {run} only ever looks back, so it can learn from causal rows alone"
        ));
    }
    let special = tokenizer.special();
    if mix.masked > 0.0 && special.mask == special.eos {
        return Err(miette!(
            help = only_causal,
            "objective.masked = {}: the tokenizer of {run} has no mask token to hide others behind",
            mix.masked
        ));
    }
    Ok(())
}
