//! What opinions are about: the tellers of stories here, everything else in `things` and `outings`.

use std::sync::LazyLock;

use super::facets::{acting, filming, telling};
use super::lexicon::{Words, plain, words};
use super::{outings, things};

/// A part of a thing, with words that fit it. A name ending in `~` takes no article, one in `*` is a plural.
pub struct Facet {
    pub names: Words,
    pub praise: Words,
    pub blame: Words,
}

/// A sort of thing that people have opinions about.
pub struct Domain {
    /// How often it is spoken of.
    pub weight: usize,
    /// Whether it tells a story: then all words of criticism fit.
    pub story: bool,
    pub items: Words,
    pub kinds: Words,
    /// What one does with it, and what has been done.
    pub see: &'static str,
    pub seen: &'static str,
    /// "well {made}"
    pub made: Words,
    pub makers: Words,
    pub facets: Vec<Facet>,
    /// Adjectives, deeds and remarks for this sort alone.
    pub praise: [Words; 3],
    pub blame: [Words; 3],
}

impl Domain {
    pub fn own(&self, praise: bool) -> &[Words; 3] {
        if praise { &self.praise } else { &self.blame }
    }
}

pub fn facet(names: &'static str, praise: &'static str, blame: &'static str) -> Facet {
    Facet { names: plain(names), praise: words(praise), blame: words(blame) }
}

pub static DOMAINS: LazyLock<Vec<Domain>> = LazyLock::new(|| {
    let mut domains = vec![film(), series(), play(), book()];
    domains.extend(things::domains());
    domains.extend(outings::domains());
    domains
});

/// All lists of words of praise and blame here.
pub fn lists() -> Vec<&'static Words> {
    let mut lists = Vec::new();
    for domain in DOMAINS.iter() {
        lists.extend(domain.praise.iter().chain(&domain.blame));
        lists.extend(domain.facets.iter().flat_map(|facet| [&facet.praise, &facet.blame]));
    }
    lists
}

fn film() -> Domain {
    Domain {
        weight: 35,
        story: true,
        items: plain("film, film, movie, movie, picture, feature"),
        kinds: plain(
            "comedy, drama, thriller, romance, western, documentary, horror film, musical, war film, biopic, sequel,
            remake, heist movie, crime story, road movie, coming-of-age story, ghost story, love story, action film,
            science-fiction epic, fantasy, cartoon, animated feature, family film, black comedy, romantic comedy,
            period drama, spy thriller, costume drama, mystery, whodunit, satire, farce, melodrama, debut,
            adaptation, disaster movie, superhero film, martial-arts film, courtroom drama, slasher, mockumentary,
            character study, fairy tale, teen comedy, buddy movie, monster movie, gangster film,
            psychological thriller, domestic drama, sports movie, prison drama, children's film, concert film, caper,
            art film, vampire film, chick flick, date movie, popcorn movie, blockbuster, political thriller,
            nature documentary, gothic romance, short film",
        ),
        see: "see, watch, catch",
        seen: "seen, watched",
        made: plain(
            "acted, written, directed, shot, edited, made, paced, crafted, staged, scripted, photographed, cast, told,
            performed, plotted, observed, constructed, executed, filmed, played, handled, animated, lit, scored,
            conceived",
        ),
        makers: plain("director, writer, screenwriter, filmmaker, producer, cast, editor, star"),
        facets: telling().into_iter().chain(acting()).chain(filming()).collect(),
        praise: [
            words(
                "visually stunning, big-hearted, watchable, hugely watchable, immensely watchable, rewatchable,
                Oscar-worthy, beautifully shot, superbly acted, gorgeously filmed, cinematic",
            ),
            words(
                "light up the screen, make you want to see it again, deserve the biggest screen in town,
                reward repeat viewing, improve with every viewing, make its two hours feel like one,
                linger long after the credits, send you out smiling",
            ),
            words(
                "I would happily watch it again, I have seen it three times already, I left the cinema walking on air,
                I watched the credits to the last name, it is why we go to the movies, the whole cinema was laughing,
                it deserves every award going",
            ),
        ],
        blame: [
            words(
                "unwatchable, straight-to-video, barely watchable, made-for-television, badly acted, over-edited,
                ugly to look at, poorly acted, badly dubbed",
            ),
            words(
                "waste ninety minutes of your life, belong in the bargain bin, feel like a deleted scene,
                look as if it was shot in a week, make its ninety minutes feel like three hours,
                send you running for the exit, go straight in one eye and out the other",
            ),
            words(
                "I turned it off after half an hour, I nearly asked for a refund at the cinema,
                it should have stayed on the shelf, it should have gone straight to video, the trailer was better,
                all the good bits are in the trailer, I would rather watch the adverts, the popcorn was the best part",
            ),
        ],
    }
}

