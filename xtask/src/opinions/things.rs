//! What people hear, play, use and learn from: music, games, tools, telephones, lessons.

use super::domains::{Domain, facet};
use super::lexicon::{plain, words};

pub fn domains() -> Vec<Domain> {
    vec![music(), game(), tool(), phone(), course()]
}

fn music() -> Domain {
    Domain {
        weight: 7,
        story: false,
        items: plain("album, record, song, concert, single, gig"),
        kinds: plain(
            "jazz record, live album, debut album, symphony, ballad, folk song, opera, pop song, rock concert,
            string quartet, remix, soundtrack album, country record, cover version, dance track, choral work,
            blues record, greatest-hits album, piano recital",
        ),
        see: "hear",
        seen: "heard",
        made: plain("sung, played, recorded, produced, performed, arranged, mixed, written, conducted"),
        makers: plain("band, singer, pianist, conductor, producer, drummer"),
        facets: vec![
            facet(
                "vocals*, singing~, voice, harmonies*",
                "soulful, gorgeous, soaring, rich, heartfelt, silky, powerful, warm, angelic, velvety, expressive,
                pure, sweet",
                "thin, grating, off-key, whiny, flat, strained, shrill, weak, nasal, lifeless, screechy, wobbly",
            ),
            facet(
                "lyrics*, songwriting~, lyric",
                "witty, poetic, heartfelt, clever, honest, moving, thoughtful, sharp, tender, literate",
                "trite, banal, corny, cliched, inane, clumsy, meaningless, embarrassing, juvenile, lazy",
            ),
            facet(
                "melodies*, chorus, guitar work~, rhythm section, production~, sound, arrangements*",
                "infectious, lush, catchy, crisp, inventive, lovely, rousing, hypnotic, tight, shimmering,
                irresistible, elegant",
                "muddy, tinny, dull, repetitive, tuneless, generic, bland, plodding, overblown, cluttered, monotonous,
                thin",
            ),
        ],
        praise: [
            words(
                "catchy, melodic, tuneful, danceable, toe-tapping, foot-stomping, soulful, groovy, funky, rousing,
                anthemic, hypnotic, lush, shimmering, haunting, heartfelt, soaring, joyful, infectious, swinging,
                mellow, energetic, moving, uplifting, hummable",
            ),
            words(
                "get your feet moving, stay in your head for days, swing, soar, sing, groove, raise the roof,
                send shivers down your spine, sound better every time, make the hair on your neck stand up,
                fill the dance floor",
            ),
            words(
                "I have played it every day since, I hummed it all week, we danced all night,
                I turned it up to the top, the crowd went wild, not a weak track on it, I had it on repeat",
            ),
        ],
        blame: [
            words(
                "tuneless, tinny, off-key, out of tune, monotonous, droning, shrill, grating, overproduced, muddy,
                plodding, soulless, repetitive, derivative, shapeless, dirge-like, flat, ear-splitting, deafening,
                by-the-numbers, toneless, whiny",
            ),
            words(
                "hurt the ears, make you reach for the off switch, drone on, plod, grate, put you to sleep,
                clear the dance floor, sound like a demo, sound like everything else on the radio, clatter",
            ),
            words(
                "I turned it off, my ears hurt, I skipped every track, I covered my ears, the crowd booed,
                I took it back to the shop, the support act was better",
            ),
        ],
    }
}

