use proptest::prelude::*;
use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Golden {
    name: String,
    probabilities: Vec<Vec<f64>>,
    gold: Vec<usize>,
    accuracy: f64,
    macro_f1: f64,
    mcc: f64,
    ece: f64,
    roc_auc: Option<f64>,
    macro_ap: Option<f64>,
    /// Precision, recall, F1 and count.
    each: Vec<[f64; 4]>,
    /// Average precision and area under the ROC curve.
    each_area: Vec<[Option<f64>; 2]>,
    confusion: Vec<Vec<usize>>,
}

#[track_caller]
fn check(got: f64, expected: f64, what: &str) {
    assert!((got - expected).abs() < 1e-9, "{what}: {got}, expected {expected}");
}

#[test]
fn agrees_with_scikit_learn() {
    let golden = include_str!("../../../../tests/golden/classification.json");
    let cases: Vec<Golden> = serde_json::from_str(golden).unwrap();
    assert!(cases.len() >= 12);
    for case in cases {
        let scores = classification(&case.probabilities, &case.gold);
        let (predicted, _): (Vec<usize>, Vec<f64>) = case.probabilities.iter().map(|row| argmax(row)).unzip();
        for (metric, expected, alone) in [
            ("accuracy", case.accuracy, accuracy(&predicted, &case.gold)),
            ("macro_f1", case.macro_f1, macro_f1(&predicted, &case.gold)),
            ("mcc", case.mcc, mcc(&predicted, &case.gold)),
            ("ece", case.ece, ece(&case.probabilities, &case.gold)),
        ] {
            let score = scores.get(metric).unwrap();
            check(score.value, expected, &format!("{}: {metric}", case.name));
            check(alone, expected, &format!("{}: {metric} alone", case.name));
            assert_eq!(score.n, case.gold.len());
        }
        for (metric, expected) in [("roc_auc", case.roc_auc), ("macro_ap", case.macro_ap)] {
            // With one class there is nothing to rank.
            let expected = expected.filter(|_| case.gold.iter().any(|&gold| gold != case.gold[0]));
            match (scores.get(metric), expected) {
                (Some(score), Some(expected)) => check(score.value, expected, &format!("{}: {metric}", case.name)),
                (score, expected) => assert!(score.is_none() && expected.is_none(), "{}: {metric}", case.name),
            }
        }
        let names: Vec<String> = (0..case.each.len()).map(|class| class.to_string()).collect();
        let report = ClassReport::of(&names, &predicted, &case.gold)
            .with_average_precision(&case.probabilities, |example, class| case.gold[example] == class);
        assert_eq!(report.confusion.unwrap(), case.confusion, "{}", case.name);
        for ((one, expected), [area, _]) in report.classes.iter().zip(&case.each).zip(&case.each_area) {
            check_class(one, *expected, &case.name);
            assert_eq!(one.average_precision.is_some(), area.is_some(), "{}", case.name);
            check(one.average_precision.unwrap_or_default(), area.unwrap_or_default(), &case.name);
        }
    }
}

#[track_caller]
fn check_class(got: &ClassScore, expected: [f64; 4], name: &str) {
    for (got, expected) in [got.precision, got.recall, got.f1, got.support as f64].into_iter().zip(expected) {
        check(got, expected, name);
    }
}

#[derive(Deserialize)]
struct GoldenLabels {
    name: String,
    probabilities: Vec<Vec<f64>>,
    predicted: Vec<Vec<usize>>,
    gold: Vec<Vec<usize>>,
    each: Vec<[f64; 4]>,
    best_f1: f64,
    #[serde(flatten)]
    scores: std::collections::BTreeMap<String, f64>,
}

