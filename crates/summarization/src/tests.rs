use burn::module::Module;
use burn::tensor::Device;
use cimiento_core::backbone::{BackboneConfig, Preset, ShapeConfig};
use cimiento_core::generate::{BeamConfig, GenerateConfig, SampleConfig, Strategy};
use cimiento_core::heads::write::Example;
use cimiento_core::objective::{Model, NoHead, Objective, Task};
use cimiento_core::optimizer::{Method, Optimizer, OptimizerConfig};
use cimiento_core::params;
use cimiento_core::tokens::Attend;
use cimiento_data::encode::EncodeError;
use cimiento_data::order;
use cimiento_data::tokenizer::Tokenizer;

use crate::rouge::Tokens;
use crate::{Answer, Config, Record, Summarization};

const CHRONICLE: [(&str, &str); 8] = [
    ("On Monday a storm broke the mill. Nobody was hurt, but flour is dear.", "A storm broke the mill."),
    ("Ada found a lost mule by the river and led it home.", "Ada found a mule."),
    ("The fair was held in the rain. Tom sold all his nets.", "Tom sold nets at the fair."),
    ("For a week the inn had no bread. The baker had a fever.", "The baker was ill."),
    ("Bees left their hive and settled on the church.", "Bees settled on the church."),
    ("The quay was mended by three masons from the hills.", "Masons mended the quay."),
    ("A ñandú was seen near the well at noon. It ran away.", "A ñandú was seen."),
    ("The king came by, ate a pear, and left without a word.", "The king ate a pear."),
];

fn record(document: &str, summaries: &[&str]) -> Record {
    let summary = summaries.iter().map(|summary| summary.to_string()).collect();
    Record { document: document.into(), summary, references: vec![] }
}

fn tokenizer() -> Tokenizer {
    Tokenizer::train(CHRONICLE.iter().flat_map(|(document, summary)| [document.to_string(), summary.to_string()]), 420)
        .unwrap()
}

fn task_with(config: Config, context: usize) -> (Summarization, BackboneConfig) {
    let tokenizer = tokenizer();
    let shape = ShapeConfig { preset: Preset::Micro, context, ..Default::default() };
    let shape = shape.resolve(tokenizer.vocab_size()).unwrap();
    (Summarization::new(config, (), tokenizer, context), shape)
}

fn short(strategy: Strategy) -> Config {
    let generation = GenerateConfig { max_tokens: 12, strategy, ..Default::default() };
    Config { generation, label_smoothing: 0.0, ..Default::default() }
}

fn examples(task: &Summarization) -> Vec<Example> {
    let encode = |(document, summary): &(&str, &str)| task.encode(&record(document, &[summary]), true);
    CHRONICLE.iter().map(|pair| encode(pair).unwrap().example).collect()
}

fn fresh(shape: &BackboneConfig, device: &Device) -> Model<NoHead> {
    Model::of_text(shape.init(&mut order::rng(3, 0, 0), device), NoHead::default())
}

fn host(tensor: burn::tensor::Tensor<1, burn::tensor::Int>) -> Vec<i64> {
    tensor.into_data().iter::<i64>().collect()
}

#[test]
fn a_prompt_is_the_document_between_bos_and_sep() {
    let (task, _) = task_with(Config::default(), 256);
    let (tokenizer, special) = (tokenizer(), tokenizer().special());
    let encoded = task.encode(&record(" The mill. ", &["Mill", "A mill."]), true).unwrap();
    let document = tokenizer.encode("The mill.");
    let example = &encoded.example;
    assert_eq!(example.prompt.ids, [vec![special.bos], document.clone(), vec![special.sep]].concat());
    assert_eq!(example.prompt.attend, Attend::Prefix(document.len() + 2));
    let ended = |text: &str| [tokenizer.encode(text), vec![special.eos]].concat();
    assert_eq!((&example.targets, encoded.truncated), (&vec![ended("Mill"), ended("A mill.")], false));
}

