//! The model card: a README whose head the hub reads.

use std::fmt::Write;

use serde_json::Value;

use super::class::{Class, Classes, Problem};
use super::exported::Export;

/// The text of the card.
pub(super) fn text(export: &Export, config: &Value) -> String {
    let manifest = export.checkpoint.manifest();
    let class = config["architectures"][0].as_str().unwrap_or_default();
    let pipeline = match export.class {
        Class::Base => "feature-extraction",
        Class::CausalLm => "text-generation",
        Class::SequenceClassification(_) => "text-classification",
        Class::QuestionAnswering => "question-answering",
    };
    let mut text = format!(
        "---\nlibrary_name: transformers\npipeline_tag: {pipeline}\ntags:\n- cimiento\n---\n\n# {}\n\n",
        export.name
    );
    // A map in alphabetical order: what a reader looks for comes first here.
    let shape = &manifest.backbone;
    let _ = writeln!(
        text,
        "A {} model with {} parameters: {} layers, d_model {}, {} heads, context {}, {} tokens in the vocabulary. \
         Exported by Cimiento.\n",
        manifest.kind, manifest.parameters, shape.layers, shape.d_model, shape.heads, shape.context, shape.vocab_size
    );
    match &manifest.origin {
        Some(origin) => {
            let _ = writeln!(text, "Its weights come from {origin}.\n");
        }
        None => {
            let progress = &manifest.progress;
            let _ = writeln!(text, "Trained for {} steps on {} tokens.\n", progress.step, progress.tokens);
        }
    }
    let _ = writeln!(text, "## Use\n\n```python\n{}```\n", usage(&export.class, class));
    if !export.notes.is_empty() {
        text.push_str("## What to know\n\n");
        export.notes.iter().for_each(|note| {
            let _ = writeln!(text, "- {note}");
        });
        text.push('\n');
    }
    if !manifest.scores.0.is_empty() {
        text.push_str(
            "## Scores on its validation data\n\n| Metric | Value | 95 % interval | n |\n|---|---|---|---|\n",
        );
        for score in &manifest.scores.0 {
            let _ = writeln!(
                text,
                "| {} | {:.4} | [{:.4}, {:.4}] | {} |",
                score.metric, score.value, score.low, score.high, score.n
            );
        }
    }
    text
}

/// How to load and ask it.
fn usage(class: &Class, class_name: &str) -> String {
    let load = format!(
        "from transformers import AutoTokenizer, {class_name}\n\n\
         tokenizer = AutoTokenizer.from_pretrained(\".\")\nmodel = {class_name}.from_pretrained(\".\").eval()\n"
    );
    let ask = match class {
        Class::Base => "states = model(**tokenizer(\"A text.\", return_tensors=\"pt\")).last_hidden_state\n",
        Class::CausalLm => {
            "ids = tokenizer(\"Once\", return_tensors=\"pt\")\n\
             print(tokenizer.decode(model.generate(**ids, max_new_tokens=40)[0]))\n"
        }
        Class::SequenceClassification(Classes { problem: Problem::Regression, .. }) => {
            "ids = tokenizer(\"A text.\", return_tensors=\"pt\")\nprint(float(model(**ids).logits))\n"
        }
        Class::SequenceClassification(Classes { problem: Problem::MultiLabelClassification, .. }) => {
            "ids = tokenizer(\"A text.\", return_tensors=\"pt\")\n\
             for label, probability in zip(model.config.id2label.values(), model(**ids).logits.sigmoid()[0]):\n    \
             print(label, float(probability))\n"
        }
        Class::SequenceClassification(_) => {
            "ids = tokenizer(\"A text.\", return_tensors=\"pt\")\n\
             print(model.config.id2label[int(model(**ids).logits.argmax())])\n"
        }
        Class::QuestionAnswering => {
            "ids = tokenizer(\"Who?\", \"A passage.\", return_tensors=\"pt\")\n\
             out = model(**ids)  # the token that begins the answer, and the one that ends it; both 0: no answer\n\
             print(int(out.start_logits.argmax()), int(out.end_logits.argmax()))\n"
        }
    };
    load + ask
}