#[test]
fn several_labels_agree_with_scikit_learn() {
    let cases: Vec<GoldenLabels> =
        serde_json::from_str(include_str!("../../../../tests/golden/multi_label.json")).unwrap();
    assert!(cases.len() >= 6);
    for case in cases {
        let found = multi_label(&case.probabilities, &case.predicted, &case.gold);
        assert_eq!(found.0.len(), case.scores.len());
        for score in &found.0 {
            check(score.value, case.scores[&score.metric], &format!("{}: {}", case.name, score.metric));
            assert!(score.low <= score.value && score.value <= score.high && score.n == case.gold.len());
        }
        let names: Vec<String> = (0..case.each.len()).map(|label| label.to_string()).collect();
        let report = ClassReport::of_several(&names, &case.predicted, &case.gold);
        report.classes.iter().zip(&case.each).for_each(|(one, expected)| check_class(one, *expected, &case.name));

        let truth: Vec<bool> =
            (case.gold.iter()).flat_map(|gold| (0..case.each.len()).map(|label| gold.contains(&label))).collect();
        let flat: Vec<f64> = case.probabilities.concat();
        let threshold = best_threshold(&flat, &truth);
        let given = |row: &Vec<f64>| (0..row.len()).filter(|&label| row[label] >= threshold).collect();
        let predicted: Vec<Vec<usize>> = case.probabilities.iter().map(given).collect();
        let f1 = multi_label(&case.probabilities, &predicted, &case.gold).get("micro_f1").unwrap().value;
        check(f1, case.best_f1, &format!("{}: best threshold {threshold}", case.name));
    }
}

#[derive(Deserialize)]
struct GoldenNumbers {
    name: String,
    predicted: Vec<f64>,
    gold: Vec<f64>,
    #[serde(flatten)]
    scores: std::collections::BTreeMap<String, f64>,
}

#[test]
fn numbers_agree_with_scikit_learn_and_scipy() {
    let cases: Vec<GoldenNumbers> =
        serde_json::from_str(include_str!("../../../../tests/golden/regression.json")).unwrap();
    assert!(cases.len() >= 8);
    for case in cases {
        let found = regression(&case.predicted, &case.gold);
        assert_eq!(found.0.len(), case.scores.len());
        for score in &found.0 {
            let expected = case.scores[&score.metric];
            let close = (score.value - expected).abs() < 1e-9 * expected.abs().max(1.0);
            assert!(close, "{}: {} is {}, expected {expected}", case.name, score.metric, score.value);
            let error = ["rmse", "mae"].contains(&score.metric.as_str());
            assert_eq!(score.better, if error { Better::Lower } else { Better::Higher });
        }
    }
}

#[test]
fn scores_of_numbers_depend_neither_on_their_offset_nor_on_their_unit() {
    let gold = [0.5, -1.0, 2.0, 0.25, -0.75, 1.5];
    let predicted = [0.25, -0.5, 1.0, 0.5, -1.0, 1.25];
    let value = |unit: f64, offset: f64| {
        let of = |values: [f64; 6]| values.map(|value| value * unit + offset);
        regression(&of(predicted), &of(gold)).0.into_iter().map(|score| score.value).collect::<Vec<_>>()
    };
    let plain = value(1.0, 0.0);
    assert!((plain[3] - 0.921_635_375_138_065_3).abs() < 1e-12, "{plain:?}");
    for (unit, offset) in [(1.0, 1_700_000_000.0), (1e200, 0.0), (1e-200, 0.0), (1.0, 1e12)] {
        for (at, (found, plain)) in value(unit, offset).into_iter().zip(&plain).enumerate() {
            let found = if at < 2 { found / unit } else { found };
            assert!((found - plain).abs() < 1e-9, "{unit} {offset}: {found}, expected {plain}");
        }
    }
    // The mean of some equal numbers is not always that number.
    let same = regression(&[3.0, 2.0, 4.0, 5.0, 1.0, 2.0], &[0.1; 6]);
    assert_eq!(
        same.0[2..].iter().map(|score| (score.value, score.low, score.high)).collect::<Vec<_>>(),
        [(0.0, 0.0, 0.0); 3]
    );
    assert_eq!(mean_and_std([0.1; 19].into_iter()), (0.1, 0.0));
}

