use std::collections::BTreeMap;

use burn::module::Module;
use burn::tensor::{Device, Tensor, activation};
use cimiento_core::backbone::{BackboneConfig, Pooling, Preset, ShapeConfig};
use cimiento_core::embed::{EmbedConfig, Embedder, PoolingMode};
use cimiento_core::objective::{Model, Objective, Task};
use cimiento_core::optimizer::{Method, Optimizer, OptimizerConfig};
use cimiento_core::params;
use cimiento_data::encode::EncodeError;
use cimiento_data::order;
use cimiento_data::tokenizer::Tokenizer;

use crate::{Answer, Classifier, Config, Example, Gold, Label, Record, Sentiment, State};

mod targets;

const REVIEWS: [(&str, &str); 8] = [
    ("The bread was fresh and the baker was kind.", "good"),
    ("A warm inn with a fine fire.", "good"),
    ("The mill runs well and the flour is clean.", "good"),
    ("I liked the fair, loud as it was.", "good"),
    ("The bread was stale and the baker was rude.", "bad"),
    ("A cold inn with no fire.", "bad"),
    ("The mill stands still.", "bad"),
    ("Nobody liked the fair.", "mixed"),
];

fn record(text: &str, label: &str) -> Record {
    Record { text: text.into(), text_pair: None, label: Some(label.into()) }
}

fn reviews() -> Vec<Record> {
    REVIEWS.iter().map(|(text, label)| record(text, label)).collect()
}

fn task_tokenizer() -> Tokenizer {
    Tokenizer::train(REVIEWS.iter().map(|(text, _)| text.to_string()), 320).unwrap()
}

fn task_with(config: Config, context: usize) -> (Sentiment, BackboneConfig) {
    let tokenizer = task_tokenizer();
    let shape = ShapeConfig { preset: Preset::Micro, context, ..Default::default() };
    let shape = shape.resolve(tokenizer.vocab_size()).unwrap();
    let state = Sentiment::survey(&config, &reviews()).unwrap();
    (Sentiment::new(config, state, tokenizer, context), shape)
}

fn examples(task: &Sentiment) -> Vec<Example> {
    reviews().iter().map(|record| task.encode(record, true).unwrap().example).collect()
}

fn fresh(task: &Sentiment, shape: &BackboneConfig, device: &Device) -> Model<Classifier> {
    let mut rng = order::rng(3, 0, 0);
    Model::of_text(shape.init(&mut rng, device), task.head(shape, &mut rng, device))
}

fn class(answer: &Answer) -> (&str, &BTreeMap<String, f64>) {
    let Answer::Class { label, probabilities } = answer else { panic!("no class: {answer:?}") };
    (label, probabilities)
}

fn close(a: &Answer, b: &Answer) {
    assert_eq!(class(a).0, class(b).0);
    for (label, p) in class(a).1 {
        assert!((p - class(b).1[label]).abs() < 1e-5, "{a:?} {b:?}");
    }
}

#[test]
fn labels_come_from_the_records_in_order() {
    let state = Sentiment::survey(&Config::default(), &reviews()).unwrap();
    assert_eq!(
        state,
        State { labels: ["bad", "good", "mixed"].map(String::from).into(), pairs: Some(false), ..State::default() }
    );
    assert_eq!(Sentiment::learned_pairs(&state), Some(false));
    let pairs = reviews().into_iter().map(|record| Record { text_pair: Some("and?".into()), ..record });
    let state = Sentiment::survey(&Config::default(), &pairs.collect::<Vec<_>>()).unwrap();
    assert_eq!(Sentiment::learned_pairs(&state), Some(true));
    let unlabelled = [Record { text: "x".into(), text_pair: None, label: None }];
    let error = Sentiment::survey(&Config::default(), &unlabelled).unwrap_err();
    assert_eq!(error, EncodeError::Unlabelled { what: "label" });
    let error = Sentiment::survey(&Config::default(), &reviews()[..4]).unwrap_err();
    assert_eq!(error, EncodeError::SingleClass { label: "good".into() });
}

#[test]
fn a_text_follows_bos_and_is_cut_at_its_end() {
    let (task, _) = task_with(Config { max_tokens: 6, ..Default::default() }, 64);
    let (whole, _) = task_with(Config::default(), 64);
    let tokenizer = Tokenizer::train(REVIEWS.iter().map(|(text, _)| text.to_string()), 320).unwrap();
    let text = "Brot 🌾 [mask]";
    let ids = tokenizer.encode(text);
    let encoded = whole.encode(&record(&format!(" {text}\n"), "good"), true).unwrap();
    let special = tokenizer.special();
    assert_eq!(encoded.example.sequence.ids, [vec![special.bos], ids.clone()].concat());
    assert!(!encoded.truncated);
    let cut = task.encode(&record(text, "good"), true).unwrap();
    assert_eq!(cut.example.sequence.ids, [&[special.bos][..], &ids[..5]].concat());
    assert!(cut.truncated);
}

