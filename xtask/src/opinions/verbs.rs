//! Forms of verbs and nouns, articles, spelling, contractions.

/// Second verbs of a phrase.
const AFTER_AND: [&str; 10] =
    ["delight", "entertain", "move", "stir", "surprise", "tantalise", "deliver", "tell", "burn", "run"];

/// Words that come before the verb that is inflected.
const BEFORE: [&str; 4] = ["never", "quite", "just", "simply"];

const IRREGULAR: &str = "\
    arise arose, be was, beat beat, become became, begin began, bite bit, bleed bled, blow blew, break broke, \
    bring brought, build built, burst burst, cast cast, catch caught, come came, cost cost, cut cut, deal dealt, \
    dig dug, do did, draw drew, drive drove, fall fell, feel felt, find found, fly flew, freeze froze, get got, \
    give gave, go went, grow grew, have had, hear heard, hit hit, hold held, hurt hurt, keep kept, know knew, \
    lay laid, leave left, let let, light lit, lose lost, make made, mistake mistook, overcome overcame, \
    overlay overlaid, pay paid, put put, read read, retread retrod, ring rang, rise rose, run ran, say said, \
    see saw, sell sold, send sent, set set, shine shone, sing sang, sink sank, speak spoke, spin spun, stand stood, \
    steal stole, stick stuck, stink stank, strike struck, sweep swept, swim swam, swing swung, take took, \
    teach taught, tell told, think thought, tread trod, undo undid, upset upset, wear wore, weave wove, win won, \
    wring wrung";

/// Regular verbs that double their last letter.
const DOUBLING: [&str; 23] = [
    "grip", "drag", "sag", "plod", "flop", "stun", "hum", "zip", "brim", "pat", "jam", "cop", "trim", "bog", "spam",
    "wag", "stop", "trot", "skip", "tug", "repel", "enthral", "rob",
];

fn inflect(phrase: &str, form: impl Fn(&str) -> String) -> String {
    let mut words: Vec<String> = phrase.split(' ').map(str::to_string).collect();
    let first = words.iter().position(|word| !BEFORE.contains(&word.as_str()));
    for i in 0..words.len() {
        let second = i > 0 && words[i - 1] == "and" && AFTER_AND.contains(&words[i].as_str());
        if Some(i) == first || second {
            words[i] = form(&words[i]);
        }
    }
    words.join(" ")
}

/// With an `s`, as both verbs and nouns take it.
fn with_s(word: &str) -> String {
    let hissing = ["s", "x", "z", "ch", "sh"].iter().any(|end| word.ends_with(end));
    let before = word.chars().rev().nth(1).unwrap_or('a');
    if word.ends_with("series") {
        word.to_string()
    } else if hissing || word == "go" || word == "do" {
        format!("{word}es")
    } else if word.ends_with('y') && !"aeiou".contains(before) {
        format!("{}ies", &word[..word.len() - 1])
    } else {
        format!("{word}s")
    }
}

/// "keep you guessing" → "keeps you guessing"
pub fn present(phrase: &str) -> String {
    inflect(phrase, |verb| match verb {
        "have" => "has".to_string(),
        "be" => "is".to_string(),
        _ => with_s(verb),
    })
}

/// "keep you guessing" → "kept you guessing"
pub fn past(phrase: &str) -> String {
    inflect(phrase, |verb| {
        let known = IRREGULAR.split(", ").filter_map(|pair| pair.split_once(' ')).find(|(base, _)| *base == verb);
        let before = verb.chars().rev().nth(1).unwrap_or('a');
        match known {
            Some((_, past)) => past.to_string(),
            None if DOUBLING.contains(&verb) => format!("{verb}{}ed", &verb[verb.len() - 1..]),
            None if verb.ends_with('e') => format!("{verb}d"),
            None if verb.ends_with('y') && !"aeiou".contains(before) => format!("{}ied", &verb[..verb.len() - 1]),
            None => format!("{verb}ed"),
        }
    })
}

/// "keep you guessing" → "keeping you guessing"
pub fn gerund(phrase: &str) -> String {
    inflect(phrase, |verb| {
        let short =
            ["get", "let", "hit", "put", "run", "cut", "win", "set", "sit", "swim", "spin", "dig", "upset", "begin"];
        let double = short.contains(&verb) || DOUBLING.contains(&verb);
        match verb.strip_suffix('e') {
            _ if double => format!("{verb}{}ing", &verb[verb.len() - 1..]),
            Some(_) if verb == "die" || verb == "tie" => format!("{}ying", &verb[..1]),
            Some(stem) if !verb.ends_with("ee") => format!("{stem}ing"),
            _ => format!("{verb}ing"),
        }
    })
}

/// "love story" → "love stories"
pub fn plural(noun: &str) -> String {
    match noun.split_once(" and ") {
        Some((first, rest)) if first == "bed" => format!("{first} and {}", with_s(rest)),
        _ => with_s(noun),
    }
}