#[test]
fn long_texts_are_cut_to_the_context_and_it_is_said() {
    let (task, _) = task_with(Config { max_summary_tokens: 8, ..Default::default() }, 32);
    let long = CHRONICLE[0].0.repeat(9);
    let encoded = task.encode(&record(&long, &["Short."]), true).unwrap();
    assert_eq!((encoded.example.prompt.ids.len(), encoded.truncated), (32 - 8 - 1, true));
    let cut = task.encode(&record("Mill.", &[&long]), true).unwrap();
    let target = &cut.example.targets[0];
    assert_eq!((target.len(), target.contains(&tokenizer().special().eos), cut.truncated), (8, false, true));
    let (narrow, _) = task_with(Config { max_document_tokens: 4, ..Default::default() }, 256);
    assert_eq!(narrow.encode(&record(&long, &[]), false).unwrap().example.prompt.ids.len(), 6);
    let (tiny, _) = task_with(Config::default(), 4);
    assert!(matches!(tiny.encode(&record("Mill.", &["x"]), true), Err(EncodeError::TooLong { room: 0, .. })));
}

/// What is remarked of a document and its summaries, and the limit that it would need.
fn remarked(config: &Config, summaries: &[&str]) -> Vec<(&'static str, Option<usize>)> {
    let (task, _) = task_with(config.clone(), 64);
    let remarks = task.encode(&record(CHRONICLE[0].0, summaries), true).unwrap().remarks;
    remarks.into_iter().map(|remark| (remark.what, remark.needs)).collect()
}

#[test]
fn summaries_that_limits_cut_are_remarked() {
    let long = CHRONICLE[1].1;
    let length = tokenizer().encode(long).len();
    let short = |max_tokens| Config {
        max_summary_tokens: length,
        generation: GenerateConfig { max_tokens, ..Default::default() },
        ..Default::default()
    };
    assert_eq!(remarked(&short(length), &[long]), []);
    let what = "have a summary longer than the longest that is written";
    assert_eq!(remarked(&short(length - 1), &[long]), [(what, Some(length))]);
    // One of several that can be written is enough, and nothing is written where sentences are quoted.
    assert_eq!(remarked(&short(length - 1), &[long, "A."]), []);
    assert_eq!(remarked(&Config { quote: 1, ..short(length - 1) }, &[long]), []);
    let learned = Config { max_summary_tokens: length - 1, ..short(length) };
    assert_eq!(remarked(&learned, &[long]), [("have a summary of which only the beginning is learned", Some(length))]);
    let room = Config { max_summary_tokens: 8, quote: 0, ..short(64) };
    assert_eq!(
        remarked(&room, &["A."]),
        [("leave a summary less room in the context than generation.max_tokens", Some(64))]
    );
}

#[test]
fn summaries_that_rouge_does_not_see_are_remarked_and_choose_no_weights() {
    let with = |rouge_tokens| Config { rouge_tokens, max_summary_tokens: 30, ..short(Strategy::Greedy) };
    let seen = |tokens, summary| remarked(&Config { quote: 1, ..with(tokens) }, &[summary]).len();
    for (summary, expected) in [("天气很好。", 1), ("El niño comió aquí.", 1), ("A mill.", 0)] {
        assert_eq!((seen(Tokens::Official, summary), seen(Tokens::Words, summary)), (expected, 0), "{summary}");
    }
    let suits = |tokens, summaries: [&str; 3], chooses| {
        let (task, _) = task_with(with(tokens), 64);
        let examples = summaries.map(|summary| task.encode(&record("Mill.", &[summary]), true).unwrap().example);
        task.suit_validation(&examples, chooses)
    };
    let blind = ["天气很好", "Тепло", "A mill."];
    let why = suits(Tokens::Official, blind, true).unwrap_err();
    assert!(why.contains("task.summarization.rouge_tokens") && why.contains("2 of 3"), "{why}");
    for (tokens, summaries, chooses) in [
        (Tokens::Official, blind, false),
        (Tokens::Words, blind, true),
        (Tokens::Official, ["天气很好", "A fair.", "A mill."], true),
    ] {
        assert_eq!(suits(tokens, summaries, chooses), Ok(()));
    }
}

