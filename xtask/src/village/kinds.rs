//! The kinds of event, each with the ways to tell it and what can be asked (the gaps: see `events`).

use super::events::{Kind, Object};
use super::world::TOWNS;

const fn kind(name: &'static str, object: Object) -> Kind {
    Kind { name, object, x: &[], y: &[], why: &[], tell: &[], asks: &[], open: &[] }
}

/// Every kind of event.
pub static KINDS: [Kind; 14] = [
    Kind {
        why: &[
            "{a:he} needed money for a new roof",
            "{a:he} had no more use for it",
            "the winter had been hard",
            "{a:he} wanted to pay an old debt",
        ],
        tell: &[
            "{a} sold {o} to {b} {t} for {n}.",
            "{a} sold {o} to {b}, because {r}.",
            "{p}, {b} bought {o} from {a} for {n}.",
            "{t}, {b} bought {o} from {a}; {b:he} paid {n} for it.",
            "{a} sold {o} {p} {t}, because {r}. {b} bought it.",
            "{a} sold {o} to {b} {p}, and the price was {n}.",
        ],
        asks: &[
            ('a', "Who sold {o:the}?"),
            ('a', "From whom did {b:n} buy {o:the}?"),
            ('b', "Who bought {o:the}?"),
            ('b', "To whom did {a:n} sell {o:the}?"),
            ('n', "How much did {o:the} cost?"),
            ('n', "What did the buyer pay for {o:the}?"),
            ('p', "Where was {o:the} sold?"),
            ('t', "On what day was {o:the} sold?"),
            ('r', "Why did {a:n} sell {o:the}?"),
            ('o', "What did {b:n} buy from {a:n}?"),
            ('o', "What did {a:n} sell?"),
        ],
        open: &["How old was {o:the}?", "Who had owned {o:the} before {a:n}?"],
        ..kind("sale", Object::Any)
    },
    Kind {
        why: &["{b:his} own was broken", "{b:he} had work to finish before the feast", "{b:he} had a long road ahead"],
        tell: &[
            "{a} lent {o} to {b} {t}.",
            "{t}, {b} borrowed {o} from {a}, because {r}.",
            "{b} borrowed {o} from {a} {p}.",
            "{a} lent {o} to {b}, because {r}.",
            "{b} borrowed {o} from {a} and promised {n} for the use of it.",
            "{p}, {a} lent {o} to {b} for {n}.",
        ],
        asks: &[
            ('a', "Who lent {o:the}?"),
            ('a', "From whom did {b:n} borrow {o:the}?"),
            ('b', "Who borrowed {o:the}?"),
            ('b', "To whom did {a:n} lend {o:the}?"),
            ('n', "What was to be paid for the use of {o:the}?"),
            ('r', "Why did {b:n} borrow {o:the}?"),
            ('t', "On what day was {o:the} lent?"),
            ('p', "Where was {o:the} lent?"),
            ('o', "What did {b:n} borrow?"),
            ('o', "What did {a:n} lend to {b:n}?"),
        ],
        open: &["On what day was {o:the} given back?", "Who broke {o:the}?"],
        ..kind("loan", Object::Thing)
    },
    Kind {
        tell: &[
            "{t}, {a} found {o} {p}.",
            "{a} found {o} {p}, and {b} gave {a:him} {n} for finding it.",
            "{a} found {o} {t}. It belonged to {b}.",
            "{p}, {a} found {o} that belonged to {b}.",
            "{a} found {o} {p} and took it back to {b}, who was glad to have it again.",
        ],
        asks: &[
            ('a', "Who found {o:the}?"),
            ('p', "Where was {o:the} found?"),
            ('t', "On what day was {o:the} found?"),
            ('b', "Whose was {o:the} that {a:n} found?"),
            ('n', "How much did {a:n} get for finding {o:the}?"),
            ('o', "What did {a:n} find?"),
        ],
        open: &["On what day had {o:the} been lost?", "What did {a:n} buy with the reward for {o:the}?"],
        ..kind("find", Object::Any)
    },
    Kind {
        why: &[
            "it was {b:his} birthday",
            "{b:he} had helped with the harvest",
            "{b:he} had been ill for a long time",
            "{b:he} was going to be married",
        ],
        tell: &[
            "{a} gave {o} to {b}, because {r}.",
            "{t}, {a} gave {o} to {b} as a present.",
            "{b} was given {o} by {a}, because {r}.",
            "{p}, {a} gave {o} to {b}.",
            "{b} was given {o} {t}. It was a present from {a}.",
        ],
        asks: &[
            ('a', "Who gave {o:the} away?"),
            ('a', "From whom did the present for {b:n} come?"),
            ('b', "To whom was {o:the} given?"),
            ('b', "Who was given {o:the}?"),
            ('r', "Why was {o:the} given to {b:n}?"),
            ('t', "On what day was {o:the} given?"),
            ('o', "What was the present for {b:n}?"),
            ('o', "What did {a:n} give to {b:n}?"),
            ('p', "Where was {o:the} given to {b:n}?"),
        ],
        open: &["How much had {a:n} paid for {o:the}?", "Where had {a:n} bought {o:the}?"],
        ..kind("gift", Object::Thing)
    },
    Kind {
        tell: &[
            "{a} mended {o} for {b} and asked {n}.",
            "{t}, {a} mended {o} that belonged to {b}.",
            "{p}, {a} mended {o} for {b}.",
            "{b} had {o} mended by {a} {t}, and it cost {n}.",
        ],
        asks: &[
            ('a', "Who mended {o:the}?"),
            ('b', "For whom was {o:the} mended?"),
            ('b', "Whose was {o:the} that {a:n} mended?"),
            ('n', "How much did it cost to mend {o:the}?"),
            ('t', "On what day was {o:the} mended?"),
            ('p', "Where was {o:the} mended?"),
            ('o', "What did {a:n} mend?"),
        ],
        open: &["Who had broken {o:the}?", "How long did it take to mend {o:the}?"],
        ..kind("repair", Object::Product)
    },
    Kind {
        tell: &[
            "{a} made {o} for {b} {t}.",
            "{a} made {o} for {b}, who paid {n} for it.",
            "{p}, {a} worked until dark to make {o} for {b}.",
            "{b} ordered {o} from {a} {t} for {n}, and it was made within the week.",
        ],
        asks: &[
            ('a', "Who made {o:the}?"),
            ('b', "For whom was {o:the} made?"),
            ('b', "Who ordered {o:the}?"),
            ('n', "How much was paid for making {o:the}?"),
            ('o', "What did {a:n} make?"),
            ('p', "Where was {o:the} made?"),
        ],
        open: &["What colour was {o:the}?", "Who taught {a:n} to make {o:the}?"],
        ..kind("making", Object::Product)
    },
    Kind {
        why: &[
            "a fence had been moved",
            "an old debt had not been paid",
            "a goat had eaten the beans",
            "one of them had laughed at the other",
            "a cart had stood in the way",
        ],
        tell: &[
            "{t}, {a} quarrelled with {b}, because {r}.",
            "{a} quarrelled with {b} {p}, because {r}.",
            "{a} quarrelled with {b} {p}. It was {c} who made peace between them.",
            "{a} quarrelled with {b}, because {r}, until {c} made peace between them.",
            "{t}, {a} quarrelled with {b}. In the end {b} had to pay {n}.",
        ],
        asks: &[
            ('r', "Why did {a:n} quarrel with {b:n}?"),
            ('r', "What was the quarrel between {a:n} and {b:n} about?"),
            ('b', "With whom did {a:n} quarrel?"),
            ('a', "Who quarrelled with {b:n}?"),
            ('c', "Who made peace between {a:n} and {b:n}?"),
            ('c', "Who ended the quarrel between {a:n} and {b:n}?"),
            ('p', "Where did {a:n} quarrel with {b:n}?"),
            ('t', "On what day did {a:n} quarrel with {b:n}?"),
            ('n', "What did {b:n} have to pay after the quarrel?"),
        ],
        open: &["Who saw {a:n} quarrel with {b:n}?"],
        ..kind("quarrel", Object::None)
    },
    Kind {
        x: &[
            "the sack race",
            "the boat race",
            "the baking contest",
            "the singing contest",
            "the ploughing contest",
            "the running race",
            "the archery contest",
            "the chess game",
        ],
        tell: &[
            "{t}, {a} won {x}, and {b} came second.",
            "{a} won {x} {p} and took home {n}.",
            "{a} won {x}. {b} came second, and {c} came last.",
            "{x} was held {p} {t}, and {a} won it.",
            "{b} had hoped to win {x}, but {a} won it and took home {n}.",
        ],
        asks: &[
            ('a', "Who won {x}?"),
            ('b', "Who came second in {x}?"),
            ('c', "Who came last in {x}?"),
            ('n', "What was the prize in {x}?"),
            ('n', "How much did the winner of {x} take home?"),
            ('p', "Where was {x} held?"),
            ('t', "On what day was {x} held?"),
            ('x', "What did {a:n} win?"),
        ],
        open: &["How many people watched {x}?", "Who won {x} last year?"],
        ..kind("contest", Object::None)
    },
    Kind {
        x: &TOWNS,
        why: &["{a:his} sister lived there", "there was a fair", "{a:he} had to see a judge", "the salt had run out"],
        tell: &[
            "{t}, {a} travelled to {x}, because {r}.",
            "{a} travelled to {x} with {b}.",
            "{a} travelled to {x} {t}, and the journey cost {n}.",
            "{a} travelled to {x}, because {r}. {b} went too.",
            "{b} went along when {a} travelled to {x}, because {r}.",
        ],
        asks: &[
            ('x', "Where did {a:n} travel?"),
            ('x', "To which town did {a:n} go?"),
            ('a', "Who travelled to {x}?"),
            ('r', "Why did {a:n} travel to {x}?"),
            ('b', "Who went to {x} with {a:n}?"),
            ('n', "What did the journey to {x} cost?"),
            ('t', "On what day did {a:n} set out for {x}?"),
        ],
        open: &["How long did {a:n} stay in {x}?", "What did {a:n} bring back from {x}?"],
        ..kind("journey", Object::None)
    },
    Kind {
        x: &["whistle", "sing", "tie knots", "dance", "juggle", "play chess", "make candles", "knit"],
        tell: &[
            "{b} taught {a} to {x} {p}.",
            "{a} learned to {x} {t}. It was {b} who taught {a:him}.",
            "{b} taught {a} to {x} and asked {n} for the lessons.",
            "{t}, {a} learned to {x} {p}.",
        ],
        asks: &[
            ('x', "What did {a:n} learn?"),
            ('b', "Who taught {a:n} to {x}?"),
            ('a', "Who learned to {x}?"),
            ('p', "Where did {a:n} learn to {x}?"),
            ('n', "How much did the lessons cost {a:n}?"),
            ('t', "On what day did {a:n} learn to {x}?"),
        ],
        open: &["Why did {a:n} want to learn to {x}?", "Who had taught {b:n} to {x}?"],
        ..kind("lesson", Object::None)
    },
    Kind {
        x: &["a fever", "a cough", "a cold", "a sore throat", "a stomach ache", "a headache"],
        y: &["honey and thyme", "hot broth", "willow tea", "three days of rest", "onion juice", "a warm bath"],
        tell: &[
            "{a} had {x}, and {b} cured {a:him} with {y}.",
            "{t}, {a} came down with {x}. It was {b} who cured {a:him}.",
            "{a} had {x}, and what helped was {y}.",
            "{b} cured {a} of {x} with {y} and asked {n}.",
        ],
        asks: &[
            ('x', "What was wrong with {a:n}?"),
            ('x', "What was {a:n} ill with?"),
            ('b', "Who cured {a:n}?"),
            ('y', "What helped against {x:the}?"),
            ('y', "What cured {a:n}?"),
            ('n', "What did the cure cost {a:n}?"),
            ('a', "Who had {x}?"),
            ('t', "On what day did {a:n} fall ill?"),
        ],
        open: &["How did {a:n} catch the illness?", "How long was {a:n} ill?"],
        ..kind("cure", Object::None)
    },
    Kind {
        x: &[
            "pick apples",
            "shear sheep",
            "cut hay",
            "paint the door",
            "dig a ditch",
            "watch the geese",
            "carry stones",
            "chop wood",
            "clean the chimney",
        ],
        tell: &[
            "{a} hired {b} to {x} for {n}.",
            "{t}, {a} hired {b} to {x}.",
            "{p}, {a} hired {b} to {x}.",
            "{b} was hired by {a} to {x} {t}, for a wage of {n}.",
        ],
        asks: &[
            ('a', "Who hired {b:n}?"),
            ('b', "Who was hired to {x}?"),
            ('b', "Whom did {a:n} hire?"),
            ('x', "What was {b:n} hired to do?"),
            ('x', "What work did {a:n} have for {b:n}?"),
            ('n', "What wage did {b:n} get?"),
            ('n', "How much did {a:n} pay {b:n} to {x}?"),
            ('t', "On what day was {b:n} hired?"),
            ('p', "Where was {b:n} hired?"),
        ],
        open: &["How long did {b:n} work for {a:n}?", "Who helped {b:n} to {x}?"],
        ..kind("hire", Object::None)
    },
    Kind {
        x: &[
            "a letter",
            "a parcel",
            "a basket of eggs",
            "a box of nails",
            "a jar of oil",
            "a bundle of wood",
            "a round cheese",
            "a bag of salt",
        ],
        tell: &[
            "{a} carried {x} to {b} {t}.",
            "{p}, {a} handed {x} to {b}.",
            "{a} carried {x} to {b}. It came from {c}.",
            "{t}, {a} carried {x} from {c} to {b} and got {n} for the trouble.",
        ],
        asks: &[
            ('a', "Who carried {x:the}?"),
            ('b', "For whom was {x:the}?"),
            ('b', "To whom was {x:the} brought?"),
            ('c', "Who had sent {x:the}?"),
            ('c', "From whom did {x:the} come?"),
            ('n', "What did {a:n} get for carrying {x:the}?"),
            ('x', "What did {a:n} bring to {b:n}?"),
            ('t', "On what day was {x:the} brought?"),
            ('p', "Where was {x:the} handed over?"),
        ],
        open: &["How heavy was {x:the}?", "What did {b:n} do with {x:the}?"],
        ..kind("delivery", Object::None)
    },
    Kind {
        why: &[
            "{a:he} was in a hurry",
            "{a:he} was thinking of something else",
            "the rope had come loose",
            "it was too dark to see",
        ],
        tell: &[
            "{t}, {a} lost {o} {p}.",
            "{a} lost {o} {p}, because {r}.",
            "{a} lost {o}, because {r}. Later {b} brought it back.",
            "{a} lost {o} {t}, and {b} brought it back.",
            "{a} lost {o} {p} and offered {n} to anyone who brought it back.",
        ],
        asks: &[
            ('a', "Who lost {o:the}?"),
            ('p', "Where was {o:the} lost?"),
            ('t', "On what day was {o:the} lost?"),
            ('r', "Why did {a:n} lose {o:the}?"),
            ('b', "Who brought back {o:the}?"),
            ('n', "How much did {a:n} offer for {o:the}?"),
            ('o', "What did {a:n} lose?"),
        ],
        open: &["How long did {a:n} look for {o:the}?", "How much had {o:the} cost?"],
        ..kind("loss", Object::Any)
    },
];
