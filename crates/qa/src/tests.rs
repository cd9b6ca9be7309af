use burn::module::Module;
use burn::tensor::Device;
use cimiento_core::backbone::{BackboneConfig, Preset, ShapeConfig};
use cimiento_core::objective::{Model, Objective, Task};
use cimiento_core::optimizer::{Method, Optimizer, OptimizerConfig};
use cimiento_core::params;
use cimiento_data::encode::EncodeError;
use cimiento_data::order;
use cimiento_data::tokenizer::Tokenizer;

use proptest::prelude::*;

use crate::record::UNLABELLED;
use crate::score::Tokens;
use crate::{Answer, Config, Example, NullThreshold, Qa, Record, Reference, SpanHead, State};

const PASSAGE: &str = "Ñusta keeps bees by the mill. Tom mends nets at the quay. Ada bakes bread in the inn.";

/// Questions about [`PASSAGE`]; the last two it does not answer.
const QUESTIONS: [(&str, &str); 8] = [
    ("Who keeps bees?", "Ñusta"),
    ("What does Ñusta keep?", "bees"),
    ("Who mends nets?", "Tom"),
    ("Where does Tom mend nets?", "at the quay"),
    ("Who bakes?", "Ada"),
    ("What is baked?", "bread"),
    ("Who sells fish?", ""),
    ("Where is the king?", ""),
];

fn record(question: &str, context: &str, answer: &str, start: Option<usize>) -> Record {
    let answers = if answer.is_empty() { vec![] } else { vec![Reference { text: answer.into(), answer_start: start }] };
    let (question, context) = (question.into(), context.into());
    Record { id: Some("q".into()), question, context, answers: Some(answers), is_impossible: None }
}

fn tokenizer() -> Tokenizer {
    let texts = QUESTIONS.iter().map(|(question, _)| question.to_string()).chain([PASSAGE.to_string()]);
    Tokenizer::train(texts, 340).unwrap()
}

fn task_with(config: Config, context: usize) -> (Qa, BackboneConfig) {
    let tokenizer = tokenizer();
    let shape = ShapeConfig { preset: Preset::Micro, context, ..Default::default() };
    let shape = shape.resolve(tokenizer.vocab_size()).unwrap();
    let state = State { unanswerable: Some(true), null_threshold: None };
    (Qa::new(config, state, tokenizer, context), shape)
}

fn examples(task: &Qa) -> Vec<Example> {
    let encode = |(question, answer): &(&str, &str)| task.encode(&record(question, PASSAGE, answer, None), true);
    QUESTIONS.iter().map(|question| encode(question).unwrap().example).collect()
}

fn fresh(task: &Qa, shape: &BackboneConfig, device: &Device) -> Model<SpanHead> {
    let mut rng = order::rng(3, 0, 0);
    Model::of_text(shape.init(&mut rng, device), task.head(shape, &mut rng, device))
}

/// What a window's tokens say, without the special ones.
fn read(example: &Example, span: (usize, usize)) -> String {
    let window = example.windows.iter().find(|window| window.holds(&span)).unwrap();
    let position = |token: usize| window.offset + token - window.tokens.start;
    tokenizer().decode(&window.sequence.ids[position(span.0)..=position(span.1)])
}

#[test]
fn a_window_is_question_and_passage_between_special_tokens() {
    let (task, _) = task_with(Config::default(), 256);
    let (tokenizer, special) = (tokenizer(), tokenizer().special());
    let encoded = task.encode(&record(" Who? ", PASSAGE, "Ada", None), true).unwrap();
    let [window] = &encoded.example.windows[..] else { panic!("one window") };
    let (question, passage) = (tokenizer.encode("Who?"), tokenizer.encode(PASSAGE));
    let expected = [vec![special.bos], question, vec![special.sep], passage, vec![special.eos]].concat();
    assert_eq!((&window.sequence.ids, encoded.truncated), (&expected, false));
}

#[test]
fn answers_are_found_among_the_tokens() {
    let (task, _) = task_with(Config::default(), 256);
    let check = |answer: &str, start| {
        let example = task.encode(&record("Who?", PASSAGE, answer, start), true).unwrap().example;
        assert_eq!(read(&example, example.spans[0]).trim(), answer);
    };
    check("Ñusta", Some(0));
    check("at the quay", Some(44));
    check("bread", Some(0));
    let misplaced = task.encode(&record("Who?", PASSAGE, "the king", Some(3)), true).unwrap_err();
    assert_eq!(misplaced, EncodeError::Misaligned { answer: "the king".into() });
}