#[test]
fn settings_of_writing_do_nothing_where_sentences_are_quoted() {
    assert_eq!(Summarization::unused(&Config::default()), None);
    assert_eq!(Summarization::unused(&Config { quote: 2, ..Default::default() }).unwrap().0, "generation");
}

#[test]
fn sentences_of_other_scripts_are_quoted_as_they_stand() {
    let (task, shape) = task_with(Config { quote: 2, ..Default::default() }, 256);
    let model = fresh(&shape, &Device::flex());
    for document in ["今天天气很好。我们去公园散步。", "आज मौसम अच्छा है। हम बाग में गए।"]
    {
        let example = task.encode(&record(document, &[]), false).unwrap().example;
        assert_eq!(task.answer(&model, &[example], &Device::flex())[0].summary, document);
    }
    let leads = task.baselines(&[], &[task.encode(&record("好。我们去。", &[]), false).unwrap().example]);
    assert_eq!(leads[0].1[0].summary, "好。");
}

#[test]
fn records_that_cannot_be_used_say_why() {
    let (task, _) = task_with(Config::default(), 64);
    let error = |record: Record| task.encode(&record, true).unwrap_err();
    assert_eq!(error(record("\n", &["x"])), EncodeError::Empty { what: "document" });
    assert_eq!(error(record("x", &[" "])), EncodeError::Unlabelled { what: "summary" });
    assert!(task.encode(&record("x", &[]), false).is_ok());
    assert!(Summarization::survey(&Config::default(), &[record("x", &[])]).is_err());
    assert!(Summarization::survey(&Config::default(), &[record("x", &["y"])]).is_ok());
    for config in [
        Config { max_summary_tokens: 0, ..Default::default() },
        Config { label_smoothing: 1.0, ..Default::default() },
        Config { generation: GenerateConfig { max_tokens: 0, ..Default::default() }, ..Default::default() },
    ] {
        assert!(Summarization::validate(&config).is_err(), "{config:?}");
    }
}

#[test]
fn the_output_before_each_target_predicts_it() {
    let device = Device::flex();
    let (task, _) = task_with(Config::default(), 128);
    let examples = examples(&task);
    let batch = task.collate(&examples, 0.0, &mut order::rng(0, 0, 0), &device);
    let (at, targets) = (host(batch.at.clone()), host(batch.targets.clone()));
    assert_eq!(targets.len(), examples.iter().map(|example| example.targets[0].len()).sum::<usize>());
    assert_eq!(task.targets(&batch), targets.len());
    let ids: Vec<i64> = batch.tokens.ids.clone().into_data().iter::<i64>().collect();
    let special = tokenizer().special();
    for (&at, &target) in at.iter().zip(&targets) {
        if target != i64::from(special.eos) {
            assert_eq!(ids[at as usize + 1], target);
        }
    }
    assert!(!ids.contains(&i64::from(special.eos)));
}

#[test]
fn one_of_several_summaries_is_drawn() {
    let device = Device::flex();
    let (task, _) = task_with(Config::default(), 128);
    let example = [task.encode(&record("The mill.", &["A", "B", "C"]), true).unwrap().example];
    let drawn: std::collections::BTreeSet<Vec<i64>> =
        (0..40).map(|step| host(task.collate(&example, 0.0, &mut order::rng(0, step, 0), &device).targets)).collect();
    assert_eq!(drawn.len(), 3);
}

#[test]
fn batch_mates_do_not_change_an_answer() {
    let device = Device::flex();
    for strategy in [Strategy::Greedy, Strategy::Sample(SampleConfig::default()), Strategy::Beam(BeamConfig::default())]
    {
        let (task, shape) = task_with(short(strategy), 64);
        let model = fresh(&shape, &device);
        let examples = examples(&task);
        let together = task.answer(&model, &examples, &device);
        for (example, answer) in examples.iter().zip(&together) {
            assert_eq!(task.answer(&model, std::slice::from_ref(example), &device)[0], *answer);
        }
    }
}