#[test]
fn records_that_cannot_be_used_say_why() {
    let (task, _) = task_with(Config::default(), 64);
    let check = |record: Record, labelled, expected: Result<Option<Gold>, EncodeError>| {
        assert_eq!(task.encode(&record, labelled).map(|encoded| encoded.example.gold), expected);
    };
    check(record("x", "good"), true, Ok(Some(Gold::Class(1))));
    check(record("x", "ugly"), false, Ok(None));
    check(Record { text: "x".into(), text_pair: None, label: None }, false, Ok(None));
    check(
        Record { text: "x".into(), text_pair: None, label: None },
        true,
        Err(EncodeError::Unlabelled { what: "label" }),
    );
    check(record("x", ""), true, Err(EncodeError::Unlabelled { what: "label" }));
    check(record(" \n", "good"), true, Err(EncodeError::Empty { what: "text" }));
    let known = vec!["bad".into(), "good".into(), "mixed".into()];
    check(record("x", "ugly"), true, Err(EncodeError::UnknownLabel { label: "ugly".into(), known }));
    let error = task.encode(&record("x", "Good\u{200b}"), true).unwrap_err().to_string();
    assert!(error.contains("though \"good\" was"), "{error}");
    let (narrow, _) = task_with(Config::default(), 1);
    let error = narrow.encode(&record("bread", "good"), true).unwrap_err();
    assert!(matches!(error, EncodeError::TooLong { what: "text", room: 0, .. }), "{error:?}");
}

#[test]
fn settings_that_make_no_sense_are_named() {
    let error = |config: Config| Sentiment::validate(&config).unwrap_err();
    assert!(error(Config { max_tokens: 1, ..Default::default() }).contains("max_tokens = 1"));
    assert!(error(Config { label_smoothing: 1.0, ..Default::default() }).contains("label_smoothing = 1"));
    assert!(error(Config { label_smoothing: f64::NAN, ..Default::default() }).contains("label_smoothing"));
    assert_eq!(Sentiment::validate(&Config::default()), Ok(()));
}

#[test]
fn batch_mates_do_not_change_an_answer() {
    [None, Some(Pooling::Mean)].into_iter().for_each(batch_mates_do_not_change_an_answer_of);
}

fn batch_mates_do_not_change_an_answer_of(pooling: Option<Pooling>) {
    let device = Device::flex();
    let (task, shape) = task_with(Config { pooling, ..Default::default() }, 64);
    let model = fresh(&task, &shape, &device);
    let examples = examples(&task);
    let together = task.answer(&model, &examples, &device);
    for (example, answer) in examples.iter().zip(&together) {
        close(&task.answer(&model, std::slice::from_ref(example), &device)[0], answer);
    }
    // More than one forward's worth, still in order.
    let many: Vec<Example> = examples.iter().cycle().take(400).cloned().collect();
    assert!(many.iter().map(|e| e.sequence.ids.len()).sum::<usize>() > 4096);
    let answers = task.answer(&model, &many, &device);
    assert_eq!(answers.len(), many.len());
    answers.iter().enumerate().for_each(|(i, answer)| close(answer, &together[i % 8]));
}

#[test]
fn the_state_that_is_classified_is_the_one_that_embeddings_are_made_of() {
    let device = Device::flex();
    for (pooling, mode) in
        [(Pooling::First, PoolingMode::First), (Pooling::Last, PoolingMode::Last), (Pooling::Mean, PoolingMode::Mean)]
    {
        let (task, shape) = task_with(Config { pooling: Some(pooling), ..Default::default() }, 64);
        let model = fresh(&task, &shape, &device);
        let texts = REVIEWS.map(|(text, _)| text);
        let config = EmbedConfig { pooling: vec![mode], steps: Vec::new(), ..EmbedConfig::default() };
        let tokenizer = task_tokenizer();
        let embedder = Embedder { backbone: &model.backbone, tokenizer: &tokenizer, config: &config, dense: &[] };
        let (vectors, _) = embedder.embed(&texts, "");
        for (answer, vector) in task.answer(&model, &examples(&task), &device).iter().zip(vectors) {
            let state = Tensor::<1>::from_floats(vector.as_slice(), &device).unsqueeze::<2>();
            let odds = activation::softmax(model.head.forward(state), 1).into_data().iter::<f64>().collect::<Vec<_>>();
            for (p, expected) in class(answer).1.values().zip(odds) {
                assert!((p - expected).abs() < 1e-5, "{pooling:?}: {p} {expected}");
            }
        }
    }
}

