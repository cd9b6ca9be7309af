//! Several labels a text, numbers, weights of classes, baselines.

use crate::{Choice, ClassWeights, Function, ProblemType, Threshold, WeightRule};

use super::*;

/// The same texts with several labels each, and with a number.
fn several(names: &[&str]) -> Option<Label> {
    Some(Label::Several(names.iter().map(|name| name.to_string()).collect()))
}

const LABELS: [&[&str]; 8] =
    [&["bread", "praise"], &["inn", "praise"], &["praise"], &[], &["bread"], &["inn"], &[], &["bread", "inn"]];

fn labelled() -> Vec<Record> {
    REVIEWS
        .iter()
        .zip(LABELS)
        .map(|((text, _), names)| Record { text: text.to_string(), text_pair: None, label: several(names) })
        .collect()
}

fn task_for(config: Config, records: &[Record]) -> (Sentiment, BackboneConfig, Vec<Example>) {
    Sentiment::validate(&config).unwrap();
    let tokenizer = task_tokenizer();
    let shape = ShapeConfig { preset: Preset::Micro, context: 64, ..Default::default() };
    let shape = shape.resolve(tokenizer.vocab_size()).unwrap();
    let state = Sentiment::survey(&config, records).unwrap();
    let task = Sentiment::new(config, state, tokenizer, 64);
    let examples = records.iter().map(|record| task.encode(record, true).unwrap().example).collect();
    (task, shape, examples)
}

/// Trains a few steps and answers.
fn learned(task: &Sentiment, shape: &BackboneConfig, examples: &[Example]) -> Vec<Answer> {
    let device = Device::flex().autodiff();
    let mut model = fresh(task, shape, &device);
    let mut optimizer =
        Optimizer::new(OptimizerConfig { method: Method::AdamW, lr: 3e-3, weight_decay: 0.0, ..Default::default() });
    for step in 0..60 {
        let batch = task.collate(examples, 0.0, &mut order::rng(0, step, 1), &device);
        assert_eq!(task.targets(&batch), examples.len());
        let loss = task.loss(&model, &batch).div_scalar(examples.len() as f64);
        let grads = params::gradients(&model, &mut loss.backward());
        model = optimizer.step(model, grads, 1.0, 1.0);
    }
    task.answer(&model.valid(), examples, &Device::flex())
}

const MULTI: Config = Config {
    max_tokens: 0,
    label_smoothing: 0.0,
    pooling: Some(Pooling::Mean),
    problem_type: ProblemType::MultiLabelClassification,
    separator: None,
    threshold: Threshold::Chosen(Choice::Global),
    function_to_apply: None,
    class_weights: ClassWeights::Rule(WeightRule::None),
};

#[test]
fn it_learns_several_labels_a_text_by_heart() {
    for weights in [ClassWeights::default(), ClassWeights::Rule(WeightRule::Balanced)] {
        let (task, shape, examples) = task_for(Config { class_weights: weights, ..MULTI }, &labelled());
        let answers = learned(&task, &shape, &examples);
        for (answer, expected) in answers.iter().zip(LABELS) {
            let Answer::Labels { labels, probabilities } = answer else { panic!("{answer:?}") };
            let mut labels: Vec<&str> = labels.iter().map(String::as_str).collect();
            labels.sort_unstable();
            assert_eq!(labels, expected);
            assert_eq!(probabilities.len(), 3);
        }
        let scores = task.score(&answers, &examples);
        assert_eq!(scores.get("subset_accuracy").unwrap().value, 1.0);
        assert_eq!(scores.0.iter().filter(|score| score.value == 1.0).count(), 6, "{scores:?}");
    }
}

#[test]
fn labels_are_read_however_they_are_listed() {
    let config = Config { separator: Some("|".into()), ..MULTI };
    let (task, ..) = task_for(MULTI, &labelled());
    let task = Sentiment::new(config.clone(), task.state().clone(), task_tokenizer(), 64);
    let gold = |label: Option<Label>| {
        task.encode(&Record { text: "x".into(), text_pair: None, label }, true).map(|e| e.example.gold)
    };
    for label in [several(&["inn", "bread"]), Some("bread|inn".into()), Some(" inn | bread | inn ".into())] {
        assert_eq!(gold(label), Ok(Some(Gold::Labels(vec![0, 1]))));
    }
    for list in [r#"["inn", "bread"]"#, "['inn', 'bread']", "[ 'inn','bread' ]", "['inn' 'bread']"] {
        assert_eq!(gold(Some(list.into())), Ok(Some(Gold::Labels(vec![0, 1]))), "{list}");
    }
    // None of them, which is not the same as not knowing.
    for label in [several(&[]), Some("".into()), Some("[]".into())] {
        assert_eq!(gold(label), Ok(Some(Gold::Labels(vec![]))));
    }
    assert_eq!(gold(None), Err(EncodeError::Unlabelled { what: "label" }));
    assert!(matches!(gold(Some("bread|cake".into())), Err(EncodeError::UnknownLabel { label, .. }) if label == "cake"));
    // Without a separator the whole is a label, and that is doubted.
    let joined = [Record { text: "x".into(), text_pair: None, label: Some("bread|inn".into()) }];
    assert!(Sentiment::warnings(&MULTI, &joined)[0].advice.contains("separator"));
    assert_eq!(Sentiment::warnings(&config, &joined), []);
}

