//! `bench`.

use cimiento_core::backbone::Preset;
use cimiento_core::device::Precision;
use clap::Args;

use super::named;

/// `bench`.
#[derive(Args, Debug)]
pub struct Bench {
    /// The size to start from: micro, nano, tiny, small or base
    #[arg(long, default_value = "nano", value_parser = named::<Preset>)]
    pub preset: Preset,
    /// Width of the residual stream, instead of the preset's
    #[arg(long, value_name = "N")]
    pub d_model: Option<usize>,
    /// Number of layers
    #[arg(long, value_name = "N")]
    pub layers: Option<usize>,
    /// Number of query heads
    #[arg(long, value_name = "N")]
    pub heads: Option<usize>,
    /// Number of key/value heads
    #[arg(long, value_name = "N")]
    pub kv_heads: Option<usize>,
    /// Inner width of the feed-forward
    #[arg(long, value_name = "N")]
    pub ff: Option<usize>,
    /// Tokens in the vocabulary
    #[arg(long, value_name = "N")]
    pub vocab: Option<usize>,
    /// Rows a step
    #[arg(long, value_name = "N")]
    pub batch: Option<usize>,
    /// Tokens a row
    #[arg(long, value_name = "N")]
    pub seq: Option<usize>,
    /// Share of the positions with a target, as in masked training
    #[arg(long, value_name = "SHARE", default_value_t = 1.0)]
    pub targets: f64,
    /// Learn the ends of a span instead of the next token: fine-tuning, without the vocabulary projection
    #[arg(long, conflicts_with = "targets")]
    pub span: bool,
    /// Measure reading and writing with the weights of this run instead of training
    #[arg(long, value_name = "RUN", conflicts_with_all = ["preset", "targets", "span", "steps", "vocab", "batch", "seq"])]
    pub run: Option<String>,
    /// What the products of training steps are made with: f32 or bf16
    #[arg(long, default_value = "f32", value_parser = named::<Precision>, conflicts_with = "run")]
    pub precision: Precision,
    /// Steps that are timed
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..))]
    pub steps: u64,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}