#[test]
fn perfect_answers_score_one_and_the_majority_is_a_baseline() {
    let (task, _) = task_with(Config::default(), 64);
    let examples = examples(&task);
    let perfect: Vec<Answer> = REVIEWS
        .iter()
        .map(|(_, gold)| Answer::Class {
            label: gold.to_string(),
            probabilities: ["bad", "good", "mixed"].map(|l| (l.to_string(), f64::from(l == *gold))).into(),
        })
        .collect();
    let scores = task.score(&perfect, &examples);
    let value = |metric: &str| scores.get(metric).unwrap().value;
    for (metric, expected) in [("accuracy", 1.0), ("macro_f1", 1.0), ("mcc", 1.0), ("ece", 0.0)] {
        assert!((value(metric) - expected).abs() < 1e-12, "{metric}");
    }

    let (name, answers) = task.baselines(&examples, &examples[..2]).remove(0);
    assert_eq!((name.as_str(), answers.len(), class(&answers[0]).0), ("majority", 2, "good"));
    assert!((class(&answers[0]).1["bad"] - 3.0 / 8.0).abs() < 1e-12);
    assert_eq!(task.score(&answers, &examples[..2]).get("accuracy").unwrap().value, 1.0);
    assert_eq!(task.show(&examples[5]), ("A cold inn with no fire.".into(), "bad".into()));
}

#[test]
fn the_majority_is_calibrated_to_the_last_digit() {
    let (task, _) = task_with(Config::default(), 64);
    let known = examples(&task);
    let of = |class: usize| known.iter().find(|example| example.gold == Some(Gold::Class(class))).unwrap().clone();
    let many = |counts: [usize; 3]| -> Vec<Example> {
        (0..3).flat_map(|class| std::iter::repeat_n(of(class), counts[class])).collect()
    };
    // numpy: p = np.bincount(train) / len(train); abs((test == p.argmax()).mean() - p.max())
    for (counts, test, ece) in
        [([400, 400, 0], [400, 400, 0], 0.0), ([7, 7, 7], [5, 5, 5], 0.0), ([700, 100, 200], [30, 40, 30], 0.4)]
    {
        let (train, test) = (many(counts), many(test));
        let (name, answers) = task.baselines(&train, &test).remove(0);
        let scores = task.score(&answers, &test);
        let found = scores.get("ece").unwrap().value;
        // Of equal halves it is 0, not nearly so.
        assert!(counts != [400, 400, 0] || found == 0.0, "{found}");
        assert!(name == "majority" && (found - ece).abs() < 2e-15, "{counts:?}: {found}");
    }
}

#[test]
fn the_head_is_named_and_shaped_as_transformers_expects() {
    let (task, shape) = task_with(Config::default(), 64);
    let head = params::weights(&task.head(&shape, &mut order::rng(0, 0, 0), &Device::flex()));
    let tensors: Vec<_> = head.iter().map(|(name, data)| (name.as_str(), data.shape().to_vec())).collect();
    assert_eq!(tensors, [("score.weight", vec![3, 64])]);
}

#[test]
fn it_learns_eight_examples_by_heart() {
    [None, Some(Pooling::Mean)].into_iter().for_each(it_learns_eight_examples_by);
}

fn it_learns_eight_examples_by(pooling: Option<Pooling>) {
    let device = Device::flex().autodiff();
    let (task, shape) = task_with(Config { pooling, ..Default::default() }, 64);
    let mut model = fresh(&task, &shape, &device);
    let examples = examples(&task);
    let mut optimizer =
        Optimizer::new(OptimizerConfig { method: Method::AdamW, lr: 3e-3, weight_decay: 0.0, ..Default::default() });
    for step in 0..40 {
        let batch = task.collate(&examples, 0.0, &mut order::rng(0, step, 1), &device);
        assert_eq!(task.targets(&batch), 8);
        assert_eq!(task.tokens(&batch), examples.iter().map(|e| e.sequence.ids.len()).sum::<usize>());
        let grads = params::gradients(&model, &mut task.loss(&model, &batch).div_scalar(8.0).backward());
        model = optimizer.step(model, grads, 1.0, 1.0);
    }
    let answers = task.answer(&model.valid(), &examples, &Device::flex());
    let labels: Vec<&str> = answers.iter().map(|answer| class(answer).0).collect();
    assert_eq!(labels, REVIEWS.map(|(_, label)| label));
    assert!(task.score(&answers, &examples).get("ece").unwrap().value < 0.2);
}

#[test]
fn two_texts_are_put_together_and_the_longer_one_is_cut() {
    let (task, _) = task_with(Config::default(), 64);
    let (tokenizer, special) = (task_tokenizer(), task_tokenizer().special());
    let encode =
        |pair: &str| task.encode(&Record { text: " a day ".into(), text_pair: Some(pair.into()), label: None }, false);
    let both = encode("good").unwrap();
    let parts = [vec![special.bos], tokenizer.encode("a day"), vec![special.sep], tokenizer.encode("good")];
    assert_eq!((both.example.sequence.ids, both.truncated), (parts.concat(), false));
    assert_eq!(both.example.text, "a day\n\ngood");
    let long = encode(&"good ".repeat(200)).unwrap();
    assert!(long.truncated && long.example.sequence.ids.len() == 64);
    assert_eq!(long.example.sequence.ids[..parts[1].len() + 2], parts[..3].concat());
    assert_eq!(encode(" ").unwrap_err(), EncodeError::Empty { what: "text_pair" });
}