#[test]
fn thresholds_are_chosen_on_examples_and_kept() {
    let (task, shape, examples) = task_for(MULTI, &labelled());
    // Every probability lies below one half; those of the right labels are higher than the others.
    let answer = |names: &[&str]| Answer::Labels {
        labels: vec![],
        probabilities: ["bread", "inn", "praise"]
            .iter()
            .zip([0.05, 0.1, 0.2])
            .map(|(label, p)| (label.to_string(), if names.contains(label) { 2.0 * p } else { p }))
            .collect(),
    };
    let answers: Vec<Answer> = LABELS.iter().map(|names| answer(names)).collect();
    assert_eq!(task.score(&answers, &examples).get("micro_f1").unwrap().value, 0.0);
    for (choice, expected) in [(Choice::Global, 1), (Choice::PerLabel, 3)] {
        let config = Config { threshold: Threshold::Chosen(choice), ..MULTI };
        let task = Sentiment::new(config, task.state().clone(), task_tokenizer(), 64);
        let state = task.with_thresholds(&answers, &examples);
        let mut distinct = state.thresholds.clone();
        distinct.dedup();
        assert_eq!((state.thresholds.len(), distinct.len()), (3, expected));
        if choice == Choice::PerLabel {
            let between = [(0.05, 0.1), (0.1, 0.2), (0.2, 0.4)];
            assert!(state.thresholds.iter().zip(between).all(|(at, (low, high))| low < *at && *at < high), "{state:?}");
        }
        // A head goes on where only these differ.
        assert!(Sentiment::same_head(&state, task.state()));
    }
    let (device, config) = (Device::flex(), Config { threshold: Threshold::Given(0.3), ..MULTI });
    let given = Sentiment::new(config, task.state().clone(), task_tokenizer(), 64);
    let model = fresh(&task, &shape, &device);
    assert_eq!(given.fit(&model, &examples, &device), None);
    // What is set counts, whatever was fitted before.
    let fitted = State { thresholds: vec![0.0; 3], ..task.state().clone() };
    for (threshold, expected) in [(Threshold::default(), 3), (Threshold::Given(1.0), 0)] {
        let task = Sentiment::new(Config { threshold, ..MULTI }, fitted.clone(), task_tokenizer(), 64);
        let answers = task.answer(&model, &examples, &device);
        assert!(answers.iter().all(|a| matches!(a, Answer::Labels { labels, .. } if labels.len() == expected)));
    }
    assert_eq!(task.fit(&model, &examples, &device).unwrap().thresholds.len(), 3);
}

#[test]
fn it_learns_numbers_by_heart_in_their_own_unit() {
    let prices = [1200.0, 900.0, 1100.0, 1000.0, 300.0, 250.0, 200.0, 100.0];
    let records: Vec<Record> =
        REVIEWS.iter().zip(prices).map(|((text, _), price)| record(text, &price.to_string())).collect();
    let config = Config { problem_type: ProblemType::Regression, pooling: Some(Pooling::Mean), ..Default::default() };
    let (task, shape, examples) = task_for(config, &records);
    assert_eq!(task.state().scale.unwrap().mean, 631.25);
    let answers = learned(&task, &shape, &examples);
    for (answer, price) in answers.iter().zip(prices) {
        let Answer::Number { value } = answer else { panic!("{answer:?}") };
        assert!((value - price).abs() < 150.0, "{value}, expected {price}");
    }
    let scores = task.score(&answers, &examples);
    assert!(scores.get("r2").unwrap().value > 0.9 && scores.get("rmse").unwrap().value < 100.0, "{scores:?}");
    assert_eq!(Sentiment::metric(&Config { problem_type: ProblemType::Regression, ..Default::default() }), "rmse");

    let baselines = task.baselines(&examples, &examples[..1]);
    let names: Vec<&str> = baselines.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["mean", "median", "bag-of-words"]);
    assert_eq!(baselines[0].1, [Answer::Number { value: 631.25 }]);
    assert_eq!(baselines[1].1, [Answer::Number { value: 600.0 }]);
}

