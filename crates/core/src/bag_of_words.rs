//! Linear models of the words of a text: what a classifier of texts has to beat.
//!
//! Texts become TF-IDF vectors of their words and pairs of words, as scikit-learn's `TfidfVectorizer(ngram_range=(1, 2))`
//! makes them; a linear model with an L2 penalty is fitted to these, as its `LogisticRegression` and `Ridge` do with their
//! defaults. Words are runs of two or more letters, digits or underscores, in lower case.
//!
//! ```
//! use cimiento_core::bag_of_words::classes;
//! let train = ["good bread", "good pie", "bad bread", "bad pie"];
//! let probabilities = classes(&train, &[0, 0, 1, 1], 2, &["good soup"]);
//! assert!(probabilities[0][0] > 0.5);
//! ```

mod solver;

use std::collections::HashMap;

use rayon::prelude::*;

use crate::metrics::mean_and_std;

use solver::{Learned, Loss, Rows};

/// Probabilities `[texts, count]` of classes, by logistic regression (multinomial where `count` exceeds 2).
///
/// # Panics
/// When there is not one class below `count` for each text of `train`.
pub fn classes(train: &[&str], gold: &[usize], count: usize, texts: &[&str]) -> Vec<Vec<f64>> {
    let (rows, asked) = vectors(train, texts);
    if count == 2 {
        let gold: Vec<bool> = gold.iter().map(|class| *class == 1).collect();
        let scores = rows.fit(&Loss::Binary(&gold)).scores(&asked);
        return scores.into_iter().map(|score| [1.0 - sigmoid(score), sigmoid(score)].to_vec()).collect();
    }
    let scores = rows.fit(&Loss::Classes(gold, count)).scores(&asked);
    scores.chunks(count).map(solver::softmax).collect()
}

/// Probabilities `[texts, count]` of labels, each by a logistic regression of its own.
///
/// # Panics
/// When there are not labels below `count` for each text of `train`.
pub fn labels(train: &[&str], gold: &[Vec<usize>], count: usize, texts: &[&str]) -> Vec<Vec<f64>> {
    let (rows, asked) = vectors(train, texts);
    let column = |label: usize| {
        let gold: Vec<bool> = gold.iter().map(|labels| labels.contains(&label)).collect();
        rows.fit(&Loss::Binary(&gold)).scores(&asked)
    };
    let columns: Vec<Vec<f64>> = (0..count).into_par_iter().map(column).collect();
    (0..texts.len()).map(|text| columns.iter().map(|scores| sigmoid(scores[text])).collect()).collect()
}

/// Numbers, by ridge regression.
///
/// # Panics
/// When there is not one number for each text of `train`.
pub fn numbers(train: &[&str], gold: &[f64], texts: &[&str]) -> Vec<f64> {
    let (rows, asked) = vectors(train, texts);
    // Standardised they are fitted alike, and what the solver takes for small does not depend on their unit.
    let (mean, std) = mean_and_std(gold.iter().copied());
    let unit = if std > 0.0 { std } else { 1.0 };
    let gold: Vec<f64> = gold.iter().map(|number| (number - mean) / unit).collect();
    rows.fit(&Loss::Numbers(&gold)).scores(&asked).into_iter().map(|score| score * unit + mean).collect()
}

fn sigmoid(score: f64) -> f64 {
    1.0 / (1.0 + (-score).exp())
}

