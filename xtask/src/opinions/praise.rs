//! Words of praise. `blame.rs` has the same lists for the other side.

use super::lexicon::{Side, words};

pub fn side() -> Side {
    Side {
        any: words(
            "
            excellent, superb, wonderful, terrific, fantastic, great, good, fine, lovely, delightful, marvellous,
            splendid, outstanding, brilliant, amazing, exceptional, fabulous, first-rate, top-notch, magnificent,
            glorious, perfect, impressive, remarkable, extraordinary, sensational, stellar, stunning, beautiful,
            gorgeous, charming, pleasant, pleasing, enjoyable, satisfying, rewarding, refreshing, welcome, admirable,
            praiseworthy, commendable, exemplary, flawless, faultless, impeccable, unbeatable, unforgettable, memorable,
            special, solid, likeable, lovable, adorable, appealing, attractive, irresistible, exquisite, classy,
            stylish, distinctive, unique, precious, priceless, worthwhile, worthy, winning, successful, triumphant,
            super, awesome, incredible, phenomenal, astonishing, astounding, spectacular, dazzling, magical, heavenly,
            divine, sublime, blissful, joyous, cheerful, happy, generous, genuine, authentic, honest, thoughtful,
            well-judged, well-made, well-rounded, enviable, essential, indispensable, invaluable, world-class, peerless,
            matchless, incomparable, unrivalled, unsurpassed, dependable, decent, agreeable, congenial, smart, vibrant,
            uncommonly good, tip-top, grand, dandy, swell, nice, crackerjack, ace, stupendous, tremendous, wondrous,
            prize-winning, five-star, A1, high-class, superlative, splendiferous, fun, rare, strong,
            unusual in the best way, well worth having, admired, beloved, hard to resist, remarkable in every way
            ",
        ),
        story: words(
            "
            gripping, moving, touching, poignant, affecting, heartfelt, heartwarming, heartbreaking, heart-rending,
            hilarious, funny, witty, amusing, droll, wry, playful, mischievous, riotous, uproarious, side-splitting,
            laugh-out-loud, entertaining, engaging, engrossing, absorbing, riveting, compelling, captivating,
            enthralling, spellbinding, mesmerising, hypnotic, bewitching, enchanting, beguiling, haunting, evocative,
            atmospheric, lyrical, poetic, luminous, radiant, incandescent, tender, gentle, humane, compassionate,
            empathetic, wise, insightful, perceptive, observant, penetrating, incisive, intelligent, literate,
            articulate, eloquent, thought-provoking, provocative, daring, bold, audacious, fearless, brave, courageous,
            ambitious, visionary, groundbreaking, innovative, resonant, powerful, potent, intense, searing, stirring,
            rousing, inspiring, inspirational, uplifting, exhilarating, thrilling, exciting, electrifying,
            pulse-pounding, breathless, nail-biting, suspenseful, taut, tense, lean, brisk, pacy, zippy, snappy, nimble,
            propulsive, kinetic, dynamic, action-packed, rollicking, rip-roaring, swashbuckling, madcap, zany, offbeat,
            quirky, subversive, edgy, sly, biting, trenchant, razor-sharp, layered, textured, nuanced, subtle, complex,
            rich, deep, profound, multi-layered, richly detailed, meaty, substantial, mature, assured, confident,
            self-assured, accomplished, virtuosic, bravura, masterly, masterful, deft, adroit, skilful, artful,
            restrained, understated, delicate, bittersweet, wistful, romantic, sexy, sensual, sensuous, seductive,
            steamy, lush, sumptuous, ravishing, painterly, picturesque, handsome, dreamlike, otherworldly, timeless,
            classic, epic, sweeping, majestic, monumental, cathartic, life-affirming, hopeful, optimistic, sunny,
            feel-good, crowd-pleasing, endearing, disarming, winsome, infectious, sweet, sweet-natured, good-natured,
            good-hearted, big-hearted, warm-hearted, soulful, meditative, contemplative, reflective, unsentimental,
            clear-eyed, even-handed, unflinching, uncompromising, unvarnished, raw, gritty, visceral, believable,
            credible, convincing, plausible, realistic, lifelike, true-to-life, relatable, involving, immersive,
            transporting, addictive, unpredictable, surprising, twisty, cunning, ingenious, intricate, well-plotted,
            well-acted, well-written, well-paced, well-observed, well-crafted, finely tuned, fully realised,
            three-dimensional, spine-tingling, chilling, eerie, unnerving, scary, terrifying, devastating, shattering,
            wrenching, gut-wrenching, emotional, passionate, fervent, ardent, sympathetic, truthful, revealing,
            illuminating, enlightening, informative, fascinating, intriguing, stimulating, tantalising, relevant,
            timely, important, vital, urgent, inventive, imaginative, inspired, original, fresh, clever, sophisticated,
            polished, elegant, graceful, tasteful, spirited, energetic, lively, vivid, bright, warm, sincere, joyful,
            exuberant, ebullient, effervescent, buoyant, sparkling, scintillating, breezy, frothy, fizzy, jaunty,
            irreverent, cheeky, wickedly funny, devilishly clever, darkly funny, achingly beautiful, deeply felt,
            deeply moving, keenly observed, visually stunning, finely crafted, exquisitely sad, quietly devastating,
            unexpectedly moving, consistently funny, genuinely scary, blackly comic, tightly wound, tightly plotted,
            fast-moving, fast-paced, thoroughly enjoyable, highly entertaining, hugely enjoyable, heart-stopping,
            mind-bending, jaw-dropping, eye-popping, eye-opening, awe-inspiring, stately, breathtaking, affectionate,
            loving, invigorating, challenging, robust, muscular, tough, tough-minded, hard-hitting, unforced, natural,
            naturalistic, unpretentious, unassuming, low-key, spare, precise, economical, focused, coherent, lucid,
            thorough, seamless, organic, balanced, rounded, multifaceted, open-hearted, life-enhancing, nourishing,
            freewheeling, high-spirited, high-energy, full-blooded, red-blooded, larger-than-life, whimsical, fanciful,
            mysterious, mystical, spiritual, magnetic, charismatic, zesty, spicy, juicy, delicious, delectable, piquant,
            savvy, astute, shrewd, canny, brainy, cerebral, erudite, worldly, keen, singular, idiosyncratic,
            unconventional, unusual, fruitful, thoughtfully made, exotic, opulent, grandly staged, hard-edged, hip,
            cool, stylised, cinematic, crystalline, supple, fluid, beautifully judged, unerring, sure-footed, spot-on,
            pitch-perfect, note-perfect, dead-on, razor-edged, intimate, human, dignified, gallant, humorous,
            joyously silly, sly and funny, searching, probing, generous in spirit, deliciously wicked,
            cunningly plotted, elegiac, melancholy, plangent, tuneful, feisty, plucky, earthy, ribald, bawdy, saucy,
            raucous, rambunctious, spunky, sprightly, limber, peppy, perky, bubbly, giddy, dizzying, intoxicating,
            heady, swoony, swooning, rapturous, ecstatic, transcendent, transfixing, arresting, startling, hard-won,
            unexpected, sleek, debonair, suave, urbane, courtly, old-fashioned in the best way, innocent, guileless,
            childlike, impish, puckish, wry and tender, gracious, forgiving, compulsively watchable, superior,
            top-flight, high-octane, adrenaline-fuelled, pacey, crackling, cracking, rattling, full-bodied, fleshed-out,
            lived-in, unhurried, patient, quiet, serene, calm, soothing, consoling, healing, comforting, cosy
            ",
        ),
        facet: words(
            "
            excellent, superb, wonderful, terrific, fantastic, great, good, fine, lovely, delightful, marvellous,
            outstanding, brilliant, exceptional, fabulous, first-rate, top-notch, magnificent, glorious, perfect,
            impressive, remarkable, extraordinary, sensational, stellar, stunning, beautiful, faultless, impeccable,
            flawless, memorable, strong, solid, exquisite, inspired, assured, admirable, commendable, spot-on,
            world-class, exemplary, pleasing, satisfying, amazing, praiseworthy, tremendous, splendid
            ",
        ),
        nouns: words(
            "
            gem, jewel, treasure, treat, delight, joy, triumph, marvel, wonder, miracle, winner, success, hit, smash,
            knockout, stunner, corker, cracker, belter, beauty, charmer, crowd-pleaser, pleasure, privilege, revelation,
            discovery, find, feast, gift, blessing, breath of fresh air, tonic, pick-me-up, ray of sunshine, sensation,
            smash hit, work of art, work of genius, classic, modern classic, instant classic, landmark, milestone,
            benchmark, high point, highlight, standout, achievement, accomplishment, success story, dream,
            dream come true, keeper, must, champion, star, thing of beauty, rarity, pearl, diamond, humdinger, peach,
            home run, bullseye, grand slam, slam dunk, coup, victory, labour of love, crowning glory, crown jewel,
            stroke of genius, hidden gem, little gem, minor miracle, small miracle, small wonder, quiet triumph,
            comfort, real find, bright spot, godsend, paragon, model of its kind, feat, pip, beaut,
            credit to everyone involved, wonder to behold, joy from beginning to end, thorough pleasure, sure thing,
            safe bet, worthy winner, solid success, class act, shining example, perfect ten, ten out of ten, cut above,
            cut above the rest, step up, leap forward, return to form, surprise and a delight, pleasant surprise,
            lovely surprise, welcome surprise, breakthrough, banquet, bonanza, boon, nugget of gold, new favourite,
            firm favourite, instant favourite, personal favourite, hoot, blast, riot, ripper, lulu, masterstroke,
            tribute, example to others, force of nature, wonder from start to finish, rare treat, rare pleasure,
            rare thing, true original, guaranteed good time, welcome addition, welcome return, worthy addition,
            fine example, fine effort, solid effort, noble effort that succeeds
            ",
        ),
        story_nouns: words(
            "
            masterpiece, tour de force, nail-biter, heartbreaker, tearjerker, powerhouse, barnstormer, showstopper,
            eye-opener, mind-bender, spellbinder, cult favourite, sleeper hit, minor classic, romp, scream, laugh riot,
            thrill ride, roller-coaster ride, love letter, valentine, master class, marvel of invention,
            lesson in craft, triumph of imagination, triumph of style, small masterpiece, flat-out masterpiece,
            rousing adventure, rattling good yarn, cracking yarn, ripping yarn, charming fable, haunting elegy,
            sharp satire, tender love story, genuine original, worthy successor, fitting finale, fitting tribute,
            triumph of storytelling, feast for the eyes, feast for the senses, treat for the mind, wild ride,
            white-knuckle ride, slice of life, hymn to friendship, poem in pictures, must-see, minor marvel,
            tribute to the human spirit, celebration of life, love song, homage with a heart, joyous celebration,
            moving tribute, worthy tribute, glorious throwback, classy entertainment, perfect date movie, real charmer,
            real crowd-pleaser, rich experience, journey worth taking
            ",
        ),
        stuff: words(
            "
            magic, perfection, bliss, joy, heaven, genius, poetry, gold, class, fun, entertainment, pleasure, delight,
            enchantment, dynamite, charm, brilliance, beauty, quality, excellence, happiness, inspiration, elegance,
            escapism, sunshine, satisfaction, craftsmanship, wizardry
            ",
        ),
        qualities: words(
            "
            charm, wit, warmth, humour, heart, soul, energy, life, verve, panache, flair, style, grace, intelligence,
            insight, wisdom, imagination, invention, originality, ideas, surprises, suspense, tension, thrills,
            excitement, atmosphere, emotion, feeling, tenderness, compassion, humanity, honesty, sincerity, truth,
            depth, substance, nuance, subtlety, texture, beauty, poetry, passion, conviction, confidence, ambition,
            daring, nerve, spirit, vitality, vigour, zest, zip, sparkle, fizz, spark, fire, magic, wonder, delight,
            laughs, big laughs, belly laughs, giggles, fun, high spirits, mischief, playfulness, cheek, bite, edge,
            sass, pep, pizzazz, oomph, drive, momentum, grit, power, force, intensity, menace, chills, scares,
            clever twists, memorable lines, lovely moments, telling details, vivid characters, fresh ideas,
            sharp observations, quiet power, emotional power, dramatic power, good jokes, great lines, craft, skill,
            polish, sophistication, finesse, artistry, virtuosity, clarity, focus, purpose, meaning, resonance,
            integrity, courage, dignity, affection, generosity, empathy, hope, optimism, good humour, good cheer,
            inspiration, brio, gusto, bravado, swagger, chutzpah, ingenuity, inventiveness, cunning, intrigue, mystery,
            romance, sensuality, allure, mystique, splendour, spectacle, grandeur, majesty, lyricism, eloquence, smarts,
            brains, common sense, fellow feeling, human interest, genuine feeling, real emotion, honest emotion,
            wry humour, dry wit, sly wit, gallows humour, comic energy, visual flair, visual invention, moral weight,
            psychological depth, pathos
            ",
        ),
        merits: words(
            "
            care, character, quality, value, comfort, good sense, attention to detail, nice touches, thoughtful touches,
            pleasant surprises, little pleasures, charm, style, class, good ideas, personality
            ",
        ),
        deeds: words(
            "
            deliver, impress, delight, please, satisfy, exceed expectations, live up to its promise, hit the spot,
            stand out, tick every box, do everything right, work beautifully, make you smile, get everything right,
            put the others to shame, deserve its reputation, earn its five stars, surprise and delight, win you over,
            feel special, justify the price, live up to its name, leave you happy, leave you wanting more,
            raise the bar, set the standard, never disappoint, never let you down, shine, amaze, astonish, excel, work,
            work like a charm, beat the competition, go from strength to strength, do its job perfectly,
            give more than it promises, deserve every bit of praise, improve every time, get better and better,
            get it right, get the details right, go down a storm, go above and beyond, make you want to come back,
            brighten the day, pass every test, stand head and shoulders above the rest, earn your trust,
            offer real value, feel right
            ",
        ),
        story_deeds: words(
            "
            grip, charm, enchant, captivate, dazzle, enthral, move, surprise, sparkle, soar, sing, crackle with energy,
            hum along, fly by, zip along, keep you guessing, keep you on the edge of your seat, hold your attention,
            draw you in, pull you in, sweep you away, stay with you, linger in the mind, linger long after the end,
            get under your skin, touch the heart, tug at the heartstrings, pack a punch, hit every note, hit the mark,
            strike a chord, strike gold, ring true, feel true, feel fresh, come alive, come together beautifully,
            reward your patience, repay close attention, deliver the goods, deliver on its promise,
            rise above its genre, rise to the occasion, transcend its genre, succeed on every level,
            never put a foot wrong, never let up, never outstay its welcome, never lose its nerve, earn its tears,
            earn its laughs, earn every laugh, make you laugh, make you think, make you care, make you laugh and cry,
            leave you smiling, leave you breathless, leave you moved, blend humour and heart, strike the right balance,
            find the right tone, capture the mood perfectly, glow with affection, brim with ideas, brim with life,
            burst with energy, bristle with wit, pulse with life, overflow with imagination, cast a spell,
            tackle its subject with grace, treat its characters with respect, stand out from the crowd,
            break new ground, breathe new life into the genre, weave a spell, live up to the hype, pay off handsomely,
            stand the test of time, age well, hold up, have heart, have charm to spare, have it all,
            have something to say, know exactly what it is doing, take risks that pay off, avoid sentimentality,
            avoid every cliche, sidestep the usual traps, mix laughs and tears, tell its story with economy,
            respect your intelligence, challenge and entertain, thrill, inspire, entertain, amuse, triumph, resonate,
            bewitch, beguile, haunt, electrify, uplift, mesmerise, fascinate, engage, intrigue, amuse and move,
            build to a stunning climax, gather force as it goes, grow on you, go straight to the heart, fizz with ideas,
            crackle, zing, swing, soothe and stir, cut deep, dig deep, dare to be different, speak to the heart,
            ring with truth, shimmer, tickle the funny bone, send shivers down your spine, get the blood pumping,
            chill you to the bone, blow you away, take your breath away, knock you sideways,
            wring real feeling from a simple story, find beauty in small things, find humour in dark places,
            offer something new, stick the landing, land every joke, charm from start to finish,
            grip from first to last, lift the spirits, warm the heart, keep its secrets to the end, hold its own,
            hit home, tell the truth, cast new light on an old story, restore your faith in the genre,
            turn cliche into gold, win you over in minutes, conjure a whole world, reward a second look,
            celebrate the human spirit, capture a time and a place, explore its theme with tact,
            illuminate a dark corner of history, reveal something new, succeed against the odds,
            manage to be both funny and sad, provide plenty of laughs, pay tribute to ordinary people,
            honour its source, balance comedy and pain, transport you to another time, evoke a lost world,
            bring history to life, unfold with quiet assurance, glide along, skewer its targets with glee,
            mine its subject for laughs, remind you of the joy of a good story, make the familiar seem new,
            leave room for thought, give its actors room to shine, find the universal in the particular,
            ask hard questions, say a lot with a little, turn up the heat, keep the laughs coming, keep things moving,
            wear its heart on its sleeve, peel back layer after layer, pay attention to small things, offer hope,
            provoke and delight, embrace its contradictions, engage the mind as well as the heart,
            satisfy from first to last, succeed, prosper, shock and surprise, tease and tantalise
            ",
        ),
        manner: words(
            "
            beautifully, brilliantly, superbly, wonderfully, skilfully, deftly, elegantly, gracefully, exquisitely,
            expertly, masterfully, delightfully, charmingly, cleverly, ingeniously, sharply, smartly, tenderly,
            sensitively, intelligently, thoughtfully, carefully, lovingly, warmly, crisply, finely, gorgeously,
            handsomely, splendidly, magnificently, marvellously, perfectly, flawlessly, impeccably, immaculately,
            admirably, impressively, imaginatively, inventively, stylishly, confidently, assuredly, convincingly,
            powerfully, vividly, memorably, effectively, richly, subtly, delicately, precisely, tautly, strikingly,
            stunningly, sublimely, winningly, engagingly, well, extremely well, remarkably well, very well, capably,
            competently, adroitly, artfully, tastefully, nicely, neatly, lavishly, sumptuously, solidly, honestly,
            lucidly, fluently, faultlessly, with great care, with real style, with love, with a sure hand, to perfection
            ",
        ),
        degree: words(
            "
            wonderfully, delightfully, refreshingly, irresistibly, beautifully, gloriously, brilliantly, endearingly,
            disarmingly, charmingly, pleasingly, thrillingly, fiercely, deeply, quietly, genuinely, consistently,
            remarkably, surprisingly, unexpectedly, enormously, hugely, richly, immensely, tremendously, marvellously,
            splendidly, superbly, exquisitely, gently, sweetly, magnificently, stunningly, breathtakingly, sublimely,
            joyously, satisfyingly, impressively, winningly, infectiously, effortlessly, undeniably, deliciously,
            seductively, exceptionally, supremely, uncommonly, wickedly
            ",
        ),
        better: words(
            "
            better, funnier, sharper, smarter, fresher, warmer, wiser, richer, deeper, livelier, braver, bolder,
            wittier, tighter, cleverer, stronger, more moving, more inventive, more fun, more surprising,
            more convincing, more thoughtful, more exciting, more rewarding, more satisfying, far better, much better,
            much funnier, a good deal better, more engaging, more charming, more ambitious, more confident
            ",
        ),
        best: words(
            "
            best, funniest, smartest, sharpest, warmest, freshest, finest, wittiest, bravest, boldest, loveliest,
            most moving, most inventive, most satisfying, most original, most entertaining, most exciting,
            most surprising, most beautiful, most rewarding, most memorable, most honest, most enjoyable,
            most impressive, most heartfelt, cleverest, liveliest, sweetest, richest, most accomplished, most gripping,
            most delightful
            ",
        ),
        verdicts: words(
            "
            worth every minute, worth every penny, worth the wait, worth the effort, worth the price, worth your time,
            well worth the money, worth a second look, second to none, out of this world, a joy to behold,
            hard to fault, hard to beat, impossible to resist, impossible to dislike, hard to forget,
            in a class of its own, in a league of its own, the real deal, the real thing, the bee's knees,
            right on the money, on top form, as good as it gets, everything you could wish for,
            just what the doctor ordered, just right, a cut above, money well spent, time well spent, music to my ears,
            all you could ask for, close to perfect, nearly perfect, nothing short of brilliant,
            nothing short of a miracle, better than good, well above average, better every time, exactly what I wanted,
            exactly what I hoped for, the best of its kind, among the best of its kind, every bit as good as they say,
            even better than I remembered, great value, good from start to finish, a pleasure from start to finish,
            full of pleasant surprises, a must, top of the range, top drawer, up there with the best,
            head and shoulders above the rest, streets ahead of the competition, not to be missed
            ",
        ),
        story_verdicts: words(
            "
            edge-of-your-seat stuff, impossible to put out of your mind, the stuff of dreams, a sight for sore eyes,
            a feast for the eyes, an evening well spent, two hours well spent, a blast from start to finish, great fun,
            good clean fun, wicked fun, tremendous fun, more fun than it has any right to be, smarter than it looks,
            funnier than it sounds, deeper than it seems, alive in every scene, alive with feeling,
            alive with possibility, rich in detail, rich in feeling, rich in atmosphere, rich with meaning,
            true to life, true to its source, worth seeing twice, worth the ticket, worth the price of admission,
            worth staying up for, worth seeking out, worth shouting about, worth treasuring, equal parts funny and sad,
            at once funny and sad, by turns funny and sad, both funny and touching, both tender and tough,
            as funny as it is wise, as moving as it is funny, as smart as it is funny, bursting with life,
            brimming with ideas, full of heart, a breath of fresh air in a tired genre, storytelling at its best,
            film-making at its finest, art of a high order, entertainment of the highest order,
            comedy of the highest order, made with love, made with care, fun for all ages, fun for the whole family,
            pure pleasure, a world you want to live in, over far too soon, filled with wonder
            ",
        ),
        advice: words(
            "
            highly recommended, strongly recommended, I recommend it to everyone, do not miss it, you will love it,
            go and try it, do yourself a favour and try it, you will not regret it, you will not be disappointed,
            give it a chance, do not hesitate, believe the hype, I would go back tomorrow,
            I would do it again in a heartbeat, I cannot recommend it enough, I cannot praise it highly enough,
            two thumbs up, thumbs up, five stars, five stars from me, full marks, ten out of ten, top marks,
            nine out of ten, tell your friends, recommended without reservation, warmly recommended, buy it now,
            treat yourself, you deserve it, hats off to everyone involved, bravo, wow, count me a fan, more please,
            encore, what a treat, what a joy, hurrah, chapeau, take a bow, keep them coming, long may it last
            ",
        ),
        story_advice: words(
            "
            see it twice, run to see it, seek it out, do not let this one slip by, clear your evening for it,
            make time for it, see it with someone you love, take the whole family, bring tissues, bring a handkerchief,
            catch it while you can, queue for it if you must, stay to the very end, go in knowing nothing,
            put it at the top of your list, add it to your list, move it to the front of the queue,
            this is one to treasure, this is one to remember, this one is a keeper, you will want to see it again,
            you will be hooked, you will laugh until it hurts, you will leave with a smile,
            you will be talking about it for weeks, book your seats now, stop what you are doing and see it,
            watch for this one at awards time, keep it for a rainy day and be cheered, lose yourself in it,
            let it work its magic
            ",
        ),
        remarks: words(
            "
            I loved it, I loved every minute, I adored it, I enjoyed it immensely, I was impressed, I was delighted,
            I was pleasantly surprised, I was won over, I could not be happier, I could not ask for more,
            I had a wonderful time, I had a great time, we all loved it, everyone loved it, my whole family loved it,
            it made my day, it made my week, it cheered me up, I am so glad I tried it, I cannot wait to go back,
            I have nothing but praise, I have no complaints, I came away happy, I left with a smile,
            I smiled all the way home, it exceeded my expectations, it was everything I hoped for,
            my expectations were high and they were met, I would give it six stars if I could,
            I take my hat off to them, I am a convert, I thank my lucky stars I found it,
            I have already told all my friends, I am hooked
            ",
        ),
        story_remarks: words(
            "
            I laughed out loud, I laughed until I cried, I cried like a baby, I was in tears by the end,
            I was moved to tears, I was glued to my seat, I was on the edge of my seat, I did not want it to end,
            I was sorry when it ended, I was hooked from the first minute, it had me from the first line,
            it had me hooked, it swept me off my feet, it took my breath away, it gave me goosebumps,
            it made me laugh and it made me cry, it stayed with me for days, I have thought about it ever since,
            I cared about every one of these people, I believed every word, the time flew by,
            I forgot to look at my watch, the audience cheered, the audience roared with laughter,
            you could hear a pin drop, we stood up and clapped, there was not a dry eye in the house,
            I could have stayed for hours, I went straight back to the beginning, it restored my faith in the form,
            it knocked my socks off, it blew me away, my jaw dropped, I grinned from ear to ear,
            I never wanted to leave its world, I fell in love with it, it won my heart
            ",
        ),
        openers: words(
            "
            happily, thankfully, luckily, fortunately, mercifully, best of all, to my delight, against all odds,
            to my surprise and delight, wonder of wonders, I am happy to say, rejoice, to its credit,
            to everyone's delight, better still, as if by magic, joyfully, gloriously, amazingly
            ",
        ),
    }
}