#[test]
fn numbers_that_are_none_say_so() {
    let config = Config { problem_type: ProblemType::Regression, ..Default::default() };
    let records = [record("a", "1"), record("b", "2.50")];
    let (task, ..) = task_for(config.clone(), &records);
    assert_eq!(task.encode(&record("x", "1,5"), true).unwrap().example.gold, Some(Gold::Number(1.5)));
    for label in ["good", "nan", "inf"] {
        let error = task.encode(&record("x", label), true).unwrap_err().to_string();
        assert!(error.contains(&format!("{label:?} is no number")), "{error}");
    }
    assert_eq!(task.encode(&record("x", ""), true).unwrap_err(), EncodeError::Unlabelled { what: "label" });
    let error = Sentiment::survey(&config, &[record("a", "3"), record("b", "3.0")]).unwrap_err().to_string();
    assert!(error.contains("all records have the same number, 3"), "{error}");
}

#[test]
fn classes_go_by_value_also_those_of_older_models() {
    let records = ["1", "1.0", "True", "0", "true", "0.0"].map(|label| record("x", label));
    let state = Sentiment::survey(&Config::default(), &records).unwrap();
    assert_eq!(state.labels, ["0", "1", "true"]);
    // A model that was trained when text was taken literally.
    let old = State { labels: vec!["0.0".into(), "1.0".into()], ..State::default() };
    let task = Sentiment::new(Config::default(), old, task_tokenizer(), 64);
    for label in ["1", "1.0", "1e0"] {
        assert_eq!(task.encode(&record("x", label), true).unwrap().example.gold, Some(Gold::Class(1)));
    }
    let listed = Record { text: "x".into(), text_pair: None, label: several(&["a", "b"]) };
    assert!(task.encode(&listed, true).unwrap_err().to_string().contains("multi_label_classification"));
}

#[test]
fn weights_make_rare_classes_count() {
    let with = |class_weights| Config { class_weights, ..Default::default() };
    let state = Sentiment::survey(&with(ClassWeights::Rule(WeightRule::Balanced)), &reviews()).unwrap();
    // 3 bad, 4 good, 1 mixed: n / (classes · count).
    let expected = [8.0 / 9.0, 8.0 / 12.0, 8.0 / 3.0];
    assert!(state.weights.iter().zip(expected).all(|(got, expected)| (got - expected).abs() < 1e-12), "{state:?}");
    let given = |name: &str| with(ClassWeights::Given([(name.to_string(), 5.0)].into()));
    let state = Sentiment::survey(&given("mixed"), &reviews()).unwrap();
    assert!((state.weights[2] / state.weights[0] - 5.0).abs() < 1e-12);
    let mean = (3.0 * state.weights[0] + 4.0 * state.weights[1] + state.weights[2]) / 8.0;
    assert!((mean - 1.0).abs() < 1e-12, "all texts together count as many as they are");
    let error = Sentiment::survey(&given("ugly"), &reviews()).unwrap_err().to_string();
    assert!(error.contains("\"ugly\"") && error.contains("bad, good, mixed"), "{error}");

    // The loss of a text counts as often as its weight says.
    let device = Device::flex();
    let (task, shape, examples) = task_for(given("mixed"), &reviews());
    let (plain, ..) = task_for(Config::default(), &reviews());
    let model = fresh(&task, &shape, &device);
    let loss = |task: &Sentiment, at: usize| {
        let batch = task.collate(&examples[at..=at], 0.0, &mut order::rng(0, 0, 1), &device);
        task.loss(&model, &batch).into_scalar::<f32>()
    };
    for at in [0, 7] {
        let ratio = f64::from(loss(&task, at) / loss(&plain, at));
        assert!((ratio - state.weights[[1, 2][at / 7]]).abs() < 1e-5, "{ratio}");
    }
}

#[test]
fn bag_of_words_beats_the_constant() {
    let (task, _, examples) = task_for(Config::default(), &reviews());
    let found = task.baselines(&examples, &examples);
    let accuracy = |at: usize| task.score(&found[at].1, &examples).get("accuracy").unwrap().value;
    assert_eq!((found[0].0.as_str(), found[1].0.as_str()), ("majority", "bag-of-words"));
    assert!(accuracy(1) > accuracy(0));

    let many: Vec<Record> = labelled().into_iter().cycle().take(80).collect();
    let (task, _, examples) = task_for(MULTI, &many);
    let found = task.baselines(&examples, &examples);
    let f1 = |at: usize| task.score(&found[at].1, &examples).get("micro_f1").unwrap().value;
    assert_eq!((found[0].0.as_str(), found[1].0.as_str()), ("most-frequent", "bag-of-words"));
    assert!(f1(1) > 0.95 && f1(0) > 0.4, "{} {}", f1(0), f1(1));
}

