//! Fills the slots of a construction with words that fit one another.
//!
//! A slot is `{name}`; `{-name}` is the same from the other side: in a text of praise `{adj}` may be "gripping" and
//! `{-adj}` "dull". A slot that nothing fits (a stew has no author) gives the whole construction up.

use super::domains::{DOMAINS, Domain, Facet};
use super::frames;
use super::lexicon::{Vocabulary, Words, side};
use super::scenery;
use super::verbs::{gerund, past, plural, present};
use crate::dice::Dice;

/// What one text is about, and what it has said so far.
pub struct Teller<'a> {
    dice: &'a mut Dice,
    vocabulary: Vocabulary,
    domain: &'static Domain,
    past: bool,
    facet: Option<(&'static Facet, Number)>,
    /// Beginnings of words that have been used: "charming" and "charm" do not go together.
    used: Vec<String>,
}

#[derive(Clone, Copy, PartialEq)]
enum Number {
    One,
    Mass,
    Many,
}

/// Words that may be repeated.
const LIGHT: [&str; 24] = [
    "with", "from", "every", "your", "that", "than", "more", "most", "less", "like", "what", "have", "into", "well",
    "good", "full", "without", "never", "this", "them", "over", "watch", "make", "much",
];

/// Whether "it does not ..." may precede a deed.
fn can_be_denied(deed: &str) -> bool {
    !["never", "no", "nothing", "little", "nobody", "nowhere"]
        .iter()
        .any(|denial| deed.split(' ').any(|word| word == *denial))
}

impl<'a> Teller<'a> {
    pub fn new(vocabulary: Vocabulary, dice: &'a mut Dice) -> Self {
        let domain = dice.pick_weighted(&DOMAINS, |domain| domain.weight);
        let past = dice.chance(if domain.story { 25 } else { 55 });
        Teller { dice, vocabulary, domain, past, facet: None, used: Vec::new() }
    }

    /// The construction with all its slots filled, or nothing where that is not possible.
    pub fn fill(&mut self, form: &str, praise: bool) -> Option<String> {
        let mut text = String::new();
        let mut rest = form;
        while let Some((before, after)) = rest.split_once('{') {
            let (slot, after) = after.split_once('}')?;
            text.push_str(before);
            text.push_str(&match slot.strip_prefix('-') {
                Some(slot) => self.slot(slot, !praise)?,
                None => self.slot(slot, praise)?,
            });
            rest = after;
        }
        text.push_str(rest);
        Some(text)
    }

    /// A word that is not akin to one already used.
    fn fresh(
        &mut self,
        fits: impl Fn(&str) -> bool,
        mut draw: impl FnMut(&mut Self) -> Option<&'static str>,
    ) -> Option<String> {
        for _ in 0..30 {
            let word = draw(self)?;
            let heavy = word.split([' ', '-']).filter(|part| part.len() > 3 && !LIGHT.contains(part));
            let stems: Vec<String> = heavy.map(|part| part.chars().take(5).collect()).collect();
            if fits(word) && !stems.iter().any(|stem| self.used.contains(stem)) {
                self.used.extend(stems);
                return Some(word.to_string());
            }
        }
        None
    }

    fn word(&mut self, words: &'static Words) -> Option<String> {
        self.fresh(|_| true, |teller| words.pick(teller.vocabulary, teller.dice))
    }

    /// From one of two lists: the first, or the second in so many cases of a hundred.
    fn either(
        &mut self,
        first: &'static Words,
        second: &'static Words,
        percent: usize,
        fits: fn(&str) -> bool,
    ) -> Option<String> {
        let list = if self.dice.chance(percent) { second } else { first };
        self.fresh(fits, |teller| list.pick(teller.vocabulary, teller.dice))
    }

    /// An adjective; `sharp` ones say what is good or bad, and so mean the opposite when denied.
    fn adjective(&mut self, praise: bool, sharp: bool, fits: fn(&str) -> bool) -> Option<String> {
        let (words, own) = (side(praise), &self.domain.own(praise)[0]);
        match (self.domain.story, sharp, self.dice.below(100)) {
            (true, true, _) | (true, false, 0..=64) => self.either(&words.story, own, 8, fits),
            (false, true, _) => self.either(own, own, 0, fits),
            (_, false, _) => self.either(&words.any, own, if self.domain.story { 0 } else { 55 }, fits),
        }
    }