#[test]
fn a_threshold_lies_between_the_scores_it_tells_apart() {
    let truth = [true, true, false, false];
    assert_eq!(best_threshold(&[0.9, 0.6, 0.2, 0.1], &truth), 0.4);
    assert_eq!(best_threshold(&[0.9, 0.6, 0.2, 0.1], &[false; 4]), 0.5);
    // Equal scores fall on the same side.
    let at = best_threshold(&[0.7, 0.3, 0.3, 0.1], &truth);
    assert!(at > 0.1 && at < 0.3, "{at}");
    assert!(best_threshold(&[f64::NAN; 4], &truth) == 0.5 && best_threshold(&[], &[]) == 0.5);
}

#[test]
fn macro_f1_leads_where_accuracy_says_little() {
    let first = |gold: &[usize]| classification(&vec![vec![0.6, 0.4]; gold.len()], gold).0[0].metric.clone();
    assert_eq!(first(&[0, 0, 0, 1]), "accuracy");
    assert_eq!(first(&[0, 0, 0, 0, 1]), "macro_f1");
    // A class that does not occur says nothing about the others.
    assert_eq!(first(&[0, 0, 0, 0]), "accuracy");
}

#[test]
fn a_score_says_which_way_it_is_better() {
    let scores = classification(&[vec![0.9, 0.1], vec![0.2, 0.8]], &[0, 0]);
    let better: Vec<_> = scores.0.iter().filter(|score| score.better == Better::Lower).map(|s| &s.metric).collect();
    assert_eq!(better, ["ece"]);
    assert_eq!(perplexity(&[2.0], &[2]).worth(), -1f64.exp());
    // In files too; those written before did not say it.
    let text = serde_json::to_string(&bits_per_byte(&[1.0], &[1])).unwrap();
    assert!(text.contains(r#""better":"lower""#), "{text}");
    assert_eq!(serde_json::from_str::<Score>(&text).unwrap().better, Better::Lower);
    for (metric, better) in [("ece", Better::Lower), ("loss_causal", Better::Lower), ("accuracy", Better::Higher)] {
        let old = format!(r#"{{"metric":"{metric}","value":null,"low":0.0,"high":1.0,"n":3}}"#);
        let score: Score = serde_json::from_str(&old).unwrap();
        assert!(score.better == better && score.value.is_nan(), "{score:?}");
    }
    assert!(!serde_json::to_string(&bootstrap_mean("f1", &[1.0])).unwrap().contains("better"));
}

fn argmax(row: &[f64]) -> (usize, f64) {
    let highest = row.iter().copied().fold(f64::MIN, f64::max);
    (row.iter().position(|&p| p == highest).unwrap(), highest)
}

#[test]
fn bins_are_closed_above() {
    let rows = [vec![0.6, 0.4], vec![0.61, 0.39], vec![1.0, 0.0], vec![0.55, 0.45]];
    let bins = calibration_bins(&rows, &[0, 1, 0, 0]);
    assert_eq!(bins.len(), BINS);
    assert_eq!(bins.iter().map(|bin| bin.count).sum::<usize>(), 4);
    // 0.6 ends bin 8, which holds 0.55 too; 0.61 opens bin 9; 1 ends the last.
    assert_eq!((bins[8].count, bins[8].accuracy), (2, 1.0));
    check(bins[8].confidence, 0.575, "mean confidence");
    assert_eq!((bins[9].count, bins[9].accuracy), (1, 0.0));
    assert_eq!((bins[14].count, bins[14].high), (1, 1.0));
    assert_eq!((bins[0].low, bins[0].count, bins[0].confidence), (0.0, 0, 0.0));
}

#[test]
fn probabilities_that_are_not_numbers_do_not_win_and_do_not_panic() {
    let rows = [vec![f64::NAN, 0.2, 0.7], vec![0.6, f64::NAN, 0.1], vec![f64::NAN, f64::NAN, f64::NAN]];
    assert_eq!(classification(&rows, &[2, 0, 1]).get("accuracy").unwrap().value, 2.0 / 3.0);
    assert!(ece(&rows, &[2, 0, 1]).is_nan(), "a confidence that is no number cannot be calibrated");
}

#[test]
fn the_interval_of_a_mean_is_the_normal_one() {
    let values: Vec<f64> = (0..1000).map(|i| f64::from(i % 10 < 3)).collect();
    let score = bootstrap_mean("accuracy", &values);
    let half = 1.96 * (0.3f64 * 0.7 / 1000.0).sqrt();
    check(score.value, 0.3, "mean");
    assert!((score.value - score.low - half).abs() < 0.1 * half, "{score:?}");
    assert!((score.high - score.value - half).abs() < 0.1 * half, "{score:?}");
}

#[test]
fn the_interval_covers_the_truth_about_95_times_in_100() {
    // Each sample of 100 is a stretch of a sequence that is 1 with probability 0.4 (a linear congruential generator).
    let mut state = 7u64;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from((state >> 33) % 1000 < 400)
    };
    let covered = (0..400)
        .filter(|_| {
            let values: Vec<f64> = (0..100).map(|_| draw()).collect();
            let score = bootstrap_mean("accuracy", &values);
            score.low <= 0.4 && 0.4 <= score.high
        })
        .count();
    assert!((365..=395).contains(&covered), "{covered} of 400");
}

#[test]
fn a_ratio_weighs_texts_by_their_length() {
    let (nll, tokens) = ([10.0, 2.0, 0.0], [10, 8, 0]);
    let score = perplexity(&nll, &tokens);
    check(score.value, (12.0f64 / 18.0).exp(), "perplexity");
    assert_eq!((score.n, score.metric.as_str()), (2, "perplexity"), "a text without tokens is not counted");
    // Two texts: a quarter of the resamples hold only the one, a quarter only the other.
    check(score.low, 0.25f64.exp(), "low");
    check(score.high, 1f64.exp(), "high");
    let bits = bits_per_byte(&[2.0f64.ln() * 6.0, 2.0f64.ln() * 2.0], &[3, 1]);
    check(bits.value, 2.0, "bits per byte");
    check(bits.high - bits.low, 0.0, "each text has two bits a byte");
}

#[test]
fn nothing_measured_is_zero_examples() {
    for score in [bootstrap_mean("f1", &[]), perplexity(&[], &[]), perplexity(&[0.0], &[0])] {
        assert_eq!((score.value, score.low, score.high, score.n), (0.0, 0.0, 0.0, 0));
    }
    assert_eq!(classification(&[], &[]).0.iter().map(|score| score.n).sum::<usize>(), 0);
    assert_eq!((accuracy(&[], &[]), macro_f1(&[], &[]), mcc(&[], &[]), ece(&[], &[])), (0.0, 0.0, 0.0, 0.0));
}

#[test]
fn a_diverged_model_has_no_perplexity() {
    let score = perplexity(&[f64::NAN, 1.0], &[3, 3]);
    assert!(score.value.is_nan() && score.low.is_nan() && score.high.is_nan());
    let json = serde_json::to_string(&score).unwrap();
    assert!(json.contains(r#""value":null"#), "{json}");
    let back: Score = serde_json::from_str(&json).unwrap();
    assert!(back.value.is_nan() && back.n == 2);
    assert_eq!(perplexity(&[1e6], &[1]).value, f64::INFINITY);
}

#[test]
fn scores_survive_json_and_are_found_by_name() {
    let mut scores = Scores::default();
    scores.push(bootstrap_mean("exact_match", &[1.0, 0.0, 1.0]));
    scores.push(bootstrap_mean("f1", &[1.0, 0.5, 1.0]));
    let json = serde_json::to_string(&scores).unwrap();
    assert!(!json.contains("resamples") && !json.contains("each") && !json.contains("seed"), "{json}");
    let back: Scores = serde_json::from_str(&json).unwrap();
    let stored = |score: Score| Score { resamples: Vec::new(), each: Vec::new(), ..score };
    let scores = Scores(scores.0.into_iter().map(stored).collect());
    assert_eq!(back, scores);
    check(back.get("f1").unwrap().value, 2.5 / 3.0, "f1");
    assert_eq!(back.get("rouge_1"), None);
    assert!(serde_json::from_str::<Score>(r#"{"metric":"f1","low":0,"high":0,"n":1}"#).is_err(), "no value");
}

#[test]
fn undefined_resamples_are_left_out() {
    // Defined only where example 0 was drawn, as about 63 % of the resamples are.
    let score = bootstrap("share", 20, |indices| if indices.contains(&0) { indices.len() as f64 } else { f64::NAN });
    assert_eq!((score.value, score.low, score.high), (20.0, 20.0, 20.0));
    let never = bootstrap("first", 50, |indices| if indices.is_sorted() { 1.0 } else { f64::NAN });
    assert_eq!((never.low, never.high), (1.0, 1.0));
}

/// Up to 60 examples with up to 5 classes: rows of probabilities that sum to 1, and gold classes.
fn examples() -> impl Strategy<Value = (Vec<Vec<f64>>, Vec<usize>)> {
    (1usize..=5).prop_flat_map(|classes| {
        let row = prop::collection::vec(0.01f64..1.0, classes).prop_map(|row| {
            let sum: f64 = row.iter().sum();
            row.iter().map(|weight| weight / sum).collect()
        });
        prop::collection::vec((row, 0..classes), 1..60).prop_map(|examples| examples.into_iter().unzip())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn scores_are_bounded_and_inside_their_intervals((probabilities, gold) in examples()) {
        for score in classification(&probabilities, &gold).0 {
            let least = if score.metric == "mcc" { -1.0 } else { 0.0 };
            prop_assert!(score.low >= least - 1e-12 && score.high <= 1.0 + 1e-12, "{score:?}");
            prop_assert!(score.low <= score.value && score.value <= score.high, "{score:?}");
        }
    }

    #[test]
    fn a_perfect_classifier_scores_one((probabilities, gold) in examples()) {
        let classes = probabilities[0].len();
        let sure: Vec<Vec<f64>> =
            gold.iter().map(|&gold| (0..classes).map(|class| f64::from(class == gold)).collect()).collect();
        let scores = classification(&sure, &gold);
        prop_assert_eq!(scores.get("accuracy").unwrap().low, 1.0);
        prop_assert!((scores.get("macro_f1").unwrap().low - 1.0).abs() < 1e-12);
        prop_assert_eq!(scores.get("ece").unwrap().high, 0.0);
        let one_class = gold.iter().all(|class| *class == gold[0]);
        prop_assert!((scores.get("mcc").unwrap().value - f64::from(!one_class)).abs() < 1e-12);
    }

    #[test]
    fn names_and_order_do_not_matter((probabilities, gold) in examples(), shift in 1usize..1000) {
        let predicted: Vec<usize> = probabilities.iter().map(|row| argmax(row).0).collect();
        let renamed = |classes: &[usize]| -> Vec<usize> { classes.iter().rev().map(|class| usize::MAX - class * shift).collect() };
        let (other_predicted, other_gold) = (renamed(&predicted), renamed(&gold));
        for metric in [accuracy, macro_f1, mcc] {
            prop_assert!((metric(&predicted, &gold) - metric(&other_predicted, &other_gold)).abs() < 1e-12);
            prop_assert!((metric(&predicted, &gold) - metric(&gold, &predicted)).abs() < 1e-12, "gold and predicted trade places");
        }
    }
}