#[test]
fn one_class_may_be_read_through_a_sigmoid() {
    let device = Device::flex();
    let (task, shape, examples) = task_for(Config::default(), &reviews());
    let sigmoid = Config { function_to_apply: Some(Function::Sigmoid), ..Default::default() };
    let other = Sentiment::new(sigmoid, task.state().clone(), task_tokenizer(), 64);
    let model = fresh(&task, &shape, &device);
    for (one, other) in task.answer(&model, &examples, &device).iter().zip(other.answer(&model, &examples, &device)) {
        assert_eq!(class(one).0, class(&other).0);
        let odds = |p: f64| (p / (1.0 - p)).ln();
        // Logits differ as the logarithms of softmax do.
        let [bad, good] = ["bad", "good"].map(|label| odds(class(&other).1[label]));
        let expected = (class(one).1["bad"] / class(one).1["good"]).ln();
        assert!((bad - good - expected).abs() < 1e-4);
    }
}

#[test]
fn settings_that_would_change_nothing_are_refused() {
    let refused = |config: Config, words: &str| {
        let error = Sentiment::validate(&config).unwrap_err();
        assert!(error.contains(words), "{error}");
    };
    let regression = Config { problem_type: ProblemType::Regression, ..Default::default() };
    refused(Config { label_smoothing: 0.1, ..regression.clone() }, "label_smoothing");
    refused(Config { class_weights: ClassWeights::Rule(WeightRule::Balanced), ..regression.clone() }, "class_weights");
    refused(Config { separator: Some(",".into()), ..Default::default() }, "separator");
    refused(Config { separator: Some(String::new()), ..MULTI }, "separator is empty");
    refused(Config { threshold: Threshold::Given(0.5), ..Default::default() }, "threshold");
    refused(Config { threshold: Threshold::Given(1.5), ..MULTI }, "threshold = 1.5");
    refused(Config { function_to_apply: Some(Function::Softmax), ..MULTI }, "function_to_apply");
    let zero = ClassWeights::Given([("good".to_string(), 0.0)].into());
    refused(Config { class_weights: zero, ..Default::default() }, "class_weights.good = 0");
    assert_eq!(Sentiment::validate(&MULTI), Ok(()));
}

#[test]
fn numbers_among_the_classes_are_doubted() {
    let many: Vec<Record> = (0..30).map(|i| record("x", &format!("{}.5", i))).collect();
    let found = Sentiment::warnings(&Config::default(), &many);
    assert!(found.len() == 1 && found[0].advice.contains("regression"), "{found:?}");
    assert_eq!(Sentiment::warnings(&Config::default(), &reviews()), []);
    let odd = ["good", "Good", "nan"].map(|label| record("x", label));
    assert_eq!(Sentiment::warnings(&Config::default(), &odd).len(), 2);
}

#[test]
fn targets_that_are_all_the_same_are_refused_with_their_value() {
    let regression = Config { problem_type: ProblemType::Regression, ..Config::default() };
    let of = |labels: &[Option<&str>]| -> Vec<Record> {
        let record = |label: &Option<&str>| Record { text: "x".into(), text_pair: None, label: label.map(Into::into) };
        labels.iter().map(record).collect()
    };
    // Their mean is not one of them, so that they seem to vary.
    let tenths = [Some("0.1"); 7];
    for records in [of(&tenths), of(&[Some("0.1"), Some("0.10"), Some("1e-1")])] {
        let error = Sentiment::survey(&regression, &records).unwrap_err().to_string();
        assert!(error.contains("all records have the same number, 0.1") && error.contains("`fields`"), "{error}");
    }
    assert!(Sentiment::survey(&regression, &of(&[Some("0.1"), Some("0.2")])).is_ok());

    let records: Vec<Record> = labelled().into_iter().filter(|record| record.label == several(&["bread"])).collect();
    let error = Sentiment::survey(&MULTI, &[records.clone(), records.clone()].concat()).unwrap_err().to_string();
    assert!(error.contains("all records have the same labels, bread"), "{error}");
    let error = Sentiment::survey(&Config::default(), &of(&[Some("a"), Some("a")])).unwrap_err().to_string();
    assert!(error.contains("all records have the label \"a\"") && error.contains("`fields`"), "{error}");
}

#[test]
fn numbers_with_a_decimal_comma_are_no_joined_labels() {
    let record = |i: usize| Record {
        text: "x".into(),
        text_pair: None,
        label: Some(["1,00", "1,50", "2,00", "2,50"][i % 4].into()),
    };
    let told = Sentiment::warnings(&Config::default(), &(0..40).map(record).collect::<Vec<_>>());
    assert!(told.iter().any(|warning| warning.advice.contains("problem_type = \"regression\"")));
    assert!(told.iter().all(|warning| !warning.advice.contains("multi_label")));
}
