//! A sample of the corpus, to train the tokenizer on.

use std::path::Path;
use std::sync::Arc;

use super::config::CorpusConfig;
use super::documents::Input;
use super::error::CorpusError;
use super::filter::{Filter, Verdict};
use super::split::draws;
use crate::tokenizer::Tokenizer;

/// About `sample_bytes` of the text to train on: the documents are spread evenly over each source, and sources have
/// shares by their weights, as far as they have so much text. What is held out for validation or left out is not among them. The
/// same configuration gives the same texts.
///
/// # Errors
/// At once if the configuration or a file is wrong (all of it is read once, to know how much there is).
pub fn texts(
    config: &CorpusConfig,
    base: &Path,
    sample_bytes: u64,
) -> Result<impl Iterator<Item = Result<String, CorpusError>> + Send + use<>, CorpusError> {
    config.validate()?;
    let sources: Vec<Input> = config.sources.iter().map(|source| source.input(base)).collect();
    let validation = config.validation;
    let mut filter = Filter::new(config, base);
    let verdicts = (0..sources.len()).map(|index| match &mut filter {
        Some(filter) => filter.verdicts(index, &mut |_| {}),
        None => Ok(Arc::default()),
    });
    let sources: Vec<(Input, Arc<[Verdict]>)> = sources
        .into_iter()
        .zip(verdicts)
        .map(|(source, verdicts)| Ok((source, verdicts?)))
        .collect::<Result<_, CorpusError>>()?;
    let mut sizes = Vec::new();
    for source in &sources {
        let mut size = 0;
        for text in training(source, validation)? {
            size += text?.len() as u64;
        }
        sizes.push(size);
    }
    let weights: Vec<f64> = config.sources.iter().map(|source| source.weight).collect();
    let shares = shares(&sizes, &weights, sample_bytes);
    Ok(sources.into_iter().zip(shares).flat_map(move |(source, share)| {
        let (texts, error) = match training(&source, validation) {
            Ok(texts) => (Some(texts), None),
            Err(e) => (None, Some(Err(e))),
        };
        let chosen = move |text: &Result<String, _>| text.as_ref().map_or(true, |text| draws(text).1 < share);
        texts.into_iter().flatten().filter(chosen).chain(error)
    }))
}

/// A tokenizer trained on about `sample_bytes` of the corpus.
pub fn train_tokenizer(
    config: &CorpusConfig,
    base: &Path,
    vocab_size: usize,
    sample_bytes: u64,
) -> Result<Tokenizer, CorpusError> {
    let mut failure = None;
    let texts = texts(config, base, sample_bytes)?;
    // The library wants plain texts: stop at the first error, and report it afterwards.
    let trained = Tokenizer::train(texts.map_while(|text| text.map_err(|e| failure = Some(e)).ok()), vocab_size);
    match failure {
        Some(e) => Err(e),
        None => Ok(trained?),
    }
}

/// The texts of a source that are to be learned from.
fn training(
    (input, verdicts): &(Input, Arc<[Verdict]>),
    validation: f64,
) -> Result<impl Iterator<Item = Result<String, CorpusError>> + Send + use<>, CorpusError> {
    let (documents, verdicts) = (input.documents(Arc::default())?, verdicts.clone());
    Ok(documents.enumerate().filter_map(move |(at, document)| match document {
        Ok(document) => {
            let kept = verdicts.get(at).is_none_or(|verdict| *verdict == Verdict::Kept)
                && !document.record.is_empty()
                && draws(&document.record.text).0 >= validation;
            kept.then_some(Ok(document.record.text))
        }
        Err(e) => Some(Err(e)),
    }))
}

/// The share of each source to take: `budget` bytes divided by weight, what a source does not have going to the
/// others.
fn shares(sizes: &[u64], weights: &[f64], budget: u64) -> Vec<f64> {
    let mut taken = vec![0.0; sizes.len()];
    let mut open: Vec<usize> = (0..sizes.len()).filter(|s| sizes[*s] > 0).collect();
    let mut left = budget as f64;
    loop {
        let total: f64 = open.iter().map(|s| weights[*s]).sum();
        let (small, large): (Vec<usize>, Vec<usize>) =
            open.iter().partition(|s| sizes[**s] as f64 <= left * weights[**s] / total);
        if small.is_empty() {
            for s in large {
                taken[s] = left * weights[s] / total / sizes[s] as f64;
            }
            return taken;
        }
        for s in small {
            taken[s] = 1.0;
            left -= sizes[s] as f64;
        }
        open = large;
    }
}

#[cfg(test)]
mod tests {
    use super::shares;

    #[test]
    fn a_small_source_leaves_its_share_to_the_others() {
        assert_eq!(shares(&[100, 1000, 1000], &[1.0, 1.0, 3.0], 900), [1.0, 0.2, 0.6]);
        assert_eq!(shares(&[10, 0], &[1.0, 1.0], 900), [1.0, 0.0]);
        assert_eq!(shares(&[1000], &[2.0], 250), [0.25]);
    }
}
