//! The last word of a text, told from all that comes before it, as LAMBADA asks (Paperno et al. 2016).

use super::batch::{read_logits, surprise};
use super::score::{Question, ask, causal_questions};
use crate::backbone::Backbone;
use crate::metrics::{Scores, bootstrap_mean, bootstrap_ratio};
use cimiento_data::tokenizer::Tokenizer;

/// A text without its last word, and that word.
#[derive(Clone, Debug, PartialEq)]
pub struct Ending {
    /// What is read.
    pub context: String,
    /// What is to be told: all that follows the last white space.
    pub word: String,
}

impl Ending {
    /// The ending of a text; none of one that has no two words.
    pub fn of(text: &str) -> Option<Self> {
        let (context, word) = text.trim().rsplit_once(char::is_whitespace)?;
        Some(Self { context: context.trim_end().into(), word: word.into() })
    }

    /// Token ids, opened as the tokenizer opens texts, and where the word begins. The word has one space before it. Where
    /// a token would span the end of the context, both are encoded each by itself.
    fn encode(&self, tokenizer: &Tokenizer) -> (Vec<u32>, usize) {
        let context = tokenizer.encode(&self.context);
        let whole = tokenizer.encode(&format!("{} {}", self.context, self.word));
        let word = match whole.strip_prefix(context.as_slice()) {
            Some(word) => word.to_vec(),
            None => tokenizer.encode(&format!(" {}", self.word)),
        };
        let opened = tokenizer.opened(context);
        let start = opened.len();
        ([opened, word].concat(), start)
    }
}

/// How well last words are told: `accuracy` is the share whose every token is the likeliest one after the context and
/// the word's tokens before it, that is, which greedy decoding would write; `perplexity` is that of whole words,
/// `exp(−Σ log P(word) / n)`.
pub fn last_words(backbone: &Backbone, tokenizer: &Tokenizer, endings: &[Ending]) -> Scores {
    let context = backbone.config().context;
    let bos = tokenizer.special().bos;
    let encoded: Vec<(Vec<u32>, usize)> = endings.iter().map(|ending| ending.encode(tokenizer)).collect();
    let questions =
        encoded.iter().enumerate().flat_map(|(text, (ids, start))| causal_questions(text, ids, *start, context, bos));
    let mut nll = vec![0.0; endings.len()];
    // A word for which the tokenizer has no token cannot be told.
    let mut right: Vec<bool> = encoded.iter().map(|(ids, start)| ids.len() > *start).collect();
    ask(backbone, tokenizer, questions, |asked, batch| {
        let mut told = Vec::with_capacity(batch.count);
        read_logits(backbone, batch, |logits, targets| {
            let best = logits.clone().argmax(1).equal(targets.clone()).into_data();
            told.extend(surprise(logits, targets).into_iter().zip(best.iter::<bool>().collect::<Vec<_>>()));
        });
        let words = asked.iter().flat_map(|Question { text, laid }| laid.wanted.iter().map(|_| *text));
        for (text, (nats, best)) in words.zip(told) {
            nll[text] += nats;
            right[text] &= best;
        }
    });
    let right: Vec<f64> = right.into_iter().map(f64::from).collect();
    let one_each = vec![1.0; endings.len()];
    let perplexity = bootstrap_ratio("perplexity", &nll, &one_each, f64::exp).lower_is_better();
    Scores(vec![bootstrap_mean("accuracy", &right), perplexity])
}

/// How well last words are told without a model: by the name that occurs most often in the context, the first of several.
pub fn frequent_names(endings: &[Ending]) -> Scores {
    let right = |ending: &Ending| f64::from(frequent_name(&ending.context) == Some(&ending.word));
    Scores(vec![bootstrap_mean("accuracy", &endings.iter().map(right).collect::<Vec<_>>())])
}

