//! Answers without a language model: what any model has to beat.

use cimiento_core::bag_of_words;
use cimiento_core::metrics::best_threshold;

use crate::answer::{Answer, Decoder};
use crate::config::ProblemType;
use crate::example::Example;
use crate::target::Gold;

/// Of so many training texts one is kept back to choose a threshold on.
const KEPT_BACK: usize = 10;

/// Baselines by name, from the training examples: a constant, and a linear model of the words.
pub(crate) fn baselines(decoder: &Decoder, train: &[Example], examples: &[Example]) -> Vec<(String, Vec<Answer>)> {
    let texts: Vec<&str> = examples.iter().map(|example| example.text.as_str()).collect();
    let known: Vec<&Example> = train.iter().filter(|example| example.gold.is_some()).collect();
    let words: Vec<&str> = known.iter().map(|example| example.text.as_str()).collect();
    let named = |name: &str, answers| (name.to_owned(), answers);
    match decoder.problem {
        ProblemType::SingleLabelClassification => {
            let gold: Vec<usize> = known.iter().filter_map(|example| class(example)).collect();
            let count = decoder.state.labels.len();
            let mut counts = vec![0usize; count];
            gold.iter().for_each(|&class| counts[class] += 1);
            // Counted first: a sum of shares is off in its last digits.
            let shares: Vec<f64> = counts.iter().map(|&count| count as f64 / gold.len().max(1) as f64).collect();
            let mut found = vec![named("majority", vec![decoder.class(&shares); texts.len()])];
            if !gold.is_empty() {
                let rows = bag_of_words::classes(&words, &gold, count, &texts);
                found.push(named("bag-of-words", rows.iter().map(|row| decoder.class(row)).collect()));
            }
            found
        }
        ProblemType::MultiLabelClassification => {
            let gold: Vec<Vec<usize>> = known.iter().filter_map(|example| labels(example)).cloned().collect();
            let mut found = vec![named("most-frequent", vec![most_frequent(decoder, &gold); texts.len()])];
            if !gold.is_empty() {
                found.push(named("bag-of-words", one_vs_rest(decoder, &words, &gold, &texts)));
            }
            found
        }
        ProblemType::Regression => {
            let mut gold: Vec<f64> = known.iter().filter_map(|example| number(example)).collect();
            if gold.is_empty() {
                return Vec::new();
            }
            let constant = |value: f64| vec![Answer::Number { value }; texts.len()];
            let mean = named("mean", constant(gold.iter().sum::<f64>() / gold.len() as f64));
            let ridge = bag_of_words::numbers(&words, &gold, &texts);
            gold.sort_by(f64::total_cmp);
            let median = f64::midpoint(gold[(gold.len() - 1) / 2], gold[gold.len() / 2]);
            let ridge = ridge.into_iter().map(|value| Answer::Number { value }).collect();
            vec![mean, named("median", constant(median)), named("bag-of-words", ridge)]
        }
    }
}

pub(crate) fn class(example: &Example) -> Option<usize> {
    if let Some(Gold::Class(class)) = example.gold { Some(class) } else { None }
}

pub(crate) fn labels(example: &Example) -> Option<&Vec<usize>> {
    if let Some(Gold::Labels(labels)) = &example.gold { Some(labels) } else { None }
}

pub(crate) fn number(example: &Example) -> Option<f64> {
    if let Some(Gold::Number(number)) = example.gold { Some(number) } else { None }
}

/// The labels that, given to every text, have the highest micro F1 on the training texts.
fn most_frequent(decoder: &Decoder, gold: &[Vec<usize>]) -> Answer {
    let mut counts = vec![0usize; decoder.state.labels.len()];
    gold.iter().flatten().for_each(|&label| counts[label] += 1);
    let shares: Vec<f64> = counts.iter().map(|&count| count as f64 / gold.len().max(1) as f64).collect();
    let mut order: Vec<usize> = (0..counts.len()).collect();
    order.sort_by_key(|&label| std::cmp::Reverse(counts[label]));
    let total: usize = counts.iter().sum();
    let f1 = |given: usize| {
        let right: usize = order[..given].iter().map(|&label| counts[label]).sum();
        2.0 * right as f64 / (given * gold.len() + total).max(1) as f64
    };
    let best = (1..=order.len()).rev().max_by(|&a, &b| f1(a).total_cmp(&f1(b))).unwrap_or(0);
    decoder.labels(&shares, order[..best].to_vec())
}

/// A logistic regression for each label; the threshold, one for all, is chosen on training texts that are kept back first.
fn one_vs_rest(decoder: &Decoder, words: &[&str], gold: &[Vec<usize>], texts: &[&str]) -> Vec<Answer> {
    let count = decoder.state.labels.len();
    let part = |kept: bool| {
        let is = |(at, _): &(usize, &&str)| (at % KEPT_BACK == KEPT_BACK - 1) == kept;
        let (at, words): (Vec<usize>, Vec<&str>) = words.iter().enumerate().filter(is).unzip();
        (words, at.into_iter().map(|at| gold[at].clone()).collect::<Vec<_>>())
    };
    let ((learned, theirs), (kept, truth)) = (part(false), part(true));
    let rows = bag_of_words::labels(&learned, &theirs, count, &kept);
    let threshold = global_threshold(&rows, &truth);
    let rows = bag_of_words::labels(words, gold, count, texts);
    let given = |row: &Vec<f64>| (0..count).filter(|&label| row[label] >= threshold).collect();
    rows.iter().map(|row| decoder.labels(row, given(row))).collect()
}

/// The threshold for all labels at which their micro F1 is highest.
pub(crate) fn global_threshold(rows: &[Vec<f64>], gold: &[Vec<usize>]) -> f64 {
    let count = rows.first().map_or(0, Vec::len);
    let truth: Vec<bool> = gold.iter().flat_map(|gold| (0..count).map(|label| gold.contains(&label))).collect();
    best_threshold(&rows.concat(), &truth)
}
