//! The Porter stemmer in the variant that `rouge-score` uses: NLTK's `PorterStemmer` with NLTK's extensions.
//!
//! The algorithm is Porter's (1980, *An algorithm for suffix stripping*, Program 14.3) with Porter's own later
//! changes (short words stay, `-bli`, `-logi`) and NLTK's: a table of irregular forms, `-ies` and `-ied` after one
//! letter, `y` to `i` after a consonant only, `-alli` tried first and again, `-fulli`, and two-letter stems such as
//! `us` counting as short. Steps carry the paper's numbers.

#[cfg(test)]
mod tests;

/// Forms that the rules get wrong, with their stems.
const IRREGULAR: [(&str, &str); 16] = [
    ("sky", "sky"),
    ("skies", "sky"),
    ("dying", "die"),
    ("lying", "lie"),
    ("tying", "tie"),
    ("news", "news"),
    ("inning", "inning"),
    ("innings", "inning"),
    ("outing", "outing"),
    ("outings", "outing"),
    ("canning", "canning"),
    ("cannings", "canning"),
    ("howe", "howe"),
    ("proceed", "proceed"),
    ("exceed", "exceed"),
    ("succeed", "succeed"),
];

/// Step 2: replaced when the stem before the suffix has a measure above 0. `-logi` is not here, as its `l` counts
/// with the stem.
const STEP_2: [(&str, &str); 21] = [
    ("ational", "ate"),
    ("tional", "tion"),
    ("enci", "ence"),
    ("anci", "ance"),
    ("izer", "ize"),
    ("bli", "ble"),
    ("alli", "al"),
    ("entli", "ent"),
    ("eli", "e"),
    ("ousli", "ous"),
    ("ization", "ize"),
    ("ation", "ate"),
    ("ator", "ate"),
    ("alism", "al"),
    ("iveness", "ive"),
    ("fulness", "ful"),
    ("ousness", "ous"),
    ("aliti", "al"),
    ("iviti", "ive"),
    ("biliti", "ble"),
    ("fulli", "ful"),
];

/// Step 3: replaced when the stem before the suffix has a measure above 0.
const STEP_3: [(&str, &str); 7] =
    [("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", "")];

/// Step 4: removed when the stem before the suffix has a measure above 1; `-ion` only after `s` or `t`.
const STEP_4: [&str; 19] = [
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism", "ate", "iti",
    "ous", "ive", "ize",
];

/// The stem of a word in lower-case ASCII letters and digits; digits count as consonants.
pub fn stem(word: &str) -> String {
    if let Some((_, stem)) = IRREGULAR.iter().find(|(form, _)| *form == word) {
        return (*stem).to_owned();
    }
    if word.len() <= 2 || !word.is_ascii() {
        return word.to_owned();
    }
    let mut word = word.to_owned();
    step_1a(&mut word);
    step_1b(&mut word);
    step_1c(&mut word);
    step_2(&mut word);
    first_rule(&mut word, &STEP_3);
    step_4(&mut word);
    step_5(&mut word);
    word
}

/// Plurals.
fn step_1a(word: &mut String) {
    let kept = match word.as_str() {
        w if w.ends_with("ies") && w.len() == 4 => w.len() - 1,
        w if w.ends_with("sses") || w.ends_with("ies") => w.len() - 2,
        w if w.ends_with('s') && !w.ends_with("ss") => w.len() - 1,
        w => w.len(),
    };
    word.truncate(kept);
}

/// Past tenses and gerunds, and the repair of what they leave.
fn step_1b(word: &mut String) {
    if word.ends_with("ied") {
        word.truncate(word.len() - if word.len() == 4 { 1 } else { 2 });
        return;
    }
    if let Some(stem) = word.strip_suffix("eed") {
        if measure(stem) > 0 {
            word.pop();
        }
        return;
    }
    let stem = word.strip_suffix("ed").or_else(|| word.strip_suffix("ing"));
    let Some(kept) = stem.filter(|stem| has_vowel(stem)).map(str::len) else { return };
    word.truncate(kept);
    if ["at", "bl", "iz"].iter().any(|end| word.ends_with(end)) {
        word.push('e');
    } else if ends_double_consonant(word) {
        if !word.ends_with(['l', 's', 'z']) {
            word.pop();
        }
    } else if measure(word) == 1 && ends_short(word) {
        word.push('e');
    }
}

