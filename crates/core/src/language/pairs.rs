//! Minimal pairs: which of two sentences is likelier.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::score::{Scoring, enclose, log_probabilities};
use crate::backbone::Backbone;
use crate::metrics::{Scores, bootstrap_grouped};
use cimiento_data::tokenizer::Tokenizer;

/// Two sentences that differ in one point of grammar, as in BLiMP (Warstadt et al. 2020).
#[derive(Deserialize, Clone, Debug, Default, PartialEq)]
pub struct MinimalPair {
    /// The acceptable one.
    pub sentence_good: String,
    /// The other.
    pub sentence_bad: String,
    /// The phenomenon it belongs to.
    #[serde(rename = "UID", default)]
    pub uid: String,
    /// The field of grammar that the phenomenon belongs to.
    #[serde(default)]
    pub field: String,
    /// What linguists call a group of such phenomena.
    #[serde(default)]
    pub linguistics_term: String,
}

/// Share of pairs whose acceptable sentence is the likelier, as the mean over phenomena: of all pairs (under an empty
/// name), of each field (`field/syntax`), of each group (`term/binding`), and of each phenomenon, as far as the pairs
/// say what they belong to.
pub fn minimal_pairs(
    backbone: &Backbone,
    tokenizer: &Tokenizer,
    pairs: &[MinimalPair],
    how: Scoring,
) -> Vec<(String, Scores)> {
    let texts: Vec<&str> =
        pairs.iter().flat_map(|pair| [pair.sentence_good.as_str(), pair.sentence_bad.as_str()]).collect();
    let encoded: Vec<Vec<u32>> =
        tokenizer.encode_batch(&texts).into_iter().map(|ids| enclose(tokenizer, ids)).collect();
    let sums: Vec<f64> =
        log_probabilities(backbone, tokenizer, &encoded, how).iter().map(|logs| logs.iter().sum()).collect();
    let right: Vec<f64> = sums.chunks(2).map(|sums| if sums[0] > sums[1] { 1.0 } else { 0.0 }).collect();
    by_phenomenon(pairs, &right)
}

fn by_phenomenon(pairs: &[MinimalPair], right: &[f64]) -> Vec<(String, Scores)> {
    // A name's place in a path is told by slashes, and BLiMP writes both `syntax/semantics` and `syntax_semantics`.
    let plain = |name: &str| name.replace('/', "_");
    let grouped = |name: &dyn Fn(&MinimalPair) -> Option<String>| {
        let mut groups: BTreeMap<String, BTreeMap<&str, Vec<f64>>> = BTreeMap::new();
        for (pair, &right) in pairs.iter().zip(right) {
            if let Some(name) = name(pair) {
                groups.entry(name).or_default().entry(&pair.uid).or_default().push(right);
            }
        }
        groups.into_iter().map(|(name, phenomena)| {
            (name, Scores(vec![bootstrap_grouped("accuracy", phenomena.values().map(Vec::as_slice))]))
        })
    };
    let under = |kind: &str, name: &str| (!name.is_empty()).then(|| format!("{kind}{}", plain(name)));
    let whole = grouped(&|_| Some(String::new()));
    let fields = grouped(&|pair| under("field/", &pair.field));
    let terms = grouped(&|pair| under("term/", &pair.linguistics_term));
    let phenomena = grouped(&|pair| under("", &pair.uid));
    whole.chain(fields).chain(terms).chain(phenomena).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(uid: &str, field: &str, linguistics_term: &str) -> MinimalPair {
        let (uid, field, linguistics_term) = (uid.into(), field.into(), linguistics_term.into());
        MinimalPair { uid, field, linguistics_term, ..MinimalPair::default() }
    }

    #[test]
    fn groups_are_means_over_phenomena() {
        let pairs = [
            pair("a", "syntax", "islands"),
            pair("a", "syntax", "islands"),
            pair("a", "syntax", "islands"),
            pair("b", "syntax", "ellipsis"),
            pair("c", "syntax/semantics", "binding"),
            pair("d", "syntax_semantics", "binding"),
        ];
        let found = by_phenomenon(&pairs, &[1.0, 1.0, 0.0, 0.0, 1.0, 0.0]);
        let found: Vec<(&str, f64, usize)> =
            found.iter().map(|(name, scores)| (name.as_str(), scores.0[0].value, scores.0[0].n)).collect();
        let third = 2.0 / 3.0;
        let expected = [
            ("", (third + 0.0 + 1.0 + 0.0) / 4.0, 6),
            ("field/syntax", third / 2.0, 4),
            ("field/syntax_semantics", 0.5, 2),
            ("term/binding", 0.5, 2),
            ("term/ellipsis", 0.0, 1),
            ("term/islands", third, 3),
            ("a", third, 3),
            ("b", 0.0, 1),
            ("c", 1.0, 1),
            ("d", 0.0, 1),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn pairs_that_say_nothing_of_themselves_are_one_group() {
        let found = by_phenomenon(&[MinimalPair::default(), MinimalPair::default()], &[1.0, 0.0]);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].0.as_str(), found[0].1.0[0].value), ("", 0.5));
    }
}