#[test]
fn perfect_answers_score_one_and_leads_are_baselines() {
    let (task, _) = task_with(Config::default(), 128);
    let mut examples = examples(&task);
    let perfect: Vec<Answer> = CHRONICLE.iter().map(|(_, summary)| Answer { summary: summary.to_string() }).collect();
    let scores = task.score(&perfect, &examples);
    let names: Vec<&str> = scores.0.iter().map(|score| score.metric.as_str()).collect();
    assert_eq!(names, ["rouge_1", "rouge_2", "rouge_l", "rouge_lsum"]);
    assert!(scores.0.iter().all(|score| score.value == 1.0 && score.n == 8));
    examples[0].references.push("unlike".into());
    let scores = task.score(&perfect, &examples);
    assert_eq!(scores.get("rouge_l").unwrap().value, 1.0);
    assert_eq!(scores.get("rouge_l_mean").unwrap().value, 7.5 / 8.0);

    let baselines = task.baselines(&[], &examples);
    let names: Vec<&str> = baselines.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["lead-1", "lead-2", "lead-3"]);
    assert_eq!(baselines[0].1[0].summary, "On Monday a storm broke the mill.");
    assert_eq!(task.show(&examples[1]), (CHRONICLE[1].0.into(), CHRONICLE[1].1.into()));
}

/// A model that knows `examples` by heart.
fn taught(task: &Summarization, shape: &BackboneConfig, examples: &[Example]) -> Model<NoHead> {
    let device = Device::flex().autodiff();
    let mut model = fresh(shape, &device);
    let mut optimizer =
        Optimizer::new(OptimizerConfig { method: Method::AdamW, lr: 3e-3, weight_decay: 0.0, ..Default::default() });
    for step in 0..80 {
        let batch = task.collate(examples, 0.0, &mut order::rng(0, step, 1), &device);
        let loss = task.loss(&model, &batch).div_scalar(task.targets(&batch) as f64);
        let grads = params::gradients(&model, &mut loss.backward());
        model = optimizer.step(model, grads, 1.0, 1.0);
    }
    model.valid()
}

#[test]
fn it_learns_eight_examples_by_heart() {
    let (task, shape) = task_with(short(Strategy::Greedy), 64);
    let examples = examples(&task);
    let answers = task.answer(&taught(&task, &shape, &examples), &examples, &Device::flex());
    let summaries: Vec<&str> = answers.iter().map(|answer| answer.summary.as_str()).collect();
    assert_eq!(summaries, CHRONICLE.map(|(_, summary)| summary));
}

#[test]
fn it_quotes_the_sentences_it_learned_to_value() {
    let (task, shape) = task_with(Config { quote: 1, label_smoothing: 0.0, ..Default::default() }, 64);
    let documents: Vec<String> =
        CHRONICLE.iter().map(|(text, summary)| format!("It rained. {summary} {text}")).collect();
    let encode = |(document, (_, summary)): (&String, &(&str, &str))| task.encode(&record(document, &[summary]), true);
    let examples: Vec<Example> = documents.iter().zip(&CHRONICLE).map(|pair| encode(pair).unwrap().example).collect();
    let model = taught(&task, &shape, &examples);
    let answers = task.answer(&model, &examples, &Device::flex());
    let summaries: Vec<&str> = answers.iter().map(|answer| answer.summary.as_str()).collect();
    assert_eq!(summaries, CHRONICLE.map(|(_, summary)| summary));
    // Two sentences keep the order of the document, one is all there is of a document of one.
    let (two, _) = task_with(Config { quote: 2, ..Default::default() }, 64);
    let answer = |document: &str| {
        let example = two.encode(&record(document, &[]), false).unwrap().example;
        two.answer(&model, &[example], &Device::flex()).remove(0).summary
    };
    let answered = answer(&documents[1]);
    let places: Vec<_> = crate::lead::units(&answered).into_iter().map(|unit| documents[1].find(unit)).collect();
    assert!(places.len() == 2 && places[0].is_some() && places[0] < places[1], "{answered}");
    assert_eq!(answer("Ada found a mule."), "Ada found a mule.");
}
