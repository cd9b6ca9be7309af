//! The text of some that is most like another: the cosine of their TF-IDF vectors.

use std::collections::HashMap;

use cimiento_data::quality::words::words;

/// Texts by their words.
pub(crate) struct Nearest {
    /// For each word the texts that have it, each with the word's weight in the text's vector, and its inverse document
    /// frequency.
    texts_of: HashMap<u64, (f64, Vec<(usize, f64)>)>,
    count: usize,
}

/// How often each word occurs, in the order of the words: sums depend on it.
fn counted(text: &str) -> Vec<(u64, f64)> {
    let mut all = words(text);
    all.sort_unstable();
    all.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as f64)).collect()
}

impl Nearest {
    pub(crate) fn new<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let counts: Vec<Vec<(u64, f64)>> = texts.map(counted).collect();
        let mut documents: HashMap<u64, f64> = HashMap::new();
        counts.iter().flatten().for_each(|(word, _)| *documents.entry(*word).or_default() += 1.0);
        let idf = |word: &u64| ((1.0 + counts.len() as f64) / (1.0 + documents[word])).ln() + 1.0;
        let mut texts_of: HashMap<u64, (f64, Vec<(usize, f64)>)> = HashMap::new();
        for (index, counts) in counts.iter().enumerate() {
            let length = counts.iter().map(|(word, count)| (count * idf(word)).powi(2)).sum::<f64>().sqrt();
            for (word, count) in counts {
                let idf = idf(word);
                texts_of.entry(*word).or_insert((idf, Vec::new())).1.push((index, count * idf / length));
            }
        }
        Self { texts_of, count: counts.len() }
    }

    /// The index of the text that is most like `text`, the first of equals; none where no text shares a word with it.
    pub(crate) fn to(&self, text: &str) -> Option<usize> {
        let mut scores = vec![0.0; self.count];
        for (word, count) in counted(text) {
            let Some((idf, texts)) = self.texts_of.get(&word) else { continue };
            texts.iter().for_each(|(index, weight)| scores[*index] += count * idf * weight);
        }
        let best = (0..self.count).reduce(|best, next| if scores[next] > scores[best] { next } else { best })?;
        (scores[best] > 0.0).then_some(best)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_words_that_are_shared_count_most() {
        let nearest = Nearest::new(["the dog is in the house", "the cat is in the tree", "a dog"].into_iter());
        let check = |text: &str, expected: Option<usize>| assert_eq!(nearest.to(text), expected, "{text}");
        check("The cat!", Some(1));
        check("dog", Some(2));
        check("the house of a mule", Some(0));
        check("nothing known", None);
        check("", None);
        assert_eq!(Nearest::new(std::iter::empty()).to("a"), None);
    }
}