#[test]
fn records_that_cannot_be_used_say_why() {
    let (task, _) = task_with(Config::default(), 256);
    let error = |record: Record| task.encode(&record, true).unwrap_err();
    assert_eq!(error(record(" ", PASSAGE, "Ada", None)), EncodeError::Empty { what: "question" });
    assert_eq!(error(record("Who?", "\n", "", None)), EncodeError::Empty { what: "context" });
    let open = Record { answers: None, ..record("Who?", PASSAGE, "", None) };
    assert_eq!(error(open.clone()), UNLABELLED);
    assert!(task.encode(&open, false).unwrap().example.references.is_none());
    assert!(Qa::survey(&Config::default(), std::slice::from_ref(&open)).is_err());
    let cut = task.encode(&record(&"Who? ".repeat(80), PASSAGE, "", None), true).unwrap();
    assert!(cut.truncated);
    for config in [
        Config { max_answer_tokens: 0, ..Default::default() },
        Config { max_question_tokens: 0, ..Default::default() },
        Config { window_tokens: 7, ..Default::default() },
        Config { null_threshold: NullThreshold::At(f64::NAN), ..Default::default() },
    ] {
        assert!(Qa::validate(&config).is_err(), "{config:?}");
    }
}

/// What is remarked of a record, and the limit that it would need.
fn remarked(task: &Qa, record: &Record) -> Vec<(&'static str, Option<usize>)> {
    let remarks = task.encode(record, true).unwrap().remarks;
    remarks.into_iter().map(|remark| (remark.what.split(',').next().unwrap(), remark.needs)).collect()
}

#[test]
fn answers_that_can_never_be_given_are_remarked() {
    let asked = |answer| record("Who?", PASSAGE, answer, None);
    let length = |text: &str| tokenizer().encode(text).len();
    let (task, _) = task_with(Config { max_answer_tokens: 3, ..Default::default() }, 256);
    assert_eq!(remarked(&task, &asked("Tom")), []);
    let long = remarked(&task, &asked("Tom mends nets at the quay."));
    let [(what, Some(needs))] = long[..] else { panic!("{long:?}") };
    assert!(what.contains("max_answer_tokens") && (4..=length(PASSAGE)).contains(&needs), "{long:?}");
    // As much is enough, and one of several answers is.
    let (enough, _) = task_with(Config { max_answer_tokens: needs, ..Default::default() }, 256);
    assert_eq!(remarked(&enough, &asked("Tom mends nets at the quay.")), []);
    let mut either = asked("Tom mends nets at the quay.");
    either.answers.as_mut().unwrap().push(Reference { text: "Tom".into(), answer_start: None });
    assert_eq!(remarked(&task, &either), []);

    let (narrow, _) = task_with(Config { window_tokens: 16, max_answer_tokens: 99, ..Default::default() }, 256);
    let cut = remarked(&narrow, &asked(PASSAGE));
    let asked = [Config { max_question_tokens: 3, ..Default::default() }, Config::default()];
    let told = asked.map(|config| remarked(&task_with(config, 256).0, &record("Who keeps bees?", PASSAGE, "", None)));
    let question = ("have a question of which only the beginning is read", Some(length("Who keeps bees?")));
    assert_eq!(told, [vec![question], vec![]]);
    assert_eq!(cut, [("have an answer that no window holds whole", Some(length(PASSAGE) + length("Who?") + 3))]);
}

#[test]
fn answers_that_scores_see_wrongly_are_remarked() {
    let (official, _) = task_with(Config::default(), 256);
    let (words, _) = task_with(Config { f1_tokens: Tokens::Words, ..Default::default() }, 256);
    let chinese = record("去哪?", "他去北京大學讀書。", "北京大學", None);
    assert_eq!(remarked(&official, &chinese), [("have an answer in a script without spaces between words", None)]);
    assert_eq!(remarked(&words, &chinese), []);
    let article = record("Which?", "Letter A, not B.", "A", None);
    assert!(remarked(&official, &article)[0].0.contains("exact match and F1 see nothing"));
    // The passage's spelling counts too, for it is all that can be given.
    let spelled = record("Which?", "The cafe\u{301}’s bread.", "café's", None);
    assert!(remarked(&official, &spelled)[0].0.contains("their passage spells otherwise"));
    let example = official.encode(&spelled, true).unwrap().example;
    assert_eq!(example.references.unwrap(), ["café's", "cafe\u{301}’s"]);
}

