//! Who lives in the village, where things happen, and what changes hands.
//!
//! Everyone keeps one trade, one spouse and one sibling throughout, so that facts repeat from document to
//! document; who does what, where, when and for how much is drawn afresh each time.

pub use crate::dice::Dice;
use crate::dice::hash;

const WOMEN: [&str; 24] = [
    "Marta", "Anna", "Clara", "Elsa", "Greta", "Hilda", "Ida", "Julia", "Lena", "Nora", "Olga", "Petra", "Rosa",
    "Sara", "Tilda", "Vera", "Wilma", "Agnes", "Berta", "Dora", "Edith", "Flora", "Helen", "Irma",
];
const MEN: [&str; 24] = [
    "Bruno", "Anton", "Carl", "David", "Emil", "Felix", "Georg", "Hugo", "Ivan", "Jonas", "Konrad", "Lukas", "Martin",
    "Nils", "Oscar", "Paul", "Robert", "Simon", "Tobias", "Victor", "Walter", "Albert", "Daniel", "Frank",
];

/// A trade and what those who follow it make and mend (nothing, for some).
pub struct Trade {
    pub name: &'static str,
    pub products: &'static [&'static str],
}

const fn trade(name: &'static str, products: &'static [&'static str]) -> Trade {
    Trade { name, products }
}

/// Two people follow each trade: woman `i` and man `i`.
pub const TRADES: [Trade; 24] = [
    trade("miller", &[]),
    trade("baker", &[]),
    trade("smith", &["kettle", "axe", "lantern"]),
    trade("weaver", &["blanket", "cloak", "carpet"]),
    trade("potter", &["jug", "bowl"]),
    trade("carpenter", &["table", "ladder", "chest"]),
    trade("shepherd", &[]),
    trade("fisher", &["net"]),
    trade("innkeeper", &[]),
    trade("teacher", &[]),
    trade("doctor", &[]),
    trade("tailor", &["coat", "hat"]),
    trade("cobbler", &["belt", "bag"]),
    trade("beekeeper", &[]),
    trade("gardener", &[]),
    trade("boatman", &["boat"]),
    trade("clerk", &[]),
    trade("mason", &[]),
    trade("hunter", &["bow"]),
    trade("fiddler", &["fiddle"]),
    trade("brewer", &[]),
    trade("cooper", &["barrel", "bucket"]),
    trade("saddler", &["saddle", "harness"]),
    trade("wheelwright", &["cart", "wheel"]),
];

/// How many people the village has; a person is an index below this.
pub const PEOPLE: usize = WOMEN.len() + MEN.len();

/// One of the villagers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Person(pub usize);

impl Person {
    pub fn is_woman(self) -> bool {
        self.0 < WOMEN.len()
    }

    pub fn name(self) -> &'static str {
        if self.is_woman() { WOMEN[self.0] } else { MEN[self.0 - WOMEN.len()] }
    }

    pub fn trade(self) -> &'static Trade {
        &TRADES[self.0 % TRADES.len()]
    }

    /// The trade as it is said of this person.
    pub fn calling(self) -> &'static str {
        match (self.trade().name, self.is_woman()) {
            ("boatman", true) => "boatwoman",
            (name, _) => name,
        }
    }

    pub fn full(self) -> String {
        format!("{} the {}", self.name(), self.calling())
    }

    pub fn spouse(self) -> Person {
        self.partner(7)
    }

    pub fn sibling(self) -> Person {
        self.partner(3)
    }

    fn partner(self, step: usize) -> Person {
        let n = WOMEN.len();
        if self.is_woman() { Person(n + (self.0 + step) % n) } else { Person((self.0 + n - step) % n) }
    }

    pub fn he(self) -> &'static str {
        if self.is_woman() { "she" } else { "he" }
    }

    pub fn him(self) -> &'static str {
        if self.is_woman() { "her" } else { "him" }
    }

    pub fn his(self) -> &'static str {
        if self.is_woman() { "her" } else { "his" }
    }
}