fn game() -> Domain {
    Domain {
        weight: 5,
        story: false,
        items: plain("game, game, sequel, expansion"),
        kinds: plain(
            "puzzle game, racing game, board game, platformer, shooter, card game, adventure, strategy game,
            role-playing game, football game, remake, party game, simulator, mobile game",
        ),
        see: "play, buy",
        seen: "played",
        made: plain("designed, made, built, animated, balanced, written, programmed, thought out"),
        makers: plain("developer, studio, designer, publisher"),
        facets: vec![
            facet(
                "controls*, interface, menus*, camera",
                "responsive, intuitive, smooth, tight, precise, elegant, slick, snappy",
                "clunky, sluggish, unresponsive, awkward, confusing, fiddly, broken, clumsy, laggy",
            ),
            facet(
                "gameplay~, combat~, level design~, puzzles*, missions*, story, multiplayer mode",
                "addictive, inventive, satisfying, deep, rewarding, varied, ingenious, gripping, clever, fluid,
                exciting",
                "repetitive, shallow, tedious, unfair, dull, mindless, unbalanced, pointless, grindy, frustrating,
                uninspired",
            ),
            facet(
                "graphics*, art style, soundtrack, voice acting~",
                "gorgeous, stunning, charming, crisp, atmospheric, beautiful, colourful, vivid, moody",
                "dated, ugly, blurry, bland, primitive, murky, cheap, grating, lifeless",
            ),
        ],
        praise: [
            words(
                "addictive, immersive, replayable, challenging, polished, smooth, balanced, absorbing, engrossing,
                inventive, well-designed, fast-paced, deep, moreish, action-packed, endlessly replayable, ingenious,
                exciting",
            ),
            words(
                "keep you up all night, reward practice, keep you coming back, keep the whole family busy,
                make hours fly by, run like a dream, get its hooks into you",
            ),
            words(
                "I could not stop playing, one more go turned into ten, I played until sunrise,
                the children play it every day, I have finished it three times",
            ),
        ],
        blame: [
            words(
                "buggy, glitchy, laggy, clunky, repetitive, grindy, unresponsive, unbalanced, unfair, unpolished,
                broken, crash-prone, unplayable, overpriced, shallow, monotonous, half-finished, bug-ridden",
            ),
            words(
                "crash every ten minutes, nag you for money, turn into a grind, freeze at the worst moments,
                punish you for nothing, run out of ideas after the first level, get repetitive fast",
            ),
            words(
                "I uninstalled it the same day, I gave up at the second level, I sold it the next day,
                the servers are always down, it crashed and took my saves with it, it has gathered dust ever since",
            ),
        ],
    }
}

fn tool() -> Domain {
    Domain {
        weight: 5,
        story: false,
        items: plain(
            "drill, kettle, vacuum cleaner, blender, lawnmower, backpack, tent, jacket, chair, toaster, bicycle,
            umbrella, lamp, knife",
        ),
        kinds: plain(
            "screwdriver, garden hose, washing machine, coffee maker, suitcase, desk, raincoat, sleeping bag, saw,
            heater, mattress",
        ),
        see: "buy, use",
        seen: "owned, used, bought",
        made: plain("made, designed, built, assembled, finished, put together, packaged"),
        makers: plain("maker, manufacturer, company"),
        facets: vec![
            facet(
                "handle, design, build quality~, finish, zip, lid",
                "sturdy, solid, elegant, comfortable, practical, smart, sleek, robust, neat, clever",
                "flimsy, awkward, clumsy, cheap, ugly, brittle, wobbly, shoddy, loose, plasticky",
            ),
            facet(
                "motor, instructions*, delivery~, customer service~, manual",
                "clear, prompt, reliable, quick, helpful, efficient, powerful, simple, superb",
                "confusing, slow, useless, noisy, unreliable, unhelpful, feeble, baffling, late",
            ),
        ],
        praise: [
            words(
                "sturdy, durable, reliable, robust, handy, practical, versatile, lightweight, powerful, efficient,
                user-friendly, long-lasting, comfortable, compact, precise, hard-wearing, well-designed, sleek,
                affordable, useful, dependable, well-built, easy to use, built to last, superbly engineered",
            ),
            words(
                "work first time, last for years, make light work of any job, save hours of work,
                do exactly what it says on the box, pay for itself",
            ),
            words(
                "I use it every day, I bought a second one for my mother, it still works like new after ten years,
                I would be lost without it, best money I ever spent, it arrived early and well packed",
            ),
        ],
        blame: [
            words(
                "flimsy, fragile, unreliable, cheaply made, defective, faulty, broken, wobbly, rickety, noisy, bulky,
                impractical, brittle, leaky, overpriced, plasticky, ill-fitting, uncomfortable, underpowered,
                short-lived, poorly designed, dangerous, rusty",
            ),
            words(
                "break within a week, fall apart in your hands, rust in a month, leak everywhere,
                stop working for no reason, overheat, jam",
            ),
            words(
                "I sent it back, it broke the first time I used it, I returned it the next day,
                it went straight in the bin, it lasted a week, the refund took months, mine arrived broken",
            ),
        ],
    }
}

