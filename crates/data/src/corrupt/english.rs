//! Errors that are of English: which words are taken for which.

use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;

use super::{Rates, Word};

/// Words that are taken for each other by sound or look.
const CONFUSED: &[&[&str]] = &[
    &["there", "their", "they're"],
    &["its", "it's"],
    &["your", "you're"],
    &["to", "too"],
    &["then", "than"],
    &["affect", "effect"],
    &["lose", "loose"],
    &["where", "were"],
    &["whether", "weather"],
    &["quite", "quiet"],
    &["off", "of"],
    &["much", "many"],
    &["less", "fewer"],
    &["say", "tell"],
    &["make", "do"],
    &["who", "which"],
    &["whose", "who's"],
    &["accept", "except"],
    &["advice", "advise"],
    &["later", "latter"],
    &["principal", "principle"],
    &["through", "threw"],
    &["which", "witch"],
    &["believe", "belief"],
    &["beside", "besides"],
    &["choose", "chose"],
    &["hear", "here"],
    &["know", "now"],
    &["life", "live"],
    &["passed", "past"],
    &["peace", "piece"],
    &["raise", "rise"],
    &["safe", "save"],
    &["good", "well"],
    &["success", "succeed"],
    &["people", "peoples"],
    &["children", "childrens"],
    &["information", "informations"],
    &["another", "other"],
    &["every", "all"],
    &["also", "too"],
    &["very", "much"],
    &["some", "any"],
    &["so", "such"],
];

/// Forms of one verb, or of a word that stands for one or for several.
const AGREEING: &[&[&str]] = &[
    &["is", "are", "be"],
    &["was", "were"],
    &["has", "have"],
    &["does", "do"],
    &["this", "these"],
    &["that", "those"],
    &["am", "is"],
    &["isn't", "aren't"],
    &["doesn't", "don't"],
    &["hasn't", "haven't"],
    &["wasn't", "weren't"],
];

/// Prepositions that are taken for each other.
const PREPOSITIONS: &[&str] =
    &["in", "on", "at", "for", "to", "of", "with", "by", "from", "about", "into", "over", "during", "since"];

/// Forms of irregular verbs.
const VERBS: &[&[&str]] = &[
    &["go", "goes", "went", "gone", "going"],
    &["be", "been", "being"],
    &["come", "comes", "came", "coming"],
    &["take", "takes", "took", "taken", "taking"],
    &["make", "makes", "made", "making"],
    &["see", "sees", "saw", "seen"],
    &["give", "gives", "gave", "given", "giving"],
    &["get", "gets", "got", "getting"],
    &["find", "finds", "found"],
    &["know", "knows", "knew", "known"],
    &["think", "thinks", "thought", "thinking"],
    &["say", "says", "said"],
    &["become", "becomes", "became"],
    &["begin", "begins", "began", "begun"],
    &["write", "writes", "wrote", "written"],
    &["leave", "leaves", "left", "leaving"],
    &["feel", "feels", "felt"],
    &["bring", "brings", "brought"],
    &["keep", "keeps", "kept"],
    &["hold", "holds", "held"],
    &["stand", "stands", "stood"],
    &["tell", "tells", "told"],
    &["run", "runs", "ran", "running"],
    &["speak", "speaks", "spoke", "spoken"],
    &["build", "builds", "built"],
    &["teach", "teaches", "taught"],
    &["buy", "buys", "bought"],
    &["eat", "eats", "ate", "eaten"],
    &["meet", "meets", "met"],
    &["can", "could"],
    &["will", "would"],
    &["may", "might"],
    &["shall", "should"],
    &["have", "had", "having"],
    &["learn", "learned", "learnt", "learning"],
    &["choose", "chose", "chosen"],
    &["grow", "grew", "grown"],
];

