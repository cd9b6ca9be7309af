//! What is good or bad about a story, an actor, a picture.

use super::domains::{Facet, facet};

/// What every story has.
pub fn telling() -> Vec<Facet> {
    vec![
        facet(
            "plot, story, storyline, narrative, premise, tale",
            "gripping, clever, intricate, original, surprising, tight, compelling, satisfying, coherent, ingenious,
            engrossing, twisty, well-constructed, absorbing, inventive, affecting, unpredictable, rich, fascinating",
            "thin, predictable, contrived, convoluted, nonsensical, threadbare, muddled, formulaic, recycled, flimsy,
            tired, silly, far-fetched, incoherent, implausible, preposterous, derivative, sketchy, hackneyed,
            confusing, stale",
        ),
        facet(
            "dialogue~, writing~, banter~, lines*, exchanges*",
            "witty, sharp, crisp, snappy, natural, sparkling, clever, quotable, funny, intelligent, believable,
            literate, razor-sharp, pungent, salty, smart, elegant, nimble, eloquent, pithy, true",
            "stilted, wooden, clunky, leaden, cliched, corny, flat, tin-eared, unnatural, cheesy, banal, witless,
            trite, stiff, unfunny, juvenile, overwritten, cringeworthy, inane, repetitive, lifeless, vulgar",
        ),
        facet(
            "characters*, hero, heroine, villain, protagonist, central couple, supporting characters*, people*",
            "vivid, believable, sympathetic, complex, likeable, rounded, memorable, lovable, three-dimensional,
            fascinating, endearing, engaging, charismatic, convincing, appealing, human, well-drawn, richly drawn,
            flawed but lovable",
            "one-dimensional, cardboard, unlikeable, flat, thinly drawn, forgettable, paper-thin, cartoonish,
            underwritten, stereotyped, irritating, whiny, obnoxious, unbelievable, colourless, generic, lifeless,
            interchangeable, shallow",
        ),
        facet(
            "pacing~, pace, rhythm, tempo",
            "brisk, assured, lively, relentless, breathless, steady, sure-footed, snappy, taut, energetic, well-judged,
            measured, zippy",
            "sluggish, plodding, glacial, uneven, leaden, erratic, slack, lethargic, draggy, slow, jerky, ponderous,
            snail-like, languid to a fault, clumsy",
        ),
        facet(
            "ending, climax, finale, conclusion, last act, final twist, final scene, resolution, payoff",
            "satisfying, moving, powerful, stunning, surprising, unforgettable, perfect, haunting, rousing, thrilling,
            earned, touching, shattering, triumphant, cathartic, hard-won, bittersweet",
            "rushed, predictable, tacked-on, unsatisfying, abrupt, silly, anticlimactic, contrived, muddled, feeble,
            ridiculous, mawkish, botched, unearned, baffling, pat, implausible, ludicrous, overblown",
        ),
        facet(
            "humour~, jokes*, gags*, comedy~, one-liners*, satire~, wit~",
            "sly, hilarious, sharp, dry, gentle, clever, warm, wicked, laugh-out-loud, inspired, well-timed,
            infectious, deadpan, biting, subtle, irreverent, riotous, pointed, sophisticated, good-natured",
            "crude, lame, forced, stale, juvenile, flat, crass, laboured, tired, toothless, unfunny, mean-spirited,
            puerile, witless, painful, cheap, recycled, desperate, tasteless, mirthless, lowbrow, heavy-handed",
        ),
        facet(
            "romance, love story, central relationship, friendship, chemistry~",
            "tender, convincing, sweet, touching, believable, sexy, sizzling, warm, heartfelt, irresistible,
            affecting, palpable, credible, steamy, delicate, electric, endearing",
            "unconvincing, tepid, forced, chilly, implausible, lukewarm, lifeless, perfunctory, sappy,
            passionless, tacked-on, awkward, bland, undercooked, cloying, insipid",
        ),
        facet(
            "message, ideas*, themes*, moral, subject matter~, insights*",
            "timely, thought-provoking, profound, important, powerful, provocative, resonant, challenging, humane,
            hopeful, fascinating, stimulating, universal, weighty, wise, relevant",
            "muddled, heavy-handed, trite, simplistic, preachy, shallow, half-baked, obvious, confused, facile, banal,
            undigested, platitudinous, underdeveloped, simple-minded, dubious, murky",
        ),
        facet(
            "opening, first half, second half, middle section, beginning, set-up, first hour",
            "gripping, lively, tense, breathtaking, absorbing, brilliant, delightful, intriguing, promising,
            electrifying, funny, arresting, exhilarating, enthralling",
            "slow, tedious, confusing, clumsy, dull, interminable, sluggish, saggy, dreary, muddled, baggy, aimless,
            laborious, wearisome, overlong",
        ),
        facet(
            "atmosphere, mood, tone, setting, sense of place",
            "haunting, rich, evocative, eerie, tense, intoxicating, magical, warm, playful, vivid, unsettling,
            seductive, immersive, confident, assured, dreamy, chilling",
            "oppressive, uneven, confused, dreary, flat, glum, muddled, uncertain, drab, sour, jarring,
            wildly inconsistent, murky, smug, dismal, muted to death",
        ),
    ]
}