    /// What a thing does, in the infinitive.
    fn deed(&mut self, praise: bool, fits: fn(&str) -> bool) -> Option<String> {
        let (words, own) = (side(praise), &self.domain.own(praise)[1]);
        let story = self.domain.story;
        if self.dice.chance(if story { 8 } else { 40 }) {
            return self.either(own, own, 0, fits);
        }
        self.either(&words.deeds, &words.story_deeds, if story { 80 } else { 0 }, fits)
    }

    /// One of the lists that have a general and a story's half.
    fn halves(&mut self, any: &'static Words, story: &'static Words, percent: usize) -> Option<String> {
        let percent = if self.domain.story { percent } else { 0 };
        self.either(any, story, percent, |_| true)
    }

    fn remark(&mut self, praise: bool) -> Option<String> {
        let (words, own) = (side(praise), &self.domain.own(praise)[2]);
        let story = self.domain.story;
        if self.dice.chance(if story { 15 } else { 45 }) {
            return self.word(own);
        }
        self.halves(&words.remarks, &words.story_remarks, 60)
    }

    /// Turns to another aspect of the thing; its name.
    fn aspect(&mut self) -> Option<String> {
        let facets: &'static [Facet] = &self.domain.facets;
        for _ in 0..30 {
            let facet = self.dice.pick_ref(facets);
            let name = self.fresh(|_| true, |teller| facet.names.pick(Vocabulary::Known, teller.dice))?;
            // Two parts of the same aspect would say the same thing twice.
            if self.facet.is_some_and(|(last, _)| std::ptr::eq(last, facet)) {
                continue;
            }
            let (name, number) = match name.strip_suffix(['~', '*']) {
                Some(bare) if name.ends_with('~') => (bare.to_string(), Number::Mass),
                Some(bare) => (bare.to_string(), Number::Many),
                None => (name, Number::One),
            };
            self.facet = Some((facet, number));
            return Some(name);
        }
        None
    }

    /// An adjective for the aspect that was named last.
    fn aspect_adjective(&mut self, praise: bool, sharp: bool) -> Option<String> {
        let (facet, _) = self.facet?;
        let own = if praise { &facet.praise } else { &facet.blame };
        self.either(own, &side(praise).facet, if sharp { 0 } else { 30 }, |_| true)
    }

    /// "a witty script", "witty dialogue", "witty lines"
    fn aspect_phrase(&mut self, praise: bool, with_article: bool) -> Option<String> {
        let name = self.aspect()?;
        let adjective = self.aspect_adjective(praise, false)?;
        let one = self.facet.is_some_and(|(_, number)| number == Number::One);
        Some(if one && with_article { format!("a {adjective} {name}") } else { format!("{adjective} {name}") })
    }

    /// How it is made: "deftly written", "written with great care".
    fn crafted(&mut self, praise: bool, before: bool) -> Option<String> {
        let made = self.word(&self.domain.made)?;
        let follows = |manner: &str| ["with", "to "].iter().any(|start| manner.starts_with(start));
        let manner = &side(praise).manner;
        let manner =
            self.fresh(|word| !(before && follows(word)), |teller| manner.pick(teller.vocabulary, teller.dice))?;
        Some(if follows(&manner) { format!("{made} {manner}") } else { format!("{manner} {made}") })
    }

    fn inflected(&mut self, deed: &str) -> String {
        if !self.past {
            return present(deed);
        }
        let deed = past(deed);
        if !self.dice.chance(60) {
            return deed;
        }
        let mine = |word: &str| match word {
            "you" => "me".to_string(),
            "your" => "my".to_string(),
            _ => word.to_string(),
        };
        deed.split(' ').map(mine).collect::<Vec<_>>().join(" ")
    }

    fn rule(&mut self, forms: &[&str], praise: bool) -> Option<String> {
        let form = self.dice.pick(forms);
        self.fill(form, praise)
    }

