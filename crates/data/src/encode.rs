//! What becomes of a record on its way to an example.

use crate::content::Remark;
use crate::quality::classes::folded;

/// A record that cannot become an example.
#[derive(thiserror::Error, Debug, Clone, PartialEq)]
pub enum EncodeError {
    /// The record lacks what training or scoring needs.
    #[error(
        "no {what}: training and scoring need one (if a column holds it, name it: fields = {{ {} = \"COLUMN\" }})",
        what.split(' ').next().unwrap_or(what)
    )]
    Unlabelled {
        /// What is missing.
        what: &'static str,
    },
    /// A label the head was not built for.
    #[error("label {label:?} was not seen in training{}: the labels are {}", alike(label, known), some(known))]
    UnknownLabel {
        /// The label found.
        label: String,
        /// Those of training.
        known: Vec<String>,
    },
    /// A target of another kind than the settings say.
    #[error("{why}")]
    Target {
        /// What it is, and what to do.
        why: String,
    },
    /// A span target that is not where it should be. Counted, and an error past a limit.
    #[error("the answer {answer:?} does not occur in its passage")]
    Misaligned {
        /// The answer looked for.
        answer: String,
    },
    /// Two texts for a model whose tokenizer sets nothing between them.
    #[error(
        "text_pair: the tokenizer of this model has no template for two texts; join them in `text` as the model was trained \
         on them"
    )]
    Pair,
    /// Nothing to learn from.
    #[error("the {what} is empty")]
    Empty {
        /// Which text.
        what: &'static str,
    },
    /// Nothing to tell apart.
    #[error(
        "all records have the label {label:?}: a classifier needs at least two (name the column of labels in `fields`, or give \
         records of another class)"
    )]
    SingleClass {
        /// The only label.
        label: String,
    },
    /// Nothing to learn.
    #[error(
        "all records have the same {what}, {value}: there is nothing to learn (name the column that holds it in `fields`, or give \
         records that differ in it)"
    )]
    Constant {
        /// What is the same.
        what: &'static str,
        /// Its value.
        value: String,
    },
    /// The text leaves no room for what must stand beside it.
    #[error("{what} has {tokens} tokens, more than the {room} that the context leaves for it")]
    TooLong {
        /// Which text.
        what: &'static str,
        /// Its length.
        tokens: usize,
        /// What would fit.
        room: usize,
    },
}

/// A label that is nearly the same as one that is not known.
fn alike(label: &str, known: &[String]) -> String {
    let same = known.iter().find(|known| folded(known) == folded(label));
    same.map_or_else(String::new, |same| {
        format!(", though {same:?} was (`values` beside `path` says what a name means)")
    })
}

/// The first of many names, each cut short: a column taken for another may hold whole texts.
fn some(names: &[String]) -> String {
    const SHOWN: usize = 20;
    const CHARACTERS: usize = 40;
    let short = |name: &String| match name.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.clone(),
    };
    let mut shown: Vec<String> = names.iter().take(SHOWN).map(short).collect();
    if names.len() > SHOWN {
        shown.push(format!("… ({} in all)", names.len()));
    }
    shown.join(", ")
}

/// An example, and what is odd about it.
#[derive(Clone, Debug)]
pub struct Encoded<E> {
    /// The example.
    pub example: E,
    /// Whether some of the text was cut off.
    pub truncated: bool,
    /// What only encoding finds out: limits of the settings that the record exceeds, say. Empty for most.
    pub remarks: Vec<Remark>,
}