/// Makes one error in the word that follows `previous`. Says whether it did; `out` is the sentence so far, to which an
/// article may be added.
pub fn change(word: &mut Word, previous: &str, rates: &Rates, rng: &mut StdRng, out: &mut Vec<Word>) -> bool {
    let small = word.small();
    if matches!(small.as_str(), "a" | "an" | "the") {
        return rng.random_bool(rates.articles) && article(word, &small, rng);
    }
    if PREPOSITIONS.contains(&small.as_str()) && rng.random_bool(rates.prepositions) {
        return preposition(word, &small, rng);
    }
    for (table, rate) in [(AGREEING, rates.agreement), (CONFUSED, rates.confusion), (VERBS, rates.tense)] {
        if let Some(other) = other(table, &small, rng).filter(|_| rng.random_bool(rate)) {
            word.become_word(other);
            return true;
        }
    }
    let plain = small == word.letters && small.len() > 3 && small.bytes().all(|byte| byte.is_ascii_lowercase());
    if plain && (small.ends_with("ed") || small.ends_with("ing")) {
        return rng.random_bool(rates.tense) && ending(word);
    }
    if plain && rng.random_bool(rates.agreement) && number(word, rng) {
        return true;
    }
    // An article before a noun that has none: after a preposition there is one, mostly.
    if plain && word.before.is_empty() && PREPOSITIONS.contains(&previous) && rng.random_bool(rates.articles / 2.0) {
        let article = if rng.random_bool(0.8) { "the" } else { "a" };
        out.push(Word::of(article));
        return true;
    }
    false
}

/// Another word of the first set that has this one.
fn other(table: &'static [&'static [&'static str]], word: &str, rng: &mut StdRng) -> Option<&'static str> {
    let set = table.iter().find(|set| set.contains(&word))?;
    let others: Vec<&str> = set.iter().copied().filter(|other| *other != word).collect();
    others.choose(rng).copied()
}

fn article(word: &mut Word, small: &str, rng: &mut StdRng) -> bool {
    if rng.random_bool(0.6) && word.before.is_empty() && word.after.is_empty() {
        word.letters.clear();
    } else {
        let others: Vec<&str> = ["a", "an", "the"].into_iter().filter(|other| *other != small).collect();
        word.become_word(others[rng.random_range(0..others.len())]);
    }
    true
}

fn preposition(word: &mut Word, small: &str, rng: &mut StdRng) -> bool {
    if rng.random_bool(0.3) && word.before.is_empty() && word.after.is_empty() {
        word.letters.clear();
        return true;
    }
    // The first half are common, and taken for each other most.
    let common = &PREPOSITIONS[..PREPOSITIONS.len() / 2];
    let others: Vec<&str> = common.iter().copied().filter(|other| *other != small).collect();
    word.become_word(others[rng.random_range(0..others.len())]);
    true
}

/// The ending of a verb left out.
fn ending(word: &mut Word) -> bool {
    let cut = match word.letters.strip_suffix("ing") {
        Some(stem) => stem.len(),
        None if word.letters.ends_with("eed") => return false,
        // `used` becomes `use`, `walked` `walk`.
        None => word.letters.len() - if word.letters.ends_with("sed") || word.letters.ends_with("ved") { 1 } else { 2 },
    };
    if cut < 3 {
        return false;
    }
    word.letters.truncate(cut);
    true
}

/// An `s` left out, or put in.
fn number(word: &mut Word, rng: &mut StdRng) -> bool {
    let letters = &mut word.letters;
    let kept = ["ss", "us", "is"].iter().any(|end| letters.ends_with(end));
    if letters.ends_with('s') && !kept {
        let cut = if letters.ends_with("ies") { letters.len() - 3 } else { letters.len() - 1 };
        let many = letters.len() != cut + 1;
        letters.truncate(cut);
        if many {
            letters.push('y');
        }
        return true;
    }
    if kept || letters.ends_with("ly") || !rng.random_bool(0.25) {
        return false;
    }
    letters.push('s');
    true
}
