//! What concerns the village as a whole: repairs, votes, thefts, fires, feuds. Each affair is told in three
//! parts (what came about, who dealt with it, what it cost or how it ended) and has its line in the clerk's
//! book.
//!
//! Gaps as in `events`; `x` is the thing the affair is about and `n` a large sum, `k` a small one.

use super::chronicles::{Affair, EMPTY, WORKS};

/// Every kind of affair.
pub static AFFAIRS: [Affair; 16] = [
    Affair {
        name: "repair",
        x: WORKS,
        y: &["a flood", "a storm", "a hard frost", "a falling tree", "a runaway cart"],
        parts: [
            &[
                "{t}, {y} damaged {x}, and nobody could use it.",
                "Then came {y}, which left {x} in a sorry state.",
                "{x} was badly damaged by {y}, and people shook their heads.",
            ],
            &[
                "{a} offered to do the repairs and set to work at once.",
                "It was {a} who came with tools and put everything right.",
                "The mayor asked around, and {a} took on the work.",
            ],
            &[
                "The bill came to {n}, which the village paid.",
                "The village paid {n} for the work, and it was done well.",
                "When all was done, {n} had to be taken from the common chest.",
            ],
        ],
        brief: "{x} was damaged by {y}; {a:full} repaired it for {n}.",
    },
    Affair {
        name: "failure",
        x: WORKS,
        y: &["rot", "rust", "age", "neglect", "bad weather"],
        parts: [
            &[
                "{x} had suffered from {y} for years and was no longer safe.",
                "{t}, the council heard that {x} was unsafe because of {y}.",
                "Because of {y}, people no longer dared to go near {x}.",
            ],
            &[
                "{a} promised to have it mended within a month.",
                "{a} took on the repairs and was paid {n} in advance.",
                "The work was given to {a}, who began with high hopes.",
            ],
            &[
                "But the stones were too heavy and the money ran out, so that nothing came of it.",
                "After {n} had been spent, the work was given up.",
                "The work was never finished, although it had cost {n} by then.",
            ],
        ],
        brief: "{a:full} failed to repair {x}, which is unsafe because of {y}; {n} were spent in vain.",
    },
    Affair {
        name: "building",
        x: &[
            "a new well",
            "a bath house",
            "a second oven",
            "a watch tower",
            "a school",
            "a stone wall",
            "a new barn",
            "a footbridge",
        ],
        parts: [
            &[
                "{t}, the council voted to have {x} built.",
                "After a long debate, the council voted for {x}.",
                "The village had long wished for {x}, and at last the council voted for it.",
            ],
            &[
                "It is to stand {p}, and {a} will lead the work.",
                "{a} was put in charge, and a site was chosen {p}.",
                "The council chose a site {p} and made {a} master of the work.",
            ],
            &[
                "Every house must give its share of the cost, which is {n}.",
                "It will cost {n}, and every house must help.",
                "The cost was set at {n}.",
            ],
        ],
        brief: "The council voted for {x} {p}; {a:full} will build it for {n}.",
        ..EMPTY
    },
    Affair {
        name: "theft",
        x: &["the common chest", "the chapel box", "the toll box", "the school fund", "the feast fund"],
        parts: [
            &[
                "{t}, it was noticed that {n} had been taken from {x}.",
                "Somebody had opened {x} in the night, and {n} were gone.",
                "When the clerk opened {x}, {n} were missing.",
            ],
            &[
                "{a} found footprints and followed them through the mud.",
                "{a} asked questions at every door until the truth came out.",
                "It was {a} who saw a light at midnight and kept watch.",
            ],
            &[
                "They led to {b}, who confessed and gave everything back.",
                "{b} confessed with tears and returned the money.",
                "In the end {b} was caught with the money and had to return it.",
            ],
        ],
        brief: "{n} were stolen from {x}; {a:full} found the thief, {b:full}, and the money was returned.",
        ..EMPTY
    },
    Affair {
        name: "election",
        x: &["mayor", "judge", "keeper of the keys", "head of the council", "market warden", "captain of the watch"],
        y: &["two votes", "three votes", "five votes", "seven votes", "nine votes", "twelve votes"],
        parts: [
            &[
                "{t}, the village met to elect a new {x}.",
                "The village needed a new {x}, for the old one had resigned.",
                "The day had come to elect a new {x}.",
            ],
            &[
                "{a} and {b} both stood, and there was much shouting.",
                "Two stood for it: {b}, and also {a}, who spoke little.",
                "{b} made a long speech, and {a} made a short one.",
            ],
            &[
                "When the votes were counted, {a} had won by {y}.",
                "{a} was elected; the margin was {y}.",
                "By {y}, the village chose {a}.",
            ],
        ],
        brief: "{a:full} was elected {x}, beating {b:full} by {y}.",
    },
    Affair {
        name: "fire",
        x: &["hay", "straw", "grain", "wool", "firewood"],
        y: &["a fallen lamp", "lightning", "sparks from a pipe", "a child with matches", "a hot stove"],
        parts: [
            &[
                "{t}, a fire broke out {p}; the cause was {y}.",
                "Flames were seen {p} in the night, and {y} was to blame.",
                "A fire began {p} because of {y}.",
            ],
            &[
                "{a} smelled the smoke first and rang the bell.",
                "{a} ran from house to house and woke everyone.",
                "It was {a} who gave the alarm, and a line of buckets was formed.",
            ],
            &[
                "Nobody was hurt, but {x} worth {n} was lost.",
                "The flames were put out, but not before {x} worth {n} had burnt.",
                "All that burnt was {x}, worth {n}.",
            ],
        ],
        brief: "A fire broke out {p} because of {y}; {a:full} gave the alarm, and {x} worth {n} burnt.",
    },
    Affair {
        name: "sickness",
        x: &["sheep", "cows", "goats", "horses", "pigs", "geese"],
        y: &["bad water", "mouldy hay", "a poisonous weed", "rotten turnips", "wet straw"],
        parts: [
            &[
                "A sickness went round among the {x}.",
                "{t}, the {x} began to fall ill, one after another.",
                "The {x} would not eat and lay down in the field.",
            ],
            &[
                "{a} looked into the matter and found that the cause was {y}.",
                "Nobody knew why, until {a} found {y} in the stalls.",
                "The cause was {y}, as {a} discovered.",
            ],
            &[
                "{m} of the animals died, and the rest recovered.",
                "By then {m} had died; the others were soon well.",
                "{m} could not be saved, but no more fell ill after that.",
            ],
        ],
        brief: "A sickness among the {x} was caused by {y}, as {a:full} found; {m} of them died.",
    },
    Affair {
        name: "market",
        x: &["the weekly market", "the cattle market", "the spring fair", "the wool market", "the fish market"],
        y: &["mud", "noise", "thieves", "the narrow road", "the smell"],
        parts: [
            &[
                "For years people had complained about {x} because of {y}.",
                "There was trouble with {x} again, and {y} was the reason.",
                "{t}, the council talked about {x} and about {y}.",
            ],
            &[
                "{a} proposed to hold it elsewhere, and most agreed.",
                "{a} asked for a new site and won the vote.",
                "In the end {a} had the idea of moving it.",
            ],
            &[
                "From now on it will be held {p}, and a stall will cost {k}.",
                "Its new site is {p}; the fee for a stall is {k}.",
                "It moves to a site {p}, where each stall pays {k}.",
            ],
        ],
        brief: "Because of {y}, {x} moves to a site {p}, as {a:full} proposed; a stall costs {k}.",
    },
    Affair {
        name: "toll",
        x: &["cart", "horse", "wagon", "herd", "barrel", "stranger"],
        y: &["the new road", "the poor house", "the school", "the night watch", "the old bridge"],
        parts: [
            &[
                "The village was short of money for {y}.",
                "Money was needed for {y}, and the chest was empty.",
                "{t}, the mayor asked how to pay for {y}.",
            ],
            &[
                "So a toll was set: {k} for every {x}.",
                "It was agreed that every {x} must pay a toll of {k}.",
                "The council set a toll of {k} for each {x}.",
            ],
            &[
                "{a} will collect it {p}.",
                "It is to be collected {p} by {a}.",
                "{a} was told to stand {p} and collect it.",
            ],
        ],
        brief: "To pay for {y}, {a:full} will collect a toll of {k} for each {x} {p}.",
    },
    Affair {
        name: "lawsuit",
        x: &[
            "the long meadow",
            "the plum tree",
            "the right of way",
            "the fishing rights",
            "the north field",
            "the water of the stream",
        ],
        parts: [
            &[
                "{a} and {b} both claimed {x}, and neither would give way.",
                "For a year {a} and {b} had fought over {x}.",
                "{t}, {a} took {b} to court over {x}.",
            ],
            &[
                "The judge, {c}, heard them both.",
                "{c} sat as judge and read all the old papers.",
                "The case came before {c}, who listened for hours.",
            ],
            &[
                "The verdict was for {a}, and {b} had to pay {n}.",
                "{a} won the case, and {b} was fined {n}.",
                "{b} lost the case and must pay {n}, while {a} keeps what was claimed.",
            ],
        ],
        brief: "In the case about {x}, {c:full} judged for {a:full}; {b:full} must pay {n}.",
        ..EMPTY
    },
    Affair {
        name: "harvest",
        x: &["apple", "barley", "wheat", "hay", "potato", "honey", "plum"],
        y: &["late frost", "too much rain", "a dry summer", "hail", "hungry birds"],
        parts: [
            &[
                "The {x} harvest was poor this year because of {y}.",
                "After {y}, little was left of the {x} harvest.",
                "Because of {y}, everyone feared for the {x} harvest, and rightly.",
            ],
            &[
                "{a} counted what there was and wrote it all down.",
                "The counting was left to {a}.",
                "{a} went from barn to barn and counted.",
            ],
            &[
                "There were only {m} cartloads, and the price rose to {k}.",
                "It came to {m} cartloads, and the price rose to {k}.",
                "The count was {m} cartloads; before evening the price had gone up to {k}.",
            ],
        ],
        brief: "After {y}, the {x} harvest was poor; {a:full} counted {m} cartloads, and the price rose to {k}.",
    },
    Affair {
        name: "wolf",
        x: &["wolf", "bear", "fox", "lynx", "wild dog"],
        y: &["sheep", "geese", "lambs", "hens", "goats"],
        parts: [
            &[
                "In three nights a {x} killed {m} {y}.",
                "{t}, {m} {y} were found dead, and the tracks were those of a {x}.",
                "A {x} had been about, and {m} {y} were dead.",
            ],
            &[
                "{a} waited for it {p} and caught it.",
                "{a} set a trap {p} and caught it before dawn.",
                "Nobody dared to go out but {a}, who caught it {p}.",
            ],
            &[
                "The village gave a reward of {n}.",
                "For this there was a reward of {n}.",
                "The mayor paid the promised reward of {n}.",
            ],
        ],
        brief: "A {x} killed {m} {y}; {a:full} caught it {p} and was paid {n}.",
    },
    Affair {
        name: "post",
        x: &["night guard", "bell ringer", "ferry keeper", "librarian", "letter carrier", "gravedigger"],
        y: &["a year", "a month", "a week", "a season"],
        parts: [
            &[
                "The village had been without a {x} since the spring.",
                "{t}, the old {x} left, and somebody had to be found.",
                "A new {x} was wanted, and nobody seemed eager.",
            ],
            &[
                "{b} asked for too much, so the post went to {a}.",
                "The post was offered to {b}, who refused, and then to {a}, who accepted.",
                "Of the two who came forward, {a} was preferred to {b}.",
            ],
            &[
                "The wage is {k} for {y}.",
                "For {y} of work the village will pay {k}.",
                "It was agreed to pay {k} for {y}.",
            ],
        ],
        brief: "{a:full} is the new {x} for {k} {y}; {b:full} did not get the post.",
    },
    Affair {
        name: "search",
        x: &["daughter", "son", "grandson", "niece", "nephew"],
        parts: [
            &[
                "{t}, the little {x} of {b} did not come home.",
                "The youngest {x} of {b} was missing at supper time.",
                "{b} came running and said that a young {x} was lost.",
            ],
            &[
                "The whole village searched with lamps until morning.",
                "Everyone who could walk went out to search.",
                "All work was left lying, and a search began.",
            ],
            &[
                "At last {a} found the child asleep {p}.",
                "It was {a} who found the child, safe and sound, {p}.",
                "The child was found {p} by {a}, cold but well.",
            ],
        ],
        brief: "The {x} of {b:full} was lost; after a search, {a:full} found the child {p}.",
        ..EMPTY
    },
    Affair {
        name: "feast",
        x: &[
            "the lantern feast",
            "the harvest dance",
            "the midsummer fire",
            "the mayor's wedding",
            "the winter play",
            "the boat parade",
        ],
        y: &["rain", "a brawl", "thunder", "a lack of beer", "strong wind"],
        parts: [
            &[
                "{x} was held {p} {t}.",
                "{t}, people gathered {p} for {x}.",
                "Everyone had looked forward to {x}, which was held {p}.",
            ],
            &["{a} had prepared it for weeks.", "It was all the work of {a}.", "{a} had seen to everything."],
            &[
                "But it ended early because of {y}, and {n} were lost.",
                "Because of {y} it had to be cut short, at a loss of {n}.",
                "Then {y} put an end to it, and the loss came to {n}.",
            ],
        ],
        brief: "{x}, prepared by {a:full}, ended early because of {y}; the loss was {n}.",
    },
    Affair {
        name: "gift",
        x: &["a clock", "a library", "a bell", "an organ", "a fountain", "a flag"],
        y: &["a quick recovery", "a good harvest", "the end of the war", "a lucky journey", "the birth of a son"],
        parts: [
            &[
                "{a} has given the village {x}, out of thanks for {y}.",
                "Out of thanks for {y}, {a} decided to give the village {x}.",
                "{t}, the village was given {x} by {a}, in thanks for {y}.",
            ],
            &["It is said to have cost {n}.", "It must have cost {n}, people say.", "The price of it was {n}."],
            &[
                "It can be seen {p} from now on.",
                "It was put up {p}, and {b} made a speech.",
                "Its place is {p}, for all to see.",
            ],
        ],
        brief: "{a:full} gave the village {x} worth {n} in thanks for {y}; it stands {p}.",
    },
];