/// TF-IDF vectors of the texts to learn from and of those to be asked, by the words of the former.
fn vectors(train: &[&str], texts: &[&str]) -> (Learned, Rows) {
    let terms: Vec<HashMap<String, f64>> = train.par_iter().map(|text| terms(text)).collect();
    let mut documents: HashMap<&str, f64> = HashMap::new();
    terms.iter().flat_map(HashMap::keys).for_each(|term| *documents.entry(term).or_default() += 1.0);
    let mut names: Vec<&str> = documents.keys().copied().collect();
    // A hash map has no order, and sums depend on it.
    names.par_sort_unstable();
    let column = |(at, &name): (usize, &&'_ str)| (name.to_owned(), (at as u32, idf(documents[name], train.len())));
    let columns: HashMap<String, (u32, f64)> = names.iter().enumerate().map(column).collect();
    let asked: Vec<HashMap<String, f64>> = texts.par_iter().map(|text| self::terms(text)).collect();
    let rows = |terms: &[HashMap<String, f64>]| Rows::new(names.len(), terms.par_iter().map(|t| row(t, &columns)));
    (Learned::new(rows(&terms)), rows(&asked))
}

/// The inverse document frequency, smoothed as if one more text had every term.
fn idf(documents: f64, texts: usize) -> f64 {
    ((1.0 + texts as f64) / (1.0 + documents)).ln() + 1.0
}

/// A vector of unit length, by column.
fn row(terms: &HashMap<String, f64>, columns: &HashMap<String, (u32, f64)>) -> Vec<(u32, f64)> {
    let weighted = |(term, count): (&String, &f64)| columns.get(term).map(|(column, idf)| (*column, count * idf));
    let mut row: Vec<(u32, f64)> = terms.iter().filter_map(weighted).collect();
    row.sort_unstable_by_key(|(column, _)| *column);
    let length = row.iter().map(|(_, value)| value * value).sum::<f64>().sqrt();
    row.iter_mut().for_each(|(_, value)| *value /= length);
    row
}

/// How often each word and each pair of words that follow each other occurs.
fn terms(text: &str) -> HashMap<String, f64> {
    let text = text.to_lowercase();
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| word.chars().nth(1).is_some());
    let words: Vec<&str> = words.collect();
    let mut counts = HashMap::new();
    let pairs = words.windows(2).map(|pair| pair.join(" "));
    for term in words.iter().map(|word| word.to_string()).chain(pairs) {
        *counts.entry(term).or_default() += 1.0;
    }
    counts
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Golden {
        train: Vec<String>,
        texts: Vec<String>,
        two: Vec<usize>,
        four: Vec<usize>,
        several: Vec<Vec<usize>>,
        numbers: Vec<f64>,
        expect_two: Vec<Vec<f64>>,
        expect_four: Vec<Vec<f64>>,
        expect_several: Vec<Vec<f64>>,
        expect_numbers: Vec<f64>,
    }

    #[track_caller]
    fn close(got: &[Vec<f64>], expected: &[Vec<f64>]) {
        assert_eq!(got.len(), expected.len());
        for (got, expected) in got.concat().into_iter().zip(expected.concat()) {
            assert!((got - expected).abs() < 1e-6, "{got}, expected {expected}");
        }
    }

    #[test]
    fn it_agrees_with_scikit_learn() {
        let golden = include_str!("../../../tests/golden/bag_of_words.json");
        let golden: Golden = serde_json::from_str(golden).unwrap();
        let [train, texts] =
            [&golden.train, &golden.texts].map(|all| all.iter().map(String::as_str).collect::<Vec<_>>());
        close(&classes(&train, &golden.two, 2, &texts), &golden.expect_two);
        close(&classes(&train, &golden.four, 4, &texts), &golden.expect_four);
        close(&labels(&train, &golden.several, 3, &texts), &golden.expect_several);
        close(&[numbers(&train, &golden.numbers, &texts)], &[golden.expect_numbers]);
    }

    #[test]
    fn numbers_are_fitted_alike_in_any_unit_and_at_any_offset() {
        let train = ["good bread", "good pie", "bad bread", "bad pie", "dry pie"];
        let gold = [4.0, 5.0, 1.0, 2.0, 1.5];
        let texts = ["good soup", "bad pie"];
        let plain = numbers(&train, &gold, &texts);
        for (unit, offset) in [(100.0, 1e15), (1e-170, 0.0), (1e170, 0.0)] {
            let found = numbers(&train, &gold.map(|number| number * unit + offset), &texts);
            for (found, plain) in found.into_iter().zip(&plain) {
                assert!(
                    ((found - offset) / unit - plain).abs() < 0.01,
                    "{unit:e} {offset:e}: {found:e}, expected {plain}"
                );
            }
        }
    }

    #[test]
    fn words_are_runs_of_two_or_more_letters_and_digits() {
        let mut found: Vec<_> = terms("It's a GOOD_1 pie, a pie. Überall 7 42").into_keys().collect();
        found.sort();
        let expected =
            ["42", "good_1", "good_1 pie", "it", "it good_1", "pie", "pie pie", "pie überall", "überall", "überall 42"];
        assert_eq!(found, expected);
    }

    #[test]
    fn texts_without_known_words_and_labels_without_texts_have_answers() {
        let found = classes(&["good", "bad"], &[0, 1], 3, &["", "!", "unknown"]);
        assert!(found.concat().iter().all(|p| p.is_finite() && *p > 0.0));
        let found = labels(&["good", "bad"], &[vec![], vec![]], 2, &["good"]);
        assert!(found[0].iter().all(|p| *p < 0.5), "{found:?}");
        assert!((numbers(&["good", "bad"], &[3.0, 3.0], &[""])[0] - 3.0).abs() < 1e-9);
    }
}
