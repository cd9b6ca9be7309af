//! Lessons about words: which of them praise, which blame, and what turns them round.

use super::lexicon::Aspect;
use super::world::{Dice, with_article};

/// What may be asked of a word: whether it stays what it is.
const TURNS: [(&str, bool); 14] = [
    ("Very {w}?", true),
    ("So {w}?", true),
    ("Something {w}?", true),
    ("How {w}!", true),
    ("Both {w} and {v}?", true),
    ("Rather {w}, and {v} too?", true),
    ("What a {w} thing?", true),
    ("Never {w}?", false),
    ("Far from {w}?", false),
    ("Anything but {w}?", false),
    ("Nothing {w} about it?", false),
    ("Hardly {w}?", false),
    ("First {w}, but {u} in the end?", false),
    ("Once {w}, and now the opposite?", false),
];

/// One lesson: pupils say of words whether they praise or blame.
pub fn lesson(dice: &mut Dice) -> String {
    let mut text = dice.pick(&["Praise or blame?", "The teacher asked: praise or blame?"]).to_string();
    let aspect = dice.pick(&Aspect::ALL);
    for _ in 0..dice.between(10, 18) {
        let praise = dice.chance(50);
        // Mostly the word itself, or it would never come out what it means.
        let (form, straight) = if dice.chance(60) { dice.pick(&TURNS[..7]) } else { dice.pick(&TURNS) };
        let (same, other) = (aspect.polar(praise), aspect.polar(!praise));
        let w = dice.pick(&same);
        let v = dice.pick(&same);
        let form = form.replace("a {w}", &with_article(w)).replace("{w}", w).replace("{u}", dice.pick(&other));
        let verdict = if praise == straight { "Praise" } else { "Blame" };
        text = format!("{text} {} {verdict}.", form.replace("{v}", if v == w { same[0] } else { v }));
    }
    text
}