fn series() -> Domain {
    Domain {
        weight: 11,
        story: true,
        items: plain("series, show, season, programme"),
        kinds: plain(
            "sitcom, crime drama, detective series, soap, miniseries, talk show, quiz show, medical drama, spin-off,
            pilot, reboot, hospital drama, cooking show, travel series, history programme, cartoon series,
            period drama, reality show, sketch show, police procedural, political drama, space opera, teen drama,
            nature series",
        ),
        see: "watch, follow, stream",
        seen: "watched, streamed",
        made: plain(
            "acted, written, directed, shot, cast, made, paced, produced, plotted, scripted, presented, performed,
            put together",
        ),
        makers: plain("creator, writer, presenter, host, producer, showrunner"),
        facets: telling()
            .into_iter()
            .chain(acting())
            .chain([facet(
                "first episode, last episode, second season, new season, episodes*, cliffhangers*, subplots*",
                "gripping, superb, moving, hilarious, tense, brilliant, unmissable, absorbing, joyous, well-plotted,
                addictive",
                "slow, padded, repetitive, pointless, boring, forgettable, disappointing, formulaic, confusing, limp,
                aimless",
            )])
            .collect(),
        praise: [
            words(
                "addictive, binge-worthy, unmissable, bingeable, must-see, compulsive, utterly addictive,
                long-running for good reason",
            ),
            words(
                "get better with every episode, keep you up all night, make you press play on the next one,
                hit its stride at once",
            ),
            words(
                "I watched it all in one weekend, I cannot wait for the next season, I never miss an episode,
                I binged the lot, one episode was never enough",
            ),
        ],
        blame: [
            words("unwatchable, padded, drawn-out, cancelled for good reason, well past its prime, never-ending"),
            words(
                "get worse with every episode, jump the shark, spin four episodes of story into ten,
                run three seasons too long",
            ),
            words(
                "I gave up after two episodes, it should have been cancelled long ago, I switched channels,
                I switched off, I shall not be watching the next season, nobody asked for another season",
            ),
        ],
    }
}

fn play() -> Domain {
    Domain {
        weight: 6,
        story: true,
        items: plain("play, production, show, revival"),
        kinds: plain(
            "musical, comedy, tragedy, one-man show, farce, opera, ballet, puppet show, circus, revival, pantomime,
            cabaret, two-hander, thriller, monologue, school play, history play, dance piece",
        ),
        see: "see, catch",
        seen: "seen",
        made: plain(
            "acted, staged, directed, designed, sung, danced, cast, performed, lit, written, choreographed, mounted",
        ),
        makers: plain("director, playwright, company, choreographer, designer"),
        facets: telling().into_iter().chain(acting()).collect(),
        praise: [
            words("unmissable, spellbinding, full-throated, exquisitely staged, show-stopping"),
            words(
                "bring the house down, bring the audience to its feet, fill the theatre with joy,
                sell out for good reason",
            ),
            words(
                "the audience gave it a standing ovation, we clapped until our hands hurt,
                I have booked to see it again, the curtain came down too soon",
            ),
        ],
        blame: [
            words("stagy, under-rehearsed, shouty, creaky, badly sung, over-long"),
            words(
                "empty the theatre by the interval, die on stage, play to rows of empty seats,
                lose the audience by the second act",
            ),
            words(
                "we left at the interval, the applause was polite at best, the seats were more interesting,
                the curtain could not come down soon enough",
            ),
        ],
    }
}

fn book() -> Domain {
    Domain {
        weight: 12,
        story: true,
        items: plain("book, book, novel, read, volume"),
        kinds: plain(
            "thriller, mystery, memoir, biography, romance, crime novel, first novel, historical novel, fantasy,
            collection, whodunit, ghost story, children's book, travel book, history, novella, short story,
            family saga, science-fiction novel, poem, essay, comic, graphic novel, trilogy, self-help book, cookbook,
            textbook, spy story, western, satire, war story",
        ),
        see: "read, buy",
        seen: "read",
        made: plain(
            "written, plotted, told, researched, paced, edited, translated, observed, constructed, argued,
            illustrated, crafted",
        ),
        makers: plain("author, writer, novelist, narrator, translator, poet"),
        facets: telling()
            .into_iter()
            .chain([
                facet(
                    "prose~, style~, language~, descriptions*, sentences*, narration~, voice",
                    "elegant, lyrical, lucid, luminous, graceful, crisp, beautiful, vivid, spare, exquisite, musical,
                    precise, rich, fluent, supple, poetic, limpid, muscular, sparkling, effortless, seductive",
                    "clumsy, purple, flat, turgid, leaden, overwrought, pretentious, plodding, stilted, wordy, dense,
                    careless, ungrammatical, florid, lifeless, repetitive, clunky, impenetrable, pedestrian,
                    overblown",
                ),
                facet(
                    "chapters*, first chapter, last chapter, research~, illustrations*, translation, final pages*",
                    "superb, fascinating, gripping, meticulous, lively, moving, absorbing, delightful, thorough,
                    beautiful, excellent",
                    "tedious, sloppy, padded, repetitive, confusing, dreary, careless, dull, amateurish, rushed,
                    shoddy",
                ),
            ])
            .collect(),
        praise: [
            words(
                "readable, compulsively readable, unputdownable, page-turning, beautifully written, well-researched,
                highly readable, quotable, well-told",
            ),
            words(
                "keep you turning the pages, keep you up until dawn, make you miss your stop, beg to be read aloud,
                deserve a place on every shelf, make you see the world afresh",
            ),
            words(
                "I could not put it down, I read it in one sitting, I read it twice,
                I stayed up all night to finish it, I have bought copies for all my friends,
                I did not want to reach the last page, it deserves to be read and read again",
            ),
        ],
        blame: [
            words(
                "unreadable, badly written, overwritten, padded, poorly edited, dense, hard to get through,
                barely readable",
            ),
            words(
                "gather dust on the shelf, need a good editor, make you skip whole pages, read like a first draft,
                read like a shopping list",
            ),
            words(
                "I gave up after fifty pages, I could not finish it, I skipped to the end, I threw it across the room,
                I left it on the train and did not go back, the trees deserved better, reading it was a chore,
                I gave my copy away",
            ),
        ],
    }
}
