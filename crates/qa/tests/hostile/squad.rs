//! SQuAD's JSON, and records of questions in JSON Lines: any bytes are questions whose answers stand where they are said
//! to, or a message.

use std::sync::LazyLock;

use burn::tensor::Device;
use cimiento_core::backbone::ShapeConfig;
use cimiento_core::objective::{Model, Objective, Task};
use cimiento_data::order;
use cimiento_data::records::{Format, Source, read};
use cimiento_data::tokenizer::Tokenizer;
use cimiento_qa::{Answer, Config, NullThreshold, Qa, Record, SpanHead, State};

use crate::scratch::Scratch;

const CONTEXT: usize = 24;

static ASKED: LazyLock<(Qa, Model<SpanHead>)> = LazyLock::new(|| {
    let text = "Who sold the mule? The miller of Ñandú sold the mule, the mill and the meal.";
    let tokenizer = Tokenizer::train(std::iter::once(text.to_string()), 290).unwrap();
    let [d_model, heads, layers, d_ff] = [Some(4), Some(2), Some(1), Some(4)];
    let shape = ShapeConfig { d_model, heads, layers, d_ff, context: CONTEXT, ..Default::default() };
    let shape = shape.resolve(tokenizer.vocab_size()).unwrap();
    // Never "no answer", so that there are answers to look at.
    let config = Config { null_threshold: NullThreshold::At(f64::INFINITY), stride_tokens: 5, ..Default::default() };
    let task = Qa::new(config, State::default(), tokenizer, CONTEXT);
    let (device, mut rng) = (Device::flex(), order::rng(0, 0, 0));
    let model = Model::of_text(shape.init(&mut rng, &device), task.head(&shape, &mut rng, &device));
    (task, model)
});

/// The first byte says how: `s` SQuAD's layout, `j` JSON with the layout to be found out, `l` JSON Lines, `c` CSV.
pub fn check(input: &[u8]) {
    let [how, bytes @ ..] = input else { return };
    let format = match how {
        b's' => Format::Squad,
        b'j' => Format::Json,
        b'l' => Format::Jsonl,
        b'c' => Format::Csv,
        _ => return,
    };
    let folder = Scratch::new("squad");
    let mut source = Source::new(folder.file("questions.json", bytes));
    source.format = (*how != b'j').then_some(format);
    let records = match read::<Record>(&source) {
        Ok(records) => records,
        Err(e) => return assert!(e.to_string().contains("questions.json"), "{e} does not name the file"),
    };
    let (task, model) = &*ASKED;
    let mut examples = Vec::new();
    for record in records {
        match record {
            Err(e) => assert!(e.to_string().contains("questions.json"), "{e} does not name the file"),
            Ok(located) => {
                for labelled in [true, false] {
                    match task.encode(&located.record, labelled) {
                        Ok(encoded) => examples.push(encoded.example),
                        Err(e) => assert!(!e.to_string().is_empty()),
                    }
                }
            }
        }
    }
    for example in &examples {
        for window in &example.windows {
            assert!(window.sequence.ids.len() <= CONTEXT && window.tokens.len() < CONTEXT);
        }
        // What is not in the passage is no answer to be learned.
        let found = example.references.iter().flatten().filter(|text| example.context.contains(text.trim())).count();
        assert!(found > 0 || example.references.as_ref().is_none_or(Vec::is_empty), "an answer that is not there");
        let _ = task.show(example);
    }
    let asked = &examples[..examples.len().min(4)];
    let answers = task.answer(model, asked, &Device::flex());
    let mut all = task.baselines(&examples, asked);
    all.push(("model".into(), answers));
    for (name, answers) in all {
        for (answer, example) in answers.iter().zip(asked) {
            stands(&name, answer, &example.context);
        }
        let labelled: Vec<usize> = (0..asked.len()).filter(|i| asked[*i].references.is_some()).collect();
        let answers: Vec<Answer> = labelled.iter().map(|i| answers[*i].clone()).collect();
        let examples: Vec<_> = labelled.iter().map(|i| asked[*i].clone()).collect();
        if !examples.is_empty() {
            for score in task.score(&answers, &examples).0 {
                assert!((0.0..=1.0).contains(&score.value), "{score:?}");
            }
        }
    }
}

/// An answer's text is the piece of the passage that it says it is.
fn stands(name: &str, answer: &Answer, context: &str) {
    match (answer.start, answer.end) {
        (Some(start), Some(end)) => {
            let piece: String = context.chars().skip(start).take(end - start).collect();
            assert_eq!(answer.text, piece, "{name}: not what stands at {start}..{end}");
        }
        _ => assert!(answer.text.is_empty(), "{name}: {answer:?} stands nowhere"),
    }
}