#[test]
fn a_model_that_learned_no_unanswerable_question_always_answers() {
    let device = Device::flex();
    let (asked, shape) = task_with(Config::default(), 256);
    let known = QUESTIONS[..6].iter().map(|(question, answer)| record(question, PASSAGE, answer, None));
    let state = Qa::survey(&Config::default(), &known.collect::<Vec<_>>()).unwrap();
    assert_eq!(state.unanswerable, Some(false));
    let mixed = QUESTIONS.map(|(question, answer)| record(question, PASSAGE, answer, None));
    assert_eq!(Qa::survey(&Config::default(), &mixed).unwrap().unanswerable, Some(true));
    let never = Qa::new(Config::default(), state, tokenizer(), 256);
    let open = record("Where is the king?", PASSAGE, "", None);
    assert_eq!(remarked(&never, &open), [("ask what their passage does not tell", None)]);
    assert_eq!(remarked(&asked, &open), []);
    let model = fresh(&asked, &shape, &device);
    let examples = examples(&asked);
    let text = |task: &Qa| task.answer(&model, &examples, &device).iter().filter(|a| a.text.is_empty()).count();
    let shy = Config { null_threshold: NullThreshold::At(-100.0), ..Default::default() };
    assert_eq!((text(&never), text(&task_with(shy, 256).0)), (0, 8));
}

#[test]
fn a_threshold_is_fitted_after_training_and_needs_both_kinds() {
    let device = Device::flex();
    let (task, shape) = task_with(Config { null_threshold: NullThreshold::Fit, ..Default::default() }, 256);
    let model = fresh(&task, &shape, &device);
    let examples = examples(&task);
    let fitted = task.fit(&model, &examples, &device).unwrap();
    assert!(fitted.null_threshold.unwrap().is_finite() && fitted.unanswerable == Some(true));
    let best = Qa::new(Config { null_threshold: NullThreshold::Fit, ..Default::default() }, fitted, tokenizer(), 256);
    let f1 = |task: &Qa| task.score(&task.answer(&model, &examples, &device), &examples).get("f1").unwrap().value;
    assert!(f1(&best) >= f1(&task) && f1(&best) >= 0.25, "{} {}", f1(&best), f1(&task));
    assert!(task.suit_validation(&examples, false).is_ok());
    for some in [&examples[..6], &examples[6..]] {
        assert!(task.suit_validation(some, false).unwrap_err().contains("task.qa.null_threshold"));
    }
    assert_eq!(task_with(Config::default(), 256).0.fit(&model, &examples, &device), None);
}

#[test]
fn the_end_of_a_long_passage_is_read_too() {
    let (task, shape) = task_with(Config { stride_tokens: 12, ..Default::default() }, 48);
    let long = format!("{} The king lives in Zamora.", PASSAGE.repeat(20));
    let example = task.encode(&record("Where?", &long, "Zamora", None), true).unwrap().example;
    assert!(example.windows.len() > 20);
    assert!(example.windows.iter().all(|window| window.sequence.ids.len() <= 48));
    assert_eq!(read(&example, example.spans[0]).trim(), "Zamora");
    // One window that holds the answer, and one of the many that do not.
    let (task, device) = (&task, Device::flex());
    let examples = [example];
    let batch = task.collate(&examples, 0.0, &mut order::rng(0, 0, 0), &device);
    assert_eq!(task.targets(&batch), 1 + examples[0].windows.iter().filter(|w| w.holds(&examples[0].spans[0])).count());
    let answer = task.answer(&fresh(task, &shape, &device), &examples, &device).remove(0);
    assert!((0.0..=1.0).contains(&answer.score) && (0.0..=1.0).contains(&answer.no_answer_probability));
}

#[test]
fn batch_mates_do_not_change_an_answer() {
    let device = Device::flex();
    let config = Config { null_threshold: NullThreshold::At(f64::INFINITY), stride_tokens: 8, ..Default::default() };
    let (task, shape) = task_with(config, 48);
    let model = fresh(&task, &shape, &device);
    let examples: Vec<Example> = examples(&task).into_iter().cycle().take(96).collect();
    assert!(examples.iter().flat_map(|e| &e.windows).map(|w| w.sequence.ids.len()).sum::<usize>() > 4096);
    let together = task.answer(&model, &examples, &device);
    for (example, answer) in examples.iter().take(8).zip(&together) {
        let alone = task.answer(&model, std::slice::from_ref(example), &device).remove(0);
        assert_eq!((&alone.text, alone.start, alone.end), (&answer.text, answer.start, answer.end));
        assert!((alone.score - answer.score).abs() < 1e-5, "{alone:?} {answer:?}");
    }
    assert_eq!(
        together[8..16].iter().map(|a| &a.text).collect::<Vec<_>>(),
        together[..8].iter().map(|a| &a.text).collect::<Vec<_>>()
    );
}

