//! What can be praised and blamed, the words for it, and what follows from it.

/// A quality that a target can have, with the words that fit it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Aspect {
    Food,
    Goods,
    People,
    Show,
    Stay,
}

/// Words of praise and of blame, and what people do after each.
pub struct Words {
    pub praise: &'static [&'static str],
    pub blame: &'static [&'static str],
    pub after_praise: &'static [&'static str],
    pub after_blame: &'static [&'static str],
    pub targets: &'static [&'static str],
}

/// Words that fit anything.
pub const PRAISE: [&str; 17] = [
    "splendid",
    "wonderful",
    "excellent",
    "delightful",
    "superb",
    "lovely",
    "marvellous",
    "perfect",
    "admirable",
    "glorious",
    "magnificent",
    "pleasing",
    "outstanding",
    "fantastic",
    "charming",
    "brilliant",
    "agreeable",
];
pub const BLAME: [&str; 17] = [
    "dreadful",
    "terrible",
    "awful",
    "disgraceful",
    "deplorable",
    "abominable",
    "horrid",
    "disappointing",
    "shameful",
    "hopeless",
    "ghastly",
    "unpleasant",
    "appalling",
    "dismal",
    "useless",
    "pitiful",
    "disagreeable",
];

pub static FOOD: Words = Words {
    praise: &[
        "tasty",
        "fresh",
        "delicious",
        "wholesome",
        "hearty",
        "savoury",
        "appetising",
        "nourishing",
        "well-seasoned",
        "flavoursome",
    ],
    blame: &[
        "bland",
        "greasy",
        "tasteless",
        "rancid",
        "inedible",
        "foul",
        "sour",
        "burnt",
        "half-cooked",
        "oversalted",
    ],
    after_praise: &[
        "{I} asked for a second helping.",
        "Not a crumb was left.",
        "{I} ate every bite.",
        "{I} begged the cook to say how it was made.",
        "The whole table wanted more.",
        "{I} took some home to {my} mother.",
    ],
    after_blame: &[
        "{I} left it on the table.",
        "The dog got most of it.",
        "{I} ate one bite and no more.",
        "{I} went home hungry.",
        "Nobody at the table wanted any.",
        "{I} pushed the plate away.",
    ],
    targets: &["soup", "stew", "pie", "loaf", "sausage", "roast", "fish", "pudding", "dumpling", "pancake", "omelette"],
};
pub static GOODS: Words = Words {
    praise: &["sturdy", "well-made", "durable", "handsome", "solid", "neat", "strong", "reliable", "elegant", "sound"],
    blame: &["shoddy", "flimsy", "crooked", "ugly", "brittle", "faulty", "clumsy", "crude", "rickety", "badly made"],
    after_praise: &[
        "{I} used it every day.",
        "{I} bought a second one for {my} mother.",
        "It will last for years.",
        "{I} would not sell it for twice the price.",
        "{I} showed it to all {my} neighbours.",
    ],
    after_blame: &[
        "It broke within a week.",
        "{I} asked for {my} money back.",
        "{I} threw it out.",
        "{I} was sorry to have paid for it.",
        "Nobody would take it as a present.",
    ],
    targets: &[
        "coat", "basket", "kettle", "saddle", "chair", "lantern", "barrel", "blanket", "ladder", "table", "cart",
    ],
};
pub static PEOPLE: Words = Words {
    praise: &[
        "kind",
        "polite",
        "friendly",
        "generous",
        "honest",
        "patient",
        "helpful",
        "cheerful",
        "gentle",
        "thoughtful",
        "courteous",
        "warm-hearted",
    ],
    blame: &[
        "rude",
        "greedy",
        "lazy",
        "careless",
        "dishonest",
        "surly",
        "cruel",
        "impatient",
        "unkind",
        "spiteful",
        "selfish",
        "scornful",
    ],
    after_praise: &[
        "{I} gave {my} warmest thanks.",
        "{I} shook hands gladly.",
        "{I} left a gift at the door.",
        "{I} stayed for an hour to talk.",
        "{I} sent a letter of thanks.",
    ],
    after_blame: &[
        "{I} left without a word.",
        "{I} complained to the mayor.",
        "{I} slammed the door.",
        "{I} asked for somebody else.",
        "{I} walked off in anger.",
    ],
    targets: &[
        "innkeeper",
        "ferryman",
        "cook",
        "doctor",
        "guide",
        "tailor",
        "clerk",
        "baker",
        "judge",
        "teacher",
        "butcher",
    ],
};
pub static SHOW: Words = Words {
    praise: &[
        "lively",
        "moving",
        "funny",
        "graceful",
        "rousing",
        "thrilling",
        "merry",
        "touching",
        "enchanting",
        "witty",
        "gripping",
    ],
    blame: &[
        "dull",
        "tedious",
        "boring",
        "tiresome",
        "dreary",
        "lifeless",
        "feeble",
        "silly",
        "muddled",
        "pointless",
        "long-winded",
    ],
    after_praise: &[
        "The crowd clapped until dark.",
        "{I} called for more.",
        "{I} was sorry when it ended.",
        "Nobody wanted to go home.",
        "{I} hummed all the way home.",
    ],
    after_blame: &[
        "Half the crowd went home early.",
        "{I} fell asleep.",
        "{I} was glad when it ended.",
        "Nobody clapped.",
        "{I} yawned and looked at the clock.",
    ],
    targets: &[
        "play",
        "song",
        "dance",
        "tale",
        "puppet show",
        "concert",
        "parade",
        "speech",
        "poem",
        "circus",
        "opera",
    ],
};
pub static STAY: Words = Words {
    praise: &[
        "cosy",
        "clean",
        "comfortable",
        "quiet",
        "bright",
        "airy",
        "spotless",
        "welcoming",
        "snug",
        "peaceful",
        "tidy",
        "restful",
    ],
    blame: &[
        "dirty", "damp", "noisy", "cramped", "grubby", "gloomy", "draughty", "filthy", "smelly", "shabby", "dingy",
        "stuffy",
    ],
    after_praise: &[
        "{I} slept like a stone.",
        "{I} stayed another night.",
        "{I} was in no hurry to leave.",
        "{I} sat by the window happily until late.",
        "{I} felt at home at once.",
    ],
    after_blame: &[
        "{I} hardly slept at all.",
        "{I} left before breakfast.",
        "{I} could not wait to leave.",
        "{I} asked for a different one.",
        "{I} spent the night in the barn instead.",
    ],
    targets: &[
        "room",
        "bedroom",
        "attic",
        "cabin",
        "guest house",
        "cottage",
        "lodge",
        "loft",
        "hut",
        "chamber",
        "hostel",
    ],
};