/// A name is a capitalised word that begins no sentence, and not `I`.
fn frequent_name(context: &str) -> Option<&str> {
    let words: Vec<&str> = context.split_whitespace().collect();
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for pair in words.windows(2) {
        let goes_on = pair[0].ends_with(|c: char| c.is_alphanumeric() || ",;:".contains(c));
        let name = pair[1].trim_matches(|c: char| !c.is_alphanumeric());
        let name = name.strip_suffix("'s").or_else(|| name.strip_suffix("’s")).unwrap_or(name);
        let is_name = name.starts_with(char::is_uppercase) && name.split(['\'', '’']).next() != Some("I");
        if !(goes_on && is_name) {
            continue;
        }
        match counts.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => counts.push((name, 1)),
        }
    }
    let most = counts.iter().map(|(_, count)| *count).max()?;
    counts.into_iter().find(|(_, count)| *count == most).map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::backbone::{Preset, ShapeConfig};
    use crate::generate::{Control, GenerateConfig, generate};
    use crate::language::Scoring;
    use crate::language::score::log_probabilities;
    use crate::tokens::{Attend, Sequence};
    use cimiento_data::order;

    const CONTEXTS: [&str; 3] = ["the miller sold the", "the baker gave the miller bread and", "salt"];

    fn tokenizer() -> Tokenizer {
        Tokenizer::train(CONTEXTS.iter().map(|text| format!("{text} mule")), 280).unwrap()
    }

    fn backbone(context: usize) -> Backbone {
        let shape = ShapeConfig { preset: Preset::Micro, context, ..Default::default() };
        shape.resolve(tokenizer().vocab_size()).unwrap().init(&mut order::rng(3, 0, 0), &Device::flex())
    }

    fn ending(context: &str, word: &str) -> Ending {
        Ending { context: context.into(), word: word.into() }
    }

    #[test]
    fn a_text_is_cut_before_its_last_word() {
        assert_eq!(Ending::of("He saw  Ada.\n\nHi, Ada\n"), Some(ending("He saw  Ada.\n\nHi,", "Ada")));
        assert_eq!(Ending::of("one \n two"), Some(ending("one", "two")));
        assert_eq!((Ending::of(" word "), Ending::of("")), (None, None));
    }

    #[test]
    fn a_word_is_what_the_tokenizer_makes_of_it_after_a_space() {
        let tokenizer = tokenizer();
        let (ids, start) = ending("the miller", "sold").encode(&tokenizer);
        let special = tokenizer.special();
        assert_eq!(ids, [vec![special.bos], tokenizer.encode("the miller"), tokenizer.encode(" sold")].concat());
        assert_eq!(start, 1 + tokenizer.encode("the miller").len());
    }

    #[test]
    fn what_greedy_decoding_writes_is_right_and_all_else_is_wrong() {
        let (tokenizer, backbone) = (tokenizer(), backbone(64));
        let control = Control::of(&tokenizer);
        for context in CONTEXTS {
            let prompt = Sequence::new(tokenizer.opened(tokenizer.encode(context)), Attend::Causal);
            let config = GenerateConfig { max_tokens: 3, ..GenerateConfig::default() };
            let written = generate(&backbone, std::slice::from_ref(&prompt), &config, &control, 0, |_, _| ()).remove(0);
            // Whether the written tokens are a word or not, they are what an ending would have to be.
            let ask = |word: &[u32]| {
                let ids = [prompt.ids.as_slice(), word].concat();
                let mut right = true;
                let questions = causal_questions(0, &ids, prompt.ids.len(), 64, tokenizer.special().bos).into_iter();
                super::ask(&backbone, &tokenizer, questions, |_, batch| {
                    read_logits(&backbone, batch, |logits, targets| {
                        right &= logits.argmax(1).equal(targets).into_data().iter::<bool>().all(|best| best);
                    });
                });
                right
            };
            assert!(ask(&written));
            let mut other = written.clone();
            *other.last_mut().unwrap() = (written.last().unwrap() + 1) % tokenizer.vocab_size() as u32;
            assert!(!ask(&other));
        }
    }

    #[test]
    fn the_perplexity_is_that_of_whole_words() {
        let (tokenizer, backbone) = (tokenizer(), backbone(64));
        let endings = [ending(CONTEXTS[0], "mule"), ending(CONTEXTS[1], "zebra")];
        let nats = |ending: &Ending| {
            let (ids, start) = ending.encode(&tokenizer);
            let logs = log_probabilities(&backbone, &tokenizer, &[ids], Scoring::Causal).remove(0);
            -logs[start - 1..].iter().sum::<f64>()
        };
        let expected = ((nats(&endings[0]) + nats(&endings[1])) / 2.0).exp();
        let scores = last_words(&backbone, &tokenizer, &endings);
        let found = scores.get("perplexity").unwrap();
        assert!((found.value / expected - 1.0).abs() < 1e-3, "{} {expected}", found.value);
        assert_eq!((found.n, scores.get("accuracy").unwrap().n), (2, 2));
    }

    #[test]
    fn of_a_long_context_the_end_is_read() {
        let (tokenizer, backbone) = (tokenizer(), backbone(16));
        let long = ending(&CONTEXTS[1].repeat(9), "mule");
        let (ids, start) = long.encode(&tokenizer);
        let bos = tokenizer.special().bos;
        let questions = causal_questions(0, &ids, start, 16, bos);
        assert_eq!(questions.len(), 1);
        assert_eq!(questions[0].laid.sequence.ids, [&[bos], &ids[ids.len() - 15..]].concat());
        // A text that nothing opens stays without.
        let bare = causal_questions(0, &ids[1..], start - 1, 16, bos);
        assert_eq!(bare[0].laid.sequence.ids, ids[ids.len() - 16..]);
        assert_eq!(questions[0].laid.wanted.len(), ids.len() - start);
        assert!(last_words(&backbone, &tokenizer, &[long]).get("perplexity").unwrap().value.is_finite());
        // A word longer than the context is read in windows.
        let wide = ending("the", &"zyx".repeat(20));
        let (ids, start) = wide.encode(&tokenizer);
        let asked: usize =
            causal_questions(0, &ids, start, 16, bos).iter().map(|question| question.laid.wanted.len()).sum();
        assert_eq!(asked, ids.len() - start);
    }

    #[test]
    fn the_most_frequent_name_is_told_without_a_model() {
        let text = "Then he saw Ada. \"Is it,\" I said, \"Ben's or Ada's?\" But I'm not, Ben; and I'd ask Ada";
        assert_eq!(frequent_name(text), Some("Ada"));
        assert_eq!(frequent_name("he met Ben and Ada."), Some("Ben"));
        assert_eq!(frequent_name("Nobody. But I know"), None);
        let endings = [ending(text, "Ada"), ending(text, "Ben")];
        assert_eq!(frequent_names(&endings).get("accuracy").unwrap().value, 0.5);
    }
}
