//! Arguments of `generate`.

use std::path::PathBuf;

use clap::{ArgGroup, Args};

/// `generate`.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("said").args(["chat", "messages"]))]
pub struct Generate {
    /// A run under the runs folder, or the path of a run or checkpoint
    pub run: String,
    /// The text to continue; it is not repeated
    #[arg(long, value_name = "TEXT", default_value = "", conflicts_with = "said")]
    pub prompt: String,
    /// Read the names of special tokens in the prompt as these tokens
    #[arg(long, conflicts_with = "said")]
    pub parse_special: bool,
    /// Say this to a model that has a chat template, instead of continuing a prompt
    #[arg(long, value_name = "TEXT")]
    pub chat: Option<String>,
    /// What the model is told to be, before what is said
    #[arg(long, value_name = "TEXT", requires = "chat")]
    pub system: Option<String>,
    /// Answer a conversation of several turns: JSON, a list of {"role": …, "content": …}, or JSON Lines, a message a line
    #[arg(long, value_name = "FILE", conflicts_with = "chat")]
    pub messages: Option<PathBuf>,
    /// Functions that the model may call: JSON, a list of descriptions as the chat template knows them
    #[arg(long, value_name = "FILE", requires = "said")]
    pub tools: Option<PathBuf>,
    /// Another chat template: the name of one that came with the model, or a file
    #[arg(long, value_name = "NAME|FILE", requires = "said")]
    pub chat_template: Option<String>,
    /// Tokens written at most
    #[arg(long, value_name = "N")]
    pub max_tokens: Option<usize>,
    /// Draw by probability: below 1 sharpens, above 1 flattens; 0 is --greedy
    #[arg(long, value_name = "T", allow_negative_numbers = true)]
    pub temperature: Option<f64>,
    /// Draw from this many of the likeliest tokens; 0 takes all
    #[arg(long, value_name = "K")]
    pub top_k: Option<usize>,
    /// Draw from the fewest tokens whose probabilities reach this sum
    #[arg(long, value_name = "P")]
    pub top_p: Option<f64>,
    /// Leave out tokens less likely than this share of the likeliest one's probability
    #[arg(long, value_name = "P")]
    pub min_p: Option<f64>,
    /// Search the likeliest text with a beam of this width
    #[arg(long, value_name = "WIDTH", conflicts_with_all = ["temperature", "top_k", "top_p", "min_p", "greedy", "logprobs"])]
    pub beam: Option<usize>,
    /// Favour longer (above 0) or shorter texts in a beam
    #[arg(long, value_name = "POWER", requires = "beam", allow_negative_numbers = true)]
    pub length_penalty: Option<f64>,
    /// Take the likeliest token each time
    #[arg(long, conflicts_with_all = ["temperature", "top_k", "top_p", "min_p"])]
    pub greedy: bool,
    /// Make tokens that were read or written less likely: above 1
    #[arg(long, value_name = "R")]
    pub repetition_penalty: Option<f64>,
    /// Write no run of this many tokens twice, those of the prompt counted
    #[arg(long, value_name = "N")]
    pub no_repeat_ngram: Option<usize>,
    /// End before this string; may be given several times
    #[arg(long, value_name = "TEXT")]
    pub stop: Vec<String>,
    /// Print one JSON object: the text, and each token's log-probability with the N likeliest in its place
    #[arg(long, value_name = "N")]
    pub logprobs: Option<usize>,
}