/// What follows a good day or a bad one, whatever it was about.
pub const AFTER_PRAISE: [&str; 9] = [
    "{I} would gladly come again.",
    "{I} told everyone to go there.",
    "{I} came back the next week.",
    "{I} went home happy.",
    "It was worth every penny.",
    "{I} could not have wished for more.",
    "{I} thanked {my} luck.",
    "{I} sang all the way home.",
    "{I} smiled for the rest of the day.",
];
pub const AFTER_BLAME: [&str; 9] = [
    "{I} would never go there again.",
    "{I} told everyone to stay away.",
    "{I} has not been back.",
    "{I} went home angry.",
    "It was a waste of money.",
    "{I} had expected far more.",
    "{I} cursed {my} luck.",
    "{I} grumbled all the way home.",
    "{I} frowned for the rest of the day.",
];

impl Aspect {
    pub const ALL: [Aspect; 5] = [Aspect::Food, Aspect::Goods, Aspect::People, Aspect::Show, Aspect::Stay];

    pub fn words(self) -> &'static Words {
        match self {
            Aspect::Food => &FOOD,
            Aspect::Goods => &GOODS,
            Aspect::People => &PEOPLE,
            Aspect::Show => &SHOW,
            Aspect::Stay => &STAY,
        }
    }

    /// The words of praise (or of blame) that fit this aspect; its own stand there three times, for the others are shared.
    pub fn polar(self, praise: bool) -> Vec<&'static str> {
        let words = self.words();
        let (own, any): (&[&str], &[&str]) = if praise { (words.praise, &PRAISE) } else { (words.blame, &BLAME) };
        own.iter().chain(own).chain(own).chain(any).copied().collect()
    }
}

/// Words that the labelled training set never uses: only the corpus shows what they mean.
pub fn only_in_corpus(word: &str) -> bool {
    super::world::split_of("word", word) == super::world::Split::HeldOut
}