#[test]
fn perfect_answers_score_one_and_baselines_are_what_they_say() {
    let (task, _) = task_with(Config::default(), 256);
    let examples = examples(&task);
    let answer = |text: &str| Answer {
        id: None,
        text: text.into(),
        start: None,
        end: None,
        score: 1.0,
        no_answer_probability: 0.0,
    };
    let perfect: Vec<Answer> = QUESTIONS.iter().map(|(_, gold)| answer(gold)).collect();
    let scores = task.score(&perfect, &examples);
    let metrics: Vec<&str> = scores.0.iter().map(|score| score.metric.as_str()).collect();
    let split = ["exact_match_answerable", "f1_answerable", "exact_match_unanswerable", "f1_unanswerable"];
    assert_eq!(metrics, [&["exact_match", "f1"][..], &split].concat());
    assert!(scores.0.iter().all(|score| score.value == 1.0));
    assert_eq!(task.score(&perfect[..6], &examples[..6]).0.len(), 2);

    let baselines = task.baselines(&examples, &examples);
    let names: Vec<&str> = baselines.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["first-words", "no-answer"]);
    let first = &baselines[0].1[0];
    assert_eq!(first.text, PASSAGE.chars().take(first.end.unwrap()).collect::<String>());
    assert_eq!(task.score(&baselines[1].1, &examples).get("f1").unwrap().value, 0.25);
    let shown = task.show(&examples[7]);
    assert!(shown.0.starts_with("Where is the king?") && shown.0.ends_with(PASSAGE) && shown.1 == "(no answer)");
}

#[test]
fn a_head_that_does_not_look_at_the_question_is_named_and_shaped_as_transformers_expects() {
    let (task, shape) = task_with(Config { question_aware: false, ..Default::default() }, 64);
    let head = params::weights(&task.head(&shape, &mut order::rng(0, 0, 0), &Device::flex()));
    let tensors: Vec<_> = head.iter().map(|(name, data)| (name.as_str(), data.shape().to_vec())).collect();
    assert_eq!(tensors, [("qa_outputs.bias", vec![2]), ("qa_outputs.weight", vec![2, 64])]);
}

#[test]
fn it_learns_eight_examples_by_heart() {
    for question_aware in [true, false] {
        learns_by_heart(Config { question_aware, ..Default::default() });
    }
}

fn learns_by_heart(config: Config) {
    let device = Device::flex().autodiff();
    let (task, shape) = task_with(config, 128);
    let mut model = fresh(&task, &shape, &device);
    let examples = examples(&task);
    let mut optimizer =
        Optimizer::new(OptimizerConfig { method: Method::AdamW, lr: 3e-3, weight_decay: 0.0, ..Default::default() });
    for step in 0..80 {
        let batch = task.collate(&examples, 0.0, &mut order::rng(0, step, 1), &device);
        let loss = task.loss(&model, &batch).div_scalar(task.targets(&batch) as f64);
        let grads = params::gradients(&model, &mut loss.backward());
        model = optimizer.step(model, grads, 1.0, 1.0);
    }
    let answers = task.answer(&model.valid(), &examples, &Device::flex());
    let texts: Vec<&str> = answers.iter().map(|answer| answer.text.as_str()).collect();
    assert_eq!(texts, QUESTIONS.map(|(_, answer)| answer));
    assert_eq!(task.score(&answers, &examples).get("f1").unwrap().value, 1.0);
}

/// A passage, the characters of a piece of it with some ink, and how far off its place is told.
fn pieces() -> impl Strategy<Value = (String, std::ops::Range<usize>, usize)> {
    "[aabñ東🌦\u{301}., \n]{1,40}x[ab. ñ]{0,20}".prop_flat_map(|passage: String| {
        let length = passage.chars().count();
        (Just(passage), 0..length, 1..=length, prop_oneof![Just(0), 0usize..9]).prop_map(
            |(passage, start, long, off)| {
                let end = (start + long).min(passage.chars().count());
                (passage, start..end, off)
            },
        )
    })
}

proptest! {
    #[test]
    fn an_answer_is_the_piece_of_the_passage_that_its_tokens_stand_for((passage, place, off) in pieces()) {
        let slice = |place: std::ops::Range<usize>| -> String {
            passage.chars().skip(place.start).take(place.len()).collect()
        };
        let answer = slice(place.clone());
        prop_assume!(!answer.trim().is_empty());
        let (task, _) = task_with(Config::default(), 256);
        let told = place.start + off;
        let example = task.encode(&record("Who?", &passage, &answer, Some(told)), true).unwrap().example;
        let &(first, last) = example.spans.first().expect("it is there");
        let covered = example.places[first].0..example.places[last].1;
        prop_assert!(slice(covered.clone()).contains(answer.trim()), "{answer:?} is not in {covered:?} of {passage:?}");
        if off == 0 {
            let lead = answer.chars().take_while(|c| c.is_whitespace()).count();
            let exact = place.start + lead..place.start + lead + answer.trim().chars().count();
            prop_assert!(covered.start <= exact.start && exact.end <= covered.end);
            // No token at either end that stands for nothing of it.
            prop_assert!(example.places[first].1 > exact.start && example.places[last].0 < exact.end);
        }
    }
}