/// `y` to `i` after a consonant that is not the word's first letter.
fn step_1c(word: &mut String) {
    if let Some(stem) = word.strip_suffix('y')
        && stem.len() > 1
        && ends_consonant(stem)
    {
        replace(word, 1, "i");
    }
}

fn step_2(word: &mut String) {
    if let Some(stem) = word.strip_suffix("alli")
        && measure(stem) > 0
    {
        // What this uncovers may be a suffix of this step itself: `-ationalli`.
        replace(word, "li".len(), "");
        return step_2(word);
    }
    if word.ends_with("logi") {
        if measure(&word[..word.len() - "ogi".len()]) > 0 {
            word.pop();
        }
    } else {
        first_rule(word, &STEP_2);
    }
}

fn step_4(word: &mut String) {
    let Some(suffix) = STEP_4.iter().find(|suffix| word.ends_with(*suffix)) else { return };
    let stem = &word[..word.len() - suffix.len()];
    if measure(stem) > 1 && (*suffix != "ion" || stem.ends_with(['s', 't'])) {
        replace(word, suffix.len(), "");
    }
}

/// A final `e`, and one `l` of two.
fn step_5(word: &mut String) {
    if let Some(stem) = word.strip_suffix('e') {
        let measure = measure(stem);
        if measure > 1 || (measure == 1 && !ends_short(stem)) {
            word.pop();
        }
    }
    if word.ends_with("ll") && measure(&word[..word.len() - 1]) > 1 {
        word.pop();
    }
}

/// Applies the first rule whose suffix fits, and no other even where its condition fails.
fn first_rule(word: &mut String, rules: &[(&str, &str)]) {
    if let Some((suffix, with)) = rules.iter().find(|(suffix, _)| word.ends_with(suffix))
        && measure(&word[..word.len() - suffix.len()]) > 0
    {
        replace(word, suffix.len(), with);
    }
}

fn replace(word: &mut String, last: usize, with: &str) {
    word.truncate(word.len() - last);
    word.push_str(with);
}

/// For each letter, whether it is a consonant: no vowel, and no `y` that follows a consonant.
fn consonants(word: &str) -> impl Iterator<Item = bool> {
    word.bytes().scan(false, |after_consonant, letter| {
        *after_consonant = match letter {
            b'a' | b'e' | b'i' | b'o' | b'u' => false,
            b'y' => !*after_consonant,
            _ => true,
        };
        Some(*after_consonant)
    })
}

/// The paper's m: how often a consonant follows a vowel.
fn measure(stem: &str) -> usize {
    let mut after_vowel = false;
    consonants(stem).filter(|&consonant| std::mem::replace(&mut after_vowel, !consonant) && consonant).count()
}

/// The paper's `*v*`.
fn has_vowel(stem: &str) -> bool {
    consonants(stem).any(|consonant| !consonant)
}

fn ends_consonant(stem: &str) -> bool {
    consonants(stem).last().unwrap_or(false)
}

/// The paper's `*d`.
fn ends_double_consonant(word: &str) -> bool {
    let bytes = word.as_bytes();
    bytes.len() >= 2 && bytes[bytes.len() - 1] == bytes[bytes.len() - 2] && ends_consonant(word)
}

/// The paper's `*o`, consonant-vowel-consonant where the last is not `w`, `x` or `y`; and NLTK's vowel-consonant.
fn ends_short(word: &str) -> bool {
    let kinds: Vec<bool> = consonants(word).collect();
    match kinds.as_slice() {
        [false, true] => true,
        [.., true, false, true] => !word.ends_with(['w', 'x', 'y']),
        _ => false,
    }
}