/// What is acted has besides.
pub fn acting() -> Vec<Facet> {
    let actors = (
        "electrifying, nuanced, superb, committed, touching, magnetic, brave, heartfelt, moving, subtle, riveting,
        wonderful, charismatic, sensitive, sublime, terrific, finely judged, compelling, flawless, captivating,
        natural, powerful, radiant, understated, soulful, dazzling, delightful, spirited, fearless, commanding,
        winning",
        "wooden, hammy, bland, stiff, listless, flat, grating, one-note, unconvincing, lifeless, amateurish,
        embarrassing, shrill, mannered, overwrought, bored, sleepy, miscast, charmless, awkward, lacklustre,
        laughable, cartoonish, phoned-in, monotonous, robotic, overcooked, feeble",
    );
    vec![
        facet(
            "acting~, performances*, lead performance, central performance, supporting performances*, leads*",
            actors.0,
            actors.1,
        ),
        facet(
            "cast, ensemble, lead actor, lead actress, star, leading man, leading lady, supporting cast, young cast",
            actors.0,
            actors.1,
        ),
        facet(
            "direction~, staging~, choreography~",
            "assured, sure-handed, inventive, confident, sensitive, stylish, elegant, taut, imaginative, deft,
            intelligent, masterly, crisp, energetic, dynamic, precise, graceful, bold, skilful, restrained, vigorous",
            "clumsy, flat, pedestrian, heavy-handed, uninspired, lifeless, sloppy, ham-fisted, workmanlike, plodding,
            indifferent, lazy, confused, frantic, anonymous, amateurish, overwrought, bland, slack, static",
        ),
        facet(
            "score, music~, soundtrack, songs*",
            "haunting, stirring, gorgeous, evocative, lush, rousing, lovely, catchy, soaring, hypnotic, jaunty,
            plaintive, toe-tapping, beautiful, infectious, ravishing, melodious, tender",
            "intrusive, bombastic, syrupy, forgettable, overbearing, tinny, deafening, grating, generic, cheesy,
            saccharine, blaring, monotonous, repetitive, overwrought, tuneless, relentless, manipulative, treacly",
        ),
        facet(
            "costumes*, sets*, production design, lighting~, make-up~",
            "gorgeous, lavish, sumptuous, exquisite, inventive, dazzling, handsome, striking, eye-catching, opulent,
            imaginative, meticulous, authentic, elegant, colourful",
            "cheap, drab, shabby, garish, tacky, ugly, dingy, gaudy, unconvincing, threadbare, murky, makeshift,
            tatty, flimsy, distracting, cardboard",
        ),
        facet(
            "script, screenplay",
            "sharp, witty, intelligent, clever, smart, tight, literate, insightful, well-crafted, funny, nimble,
            layered, thoughtful, economical, perceptive, elegant, sparkling, sensitive, meaty, taut",
            "lazy, clumsy, witless, predictable, muddled, underwritten, lifeless, formulaic, half-baked, contrived,
            inane, tired, sloppy, incoherent, cliche-ridden, wordy, shapeless, undercooked, overstuffed, moronic,
            slapdash",
        ),
    ]
}

/// What is filmed has besides.
pub fn filming() -> Vec<Facet> {
    vec![
        facet(
            "cinematography~, photography~, camerawork~, visuals*, images*, imagery~, animation~, landscapes*",
            "gorgeous, ravishing, luminous, striking, breathtaking, stunning, sumptuous, crisp, painterly, lush,
            dazzling, elegant, inventive, spectacular, dreamlike, lyrical, vivid, poetic, radiant, eye-popping,
            exquisite, colourful, lovingly drawn",
            "murky, drab, ugly, muddy, shaky, flat, dreary, grainy, garish, cheap-looking, headache-inducing, dingy,
            washed-out, blurry, unattractive, undistinguished, monotonous, gimmicky, jittery, clumsy, primitive",
        ),
        facet(
            "editing~, special effects*, effects*, sound design, computer graphics*",
            "seamless, dazzling, crisp, imaginative, spectacular, inventive, convincing, jaw-dropping, fluid, precise,
            state-of-the-art, ingenious, subtle, slick, awe-inspiring, eye-popping",
            "choppy, cheap, shoddy, unconvincing, clumsy, laughable, ragged, dated, frantic, obvious, amateurish,
            second-rate, tacky, incoherent, overused, cheesy, sloppy, rubbery",
        ),
        facet(
            "action scenes*, fight scenes*, chases*, battle scenes*, stunts*, car chases*, set pieces*, action~",
            "thrilling, spectacular, inventive, kinetic, exhilarating, breathtaking, heart-pounding, dazzling,
            exciting, jaw-dropping, well-staged, pulse-quickening, bone-crunching, electrifying, balletic, witty,
            visceral",
            "incoherent, tedious, repetitive, choppy, dull, perfunctory, noisy, confusing, unexciting, lifeless,
            endless, clumsy, numbing, routine, chaotic, poorly staged, frenetic, bloodless, weightless",
        ),
        facet(
            "scares*, suspense~, tension~, shocks*, horror~",
            "genuine, unbearable in the best way, chilling, effective, skin-crawling, spine-chilling, relentless,
            exquisite, nerve-shredding, masterly, gut-level, well-timed, creepy, heart-stopping",
            "cheap, predictable, feeble, tame, laughable, tired, half-hearted, routine, mechanical,
            telegraphed, silly, unscary, obvious, pitiful",
        ),
    ]
}