/// A place, with the preposition that goes with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    pub prep: &'static str,
    pub name: &'static str,
}

const fn place(prep: &'static str, name: &'static str) -> Place {
    Place { prep, name }
}

pub const PLACES: [Place; 20] = [
    place("at", "the mill"),
    place("by", "the bridge"),
    place("at", "the forge"),
    place("at", "the inn"),
    place("by", "the well"),
    place("in", "the square"),
    place("behind", "the chapel"),
    place("in", "the market hall"),
    place("at", "the ford"),
    place("in", "the orchard"),
    place("in", "the barn"),
    place("in", "the schoolhouse"),
    place("on", "the green"),
    place("at", "the ferry"),
    place("by", "the tower"),
    place("at", "the north gate"),
    place("near", "the quarry"),
    place("by", "the pond"),
    place("in", "the meadow"),
    place("at", "the crossroads"),
];

/// Places under the open sky, where what concerns everyone takes place.
pub const OPEN_PLACES: [Place; 14] = [
    place("by", "the bridge"),
    place("by", "the well"),
    place("in", "the square"),
    place("behind", "the chapel"),
    place("at", "the ford"),
    place("in", "the orchard"),
    place("on", "the green"),
    place("near", "the mill"),
    place("by", "the tower"),
    place("at", "the north gate"),
    place("near", "the quarry"),
    place("by", "the pond"),
    place("in", "the meadow"),
    place("at", "the crossroads"),
];

pub const ANIMALS: [&str; 12] =
    ["mule", "goat", "cow", "ewe", "goose", "hen", "pony", "calf", "ox", "ram", "donkey", "dog"];

/// Things that can be carried, lost, lent and sold, beyond those the trades make.
pub const THINGS: [&str; 27] = [
    "kettle", "axe", "lantern", "blanket", "cloak", "carpet", "jug", "bowl", "table", "ladder", "chest", "net", "coat",
    "hat", "belt", "bag", "bow", "fiddle", "barrel", "bucket", "saddle", "cart", "clock", "mirror", "book", "ring",
    "spade",
];

pub const TOWNS: [&str; 8] = ["Alden", "Brook", "Harrow", "Linton", "Morley", "Stow", "Weston", "Thorn"];

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

const NUMBERS: [&str; 15] = [
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "fifteen", "twenty",
    "thirty", "forty",
];

/// A day of the week, sometimes with the part of the day.
pub fn day(dice: &mut Dice) -> String {
    let day = dice.pick(&DAYS);
    match dice.below(6) {
        0 => format!("{day} morning"),
        1 => format!("{day} evening"),
        _ => day.to_string(),
    }
}

pub fn number(dice: &mut Dice) -> &'static str {
    dice.pick(&NUMBERS)
}

/// A sum of money.
pub fn sum(dice: &mut Dice) -> String {
    let coin = dice.pick(&["coppers", "crowns", "pennies"]);
    format!("{} {coin}", number(dice))
}

/// A sum that only a whole village can pay.
pub fn large_sum(dice: &mut Dice) -> String {
    let number = dice.pick(&["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]);
    format!("{number} {}", dice.pick(&["crowns", "coppers"]))
}

/// The noun with its indefinite article, by its first sound.
pub fn with_article(noun: &str) -> String {
    let vowel = noun.starts_with(['a', 'e', 'i', 'o', 'u']) || noun.starts_with("honest");
    let glide = noun.starts_with("ewe") || noun.starts_with("use");
    let article = if vowel && !glide { "an" } else { "a" };
    format!("{article} {noun}")
}

/// The part of the data that a combination belongs to, for good: what dev and test ask about is never told
/// in train or in the corpus.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Split {
    Train,
    HeldOut,
}

/// Assigns a combination to a split by its hash (FNV-1a): one in four is held out.
pub fn split_of(left: &str, right: &str) -> Split {
    if (hash(&[left, right]) >> 24).is_multiple_of(4) { Split::HeldOut } else { Split::Train }
}
