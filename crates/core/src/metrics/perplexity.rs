//! How surprising texts are to a language model.

use super::bootstrap::bootstrap_ratio;
use super::score::Score;

/// Perplexity, `exp(Σ nll / Σ tokens)`, of texts whose negative log-likelihoods `nll` are in nats; one entry a text.
pub fn perplexity(nll: &[f64], tokens: &[usize]) -> Score {
    bootstrap_ratio("perplexity", nll, &floats(tokens), f64::exp).lower_is_better()
}

/// Perplexity of words, `exp(Σ nll / Σ words)`, of texts whose negative log-likelihoods `nll` are in nats; one entry a
/// text. What counts as a word is up to [`words`](crate::language::words).
pub fn word_perplexity(nll: &[f64], words: &[usize]) -> Score {
    bootstrap_ratio("word_perplexity", nll, &floats(words), f64::exp).lower_is_better()
}

/// Bits per byte of UTF-8, `Σ nll / (ln 2 · Σ bytes)`, of texts whose negative log-likelihoods `nll` are in nats; one
/// entry a text. Unlike perplexity it does not depend on the tokenizer.
pub fn bits_per_byte(nll: &[f64], bytes: &[usize]) -> Score {
    bootstrap_ratio("bits_per_byte", nll, &floats(bytes), |nats| nats / std::f64::consts::LN_2).lower_is_better()
}

fn floats(counts: &[usize]) -> Vec<f64> {
    counts.iter().map(|&count| count as f64).collect()
}