fn phone() -> Domain {
    Domain {
        weight: 5,
        story: false,
        items: plain("phone, laptop, tablet, camera, app, printer, speaker, headset, update, website"),
        kinds: plain(
            "smartwatch, router, keyboard, budget phone, gaming laptop, music app, e-reader, banking app,
            video doorbell, monitor",
        ),
        see: "buy, use",
        seen: "owned, used, tried",
        made: plain("designed, made, built, engineered, thought out, supported"),
        makers: plain("company, manufacturer, developer, maker"),
        facets: vec![
            facet(
                "battery life~, battery, signal, connection, performance~",
                "excellent, reliable, long-lasting, impressive, stable, rapid, strong, snappy",
                "poor, pathetic, unreliable, feeble, patchy, weak, erratic, hopeless, sluggish",
            ),
            facet(
                "screen, camera, sound quality~, display, keyboard",
                "crisp, bright, sharp, gorgeous, vivid, clear, superb, responsive, rich",
                "dim, blurry, grainy, dull, tinny, cramped, unresponsive, mushy, muffled",
            ),
            facet(
                "software~, interface, setup~, menus*, support~",
                "intuitive, smooth, simple, polished, helpful, effortless, clean, seamless",
                "buggy, confusing, bloated, clunky, useless, slow, maddening, cluttered, glitchy",
            ),
        ],
        praise: [
            words(
                "fast, responsive, snappy, smooth, sleek, intuitive, user-friendly, reliable, powerful, speedy,
                feature-packed, lightweight, well-built, elegant, stable, seamless, lightning fast, easy to use,
                trouble-free, rock-solid",
            ),
            words(
                "run like a dream, hold its charge for days, work straight out of the box, fly along,
                make life easier, do it all",
            ),
            words(
                "I could not live without it, I have had no trouble with it, setting it up took five minutes,
                I have converted the whole office, I would not swap it for one at twice the price",
            ),
        ],
        blame: [
            words(
                "sluggish, laggy, buggy, glitchy, unreliable, unresponsive, bloated, outdated, overpriced, unstable,
                clunky, temperamental, crash-prone, faulty, underpowered, unusable, broken, bug-ridden,
                riddled with adverts, overcomplicated",
            ),
            words(
                "crash all the time, freeze constantly, run out of charge by noon, overheat, lose its connection,
                drain the battery, spam you with adverts",
            ),
            words(
                "I went back to my old one, it died after a month, customer support never answered,
                I deleted it within the hour, it will not even turn on, it still does not work after two repairs",
            ),
        ],
    }
}

fn course() -> Domain {
    Domain {
        weight: 5,
        story: false,
        items: plain("course, class, lecture, workshop, lesson, talk, seminar"),
        kinds: plain(
            "evening class, cooking class, maths course, training day, language course, yoga class, guided walk,
            public lecture, webinar",
        ),
        see: "take, attend",
        seen: "taken, attended",
        made: plain("taught, organised, prepared, structured, explained, planned, presented"),
        makers: plain("teacher, lecturer, tutor, instructor, speaker"),
        facets: vec![
            facet(
                "teacher, tutor, lecturer, instructor, speaker, professor",
                "patient, inspiring, kind, knowledgeable, enthusiastic, encouraging, clear, funny, engaging, generous,
                passionate, wise",
                "boring, impatient, arrogant, unprepared, rude, incompetent, sarcastic, lazy, mumbling, dull,
                bad-tempered, pompous",
            ),
            facet(
                "explanations*, exercises*, slides*, handouts*, material~, homework~, feedback~",
                "clear, useful, thoughtful, helpful, stimulating, well-chosen, lucid, practical, constructive",
                "confusing, useless, outdated, unclear, pointless, dull, sloppy, vague, unreadable",
            ),
        ],
        praise: [
            words(
                "clear, well-structured, engaging, inspiring, informative, stimulating, practical, useful, thorough,
                helpful, motivating, well-organised, enlightening, accessible, lively, eye-opening, fascinating,
                encouraging, interesting",
            ),
            words(
                "bring the subject to life, make hard things easy, fly by, open your eyes,
                teach you more than any book, inspire",
            ),
            words(
                "I learned more in a week than in a year, I looked forward to it every week, at last I understand,
                it changed how I think, I came out full of ideas, time flew",
            ),
        ],
        blame: [
            words(
                "disorganised, rushed, unclear, badly structured, patronising, outdated, unhelpful, superficial,
                monotonous, uninspiring, impenetrable, dry, long-winded, incoherent, badly taught, uninformative,
                ill-prepared, soporific, aimless",
            ),
            words(
                "teach you nothing, put the whole class to sleep, drag, go over everyone's head,
                leave you more confused than before, ramble",
            ),
            words(
                "I learned nothing, I stopped going after two weeks, half the class dropped out,
                everyone was looking at the clock, I could have learned more from a leaflet, he read from his slides,
                nobody could follow it",
            ),
        ],
    }
}