    fn slot(&mut self, name: &str, praise: bool) -> Option<String> {
        let words = side(praise);
        let many = self.facet.is_some_and(|(_, number)| number == Number::Many);
        let by_tense = |now: &str, then: &str, past: bool| Some(if past { then } else { now }.to_string());
        let story = self.domain.story;
        match name {
            "adj" => self.adjective(praise, false, |_| true),
            "adj1" => self.adjective(praise, false, |word| !word.contains(' ')),
            "sadj" => self.adjective(praise, true, |word| !word.contains(' ')),
            // One that goes with "more" and "most".
            "long" => self.adjective(praise, true, |word| word.len() > 6 && !word.contains([' ', '-'])),
            "asp" => self.aspect(),
            // One that takes no article.
            "asps" => self.aspect().filter(|_| self.facet.is_some_and(|(_, number)| number != Number::One)),
            "aadj" => self.aspect_adjective(praise, false),
            "asadj" => self.aspect_adjective(praise, true),
            "anp" => self.aspect_phrase(praise, true),
            "aspect" => self.aspect_phrase(praise, false),
            "is" => by_tense(if many { "are" } else { "is" }, if many { "were" } else { "was" }, self.past),
            "lacks" => by_tense("lacks", "lack", many),
            "leaves" => by_tense("leaves", "leave", many),
            "were" => by_tense("were", "had been", self.past),
            "be" => by_tense("is", "was", self.past),
            "does" => by_tense("does", "did", self.past),
            "has" => by_tense("has", "had", self.past),
            "feels" => by_tense("feels", "felt", self.past),
            "looks" => by_tense("looks", "looked", self.past),
            "noun" => self.halves(&words.nouns, &words.story_nouns, 20),
            "noun1" => self.either(&words.nouns, &words.nouns, 0, |word| !word.contains(' ')),
            "stuff" => self.word(&words.stuff),
            "qual" => self.word(if story { &words.qualities } else { &words.merits }),
            // One that "much" and "less" go with.
            "mass" => self.fresh(
                |word| !word.ends_with('s') || word.ends_with("ss") || word == "pathos",
                |teller| words.qualities.pick(teller.vocabulary, teller.dice),
            ),
            "verb" => self.deed(praise, |_| true).map(|deed| self.inflected(&deed)),
            "verb1" => self.deed(praise, can_be_denied).map(|deed| self.inflected(&deed)),
            "inf" => self.deed(praise, can_be_denied),
            "ing" => self.deed(praise, can_be_denied).map(|deed| gerund(&deed)),
            "crafted" => self.crafted(praise, false),
            "lycrafted" => self.crafted(praise, true),
            "deg" => self.word(&words.degree),
            "better" => self.word(&words.better),
            "best" => self.word(&words.best),
            "verdict" => self.halves(&words.verdicts, &words.story_verdicts, 60),
            "advice" => self.halves(&words.advice, &words.story_advice, 60),
            "remark" => self.remark(praise),
            "act" => {
                let facet = self.domain.facets.iter().find(|facet| facet.names.has("lead performance"))?;
                self.word(if praise { &facet.praise } else { &facet.blame })
            }
            "opener" => self.word(&words.openers),
            "cl" => self.rule(&frames::CLAUSES, praise),
            "subj" => self.rule(if story { &frames::STORY_SUBJECTS } else { &frames::SUBJECTS }, praise),
            "companion" => self.word(&scenery::COMPANIONS),
            "int" => self.word(&scenery::INTENSIFIERS),
            "item" => self.word(&self.domain.items),
            "kind" => self.either(&self.domain.kinds, &self.domain.items, 30, |_| true),
            "kinds" => self.word(&self.domain.kinds).map(|kind| plural(&kind)),
            "see" => Some(self.dice.pick(&self.domain.see.split(", ").collect::<Vec<_>>()).to_string()),
            "seen" => Some(self.dice.pick(&self.domain.seen.split(", ").collect::<Vec<_>>()).to_string()),
            "maker" => self.word(&self.domain.makers),
            "moment" => Some(self.dice.pick(&["moment", "minute", "scene", "line"]).to_string()),
            "name" => self.word(&scenery::NAMES),
            "audience" => self.word(&scenery::AUDIENCES),
            "rival" => self.word(&scenery::RIVALS),
            "span" => self.word(&scenery::SPANS),
            "year" => self.word(&scenery::YEARS),
            "title" if story => self.word(&scenery::TITLES),
            "person" if story => self.word(&scenery::PEOPLE),
            "situation" if story => self.word(&scenery::SITUATIONS),
            "form" if story => self.word(&scenery::FORMS),
            "theme" if story => self.word(&scenery::THEMES),
            "fact" if story => self.word(&scenery::FACTS),
            "craft" if story => self.word(&scenery::CRAFTS),
            "story" => story.then(String::new),
            "title" | "person" | "situation" | "form" | "theme" | "fact" | "craft" => None,
            _ => panic!("no slot is called {name}"),
        }
    }
}
