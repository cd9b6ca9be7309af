//! Text as people spell it, out of text that a tokenizer of words has set apart: `film , television @-@ and` of WikiText
//! and of the Penn Treebank's heirs.
//!
//! A model of plain text meets such spacing as a foreign spelling. Perplexities of WikiText are therefore usually those of
//! the spelling undone, by the words and bytes of the original (Radford et al. 2019, "Language Models are Unsupervised
//! Multitask Learners", section 3.1). What is undone can be done again but for rare cases, so that little of the
//! original's probability is lost.

/// Signs that stand close to the word before them.
const CLOSE: [&str; 14] = [",", ".", ";", ":", "!", "?", ")", "]", "}", "%", "°", "''", "n't", "…"];
/// Signs that stand close to the word after them.
const OPEN: [&str; 7] = ["(", "[", "{", "$", "£", "€", "``"];
/// Endings that are part of the word before them.
const ENDINGS: [&str; 7] = ["'s", "'t", "'d", "'m", "'ll", "'re", "'ve"];
/// Signs within words and numbers, and how they are set apart.
const JOINTS: [(&str, &str); 3] = [("@-@", "-"), ("@,@", ","), ("@.@", ".")];

/// `text` with its words and signs put together again, line by line.
///
/// ```
/// use cimiento_core::language::untokenised;
/// assert_eq!(untokenised(" He said , \" It 's a well @-@ known 1 @,@ 000 . \" \n"), "He said, \"It's a well-known 1,000.\"\n");
/// ```
pub fn untokenised(text: &str) -> String {
    text.split_inclusive('\n')
        .map(|line| {
            let end = if line.ends_with('\n') { "\n" } else { "" };
            self::line(line) + end
        })
        .collect()
}

fn line(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    // Whether a double and a single quotation are under way.
    let (mut double, mut single) = (false, false);
    // Whether the next word stands close to what is there.
    let mut close = true;
    let words: Vec<&str> = line.split_whitespace().collect();
    for (at, &word) in words.iter().enumerate() {
        let joint = JOINTS.iter().find(|(apart, _)| *apart == word).map(|(_, sign)| *sign);
        let opens = match word {
            "\"" => flip(&mut double),
            // Of a plural, `the players ' wives`, unless a quotation is there to be ended.
            "'" if !single && text.ends_with('s') => false,
            "'" => flip(&mut single),
            _ => OPEN.contains(&word),
        };
        let closes = matches!(word, "\"" | "'") && !opens;
        let heading = word == "=" && at > 0 && words[at - 1] == "=";
        let attached = joint.is_some() || closes || heading || CLOSE.contains(&word) || ENDINGS.contains(&word);
        if !(close || attached) {
            text.push(' ');
        }
        text.push_str(joint.unwrap_or(word));
        close = opens || joint.is_some();
    }
    text
}

/// Turns a flag round, and says what it is now.
fn flip(flag: &mut bool) -> bool {
    *flag = !*flag;
    *flag
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_go_back_to_their_words() {
        let check = |apart: &str, together: &str| assert_eq!(untokenised(apart), together);
        check(
            "In 2000 he had a guest @-@ starring role in \" Teddy 's Story \" ( 3 @.@ 5 million ) ; it was , he said , fun .",
            "In 2000 he had a guest-starring role in \"Teddy's Story\" (3.5 million); it was, he said, fun.",
        );
        check("the players ' wives and ' so on ' too", "the players' wives and 'so on' too");
        check(" \n = = Career = = \n \n", "\n== Career ==\n\n");
        check("do n't pay $ 5 , `` she '' said : 2000 – 2005", "don't pay $5, ``she'' said: 2000 – 2005");
        check("the <unk> of plain text, \"as is\".", "the <unk> of plain text, \"as is\".");
    }
}