/// The article by the sound of the word after it.
fn article(next: &str) -> &'static str {
    let next = next.trim_start_matches('"').to_lowercase();
    let said = |list: &[&str]| list.iter().any(|start| next.starts_with(start));
    let vowel = next.starts_with(['a', 'e', 'i', 'o', 'u']) || said(&["hour", "honest", "heir", "honour"]);
    let glide = said(&["uniq", "unif", "univ", "unit", "union", "use", "eu", "ewe", "one", "once"]);
    if vowel && !glide { "an" } else { "a" }
}

/// Every "a" and "an" as what follows asks for.
pub fn with_articles(text: &str) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let right = |(i, word): (usize, &&str)| match (*word, words.get(i + 1)) {
        ("a" | "an", Some(next)) => article(next).to_string(),
        (word, _) => word.to_string(),
    };
    words.iter().enumerate().map(right).collect::<Vec<_>>().join(" ")
}

const CONTRACTIONS: [(&str, &str); 26] = [
    ("did not", "didn't"),
    ("does not", "doesn't"),
    ("do not", "don't"),
    ("is not", "isn't"),
    ("was not", "wasn't"),
    ("are not", "aren't"),
    ("were not", "weren't"),
    ("could not", "couldn't"),
    ("would not", "wouldn't"),
    ("should not", "shouldn't"),
    ("have not", "haven't"),
    ("has not", "hasn't"),
    ("cannot", "can't"),
    ("will not", "won't"),
    ("I am", "I'm"),
    ("you will", "you'll"),
    ("you would", "you'd"),
    ("I would", "I'd"),
    ("I will", "I'll"),
    ("let us", "let's"),
    ("that is a", "that's a"),
    (", it is", ", it's"),
    ("; it is", "; it's"),
    (": it is", ": it's"),
    ("but it is", "but it's"),
    ("and it is", "and it's"),
];

/// "did not" → "didn't"
pub fn contracted(text: &str) -> String {
    let mut text = text.strip_prefix("it is ").map_or_else(|| text.to_string(), |rest| format!("it's {rest}"));
    for (long, short) in CONTRACTIONS {
        // Only between other words: "cleverer than I am" stays.
        text = text.replace(&format!("{long} "), &format!("{short} "));
    }
    text
}

const AMERICAN: [(&str, &str); 42] = [
    ("humour", "humor"),
    ("colour", "color"),
    ("favourite", "favorite"),
    ("labour", "labor"),
    ("honour", "honor"),
    ("vigour", "vigor"),
    ("flavour", "flavor"),
    ("savour", "savor"),
    ("splendour", "splendor"),
    ("neighbour", "neighbor"),
    ("harbour", "harbor"),
    ("Harbour", "Harbor"),
    ("marvellous", "marvelous"),
    ("lacklustre", "lackluster"),
    ("skilful", "skillful"),
    ("mesmeris", "mesmeriz"),
    ("tantalis", "tantaliz"),
    ("realised", "realized"),
    ("stylised", "stylized"),
    ("sanitised", "sanitized"),
    ("patronis", "patroniz"),
    ("organis", "organiz"),
    ("theatre", "theater"),
    ("centre", "center"),
    ("cosy", "cozy"),
    ("cosi", "cozi"),
    ("judgement", "judgment"),
    ("meagre", "meager"),
    ("anaemic", "anemic"),
    ("unrivalled", "unrivaled"),
    ("enthral ", "enthrall "),
    ("enthrals", "enthralls"),
    ("likeable", "likable"),
    ("phoney", "phony"),
    ("tyre", "tire"),
    ("mouldy", "moldy"),
    ("draughty", "drafty"),
    ("gruelling", "grueling"),
    ("travelling", "traveling"),
    ("appetising", "appetizing"),
    ("ageing", "aging"),
    ("maths", "math"),
];

/// As it is spelt across the ocean.
pub fn american(text: &str) -> String {
    AMERICAN.iter().fold(text.to_string(), |text, (british, american)| text.replace(british, american))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_are_inflected_where_they_stand() {
        assert_eq!(present("never let up"), "never lets up");
        assert_eq!(present("fizz with ideas"), "fizzes with ideas");
        assert_eq!(present("go nowhere"), "goes nowhere");
        assert_eq!(past("keep you guessing"), "kept you guessing");
        assert_eq!(past("never quite work"), "never quite worked");
        assert_eq!(past("promise much and deliver little"), "promised much and delivered little");
        assert_eq!(past("drag on"), "dragged on");
        assert_eq!(past("carry on"), "carried on");
        assert_eq!(gerund("go nowhere"), "going nowhere");
        assert_eq!(gerund("make you run"), "making you run");
        assert_eq!(gerund("drag on"), "dragging on");
        assert_eq!(plural("history"), "histories");
    }

    #[test]
    fn articles_follow_the_sound() {
        assert_eq!(with_articles("a honest film and an unique book"), "an honest film and a unique book");
        assert_eq!(with_articles("a unimaginative, a useless thing"), "an unimaginative, a useless thing");
    }

    #[test]
    fn contractions_need_a_word_after_them() {
        assert_eq!(
            contracted("it is not funny, and I cannot say more than it is"),
            "it's not funny, and I can't say more than it is"
        );
    }
}
